// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CONFIG_CONFIG_H
#define THROUGHLINE_CONFIG_CONFIG_H

// The daemon's configuration file (TOML). Every key stands once, in config_keys.def; the members below are made from it:
// config->server.listen, config->accounts[i].name, config->channels[CHANNEL].units ...
//
// A configuration is read whole, checked whole, and then never changes; all that is wrong is reported at once, each with
// its place and what would be right. Not here: applying it (the modules), logging the routing part (the core).

#include "channels/adapter.h"
#include "proto/names.h"
#include "throughline/v1/agent.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_ZONES      "/usr/share/zoneinfo"
#define CONFIG_FILE_MAX   (1 << 20) // bytes
#define CONFIG_ERRORS_MAX 100
#define CONFIG_CHANNELS   6 // size of tables indexed by Throughline__V1__Channel

// ---- values; texts are NULL where a key without a default is absent ----

struct config_list { // of texts
    char **v;
    size_t n;
};

struct config_skill {
    char *name;
    int64_t level;
};

struct config_skills { // in order of name
    struct config_skill *v;
    size_t n;
};

struct config_attributes { // in order of key: each with its values
    struct config_attribute {
        char *key;
        struct config_list values;
    } * v;
    size_t n;
};

struct config_place { // in the file; 0 = made by default
    int line, column;
};

struct config_hours { // minutes of the local day, from..to, over midnight where from > to
    int from, to;     // equal = never
};

struct config_channel {
    int64_t units;                // capacity that a live session costs
    int64_t idle_minutes;         // a session lives this long after the customer's last own word; 0 = until it is ended
    int64_t offer_seconds;        // an offer stands so long; 0 = as the queue says
    int64_t prefer_known_seconds; // work is held so long for an agent who knows the customer; 0 = as the queue says
    bool auto_accept;             // an offer needs no acceptance
    int64_t max;                  // conversations of one agent at a time; 0 = as many as the capacity allows
    bool exclusive;               // who has one is offered nothing else
    int64_t lost_grace_seconds; // an agent whose last desk is lost keeps work so long; 0 = until their shift has ended
    int64_t away_grace_seconds; // ... who is away
    int64_t
        give_back_minutes; // what waits for the customer takes no room so long after the agent's last word; 0 = it does
    int64_t join_hours;    // a word within this time of the last one belongs to the same matter
    int64_t expire_hours;  // what could not be delivered within this time is not delivered any more
    struct config_hours quiet_hours; // nothing is sent in them
};

// What an account of an adapter's kind has beside the keys that all accounts have.
struct config_endpoint {
    const struct adapter *adapter;  // NULL: the kind is gateway or chat
    struct adapter_account account; // for the life of this configuration
    bool whole;                     // every setting could be read
};

// Choices, in the order of their words in config_keys.def; those of a row's channel are Throughline__V1__Channel.
enum config_redis_mode { CONFIG_REDIS_EMBEDDED, CONFIG_REDIS_URL };
enum config_durability { CONFIG_DURABILITY_STRICT, CONFIG_DURABILITY_NORMAL };
enum config_log_format { CONFIG_LOG_LOGFMT, CONFIG_LOG_JSON };
enum config_log_level { CONFIG_LOG_DEBUG, CONFIG_LOG_INFO, CONFIG_LOG_WARN, CONFIG_LOG_ERROR };
enum config_account_kind { // + its place in the table
    CONFIG_ACCOUNT_GATEWAY,
    CONFIG_ACCOUNT_CHAT,
    CONFIG_ACCOUNT_ADAPTER
};
enum config_role { CONFIG_ROLE_GATEWAY, CONFIG_ROLE_AGENT, CONFIG_ROLE_SUPERVISOR, CONFIG_ROLE_ADMIN };

// C types of the types in config_keys.def.
#define CONFIG_TYPE_TEXT        char *
#define CONFIG_TYPE_NAME        char *
#define CONFIG_TYPE_ADDRESS     char * // host:port
#define CONFIG_TYPE_SOCKET      char * // host:port or unix:/path
#define CONFIG_TYPE_SECRET      char * // resolved: what env:NAME or file:PATH held
#define CONFIG_TYPE_SECRET_REF  char *
#define CONFIG_TYPE_SHA256      char * // lower-case hex
#define CONFIG_TYPE_INTEGER     int64_t
#define CONFIG_TYPE_SWITCH      bool
#define CONFIG_TYPE_CHOICE      int
#define CONFIG_TYPE_CHANNEL     int    // Throughline__V1__Channel
#define CONFIG_TYPE_KIND        int    // enum config_account_kind
#define CONFIG_TYPE_URL         char * // http:// or https://, without a slash at the end
#define CONFIG_TYPE_HOURS       struct config_hours
#define CONFIG_TYPE_ZONE        char * // name of the system's time zone database
#define CONFIG_TYPE_NAMES       struct config_list
#define CONFIG_TYPE_ORIGINS     struct config_list
#define CONFIG_TYPE_RANGES      struct config_list
#define CONFIG_TYPE_MEDIA_TYPES struct config_list
#define CONFIG_TYPE_LANGUAGES   struct config_list
#define CONFIG_TYPE_CHANNELS    uint32_t // bit (1u << channel); 0 = empty list
#define CONFIG_TYPE_WORDS       uint32_t // bit (1u << place of the word, from 1)
#define CONFIG_TYPE_SKILLS      struct config_skills
#define CONFIG_TYPE_WEIGHTS     struct config_skills // of the parts of a mix
#define CONFIG_TYPE_ATTRIBUTES  struct config_attributes
#define CONFIG_TYPE_NEEDS       char * // an expression that can be read
#define CONFIG_TYPE_STEPS       struct config_list
#define CONFIG_TYPE_SLAS        struct config_list
#define CONFIG_TYPE_SILENCES    struct config_list
#define CONFIG_TYPE_WEEKLY      struct config_list
#define CONFIG_TYPE_HOLIDAYS    struct config_list
#define CONFIG_TYPE_DECIMAL     int64_t // thousandths

// struct config_account, config_message, config_queue, config_agent, config_token
#define ROWS(name, plural, help)                                                                                       \
    struct config_##name {                                                                                             \
        struct config_place place;
#define ROW(name, key, type, def, min, max, words, when, help) CONFIG_TYPE_##type key;
#define ROW_OWN(name, type, member)                            type member;
#define ROWS_END(name, plural)                                                                                         \
    }                                                                                                                  \
    ;
#include "daemon/config/config_keys.def"

struct config {
#define TOP(key, type, def, min, max, words, when, help) CONFIG_TYPE_##type key;
#define SECTION(name, help)                              struct {
#define SECTION_END(name)                                                                                              \
    }                                                                                                                  \
    name;
#define KEY(section, key, type, def, min, max, words, when, help) CONFIG_TYPE_##type key;
#define ROWS(name, plural, help)                                                                                       \
    struct config_##name *plural;                                                                                      \
    size_t plural##_n;
#define ROWS_END(name, plural)
#include "daemon/config/config_keys.def"
    struct config_channel channels[CONFIG_CHANNELS]; // by Throughline__V1__Channel; 0 unused
};

// ---- reading ----

struct config_error {
    int line, column; // 0 = the file as a whole
    bool warning;     // does not keep the file from being used
    char text[420];
};

struct config_errors { // in order of place
    struct config_error v[CONFIG_ERRORS_MAX];
    size_t n;
    size_t fatal;  // how many of all are not warnings
    size_t untold; // did not fit
};

// Reads and checks a file. 0 and *out, the caller's, freed by config_free(); or -1 with *out NULL and what is wrong in
// *errs. Warnings may be there in both cases.
int config_load(const char *path, struct config **out, struct config_errors *errs) __attribute__((warn_unused_result));
int config_load_text(const char *text, size_t len, struct config **out, struct config_errors *errs)
    __attribute__((warn_unused_result));

// Every adapter's settings as a section of the reference (Markdown).
void config_adapters_reference(FILE *to);

// What runs when no file is given: the example.
struct config *config_defaults(void);

void config_free(struct config *c); // NULL is fine

// FILE:LINE:COL: message (what would be right), one per line.
void config_errors_print(const struct config_errors *errs, const char *path, FILE *to);

// ---- telling ----

// The complete example with every key and its help; config.example.toml in the source tree is its output.
void config_example(FILE *to);

// Calls fn("server.listen") for each key that differs and that only a restart applies.
void config_restart_needed(const struct config *was, const struct config *is, void (*fn)(void *arg, const char *key),
                           void *arg);

// ---- use ----

const struct config_account *config_account(const struct config *c, const char *name); // NULL = none

// A tenant's routing as it goes into the log; the caller frees it with protobuf_c_message_free_unpacked(). Equal files make
// equal messages.
Throughline__V1__RoutingConfig *config_routing(const struct config *c, const char *tenant);

// Of a step ("60 s: billing >= 2", "80 %: any", "breach: any"): seconds, per cent of the target or neither, and the requirement, which is
// not looked at. False: it is not so.
bool config_step(const char *text, uint32_t *seconds, uint32_t *percent, const char **needs);

// What a queue of this tenant tells a customer by itself: the first text for it that can be filled with what is known. False: there is none.
struct router_notice;
bool config_words(const struct config *c, const char *tenant, const struct router_notice *n, int64_t wall_ms, char *out,
                  size_t room) __attribute__((warn_unused_result));

// What is wrong with what a supervisor gives for an emergency, a name or a text; NULL = nothing. What looks like a name must be one of this
// tenant: customers would be told a mistyped one.
const char *config_emergency_wrong(const struct config *c, const char *tenant, const char *text);

// SHA-256 of that message's bytes, in hex.
#define CONFIG_HASH_MAX 65
void config_hash(const struct config *c, const char *tenant, char out[static CONFIG_HASH_MAX]);

#endif
