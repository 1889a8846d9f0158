// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_OUTBOX_PRIVATE_H
#define THROUGHLINE_CORE_OUTBOX_PRIVATE_H

// What the files of the outbox share: outbox.c has carriers and lanes' lives, outbox_lane.c what waits in a lane and how it
// moves, outbox_report.c the way of reports to Redis, outbox_policy.c what is not sent, or not now.

#include "daemon/base/table.h"
#include "daemon/core/keeper.h"
#include "daemon/core/outbox.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/gateway.pb-c.h"

struct loop_timer;
struct lane;

struct carrier {
    struct carrier *next; // of the lane
    uint64_t id;
    struct outbox_carrier c; // account and handle are copies
    struct lane *lane;
    bool stalled; // refused the last one; until it has credit
};

//   WAITING ──► READING ──► CLAIMING ──► CLAIMED ──► CARRIED ──► (gone, once a report is durable)
//      ▲           │            │       no credit       │
//      └───────────┴────────────┴───────────────────────┘  not now; QUEUED reported
enum item_state { ITEM_WAITING, ITEM_READING, ITEM_CLAIMING, ITEM_CLAIMED, ITEM_CARRIED };

struct group;
struct item {
    struct item *next; // of the group, in order of (input, effect)
    struct group *group;
    uint64_t serial; // names it in answers of the store
    char id[48];
    uint64_t input;
    uint32_t effect;
    enum item_state state;
    int64_t not_before; // loop clock
    int64_t pause;      // next one after an answer that says not yet
    int64_t since;      // carried
    uint32_t attempt;
    uint64_t carrier;
    uint64_t entry; // whose message it carries, 0 = none
    char *to;
    Throughline__V1__Entry *body;
    Throughline__V1__Delivery *delivery; // as claimed
};

// One conversation on one channel: its head alone may move.
struct group {
    struct group *next;
    struct lane *lane;
    uint64_t conversation;
    uint32_t channel;
    struct item *head;
};

// One account key that carriers of this node serve.
struct lane {
    struct lane *next;
    struct outbox *o;
    uint64_t id;
    char *account;
    struct keeper *lease;
    struct carrier *carriers;
    struct group *groups;
    size_t items;
    struct loop_timer *timer;
    int64_t scan_at;
    char cursor[48]; // last id of the scan under way
    size_t seen;     // entries of its last answer
    bool scanning;
    bool more;      // the last scan was full: there is more in Redis
    bool overtaken; // an entry was not taken in, so that none overtakes what is only in Redis
};

struct outbox {
    struct loop *loop;
    struct store *store;
    struct core *core;
    uint64_t owner;
    struct table carriers; // id -> carrier
    struct table lanes_by_id;
    struct table items; // serial -> item
    struct table known; // input, effect -> item
    struct table reports;
    struct lane *lanes;
    size_t depth;
    struct metric *waiting, *carried;
    struct outbox_policy policy;
    struct loop_timer *expire_timer;
};

enum {
    LANE_ITEMS_MAX = 1024,
    LANE_SCAN = 128,  // entries per answer
    LANE_SLOW = 2000, // ms between scans that nothing asked for
    LANE_AGAIN = 100, // after one that failed
};

void lane_wake(struct lane *l, int64_t ms);
void lane_scan(struct lane *l);
void lane_pump(void *lane);
void lane_clear(struct lane *l);
void lane_lose(struct lane *l); // the lease: forgets all but what carriers have in hand
// An entry of the outbox, as an effect or a scan shows it.
struct item_seen {
    const char *id, *to;
    uint64_t conversation, entry;
    uint32_t channel;
};
struct item *lane_add(struct lane *l, const struct item_seen *s); // NULL = known already, no room, or nobody carries it
void lane_orphan(struct lane *l, uint64_t carrier);               // its carrier is gone
struct carrier *lane_carrier(struct lane *l, const char *to, bool with_credit); // one that may take it; NULL = none
void item_report(struct item *i, uint32_t state, const char *reason);
void item_report_again(struct item *i,
                       const char *reason); // back into the queue at once: the next claim is another attempt
void item_remove(struct outbox *o, struct item *i);
struct item *item_find(const struct outbox *o, const char *id);
void item_reported(struct outbox *o, const struct store_report *r);

// outbox_policy.c
void policy_begin(struct outbox *o);
int64_t lane_life(const struct lane *l);                           // of its entries, ms; 0 = for ever
bool lane_has_room(const struct lane *l, const struct carrier *c); // for one more, beside those on their way to it
bool item_is_quiet(struct item *i);                                // then it has been given up
bool item_is_late(const struct item *i);                           // a call to be made that nobody waits for any more

void reports_close(struct outbox *o);
int64_t jitter(int64_t most); // 0..most

#endif
