// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_STORE_WORLD_H
#define THROUGHLINE_TESTS_STORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/loop.h"
#include "daemon/store/store.h"

// A real redis-server in a fresh directory, a store on it, and a loop that runs until something is true. A test that waits
// in vain fails after GUARD_MS; nothing else here is timed.

#define GUARD_MS 180000
#define TENANT   "main"

struct world {
    struct loop *loop;
    struct redis_child *child;
    struct store *store;
    char dir[64];
    bool (*until)(void *arg);
    void *arg;
    bool late;
};

struct world *world_new(bool strict);
struct world *world_bare(void); // a loop and a directory only
void world_free(struct world *w);
void world_connect(struct world *w, const struct store_options *o); // the store, and waits until it is up
void world_await(struct world *w, bool (*until)(void *arg), void *arg);
bool world_is_up(void *store);
bool world_is_down(void *store);

// What a callback brought, copied. A callback that comes twice makes `calls` 2.
struct answer {
    unsigned calls, done;
    enum tl_err e;
    struct store_placed p;
    struct store_lease lease;
    struct store_place place;
    struct store_outgoing out[8];
    unsigned out_n;
    struct {
        uint64_t number;
        char text[256];
        size_t len;
    } v[64];
    size_t n;
    uint64_t used, max;
};
store_placed_fn answer_placed;
store_lease_fn answer_lease;
store_place_fn answer_place;
store_outgoing_fn answer_outgoing;
store_entries_fn answer_entries;
store_memory_fn answer_memory;
void world_answer(struct world *w, struct answer *a); // waits for it, and that it came once
const char *answer_field(const struct answer *a, const char *name);

// An event of a customer's own words; entry and input are a few fixed bytes.
struct store_ingest world_event(const char *id, const char *digest, const char *handle);
void world_ingest(struct world *w, const struct store_ingest *i, struct answer *a);

#define BYTES(s) (s), sizeof(s) - 1
#define INPUT    "\x30\x01" // has_entry = true

#endif
