// SPDX-License-Identifier: Apache-2.0
// The annotated example, made from the tables, and the rows that make it a working configuration. What runs without a file
// is this very text, read like any other.
#include "daemon/config/config_private.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 118

static const char head[] =
    "# The configuration of throughlined, complete: every key with its default. What the file leaves out has the\n"
    "# default; what it has and the daemon does not know is an error. Check it with: throughlined --check-config "
    "--config FILE\n"
    "#\n"
    "# SIGHUP reads it again. Keys marked (restart) wait for the next start; routing, channels, queues and agents "
    "change\n"
    "# together, through the log: throughline config apply\n";

// The rows of the example, by the names of their tables.
static const struct {
    const char *rows, *text;
} samples[] = {
    {"account", "[[account]]\n"
                "name = \"web\"\n"
                "kind = \"chat\"\n"
                "greeting = \"Hello! How can we help?\"\n"
                "offline_text = \"Nobody is here right now. Leave your message, and we will answer.\"\n"
                "\n"
                "[[account]]\n"
                "name = \"sms-1\"\n"
                "channel = \"sms\"\n"
                "\n"
                "[[account]]\n"
                "name = \"mail-1\"\n"
                "channel = \"email\"\n"
                "\n"
                "[[account]]\n"
                "name = \"voice-1\"\n"
                "channel = \"voice\"\n"
                "\n"
                "[[account]]\n"
                "name = \"social-1\"\n"
                "channel = \"social\"\n"},
    {"queue", "[[queue]]\n"
              "name = \"billing\"\n"
              "requires = { billing = 3 }\n"
              "intents = [\"billing\"]\n"
              "\n"
              "[[queue]]\n"
              "name = \"default\"\n"},
    {"agent", "[[agent]]\n"
              "id = \"ann\"\n"
              "name = \"Ann\"\n"
              "skills = { billing = 4, \"lang.de\" = 4, \"lang.en\" = 4 }\n"
              "\n"
              "[[agent]]\n"
              "id = \"bo\"\n"
              "name = \"Bo\"\n"
              "skills = { billing = 2, \"lang.en\" = 5 }\n"},
    {"token", "# [[token]]\n"
              "# id = \"gateway-1\"\n"
              "# role = \"gateway\"\n"
              "# secret = \"env:GATEWAY_TOKEN\"\n"},
};

void example_wrap(FILE *to, int indent, const char *text)
{
    int column = 0;
    while (*text != '\0') {
        int n = (int)strcspn(text, " ");
        if (column > 0 && column + 1 + n > COLUMNS) {
            fputc('\n', to);
            column = 0;
        }
        column += column == 0 ? fprintf(to, "#%*s%.*s", indent + 1, "", n, text) : fprintf(to, " %.*s", n, text);
        text += n + (text[n] == ' ');
    }
    fputc('\n', to);
}

// What is allowed: "10 to 1000000", "embedded | url".
static void allowed_print(FILE *to, const struct config_key *key)
{
    if (key->type == CONFIG_INTEGER)
        fprintf(to, "%" PRId64 " to %" PRId64, key->min, key->max);
    if (key->type == CONFIG_DECIMAL)
        fprintf(to, "%.10g to %.10g", (double)key->min / 1000, (double)key->max / 1000);
    if (key->type != CONFIG_CHOICE && key->type != CONFIG_CHANNEL && key->type != CONFIG_KIND &&
        key->type != CONFIG_WORDS)
        return;
    for (const char *w = setting_words(key); *w != '\0'; w++)
        fprintf(to, *w == '|' ? " | " : "%c", *w);
}

static void key_print(FILE *to, const struct config_key *key)
{
    bool noted = key->type == CONFIG_INTEGER || key->type == CONFIG_DECIMAL || key->type == CONFIG_CHOICE;
    example_wrap(to, 0, key->help);
    fprintf(to, "%s%s = %s", key->def == NULL ? "# " : "", key->name, key->def != NULL ? key->def : key->words);
    if (noted || key->when == CONFIG_RESTART)
        fputs(" # ", to);
    allowed_print(to, key);
    if (key->when == CONFIG_RESTART)
        fprintf(to, "%s(restart)", noted ? " " : "");
    fputc('\n', to);
}

static void section_print(FILE *to, const struct config_table *t)
{
    if (*t->name != '\0')
        fprintf(to, "\n[%s]\n", t->name);
    if (*t->help != '\0')
        example_wrap(to, 0, t->help);
    for (size_t i = 0; i < t->keys_n; i++) {
        bool channel = strncmp(t->name, "channel.", 8) == 0;
        if (!channel) {
            fputc('\n', to);
            key_print(to, &t->keys[i]);
        } else {
            fprintf(to, t->keys[i].type == CONFIG_INTEGER ? "%s = %s # " : "%s = %s", t->keys[i].name, t->keys[i].def);
            allowed_print(to, &t->keys[i]);
            fputc('\n', to);
        }
    }
}

static void channels_head_print(FILE *to, const struct config_table *t)
{
    fputs("\n# What a session on each channel costs, and how long it and its matter last.\n#\n", to);
    for (size_t i = 0; i < t->keys_n; i++) {
        char line[256];
        snprintf(line, sizeof line, "%s: %s", t->keys[i].name, t->keys[i].help);
        example_wrap(to, 0, line);
    }
}

static void rows_print(FILE *to, const struct config_table *t)
{
    fprintf(to, "\n# ---- [[%s]] ----\n", t->name);
    example_wrap(to, 0, t->help);
    for (size_t i = 0; i < t->keys_n; i++) {
        const struct config_key *key = &t->keys[i];
        fputs("#\n#   ", to);
        if (key->type == CONFIG_CHANNEL || (key->type == CONFIG_CHOICE && key->def == NULL))
            fprintf(to, "%s = \"%.*s\"", key->name, (int)strcspn(key->words, "|"), key->words);
        else
            fprintf(to, "%s = %s", key->name, key->def != NULL ? key->def : key->words);
        if (key->type == CONFIG_INTEGER || key->type == CONFIG_DECIMAL || key->type == CONFIG_CHOICE ||
            key->type == CONFIG_CHANNEL || key->type == CONFIG_KIND || key->type == CONFIG_WORDS)
            fputs(" # ", to);
        allowed_print(to, key);
        fputc('\n', to);
        example_wrap(to, 6, key->help);
    }
    if (strcmp(t->name, "account") == 0)
        adapter_example(to);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        if (strcmp(samples[i].rows, t->name) == 0)
            fprintf(to, "\n%s", samples[i].text);
    }
}

void config_example(FILE *to)
{
    fputs(head, to);
    bool channels = false;
    for (size_t i = 0; i < config_sections_n; i++) {
        if (!channels && strncmp(config_sections[i].name, "channel.", 8) == 0) {
            channels_head_print(to, &config_sections[i]);
            channels = true;
        }
        section_print(to, &config_sections[i]);
    }
    for (size_t i = 0; i < config_rows_n; i++)
        rows_print(to, &config_rows[i]);
}

struct config *config_defaults(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert(to != NULL);
    config_example(to);
    int closed = fclose(to);
    assert(closed == 0);
    (void)closed;
    struct config *c;
    struct config_errors errs;
    int result = config_load_text(text, len, &c, &errs);
    assert(result == 0);
    (void)result;
    free(text);
    return c;
}
