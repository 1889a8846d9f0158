// SPDX-License-Identifier: Apache-2.0
// Events from outside on their way in: checked, given their account and channel, and sent on by one table of bodies. A message costs one
// store_ingest and no malloc in here: the packed entry and input live in buffers that are used again, and what waits for Redis' answer
// stands in a pool of slots. What fails: a fault is answered at once, Redis' silence as unknown.
#include "daemon/core/triage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/core/core_private.h"
#include "daemon/core/owner.h"
#include "daemon/core/triage_private.h"

enum {
    HOUR_MS = 3600000,
    SEEN_SECONDS = 48 * 3600,
    SEEN_SECONDS_SOCIAL = 7 * 24 * 3600, // platforms repeat for days
};

struct triage *triage_new(const struct config *config, struct store *store, struct core *core, struct outbox *outbox)
{
    static const char *const names[] = {"", "stored", "duplicate", "refused", "unknown"};
    struct triage *t = xcalloc(1, sizeof *t);
    *t = (struct triage){.config = config, .store = store, .core = core, .outbox = outbox};
    t->owner = owner_add(t);
    t->digester = triage_digester_new();
    balance_configure(t);
    for (unsigned i = 1; i < 5; i++) {
        char *labels = xasprintf("tenant=\"%s\",result=\"%s\"", core_tenant(core), names[i]);
        t->results[i] =
            metric_get(METRIC_COUNTER, "throughline_events_total", "Events taken in, by what became of them.", labels);
        free(labels);
    }
    return t;
}

void triage_free(struct triage *t)
{
    if (!t)
        return;
    owner_remove(t->owner);
    triage_digester_free(t->digester);
    free(t->entry.p);
    free(t->input.p);
    free(t->pending);
    balance_close(t);
    free(t);
}

void triage_reconfigure(struct triage *t, const struct config *config)
{
    t->config = config;
    balance_configure(t);
}

// ---- outcomes ----

static void on_placed(void *module, uint64_t token, enum tl_err e, const struct store_placed *placed)
{
    Throughline__V1__EventResult r = THROUGHLINE__V1__EVENT_RESULT__INIT;
    struct pending p;
    struct triage *t = triage_pending_end(module, token, &p);
    if (!t)
        return;
    r.id = p.id;
    r.status = THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_STORED;
    if (e == TL_OK) {
        if (placed->duplicate)
            r.status = THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_DUPLICATE;
        r.conversation = placed->conversation;
        r.entry = placed->input;
        r.customer = placed->customer;
        triage_answer(t, &r, p.fn, p.module, p.token);
    } else if (e == TL_ABSENT) { // nothing to keep: no conversation yet that it could belong to
        triage_answer(t, &r, p.fn, p.module, p.token);
    } else if (e == TL_CONFLICT) {
        struct triage_fault f;
        triage_fault(&f, "conflict", "id", "this id came before with another content; the first is kept");
        triage_refuse(t, p.id, &f, p.fn, p.module, p.token);
    } else if (e == TL_INVALID) {
        struct triage_fault f;
        triage_fault(&f, "invalid_field", "", "the event cannot be stored");
        triage_refuse(t, p.id, &f, p.fn, p.module, p.token);
    } else {
        triage_unknown(t, p.id, "not known to be durable: send it again with the same id", p.fn, p.module, p.token);
    }
}

static void on_reported(void *module, uint64_t token, enum tl_err e, const struct store_placed *placed)
{
    struct store_placed none = {0};
    // A receipt for what we never sent is answered as stored: the vendor must not repeat it for ever.
    if (e == TL_CONFLICT)
        e = TL_ABSENT;
    if (e == TL_OK && placed) {
        none.conversation = placed->conversation;
        none.duplicate = placed->duplicate;
    }
    on_placed(module, token, e, &none);
}

// ---- bodies ----

struct body_way {
    enum { WAY_INGEST = 1, WAY_TYPING, WAY_RECEIPT } way;
    Throughline__V1__HappenedKind kind;
    bool contact, dry;
};

#define KIND(name) THROUGHLINE__V1__HAPPENED_KIND__HAPPENED_KIND_##name
#define BODY_FIRST THROUGHLINE__V1__EVENT__BODY_MESSAGE
#define BODY(NAME) [THROUGHLINE__V1__EVENT__BODY_##NAME - BODY_FIRST]
static const struct body_way ways[] = {
    BODY(MESSAGE) = {WAY_INGEST, KIND(WORDS), true, false},
    BODY(CALL_STARTED) = {WAY_INGEST, KIND(CALL_STARTED), true, false},
    BODY(CALL_ENDED) = {WAY_INGEST, KIND(CALL_ENDED), false, false},
    BODY(DTMF) = {WAY_INGEST, KIND(ASIDE), false, false},
    BODY(TYPING) = {WAY_TYPING, 0, false, false},
    BODY(RECEIPT) = {WAY_RECEIPT, 0, false, false},
    BODY(REACTION) = {WAY_INGEST, KIND(ASIDE), false, false},
    BODY(UNPARSED) = {WAY_INGEST, KIND(WORDS), true, false}, // a person must look at it
    BODY(CHAT_OPENED) = {WAY_INGEST, KIND(CHAT_OPENED), false, true},
    BODY(CHAT_CLOSED) = {WAY_INGEST, KIND(CHAT_CLOSED), false, true},
    BODY(CONSENT) = {WAY_INGEST, KIND(ASIDE), false, false},
};

static uint8_t *pack(struct buffer *b, const ProtobufCMessage *m, size_t *len)
{
    *len = protobuf_c_message_get_packed_size(m);
    if (*len > b->room) {
        b->room = *len * 2;
        b->p = xrealloc(b->p, b->room);
    }
    protobuf_c_message_pack(m, b->p);
    return b->p;
}

static void pack_entry(struct triage *t, const struct triage_fit *fit, Throughline__V1__Channel channel,
                       struct store_ingest *a)
{
    const Throughline__V1__Event *e = fit->e;
    Throughline__V1__Entry entry = THROUGHLINE__V1__ENTRY__INIT;
    entry.channel = channel;
    entry.account = e->account;
    entry.handle = (char *)fit->from;
    entry.external_id = e->id;
    entry.authentication = e->authentication;
    entry.simulated = e->simulated;
    // The same members under the same numbers: event.proto and conversation.proto say so, a test compares them.
    entry.body_case = (Throughline__V1__Entry__BodyCase)e->body_case;
    entry.message = e->message;
    a->entry = pack(&t->entry, &entry.base, &a->entry_len);
}

static void pack_input(struct triage *t, const struct triage_fit *fit, const struct body_way *way,
                       Throughline__V1__Channel channel, struct store_ingest *a)
{
    const Throughline__V1__Event *e = fit->e;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__Happened h = THROUGHLINE__V1__HAPPENED__INIT;
    bool automatic = e->body_case == THROUGHLINE__V1__EVENT__BODY_MESSAGE && e->message->automatic;
    h.kind = automatic ? KIND(ASIDE) : way->kind;
    h.channel = channel;
    h.account = e->account;
    h.handle = (char *)fit->from;
    h.call = (char *)fit->call;
    h.language = e->language;
    h.intent = e->intent;
    h.priority = e->priority;
    h.simulated = e->simulated;
    if (e->body_case == THROUGHLINE__V1__EVENT__BODY_CALL_ENDED)
        h.callback = e->call_ended->callback;
    Throughline__V1__Happened__AttributesEntry entries[16], *attributes[16];
    for (size_t i = 0; i < e->n_attributes; i++) {
        throughline__v1__happened__attributes_entry__init(&entries[i]);
        entries[i].key = e->attributes[i]->key;
        entries[i].value = e->attributes[i]->value;
        attributes[i] = &entries[i];
    }
    h.n_attributes = e->n_attributes;
    h.attributes = attributes;
    in.ref = core_keep_body(t->core, a->entry, a->entry_len);
    in.boot = (char *)core_boot(t->core);
    in.has_entry = true;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_HAPPENED;
    in.happened = &h;
    a->contact = way->contact && !automatic;
    a->input = pack(&t->input, &in.base, &a->input_len);
}

// Explicit references, the call first.
static uint32_t threads_of(const struct triage_fit *fit, const char *out[TRIAGE_THREADS_MAX + 1])
{
    uint32_t n = 0;
    if (fit->call[0])
        out[n++] = fit->call;
    for (size_t i = 0; i < fit->e->n_threads; i++)
        out[n++] = fit->e->threads[i];
    return n;
}

static void ingest(struct triage *t, const struct triage_fit *fit, const struct body_way *way,
                   const struct config_account *account, triage_fn *fn, void *module, uint64_t token)
{
    const Throughline__V1__Event *e = fit->e;
    const char *threads[TRIAGE_THREADS_MAX + 1];
    char digest[TRIAGE_DIGEST_SIZE];
    Throughline__V1__Channel channel = (Throughline__V1__Channel)account->channel;
    struct store_ingest a = {
        .tenant = core_tenant(t->core),
        .account = e->account,
        .id = e->id,
        .digest = digest,
        .handle = fit->from,
        .channel = channel,
        .dry = way->dry,
        .threads = threads,
        .threads_n = threads_of(fit, threads),
        .verified = fit->verified,
        .verified_n = fit->verified_n,
        .claimed = fit->claimed,
        .claimed_n = fit->claimed_n,
        .display_name = e->display_name,
        .join_ms = t->config->channels[channel].join_hours * HOUR_MS,
        .reopen_ms = t->config->routing.reopen_hours * HOUR_MS,
        .seen_seconds = channel == THROUGHLINE__V1__CHANNEL__CHANNEL_SOCIAL ? SEEN_SECONDS_SOCIAL : SEEN_SECONDS,
    };
    char key[72];
    if (e->body_case == THROUGHLINE__V1__EVENT__BODY_CONSENT) {
        snprintf(key, sizeof key, "%s%s", e->simulated ? "~" : "", e->account);
        a.consent = (uint32_t)e->consent->state;
        a.keyword = e->consent->keyword;
        a.consent_account = key;
    }
    uint64_t slot = triage_pending_begin(t, e->id, fn, module, token);
    if (!slot)
        return;
    triage_digest(t->digester, fit, digest);
    pack_entry(t, fit, channel, &a);
    pack_input(t, fit, way, channel, &a);
    store_ingest(t->store, &a, on_placed, owner_module(t->owner), slot);
}

static void receipt(struct triage *t, const Throughline__V1__Event *e, triage_fn *fn, void *module, uint64_t token)
{
    const Throughline__V1__Receipt *r = e->receipt;
    char key[72];
    uint64_t slot = triage_pending_begin(t, e->id, fn, module, token);
    if (!slot)
        return;
    snprintf(key, sizeof key, "%s%s", e->simulated ? "~" : "", e->account);
    outbox_report_once(t->outbox,
                       &(struct store_report){
                           .id = r->delivery,
                           .external_id = r->external_id,
                           .account = key,
                           .reason = r->reason,
                           .state = (uint32_t)r->state,
                           .reach = r->handle_gone ? STORE_REACH_GONE : STORE_REACH_NONE,
                           .class = r->handle_gone ? "gone" : NULL,
                       },
                       on_reported, owner_module(t->owner), slot);
}

void triage_event(struct triage *t, const Throughline__V1__Event *e, triage_fn *fn, void *module, uint64_t token)
{
    struct triage_fit fit;
    struct triage_fault f;
    const struct config_account *account = config_account(t->config, e->account);
    bool ours = account && strcmp(account->tenant, core_tenant(t->core)) == 0;
    t->now = NULL;
    if (ours)
        balance_received(t, account);
    if (!triage_check(e, &fit, &f)) {
        triage_refuse(t, e->id, &f, fn, module, token);
        return;
    }
    if (!ours) {
        triage_fault(&f, "unknown_account", "account", "must be the name of a configured account");
        triage_refuse(t, e->id, &f, fn, module, token);
        return;
    }
    if (!core_begun(t->core)) {
        triage_unknown(t, e->id, "starting: send it again with the same id", fn, module, token);
        return;
    }
    const struct body_way *way = &ways[(unsigned)e->body_case - BODY_FIRST];
    if (way->way == WAY_INGEST)
        ingest(t, &fit, way, account, fn, module, token);
    else if (way->way == WAY_RECEIPT)
        receipt(t, e, fn, module, token);
    else
        triage_typing(t, &fit, fn, module, token);
}
