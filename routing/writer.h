// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_WRITER_H
#define THROUGHLINE_ROUTING_WRITER_H

// Puts values into a snapshot's bytes; reader.h takes them out. After a write that failed nothing more is written.

#include "routing/snapshot.h"

struct writer {
    router_write_fn *write; // NULL: only the hash is wanted
    void *ctx;
    struct snapshot_hash hash;
    size_t n;
    bool failed;
    unsigned char bytes[4096]; // a multiple of what the hash takes at once
};

struct written { // bytes in one piece of memory, whoever has it frees v; zeroes at first
    unsigned char *v;
    size_t n, cap;
};

bool written_add(void *ctx, const void *p, size_t n); // a router_write_fn for one of them; never false

void put_flush(struct writer *o);
void put_bytes(struct writer *o, const void *p, size_t n);
void put8(struct writer *o, uint64_t v);
void put32(struct writer *o, uint64_t v);
void put64(struct writer *o, uint64_t v);
void put_time(struct writer *o, int64_t v);
void put_text(struct writer *o, const char *s);
void put_texts(struct writer *o, const char *const *v, size_t n);

void put_rules(struct writer *o, const struct router_config *c);
void put_agent_def(struct writer *o, const struct router_agent *d);
void put_queue_def(struct writer *o, const struct router_queue *d);
void put_wait(struct writer *o, const struct router_wait *v);

#endif
