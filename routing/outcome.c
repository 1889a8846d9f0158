// SPDX-License-Identifier: Apache-2.0
//
// What became of commands, remembered for CORE_MEMORY_MS of `at`, so that a command that comes again gets the same answer.
// Whether a command may be carried out is command.c's.

#include "routing/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct outcome_key {
    const char *session, *client_id;
};

static bool outcome_is(const void *item, const void *key)
{
    const struct outcome *o = item;
    const struct outcome_key *k = key;
    return strcmp(o->client_id, k->client_id) == 0 && strcmp(o->session, k->session) == 0;
}

static uint64_t outcome_hash(const char *session, const char *client_id)
{
    return table_hash_text(table_hash_text(0, session), client_id);
}

struct outcome *outcome_find(const struct router *r, const char *session, const char *client_id)
{
    struct outcome_key key = {session, client_id};
    return table_find(&r->commands, outcome_hash(session, client_id), outcome_is, &key);
}

// Outcomes are forgotten in the order in which they came. So they lie in pages that go as a whole, instead of leaving behind
// crumbs of memory by the hundred thousand, which the allocator some day would gather in the middle of a step.
static struct outcome *outcome_new(struct router *r, size_t size)
{
    struct outcome_page *p = r->outcome_page_last;
    size = (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
    assert(size <= sizeof p->bytes);
    if (!p || sizeof p->bytes - p->used < size) {
        p = memory_new(1, sizeof *p);
        *(r->outcome_page_last ? &r->outcome_page_last->next : &r->outcome_pages) = p;
        r->outcome_page_last = p;
    }
    p->n++;
    p->used += size;
    return (struct outcome *)(void *)(p->bytes + p->used - size);
}

static void outcome_drop_first(struct router *r)
{
    struct outcome_page *p = r->outcome_pages;
    if (--p->n)
        return;
    p->used = 0;
    if (p != r->outcome_page_last) {
        r->outcome_pages = p->next;
        free(p);
    }
}

void outcome_free(struct router *r)
{
    for (struct outcome_page *p; (p = r->outcome_pages);) {
        r->outcome_pages = p->next;
        free(p);
    }
}

void outcome_remember(struct router *r, const char *session, const char *client_id, uint64_t input, int64_t at,
                      enum router_refusal refusal)
{
    size_t n = strlen(session) + 1, m = strlen(client_id) + 1;
    struct outcome *o = outcome_new(r, sizeof *o + n + m);
    char *texts = (char *)(o + 1);
    *o = (struct outcome){.input = input, .at = at, .refusal = refusal, .session = texts, .client_id = texts + n};
    memcpy(o->session, session, n);
    memcpy(o->client_id, client_id, m);
    table_insert(&r->commands, outcome_hash(session, client_id), o);
    *(r->outcomes_last ? &r->outcomes_last->next : &r->outcomes) = o;
    r->outcomes_last = o;
    r->outcomes_n++;
}

void outcome_forget_old(struct router *r, int64_t at)
{
    while (r->outcomes && at - r->outcomes->at >= CORE_MEMORY_MS) {
        struct outcome *o = r->outcomes;
        table_drop(&r->commands, outcome_hash(o->session, o->client_id), o);
        r->outcomes = o->next;
        if (!r->outcomes)
            r->outcomes_last = NULL;
        r->outcomes_n--;
        outcome_drop_first(r);
    }
}
