// SPDX-License-Identifier: Apache-2.0
// The first words on a new connection: who we are, which database, and a PING. TLS 1.3 reports success before the server
// has judged us, and a loading server accepts connections, so only the PONG opens the link. A refusal ends the attempt.
#include <stdio.h>

#include "daemon/base/loop.h"
#include "daemon/store/link_private.h"

static const char *link_greeting_trouble(const struct value *v)
{
    static const struct {
        const char *prefix, *why;
    } table[] = {
        {"LOADING", "loading"},
        {"NOAUTH", "authentication required"},
        {"WRONGPASS", "authentication refused"},
        {"NOPERM", "not permitted"},
        {"MASTERDOWN", "a replica without its master"},
        {"MISCONF", "the server cannot write its file"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (value_starts(v, table[i].prefix))
            return table[i].why;
    return "the greeting was refused";
}

static void link_on_greeted(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct link *l = c->module;
    (void)owner;
    if (e != TL_OK || l->state != LINK_GREETING)
        return;
    if (v->type == VALUE_ERROR) {
        link_break(l, link_greeting_trouble(v));
    } else if (c->aux) { // the PING
        l->state = LINK_OPEN;
        l->opened = loop_now(l->loop);
        l->trouble[0] = 0;
        link_set_timer(l, l->opened + LINK_PING_IDLE);
        l->ops->up(l->owner);
    }
}

static void link_greet(struct link *l, size_t argc, const char *a, const char *b, const char *c)
{
    struct resp_out *out = wire_out(l->wire);
    const char *argv[] = {a, b, c};
    resp_array(out, argc);
    for (size_t i = 0; i < argc; i++)
        resp_text(out, argv[i]);
    link_end(l,
             &(struct link_call){.reply = link_on_greeted, .module = l, .aux = argc == 1, .deadline = LINK_ATTEMPT_MS});
}

void link_on_connected(void *arg)
{
    struct link *l = arg;
    const struct store_url *u = &l->o.net->url;
    char db[12];
    l->state = LINK_GREETING;
    if (*u->password && *u->user)
        link_greet(l, 3, "AUTH", u->user, u->password);
    else if (*u->password)
        link_greet(l, 2, "AUTH", u->password, NULL);
    snprintf(db, sizeof(db), "%u", u->db);
    if (u->db)
        link_greet(l, 2, "SELECT", db, NULL);
    link_greet(l, 1, "PING", NULL, NULL);
}
