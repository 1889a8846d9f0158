// SPDX-License-Identifier: Apache-2.0
// Refusals in words, for the command line, terminal desks and the details of problem documents. Not their names, which are names.h's.
#include "proto/refusal.h"

#include <stddef.h>

static const char *const words[] = {
    [THROUGHLINE__V1__REFUSAL__REFUSAL_UNKNOWN_WORK] = "no such work is open",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_NOT_YOURS] = "another agent has the work, or nobody has",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_OFFER_ENDED] = "the offer has ended, or a colleague was faster",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_UNKNOWN_AGENT] = "no agent has this id",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_UNKNOWN_QUEUE] = "no queue has this name",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_UNKNOWN_SESSION] = "the desk's session is not known, or is another agent's",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_WRONG_STATE] =
        "not as things stand: it is so already, or its state does not allow it",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_NO_CHANNEL] = "the customer cannot be reached there",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_FULL] = "a limit is reached",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_INVALID] = "that cannot be meant, like a transfer to oneself",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_NO_DISPOSITION] = "the queue wants one of its dispositions",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_UNKNOWN_TEAM] = "no agent is of this team",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_AGENT_ABSENT] = "this agent is not available",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_AGENT_CHANNEL] = "this agent does not take a channel of the work",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_AGENT_UNFIT] = "this agent lacks what the queue always requires",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_AGENT_FULL] = "this agent has no room",
    [THROUGHLINE__V1__REFUSAL__REFUSAL_NOBODY] =
        "nobody can be asked: available, on these channels, with room, and not asked in vain already",
};

const char *refusal_words(Throughline__V1__Refusal refusal)
{
    size_t i = (size_t)refusal;
    return i < sizeof words / sizeof *words && words[i] ? words[i] : "?";
}
