// SPDX-License-Identifier: Apache-2.0
// The last ten minutes of effects that concern agents, for desks that come back. Owned copies, each one block of memory; bounded in time
// (the log's `at`) and in bytes. Bodies are not kept: a resumed desk reads them from the timeline. A position outside the ring is
// answered by false, and the desk gets a whole welcome.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"

enum { RING_BYTES_MAX = 32 * 1024 * 1024 };

struct ring_item {
    struct ring_item *next;
    size_t size;
    const char *detail;
    const char *owner; // agent of the desk session that a command's answer is for
    struct core_effect ce;
    struct router_effect e;
    _Alignas(struct router_candidate) char text[]; // its strings, behind a router_candidate where it has one
};

static const bool kept[] = {
    [ROUTER_DONE] = true,
    [ROUTER_REFUSED] = true,
    [ROUTER_OFFER] = true,
    [ROUTER_OFFER_ENDED] = true,
    [ROUTER_ASSIGN] = true,
    [ROUTER_UNASSIGN] = true,
    [ROUTER_WORK] = true,
    [ROUTER_ENTRY] = true,
    [ROUTER_PRESENCE] = true,
    [ROUTER_DELIVERY_NEWS] = true,
    [ROUTER_CUSTOMER] = true,
    [ROUTER_PARTICIPANT_ASKED] = true,
    [ROUTER_PARTICIPANT_JOINED] = true,
    [ROUTER_PARTICIPANT_ENDED] = true,
};

// The strings of an effect, so that measuring, copying and pointing are one walk.
enum { STRINGS = 12 };
static void strings_of(struct router_effect *e, const char **owner, const char **detail, const char **v[STRINGS])
{
    const char **all[STRINGS] = {
        &e->agent,
        &e->session_id,
        &e->client_id,
        &e->text,
        &e->former_agent,
        &e->session.account,
        &e->session.handle,
        &e->session.call,
        &e->hand.by,
        &e->hand.note,
        owner,
        detail,
    };
    memcpy(v, all, sizeof all);
}

static size_t measure(struct router_effect *e, const char **owner, const char **detail)
{
    const char **v[STRINGS];
    size_t n = 0;
    strings_of(e, owner, detail, v);
    for (int i = 0; i < STRINGS; i++)
        n += *v[i] ? strlen(*v[i]) + 1 : 0;
    return n;
}

static void move_strings(struct router_effect *e, const char **owner, const char **detail, char *to)
{
    const char **v[STRINGS];
    strings_of(e, owner, detail, v);
    for (int i = 0; i < STRINGS; i++) {
        if (!*v[i])
            continue;
        size_t len = strlen(*v[i]) + 1;
        memcpy(to, *v[i], len);
        *v[i] = to;
        to += len;
    }
}

static void drop_first(struct core_ring *r)
{
    struct ring_item *i = r->first;
    r->first = i->next;
    if (!r->first)
        r->last = NULL;
    r->bytes -= i->size;
    r->from = i->ce.input; // a part of an input is as good as none
    free(i);
}

void ring_add(struct core *c, const struct core_effect *ce)
{
    struct core_ring *r = &c->ring;
    struct router_effect e = *ce->e;
    const char *owner = NULL, *detail = ce->detail;
    if ((unsigned)e.kind >= sizeof kept || !kept[e.kind])
        return;
    if ((e.kind == ROUTER_DONE || e.kind == ROUTER_REFUSED) && e.session_id)
        router_session_agent(c->router, e.session_id, &owner);
    size_t why = e.why ? sizeof *e.why : 0;
    size_t size = sizeof(struct ring_item) + why + measure(&e, &owner, &detail);
    struct ring_item *i = xcalloc(1, size);
    *i = (struct ring_item){.size = size, .owner = owner, .detail = detail, .ce = *ce, .e = e};
    i->ce.e = &i->e;
    i->ce.entry = NULL;
    i->ce.entry_len = 0;
    i->e.decision = NULL;
    move_strings(&i->e, &i->owner, &i->detail, i->text + why);
    i->ce.detail = i->detail;
    if (why) { // shortfalls are empty: who is offered work has none
        struct router_candidate candidate = *e.why;
        candidate.agent = i->e.agent;
        candidate.shortfalls = NULL;
        candidate.shortfalls_n = 0;
        i->e.why = memcpy(i->text, &candidate, sizeof candidate);
    }
    if (r->last)
        r->last->next = i;
    else
        r->first = i;
    r->last = i;
    r->bytes += size;
}

void ring_trim(struct core *c)
{
    struct core_ring *r = &c->ring;
    while (r->first && (r->bytes > RING_BYTES_MAX || c->at - r->first->ce.at > c->o.ring_ms))
        drop_first(r);
}

void ring_reset(struct core *c, uint64_t from)
{
    while (c->ring.first)
        drop_first(&c->ring);
    c->ring.from = from;
}

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

static bool takes_part(const struct core *c, uint64_t work, const char *agent)
{
    struct router_work_view w;
    bool found = false;
    if (router_work(c->router, work, &w))
        for (size_t i = 0; i < w.participants_n; i++)
            found |= strcmp(w.participants[i].agent, agent) == 0;
    return found;
}

static bool concerns(const struct core *c, const struct ring_item *i, const char *agent)
{
    struct router_offer_view o;
    if (is(i->e.agent, agent) || is(i->owner, agent))
        return true;
    return i->e.kind == ROUTER_WORK &&
           (is(i->e.former_agent, agent) || router_offer_to(c->router, i->e.work, agent, &o) ||
            takes_part(c, i->e.work, agent));
}

static bool parse_seq(const struct core *c, const char *seq, uint64_t *input, uint32_t *index)
{
    size_t n = strlen(c->place.incarnation);
    return strncmp(seq, c->place.incarnation, n) == 0 && seq[n] == ':' && id_read_effect(seq + n + 1, input, index);
}

bool core_replay(struct core *c, const char *agent, const char *seq, void (*fn)(void *ctx, const struct core_effect *e),
                 void *ctx)
{
    uint64_t input;
    uint32_t index;
    if (!seq || !c->router || !parse_seq(c, seq, &input, &index) || input <= c->ring.from || input > c->folded)
        return false;
    for (const struct ring_item *i = c->ring.first; i; i = i->next)
        if ((i->ce.input > input || (i->ce.input == input && i->ce.index > index)) && concerns(c, i, agent))
            fn(ctx, &i->ce);
    return true;
}

void core_seq(const struct core *c, uint64_t input, uint32_t index, char out[96])
{
    size_t n = strlen(c->place.incarnation);
    memcpy(out, c->place.incarnation, n);
    out[n] = ':';
    id_write_effect(out + n + 1, input, index);
}
