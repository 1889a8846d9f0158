// SPDX-License-Identifier: Apache-2.0
//
// Whether the router tells of a work's entry what its twin tells.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cover.h"
#include "written.h"

// In the twin's words.
static size_t entry_words(char *to, size_t room, const struct router_condition *c)
{
    static const char *const kinds[ROUTER_CONDITIONS] = {"nothing", "channel",   "account", "language",
                                                         "intent",  "attribute", "hours"};
    char more[TWIN_TEXT] = "";
    if (c->kind == ROUTER_BY_CHANNEL)
        snprintf(more, sizeof more, "%d", (int)c->channel);
    if (c->kind == ROUTER_BY_ATTRIBUTE)
        snprintf(more, sizeof more, "=%s by %d", c->value, (int)c->said_by);
    if (c->kind == ROUTER_BY_HOURS)
        snprintf(more, sizeof more, " open %d", c->open);
    int n = snprintf(to, room, " %s %s%s", kinds[c->kind], c->name, more);
    return n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static bool entry_passed_agrees(const struct router *r, uint64_t work, const struct twin_work *w)
{
    char text[TWIN_RULES] = "";
    struct router_passed p;
    size_t n = 0;
    for (size_t i = 0; router_passed_at(r, work, i, &p) && n + 1 < sizeof text; i++) {
        int more = snprintf(text + n, sizeof text - n, " %s:", p.queue);
        n += (size_t)more < sizeof text - n ? (size_t)more : 0;
        n += entry_words(text + n, sizeof text - n, &p.failed);
        cover(COVER_PASSED, (int)p.failed.kind);
    }
    if (strcmp(text, w->passed_by) == 0)
        return true;
    fprintf(stderr, "  work %" PRIu64 " was passed by router '%s' twin '%s'\n", work, text, w->passed_by);
    return false;
}

bool entry_agrees(const struct router *r, const struct router_work_view *v, const struct twin_work *w, uint64_t input)
{
    char text[TWIN_RULES] = "";
    const struct router_entered *e = v->entered;
    size_t n = (size_t)snprintf(text, sizeof text, "%s", e->last ? " last" : "");
    for (size_t i = 0; i < e->met_n && n + 1 < sizeof text; i++) {
        n += entry_words(text + n, sizeof text - n, &e->met[i]);
        cover(COVER_ENTRY, e->input == input ? (int)e->met[i].kind : -1);
        cover(COVER_SAID_BY, (int)e->met[i].said_by ? (int)e->met[i].said_by : -1);
    }
    if (e->input != w->gate_input || e->before != w->gate_before || strcmp(e->queue, w->gate) != 0 ||
        strcmp(text, w->let_in) != 0) {
        fprintf(stderr, "  work %" PRIu64 " was let in by %" PRIu64 " %s '%s', twin %" PRIu64 " %s '%s'\n", v->id,
                e->input, e->queue, text, w->gate_input, w->gate, w->let_in);
        return false;
    }
    return e->input != input || entry_passed_agrees(r, v->id, w);
}
