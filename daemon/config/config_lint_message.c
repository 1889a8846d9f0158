// SPDX-License-Identifier: Apache-2.0
// The lint of routing as a message: that of a file, of a request, or what is in force; and what would be in force after a change.
#include "daemon/config/config.h"
#include "daemon/config/config_lint.h"

#include "daemon/base/loop.h"
#include "daemon/core/input.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

size_t config_lint_accounts(const struct config *c, const char *tenant, struct lint_account *out)
{
    size_t n = 0;
    for (size_t i = 0; i < c->accounts_n; i++) {
        if (strcmp(c->accounts[i].tenant, tenant) == 0)
            out[n++] =
                (struct lint_account){c->accounts[i].name, c->accounts[i].channel ? 1u << c->accounts[i].channel : 0};
    }
    return n;
}

// The report's names are the message's and the configuration's, so they outlive the scratch memory.
void config_lint_message(const Throughline__V1__RoutingConfig *m, const struct config *c, const char *tenant,
                         int64_t steps, struct lint_report *out)
{
    struct lint_account *accounts = xcalloc(c->accounts_n, sizeof *accounts);
    struct scratch scratch;
    struct router_config routing;
    size_t n = config_lint_accounts(c, tenant, accounts);
    scratch_open(&scratch);
    out->n = out->errors = out->untold = 0;
    if (input_config(&scratch, m, &routing))
        config_lint_within(&routing, accounts, n, (int64_t)time(NULL), steps, out);
    scratch_close(&scratch);
    free(accounts);
}

static bool names_agent(const Throughline__V1__RoutingConfig *c, const char *id)
{
    for (size_t i = 0; i < c->n_agents; i++) {
        if (strcmp(c->agents[i]->id, id) == 0)
            return true;
    }
    return false;
}

static bool names_queue(const Throughline__V1__RoutingConfig *c, const char *name)
{
    for (size_t i = 0; i < c->n_queues; i++) {
        if (strcmp(c->queues[i]->name, name) == 0)
            return true;
    }
    return false;
}

// As the router does it: the API's queues stand before the last.
void config_after(const Throughline__V1__RoutingConfig *now, const Throughline__V1__RoutingConfig *next,
                  Throughline__V1__RoutingConfig *out)
{
    *out = *next;
    out->n_agents = out->n_queues = 0;
    out->agents = xcalloc(now->n_agents + next->n_agents, sizeof(Throughline__V1__Agent *));
    out->queues = xcalloc(now->n_queues + next->n_queues, sizeof(Throughline__V1__Queue *));
    for (size_t i = 0; i < next->n_agents; i++)
        out->agents[out->n_agents++] = next->agents[i];
    for (size_t i = 0; i < now->n_agents; i++) {
        if (!now->agents[i]->from_file && !names_agent(next, now->agents[i]->id))
            out->agents[out->n_agents++] = now->agents[i];
    }
    for (size_t i = 0; i + 1 < next->n_queues; i++)
        out->queues[out->n_queues++] = next->queues[i];
    for (size_t i = 0; i < now->n_queues; i++) {
        if (!now->queues[i]->from_file && !names_queue(next, now->queues[i]->name))
            out->queues[out->n_queues++] = now->queues[i];
    }
    if (next->n_queues)
        out->queues[out->n_queues++] = next->queues[next->n_queues - 1];
}

void config_after_free(Throughline__V1__RoutingConfig *after)
{
    free(after->agents);
    free(after->queues);
}
