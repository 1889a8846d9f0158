// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_CORE_H
#define THROUGHLINE_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store.h"
#include "routing/router.h"

// The shell around one tenant's router: reads the log, folds it, tells listeners the effects, and, while it holds the leader's lease,
// writes what must be written once. It owns the proof of place, the lease and its fence, ticks, snapshots, checkpoints, the node's own lease,
// voiding of poisonous inputs, and the ring from which desks resume.

struct config;
struct loop;
struct core;

enum { CORE_WORDS_MAX = 2048 }; // bytes of what a customer is told by the queue itself

struct core_options {
    const char *tenant;
    const char *boot; // boot id of this process
    const char *node; // stable node id, kept in data_dir/node
    const char *data_dir;
    struct store_options store; // for the snapshot child
    int64_t lease_ms;           // 2000
    int64_t ring_ms;            // 600000
    int64_t snapshot_every;     // inputs, 100000
    int64_t checkpoint_ms;      // 10000
    // The routing configuration of this node's file, packed RoutingConfig: logged when the log is empty; else only compared.
    const void *config;
    size_t config_len;
    int64_t retain_ms; // how much of the log stays in Redis behind the snapshots, 172800000
    // The leader keeps the log in the folder archive/<tenant>, NULL = nowhere; how often it adds what is new.
    const char *archive;
    int64_t archive_ms;   // 3600000
    uint32_t void_budget; // times an input may have been in hand when the process died before it is voided: 2
    // Whether this account's deliveries are pushed by a face from the timeline (web chat) and so need no outbox. NULL = none.
    bool (*pushed)(void *ctx, const char *account);
    void *pushed_ctx;
};

struct core *core_new(struct loop *loop, struct store *store, const struct core_options *o);
void core_free(struct core *c);
// Who finds the words in which a customer is told this, now; false: there are none that can be told truthfully. Until then nothing is told.
typedef bool core_says_fn(void *ctx, const struct router_notice *n, int64_t wall, char out[static CORE_WORDS_MAX]);
void core_says(struct core *c, core_says_fn *fn, void *ctx);
// Gives the lease up, closes what this node's lease says, then calls back.
void core_drain(struct core *c, void (*drained)(void *arg), void *arg);

// ---- what listeners hear ----

struct core_effect {
    uint64_t input;
    uint32_t index; // within the input, from 0
    int64_t wall, at;
    const struct router_effect *e;
    const uint8_t *entry; // ROUTER_ENTRY: packed Entry where this node still has the body, else NULL: read the timeline
    size_t entry_len;
    const char *detail; // ROUTER_DELIVERY_NEWS: why, in the carrier's words; else ""
    bool live;          // false while catching up after a restart: tell nobody outside
};

struct core_listener {
    void *ctx;
    void (*effect)(void *ctx, const struct core_effect *e);
    void (*folded)(void *ctx, uint64_t number); // after all effects of an input; may be NULL
    void (*batch_end)(void *ctx);               // after a batch of inputs: flush; may be NULL
    void (*reset)(
        void *ctx); // another fold has been loaded: everything told before may be wrong; start every session afresh
    void (*node_lost)(void *ctx);              // a node has gone, or its former run; may be NULL
    void (*applied)(void *ctx, uint64_t upto); // effects up to here are written (on the leader's node); may be NULL
};
void core_listen(struct core *c, const struct core_listener *l); // up to 8, for ever

// For views and router_explain; never step it. An empty one until the log has been read.
struct router *core_router(struct core *c);
// Sessions may begin: the fold has caught up with the log, and the loss of this node's former run is logged.
bool core_open(const struct core *c);
const char *core_tenant(const struct core *c);
const char *core_incarnation(const struct core *c);
const char *core_boot(const struct core *c);
uint64_t core_input(const struct core *c); // folded up to here
int64_t core_at(const struct core *c);     // the `at` clock as it would stand now (last at + time since, clamped)
bool core_skips(const struct core *c, uint64_t input); // it is void
bool core_leader(const struct core *c);
bool core_config_differs(const struct core *c);
bool core_begun(const struct core *c);          // the log has its fold version and its configuration: events may come
uint64_t core_applied(const struct core *c);    // effects are written up to here, as far as is known
uint64_t core_state_hash(const struct core *c); // at the last checkpoint; 0 = none yet
// Another file: compared with the log from now on. Packed RoutingConfig; copied.
void core_file_config(struct core *c, const void *config, size_t len);
// Throws the fold away and loads it anew, as when the place in the log is lost.
void core_reload(struct core *c, const char *why);

// Where it is written which inputs are void (input -> why), and the word by which nodes hear that there is one more.
#define CORE_DOC_VOID   "void"
#define CORE_TOPIC_VOID "void"

// Ready = store up, placed in the log, lag small, fold known. Writes what is missing into why[] (static strings); returns how many.
#define CORE_WHY_MAX 8
unsigned core_not_ready(const struct core *c, const char *why[CORE_WHY_MAX]);
// What keeps the leader from archiving the log; NULL = nothing, or it is no matter of this node.
const char *core_archive_trouble(const struct core *c);
int64_t core_lag_ms(const struct core *c);

// ---- bodies in flight ----
// A body given here is found again when its input (carrying this ref) is folded. Bounded: the oldest give way; readers then read the timeline.
uint64_t core_keep_body(struct core *c, const void *entry, size_t len); // returns ref, never 0
// The function appended to the entry what only it knows; the core appends the same (wall_ms, author.customer) to the kept bytes.

// ---- resume ----
// Effects that concern `agent` after seq, in order, through fn; false when seq is not in the ring or of another incarnation: send a full welcome.
bool core_replay(struct core *c, const char *agent, const char *seq, void (*fn)(void *ctx, const struct core_effect *e),
                 void *ctx);
void core_seq(const struct core *c, uint64_t input, uint32_t index, char out[96]);

// ---- writing ----
// Every input of this node goes through here: fills ref and boot, packs, sends; the outcome comes back through fn.
struct Throughline__V1__Input;
void core_append(struct core *c, struct Throughline__V1__Input *in, store_placed_fn *fn, void *module, uint64_t token);
void core_command(struct core *c, struct Throughline__V1__Input *in, const char *key, uint64_t conversation,
                  const void *entry, size_t entry_len, store_placed_fn *fn, void *module, uint64_t token);

// ---- explaining ----
// Takes a past decision once more, with every agent named, in a forked child. e: TL_OK with the packed Decision; TL_ABSENT with `why` it cannot
// be; TL_UNAVAILABLE when the child died. False: another is in hand, or no child can be had. The answer never comes from within the call.
typedef void core_explain_fn(void *module, uint64_t token, enum tl_err e, const char *why, const void *decision,
                             size_t len);
bool core_explain(struct core *c, uint64_t input, uint32_t index, core_explain_fn *fn, void *module, uint64_t token)
    __attribute__((warn_unused_result));

// The views as messages, allocated with malloc (free with the generated free_unpacked, or protobuf_c_message_free_unpacked).
struct Throughline__V1__Work;
struct Throughline__V1__AgentStatus;
struct Throughline__V1__QueueStatus;
struct Throughline__V1__Closure;
struct Throughline__V1__Responses;
struct Throughline__V1__Work *core_work_message(const struct router *r, const struct router_work_view *w);
struct Throughline__V1__Calendar *core_calendar_message(const struct router_calendar *d);
// All that is in force, in the form in which a file's routing goes into the log: one who applies it changes nothing.
struct Throughline__V1__RoutingConfig *core_config_message(const struct router *router);
struct Throughline__V1__AgentStatus *core_agent_message(const struct router_agent_view *a);
struct Throughline__V1__QueueStatus *core_queue_message(const struct router_queue_view *q);
struct Throughline__V1__Closure *core_closure_message(const struct router_closure *c); // NULL = it is not closed so
// Of each channel that had responses with a target; the caller frees each, and the list.
struct Throughline__V1__Responses **core_responses(const struct router_queue_view *q, size_t *n);
// Adds why the work came to its queue: for who sees all work, not for desks.
void core_put_entered(struct Throughline__V1__Work *m, const struct router_work_view *w);
// What is estimated anew each time that somebody looks: added to a message of the above; `index` as in router_queue_at().
void core_put_wait(struct Throughline__V1__Work *m, const struct router *r);
void core_put_waits(struct Throughline__V1__QueueStatus *m, const struct router *r, size_t index);
// Brings the metrics up to date that are numbers of the fold: before a page of them is rendered.
void core_show_metrics(struct core *c);

#endif
