// SPDX-License-Identifier: Apache-2.0
// What must be written once: decisions, read models, outbox entries, closes. Every node queues these operations as it folds; only the
// leader sends them, the others drop what they hear has been written. So a new leader has at hand what its forerunner left
// undone, and neither writes anything twice: one call checks the fence and that `applied` is what the sender expects, writes all, and moves
// `applied`. One batch is in flight; what queues up meanwhile goes with the next. After an unknown outcome the leader asks how far
// effects are written and goes on from there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/core/core_private.h"
#include "daemon/core/decision.h"
#include "throughline/v1/gateway.pb-c.h"

enum { APPLY_OPS_MAX = 256, APPLY_BYTES_MAX = 512 * 1024, APPLY_PAUSE_LEAST = 20, APPLY_PAUSE_MOST = 1000 };

struct apply_op {
    struct apply_op *next;
    struct store_op op;
    char data[]; // packed message, then the texts
};

// ---- from effects to operations ----

static char *put_text(char *to, const char **text)
{
    size_t len = strlen(*text) + 1;
    memcpy(to, *text, len);
    *text = to;
    return to + len;
}

// Queues `op` with room for its packed message `m`, or its bytes where that is NULL, and its texts, all copied.
static void queue(struct core *c, const struct store_op *op, const ProtobufCMessage *m)
{
    const char *text = op->text ? op->text : "", *text2 = op->text2 ? op->text2 : "";
    size_t len = m ? protobuf_c_message_get_packed_size(m) : op->len;
    struct apply_op *q = xcalloc(1, sizeof *q + len + strlen(text) + strlen(text2) + 2);
    q->op = *op;
    q->op.text = text;
    q->op.text2 = text2;
    q->op.bytes = len ? q->data : NULL;
    q->op.len = len;
    if (m)
        protobuf_c_message_pack(m, (uint8_t *)q->data);
    else if (len)
        memcpy(q->data, op->bytes, len);
    put_text(put_text(q->data + len, &q->op.text), &q->op.text2);
    *c->apply.tail = q;
    c->apply.tail = &q->next;
    c->apply.n++;
}

static struct store_op op_of(enum store_op_kind kind, const struct core_effect *ce)
{
    return (struct store_op){
        .kind = kind,
        .input = ce->input,
        .effect = ce->index,
        .conversation = ce->e->conversation,
        .customer = ce->e->customer,
    };
}

static void queue_decision(struct core *c, const struct core_effect *ce)
{
    struct store_op op = op_of(STORE_OP_DECISION, ce);
    struct decision_place place = {.work = ce->e->work,
                                   .conversation = ce->e->conversation,
                                   .input = ce->input,
                                   .index = ce->index,
                                   .wall = ce->wall,
                                   .at = ce->at,
                                   .reason = ce->e->reason};
    Throughline__V1__Decision *d = decision_message(c->router, ce->e->decision, &place);
    op.id = ce->e->work;
    queue(c, &op, &d->base);
    protobuf_c_message_free_unpacked(&d->base, NULL);
}

// How work ended, in the word that records keep.
static const char *ended(enum router_reason reason)
{
    return reason == ROUTER_SILENT               ? "silent"
           : reason == ROUTER_CLOSED_BY_AGENT    ? "closed"
           : reason == ROUTER_WRAPPED_UP         ? "wrapped_up"
           : reason == ROUTER_CALLBACK_UNREACHED ? "unreached"
           : reason == ROUTER_CALLBACK_CANCELLED ? "cancelled"
                                                 : "abandoned";
}

static void queue_work(struct core *c, const struct core_effect *ce)
{
    struct store_op op = op_of(STORE_OP_WORK, ce);
    struct router_work_view w;
    op.id = ce->e->work;
    op.flag = !router_work(c->router, ce->e->work, &w) || w.state == ROUTER_CLOSED;
    op.text = op.flag ? "" : w.agent;
    if (op.flag) {
        op.text2 = ended(ce->e->reason);
        queue(c, &op, NULL);
        return;
    }
    Throughline__V1__Work *m = core_work_message(c->router, &w);
    queue(c, &op, &m->base);
    protobuf_c_message_free_unpacked(&m->base, NULL);
}

static void put_dial(Throughline__V1__Dial *d, const struct core_effect *ce)
{
    const struct router_session *s = &ce->e->session;
    d->call = (char *)s->call;
    d->number = (char *)s->callback;
    d->agent = (char *)ce->e->agent;
    d->work = ce->e->work;
    d->attempt = s->attempts;
    d->until_ms = ce->wall + (ce->e->deadline - ce->at);
}

static void queue_delivery(struct core *c, const struct core_effect *ce)
{
    const struct router_session *s = &ce->e->session;
    struct store_op op = op_of(STORE_OP_OUTBOX, ce);
    Throughline__V1__Delivery d = THROUGHLINE__V1__DELIVERY__INIT;
    Throughline__V1__Connect connect = THROUGHLINE__V1__CONNECT__INIT;
    Throughline__V1__Disconnect disconnect = THROUGHLINE__V1__DISCONNECT__INIT;
    Throughline__V1__Dial dial = THROUGHLINE__V1__DIAL__INIT;
    Throughline__V1__Voicemail voicemail = THROUGHLINE__V1__VOICEMAIL__INIT;
    char id[48], key[ROUTER_NAME_MAX + 2];
    if (!s->simulated && c->o.pushed && c->o.pushed(c->o.pushed_ctx, s->account))
        return; // its face pushes from the timeline
    snprintf(id, sizeof id, "%llu.%u", (unsigned long long)ce->input, ce->index);
    snprintf(key, sizeof key, "%s%s", s->simulated ? "~" : "", s->account);
    d.id = id;
    d.account = (char *)s->account;
    d.to = (char *)s->handle;
    d.channel = (Throughline__V1__Channel)s->channel;
    d.conversation = ce->e->conversation;
    d.entry = ce->e->kind == ROUTER_DELIVER ? ce->e->number : 0;
    if (ce->e->kind == ROUTER_CONNECT) {
        connect.call = (char *)s->call;
        connect.agent = (char *)ce->e->agent;
        connect.role = (Throughline__V1__Role)ce->e->role;
        d.what_case = THROUGHLINE__V1__DELIVERY__WHAT_CONNECT;
        d.connect = &connect;
    } else if (ce->e->kind == ROUTER_DISCONNECT) {
        disconnect.call = (char *)s->call;
        disconnect.agent = (char *)ce->e->agent;
        d.what_case = THROUGHLINE__V1__DELIVERY__WHAT_DISCONNECT;
        d.disconnect = &disconnect;
    } else if (ce->e->kind == ROUTER_DIAL) {
        put_dial(&dial, ce);
        d.what_case = THROUGHLINE__V1__DELIVERY__WHAT_DIAL;
        d.dial = &dial;
    } else if (ce->e->kind == ROUTER_RECORD) {
        voicemail.call = (char *)s->call;
        voicemail.queue = (char *)ce->e->recording->queue;
        voicemail.language = (char *)ce->e->recording->language;
        voicemail.cause = (Throughline__V1__Cause)ce->e->recording->cause;
        voicemail.most_seconds = (ce->e->recording->most_ms + 999) / 1000;
        d.what_case = THROUGHLINE__V1__DELIVERY__WHAT_VOICEMAIL;
        d.voicemail = &voicemail;
    }
    op.id = d.entry;
    op.text = key;
    op.text2 = d.entry ? s->handle : ""; // calls are nobody's to stop
    queue(c, &op, &d.base);
}

static void queue_closed(struct core *c, const struct core_effect *ce)
{
    struct store_op op = op_of(STORE_OP_CLOSED, ce);
    op.text = ce->e->text;
    op.text2 = ce->e->agent;
    op.flag = ce->e->resolved;
    queue(c, &op, NULL);
}

static void queue_take_back(struct core *c, const struct core_effect *ce)
{
    struct store_op op = op_of(STORE_OP_TAKE_BACK, ce);
    op.id = ce->e->number;
    queue(c, &op, NULL);
}

static void queue_notice(struct core *c, const struct core_effect *ce)
{
    struct store_op op = op_of(STORE_OP_NOTICE, ce);
    if (!notice_op(c, ce, &op))
        return;
    queue(c, &op, NULL);
    free((void *)(uintptr_t)op.bytes);
}

typedef void queue_fn(struct core *c, const struct core_effect *ce);
static queue_fn *const queues[] = {
    [ROUTER_DECISION] = queue_decision,
    [ROUTER_WORK] = queue_work,
    [ROUTER_DELIVER] = queue_delivery,
    [ROUTER_CONNECT] = queue_delivery,
    [ROUTER_DISCONNECT] = queue_delivery,
    [ROUTER_RECORD] = queue_delivery,
    [ROUTER_CONVERSATION_CLOSED] = queue_closed,
    [ROUTER_ENTRY_REFUSED] = queue_take_back,
    [ROUTER_NOTICE] = queue_notice,
    [ROUTER_DIAL] = queue_delivery,
};

void apply_effect(struct core *c, const struct core_effect *ce)
{
    unsigned kind = (unsigned)ce->e->kind;
    if (ce->input > c->apply.applied && kind < sizeof queues / sizeof queues[0] && queues[kind])
        queues[kind](c, ce);
}

// ---- sending ----

static void drop_applied(struct core *c)
{
    struct core_apply *a = &c->apply;
    while (a->head && a->head->op.input <= a->applied) {
        struct apply_op *q = a->head;
        a->head = q->next;
        a->n--;
        free(q);
    }
    if (!a->head)
        a->tail = &a->head;
}

void apply_heard(struct core *c, uint64_t applied)
{
    if (applied <= c->apply.applied)
        return;
    c->apply.applied = applied;
    drop_applied(c);
    core_tell_applied(c, applied);
}

static void pause_then_ask(struct core *c)
{
    struct core_apply *a = &c->apply;
    loop_timer_set(a->timer, a->pause);
    a->pause = a->pause * 2 > APPLY_PAUSE_MOST ? APPLY_PAUSE_MOST : a->pause * 2;
}

static void on_asked(void *module, uint64_t token, enum tl_err e, const struct store_place *p)
{
    struct core *c = core_find(module);
    (void)token;
    if (!c)
        return;
    c->apply.asking = false;
    if (!core_leader(c))
        return;
    if (e != TL_OK || !p) {
        pause_then_ask(c);
    } else if (strcmp(p->incarnation, c->place.incarnation) != 0 || p->applied < c->apply.applied) {
        place_lost(c, "the log is another");
    } else {
        apply_heard(c, p->applied);
        leader_settled(c);
        apply_pump(c);
    }
}

void apply_ask(struct core *c)
{
    if (c->apply.asking || c->apply.sent)
        return;
    c->apply.asking = true;
    store_place(c->store, c->o.tenant, 0, on_asked, core_module(c), 0);
}

static void on_applied(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct core *c = core_find(module);
    (void)p;
    if (!c || c->apply.sent != token)
        return;
    c->apply.sent = 0;
    if (e == TL_OK) {
        c->apply.pause = APPLY_PAUSE_LEAST;
        metric_add(c->m.applied, 1);
        apply_heard(c, token);
        if (c->leader.settled)
            apply_pump(c);
        else if (core_leader(c)) // the lease was lost and got again meanwhile
            apply_ask(c);
        return;
    }
    if (e == TL_FENCED) {
        tl_log(LOG_WARN, "apply_fenced", LS("tenant", c->o.tenant), LN("upto", token));
        keeper_fenced(c->leader.lease);
        return;
    }
    if (e != TL_UNKNOWN && e != TL_UNAVAILABLE && e != TL_CONFLICT)
        tl_log(LOG_ERROR, "apply_failed", LS("tenant", c->o.tenant), LN("upto", token), LN("error", e));
    c->leader.settled = false; // ask how far we are before anything else is sent
    pause_then_ask(c);
}

// Takes the next operations, whole inputs only; *upto is the input they end with.
static size_t next_batch(const struct core *c, struct store_op *ops, size_t room, uint64_t *upto)
{
    size_t n = 0, whole = 0, bytes = 0;
    const struct apply_op *q = c->apply.head;
    for (; q && n < room; q = q->next) {
        if (whole && (n >= APPLY_OPS_MAX || bytes >= APPLY_BYTES_MAX))
            break;
        ops[n++] = q->op;
        bytes += q->op.len;
        if (!q->next || q->next->op.input != q->op.input) {
            whole = n;
            *upto = q->op.input;
        }
    }
    if (whole == c->apply.n && *upto < c->folded)
        *upto = c->folded; // nothing is left behind: the watermark may go to the end
    return whole;
}

static size_t room_needed(const struct core *c)
{
    // One input may bring more than a batch holds, e.g. the loss of a node; it goes whole.
    size_t n = 0;
    for (const struct apply_op *q = c->apply.head; q; q = q->next, n++)
        if (n >= APPLY_OPS_MAX && q->op.input != c->apply.head->op.input)
            break;
    return n > APPLY_OPS_MAX ? n : APPLY_OPS_MAX;
}

void apply_pump(struct core *c)
{
    struct core_apply *a = &c->apply;
    uint64_t upto = 0;
    if (!core_writing(c) || a->sent || (!a->head && a->wanted <= a->applied))
        return;
    struct store_op fixed[APPLY_OPS_MAX], *ops = fixed;
    size_t room = a->n > APPLY_OPS_MAX ? room_needed(c) : APPLY_OPS_MAX;
    if (room > APPLY_OPS_MAX)
        ops = xcalloc(room, sizeof *ops);
    size_t n = next_batch(c, ops, room, &upto);
    if (upto > a->applied) {
        a->sent = upto;
        store_apply(c->store, c->o.tenant, keeper_lease(c->leader.lease), a->applied, upto, ops, n, on_applied,
                    core_module(c), upto);
    }
    if (ops != fixed)
        free(ops);
}

void apply_want(struct core *c, uint64_t upto)
{
    if (upto > c->apply.wanted)
        c->apply.wanted = upto;
    apply_pump(c);
}

static void on_timer(void *arg)
{
    struct core *c = arg;
    if (core_leader(c))
        apply_ask(c);
}

void apply_reset(struct core *c, uint64_t applied)
{
    c->apply.applied = UINT64_MAX;
    drop_applied(c);
    c->apply.applied = applied;
    c->apply.wanted = 0;
    c->apply.sent = 0; // the answer in flight is of another fold
}

void apply_open(struct core *c)
{
    c->apply.tail = &c->apply.head;
    c->apply.pause = APPLY_PAUSE_LEAST;
    c->apply.timer = loop_timer_new(c->loop, on_timer, c);
}

void apply_close(struct core *c)
{
    apply_reset(c, 0);
    loop_timer_free(c->apply.timer);
}
