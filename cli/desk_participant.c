// SPDX-License-Identifier: Apache-2.0
// Lines of a terminal desk by which several agents come to one work: the holder consults and invites, who is asked joins or leaves, and
// the work is handed over to who has joined. A supervisor listens, whispers, barges in or takes it over.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/desk.h"
#include "cli/print.h"

static bool participant_ask(struct desk *d, const char *command, char *rest)
{
    struct desk_work *w = desk_work_by_id(d, d->current);
    char *to = strchr(rest, ' ');
    if (!w || !to ||
        (strncmp(rest, "queue ", 6) != 0 && strncmp(rest, "agent ", 6) != 0 && strncmp(rest, "team ", 5) != 0)) {
        printf("/%s queue NAME | agent ID | team NAME\n", command);
        return true;
    }
    *to++ = 0;
    return desk_command(d, command, json_pack("{s:I, s:s}", "work", w->work, rest, to));
}

bool desk_line_consult(struct desk *d, char *rest)
{
    return participant_ask(d, "consult", rest);
}

bool desk_line_invite(struct desk *d, char *rest)
{
    return participant_ask(d, "invite", rest);
}

// The work named, else the first that the agent is asked to.
static struct desk_work *participant_asked(struct desk *d, const char *rest)
{
    if (*rest)
        return desk_work_by_id(d, strtoll(rest, NULL, 10));
    for (size_t i = 0; i < d->works_n; i++)
        if (d->works[i].asked)
            return &d->works[i];
    return NULL;
}

bool desk_line_join(struct desk *d, char *rest)
{
    struct desk_work *w = participant_asked(d, rest);
    if (!w) {
        puts("nobody asks you to join");
        return true;
    }
    d->wanted = w->work;
    return desk_command(d, "join", json_pack("{s:I, s:I}", "work", w->work, "epoch", w->epoch));
}

bool desk_line_leave(struct desk *d, char *rest)
{
    struct desk_work *w = participant_asked(d, rest);
    w = w ? w : desk_work_by_id(d, d->current);
    if (!w) {
        puts("/leave [WORK]; /list shows them");
        return true;
    }
    return desk_command(d, "leave", json_pack("{s:I}", "work", w->work));
}

static bool participant_name(struct desk *d, const char *line, const char *command, const char *agent)
{
    struct desk_work *w = desk_work_by_id(d, d->current);
    if (!w || !*agent) {
        printf("/%s AGENT\n", line);
        return true;
    }
    return desk_command(d, command, json_pack("{s:I, s:s}", "work", w->work, "agent", agent));
}

bool desk_line_dismiss(struct desk *d, char *rest)
{
    return participant_name(d, "dismiss", "dismiss", rest);
}

bool desk_line_hand_over(struct desk *d, char *rest)
{
    return participant_name(d, "handover", "handOver", rest);
}

// ---- supervisors ----

// The work named, else the one that lines go to.
static bool participant_supervise(struct desk *d, const char *line, const char *act, const char *rest)
{
    json_int_t work = *rest ? strtoll(rest, NULL, 10) : d->current;
    if (work <= 0) {
        printf("/%s WORK\n", line);
        return true;
    }
    d->wanted = work;
    return desk_command(d, "supervise", json_pack("{s:s, s:I}", "act", act, "work", work));
}

bool desk_line_listen(struct desk *d, char *rest)
{
    return participant_supervise(d, "listen", "SUPERVISION_LISTEN", rest);
}

bool desk_line_whisper(struct desk *d, char *rest)
{
    return participant_supervise(d, "whisper", "SUPERVISION_WHISPER", rest);
}

bool desk_line_barge(struct desk *d, char *rest)
{
    return participant_supervise(d, "barge", "SUPERVISION_BARGE", rest);
}

bool desk_line_take_over(struct desk *d, char *rest)
{
    return participant_supervise(d, "takeover", "SUPERVISION_TAKE_OVER", rest);
}

void desk_note_others(const struct desk *d, struct desk_work *w, const json_t *work)
{
    char with[sizeof w->with] = "";
    size_t i, n = 0;
    json_t *p;
    json_array_foreach(json_object_get(work, "participants"), i, p)
    {
        const char *agent = print_text(p, "agent");
        bool joined = json_is_true(json_object_get(p, "joined"));
        if (strcmp(agent, d->agent) != 0 && n < sizeof with)
            n += (size_t)snprintf(with + n, sizeof with - n, "%s%s is %s%s", n ? ", " : "", agent,
                                  joined ? "" : "asked, ", print_text(p, "role"));
    }
    if (strcmp(with, w->with) != 0)
        printf("work %" JSON_INTEGER_FORMAT ": %s\n", w->work, *with ? with : "no colleague takes part any more");
    memcpy(w->with, with, sizeof with);
}

bool desk_takes_part(const struct desk *d, struct desk_work *w, const json_t *work)
{
    size_t i;
    json_t *p;
    json_array_foreach(json_object_get(work, "participants"), i, p)
    {
        if (strcmp(print_text(p, "agent"), d->agent) != 0)
            continue;
        w->asked = !json_is_true(json_object_get(p, "joined"));
        w->epoch = print_number(p, "epoch");
        return true;
    }
    return false;
}
