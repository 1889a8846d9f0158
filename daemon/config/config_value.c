// SPDX-License-Identifier: Apache-2.0
// Values of the configuration: one reader per type, in a table, with how to free and compare it. A wrong value is reported
// with its place and what would be right; secrets are never quoted. Texts are config_text.c's.
#include "daemon/config/config_private.h"

#include "daemon/base/loop.h"
#include "proto/nearest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct config_place setting_place(const struct toml_node *node)
{
    struct config_place place;
    toml_place(node, &place.line, &place.column);
    return place;
}

bool setting_wrong_type(const struct setting *v, const struct toml_node *node, const char *expected)
{
    static const char *const names[] = {
        [TOML_TABLE] = "a table",    [TOML_ARRAY] = "a list",     [TOML_STRING] = "a text", [TOML_INTEGER] = "a number",
        [TOML_FLOAT] = "a fraction", [TOML_BOOLEAN] = "a switch", [TOML_TIME] = "a time",
    };
    errors_add(v->errs, setting_place(node), "%s is %s (expected %s)", v->name, names[toml_type(node)], expected);
    return false;
}

// ---- numbers, switches, choices ----

static bool read_integer(const struct setting *v, void *slot)
{
    int64_t n;
    if (!toml_integer(v->node, &n)) {
        char expected[96];
        snprintf(expected, sizeof expected, "a whole number from %" PRId64 " to %" PRId64, v->key->min, v->key->max);
        return setting_wrong_type(v, v->node, expected);
    }
    if (n < v->key->min || n > v->key->max) {
        errors_add(v->errs, setting_place(v->node), "%s is %" PRId64 " (must be from %" PRId64 " to %" PRId64 ")",
                   v->name, n, v->key->min, v->key->max);
        return false;
    }
    *(int64_t *)slot = n;
    return true;
}

// Thousandths; a whole number is fine, too.
static bool read_decimal(const struct setting *v, void *slot)
{
    int64_t n;
    double x;
    char expected[96];
    snprintf(expected, sizeof expected, "a number from %.10g to %.10g", (double)v->key->min / 1000,
             (double)v->key->max / 1000);
    if (!toml_number(v->node, &x))
        return setting_wrong_type(v, v->node, expected);
    n = x >= 0 && x <= 1e9 ? (int64_t)(x * 1000 + 0.5) : -1;
    if (n < v->key->min || n > v->key->max) {
        errors_add(v->errs, setting_place(v->node), "%s is out of bounds (must be %s)", v->name, expected);
        return false;
    }
    *(int64_t *)slot = n;
    return true;
}

static bool read_switch(const struct setting *v, void *slot)
{
    return toml_boolean(v->node, slot) || setting_wrong_type(v, v->node, "true or false");
}

// The position of `s` among words parted by '|'; -1 = none, with the nearest in *near.
static int word_index(const char *words, const char *s, struct nearest *near)
{
    int index = 0;
    for (const char *w = words;; index++) {
        size_t n = strcspn(w, "|");
        char word[32] = "";
        memcpy(word, w, n);
        if (strcmp(word, s) == 0)
            return index;
        nearest_offer(near, word);
        if (w[n] == '\0')
            return -1;
        w += n + 1;
    }
}

// `"a" or "b"` of a|b.
static void words_print(const char *words, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "\"");
    for (const char *w = words; *w != '\0'; w++)
        n += (size_t)(*w == '|' ? snprintf(out + n, size - n, strchr(w + 1, '|') ? "\", \"" : "\" or \"")
                                : snprintf(out + n, size - n, "%c", *w));
    snprintf(out + n, size - n, "\"");
}

static int take_word(const struct setting *v, const struct toml_node *node, const char *words)
{
    char expected[CONFIG_KIND_WORDS];
    words_print(words, expected, sizeof expected);
    const char *s;
    size_t len;
    if (!toml_string(node, &s, &len)) {
        setting_wrong_type(v, node, expected);
        return -1;
    }
    struct nearest near = nearest_begin(s);
    int index = strlen(s) == len ? word_index(words, s, &near) : -1;
    if (index >= 0)
        return index;
    const char *best = nearest_best(&near);
    if (best != NULL)
        errors_add(v->errs, setting_place(node), "%s is not right (expected %s; did you mean \"%s\"?)", v->name,
                   expected, best);
    else
        errors_add(v->errs, setting_place(node), "%s is not right (expected %s)", v->name, expected);
    return -1;
}

const char *setting_words(const struct config_key *key)
{
    return key->type == CONFIG_KIND ? adapter_kinds() : key->words;
}

static bool read_choice(const struct setting *v, void *slot)
{
    int index = take_word(v, v->node, setting_words(v->key));
    if (index >= 0)
        *(int *)slot = index;
    return index >= 0;
}

static const char channel_words[] = "chat|sms|email|voice|social"; // Throughline__V1__Channel 1 to 5

static bool read_channel(const struct setting *v, void *slot)
{
    int index = take_word(v, v->node, channel_words);
    if (index >= 0)
        *(int *)slot = index + 1;
    return index >= 0;
}

// ---- lists ----

static bool is_list(const struct setting *v, const char *expected)
{
    if (toml_type(v->node) != TOML_ARRAY)
        return setting_wrong_type(v, v->node, expected);
    size_t n = toml_count(v->node);
    if ((int64_t)n >= v->key->min && (int64_t)n <= v->key->max)
        return true;
    errors_add(v->errs, setting_place(v->node), "%s has %zu elements (must be from %" PRId64 " to %" PRId64 ")",
               v->name, n, v->key->min, v->key->max);
    return false;
}

static void list_free(void *slot)
{
    struct config_list *list = slot;
    for (size_t i = 0; i < list->n; i++)
        free(list->v[i]);
    free(list->v);
    *list = (struct config_list){NULL, 0};
}

static bool list_has(const struct config_list *list, const char *s)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i], s) == 0)
            return true;
    }
    return false;
}

static bool read_list(const struct setting *v, void *slot, setting_check_fn *check, const char *element)
{
    if (!is_list(v, "a list of texts, [\"...\"]"))
        return false;
    size_t n = toml_count(v->node);
    struct config_list list = {xcalloc(n + 1, sizeof *list.v), 0};
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        const struct toml_node *node = toml_at(v->node, i);
        const char *s = setting_text(v, node, check, element);
        if (s != NULL && list_has(&list, s)) {
            errors_add(v->errs, setting_place(node), "%s names \"%s\" twice (once is enough)", v->name, s);
            s = NULL;
        }
        if (s != NULL)
            list.v[list.n++] = xstrdup(s);
        else
            good = false;
    }
    if (good)
        *(struct config_list *)slot = list;
    else
        list_free(&list);
    return good;
}

static bool read_names(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_name, "names in quotes");
}

static bool read_origins(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_origin, "origins in quotes");
}

static bool read_ranges(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_range, "addresses in quotes");
}

static bool read_media_types(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_media_type, "media types in quotes");
}

static bool read_steps(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_step, "steps in quotes");
}

static bool read_silences(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_silent, "times of silence in quotes");
}

static bool read_slas(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_sla, "service levels in quotes");
}

static bool read_weekly(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_weekly, "hours in quotes");
}

static bool read_holidays(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_holiday, "dates in quotes");
}

static bool read_languages(const struct setting *v, void *slot)
{
    return read_list(v, slot, setting_check_language, "language tags in quotes");
}

// Words of a choice, each once, as bits from the second on.
static bool read_bits(const struct setting *v, void *slot, const char *words, const char *expected, const char *what)
{
    if (!is_list(v, expected))
        return false;
    uint32_t bits = 0;
    bool good = true;
    for (size_t i = 0; i < toml_count(v->node); i++) {
        int index = take_word(v, toml_at(v->node, i), words);
        uint32_t bit = index >= 0 ? 1u << (index + 1) : 0;
        if ((bits & bit) != 0)
            errors_add(v->errs, setting_place(toml_at(v->node, i)), "%s names %s twice (once is enough)", v->name,
                       what);
        good = good && bit != 0 && (bits & bit) == 0;
        bits |= bit;
    }
    if (good)
        *(uint32_t *)slot = bits;
    return good;
}

static bool read_channels(const struct setting *v, void *slot)
{
    return read_bits(v, slot, channel_words, "a list of channels, [\"chat\", \"voice\"]", "a channel");
}

static bool read_words(const struct setting *v, void *slot)
{
    return read_bits(v, slot, setting_words(v->key), "a list of words in quotes", "a word");
}

// ---- the types ----

static void text_free(void *slot)
{
    free(*(char **)slot);
}

static void secret_free(void *slot)
{
    char *s = *(char **)slot;
    if (s != NULL)
        explicit_bzero(s, strlen(s));
    free(s);
}

static bool text_equal(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    return x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

static bool list_equal(const void *a, const void *b)
{
    const struct config_list *x = a, *y = b;
    bool equal = x->n == y->n;
    for (size_t i = 0; equal && i < x->n; i++)
        equal = strcmp(x->v[i], y->v[i]) == 0;
    return equal;
}

static const struct {
    bool (*read)(const struct setting *v, void *slot);
    size_t size;
    void (*free)(void *slot);                    // NULL = nothing to free
    bool (*equal)(const void *a, const void *b); // NULL = compare the bytes
} types[CONFIG_TYPES] = {
    [CONFIG_TEXT] = {setting_read_text, sizeof(char *), text_free, text_equal},
    [CONFIG_NAME] = {setting_read_name, sizeof(char *), text_free, text_equal},
    [CONFIG_ADDRESS] = {setting_read_address, sizeof(char *), text_free, text_equal},
    [CONFIG_SOCKET] = {setting_read_socket, sizeof(char *), text_free, text_equal},
    [CONFIG_SECRET] = {setting_read_secret, sizeof(char *), secret_free, text_equal},
    [CONFIG_SECRET_REF] = {setting_read_secret_ref, sizeof(char *), secret_free, text_equal},
    [CONFIG_SHA256] = {setting_read_sha256, sizeof(char *), text_free, text_equal},
    [CONFIG_INTEGER] = {read_integer, sizeof(int64_t), NULL, NULL},
    [CONFIG_SWITCH] = {read_switch, sizeof(bool), NULL, NULL},
    [CONFIG_CHOICE] = {read_choice, sizeof(int), NULL, NULL},
    [CONFIG_CHANNEL] = {read_channel, sizeof(int), NULL, NULL},
    [CONFIG_KIND] = {read_choice, sizeof(int), NULL, NULL},
    [CONFIG_URL] = {setting_read_url, sizeof(char *), text_free, text_equal},
    [CONFIG_HOURS] = {setting_read_hours, sizeof(struct config_hours), NULL, NULL},
    [CONFIG_ZONE] = {setting_read_zone, sizeof(char *), text_free, text_equal},
    [CONFIG_NAMES] = {read_names, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_ORIGINS] = {read_origins, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_RANGES] = {read_ranges, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_MEDIA_TYPES] = {read_media_types, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_NEEDS] = {setting_read_needs, sizeof(char *), text_free, text_equal},
    [CONFIG_STEPS] = {read_steps, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_SILENCES] = {read_silences, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_SLAS] = {read_slas, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_WEEKLY] = {read_weekly, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_HOLIDAYS] = {read_holidays, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_LANGUAGES] = {read_languages, sizeof(struct config_list), list_free, list_equal},
    [CONFIG_WORDS] = {read_words, sizeof(uint32_t), NULL, NULL},
    [CONFIG_CHANNELS_SET] = {read_channels, sizeof(uint32_t), NULL, NULL},
    [CONFIG_SKILLS] = {setting_read_skills, sizeof(struct config_skills), setting_free_skills, setting_equal_skills},
    [CONFIG_WEIGHTS] = {setting_read_weights, sizeof(struct config_skills), setting_free_skills, setting_equal_skills},
    [CONFIG_ATTRIBUTES] = {setting_read_attributes, sizeof(struct config_attributes), setting_free_attributes,
                           setting_equal_attributes},
    [CONFIG_DECIMAL] = {read_decimal, sizeof(int64_t), NULL, NULL},
};

void setting_read(const struct config_table *table, const struct config_key *key, const struct toml_node *node,
                  void *slot, struct config_errors *errs)
{
    struct setting v = {.key = key, .node = node, .errs = errs};
    snprintf(v.name, sizeof v.name, "%s%s%s", table->name, *table->name != '\0' ? "." : "", key->name);
    char read[sizeof(struct config_list)] __attribute__((aligned(sizeof(void *))));
    if (!types[key->type].read(&v, read))
        return;
    setting_free(key, slot);
    memcpy(slot, read, types[key->type].size);
}

void setting_set_default(const struct config_table *table, const struct config_key *key, void *slot)
{
    if (key->def == NULL)
        return;
    char text[256];
    int n = snprintf(text, sizeof text, "v = %s", key->def);
    struct toml_fault fault;
    struct toml_doc *doc = toml_read(text, (size_t)n, &fault);
    assert(doc != NULL);
    struct config_errors errs = {.n = 0};
    setting_read(table, key, toml_get(toml_root(doc), "v"), slot, &errs);
    assert(errs.n == 0);
    toml_free(doc);
}

void setting_free(const struct config_key *key, void *slot)
{
    if (types[key->type].free != NULL)
        types[key->type].free(slot);
}

bool setting_equal(const struct config_key *key, const void *a, const void *b)
{
    if (types[key->type].equal != NULL)
        return types[key->type].equal(a, b);
    return memcmp(a, b, types[key->type].size) == 0;
}
