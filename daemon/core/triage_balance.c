// SPDX-License-Identifier: Apache-2.0
// What became of every event that an account brought: nothing comes in that is not told in one of the columns. An event for an account that is
// not configured is nobody's and stands in the tenant's counters only.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/base/metrics.h"
#include "daemon/config/config.h"
#include "daemon/core/triage_private.h"

#define NAME "throughline_ingest_total"
#define HELP "Events of an account by what became of them; received = all others and what waits for Redis."

static struct metric *column(const char *account, const char *result)
{
    char label[160];
    char *labels = xasprintf("%s,result=\"%s\"", metric_label(label, sizeof label, "account", account), result);
    struct metric *m = metric_get(METRIC_COUNTER, NAME, HELP, labels);
    free(labels);
    return m;
}

static struct balance *find(const struct triage *t, const char *account)
{
    struct balance *b = t->balances;
    while (b && strcmp(b->account, account) != 0)
        b = b->next;
    return b;
}

static struct balance *make(struct triage *t, const char *account)
{
    static const char *const names[] = {NULL, "stored", "duplicate", NULL, "unknown"};
    struct balance *b = xcalloc(1, sizeof *b);
    *b = (struct balance){.next = t->balances, .account = xstrdup(account), .received = column(account, "received")};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        b->results[i] = names[i] ? column(account, names[i]) : NULL;
    return t->balances = b;
}

void balance_configure(struct triage *t)
{
    const struct config *c = t->config;
    t->of_account = xrealloc(t->of_account, (c->accounts_n + 1) * sizeof(struct balance *));
    for (size_t i = 0; i < c->accounts_n; i++) {
        struct balance *b = find(t, c->accounts[i].name);
        t->of_account[i] = b ? b : make(t, c->accounts[i].name);
    }
}

void balance_close(struct triage *t)
{
    while (t->balances) {
        struct balance *b = t->balances;
        t->balances = b->next;
        free(b->account);
        free(b);
    }
    free(t->of_account);
}

void balance_received(struct triage *t, const struct config_account *account)
{
    struct balance *b = t->now = t->of_account[account - t->config->accounts];
    b->sheet.received++;
    b->sheet.last_ms = loop_unix_ms();
    metric_add(b->received, 1);
}

void balance_answered(struct triage *t, uint32_t status, const char *code)
{
    struct balance *b = t->now;
    char label[160];
    t->now = NULL;
    if (!b)
        return;
    b->sheet.results[status]++;
    if (b->results[status]) {
        metric_add(b->results[status], 1);
        return;
    }
    char *labels = xasprintf("%s,result=\"refused\",reason=\"%s\"",
                             metric_label(label, sizeof label, "account", b->account), code);
    metric_add(metric_get(METRIC_COUNTER, NAME, HELP, labels), 1);
    free(labels);
}

struct triage_balance triage_balance(const struct triage *t, const char *account)
{
    const struct balance *b = find(t, account);
    return b ? b->sheet : (struct triage_balance){0};
}
