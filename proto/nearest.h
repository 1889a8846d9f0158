// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_NEAREST_H
#define THROUGHLINE_PROTO_NEAREST_H

// "Did you mean": the candidate nearest to a mistyped word, by insertions, deletions, replacements and swaps of
// neighbours. Words longer than NEAREST_MAX never match.

#include <stddef.h>

#define NEAREST_MAX 64

struct nearest {
    const char *word; // the caller's
    size_t distance;
    char best[NEAREST_MAX + 1];
};

struct nearest nearest_begin(const char *word);

// Considers a candidate; the first of equally near ones stays.
void nearest_offer(struct nearest *n, const char *candidate);

// NULL when nothing was near enough to be a likely slip; else a word inside *n.
const char *nearest_best(const struct nearest *n);

#endif
