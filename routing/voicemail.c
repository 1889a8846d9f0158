// SPDX-License-Identifier: Apache-2.0
//
// Voicemail: a caller whom their queue cannot serve, since it is closed or full or the wait too long, is asked to leave a message. Their
// work is offered to nobody meanwhile. What they said comes as words on the telephone, before or after the call's end and maybe much
// later; then the work waits with its age like anything written: nobody is on the line, and it is never given up. Who
// says nothing has given up.
//
// Another queue goes first: what overflows or is diverted is gone from here before this file looks. A call goes there once, when nobody who
// is free could take it; a gateway that cannot record says so, and the call waits on.

#include "routing/closure.h"
#include "routing/estimate.h"
#include "routing/notice.h"
#include "routing/reader.h"
#include "routing/writer.h"

#define VOICEMAIL_WORDS (CORE_BIT(ROUTER_NOTICE_CLOSED) | CORE_BIT(ROUTER_NOTICE_FULL) | CORE_BIT(ROUTER_NOTICE_WAIT))
#define VOICEMAIL_MS    86400000u

bool voicemail_legal(const struct router_queue *q)
{
    return !(q->voicemail & ~VOICEMAIL_WORDS) && q->voicemail_wait_ms <= VOICEMAIL_MS &&
           (!q->voicemail_ms || (q->voicemail_ms >= 1000 && q->voicemail_ms <= VOICEMAIL_MS));
}

bool voicemail_words(const struct router_happened *h)
{
    return h->kind == ROUTER_WORDS && h->channel == ROUTER_VOICE;
}

struct router_voicemail voicemail_view(const struct work *w)
{
    return (struct router_voicemail){w->voicemail.cause, w->voicemail.left, w->voicemail.input, w->voicemail.index};
}

// ---- when ----

static bool voicemail_rings(const struct router_session *s)
{
    return s->live && s->channel == ROUTER_VOICE && !*s->callback;
}

static bool voicemail_any_rings(const struct work *w)
{
    bool any = false;
    for (size_t i = 0; i < w->sessions_n; i++)
        any |= voicemail_rings(&w->sessions[i]);
    return any;
}

// A call that an agent passed to somebody by name waits for them.
static bool voicemail_may(const struct work *w)
{
    return !w->voicemail.unfit && !w->wanted && !w->team && voicemail_any_rings(w);
}

bool voicemail_instead(const struct work *w, const struct queue *q)
{
    return q->def.voicemail & CORE_BIT(ROUTER_NOTICE_CLOSED) && voicemail_may(w);
}

int64_t voicemail_due(const struct work *w)
{
    int64_t from = INT64_MAX;
    if (w->state != ROUTER_QUEUED || !w->queue->def.voicemail_ms || w->voicemail.unfit)
        return INT64_MAX;
    for (size_t i = 0; i < w->sessions_n; i++) {
        const struct router_session *s = &w->sessions[i];
        if (voicemail_rings(s) && s->last_word < from)
            from = s->last_word;
    }
    if (from == INT64_MAX)
        return INT64_MAX;
    return timer_after(from > w->entered ? from : w->entered, w->queue->def.voicemail_ms);
}

void voicemail_arm(struct router *r, struct work *w)
{
    if (w->state != ROUTER_RECORDING)
        timer_aim(r, &w->record, voicemail_due(w));
}

static enum router_cause voicemail_cause(const struct router *r, const struct work *w, bool newly)
{
    static const enum router_cause causes[ROUTER_NOTICES] = {[ROUTER_NOTICE_CLOSED] = ROUTER_CAUSE_HOURS,
                                                             [ROUTER_NOTICE_FULL] = ROUTER_CAUSE_FULL,
                                                             [ROUTER_NOTICE_WAIT] = ROUTER_CAUSE_LONG};
    uint32_t words = w->queue->def.voicemail;
    if (newly && words && voicemail_may(w)) {
        if (closure_holds(r, w->queue) && words & CORE_BIT(ROUTER_NOTICE_CLOSED))
            return ROUTER_CAUSE_CLOSED;
        struct router_wait wait = {0};
        if (words & CORE_BIT(ROUTER_NOTICE_WAIT))
            wait = estimate_work(r, w);
        enum router_notice_kind kind = notice_holds(r, w, &wait, words);
        if (kind)
            return causes[kind];
    }
    return voicemail_due(w) <= r->at ? ROUTER_CAUSE_WAITED : ROUTER_CAUSE_NONE;
}

// ---- there ----

static void voicemail_await(struct router *r, struct work *w)
{
    timer_start(r, &w->record, timer_after(r->at, w->queue->def.voicemail_wait_ms));
}

static void voicemail_record(struct router *r, struct work *w, struct router_session *s)
{
    struct router_recording *to = arena_new(&r->arena, 1, sizeof *to);
    *to = (struct router_recording){.queue = w->queue->def.name,
                                    .language = w->language,
                                    .cause = w->voicemail.cause,
                                    .most_ms = w->queue->def.voicemail_wait_ms};
    w->voicemail.input = r->input;
    w->voicemail.index = (uint32_t)r->effects_n;
    struct router_effect *e = effect_work(r, ROUTER_RECORD, w, NULL, ROUTER_TO_VOICEMAIL);
    s->live = false;
    s->voicemail = true;
    e->session = *s;
    e->recording = to;
}

// Recorded like a choice: nobody could take it, and this is what was done instead.
static void voicemail_begin(struct router *r, struct work *w, enum router_cause cause)
{
    w->voicemail.cause = cause;
    w->reason = ROUTER_TO_VOICEMAIL;
    struct match m = match_work(r, w, record_limit(r), &r->ranking);
    effect_work(r, ROUTER_DECISION, w, NULL, w->reason)->decision = record_decision(r, &r->arena, w, &m);
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (voicemail_rings(&w->sessions[i]))
            voicemail_record(r, w, &w->sessions[i]);
    }
    w->queue->forecast->voicemails.sent++;
    work_move(r, w, ROUTER_RECORDING, NULL, ROUTER_TO_VOICEMAIL);
    voicemail_await(r, w);
}

bool voicemail_consider(struct router *r, struct work *w, bool newly)
{
    enum router_cause cause = w->state == ROUTER_QUEUED ? voicemail_cause(r, w, newly) : ROUTER_CAUSE_NONE;
    if (cause)
        voicemail_begin(r, w, cause);
    return cause != ROUTER_CAUSE_NONE;
}

// ---- and back ----

void voicemail_contact(struct router *r, struct work *w, const struct router_happened *h)
{
    bool words = voicemail_words(h);
    w->queue->forecast->voicemails.left += words ? 1 : 0;
    work_move(r, w, ROUTER_QUEUED, NULL, words ? ROUTER_TO_VOICEMAIL : ROUTER_CUSTOMER_BACK);
}

void voicemail_hung_up(struct router *r, struct work *w, const struct router_happened *h)
{
    if (w->state == ROUTER_RECORDING && h->kind == ROUTER_CALL_ENDED)
        voicemail_await(r, w);
}

// Nothing was said, or it is lost. Whoever has left words before, or is on another line, waits for an agent all the same.
static void voicemail_over(struct router *r, struct work *w)
{
    w->queue->forecast->voicemails.empty++;
    for (size_t i = 0; i < w->sessions_n; i++)
        w->sessions[i].voicemail = false;
    if (w->voicemail.left || session_any_live(w))
        work_move(r, w, ROUTER_QUEUED, NULL, ROUTER_TO_VOICEMAIL);
    else
        work_close(r, w, ROUTER_ABANDONED);
}

void voicemail_time_over(struct router *r, struct work *w)
{
    if (w->state == ROUTER_RECORDING)
        voicemail_over(r, w);
    else
        notice_look(r, w);
}

static bool voicemail_take_back(struct work *w)
{
    bool any = false;
    for (size_t i = 0; i < w->sessions_n; i++) {
        struct router_session *s = &w->sessions[i];
        any |= s->voicemail;
        s->live = s->live || s->voicemail;
        s->voicemail = false;
    }
    return any;
}

void voicemail_failed(struct router *r, struct work *w, const struct router_delivery_news *news)
{
    bool this_one =
        w->state == ROUTER_RECORDING && news->input == w->voicemail.input && news->effect == w->voicemail.index;
    if (!this_one || !voicemail_take_back(w))
        return;
    w->voicemail.unfit = true;
    w->voicemail.cause = ROUTER_CAUSE_NONE;
    session_arm(r, w);
    work_move(r, w, ROUTER_QUEUED, NULL, ROUTER_TO_VOICEMAIL);
}

// They would rather be called back: their place is kept, as of any call that ends so.
void voicemail_called_back(struct router *r, struct work *w, const struct router_happened *h)
{
    size_t i = w->state == ROUTER_RECORDING && *h->callback ? session_place(w, h, false) : SIZE_MAX;
    if (i == SIZE_MAX || !w->sessions[i].voicemail)
        return;
    w->sessions[i].voicemail = false;
    w->sessions[i].live = true;
    session_arm(r, w);
    work_move(r, w, ROUTER_QUEUED, NULL, ROUTER_TO_VOICEMAIL);
}

// ---- checks and snapshots ----

const char *voicemail_check(const struct router *r, const struct work *w)
{
    bool recording = w->state == ROUTER_RECORDING;
    if (w->record.place ? !recording && w->record.deadline != voicemail_due(w)
                        : recording || voicemail_due(w) != INT64_MAX)
        return "a call goes to voicemail at another time than its own, or stays there without end";
    if (recording && w->record.deadline <= r->at)
        return "a call is still at voicemail";
    for (size_t i = 0; i < w->sessions_n; i++) {
        const struct router_session *s = &w->sessions[i];
        if (s->voicemail && (s->live || s->channel != ROUTER_VOICE))
            return "a call is at voicemail that is with us, or is none";
    }
    if (recording && (!w->voicemail.cause || voicemail_any_rings(w)))
        return "a call is recorded for no cause, or waits besides";
    return w->state == ROUTER_WRAP_UP && (w->voicemail.cause || w->voicemail.left)
               ? "a voicemail is left that has been dealt with"
               : NULL;
}

void voicemail_put(struct writer *o, const struct work *w)
{
    put8(o, (uint64_t)w->voicemail.cause);
    put8(o, w->voicemail.left);
    put8(o, w->voicemail.unfit);
    put64(o, w->voicemail.input);
    put32(o, w->voicemail.index);
    put_time(o, w->state == ROUTER_RECORDING ? w->record.deadline : 0);
}

void voicemail_take(struct reader *in, struct router *r, struct work *w)
{
    unsigned cause = take8(in);
    w->voicemail.left = take_bool(in);
    w->voicemail.unfit = take_bool(in);
    w->voicemail.input = take64(in);
    w->voicemail.index = take32(in);
    w->record.deadline = take_time(in);
    bool fits = cause < ROUTER_CAUSES && w->voicemail.input <= r->input &&
                (w->state == ROUTER_RECORDING) == (w->record.deadline != 0) &&
                (w->state != ROUTER_RECORDING || (cause && w->record.deadline > r->at)) &&
                (w->state != ROUTER_WRAP_UP || (!cause && !w->voicemail.left));
    if (reader_must(in, fits, "a voicemail is out of bounds"))
        w->voicemail.cause = (enum router_cause)cause;
}

void voicemail_take_up(struct router *r, struct work *w, int64_t until)
{
    if (w->state == ROUTER_RECORDING)
        timer_start(r, &w->record, until);
}
