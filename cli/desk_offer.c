// SPDX-License-Identifier: Apache-2.0
// Offers at a terminal desk: shown, accepted, declined, ended; and to which work typed lines go. They follow what the agent does, not what
// happens to them: nobody's words end up with another customer because one came or went while they were being typed.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/desk.h"
#include "cli/editor.h"
#include "cli/print.h"
#include "proto/refusal.h"

// ---- whom lines go to ----

// The agent asked for it, or lines go nowhere and none is half typed.
static void turn_to(struct desk *d, const struct desk_work *w)
{
    if (d->wanted == w->work || (!d->current && !editor_busy()))
        d->current = w->work;
}

void desk_turn(struct desk *d, const struct desk_work *w)
{
    turn_to(d, w);
    if (d->wanted == w->work)
        d->wanted = 0;
    if (d->current != w->work)
        printf("  /switch %" JSON_INTEGER_FORMAT " to write there\n", w->work);
}

void desk_turn_away(struct desk *d, const struct desk_work *from)
{
    if (d->current != from->work)
        return;
    d->current = 0;
    for (size_t i = 0; i < d->works_n && !d->current && !editor_busy(); i++) {
        const struct desk_work *w = &d->works[i];
        if (w != from && !w->offered && !w->snoozed && !w->asked)
            d->current = w->work;
    }
}

const char *desk_prompt(void *ctx)
{
    struct desk *d = ctx;
    const struct desk_work *w = desk_work_by_id(d, d->current);
    return w ? w->name : "";
}

// ---- what is offered ----

static size_t offers(const struct desk *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->works_n; i++)
        n += d->works[i].offered && !d->works[i].accepted;
    return n;
}

void desk_show_offer(struct desk *d, struct desk_work *w, const json_t *offer, const json_t *context)
{
    w->offered = true;
    w->snoozed = false;
    w->epoch = print_number(offer, "epoch");
    const char *former = print_text(offer, "formerAgent"), *due = print_due(print_member(context, "work.due"));
    printf("%soffer: work %" JSON_INTEGER_FORMAT " (%s, queue %s) for %" JSON_INTEGER_FORMAT " s%s%s%s%s%s%s\n",
           print_bold(), w->work, print_text(offer, "reason"), print_text(context, "work.queue"),
           (print_number(offer, "expiresInMs") + 500) / 1000, *due ? ", answer due " : "", due,
           *former ? ", before with " : "", former,
           json_is_true(print_member(offer, "why.known")) ? ", you know this customer" : "", print_plain());
    desk_story(context);
    if (!d->automatic && offers(d) == 1)
        puts("  /accept or /decline");
    else if (!d->automatic)
        printf("  /accept %" JSON_INTEGER_FORMAT " or /decline %" JSON_INTEGER_FORMAT "\n", w->work, w->work);
}

bool desk_offer_ended(struct desk *d, const json_t *u)
{
    const char *reason = print_text(u, "reason");
    if (strcmp(reason, "accepted") == 0)
        return true;
    printf("the offer of work %s ended: %s", print_text(u, "work"), reason);
    desk_hand(u);
    desk_forget(d, print_number(u, "work"));
    return true;
}

bool desk_accept(struct desk *d, struct desk_work *w)
{
    turn_to(d, w);
    w->accepted = d->sent + 1;
    return desk_command(d, "accept", json_pack("{s:I, s:I}", "work", w->work, "epoch", w->epoch));
}

bool desk_assigned(struct desk *d, struct desk_work *w)
{
    size_t i;
    json_t *line, *held = w->held;
    bool sent = true;
    w->offered = false;
    w->accepted = 0;
    w->held = NULL;
    json_array_foreach(held, i, line) sent = sent && desk_send(d, w, json_string_value(line), NULL);
    json_decref(held);
    return sent;
}

void desk_not_accepted(struct desk *d, struct desk_work *w)
{
    size_t i;
    json_t *line;
    json_array_foreach(w->held, i, line)
    {
        fputs("not sent: ", stdout);
        print_safe(json_string_value(line));
        putchar('\n');
    }
    json_decref(w->held);
    w->held = NULL;
    w->accepted = 0;
    desk_turn_away(d, w);
}

// ---- lines ----

// The offer whose work is the line's first word, which is skipped then; else the one that rings longest. NULL after having told why.
static struct desk_work *line_offer(struct desk *d, char **rest)
{
    char *end = *rest;
    json_int_t id = isdigit((unsigned char)**rest) ? strtoll(*rest, &end, 10) : 0;
    bool named = end != *rest && (!*end || *end == ' ');
    for (size_t i = 0; i < d->works_n; i++) {
        struct desk_work *w = &d->works[i];
        if (!w->offered || w->accepted || (named && w->work != id))
            continue;
        *rest = named ? end + strspn(end, " ") : *rest;
        return w;
    }
    if (named)
        printf("work %" JSON_INTEGER_FORMAT " is not offered to you; /list shows what is\n", id);
    else
        puts("nothing is offered to you");
    return NULL;
}

bool desk_line_accept(struct desk *d, char *rest)
{
    struct desk_work *w = line_offer(d, &rest);
    if (!w)
        return true;
    if (*rest) {
        puts("/accept [WORK]");
        return true;
    }
    d->wanted = w->work;
    return desk_accept(d, w);
}

bool desk_line_decline(struct desk *d, char *rest)
{
    struct desk_work *w = line_offer(d, &rest);
    return !w ||
           desk_command(d, "decline", json_pack("{s:I, s:I, s:s}", "work", w->work, "epoch", w->epoch, "reason", rest));
}

// ---- refused ----

void desk_accept_failed(struct desk *d, const char *client_id)
{
    for (size_t i = 0; *client_id && i < d->works_n; i++)
        if (d->works[i].accepted && d->works[i].accepted == strtoul(client_id + 1, NULL, 10))
            desk_not_accepted(d, &d->works[i]);
}

bool desk_refused(struct desk *d, const json_t *u)
{
    bool sent = desk_answered(d, print_text(u, "clientId"));
    const char *detail = print_text(u, "detail");
    const char *reason = json_string_value(json_object_get(u, "reason"));
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value_by_name(&throughline__v1__refusal__descriptor, reason ? reason : "");
    bool stands = v && (v->value == THROUGHLINE__V1__REFUSAL__REFUSAL_NOT_YOURS ||
                        v->value == THROUGHLINE__V1__REFUSAL__REFUSAL_WRONG_STATE);
    printf("refused: %s%s%s%s\n", refusal_words(v ? (Throughline__V1__Refusal)v->value : 0), *detail ? ": " : "",
           detail, stands ? "; /list shows how it stands, and /note speaks to colleagues" : "");
    desk_accept_failed(d, print_text(u, "clientId"));
    return sent;
}
