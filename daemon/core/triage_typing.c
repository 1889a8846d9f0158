// SPDX-License-Identifier: Apache-2.0
// A customer types: whose handle it is, which of their conversations is open, then all nodes are told. Nothing is kept, nothing is
// promised; the event is answered as stored, for there is nothing to store.
#include <stdio.h>
#include <string.h>

#include "daemon/core/core.h"
#include "daemon/core/owner.h"
#include "daemon/core/triage_private.h"
#include "throughline/v1/desk.pb-c.h"

static const char *field_of(const struct store_bytes *v, size_t n, const char *name, size_t *len)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        if (v[i].len == strlen(name) && memcmp(v[i].p, name, v[i].len) == 0) {
            *len = v[i + 1].len;
            return v[i + 1].p;
        }
    return NULL;
}

// "recent": <id>,<word>,<wall>,<channel>,<closed>; ... the latest own word first. The first that is not closed, or 0.
static uint64_t open_conversation(const char *recent, size_t len)
{
    char text[512];
    if (!recent || len >= sizeof text)
        return 0;
    memcpy(text, recent, len);
    text[len] = '\0';
    for (char *save = NULL, *one = strtok_r(text, ";", &save); one; one = strtok_r(NULL, ";", &save)) {
        unsigned long long id, word, closed;
        long long wall;
        unsigned channel;
        if (sscanf(one, "%llu,%llu,%lld,%u,%llu", &id, &word, &wall, &channel, &closed) == 5 && closed == 0)
            return id;
    }
    return 0;
}

static void on_typist(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    struct pending p;
    struct triage *t = triage_pending_end(module, token, &p);
    size_t len = 0;
    if (!t)
        return;
    Throughline__V1__DeskTyping typing = THROUGHLINE__V1__DESK_TYPING__INIT;
    const char *recent = e == TL_OK ? field_of(v, n, "recent", &len) : NULL;
    typing.conversation = open_conversation(recent, len);
    typing.active = p.active;
    uint8_t packed[32];
    if (typing.conversation)
        store_publish(t->store, core_tenant(t->core), "typing", packed,
                      throughline__v1__desk_typing__pack(&typing, packed));
    Throughline__V1__EventResult r = THROUGHLINE__V1__EVENT_RESULT__INIT;
    r.id = p.id;
    r.status = THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_STORED; // there is nothing to store
    r.conversation = typing.conversation;
    triage_answer(t, &r, p.fn, p.module, p.token);
}

static void on_handle(void *module, uint64_t token, enum tl_err e, const struct store_placed *placed)
{
    struct triage *t = owner_find(module);
    if (t && e == TL_OK && placed->customer)
        store_customer(t->store, core_tenant(t->core), placed->customer, on_typist, module, token);
    else
        on_typist(module, token, TL_ABSENT, NULL, 0);
}

void triage_typing(struct triage *t, const struct triage_fit *fit, triage_fn *fn, void *module, uint64_t token)
{
    uint64_t slot = triage_pending_begin(t, fit->e->id, fn, module, token);
    if (!slot)
        return;
    t->pending[(uint32_t)slot - 1].active = fit->e->typing->active;
    store_find_handle(t->store, core_tenant(t->core), fit->from, on_handle, owner_module(t->owner), slot);
}
