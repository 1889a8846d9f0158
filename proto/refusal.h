// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_REFUSAL_H
#define THROUGHLINE_PROTO_REFUSAL_H

#include "throughline/v1/work.pb-c.h"

// What a refusal means, for people: "the work is not in a state for it". Never NULL; of a number without a name, and of UNSPECIFIED, "?".
const char *refusal_words(Throughline__V1__Refusal refusal);

#endif
