// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_DESK_H
#define THROUGHLINE_FACES_DESK_H

// One desk: shared by desk_session.c (life), desk_command.c and desk_act.c (what comes up), desk_update.c (what effects
// become), desk_queue.c (order of what goes down), desk_context.c (what must be read for it) and desk_part.c (goodbyes).
// Private to these.
//
//   NEW ──hello──► OPENING ──own DeskOpened folded──► LIVE ──close──► ENDING

#include "daemon/base/table.h"
#include "daemon/faces/face.h"
#include "daemon/net/ws.h"
#include "throughline/v1/desk.pb-c.h"
#include "throughline/v1/log.pb-c.h"

#define DESK_ROLES         (AUTH_AGENT | AUTH_SUPERVISOR | AUTH_ADMIN)
#define DESK_HELLO_MS      5000
#define DESK_RETRY_MS      200
#define DESK_GIVE_UP_MS    10000
#define DESK_COMMANDS_MAX  64 // of one desk, not yet answered
#define DESK_ASKS_MAX      16 // timelines of one desk, being read
#define DESK_PER_AGENT_MAX 16
#define DESK_MESSAGE_MAX   (256u << 10)
#define DESK_LARGEST       (4u << 20) // one update, with its story: room beyond [desk] queue_bytes
#define DESK_TIMELINE_MAX  200
#define DESK_EARLIER_MAX   10
#define DESK_SEQ_WHOLE     999999 // index beyond every effect of an input

enum desk_state { DESK_NEW, DESK_OPENING, DESK_LIVE, DESK_ENDING };

// An update that waits: for what must be read, or for one before it. Ready when nothing is missing.
struct desk_item {
    struct desk_item *next;
    uint64_t id, desk;
    uint32_t missing;
    Throughline__V1__DeskUpdate *update; // owned, while something is missing
    void *frame;                         // else: the bytes
    size_t len;
    int64_t deadline; // of an offer, on the `at` clock
};

// A command on its way to the log; kept until it is stored and folded, sent again while the outcome is unknown.
struct desk_pending {
    struct desk_pending *next;
    uint64_t id, desk, input;
    Throughline__V1__DeskCommand *command; // owned
    bool waiting, stored;                  // to be sent again; told `stored`
    bool asking, checked;                  // whether its handle is the customer's; it is
    bool audited;                          // a supervisor's
    int64_t until;
};

struct desk {
    struct desks *all;
    uint64_t id;
    struct ws *ws;
    enum desk_state state;
    bool known, watch, taken_over, said_goodbye;
    struct auth_identity who;
    char agent[65]; // "" = a supervisor who only watches
    char session[65];
    char last_seq[96];
    uint64_t opened; // number of our DeskOpened, 0 = not durable yet
    struct desk_item *head, *tail;
    size_t queued;
    struct desk_pending *commands, **commands_end;
    unsigned commands_n, asks_n;
    struct loop_timer *timer; // hello, then retries
    struct desk *next_agent;  // in the chain of by_agent, while LIVE
};

// A session that ended here, until the log knows.
struct desk_parting {
    struct desk_parting *next;
    uint64_t id;
    bool waiting, logout;
    char session[65];
};

struct desks {
    struct face *face;
    struct table table;    // id -> struct desk
    struct table by_agent; // hash -> struct desk, chained
    struct table items;    // id -> struct desk_item with something missing
    struct table pendings; // id -> struct desk_pending
    struct table loads;    // id -> struct context_load
    struct table asks;     // id -> struct desk_ask
    struct desk_parting *partings;
    uint64_t parting_id;
    unsigned opening;
    bool afresh;      // another fold is in force, and has not caught up yet
    uint64_t watched; // input at which queue statistics were last sent
    struct loop_timer *second, *retry;
    struct metric *connected, *slow;
};

// desk_session.c
void desk_fail(struct desk *d, uint16_t close, const char *code, const char *field, const char *detail);
void desk_take_hello(struct desk *d, const Throughline__V1__Hello *h);
void desk_start_afresh(struct desk *d);
void desk_go_live(struct desk *d);
uint64_t desk_agent_hash(const char *agent);

// desk_queue.c: updates leave in the order of these calls, but for desk_say()
void desk_send(struct desk *d, const Throughline__V1__DeskUpdate *u);
void desk_send_frame(struct desk *d, void *frame, size_t len); // takes the bytes (malloc'd)
// Takes the update; `missing` things are to be told by desk_item_arrived().
struct desk_item *desk_send_later(struct desk *d, Throughline__V1__DeskUpdate *u, uint32_t missing);
void desk_item_arrived(struct desks *all, uint64_t item);
void desk_queue_clear(struct desk *d);
void desk_say(struct desk *d, const Throughline__V1__DeskUpdate *u); // at once, before what waits
void desk_error(struct desk *d, const char *code, const char *field, const char *detail);
// Bytes of story in one update, so that a desk on a slow line is not cut for what comes after it.
size_t desk_story_room(const struct desk *d);

// desk_update.c
void desks_effect(void *ctx, const struct core_effect *e);
void desk_replayed(void *desk, const struct core_effect *e);
void desk_welcome(struct desk *d, bool resumed);
void desk_send_queues(struct desk *d);
bool desk_sees_listening(const struct desk *d); // of others than its own agent
// As this desk may see it. The caller frees it.
Throughline__V1__Work *desk_work(const struct desk *d, const struct router_work_view *w);

// desk_command.c
void desk_take_command(struct desk *d, Throughline__V1__DeskCommand *c); // takes the message
void desk_commands_clear(struct desk *d);
void desk_commands_retry(struct desk *d);
void desk_answer(struct desk *d, const char *client_id, uint64_t input, bool done, uint32_t refusal,
                 const char *detail);
void desk_commands_folded(struct desk *d);
void desk_pending_send(struct desk *d, struct desk_pending *p);
void desk_pending_wait(struct desk *d, struct desk_pending *p); // and send it again a little later
void desk_pending_give_up(struct desk *d, struct desk_pending *p, const char *code, const char *field,
                          const char *detail);
store_placed_fn desk_on_stored;

// desk_act.c, desk_plain.c: what each command does
struct desk_fault {
    const char *code, *field, *detail;
};
bool desk_act(struct desk *d, struct desk_pending *p, struct desk_fault *fault);
bool desk_plain(const Throughline__V1__DeskCommand *c, Throughline__V1__Command *out, struct desk_fault *fault);
bool desk_supervise(struct desk *d, struct desk_pending *p, struct desk_fault *fault); // desk_supervise.c
bool desk_act_at_once(struct desk *d, const Throughline__V1__DeskCommand *c, struct desk_fault *fault);

// desk_context.c
// Fills *slot (which lies inside the item's update) and tells the item. upto: entries after it come as updates of their own.
// room: bytes of its timeline; the desk asks for more where a talk is longer.
void context_load(struct desks *all, struct desk_item *item, Throughline__V1__Context **slot, uint64_t conversation,
                  uint64_t customer, uint64_t upto, size_t room, Throughline__V1__Work *work);
void customer_load(struct desks *all, struct desk_item *item, uint64_t customer);
void entry_load(struct desks *all, struct desk_item *item, uint64_t conversation, uint64_t number);
void context_loads_free(struct desks *all);

// desk_disposition.c: the words that a work's queue allows
void disposition_list(const struct desks *all, Throughline__V1__Context *c);
// What a refused close is told; the caller frees it. NULL: the work is gone, or any word would have done.
char *disposition_detail(const struct desks *all, const Throughline__V1__DeskCommand *c);

// desk_ask.c: questions of a desk, and whether it may ask them
bool desk_concerns(struct desk *d, uint64_t conversation);
bool desk_is_heard(struct desk *d, uint64_t conversation); // ... and the customer hears them
bool desk_concerns_customer(struct desk *d, uint64_t customer);
void timeline_ask(struct desk *d, const Throughline__V1__ReadTimeline *r);
// Is this handle the customer's? Then the command goes on, else it ends.
void handle_ask(struct desk *d, struct desk_pending *p, uint64_t customer, const char *handle);
void desk_asks_free(struct desks *all);

// desk_sees.c: agents who see the conversation at hand only
bool desk_sees_customer(const struct desk *d);                               // ... do not
void desk_trim_customer(const struct desk *d, Throughline__V1__Customer *c); // to what the desk's agent sees of them

// desk_part.c
void desk_part(struct desks *all, const char *session, bool logout);
void desk_unpart(struct desks *all, const char *session); // it came back in time
void desk_partings_retry(struct desks *all);

#endif
