// SPDX-License-Identifier: Apache-2.0
//
// The twin's account of an entry, in words: what the queue asked for that let the work in, and which queue before it failed in what.

#include "twin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(char *to, const char *words)
{
    if (strlen(to) + strlen(words) >= TWIN_RULES)
        abort();
    strcat(to, words);
}

static const char *account_of(const struct twin_work *w)
{
    const char *account = "";
    int64_t latest = INT64_MIN;
    for (size_t i = 0; i < w->sessions_n; i++) {
        if (w->sessions[i].channel != w->channel_now || w->sessions[i].last_word < latest)
            continue;
        latest = w->sessions[i].last_word;
        account = w->sessions[i].account;
    }
    return account;
}

static const char *pair_of(const struct twin_pairs *p, const char *key)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->v[i].key, key) == 0)
            return p->v[i].value;
    }
    return NULL;
}

struct telling {
    char *text;
    bool only_what_fails, good; // good: nothing failed so far
};

// Once something failed, nothing more is told.
static void condition(struct telling *x, bool asked, bool met, const char *form, ...)
    __attribute__((format(printf, 4, 5)));
static void condition(struct telling *x, bool asked, bool met, const char *form, ...)
{
    char words[TWIN_TEXT];
    va_list v;
    if (!asked || !x->good)
        return;
    x->good = met;
    if (met && x->only_what_fails)
        return;
    va_start(v, form);
    vsnprintf(words, sizeof words, form, v);
    va_end(v);
    say(x->text, words);
}

// One key that is asked for, whose values are those from `from` up to `to`.
static void key(struct telling *x, const struct twin_queue *q, size_t from, size_t to, const struct twin_work *w)
{
    const char *event = pair_of(&w->said, q->asks[from].key), *record = pair_of(&w->record, q->asks[from].key);
    const char *has = event ? event : record, *only = to - from == 1 ? q->asks[from].value : "*";
    bool good = false;
    for (size_t i = from; i < to && has; i++)
        good |= strcmp(q->asks[i].value, "*") == 0 || strcmp(q->asks[i].value, has) == 0;
    int by = event ? 1 : record ? 2 : 0;
    condition(x, true, good, " attribute %s=%s by %d", q->asks[from].key, strcmp(only, "*") == 0 ? "" : only, by);
}

static bool tell(char *text, struct twin *t, const struct twin_queue *q, const struct twin_work *w,
                 bool only_what_fails)
{
    struct telling x = {text, only_what_fails, true};
    size_t n = strlen(q->intent);
    bool under = strncmp(w->intent, q->intent, n) == 0 && (!w->intent[n] || w->intent[n] == '.');
    condition(&x, q->channels, q->channels >> w->channel_now & 1, " channel %d", (int)w->channel_now);
    condition(&x, *q->account, strcmp(q->account, account_of(w)) == 0, " account %s", account_of(w));
    condition(&x, *q->language, strcmp(q->language, w->language) == 0, " language %s", w->language);
    condition(&x, n, under, " intent %s", under ? q->intent : w->intent);
    for (size_t i = 0, to; i < q->asks_n; i = to) {
        for (to = i; to < q->asks_n && strcmp(q->asks[to].key, q->asks[i].key) == 0;)
            to++;
        key(&x, q, i, to, w);
    }
    bool closed = twin_closed(t, q);
    condition(&x, q->when != ROUTER_ALWAYS, closed == (q->when == ROUTER_WHEN_CLOSED), " hours %s open %d", q->calendar,
              !closed);
    return x.good;
}

void twin_note_entry(struct twin *t, struct twin_work *w, const struct twin_queue *q)
{
    w->gate_input = t->input;
    w->gate_before = (uint64_t)(q - t->queues);
    twin_name(w->gate, q->name);
    *w->let_in = *w->passed_by = 0;
    bool last = q == &t->queues[t->queues_n - 1];
    if (last)
        say(w->let_in, " last");
    else if (!tell(w->let_in, t, q, w, false))
        abort();
    for (size_t i = 0; &t->queues[i] != q; i++) {
        say(w->passed_by, " ");
        say(w->passed_by, t->queues[i].name);
        say(w->passed_by, ":");
        if (tell(w->passed_by, t, &t->queues[i], w, true))
            abort();
    }
}
