// SPDX-License-Identifier: Apache-2.0
// The words that a work's queue allows for what came of it: told with the work's context, and again when a close was refused for want
// of one of them.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/desk.h"

void disposition_list(const struct desks *all, Throughline__V1__Context *c)
{
    struct router_work_view w;
    if (!c->work || !router_work(core_router(all->face->core), c->work->id, &w))
        return;
    c->disposition_required = w.disposition_required;
    c->n_dispositions = w.dispositions_n;
    c->dispositions = w.dispositions_n ? xcalloc(w.dispositions_n, sizeof *c->dispositions) : NULL;
    for (size_t i = 0; i < w.dispositions_n; i++)
        c->dispositions[i] = xstrdup(w.dispositions[i]);
}

char *disposition_detail(const struct desks *all, const Throughline__V1__DeskCommand *c)
{
    bool close = c->command_case == THROUGHLINE__V1__DESK_COMMAND__COMMAND_CLOSE;
    if (!close && c->command_case != THROUGHLINE__V1__DESK_COMMAND__COMMAND_DISPOSITION)
        return NULL;
    struct router_work_view w;
    if (!router_work(core_router(all->face->core), close ? c->close->work : c->disposition->work, &w))
        return NULL;
    char *words = xstrdup(w.dispositions_n ? "one of " : w.disposition_required ? "any word, but one is needed" : "");
    for (size_t i = 0; i < w.dispositions_n; i++) {
        char *more = xasprintf("%s%s%s", words, i ? ", " : "", w.dispositions[i]);
        free(words);
        words = more;
    }
    return words;
}
