// SPDX-License-Identifier: Apache-2.0
//
// The twin's calendars: open and closed are told by going through the turns from the beginning, each time anew.

#include "twin.h"

#include <string.h>

bool twin_closed(const struct twin *t, const struct twin_queue *q)
{
    for (size_t i = 0; i < t->calendars_n; i++) {
        const struct twin_calendar *c = &t->calendars[i];
        if (strcmp(c->name, q->calendar) != 0 || !c->known || t->wall >= c->until)
            continue;
        bool open = c->open;
        for (size_t k = 0; k < c->turns_n && c->turns[k] <= t->wall; k++)
            open = !open;
        return !open;
    }
    return false;
}

static void words(const struct router_calendar *c, char *to)
{
    strcpy(to, c->zone);
    for (size_t i = 0; i < c->hours_n; i++)
        strcat(strcat(to, "|"), c->hours[i]);
    strcat(to, "|but");
    for (size_t i = 0; i < c->holidays_n; i++)
        strcat(strcat(to, "|"), c->holidays[i]);
}

void twin_calendars(struct twin *t, const struct router_config *config)
{
    struct twin_calendar fresh[TWIN_HOURS];
    for (size_t i = 0; i < config->calendars_n; i++) {
        struct twin_calendar *c = &fresh[i];
        memset(c, 0, sizeof *c);
        twin_name(c->name, config->calendars[i].name);
        for (size_t k = 0; k < t->calendars_n; k++) {
            if (strcmp(t->calendars[k].name, c->name) == 0)
                *c = t->calendars[k];
        }
        char now[TWIN_TEXT];
        words(&config->calendars[i], now);
        if (!c->defined || strcmp(c->words, now) != 0)
            c->defined = t->input;
        strcpy(c->words, now);
    }
    memcpy(t->calendars, fresh, config->calendars_n * sizeof *fresh);
    t->calendars_n = config->calendars_n;
}

bool twin_calendar(struct twin *t, const struct router_input *in)
{
    for (size_t i = 0; i < t->calendars_n; i++) {
        struct twin_calendar *c = &t->calendars[i];
        if (strcmp(c->name, in->calendar.name) != 0 || c->defined != in->calendar.defined)
            continue;
        const struct router_turns *turns = &in->calendar.turns;
        c->known = true;
        c->open = turns->open;
        c->until = turns->until;
        c->turns_n = turns->turns_n;
        if (c->turns_n)
            memcpy(c->turns, turns->turns, c->turns_n * sizeof *c->turns);
        return true;
    }
    return false;
}
