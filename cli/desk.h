// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_DESK_H
#define THROUGHLINE_CLI_DESK_H

#include "cli/cli.h"
#include "cli/socket.h"

// The terminal desk's state: which work it shows, and which of it the typed lines go to.

struct desk_work {
    json_int_t work, conversation, epoch, customer;
    json_int_t due;         // Unix ms: when an answer is; 0 = none, or no target
    bool offered;           // else assigned or in wrap-up ...
    bool snoozed;           // ... or put away
    bool asked;             // to take part in another's work
    bool wrap_up;           // closed, and still with the agent
    unsigned long accepted; // the command that accepts the offer, 0 = none under way
    json_t *held;           // lines typed since then: they go out once it is assigned
    char name[128];         // of the customer
    json_t *dispositions;   // words that a close may name; NULL or empty = any
    bool disposition_required;
    char with[512]; // colleagues who take part, as last told
};

struct desk {
    const struct cli *cli;
    struct socket *socket;
    const char *agent;
    bool automatic; // accept every offer
    char session[40], last_seq[128];
    bool welcomed;      // on this connection
    bool returning;     // it was, on an earlier one
    bool denied;        // it never was, and it was told why
    json_t *pending;    // client id -> command that is not answered yet: sent again on the next connection
    size_t under_way;   // of these, the first so many, sent on this connection; the others follow as they are answered
    size_t unread;      // of these, so many may be frames that the daemon could not read
    unsigned long sent; // commands, for client ids
    struct desk_work *works;
    size_t works_n;
    json_int_t current; // work that lines go to, 0 = none
    json_int_t wanted;  // work that a line was about which makes them go there once it is the agent's; 0 = none
};

// Sends {"clientId": ..., name: body}; takes body.
bool desk_command(struct desk *d, const char *name, json_t *body);
void desk_forget_all(struct desk *d); // what was held for them is told
struct desk_work *desk_work_by_id(struct desk *d, json_int_t work);
struct desk_work *desk_work_by_conversation(struct desk *d, json_int_t conversation);

bool desk_answered(struct desk *d, const char *client_id); // what waited for it is sent
// An error that names a command, or none. *later: it is sent again, so there is nothing to tell.
bool desk_not_taken(struct desk *d, const char *code, const char *field, bool *later);
bool desk_send_again(struct desk *d); // what is not answered, in order

bool desk_message(void *ctx, const json_t *frame); // a DeskUpdate
bool desk_line(void *ctx, char *line);             // what the agent typed
struct desk_work *desk_in_wrap_up(struct desk *d); // what lines are about in wrap-up; else where lines go
const char *desk_prompt(void *ctx);                // the customer to whom lines go
bool desk_send(struct desk *d, const struct desk_work *w, const char *text,
               const char *channel);               // NULL: where they are
void desk_story(const json_t *context);            // who, by which handles, what was said on every channel
void desk_hand(const json_t *u);                   // " by sue (too long)" of a supervisor, and the end of the line
void desk_forget(struct desk *d, json_int_t work); // it is not this desk's any more

// desk_offer.c: offers, and whom lines go to
void desk_show_offer(struct desk *d, struct desk_work *w, const json_t *offer, const json_t *context);
bool desk_offer_ended(struct desk *d, const json_t *u);
bool desk_refused(struct desk *d, const json_t *u);
void desk_accept_failed(struct desk *d, const char *client_id); // if that command accepted an offer
bool desk_line_accept(struct desk *d, char *rest);
bool desk_line_decline(struct desk *d, char *rest);
bool desk_accept(struct desk *d, struct desk_work *w);
bool desk_assigned(struct desk *d, struct desk_work *w);     // sends what was held
void desk_not_accepted(struct desk *d, struct desk_work *w); // tells what was held and is not sent
void desk_turn(struct desk *d,
               const struct desk_work *w); // it is the agent's now: lines go there if they asked for it, or had none
void desk_turn_away(struct desk *d,
                    const struct desk_work *from); // lines that went there go to another, unless one is half typed

// desk_snooze.c: work that is put away
bool desk_line_snooze(struct desk *d, char *rest);
bool desk_line_wake(struct desk *d, char *rest);
void desk_put_away(struct desk *d, struct desk_work *w); // it is snoozed: lines go elsewhere

// desk_queue.c: the queues
bool desk_line_queues(struct desk *d, char *rest);
bool desk_show_queue(struct desk *d, const json_t *u);
// desk_participant.c: work that several agents take part in
bool desk_line_consult(struct desk *d, char *rest);
bool desk_line_invite(struct desk *d, char *rest);
bool desk_line_join(struct desk *d, char *rest);
bool desk_line_leave(struct desk *d, char *rest);
bool desk_line_dismiss(struct desk *d, char *rest);
bool desk_line_hand_over(struct desk *d, char *rest);
bool desk_line_listen(struct desk *d, char *rest);
bool desk_line_whisper(struct desk *d, char *rest);
bool desk_line_barge(struct desk *d, char *rest);
bool desk_line_take_over(struct desk *d, char *rest);
void desk_note_others(const struct desk *d, struct desk_work *w,
                      const json_t *work); // tells who else takes part when it changes
bool desk_takes_part(const struct desk *d, struct desk_work *w, const json_t *work); // notes how, where it is another's

// desk_close.c: lines that say what came of the work
bool desk_line_close(struct desk *d, char *rest);
bool desk_line_disposition(struct desk *d, char *rest);
void desk_learn_dispositions(struct desk_work *w, const json_t *context);
void desk_forget_dispositions(struct desk_work *w);

#endif
