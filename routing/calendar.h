// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ROUTING_CALENDAR_H
#define THROUGHLINE_ROUTING_CALENDAR_H

// Times of day and the hours of calendars (calendar.c). All times are ms.

#include "routing/core.h"

// `wall` at r->at, inside a step: it is taken to have run as evenly as the other clock until now; what it was set by lies before.
int64_t calendar_now(const struct router *r);
bool calendar_is_ahead(const struct router *r, int64_t until); // later, by at most ROUTER_SNOOZE_MAX_MS
bool calendar_legal(const struct router_calendar *c);
bool calendars_legal(const struct router_calendar *v, size_t n);
bool calendar_turns_legal(const struct router_turns *t);
struct calendar *calendar_new(const struct router_calendar *def, uint64_t defined);
void calendar_bury(struct router *r, struct calendar *c);
struct calendar *calendar_find(const struct router *r, const char *name);
void calendar_set_turns(struct router *r, struct calendar *c, const struct router_turns *t);
void calendars_apply(struct router *r, const struct router_config *config);
enum router_refusal calendar_compiled(struct router *r, const struct router_input *in);
bool calendar_open(const struct calendar *c, int64_t wall); // NULL always is
void calendars_pass(struct router *r, int64_t at);          // time passes: `at` from now on
int64_t calendar_until(const struct calendar *c, int64_t wall,
                       int64_t ms);                            // how long until it has been open for so long
int64_t calendar_turn(const struct calendar *c, int64_t wall); // when it opens or closes next; 0 = not known

#endif
