// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_CHAT_H
#define THROUGHLINE_FACES_CHAT_H

// One visitor's browser: shared by chat.c (life, hello), chat_talk.c (words both ways), chat_mark.c (what was delivered and read),
// chats.c (what concerns all), chat_wait.c (how long it will take), chat_part.c (goodbyes and their grace) and chat_sweep.c (visitors of nodes that are gone). Private to
// these.
//
//   NEW ──hello──► OPENING ──place known──► LIVE ──close──► ENDING
//    └─(keys not loaded yet: the hello waits)

#include "daemon/base/table.h"
#include "daemon/faces/chat_token.h"
#include "daemon/faces/face.h"
#include "daemon/faces/waits.h"
#include "daemon/net/ws.h"
#include "throughline/v1/chat.pb-c.h"

#define CHAT_HELLO_MS   5000
#define CHAT_RETRY_MS   300
#define CHAT_BUSY_MS    50
#define CHAT_TEXT_MAX   16384
#define CHAT_PAGE       100 // entries read at a time
#define CHAT_SAID       32  // own words whose acknowledgement stands for them
#define CHAT_SHOWN      64  // agents' words that are not known to be read
#define CHAT_BURST      20  // words and signs of typing at once ...
#define CHAT_PER_SECOND 4   // ... and then this many
#define CHAT_REFUSED    256
#define CHAT_MARKED     4096
#define CHAT_KEYS       4
#define CHAT_TOPIC_KEYS "chat-keys" // one was made
#define CHAT_TOPIC_BACK "chat-back" // a visitor (the handle) is connected to some node
#define CHAT_TOPIC_WHO  "chat-who"  // is this visitor (the handle) connected to any?

enum chat_state { CHAT_NEW, CHAT_OPENING, CHAT_LIVE, CHAT_ENDING };

// Words of an agent that were shown, and what the log is to know of it.
struct chat_shown {
    uint64_t entry;
    uint32_t wants, has; // DeliveryState: as it is; as the log has it
    bool flying;
};

struct chat {
    struct chats *all;
    uint64_t id;
    struct ws *ws;
    enum chat_state state;
    char account[65], origin_host[256];
    struct chat_visitor visitor;
    char handle[8 + CHAT_VISITOR_MAX];
    Throughline__V1__ChatHello *hello;       // owned
    Throughline__V1__ChatIdentity *identity; // owned; NULL = unverified
    uint64_t conversation;
    uint64_t last;                 // entries up to here were shown
    uint64_t wanted, reading_upto; // entries up to here are to be shown; are being read
    bool reading, dirty, bye;      // a timeline read is in flight; something happened; the tab said goodbye
    uint64_t said[CHAT_SAID];      // entries acknowledged here
    unsigned said_next;
    struct chat_shown shown[CHAT_SHOWN];
    unsigned shown_n;
    uint64_t read;             // the visitor has read up to here
    int64_t budget, budget_at; // thousandths of a word
    bool told, offline;
    char agent[80]; // whose name was told
    struct wait_told wait;
    struct loop_timer *timer;
    struct chat *next_in_conversation;
};

// Words on their way to the log; found by id.
struct chat_saying {
    uint64_t id, chat;
    char *word; // the browser's id
};

// A mark on its way to the log; found by id.
struct chat_marking {
    uint64_t id, chat, entry;
    uint32_t state;
};

// A visitor whose connection was lost, or who said goodbye.
struct chat_parting {
    struct chat_parting *next;
    uint64_t id;
    char account[65], handle[8 + CHAT_VISITOR_MAX], event[96];
    int64_t due; // loop clock
    bool sent;
    unsigned asks; // of other nodes, before it is believed
};

struct chats {
    struct face *face;
    struct table table, sayings, markings;
    struct table by_conversation; // -> struct chat, chained
    struct chat_parting *partings;
    uint64_t parting_id;
    uint8_t keys[CHAT_KEYS][CHAT_KEY_LEN];
    unsigned keys_n;
    uint64_t refused[CHAT_REFUSED]; // entries whose command the fold refused
    unsigned refused_next;
    struct {
        uint64_t entry;
        uint32_t state;
    } marked[CHAT_MARKED]; // by entry: a browser that comes again and again costs the log nothing
    bool presence_changed, anything_dirty, offline, leads;
    struct loop_timer *timer; // keys, partings
    struct loop_timer *waits; // runs while somebody waits
    unsigned slice;           // of those who wait, looked at next
    struct metric *connected;
};

// chat.c
void chat_fail(struct chat *c, const char *code, const char *field, const char *detail);
void chat_take_hello(struct chat *c);
bool chat_is_proven(const struct chat *c);                          // the site says who it is
bool chat_send(struct chat *c, const Throughline__V1__ChatDown *d); // cuts who is too slow
void chat_error(struct chat *c, const char *code, const char *field, const char *detail);

// chat_talk.c
void chat_take(struct chat *c, const Throughline__V1__ChatUp *up);
void chat_refresh(struct chat *c, uint64_t upto);
void chat_place(struct chat *c, uint64_t conversation); // it is in this conversation now
void chat_unplace(struct chat *c);
void chat_fill_event(const struct chat *c, Throughline__V1__Event *e);

// chat_mark.c
struct Throughline__V1__Entry;
void chat_mark_shown(struct chat *c, const struct Throughline__V1__Entry *e);
void chat_mark_read(struct chat *c, uint64_t upto);
void chat_marks(struct chat *c); // tells the log what it does not know

// chats.c
void chat_tell_presence(struct chat *c);
void chats_keys_load(struct chats *all);

// chat_wait.c
void chat_tell_wait(struct chat *c);
void chats_waits(void *all); // a timer's

// chat_part.c
void chat_part(struct chat *c, bool at_once);
void chats_part(struct chats *all, const char *account, const char *handle, int64_t after_ms, unsigned asks);
bool chats_parting(const struct chats *all, const char *handle);
void chats_unpart(struct chats *all, const char *handle);
void chats_partings_due(struct chats *all);

// chat_sweep.c
void chats_sweep(struct chats *all);
void chats_heard_who(struct chats *all, const char *handle);

#endif
