// SPDX-License-Identifier: Apache-2.0
// The lint of a file: each tenant's routing as it would go into the log, and each finding where it stands in the file.
#include "daemon/config/config_lint.h"
#include "daemon/config/config_private.h"

#include "daemon/base/loop.h"
#include <stdlib.h>
#include <string.h>

// The nth row of a tenant.
static const struct toml_node *row_of(const struct config *c, const struct toml_node *root, const char *table, size_t n,
                                      const char *tenant)
{
    bool queue = strcmp(table, "queue") == 0, agent = strcmp(table, "agent") == 0;
    size_t rows = queue ? c->queues_n : agent ? c->agents_n : c->calendars_n;
    for (size_t i = 0; i < rows; i++) {
        const char *of = queue ? c->queues[i].tenant : agent ? c->agents[i].tenant : c->calendars[i].tenant;
        if (strcmp(of, tenant) == 0 && n-- == 0)
            return toml_at(toml_get(root, table), i);
    }
    return NULL;
}

static const struct toml_node *node_of(const struct config *c, const struct toml_node *root,
                                       const struct lint_finding *f, const char *tenant)
{
    if (*f->name != '\0')
        return row_of(c, root, f->table, f->row, tenant);
    const char *dot = strchr(f->table, '.');
    const struct toml_node *channels = dot != NULL ? toml_get(root, "channel") : NULL;
    return dot == NULL ? toml_get(root, f->table) : channels != NULL ? toml_get(channels, dot + 1) : NULL;
}

static struct config_place place_of(const struct config *c, const struct toml_node *root, const struct lint_finding *f,
                                    const char *tenant)
{
    const struct toml_node *node = node_of(c, root, f, tenant);
    const struct toml_node *value = node != NULL && *f->key != '\0' ? toml_get(node, f->key) : NULL;
    const struct toml_node *item = value != NULL && f->item != LINT_WHOLE ? toml_at(value, f->item) : NULL;
    node = item != NULL ? item : value != NULL ? value : node;
    return node != NULL ? setting_place(node) : (struct config_place){0, 0};
}

static void lint_tenant(const struct config *c, const struct toml_node *root, const char *tenant,
                        struct config_errors *errs)
{
    struct lint_report *report = xcalloc(1, sizeof *report);
    Throughline__V1__RoutingConfig *m = config_routing(c, tenant);
    config_lint_message(m, c, tenant, LINT_STEPS, report);
    for (size_t i = 0; i < report->n; i++) {
        const struct lint_finding *f = &report->v[i];
        (f->error ? errors_add : errors_warn)(errs, place_of(c, root, f, tenant), "%s [%s]", f->text, f->rule);
    }
    throughline__v1__routing_config__free_unpacked(m, NULL);
    free(report);
}

void config_lint_file(const struct config *c, const struct toml_node *root, struct config_errors *errs)
{
    for (size_t i = 0; i < c->tenants.n; i++)
        lint_tenant(c, root, c->tenants.v[i], errs);
}
