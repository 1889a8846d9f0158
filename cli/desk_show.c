// SPDX-License-Identifier: Apache-2.0
// What a terminal desk prints for each update, as a table of update kinds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/desk.h"
#include "cli/editor.h"
#include "cli/print.h"

static const char *desk_customer_name(const json_t *context)
{
    const char *name = print_text(context, "customer.name");
    if (*name)
        return name;
    const json_t *first = json_array_get(print_member(context, "customer.handles"), 0);
    const char *handle = print_text(first, "handle");
    return *handle ? handle : "customer";
}

// Known works move: who has a pointer to one asks again.
static struct desk_work *desk_learn(struct desk *d, const json_t *work, const json_t *context)
{
    json_int_t id = print_number(work, "id");
    struct desk_work *w = desk_work_by_id(d, id);
    if (!w) {
        d->works = realloc(d->works, (d->works_n + 1) * sizeof *d->works);
        if (!d->works)
            abort();
        w = &d->works[d->works_n++];
        *w = (struct desk_work){.work = id};
    }
    w->conversation = print_number(work, "conversation");
    w->customer = print_number(work, "customer");
    w->due = print_number(work, "due.dueMs");
    if (context) {
        snprintf(w->name, sizeof w->name, "%s", desk_customer_name(context));
        desk_learn_dispositions(w, context);
    }
    return w;
}

void desk_forget(struct desk *d, json_int_t work)
{
    struct desk_work *w = desk_work_by_id(d, work);
    if (!w)
        return;
    desk_not_accepted(d, w);
    desk_forget_dispositions(w);
    *w = d->works[--d->works_n];
}

void desk_story(const json_t *context)
{
    size_t i;
    json_t *v;
    bool named = *print_text(context, "customer.name");
    fputs("  who:    ", stdout);
    print_safe(desk_customer_name(context));
    for (i = named ? 0 : 1; (v = json_array_get(print_member(context, "customer.handles"), i)); i++) {
        fputs(i ? ", " : "  (", stdout);
        print_safe(print_text(v, "handle"));
    }
    fputs(named && i ? ")\n" : "\n", stdout);
    const char *key;
    json_object_foreach(json_object_get(json_object_get(context, "customer"), "attributes"), key, v)
    {
        fputs("          ", stdout);
        print_safe(key);
        fputs(" = ", stdout);
        print_safe(json_string_value(v));
        putchar('\n');
    }
    json_array_foreach(print_member(context, "customer.suggestions"), i, v)
        printf("  maybe:  %s (claimed; /confirm %s)\n", print_text(v, "handle"), print_text(v, "handle"));
    const char *callback = print_callback(print_member(context, "work.sessions"));
    if (*callback)
        printf("  to be called back: %s\n", callback);
    const json_t *voicemail = print_member(context, "work.voicemail");
    if (voicemail)
        printf("  %s\n", print_voicemail(voicemail));
    size_t earlier = json_array_size(json_object_get(context, "earlier"));
    if (earlier)
        printf("  before: %zu earlier conversation%s\n", earlier, earlier > 1 ? "s" : "");
    json_array_foreach(json_object_get(context, "timeline"), i, v) print_entry(v, desk_customer_name(context));
}

// The offer of this work among those of a welcome, which names the work only.
static const json_t *welcome_offer(const json_t *u, json_int_t work)
{
    size_t i;
    json_t *offer;
    json_array_foreach(json_object_get(u, "offers"), i, offer)
    {
        if (print_number(offer, "context.work.id") == work)
            return offer;
    }
    return NULL;
}

// Work that was there before this desk: offered, held, put away, or another's in which the agent takes part.
static void welcome_work(struct desk *d, const json_t *u, const json_t *context)
{
    const json_t *work = json_object_get(context, "work"), *offer = welcome_offer(u, print_number(work, "id"));
    struct desk_work *w = desk_learn(d, work, context);
    if (offer) {
        desk_show_offer(d, w, offer, context);
        if (d->automatic)
            desk_accept(d, w);
        return;
    }
    const char *state = print_text(work, "state");
    w->snoozed = strcmp(state, "snoozed") == 0;
    w->wrap_up = strcmp(state, "wrap up") == 0;
    bool part = desk_takes_part(d, w, work);
    if (!w->snoozed && !part && strcmp(print_text(work, "agent"), d->agent) != 0) {
        printf("work %" JSON_INTEGER_FORMAT ", which you had, is %s, queue %s\n", w->work, state,
               print_text(work, "queue"));
        desk_forget(d, w->work);
        return;
    }
    printf("you %s work %" JSON_INTEGER_FORMAT "%s:\n",
           w->snoozed ? "snoozed"
           : w->asked ? "are asked to join"
           : part     ? "take part in"
                      : "hold",
           w->work, w->wrap_up ? ", in wrap-up" : "");
    desk_story(context);
    if (!w->snoozed && !w->asked && !d->current && !editor_busy())
        d->current = w->work;
}

static bool show_welcome(struct desk *d, const json_t *u)
{
    size_t i;
    json_t *context;
    json_int_t current = d->current;
    if (!d->returning)
        printf("%sdesk of %s. A line is a reply to the customer; /help lists the commands.%s\n", print_dim(), d->agent,
               print_plain());
    if (!json_is_true(json_object_get(u, "resumed")))
        desk_forget_all(d);
    json_array_foreach(json_object_get(u, "contexts"), i, context) welcome_work(d, u, context);
    const struct desk_work *before = desk_work_by_id(d, current);
    if (before && !before->offered && !before->asked)
        d->current = current;
    if (d->returning)
        puts("connected again");
    d->welcomed = d->returning = true;
    cli_hush(false);
    if (!desk_send_again(d))
        return false;
    bool available = strcmp(print_text(u, "agent.presence"), "available") == 0;
    return available || desk_command(d, "presence", json_pack("{s:s}", "state", "PRESENCE_STATE_AVAILABLE"));
}

void desk_hand(const json_t *u)
{
    const char *by = print_text(u, "supervised.by"), *reason = print_text(u, "supervised.reason");
    if (*by)
        printf(", by %s", by);
    if (*by && *reason) {
        fputs(" (", stdout);
        print_safe(reason);
        putchar(')');
    }
    putchar('\n');
}

static bool show_offer(struct desk *d, const json_t *u)
{
    const json_t *context = json_object_get(u, "context");
    struct desk_work *w = desk_learn(d, json_object_get(context, "work"), context);
    desk_show_offer(d, w, u, context);
    return d->automatic ? desk_accept(d, w) : true;
}

static bool show_asked(struct desk *d, const json_t *u)
{
    const json_t *context = json_object_get(u, "context");
    struct desk_work *w = desk_learn(d, json_object_get(context, "work"), context);
    w->asked = true;
    w->epoch = print_number(u, "epoch");
    printf("%s%s asks you to join work %" JSON_INTEGER_FORMAT " (%s) within %" JSON_INTEGER_FORMAT " s%s\n",
           print_bold(), print_text(u, "by"), w->work, print_text(u, "role"), print_number(u, "expiresInMs") / 1000,
           print_plain());
    desk_story(context);
    printf("  /join or /leave\n");
    return true;
}

static bool show_joined(struct desk *d, const json_t *u)
{
    const json_t *context = json_object_get(u, "context");
    const char *role = print_text(u, "role");
    bool known = desk_work_by_id(d, print_number(u, "work.id")) != NULL;
    struct desk_work *w = desk_learn(d, json_object_get(u, "work"), context);
    w->asked = false;
    printf("%syou take part in work %" JSON_INTEGER_FORMAT ": %s%s; %s\n", print_bold(), w->work, w->name,
           print_plain(),
           strcmp(role, "invited") == 0     ? "the customer hears you"
           : strcmp(role, "listening") == 0 ? "nobody hears you"
                                            : "the customer does not hear you: /note");
    if (context && !known)
        desk_story(context);
    desk_turn(d, w);
    return true;
}

static bool show_parted(struct desk *d, const json_t *u)
{
    printf("you take part in work %s no longer: %s\n", print_text(u, "work"), print_text(u, "reason"));
    desk_forget(d, print_number(u, "work"));
    return true;
}

static bool show_assigned(struct desk *d, const json_t *u)
{
    const json_t *context = json_object_get(u, "context");
    struct desk_work *w = desk_learn(d, json_object_get(u, "work"), context);
    printf("%syou have work %" JSON_INTEGER_FORMAT ": %s%s", print_bold(), w->work, w->name, print_plain());
    desk_hand(u);
    if (context)
        desk_story(context);
    desk_turn(d, w);
    return desk_assigned(d, w);
}

static bool show_unassigned(struct desk *d, const json_t *u)
{
    struct desk_work *w = desk_work_by_id(d, print_number(u, "work"));
    bool snoozed = w && strcmp(print_text(u, "reason"), "snoozed") == 0;
    printf("work %s is %s%s", print_text(u, "work"),
           snoozed ? "put away; /wake brings it back" : "no longer yours: ", snoozed ? "" : print_text(u, "reason"));
    desk_hand(u);
    if (snoozed)
        desk_put_away(d, w);
    else
        desk_forget(d, print_number(u, "work"));
    return true;
}

// When an answer becomes due to a customer whom the agent has.
static void desk_note_due(struct desk_work *w, const json_t *u)
{
    json_int_t due = print_number(u, "due.dueMs");
    if (due && !w->due && strcmp(print_text(u, "state"), "assigned") == 0)
        printf("%s  work %" JSON_INTEGER_FORMAT ": answer due %s%s\n", print_dim(), w->work, print_due_at(due),
               print_plain());
    w->due = due;
}

static bool show_work(struct desk *d, const json_t *u)
{
    if (strcmp(print_text(u, "state"), "wrap up") == 0)
        printf("work %s is in wrap-up; /done ends it%s\n", print_text(u, "id"),
               *print_text(u, "disposition") ? "" : ", /disposition says what came of it");
    struct desk_work *w = desk_work_by_id(d, print_number(u, "id"));
    const char *agent = print_text(u, "agent");
    if (w) {
        w->wrap_up = strcmp(print_text(u, "state"), "wrap up") == 0;
        desk_note_due(w, u);
        desk_note_others(d, w, u);
    }
    const char *state = print_text(u, "state");
    bool elsewhere = w && w->snoozed && strcmp(state, "snoozed") != 0 && strcmp(state, "closed") != 0 &&
                     strcmp(agent, d->agent) != 0;
    if (elsewhere)
        printf("work %s is awake: %s%s%s, queue %s\n", print_text(u, "id"), state, *agent ? " to " : "", agent,
               print_text(u, "queue"));
    if (strcmp(state, "closed") == 0 || elsewhere)
        desk_forget(d, print_number(u, "id"));
    return true;
}

static bool show_entry(struct desk *d, const json_t *u)
{
    struct desk_work *w = desk_work_by_conversation(d, print_number(u, "conversation"));
    if (w && w->work != d->current && d->works_n > 1)
        printf("work %" JSON_INTEGER_FORMAT ":", w->work);
    print_entry(json_object_get(u, "entry"), w ? w->name : NULL);
    return true;
}

static bool show_delivery(struct desk *d, const json_t *u)
{
    (void)d;
    const char *state = print_text(u, "state");
    if (strcmp(state, "failed") == 0 || strcmp(state, "unknown") == 0)
        printf("  not delivered (%s): %s\n", state, print_text(u, "reason"));
    return true;
}

static bool show_done(struct desk *d, const json_t *u)
{
    const char *client_id = print_text(u, "clientId");
    const json_t *command = json_object_get(d->pending, client_id);
    if (json_object_get(command, "extend"))
        puts("the whole time again");
    else if (json_object_get(command, "link"))
        puts("confirmed");
    return desk_answered(d, client_id);
}

static bool show_presence(struct desk *d, const json_t *u)
{
    const char *presence = print_text(u, "presence");
    if (strcmp(print_text(u, "agent.id"), d->agent) != 0)
        return true;
    printf("%syou are %s%s%s", print_dim(), strcmp(presence, "focus") == 0 ? "in " : "", presence, print_plain());
    desk_hand(u);
    return true;
}

static bool show_error(struct desk *d, const json_t *u)
{
    if (d->returning && !d->welcomed)
        return true; // it is not there yet: the next attempt
    bool later, sent = desk_not_taken(d, print_text(u, "code"), print_text(u, "field"), &later);
    if (later)
        return sent;
    d->denied = !d->welcomed;
    if (d->denied)
        return cli_fail(CLI_NO, "%s", print_text(u, "detail")), false;
    printf("error: ");
    print_safe(print_text(u, "detail"));
    putchar('\n');
    return sent;
}

static bool show_typing(struct desk *d, const json_t *u)
{
    (void)d;
    if (json_is_true(json_object_get(u, "active")))
        printf("%s  ... is typing%s\n", print_dim(), print_plain());
    return true;
}

bool desk_message(void *ctx, const json_t *frame)
{
    static const struct {
        const char *member;
        bool (*show)(struct desk *, const json_t *);
    } kinds[] = {{"welcome", show_welcome},   {"offer", show_offer},           {"offerEnded", desk_offer_ended},
                 {"assigned", show_assigned}, {"unassigned", show_unassigned}, {"work", show_work},
                 {"done", show_done},         {"entry", show_entry},           {"delivery", show_delivery},
                 {"refused", desk_refused},   {"presence", show_presence},     {"error", show_error},
                 {"typing", show_typing},     {"queue", desk_show_queue},      {"asked", show_asked},
                 {"joined", show_joined},     {"parted", show_parted}};
    struct desk *d = ctx;
    const char *seq = json_string_value(json_object_get(frame, "seq"));
    if (seq)
        snprintf(d->last_seq, sizeof d->last_seq, "%s", seq);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const json_t *u = json_object_get(frame, kinds[i].member);
        if (u) {
            bool go_on = kinds[i].show(d, u);
            fflush(stdout);
            return go_on;
        }
    }
    return true;
}
