// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_DECISION_H
#define THROUGHLINE_CORE_DECISION_H

#include "routing/router.h"
#include "throughline/v1/decision.pb-c.h"

// The router's records of decisions as messages of the contract: what is kept in Redis, what the faces answer, and what is folded anew
// from the log (library tl_fold). Allocated with malloc; free with the generated free_unpacked.

struct decision_place { // what a record does not say of itself
    uint64_t work, conversation;
    uint64_t input; // 0 = as things stand
    uint32_t index;
    int64_t wall, at;
    enum router_reason reason;
};

Throughline__V1__Decision *decision_message(const struct router *r, const struct router_decision *d,
                                            const struct decision_place *place);
Throughline__V1__Candidate *decision_candidate(const struct router_candidate *k);

// The kinds of the set bits.
Throughline__V1__NoticeKind *message_notices(uint32_t bits, size_t *n);
// What any message is made of: a text, copied; skills, a list of n.
char *message_text(const char *s);
Throughline__V1__Skill **message_skills(const struct router_skill *v, size_t n);

// NULL = nobody did anything. Free with the generated free_unpacked.
Throughline__V1__Supervised *decision_supervised(const struct router_hand *h);

Throughline__V1__Wait *decision_wait(const struct router_wait *w);

// NULL = no response is or was due. Free with the generated free_unpacked.
Throughline__V1__Due *decision_due(const struct router_due *d);
// Without `passed`; decision_passed() adds it, as the router stands now: after the input that brought the work there.
Throughline__V1__Entered *decision_entered(const struct router_entered *e);
void decision_passed(Throughline__V1__Entered *m, const struct router *r, uint64_t work);
Throughline__V1__Voicemailed *decision_voicemail(const struct router_voicemail *v); // NULL = none

#endif
