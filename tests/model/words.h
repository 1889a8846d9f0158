// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_MODEL_WORDS_H
#define THROUGHLINE_TESTS_MODEL_WORDS_H

// An input in words, for people. What is zero or empty is left out.

#include "routing/router.h"

// On stderr; `after` ms of the one before. restored: what follows it.
void words_print(const struct router_input *in, int64_t after, bool restored);

// Makes the k-th thing that would be told, counted from 0, zero or empty; false = there are not so many. Of a list: all of it,
// then each that is in it alone. Writes to what the input points to.
bool words_blank(struct router_input *in, size_t k);

#endif
