// SPDX-License-Identifier: Apache-2.0
//
// How work ends: the close by its agent, the wrap-up after it, and the disposition, the queue's word for what came of it.
//
// A close names the disposition; in wrap-up it can be named or corrected until that is done. A queue may allow only words of
// its list, and may require one: then nothing is closed by an agent without it. What ends by itself, because the customer has given up
// waiting, ends without one.

#include "routing/command.h"
#include "routing/learn.h"

#include <string.h>

static enum router_refusal close_check_word(const struct router_queue *q, const char *word)
{
    if (!*word)
        return q->disposition_required ? ROUTER_NO_DISPOSITION : ROUTER_REFUSAL_NONE;
    for (size_t i = 0; i < q->dispositions_n; i++) {
        if (strcmp(q->dispositions[i], word) == 0)
            return ROUTER_REFUSAL_NONE;
    }
    return q->dispositions_n ? ROUTER_NO_DISPOSITION : ROUTER_REFUSAL_NONE;
}

enum router_refusal close_check(const struct router *r, struct order *o)
{
    enum router_refusal why = command_work_in(r, o, ROUTER_ASSIGNED);
    return why ? why : close_check_word(&o->work->queue->def, o->c->text);
}

enum router_refusal close_check_wrap_up(const struct router *r, struct order *o)
{
    return command_work_in(r, o, ROUTER_WRAP_UP);
}

enum router_refusal close_check_disposition(const struct router *r, struct order *o)
{
    enum router_refusal why = command_work_in(r, o, ROUTER_WRAP_UP);
    return why ? why : close_check_word(&o->work->queue->def, o->c->text);
}

// Said anew in wrap-up, it takes the place of what was said before.
static void close_tell(struct router *r, const struct order *o)
{
    struct router_effect *e = effect_work(r, ROUTER_CONVERSATION_CLOSED, o->work, o->agent, ROUTER_CLOSED_BY_AGENT);
    e->text = arena_text(&r->arena, o->c->text);
    e->resolved = o->c->resolved;
    learn_closed(r, o->work, o->agent, o->c->resolved);
}

// Where its queue has none, it is closed at once.
void close_wrap_up(struct router *r, struct work *w, enum router_reason reason)
{
    if (!w->queue->def.wrap_up_ms) {
        work_close(r, w, reason);
        return;
    }
    work_move(r, w, ROUTER_WRAP_UP, w->agent, reason);
    w->limit.kind = TIMER_WRAP_UP;
    timer_start(r, &w->limit, timer_after(r->at, w->queue->def.wrap_up_ms));
}

void close_act(struct router *r, struct order *o)
{
    struct work *w = o->work;
    close_tell(r, o);
    session_end_calls(r, w);
    text_set(r, &w->disposition, o->c->text);
    close_wrap_up(r, w, ROUTER_CLOSED_BY_AGENT);
}

void close_act_wrap_up_done(struct router *r, struct order *o)
{
    work_close(r, o->work, ROUTER_WRAPPED_UP);
}

void close_act_disposition(struct router *r, struct order *o)
{
    close_tell(r, o);
    text_set(r, &o->work->disposition, o->c->text);
    work_touch(r, o->work);
}
