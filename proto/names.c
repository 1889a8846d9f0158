// SPDX-License-Identifier: Apache-2.0
// The words are made once from the enum descriptors, whose numbers run from 0 without gaps (asserted), into fixed tables.
#include "proto/names.h"

#include <assert.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <threads.h>

#define WORDS_MAX 32
#define WORD_MAX  24

enum table {
#define TABLE(name, type, descriptor, prefix) TABLE_##name,
    NAMES_ENUMS(TABLE)
#undef TABLE
        TABLES
};

static const struct {
    const ProtobufCEnumDescriptor *descriptor;
    const char *prefix;
} sources[] = {
#define SOURCE(name, type, descriptor, prefix) {&(descriptor), prefix},
    NAMES_ENUMS(SOURCE)
#undef SOURCE
};

static char words[TABLES][WORDS_MAX][WORD_MAX];
static once_flag once = ONCE_FLAG_INIT;

static void words_make(void)
{
    for (size_t t = 0; t < TABLES; t++) {
        const ProtobufCEnumDescriptor *d = sources[t].descriptor;
        size_t skip = strlen(sources[t].prefix);
        assert(d->n_values <= WORDS_MAX);
        for (unsigned i = 0; i < d->n_values; i++) {
            const char *name = d->values[i].name;
            assert(d->values[i].value == (int)i && strncmp(name, sources[t].prefix, skip) == 0);
            assert(strlen(name + skip) < WORD_MAX);
            for (size_t k = 0; name[skip + k] != '\0'; k++)
                words[t][i][k] = (char)tolower((unsigned char)name[skip + k]);
        }
    }
}

static const char *word_of(enum table t, long value)
{
    call_once(&once, words_make);
    return value >= 0 && value < (long)sources[t].descriptor->n_values ? words[t][value] : "?";
}

static int value_of(enum table t, const char *word)
{
    call_once(&once, words_make);
    for (unsigned i = 0; i < sources[t].descriptor->n_values; i++) {
        if (strcmp(words[t][i], word) == 0)
            return (int)i;
    }
    return 0;
}

#define DEFINE(name, type, descriptor, prefix)                                                                         \
    const char *name##_name(type value)                                                                                \
    {                                                                                                                  \
        return word_of(TABLE_##name, (long)value);                                                                     \
    }                                                                                                                  \
    type name##_from_name(const char *word)                                                                            \
    {                                                                                                                  \
        return (type)value_of(TABLE_##name, word);                                                                     \
    }
NAMES_ENUMS(DEFINE)
