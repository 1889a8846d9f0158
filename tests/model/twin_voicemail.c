// SPDX-License-Identifier: Apache-2.0
//
// The twin's voicemail: which callers are asked to leave a message, when, and what becomes of them.

#include "twin.h"

#include <string.h>

bool twin_is_recording(const struct router_happened *h)
{
    return h->channel == ROUTER_VOICE && h->kind == ROUTER_WORDS;
}

bool twin_rings(const struct twin_work *w)
{
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].channel == ROUTER_VOICE && w->sessions[i].live)
            return true;
    }
    return false;
}

static bool on_the_line(const struct twin_session *s)
{
    return s->channel == ROUTER_VOICE && s->live && !*s->callback;
}

static bool may_go(const struct twin_work *w)
{
    bool any = false;
    for (size_t i = 0; i < w->sessions_n; i++)
        any |= on_the_line(&w->sessions[i]);
    return any && !w->unfit && !*w->wanted && !*w->team;
}

bool twin_voicemail_instead(struct twin *t, const struct twin_work *w, const struct twin_queue *q)
{
    (void)t;
    return may_go(w) && q->voicemail & 1u << ROUTER_NOTICE_CLOSED;
}

int64_t twin_voicemail_time(struct twin *t, const struct twin_work *w)
{
    int64_t ms = twin_queue(t, w->queue)->voicemail_ms, first = INT64_MAX;
    for (size_t i = 0; i < w->sessions_n; i++) {
        int64_t rings = w->sessions[i].last_word;
        if (!on_the_line(&w->sessions[i]))
            continue;
        rings = rings < w->entered ? w->entered : rings;
        first = rings < first ? rings : first;
    }
    bool never = !ms || w->unfit || w->state != ROUTER_QUEUED || first == INT64_MAX;
    return never ? INT64_MAX : first + ms;
}

static enum router_cause why(struct twin *t, struct twin_work *w)
{
    const struct twin_queue *q = twin_queue(t, w->queue);
    if (w->newly && may_go(w)) {
        if (twin_shut(t, q->name) && q->voicemail & 1u << ROUTER_NOTICE_CLOSED)
            return ROUTER_CAUSE_CLOSED;
        struct router_wait wait = twin_wait(t, w);
        enum router_notice_kind kind = twin_holds(t, w, &wait, q->voicemail);
        if (kind)
            return kind == ROUTER_NOTICE_CLOSED ? ROUTER_CAUSE_HOURS
                   : kind == ROUTER_NOTICE_FULL ? ROUTER_CAUSE_FULL
                                                : ROUTER_CAUSE_LONG;
    }
    return twin_voicemail_time(t, w) <= t->now ? ROUTER_CAUSE_WAITED : ROUTER_CAUSE_NONE;
}

bool twin_to_voicemail(struct twin *t, struct twin_work *w)
{
    enum router_cause cause = why(t, w);
    uint32_t most = twin_queue(t, w->queue)->voicemail_wait_ms;
    if (!cause)
        return false;
    w->to_voicemail = cause;
    w->reason = ROUTER_TO_VOICEMAIL;
    twin_record_nobody(t, w);
    for (size_t i = 0; i < w->sessions_n; i++) {
        struct twin_session *s = &w->sessions[i];
        if (!on_the_line(s))
            continue;
        w->sent_by = t->input;
        w->sent_as = t->events_n;
        struct twin_event *e = twin_tell(t, ROUTER_RECORD, w, "", ROUTER_TO_VOICEMAIL);
        e->channel = ROUTER_VOICE;
        twin_name(e->handle, s->handle);
        twin_name(e->call, s->call);
        e->voicemail = cause;
        e->most_ms = most;
        s->live = false;
        s->at_voicemail = true;
    }
    twin_forecast(t, w->queue)->sent++;
    twin_move(t, w, ROUTER_RECORDING, "", ROUTER_TO_VOICEMAIL);
    w->recorded = t->now + most;
    return true;
}

void twin_voicemail_contact(struct twin *t, struct twin_work *w, const struct router_happened *h)
{
    if (twin_is_recording(h)) {
        twin_forecast(t, w->queue)->left_words++;
        twin_move(t, w, ROUTER_QUEUED, "", ROUTER_TO_VOICEMAIL);
    } else {
        twin_move(t, w, ROUTER_QUEUED, "", ROUTER_CUSTOMER_BACK);
    }
}

void twin_voicemail_ends(struct twin *t, struct twin_work *w)
{
    bool somebody = w->left_words;
    if (w->state == ROUTER_QUEUED) {
        w->rang = true;
        return;
    }
    twin_forecast(t, w->queue)->said_nothing++;
    for (size_t i = 0; i < w->sessions_n; i++) {
        w->sessions[i].at_voicemail = false;
        somebody |= w->sessions[i].live;
    }
    if (somebody)
        twin_move(t, w, ROUTER_QUEUED, "", ROUTER_TO_VOICEMAIL);
    else
        twin_close(t, w, ROUTER_ABANDONED);
}

void twin_voicemail_failed(struct twin *t, struct twin_work *w, const struct router_delivery_news *n)
{
    bool any = false;
    if (w->state != ROUTER_RECORDING || n->state != 5 || n->input != w->sent_by || n->effect != w->sent_as)
        return;
    for (size_t s = 0; s < w->sessions_n; s++) {
        any |= w->sessions[s].at_voicemail;
        w->sessions[s].live |= w->sessions[s].at_voicemail;
        w->sessions[s].at_voicemail = false;
    }
    if (!any)
        return;
    w->unfit = true;
    w->to_voicemail = ROUTER_CAUSE_NONE;
    twin_move(t, w, ROUTER_QUEUED, "", ROUTER_TO_VOICEMAIL);
}

void twin_rather_called(struct twin *t, struct twin_work *w, struct twin_session *s, const struct router_happened *h)
{
    if (w->state != ROUTER_RECORDING || !s->at_voicemail || !h->callback || !*h->callback)
        return;
    s->at_voicemail = false;
    s->live = true;
    twin_move(t, w, ROUTER_QUEUED, "", ROUTER_TO_VOICEMAIL);
}
