// SPDX-License-Identifier: Apache-2.0
// What a class asks of agents once it has waited for so long, or before its target is missed: written and read as a queue's steps are.
#include "cli/sim_file.h"
#include "daemon/config/config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void steps_add(const struct scenario_value *v, const struct toml_node *node, struct sim_texts *to)
{
    const char *text, *needs, *why;
    uint32_t seconds, percent;
    size_t len, at;
    if (!toml_string(node, &text, &len)) {
        sim_value_wrong_type(v, node, "a step like \"60 s: any\"");
    } else if (strlen(text) != len || !config_step(text, &seconds, &percent, &needs)) {
        errors_add(v->errs, sim_file_place(node),
                   "%s has a step that cannot be read (expected like \"60 s: billing >= 2\", \"80 %%: any\" or "
                   "\"breach: any\")",
                   v->name);
    } else if (!router_needs_ok(needs, &why, &at)) {
        errors_add(v->errs, sim_file_place(node), "%s: at byte %zu of \"%.100s\": %s", v->name, at + 1, needs, why);
    } else {
        to->v[to->n++] = sim_file_text(text);
    }
}

void sim_steps_read(const struct scenario_value *v, void *slot)
{
    struct sim_texts *t = slot;
    size_t n = toml_type(v->node) == TOML_ARRAY ? toml_count(v->node) : 0;
    if (toml_type(v->node) != TOML_ARRAY) {
        sim_value_wrong_type(v, v->node, "a list of steps");
        return;
    }
    if (n > ROUTER_STEPS_MAX) {
        errors_add(v->errs, sim_file_place(v->node), "%s has %zu (at most %d)", v->name, n, ROUTER_STEPS_MAX);
        return;
    }
    *t = (struct sim_texts){sim_file_alloc(n, sizeof *t->v), 0};
    for (size_t i = 0; i < n; i++)
        steps_add(v, toml_at(v->node, i), t);
}

void sim_steps_check(const struct sim_class *c, struct config_errors *errs)
{
    int64_t before = 0;
    bool breach = false;
    for (size_t i = 0; i < c->steps.n; i++) {
        const char *text = c->steps.v[i], *needs;
        uint32_t seconds = 0, percent = 0;
        (void)config_step(text, &seconds, &percent, &needs); // read before
        bool early = !seconds && !percent;
        int64_t after = percent ? llround(c->target * 1000) * percent / 100 : (int64_t)seconds * 1000;
        if (c->target == 0 && !seconds)
            errors_add(errs, c->steps_place, "\"%s\" goes by a target, but the class has none (give target)", text);
        else if (early && breach)
            errors_add(errs, c->steps_place, "\"%s\" is a second step before a breach (at most one)", text);
        else if (!early && after <= before)
            errors_add(errs, c->steps_place,
                       "\"%s\" does not begin after the step before (give steps in order of time)", text);
        breach |= early;
        before = early ? before : after;
    }
}

struct router_relax *sim_steps_of(const struct sim_class *c)
{
    struct router_relax *v = sim_file_alloc(c->steps.n, sizeof *v);
    for (size_t i = 0; i < c->steps.n; i++) {
        uint32_t seconds;
        (void)config_step(c->steps.v[i], &seconds, &v[i].percent, &v[i].needs);
        v[i].after_ms = seconds * 1000;
        v[i].breach = !seconds && !v[i].percent;
    }
    return v;
}

bool sim_scenario_targets(const struct sim_scenario *s)
{
    bool any = false;
    for (size_t i = 0; i < s->classes_n; i++)
        any |= s->classes[i].target > 0;
    return any;
}

bool sim_scenario_steps(const struct sim_scenario *s)
{
    bool any = false;
    for (size_t i = 0; i < s->classes_n; i++)
        any |= s->classes[i].steps.n > 0;
    return any;
}
