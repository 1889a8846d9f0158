// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CONFIG_PRIVATE_H
#define THROUGHLINE_CONFIG_PRIVATE_H

// What the files of this folder share: the keys as tables, the value types, the errors, one load in progress.

#include "daemon/config/config.h"
#include "daemon/config/config_errors.h"
#include "daemon/config/toml_shim.h"
#include "routing/router_words.h"

// ---- keys (config_table.c) ----

enum config_type {
    CONFIG_TEXT,
    CONFIG_NAME,
    CONFIG_ADDRESS,
    CONFIG_SOCKET,
    CONFIG_SECRET,
    CONFIG_SECRET_REF,
    CONFIG_SHA256,
    CONFIG_INTEGER,
    CONFIG_SWITCH,
    CONFIG_CHOICE,
    CONFIG_CHANNEL,
    CONFIG_KIND,
    CONFIG_URL,
    CONFIG_HOURS,
    CONFIG_ZONE,
    CONFIG_NAMES,
    CONFIG_ORIGINS,
    CONFIG_RANGES,
    CONFIG_MEDIA_TYPES,
    CONFIG_LANGUAGES,
    CONFIG_CHANNELS_SET,
    CONFIG_WORDS,
    CONFIG_SKILLS,
    CONFIG_WEIGHTS,
    CONFIG_ATTRIBUTES,
    CONFIG_NEEDS,
    CONFIG_STEPS,
    CONFIG_SLAS,
    CONFIG_SILENCES,
    CONFIG_WEEKLY,
    CONFIG_HOLIDAYS,
    CONFIG_DECIMAL,
    CONFIG_TYPES
};

enum config_when { CONFIG_RELOAD, CONFIG_RESTART, CONFIG_LOGGED };

struct config_key {
    const char *name;
    size_t offset; // in struct config, or in its row
    enum config_type type;
    const char *def; // TOML; NULL = none
    int64_t min, max;
    const char *words;
    enum config_when when;
    const char *help;
};

struct config_table { // [name] or [[name]]
    const char *name; // "" = the top
    const char *help;
    const struct config_key *keys;
    size_t keys_n;
    // rows only
    size_t row_size;
    size_t rows_offset, count_offset; // in struct config
};

extern const struct config_table config_sections[]; // in the order of the example
extern const size_t config_sections_n;
extern const struct config_table config_rows[];
extern const size_t config_rows_n;

// ---- values (config_value.c) ----

// One value being read.
struct setting {
    char name[96]; // "server.listen", for errors
    const struct config_key *key;
    const struct toml_node *node;
    struct config_errors *errs;
};

struct config_place setting_place(const struct toml_node *node);
// Reads a value into `slot`, replacing what is there; wrong ones are reported and leave the slot as it was.
void setting_read(const struct config_table *table, const struct config_key *key, const struct toml_node *node,
                  void *slot, struct config_errors *errs);
void setting_set_default(const struct config_table *table, const struct config_key *key, void *slot);
void setting_free(const struct config_key *key, void *slot);
bool setting_equal(const struct config_key *key, const void *a, const void *b);

// What a choice may be, parted by '|'.
const char *setting_words(const struct config_key *key);

// "NAME is a list (expected ...)"; always false.
bool setting_wrong_type(const struct setting *v, const struct toml_node *node, const char *expected);

// ---- texts (config_text.c) ----

// NULL = good, else what would be right.
typedef const char *setting_check_fn(const char *s, size_t len);
const char *setting_check_name(const char *s, size_t len);
const char *setting_check_language(const char *s, size_t len);
const char *setting_check_origin(const char *s, size_t len);
const char *setting_check_range(const char *s, size_t len);
const char *setting_check_media_type(const char *s, size_t len);

// The text of a node, checked; NULL when wrong.
const char *setting_text(const struct setting *v, const struct toml_node *node, setting_check_fn *check,
                         const char *expected);

// Readers of values, as in the table of types.
bool setting_read_text(const struct setting *v, void *slot);
bool setting_read_needs(const struct setting *v, void *slot);
bool setting_read_name(const struct setting *v, void *slot);
bool setting_read_address(const struct setting *v, void *slot);
bool setting_read_socket(const struct setting *v, void *slot);
bool setting_read_url(const struct setting *v, void *slot);
bool setting_read_hours(const struct setting *v, void *slot);
bool setting_read_zone(const struct setting *v, void *slot);
bool setting_read_sha256(const struct setting *v, void *slot);
bool setting_read_secret(const struct setting *v, void *slot);
bool setting_read_secret_ref(const struct setting *v, void *slot);

// ---- requirements (config_needs.c) ----

const char *setting_check_needs(const char *s, size_t len);
const char *setting_check_step(const char *s, size_t len);
void config_check_mix(const struct config_queue *q, struct config_place place, struct config_errors *errs);
void config_check_steps(const struct config_queue *q, bool target_given, struct config_place place,
                        struct config_errors *errs);

// ---- silence (config_silent.c) ----

struct config_silence {
    enum router_channel channel; // NONE = any but voice
    uint32_t notice_ms, close_ms;
};
const char *setting_check_silent(const char *s, size_t len);
bool config_silence(const char *text, struct config_silence *out);
void config_check_silent(const struct config_queue *q, struct config_place place, struct config_errors *errs);

// ---- service levels (config_sla.c) ----

// Each takes what it reads, and the blanks behind it.
bool config_word(const char **at, const char *word);
uint32_t config_time(const char **at); // "20 s", "5 min", "4 h", in ms; 0 = it is none, or too long
bool config_channel(const char **at, enum router_channel *out); // NONE: "any"

struct router_sla;
const char *setting_check_sla(const char *s, size_t len);
void config_check_sla(const struct config_queue *q, struct config_place place, struct config_errors *errs);
bool config_sla(const char *text, struct router_sla *out);

// ---- calendars (config_hours.c) ----

const char *setting_check_weekly(const char *s, size_t len);
const char *setting_check_holiday(const char *s, size_t len);
bool config_asks_hours(const struct toml_node *when);
void config_check_callback_hours(const struct config *c, const struct config_queue *q, struct config_place place,
                                 struct config_errors *errs);
void config_check_sla_calendar(const struct config *c, const struct config_queue *q, struct config_place place,
                               struct config_errors *errs);
void config_check_hours(const struct config *c, const struct config_queue *q, struct config_place place,
                        struct config_errors *errs);

// ---- overflow (config_overflow.c) ----

void config_check_overflow(const struct config *c, const struct config_queue *q, struct config_place place,
                           struct config_errors *errs);
void config_check_voicemail(const struct config_queue *q, struct config_place place, struct config_errors *errs);

// ---- messages (config_message.c) ----

uint32_t config_tells(const struct config *c, const struct config_queue *q); // bits of enum router_notice_kind
void config_check_message(const struct config *c, const struct config_message *m, struct config_place text,
                          struct config_place queue, struct config_errors *errs);

// ---- levels (config_levels.c) ----

bool setting_read_skills(const struct setting *v, void *slot);
bool setting_read_weights(const struct setting *v, void *slot);
void setting_free_skills(void *slot);
bool setting_equal_skills(const void *a, const void *b);

// ---- attributes (config_attributes.c) ----

bool setting_read_attributes(const struct setting *v, void *slot);
void setting_free_attributes(void *slot);
bool setting_equal_attributes(const void *a, const void *b);

// ---- accounts of adapters (config_adapter.c) ----

#define CONFIG_KIND_WORDS 512
const char *adapter_kinds(void); // the words of account.kind
// Reads `kind`, so that the row's other keys can be understood; before them.
void adapter_begin(struct config_account *a, const struct toml_node *row, struct config_errors *errs);
const struct adapter_setting *adapter_setting_find(const struct config_account *a, const char *name);
void adapter_setting_read(struct config_account *a, const struct adapter_setting *setting, const struct toml_node *node,
                          struct config_errors *errs);
void adapter_check(struct config_account *a, const char *public_url, const struct toml_node *row,
                   struct config_errors *errs);
void adapter_end(struct config_account *a);
void adapter_example(FILE *to); // every adapter's settings, as comments

void example_wrap(FILE *to, int indent, const char *text); // words wrapped behind "# " and further `indent` blanks

// ---- checks (config_check.c) ----

// What one key alone cannot say: references, duplicates, what excludes or needs what.
void config_check(const struct config *c, const struct toml_node *root, struct config_errors *errs);

// ---- config_check_routing.c ----

void config_check_routing(const struct config *c, const struct toml_node *root, struct config_errors *errs);

// ---- config_lint_file.c ----

// What is legal, but cannot be meant, by config_lint(): of a configuration without errors.
void config_lint_file(const struct config *c, const struct toml_node *root, struct config_errors *errs);

#endif
