// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_CORE_STAGE_H
#define THROUGHLINE_TESTS_CORE_STAGE_H

#include "world.h"

#include "daemon/core/core.h"
#include "throughline/v1/log.pb-c.h"

// Nodes on one real Redis: each with a store, a core and a data directory of its own, and a listener that writes down what it hears.

#define LEASE_MS 1000

struct node {
    struct world *w;
    struct store *store;
    struct core *core;
    char name[32], boot[32], dir[128];
    uint64_t goal; // for the predicates below
    // heard
    unsigned effects[32]; // by kind
    unsigned told, live, bodies, resets, batches;
    uint64_t first; // input of the first effect heard
    uint64_t applied;
    uint64_t story; // hash over all effects, in order
    uint64_t offered_work, offered_epoch, offered_conversation;
    char offered_agent[64];
};

struct node_options {
    int64_t snapshot_every, checkpoint_ms, retain_ms;
    const char *archive; // its folder; NULL = none
    bool no_config;
};

// A world with a folder for an archive, which outlives it: for cmocka. stage_folder is where the archive of TENANT stands.
extern char stage_archive[32], stage_folder[64];
int stage_setup(void **state);
int stage_teardown(void **state);

struct node *node_new(struct world *w, const char *name, const char *boot, const struct node_options *o);
void node_free(struct node *n); // leases stay, as after a kill
struct node *node_ready(struct world *w, const char *name, const char *boot, const struct node_options *o);

// The routing of these tests: queue "all", agents ann and bob, capacity 2 units.
void *stage_config(size_t *len);

bool node_is_ready(void *node);
bool node_leads(void *node);
bool node_leads_not(void *node);
bool node_folded(void *node);  // goal
bool node_applied(void *node); // goal
void node_await_folded(struct node *n, uint64_t number);
void node_await_applied(struct node *n, uint64_t number);

// A customer's words; the number of the input.
uint64_t node_words(struct node *n, const char *id, const char *handle, const char *text);
uint64_t node_append(struct node *n, Throughline__V1__Input *in);
uint64_t node_desk(struct node *n, const char *session, const char *agent); // opened and available
uint64_t node_accept(struct node *n, const char *session, const char *client_id, uint64_t work, uint64_t epoch);
uint64_t node_nothing(struct node *n); // an input that only takes a number
uint64_t node_hash(struct node *n);

#endif
