// SPDX-License-Identifier: Apache-2.0
// Accounts whose kind is an adapter's name: which settings there are is the adapter's to say (channels/adapter.h), how a value is read is the
// same as everywhere. Each is kept as text, as adapters want it. What fails is told with the row's lines, like any other key.
#include "daemon/config/config_private.h"

#include "channels/region.h"
#include "daemon/base/loop.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static size_t settings_count(const struct adapter *ad)
{
    size_t n = 0;
    while (ad->settings != NULL && ad->settings[n].name != NULL)
        n++;
    return n;
}

const char *adapter_kinds(void)
{
    static char words[CONFIG_KIND_WORDS];
    if (*words == '\0') {
        size_t n = (size_t)snprintf(words, sizeof words, "gateway|chat");
        for (size_t i = 0; adapter_at(i) != NULL; i++) {
            n += (size_t)snprintf(words + n, sizeof words - n, "|%s", adapter_at(i)->name);
            assert(n < sizeof words);
        }
    }
    return words;
}

// ---- one row ----

void adapter_begin(struct config_account *a, const struct toml_node *row, struct config_errors *errs)
{
    static const struct config_key key = {.name = "kind", .type = CONFIG_KIND};
    static const struct config_table table = {.name = "account"};
    const struct toml_node *node = toml_get(row, "kind");
    int kind = CONFIG_ACCOUNT_GATEWAY;
    size_t fatal = errs->fatal;
    struct config_errors *told = xcalloc(1, sizeof *told); // the row's reader tells it
    if (node != NULL)
        setting_read(&table, &key, node, &kind, told);
    free(told);
    a->endpoint = (struct config_endpoint){.whole = errs->fatal == fatal};
    if (kind < CONFIG_ACCOUNT_ADAPTER)
        return;
    const struct adapter *ad = adapter_at((size_t)(kind - CONFIG_ACCOUNT_ADAPTER));
    size_t n = settings_count(ad);
    char **values = xcalloc(n + 1, sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = ad->settings[i].preset != NULL ? xstrdup(ad->settings[i].preset) : NULL;
    a->endpoint.adapter = ad;
    a->endpoint.account.values = (const char *const *)values;
}

const struct adapter_setting *adapter_setting_find(const struct config_account *a, const char *name)
{
    const struct adapter *ad = a->endpoint.adapter;
    for (size_t i = 0; ad != NULL && i < settings_count(ad); i++) {
        if (strcmp(ad->settings[i].name, name) == 0)
            return &ad->settings[i];
    }
    return NULL;
}

// ---- one value ----

union adapter_slot {
    char *text;
    int64_t number;
    bool on;
    int word;
};

// The word at a position of a|b|c.
static char *word_at(const char *words, int index)
{
    for (; index > 0; index--)
        words += strcspn(words, "|") + 1;
    char *word = xstrdup(words);
    word[strcspn(word, "|")] = '\0';
    return word;
}

static char *slot_text(const struct adapter_setting *setting, const union adapter_slot *slot)
{
    switch (setting->type) {
    case ADAPTER_NUMBER:
        return xasprintf("%" PRId64, slot->number);
    case ADAPTER_SWITCH:
        return xstrdup(slot->on ? "true" : "false");
    case ADAPTER_CHOICE:
        return word_at(setting->words, slot->word);
    case ADAPTER_TEXT:
    case ADAPTER_SECRET:
    case ADAPTER_URL:
    case ADAPTER_HOST:
        break;
    }
    return slot->text;
}

static struct config_key key_of(const struct adapter_setting *setting)
{
    static const enum config_type types[] = {
        [ADAPTER_TEXT] = CONFIG_TEXT,     [ADAPTER_SECRET] = CONFIG_SECRET,  [ADAPTER_URL] = CONFIG_URL,
        [ADAPTER_HOST] = CONFIG_ADDRESS,  [ADAPTER_NUMBER] = CONFIG_INTEGER, [ADAPTER_SWITCH] = CONFIG_SWITCH,
        [ADAPTER_CHOICE] = CONFIG_CHOICE,
    };
    bool text = setting->type != ADAPTER_NUMBER;
    return (struct config_key){
        .name = setting->name,
        .type = types[setting->type],
        .min = text && setting->min == 0 ? 1 : setting->min,
        .max = text && setting->max == 0 ? 1024 : setting->max,
        .words = setting->words,
    };
}

static void value_free(const struct adapter_setting *setting, char *value)
{
    if (value != NULL && setting->type == ADAPTER_SECRET)
        explicit_bzero(value, strlen(value));
    free(value);
}

void adapter_setting_read(struct config_account *a, const struct adapter_setting *setting, const struct toml_node *node,
                          struct config_errors *errs)
{
    static const struct config_table table = {.name = "account"};
    const struct config_key key = key_of(setting);
    union adapter_slot slot = {0};
    size_t fatal = errs->fatal;
    setting_read(&table, &key, node, &slot, errs);
    if (errs->fatal != fatal) {
        a->endpoint.whole = false;
        return;
    }
    char **at = (char **)a->endpoint.account.values + (setting - a->endpoint.adapter->settings);
    value_free(setting, *at);
    *at = slot_text(setting, &slot);
}

// ---- the whole row ----

static void check_channel(struct config_account *a, const struct toml_node *row, struct config_errors *errs)
{
    static const char *const names[] = {"", "chat", "sms", "email", "voice", "social"};
    const struct adapter *ad = a->endpoint.adapter;
    const struct toml_node *given = toml_get(row, "channel");
    if (ad->channel == 0 && given == NULL)
        errors_add(errs, a->place, "this account has no channel (kind = \"%s\" works on any: one is required)",
                   ad->name);
    else if (ad->channel != 0 && a->channel != 0 && a->channel != (int)ad->channel)
        errors_add(errs, setting_place(given),
                   "account.channel does not fit kind = \"%s\" (leave it out, or write \"%s\")", ad->name,
                   names[ad->channel]);
    if (ad->channel != 0)
        a->channel = (int)ad->channel;
}

void adapter_check(struct config_account *a, const char *public_url, const struct toml_node *row,
                   struct config_errors *errs)
{
    struct config_endpoint *e = &a->endpoint;
    const struct adapter *ad = e->adapter;
    size_t fatal = errs->fatal;
    check_channel(a, row, errs);
    for (size_t i = 0; i < settings_count(ad); i++) {
        if (ad->settings[i].required && toml_get(row, ad->settings[i].name) == NULL)
            errors_add(errs, a->place, "this account has no %s (kind = \"%s\" needs one)", ad->settings[i].name,
                       ad->name);
    }
    e->account.name = a->name;
    e->account.channel = (Throughline__V1__Channel)a->channel;
    e->account.public_url = public_url != NULL ? public_url : "";
    if (!e->whole || errs->fatal != fatal || ad->configure == NULL)
        return;
    struct region m = {0};
    const char *key = NULL, *why = ad->configure(&m, &e->account, &key);
    const struct toml_node *at = key != NULL ? toml_get(row, key) : NULL;
    if (why != NULL)
        errors_add(errs, at != NULL ? setting_place(at) : a->place, "account%s%s: %s", key != NULL ? "." : "",
                   key != NULL ? key : "", why);
    region_free(&m);
}

void adapter_end(struct config_account *a)
{
    const struct adapter *ad = a->endpoint.adapter;
    char **values = (char **)a->endpoint.account.values;
    for (size_t i = 0; ad != NULL && i < settings_count(ad); i++)
        value_free(&ad->settings[i], values[i]);
    free(values);
}

// ---- telling ----

static bool is_bare(const struct adapter_setting *s)
{
    return s->type == ADAPTER_NUMBER || s->type == ADAPTER_SWITCH;
}

// What stands for a value in the example: the preset, else an example, else a first choice.
static void example_value(FILE *to, const struct adapter_setting *s)
{
    const char *value = s->preset != NULL           ? s->preset
                        : s->words != NULL          ? s->words
                        : s->type == ADAPTER_SECRET ? "env:SECRET"
                                                    : "";
    int len = s->type == ADAPTER_CHOICE && s->preset == NULL ? (int)strcspn(value, "|") : (int)strlen(value);
    const char *quote = is_bare(s) ? "" : "\"";
    if (is_bare(s) && len == 0)
        fprintf(to, s->type == ADAPTER_SWITCH ? "false" : "%" PRId64, s->min);
    else
        fprintf(to, "%s%.*s%s", quote, len, value, quote);
}

static void allowed(FILE *to, const struct adapter_setting *s, const char *between)
{
    if (s->type == ADAPTER_NUMBER)
        fprintf(to, "%s%" PRId64 " to %" PRId64, between, s->min, s->max);
    if (s->type != ADAPTER_CHOICE)
        return;
    fputs(between, to);
    for (const char *w = s->words; *w != '\0'; w++)
        fprintf(to, *w == '|' ? ", " : "%c", *w);
}

static const char *channel_shown(const struct adapter *ad)
{
    static const char *const names[] = {"any channel", "chat", "sms", "email", "voice", "social"};
    return names[ad->channel];
}

void adapter_example(FILE *to)
{
    for (size_t i = 0; adapter_at(i) != NULL; i++) {
        const struct adapter *ad = adapter_at(i);
        fprintf(to, "\n# ---- [[account]] kind = \"%s\" (%s) ----\n", ad->name, channel_shown(ad));
        for (size_t k = 0; k < settings_count(ad); k++) {
            const struct adapter_setting *s = &ad->settings[k];
            fprintf(to, "%s#   %s = ", k > 0 ? "#\n" : "", s->name);
            example_value(to, s);
            allowed(to, s, " # ");
            fputc('\n', to);
            char help[512];
            snprintf(help, sizeof help, "%s%s", s->required ? "Required. " : "", s->help);
            example_wrap(to, 6, help);
        }
    }
}

void config_adapters_reference(FILE *to)
{
    for (size_t i = 0; adapter_at(i) != NULL; i++) {
        const struct adapter *ad = adapter_at(i);
        fprintf(to, "%s### `kind = \"%s\"` (%s)\n\n| setting | value | meaning |\n|---|---|---|\n", i > 0 ? "\n" : "",
                ad->name, channel_shown(ad));
        for (size_t k = 0; k < settings_count(ad); k++) {
            static const char *const types[] = {
                [ADAPTER_TEXT] = "text",      [ADAPTER_SECRET] = "secret", [ADAPTER_URL] = "URL",
                [ADAPTER_HOST] = "host:port", [ADAPTER_NUMBER] = "number", [ADAPTER_SWITCH] = "true, false",
                [ADAPTER_CHOICE] = "one of",
            };
            const struct adapter_setting *s = &ad->settings[k];
            fprintf(to, "| `%s` | %s", s->name, types[s->type]);
            allowed(to, s, " ");
            if (s->preset != NULL)
                fprintf(to, "; else `%s`", s->preset);
            fprintf(to, "%s | %s |\n", s->required ? "; required" : "", s->help);
        }
    }
}
