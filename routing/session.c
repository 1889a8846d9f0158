// SPDX-License-Identifier: Apache-2.0
//
// The customer's sessions of a work: which live, what they weigh, and which calls are bridged to the agent.
//
// A session of chat, sms, email or social lives for its channel's idle time after the customer's last own word; a call lives until it ends.
// Nothing here decides who gets the work: callers look at the weight and the channels afterwards.

#include "routing/absence.h"
#include "routing/callback.h"
#include "routing/core.h"
#include "routing/participant.h"

#include <string.h>

uint32_t session_channels(const struct work *w)
{
    uint32_t bits = CORE_BIT(w->channel_now);
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].live)
            bits |= CORE_BIT(w->sessions[i].channel);
    }
    return bits;
}

bool session_any_live(const struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].live)
            return true;
    }
    return false;
}

bool session_any_call(const struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].live && w->sessions[i].channel == ROUTER_VOICE)
            return true;
    }
    return false;
}

// The heaviest live session. Work that waits weighs its channel-now at least, live or lapsed: whoever takes it will answer there.
// A voicemail weighs as a mail does, until it has been dealt with.
uint32_t session_weight(const struct router *r, const struct work *w, bool waiting)
{
    bool call = w->channel_now == ROUTER_VOICE && w->voicemail.left; // which is none, or lives and counts below
    uint32_t least = w->voicemail.left ? r->rules.channels[ROUTER_EMAIL].units : 0;
    uint32_t weight = waiting && !call ? r->rules.channels[w->channel_now].units : 0;
    weight = least > weight ? least : weight;
    for (size_t i = 0; i < w->sessions_n; i++) {
        uint32_t units = r->rules.channels[w->sessions[i].channel].units;
        if (w->sessions[i].live && units > weight)
            weight = units;
    }
    return weight;
}

// What it takes of an agent: work that waits takes what whoever has it will need, work at hand what lives, unless it has given that back.
struct charge session_charge(const struct router *r, const struct work *w, bool waiting)
{
    if (!waiting && w->given.channels)
        return (struct charge){0};
    uint32_t channels = waiting ? session_channels(w) : 0;
    for (size_t i = 0; i < w->sessions_n; i++)
        channels |= w->sessions[i].live ? CORE_BIT(w->sessions[i].channel) : 0;
    return (struct charge){session_weight(r, w, waiting), channels};
}

// The session on this channel on which the customer spoke last; textual: on any but voice, whatever the channel.
size_t session_latest(const struct work *w, enum router_channel channel, bool textual)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < w->sessions_n; i++) {
        const struct router_session *s = &w->sessions[i];
        if (textual ? s->channel == ROUTER_VOICE : s->channel != channel)
            continue;
        if (best == SIZE_MAX || s->last_word >= w->sessions[best].last_word)
            best = i;
    }
    return best;
}

size_t session_exact(const struct work *w, enum router_channel channel, const char *account, const char *handle)
{
    for (size_t i = w->sessions_n; i-- > 0;) {
        const struct router_session *s = &w->sessions[i];
        if (s->channel == channel && strcmp(s->handle, handle) == 0 && (!*account || strcmp(s->account, account) == 0))
            return i;
    }
    return SIZE_MAX;
}

static size_t session_of_call(const struct work *w, enum router_channel channel, const char *call)
{
    for (size_t i = 0; *call && i < w->sessions_n; i++) {
        if (w->sessions[i].channel == channel && strcmp(w->sessions[i].call, call) == 0)
            return i;
    }
    return SIZE_MAX;
}

bool session_full(const struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (!w->sessions[i].live)
            return false;
    }
    return w->sessions_n >= ROUTER_SESSIONS_MAX;
}

static void session_disconnect_one(struct router *r, struct work *w, size_t i)
{
    callback_call_off(r, w, i);
    if (!(w->connected & CORE_BIT(i)))
        return;
    w->connected &= (uint8_t)~CORE_BIT(i);
    effect_work(r, ROUTER_DISCONNECT, w, w->agent, w->reason)->session = w->sessions[i];
    participant_tell_call(r, w, ROUTER_DISCONNECT, i);
}

// Room for one more: the oldest that does not live gives way, else the oldest, a bridged call last.
static void session_give_way(struct router *r, struct work *w)
{
    size_t out = 0;
    uint32_t out_rank = UINT32_MAX;
    for (size_t i = 0; i < w->sessions_n; i++) {
        bool bridged = w->connected & CORE_BIT(i) || *w->sessions[i].callback;
        uint32_t rank = (w->sessions[i].live ? 1u : 0u) + (bridged ? 1u : 0u);
        if (rank < out_rank || (rank == out_rank && w->sessions[i].last_word < w->sessions[out].last_word)) {
            out = i;
            out_rank = rank;
        }
    }
    session_disconnect_one(r, w, out);
    text_bury(r, w->sessions[out].account);
    text_bury(r, w->sessions[out].handle);
    text_bury(r, w->sessions[out].call);
    text_bury(r, w->sessions[out].callback);
    w->sessions_n--;
    memmove(w->sessions + out, w->sessions + out + 1, (w->sessions_n - out) * sizeof *w->sessions);
    uint32_t low = w->connected & (CORE_BIT(out) - 1u), high = w->connected & ~(CORE_BIT(out + 1) - 1u);
    w->connected = (uint8_t)(low | high >> 1);
}

size_t session_add(struct router *r, struct work *w, const struct router_session *s)
{
    if (w->sessions_n == ROUTER_SESSIONS_MAX)
        session_give_way(r, w);
    size_t cap = w->sessions_cap;
    w->sessions = memory_grow(w->sessions, &cap, w->sessions_n + 1u, sizeof *w->sessions);
    w->sessions_cap = (uint8_t)cap;
    struct router_session *to = &w->sessions[w->sessions_n];
    *to = *s;
    to->account = text_new(s->account);
    to->handle = text_new(s->handle);
    to->call = text_new(s->call);
    to->callback = text_new(s->callback);
    return w->sessions_n++;
}

static void session_set_call(struct router *r, struct router_session *s, const char *call)
{
    text_bury(r, s->call);
    s->call = text_new(call);
}

void session_set_callback(struct router *r, struct router_session *s, const char *number)
{
    text_bury(r, s->callback);
    s->callback = text_new(number);
}

// Which session an event belongs to. A call is known by its id; one that has none yet, has ended, or waits to be called back, takes the new id.
size_t session_place(const struct work *w, const struct router_happened *h, bool renew)
{
    size_t i = session_of_call(w, h->channel, h->call);
    if (i != SIZE_MAX)
        return i;
    bool calls = h->kind == ROUTER_CALL_STARTED;
    for (i = w->sessions_n; i-- > 0;) {
        const struct router_session *s = &w->sessions[i];
        bool same =
            s->channel == h->channel && strcmp(s->account, h->account) == 0 && strcmp(s->handle, h->handle) == 0;
        if (same && (!*h->call || !*s->call || (renew && (!s->live || (calls && *s->callback)))))
            return i;
    }
    return SIZE_MAX;
}

// The customer's own word or call: its session lives from now on, unless it is words on the telephone: that is no call. True when it did
// not live before.
bool session_speak(struct router *r, struct work *w, const struct router_happened *h)
{
    size_t i = session_place(w, h, true);
    if (i == SIZE_MAX) {
        struct router_session s = {.channel = h->channel,
                                   .account = h->account,
                                   .handle = h->handle,
                                   .call = h->call,
                                   .simulated = h->simulated};
        i = session_add(r, w, &s);
    }
    struct router_session *s = &w->sessions[i];
    bool words = voicemail_words(h), woke = !s->live && !words;
    if (*h->call && strcmp(s->call, h->call) != 0)
        session_set_call(r, s, h->call);
    s->live = s->live || !words;
    s->voicemail = s->voicemail && !s->live;
    if (words && !(w->connected & CORE_BIT(i)) && !w->voicemail.left) {
        w->voicemail.left = true;
        work_touch(r, w);
    }
    s->simulated = h->simulated;
    s->last_word = r->at;
    w->channel_now = h->channel;
    if (h->kind == ROUTER_CALL_STARTED)
        woke |= callback_taken_over(r, w, i);
    session_arm(r, w);
    return woke;
}

// The call or chat is over. True when the work has such a session.
bool session_hang_up(struct router *r, struct work *w, const struct router_happened *h)
{
    size_t i = session_place(w, h, false);
    if (i == SIZE_MAX)
        return false;
    w->sessions[i].live = w->sessions[i].voicemail = false;
    w->connected &= (uint8_t)~CORE_BIT(i);
    session_arm(r, w);
    return true;
}

// Bridges every live call that is not yet with the agent.
void session_connect(struct router *r, struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].channel != ROUTER_VOICE || !w->sessions[i].live || w->connected & CORE_BIT(i))
            continue;
        if (*w->sessions[i].callback) {
            callback_dial(r, w, i);
            continue;
        }
        w->connected |= (uint8_t)CORE_BIT(i);
        effect_work(r, ROUTER_CONNECT, w, w->agent, w->reason)->session = w->sessions[i];
        participant_tell_call(r, w, ROUTER_CONNECT, i);
        sla_answered(r, w); // they speak
    }
}

void session_disconnect(struct router *r, struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++)
        session_disconnect_one(r, w, i);
}

void session_end(struct router *r, struct work *w, size_t i)
{
    w->sessions[i].live = false;
    session_set_callback(r, &w->sessions[i], "");
}

void session_end_calls(struct router *r, struct work *w)
{
    session_disconnect(r, w);
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].channel == ROUTER_VOICE)
            session_end(r, w, i);
    }
}

static int64_t session_idle_at(const struct router *r, const struct router_session *s)
{
    uint32_t idle_ms = r->rules.channels[s->channel].idle_ms;
    return s->live && s->channel != ROUTER_VOICE && idle_ms ? timer_after(s->last_word, idle_ms) : INT64_MAX;
}

// The times that follow from what lives.
void session_arm(struct router *r, struct work *w)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < w->sessions_n; i++) {
        int64_t at = session_idle_at(r, &w->sessions[i]);
        first = at < first ? at : first;
    }
    timer_aim(r, &w->idle, first);
    absence_arm(r, w);
    silence_arm(r, w);
    voicemail_arm(r, w);
}

void session_idle_over(struct router *r, struct work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (session_idle_at(r, &w->sessions[i]) <= r->at)
            w->sessions[i].live = false;
    }
    session_arm(r, w);
    work_touch(r, w);
    work_recharge(r, w);
}
