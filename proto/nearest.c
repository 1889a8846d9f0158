// SPDX-License-Identifier: Apache-2.0
// Edit distance (optimal string alignment) on three rows of fixed size. Pure, no allocation, cannot fail.
#include "proto/nearest.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t an, const char *b, size_t bn)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= bn; j++)
        above[j] = j;
    for (size_t i = 1; i <= an; i++) {
        row[0] = i;
        for (size_t j = 1; j <= bn; j++) {
            size_t replace = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(replace, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[bn];
}

struct nearest nearest_begin(const char *word)
{
    return (struct nearest){.word = word, .distance = 1 + strlen(word) / 3 + 1};
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    size_t wn = strlen(n->word), cn = strlen(candidate);
    if (wn == 0 || wn > NEAREST_MAX || cn == 0 || cn > NEAREST_MAX)
        return;
    size_t d = distance(n->word, wn, candidate, cn);
    if (d >= n->distance || d >= cn)
        return;
    n->distance = d;
    memcpy(n->best, candidate, cn + 1);
}

const char *nearest_best(const struct nearest *n)
{
    return n->best[0] != '\0' ? n->best : NULL;
}
