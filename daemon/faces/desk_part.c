// SPDX-License-Identifier: Apache-2.0
// Goodbyes of desks: a session that ended here must be logged, or its agent would look present for ever. So a goodbye is sent
// until it is durable, also when its desk is long gone, unless the same session comes back here first.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/desk.h"
#include "throughline/v1/log.pb-c.h"

static void on_logged(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct desks *all = module;
    (void)p;
    for (struct desk_parting **at = &all->partings; *at; at = &(*at)->next) {
        struct desk_parting *g = *at;
        if (g->id != token)
            continue;
        if (e == TL_UNKNOWN || e == TL_UNAVAILABLE || e == TL_FULL) {
            g->waiting = true;
            if (!loop_timer_pending(all->retry))
                loop_timer_set(all->retry, DESK_RETRY_MS);
            return;
        }
        *at = g->next;
        free(g);
        return;
    }
}

static void parting_send(struct desks *all, struct desk_parting *g)
{
    Throughline__V1__DeskClosed closed = THROUGHLINE__V1__DESK_CLOSED__INIT;
    closed.session = g->session;
    closed.logout = g->logout;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_DESK_CLOSED;
    in.desk_closed = &closed;
    g->waiting = false;
    core_append(all->face->core, &in, on_logged, all, g->id);
}

void desk_part(struct desks *all, const char *session, bool logout)
{
    struct desk_parting *g = xcalloc(1, sizeof *g);
    struct desk_parting **end = &all->partings;
    g->id = ++all->parting_id;
    g->logout = logout;
    strncpy(g->session, session, sizeof g->session - 1);
    while (*end)
        end = &(*end)->next;
    *end = g;
    parting_send(all, g);
}

void desk_unpart(struct desks *all, const char *session)
{
    struct desk_parting **at = &all->partings;
    while (*at) {
        struct desk_parting *g = *at;
        if (strcmp(g->session, session) != 0) {
            at = &g->next;
            continue;
        }
        *at = g->next;
        free(g);
    }
}

void desk_partings_retry(struct desks *all)
{
    for (struct desk_parting *g = all->partings; g; g = g->next)
        if (g->waiting)
            parting_send(all, g);
}
