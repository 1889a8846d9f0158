// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_SUPERVISE_H
#define THROUGHLINE_FACES_SUPERVISE_H

// What the back office and the desks of supervisors have in common: the form of what they ask for, who says it, and the trail.

#include "daemon/faces/face.h"
#include "throughline/v1/supervise.pb-c.h"

// What is wrong with its form, and the field; NULL = nothing. Whether it can be done is judged in the fold. `own`: the agent of whoever
// asks, "" = none; who comes to work themselves is named in it from then on.
const char *supervise_wrong(const struct face *face, Throughline__V1__Supervise *s, const char *own,
                            const char **field);
// By whom: their agent, or else their token; cut to what the router takes.
void supervise_by(const struct auth_identity *who, char by[ROUTER_NAME_MAX + 1]);
void supervise_audit(const struct face *face, const struct auth_identity *who, const Throughline__V1__Supervise *s);

#endif
