// SPDX-License-Identifier: Apache-2.0
// What must be true of [[queue]]s: their order and what they name. A part of config_check.c.
#include "daemon/config/config_check.h"

#include "daemon/base/loop.h"
#include "proto/nearest.h"
#include "routing/router.h"

#include <stdlib.h>
#include <string.h>

static void note_key(void *arg, const char *key, size_t len, const struct toml_node *value, int line, int column)
{
    (void)key, (void)len, (void)value, (void)line, (void)column;
    *(bool *)arg = true;
}

// By what is written, read or not: a mistyped rule is a rule.
static bool queue_takes_all(const struct check *k, size_t index)
{
    static const char *const rules[] = {"channels", "accounts", "intents", "languages"};
    const struct toml_node *node = check_node(k, "queue", index);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct toml_node *rule = toml_get(node, rules[i]);
        if (rule != NULL && (toml_type(rule) != TOML_ARRAY || toml_count(rule) > 0))
            return false;
    }
    bool asks = false;
    const struct toml_node *attributes = toml_get(node, "attributes");
    if (attributes != NULL && toml_type(attributes) == TOML_TABLE)
        toml_each(attributes, note_key, &asks);
    else
        asks = attributes != NULL;
    return !asks && !config_asks_hours(toml_get(node, "when"));
}

// The last queue of a tenant takes what no other did, and nothing may stand behind such a one.
static void check_queue_order(const struct check *k, size_t i)
{
    const struct config_queue *queues = k->c->queues, *q = &queues[i], *next = NULL;
    for (size_t m = i + 1; m < k->c->queues_n && next == NULL; m++)
        next = check_same_tenant(q->tenant, queues[m].tenant) ? &queues[m] : NULL;
    bool all = queue_takes_all(k, i);
    if (all && next != NULL)
        errors_add(k->errs, q->place, "queue '%s' has no entry rules, so the one at line %d gets nothing (put it last)",
                   q->name != NULL ? q->name : "", next->place.line);
    if (!all && next == NULL)
        errors_add(k->errs, q->place,
                   "queue '%s' is the last of tenant '%s', but has entry rules (add one without, behind it)",
                   q->name != NULL ? q->name : "", q->tenant != NULL ? q->tenant : "");
}

static void check_queue_accounts(const struct check *k, const struct check_row *row, const struct config_queue *q)
{
    for (size_t i = 0; i < q->accounts.n; i++) {
        struct nearest near = nearest_begin(q->accounts.v[i]);
        bool known = false;
        for (size_t m = 0; m < k->c->accounts_n && !known; m++) {
            const struct config_account *a = &k->c->accounts[m];
            if (a->name == NULL || !check_same_tenant(a->tenant, q->tenant))
                continue;
            known = strcmp(a->name, q->accounts.v[i]) == 0;
            nearest_offer(&near, a->name);
        }
        const char *best = nearest_best(&near);
        if (!known)
            errors_add(k->errs, check_place(k, row, "accounts"),
                       "queue.accounts names an unknown account '%s' (%s%s%s)", q->accounts.v[i],
                       best != NULL ? "did you mean '" : "every account has its [[account]]", best != NULL ? best : "",
                       best != NULL ? "'?" : "");
    }
}

// What is learned is looked at only by a choice that goes by resolution, and each listed intent costs an order of its own.
static void check_queue_learn(const struct check *k, const struct check_row *row, const struct config_queue *q)
{
    bool uses = q->select == ROUTER_RESOLUTION;
    for (size_t i = 0; q->select == ROUTER_MIX && i < q->mix.n; i++)
        uses |= strcmp(q->mix.v[i].name, router_select_name(ROUTER_RESOLUTION)) == 0 && q->mix.v[i].level > 0;
    if (q->learn && !uses)
        errors_add(k->errs, check_place(k, row, "learn"),
                   "queue '%s' learns what it does not look at (give select = \"resolution\", or a mix with it)",
                   q->name != NULL ? q->name : "");
    if (q->learn && q->intents.n > ROUTER_LEARN_INTENTS)
        errors_add(k->errs, check_place(k, row, "intents"), "queue '%s' learns about %zu intents (at most %d)",
                   q->name != NULL ? q->name : "", q->intents.n, ROUTER_LEARN_INTENTS);
}

void check_messages(const struct check *k)
{
    for (size_t i = 0; i < k->c->messages_n; i++) {
        const struct config_message *m = &k->c->messages[i];
        const struct check_row row = {"message", i, m->place, m->tenant, ""};
        check_require(k, &row, "when");
        check_require(k, &row, "text");
        check_tenant(k, &row);
        config_check_message(k->c, m, check_place(k, &row, "text"), check_place(k, &row, "queue"), k->errs);
    }
}

void check_queues(const struct check *k)
{
    struct check_row *rows = xcalloc(k->c->queues_n, sizeof *rows);
    for (size_t i = 0; i < k->c->queues_n; i++) {
        const struct config_queue *q = &k->c->queues[i];
        rows[i] = (struct check_row){"queue", i, q->place, q->tenant, q->name};
        check_queue_order(k, i);
        check_queue_accounts(k, &rows[i], q);
        config_check_mix(q, check_place(k, &rows[i], "select"), k->errs);
        config_check_silent(q, check_place(k, &rows[i], "silent"), k->errs);
        config_check_sla(q, check_place(k, &rows[i], "sla"), k->errs);
        config_check_steps(q, check_given(k, &rows[i], "target_seconds") || q->sla.n > 0,
                           check_place(k, &rows[i], "steps"), k->errs);
        config_check_hours(k->c, q, check_place(k, &rows[i], q->calendar != NULL ? "calendar" : "when"), k->errs);
        config_check_sla_calendar(k->c, q, check_place(k, &rows[i], "sla_calendar"), k->errs);
        config_check_callback_hours(k->c, q, check_place(k, &rows[i], "callback_hours"), k->errs);
        config_check_overflow(k->c, q, check_place(k, &rows[i], "overflow"), k->errs);
        config_check_voicemail(q, check_place(k, &rows[i], "voicemail"), k->errs);
        check_queue_learn(k, &rows[i], q);
    }
    check_names(k, rows, k->c->queues_n, "name", true);
    free(rows);
}
