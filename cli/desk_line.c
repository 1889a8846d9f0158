// SPDX-License-Identifier: Apache-2.0
// What an agent types at a terminal desk: a plain line is a reply, a line with a slash is one command of the table.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/desk.h"
#include "cli/print.h"

#define LINE_BLANKS " \t"

struct desk_work *desk_in_wrap_up(struct desk *d)
{
    struct desk_work *w = desk_work_by_id(d, d->current);
    for (size_t i = 0; !(w && w->wrap_up) && i < d->works_n; i++)
        if (d->works[i].wrap_up)
            return &d->works[i];
    return w;
}

static bool line_none(const char *what)
{
    printf("%s\n", what);
    return true;
}

bool desk_send(struct desk *d, const struct desk_work *w, const char *text, const char *channel)
{
    json_t *body = json_pack("{s:I, s:{s:s}}", "conversation", w->conversation, "message", "text", text);
    if (channel)
        json_object_set_new(body, "channel", json_string(channel));
    return desk_command(d, "send", body);
}

static bool desk_say(struct desk *d, const char *text, const char *channel)
{
    struct desk_work *w = desk_work_by_id(d, d->current);
    if (!w)
        return line_none(
            d->works_n ? "not sent: it is for nobody; /list shows your work, /accept or /switch WORK takes you there"
                       : "not sent: you have no conversation; wait for an offer");
    if (w->accepted && !channel) {
        if (!w->held)
            w->held = json_array();
        json_array_append_new(w->held, json_string(text));
        return true;
    }
    return desk_send(d, w, text, channel);
}

static bool line_by(struct desk *d, char *rest)
{
    static const char *const channels[][2] = {
        {"chat", "CHANNEL_CHAT"}, {"sms", "CHANNEL_SMS"}, {"email", "CHANNEL_EMAIL"}, {"social", "CHANNEL_SOCIAL"}};
    char *text = strchr(rest, ' ');
    for (size_t i = 0; text && i < 4; i++)
        if (strlen(channels[i][0]) == (size_t)(text - rest) && memcmp(rest, channels[i][0], (size_t)(text - rest)) == 0)
            return desk_say(d, text + 1, channels[i][1]);
    return line_none("/by chat|sms|email|social TEXT");
}

static bool line_note(struct desk *d, char *rest)
{
    struct desk_work *w = desk_work_by_id(d, d->current);
    if (!*rest)
        return line_none("/note TEXT");
    return w ? desk_command(d, "note", json_pack("{s:I, s:s}", "conversation", w->conversation, "text", rest))
             : line_none("you have no conversation");
}

static bool line_done(struct desk *d, char *rest)
{
    struct desk_work *w = *rest ? desk_work_by_id(d, strtoll(rest, NULL, 10)) : desk_in_wrap_up(d);
    return w ? desk_command(d, "wrapUpDone", json_pack("{s:I}", "work", w->work)) : line_none("nothing is in wrap-up");
}

static bool line_more(struct desk *d, char *rest)
{
    struct desk_work *w = *rest ? desk_work_by_id(d, strtoll(rest, NULL, 10)) : NULL;
    for (size_t i = 0; !*rest && !w && i < d->works_n; i++)
        if (d->works[i].offered && !d->works[i].accepted)
            w = &d->works[i];
    if (!*rest && !w)
        w = desk_in_wrap_up(d);
    return w ? desk_command(d, "extend", json_pack("{s:I}", "work", w->work))
             : line_none("nothing is offered or in wrap-up");
}

static bool line_transfer(struct desk *d, char *rest)
{
    struct desk_work *w = desk_work_by_id(d, d->current);
    char *to = strchr(rest, ' ');
    if (!w || !to ||
        (strncmp(rest, "queue ", 6) != 0 && strncmp(rest, "agent ", 6) != 0 && strncmp(rest, "team ", 5) != 0))
        return line_none("/transfer queue NAME | agent ID | team NAME");
    *to++ = 0;
    return desk_command(d, "transfer", json_pack("{s:I, s:s}", "work", w->work, rest, to));
}

static bool line_switch(struct desk *d, char *rest)
{
    struct desk_work *w = desk_work_by_id(d, strtoll(rest, NULL, 10));
    if (!w)
        return line_none("/switch WORK; /list shows them");
    d->current = w->work;
    printf("now with %s\n", w->name);
    return true;
}

static bool line_list(struct desk *d, char *rest)
{
    (void)rest;
    for (size_t i = 0; i < d->works_n; i++)
        printf("%s work %" JSON_INTEGER_FORMAT "  conversation %" JSON_INTEGER_FORMAT "  %s%s%s%s\n",
               d->works[i].work == d->current ? "*" : " ", d->works[i].work, d->works[i].conversation, d->works[i].name,
               d->works[i].offered   ? "  (offered)"
               : d->works[i].asked   ? "  (asked to join)"
               : d->works[i].snoozed ? "  (snoozed)"
               : d->works[i].wrap_up ? "  (in wrap-up)"
                                     : "",
               d->works[i].due ? "  answer due " : "", d->works[i].due ? print_due_at(d->works[i].due) : "");
    return d->works_n ? true : line_none("nothing");
}

static bool line_confirm(struct desk *d, char *rest)
{
    struct desk_work *w = desk_work_by_id(d, d->current);
    if (!w || !*rest)
        return line_none("/confirm HANDLE");
    return desk_command(d, "link", json_pack("{s:I, s:s}", "customer", w->customer, "confirm", rest));
}

static bool line_available(struct desk *d, char *rest)
{
    (void)rest;
    return desk_command(d, "presence", json_pack("{s:s}", "state", "PRESENCE_STATE_AVAILABLE"));
}

static bool line_away(struct desk *d, char *rest)
{
    (void)rest;
    return desk_command(d, "presence", json_pack("{s:s}", "state", "PRESENCE_STATE_AWAY"));
}

static bool line_focus(struct desk *d, char *rest)
{
    (void)rest;
    return desk_command(d, "presence", json_pack("{s:s}", "state", "PRESENCE_STATE_FOCUS"));
}

static bool line_drain(struct desk *d, char *rest)
{
    (void)rest;
    return desk_command(d, "presence", json_pack("{s:s}", "state", "PRESENCE_STATE_DRAINING"));
}

static bool line_quit(struct desk *d, char *rest)
{
    (void)d;
    (void)rest;
    return false;
}

static bool line_help(struct desk *d, char *rest);

static const struct {
    const char *name, *help;
    bool (*run)(struct desk *, char *rest);
} line_commands[] = {
    {"accept", "[WORK]  take the offer", desk_line_accept},
    {"decline", "[WORK] [REASON]  leave it to others", desk_line_decline},
    {"by", "CHANNEL TEXT  reply by another channel", line_by},
    {"note", "TEXT  a note only agents see", line_note},
    {"transfer", "queue NAME | agent ID | team NAME", line_transfer},
    {"consult", "queue NAME | agent ID | team NAME  the customer does not hear them", desk_line_consult},
    {"invite", "queue NAME | agent ID | team NAME  into the conversation", desk_line_invite},
    {"join", "[WORK]  what you are asked to", desk_line_join},
    {"leave", "[WORK]  what you joined, or do not want to", desk_line_leave},
    {"dismiss", "AGENT  who joined, or was asked", desk_line_dismiss},
    {"handover", "AGENT  your work, to one who joined", desk_line_hand_over},
    {"listen", "WORK  another's, as a supervisor: nobody hears you", desk_line_listen},
    {"whisper", "[WORK]  likewise: agents hear you, the customer does not", desk_line_whisper},
    {"barge", "[WORK]  likewise: the customer hears you, too", desk_line_barge},
    {"takeover", "[WORK]  likewise: it is yours from now on", desk_line_take_over},
    {"close", "[unresolved] [DISPOSITION]  as much of the word as tells it apart", desk_line_close},
    {"disposition", "[unresolved] [DISPOSITION]  in wrap-up: what came of it after all", desk_line_disposition},
    {"done", "[WORK]  end the wrap-up", line_done},
    {"snooze", "30m | 4h | 3d | HH:MM | YYYY-MM-DD HH:MM  put it away until then", desk_line_snooze},
    {"wake", "WORK  what you snoozed, back now", desk_line_wake},
    {"more", "[WORK]  the whole time of the offer or wrap-up again", line_more},
    {"list", "your work", line_list},
    {"queues", "who waits where, and for how long", desk_line_queues},
    {"switch", "WORK  lines go there from now on", line_switch},
    {"confirm", "HANDLE  it is this customer's, on your word", line_confirm},
    {"available", "you may be offered work", line_available},
    {"away", "nothing new, please", line_away},
    {"focus", "deep work: nothing new for a while, your place kept", line_focus},
    {"drain", "finish what is at hand, nothing new, then away", line_drain},
    {"quit", "log out", line_quit},
    {"help", "this list", line_help},
};

static bool line_help(struct desk *d, char *rest)
{
    (void)d;
    (void)rest;
    for (size_t i = 0; i < sizeof line_commands / sizeof *line_commands; i++)
        printf("  /%-11s %s\n", line_commands[i].name, line_commands[i].help);
    return true;
}

bool desk_line(void *ctx, char *line)
{
    struct desk *d = ctx;
    if (!line)
        return false;
    if (line[0] != '/')
        return print_blank(line) ? true : desk_say(d, line, NULL);
    size_t len = strcspn(line + 1, LINE_BLANKS);
    char *rest = line + 1 + len, *end = rest + strlen(rest);
    while (end > rest && strchr(LINE_BLANKS, end[-1]))
        *--end = '\0';
    rest += strspn(rest, LINE_BLANKS);
    bool go_on = true, found = false;
    for (size_t i = 0; !found && i < sizeof line_commands / sizeof *line_commands; i++) {
        found = strlen(line_commands[i].name) == len && memcmp(line_commands[i].name, line + 1, len) == 0;
        if (found)
            go_on = line_commands[i].run(d, rest);
    }
    if (!found)
        printf("unknown command; /help lists them\n");
    fflush(stdout);
    return go_on;
}
