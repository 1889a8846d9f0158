// SPDX-License-Identifier: Apache-2.0
// What a desk asks for, on its way to the log and back: taken in, sent (again, while the outcome is unknown), told `stored`, told
// `done` or `refused`. Commands of one desk keep their order: while one waits to be sent again, those after it wait too.
//
// The fold may tell the outcome before Redis has answered the call, since the two travel on different connections; then `stored`
// is said first all the same. A repetition finds its first answer in the router.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/desk.h"

#define CLIENT_ID_MAX 64

// ---- answers ----

static void say_stored(struct desk *d, const char *client_id, uint64_t input)
{
    Throughline__V1__Stored stored = THROUGHLINE__V1__STORED__INIT;
    stored.client_id = (char *)client_id;
    stored.input = input;
    Throughline__V1__DeskUpdate u = THROUGHLINE__V1__DESK_UPDATE__INIT;
    u.update_case = THROUGHLINE__V1__DESK_UPDATE__UPDATE_STORED;
    u.stored = &stored;
    desk_say(d, &u);
}

static void say_outcome(struct desk *d, const char *client_id, uint64_t input, bool done, uint32_t refusal,
                        const char *detail)
{
    Throughline__V1__Done yes = THROUGHLINE__V1__DONE__INIT;
    Throughline__V1__Refused no = THROUGHLINE__V1__REFUSED__INIT;
    Throughline__V1__DeskUpdate u = THROUGHLINE__V1__DESK_UPDATE__INIT;
    u.update_case = done ? THROUGHLINE__V1__DESK_UPDATE__UPDATE_DONE : THROUGHLINE__V1__DESK_UPDATE__UPDATE_REFUSED;
    yes.client_id = no.client_id = (char *)client_id;
    yes.input = no.input = input;
    no.reason = (Throughline__V1__Refusal)refusal;
    no.detail = (char *)detail;
    if (done)
        u.done = &yes;
    else
        u.refused = &no;
    desk_send(d, &u);
}

static struct desk_pending *pending_find(const struct desk *d, const char *client_id)
{
    struct desk_pending *p = d->commands;
    while (p && strcmp(p->command->client_id, client_id) != 0)
        p = p->next;
    return p;
}

static void pending_free(struct desks *all, struct desk_pending *p)
{
    table_take(&all->pendings, p->id);
    throughline__v1__desk_command__free_unpacked(p->command, NULL);
    free(p);
}

static void pending_remove(struct desk *d, struct desk_pending *p)
{
    struct desk_pending **at = &d->commands;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    if (!*at)
        d->commands_end = at;
    d->commands_n--;
    pending_free(d->all, p);
}

void desk_answer(struct desk *d, const char *client_id, uint64_t input, bool done, uint32_t refusal, const char *detail)
{
    struct desk_pending *p = client_id ? pending_find(d, client_id) : NULL;
    if (!client_id || !*client_id)
        return;
    char *words = p && refusal == ROUTER_NO_DISPOSITION ? disposition_detail(d->all, p->command) : NULL;
    if (p && !p->stored)
        say_stored(d, client_id, input);
    say_outcome(d, client_id, input, done, refusal, words ? words : detail);
    free(words);
    if (p)
        pending_remove(d, p);
}

static void answer_folded(struct desk *d, struct desk_pending *p)
{
    bool logout = p->command->command_case == THROUGHLINE__V1__DESK_COMMAND__COMMAND_LOGOUT;
    desk_answer(d, p->command->client_id, p->input, true, 0, "");
    if (!logout)
        return;
    d->said_goodbye = true;
    d->state = DESK_ENDING;
    ws_close(d->ws, WS_NORMAL, "logged out");
}

// The answer that the fold has given already, to this or to an earlier sending.
static void answer_if_folded(struct desk *d, struct desk_pending *p)
{
    struct core *core = d->all->face->core;
    enum router_refusal why = ROUTER_REFUSAL_NONE;
    uint64_t input = p->input;
    if (!p->stored || core_input(core) < p->input)
        return;
    int outcome = router_outcome(core_router(core), d->session, p->command->client_id, &input, &why);
    if (outcome)
        desk_answer(d, p->command->client_id, input, outcome == 1, why, "");
    else // not the router's to judge, or longer ago than it remembers: it is stored, and was folded
        answer_folded(d, p);
}

void desk_commands_folded(struct desk *d)
{
    for (struct desk_pending *p = d->commands, *next; p; p = next) {
        next = p->next;
        answer_if_folded(d, p);
    }
}

// ---- sending ----

void desk_pending_give_up(struct desk *d, struct desk_pending *p, const char *code, const char *field,
                          const char *detail)
{
    char *where = xasprintf("%s%s%s", p->command->client_id, *field ? ":" : "", field);
    desk_error(d, code, where, detail);
    free(where);
    pending_remove(d, p);
}

void desk_pending_send(struct desk *d, struct desk_pending *p)
{
    struct desk_fault fault = {.field = "", .detail = ""};
    p->waiting = false;
    if (!desk_act(d, p, &fault))
        desk_pending_give_up(d, p, fault.code, fault.field, fault.detail);
}

void desk_pending_wait(struct desk *d, struct desk_pending *p)
{
    p->waiting = true;
    if (!loop_timer_pending(d->timer))
        loop_timer_set(d->timer, DESK_RETRY_MS);
}

void desk_commands_retry(struct desk *d)
{
    int64_t now = loop_now(d->all->face->faces->loop);
    for (struct desk_pending *p = d->commands, *next; p && !p->asking && d->state == DESK_LIVE; p = next) {
        next = p->next;
        if (!p->waiting)
            continue;
        if (now > p->until)
            desk_pending_give_up(d, p, "outcome_unknown", "", "send it again with the same client_id");
        else
            desk_pending_send(d, p);
    }
}

// Redis judged it before the log could: nothing was stored, and nothing will be by sending it again.
static void refuse_unstored(struct desk *d, struct desk_pending *p, enum tl_err e)
{
    const char *detail = e == TL_ABSENT     ? "there is no such conversation, customer or suggestion"
                         : e == TL_CONFLICT ? "it is another customer's"
                                            : "it cannot be stored";
    if (e == TL_FULL) {
        desk_pending_give_up(d, p, "full", "", "a bound is reached");
        return;
    }
    say_outcome(d, p->command->client_id, 0, false, ROUTER_INVALID, detail);
    pending_remove(d, p);
}

// desk_act() sends with this as its callback.
void desk_on_stored(void *module, uint64_t token, enum tl_err e, const struct store_placed *placed)
{
    struct desks *all = module;
    struct desk_pending *p = table_get(&all->pendings, token);
    struct desk *d = p ? table_get(&all->table, p->desk) : NULL;
    if (!d || d->state != DESK_LIVE)
        return;
    if (e == TL_UNKNOWN || e == TL_UNAVAILABLE) {
        desk_pending_wait(d, p);
        return;
    }
    if (e != TL_OK) {
        refuse_unstored(d, p, e);
        return;
    }
    p->stored = true;
    p->input = placed->input;
    say_stored(d, p->command->client_id, placed->input);
    answer_if_folded(d, p);
}

// ---- taking in ----

static bool earlier_one_waits(const struct desk *d)
{
    for (const struct desk_pending *p = d->commands; p; p = p->next)
        if (p->waiting || p->asking)
            return true;
    return false;
}

static void take_logged(struct desk *d, Throughline__V1__DeskCommand *c)
{
    struct desk_pending *p = xcalloc(1, sizeof *p);
    *p = (struct desk_pending){
        .desk = d->id, .command = c, .until = loop_now(d->all->face->faces->loop) + DESK_GIVE_UP_MS};
    bool wait = earlier_one_waits(d);
    p->id = table_add(&d->all->pendings, p);
    *d->commands_end = p;
    d->commands_end = &p->next;
    d->commands_n++;
    if (wait)
        desk_pending_wait(d, p);
    else
        desk_pending_send(d, p);
}

static bool is_logged(const Throughline__V1__DeskCommand *c)
{
    return c->command_case != THROUGHLINE__V1__DESK_COMMAND__COMMAND_TYPING &&
           c->command_case != THROUGHLINE__V1__DESK_COMMAND__COMMAND_READ &&
           c->command_case != THROUGHLINE__V1__DESK_COMMAND__COMMAND_WATCH &&
           c->command_case != THROUGHLINE__V1__DESK_COMMAND__COMMAND_READ_TIMELINE;
}

static bool take_hello(struct desk *d, const Throughline__V1__DeskCommand *c)
{
    bool hello = c->command_case == THROUGHLINE__V1__DESK_COMMAND__COMMAND_HELLO;
    if (d->state == DESK_NEW && hello)
        desk_take_hello(d, c->hello);
    else if (d->state == DESK_NEW)
        desk_fail(d, WS_POLICY, "hello_expected", "", "the first command must be hello");
    else if (hello)
        desk_error(d, "repeated_hello", "hello", "hello comes once");
    else if (d->state == DESK_OPENING)
        desk_error(d, "not_yet", c->client_id, "wait for the welcome");
    else
        return false;
    return true;
}

static const char *refuse_logged(struct desk *d, const Throughline__V1__DeskCommand *c, const char **detail)
{
    size_t len = strlen(c->client_id);
    *detail = "client_id holds 1 to 64 bytes";
    if (!len || len > CLIENT_ID_MAX)
        return "invalid_field";
    *detail = "a token without an agent only watches and supervises";
    if (!*d->agent && c->command_case != THROUGHLINE__V1__DESK_COMMAND__COMMAND_SUPERVISE)
        return "forbidden";
    *detail = "64 commands wait for their answer";
    return d->commands_n >= DESK_COMMANDS_MAX ? "too_many" : NULL;
}

static bool take_at_once(struct desk *d, const Throughline__V1__DeskCommand *c)
{
    struct desk_fault fault = {.field = "", .detail = ""};
    const char *detail = NULL;
    if (!is_logged(c)) {
        if (!desk_act_at_once(d, c, &fault))
            desk_error(d, fault.code, fault.field, fault.detail);
        return true;
    }
    const char *code = refuse_logged(d, c, &detail);
    if (code) // an id that is too long cannot be said back
        desk_error(d, code, strcmp(code, "invalid_field") == 0 ? "client_id" : c->client_id, detail);
    return code || pending_find(d, c->client_id); // in hand already: its answer comes
}

void desk_take_command(struct desk *d, Throughline__V1__DeskCommand *c)
{
    if (take_hello(d, c) || take_at_once(d, c))
        throughline__v1__desk_command__free_unpacked(c, NULL);
    else
        take_logged(d, c);
}

void desk_commands_clear(struct desk *d)
{
    while (d->commands)
        pending_remove(d, d->commands);
}
