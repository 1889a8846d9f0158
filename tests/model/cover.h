// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_COVER_H
#define THROUGHLINE_TESTS_MODEL_COVER_H

// Which values of every enum a run has come to, so that none is left out unnoticed.

#include "twin.h"

enum cover_of {
    COVER_INPUT,
    COVER_HAPPENED,
    COVER_ACT_DONE,
    COVER_ACT_REFUSED,
    COVER_SUPERVISION_DONE,
    COVER_SUPERVISION_REFUSED,
    COVER_LEARNED,
    COVER_EFFECT,
    COVER_REASON,
    COVER_REFUSAL,
    COVER_STATE,
    COVER_PRESENCE,
    COVER_EXCLUSION,
    COVER_CHANGE,
    COVER_BEHIND,
    COVER_SELECT,
    COVER_ORDER,
    COVER_WAIT,
    COVER_CAME, // of an estimated wait
    COVER_DECISION,
    COVER_CAUSE, // of an overflow or a step
    COVER_RESPONSE,
    COVER_FIRST, // response, whether in time
    COVER_NEXT,
    COVER_NOTICE,
    COVER_CALLBACK,
    COVER_OVERFLOW,
    COVER_VOICEMAIL,
    COVER_ENTRY,   // what was met of a rule that let work in,
    COVER_PASSED,  // ... what was not of one that did not,
    COVER_SAID_BY, // ... and who said it of an attribute
    COVER_HOURS,
    COVER_TIMER,
    COVERS, // size of tables
};

enum cover_callback { CALLBACK_ASKED, CALLBACK_REACHED, CALLBACK_UNREACHED, CALLBACK_WAYS };
enum cover_came { CAME_INSIDE, CAME_BELOW, CAME_ABOVE, CAME_UNKNOWN, CAME_KINDS };

// Counts what went in, what came of it and what it left. `r`: the router after the step, `t`: its twin.
void cover_step(const struct router_input *in, const struct router_effects *out, const struct router *r,
                const struct twin *t);
void cover(enum cover_of what, int value);
// Whether the router tells what its twin tells of how this work came to its queue (entry.c).
bool entry_agrees(const struct router *r, const struct router_work_view *v, const struct twin_work *w, uint64_t input);
const char *cover_name(enum cover_of what, int value); // NULL = there is no such value

// Whether every value of every enum was reached; prints those that were not, and those that have no name here.
bool cover_complete(void);
void cover_rarest(void); // prints what was reached the fewest times

#endif
