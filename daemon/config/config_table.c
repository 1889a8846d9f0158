// SPDX-License-Identifier: Apache-2.0
// config_keys.def as tables of offsets. Nothing else.
#include "daemon/config/config_private.h"

// the types and times of the list, as enum values
#define TYPE_TEXT        CONFIG_TEXT
#define TYPE_NAME        CONFIG_NAME
#define TYPE_ADDRESS     CONFIG_ADDRESS
#define TYPE_SOCKET      CONFIG_SOCKET
#define TYPE_SECRET      CONFIG_SECRET
#define TYPE_SECRET_REF  CONFIG_SECRET_REF
#define TYPE_SHA256      CONFIG_SHA256
#define TYPE_INTEGER     CONFIG_INTEGER
#define TYPE_SWITCH      CONFIG_SWITCH
#define TYPE_CHOICE      CONFIG_CHOICE
#define TYPE_CHANNEL     CONFIG_CHANNEL
#define TYPE_KIND        CONFIG_KIND
#define TYPE_URL         CONFIG_URL
#define TYPE_ZONE        CONFIG_ZONE
#define TYPE_NAMES       CONFIG_NAMES
#define TYPE_ORIGINS     CONFIG_ORIGINS
#define TYPE_RANGES      CONFIG_RANGES
#define TYPE_MEDIA_TYPES CONFIG_MEDIA_TYPES
#define TYPE_LANGUAGES   CONFIG_LANGUAGES
#define TYPE_CHANNELS    CONFIG_CHANNELS_SET
#define TYPE_WORDS       CONFIG_WORDS
#define TYPE_SKILLS      CONFIG_SKILLS
#define TYPE_WEIGHTS     CONFIG_WEIGHTS
#define TYPE_ATTRIBUTES  CONFIG_ATTRIBUTES
#define TYPE_NEEDS       CONFIG_NEEDS
#define TYPE_STEPS       CONFIG_STEPS
#define TYPE_SLAS        CONFIG_SLAS
#define TYPE_SILENCES    CONFIG_SILENCES
#define TYPE_WEEKLY      CONFIG_WEEKLY
#define TYPE_HOLIDAYS    CONFIG_HOLIDAYS
#define TYPE_DECIMAL     CONFIG_DECIMAL
#define WHEN_RELOAD      CONFIG_RELOAD
#define WHEN_RESTART     CONFIG_RESTART
#define WHEN_LOG         CONFIG_LOGGED

#define ENTRY(in, member, key, type, def, min, max, words, when, help)                                                 \
    {#key, offsetof(in, member), TYPE_##type, def, min, max, words, WHEN_##when, help},

static const struct config_key top_keys[] = {
#define TOP(key, type, def, min, max, words, when, help)                                                               \
    ENTRY(struct config, key, key, type, def, min, max, words, when, help)
#include "daemon/config/config_keys.def"
};

// one array per section and per kind of rows: server_keys[] ... token_keys[]
#define SECTION(name, help) static const struct config_key name##_keys[] = {
#define SECTION_END(name)                                                                                              \
    }                                                                                                                  \
    ;
#define KEY(section, key, type, def, min, max, words, when, help)                                                      \
    ENTRY(struct config, section.key, key, type, def, min, max, words, when, help)
#define ROWS(name, plural, help) static const struct config_key name##_row_keys[] = {
#define ROWS_END(name, plural)   SECTION_END(name)
#define ROW(name, key, type, def, min, max, words, when, help)                                                         \
    ENTRY(struct config_##name, key, key, type, def, min, max, words, when, help)
#define CHANNEL_NUMBER_chat   1
#define CHANNEL_NUMBER_sms    2
#define CHANNEL_NUMBER_email  3
#define CHANNEL_NUMBER_voice  4
#define CHANNEL_NUMBER_social 5
#define CHANNEL_KEY(name, key, type, def, min, max, words, when, help)                                                 \
    {#key, offsetof(struct config, channels[CHANNEL_NUMBER_##name].key), type, def, min, max, words, when, help},
#define CHANNEL_RULE(name, key, def, min, max, help)                                                                   \
    CHANNEL_KEY(name, key, CONFIG_INTEGER, def, min, max, NULL, CONFIG_LOGGED, help)
#define CHANNEL(name, units_def, idle_def, join_def, expire_def, lost_def)                                             \
    static const struct config_key name##_channel_keys[] = {                                                           \
        CHANNEL_RULE(name, units, units_def, 0, 1000, "Units of an agent's capacity that a live session costs.")       \
            CHANNEL_RULE(name, idle_minutes, idle_def, 0, 10080,                                                       \
                         "A session lives this long after the customer's last own word; 0 = until it is ended.")       \
                CHANNEL_RULE(name, offer_seconds, "0", 0, 3600, "How long an offer stands; 0 = as the queue says.")    \
                    CHANNEL_RULE(                                                                                      \
                        name, prefer_known_seconds, "0", 0, 3600,                                                      \
                        "How long work is held for an agent who knows the customer and is present, but full; 0 = as "  \
                        "the queue says.") CHANNEL_KEY(name, auto_accept, CONFIG_SWITCH, "false", 0, 0, NULL,          \
                                                       CONFIG_LOGGED,                                                  \
                                                       "Whoever is offered such work has it, without accepting.")      \
                        CHANNEL_RULE(name, max, "0", 0, 1000,                                                          \
                                     "Conversations that an agent has on it at a time; 0 = as many as the capacity "   \
                                     "allows.") CHANNEL_KEY(name, exclusive, CONFIG_SWITCH, "false", 0, 0, NULL,       \
                                                            CONFIG_LOGGED,                                             \
                                                            "Who has one on it is offered nothing else.")              \
                            CHANNEL_RULE(name, lost_grace_seconds, lost_def, 0, 86400,                                 \
                                         "An agent whose last desk is lost keeps such work for so long, a call until " \
                                         "it ends; 0 = until their shift has ended.")                                  \
                                CHANNEL_RULE(name, away_grace_seconds, "0", 0, 86400,                                  \
                                             "An agent who is away keeps such work for so long, a call until it "      \
                                             "ends; 0 = until their shift has ended.")                                 \
                                    CHANNEL_RULE(                                                                      \
                                        name, give_back_minutes, "0", 0, 1440,                                         \
                                        "So long after the agent's last word a conversation that waits for the "       \
                                        "customer takes no room; 0 = it does.")                                        \
                                        CHANNEL_RULE(                                                                  \
                                            name, join_hours, join_def, 0, 8760,                                       \
                                            "A word within this time of the customer's last one belongs to the same "  \
                                            "matter.") CHANNEL_KEY(name, expire_hours, CONFIG_INTEGER, expire_def, 1,  \
                                                                   720, NULL, CONFIG_RELOAD,                           \
                                                                   "What could not be delivered within this time is "  \
                                                                   "given up as expired.")                             \
                                            CHANNEL_KEY(name, quiet_hours, CONFIG_HOURS, "\"\"", 0, 11,                \
                                                        "\"21:00-08:00\"", CONFIG_RELOAD,                              \
                                                        "Nothing is sent in these hours of the customer's day, like "  \
                                                        "\"21:00-08:00\".")};
#include "daemon/config/config_keys.def"

#define COUNT(a) (sizeof(a) / sizeof *(a))

const struct config_table config_sections[] = {
    {"", "", top_keys, COUNT(top_keys), 0, 0, 0},
#define SECTION(name, help) {#name, help, name##_keys, COUNT(name##_keys), 0, 0, 0},
#define SECTION_END(name)
#define CHANNEL(name, units, idle, join, expire, lost)                                                                 \
    {"channel." #name, "", name##_channel_keys, COUNT(name##_channel_keys), 0, 0, 0},
#include "daemon/config/config_keys.def"
};
const size_t config_sections_n = COUNT(config_sections);

const struct config_table config_rows[] = {
#define ROWS(name, plural, help)                                                                                       \
    {#name,                                                                                                            \
     help,                                                                                                             \
     name##_row_keys,                                                                                                  \
     COUNT(name##_row_keys),                                                                                           \
     sizeof(struct config_##name),                                                                                     \
     offsetof(struct config, plural),                                                                                  \
     offsetof(struct config, plural##_n)},
#define ROWS_END(name, plural)
#include "daemon/config/config_keys.def"
};
const size_t config_rows_n = COUNT(config_rows);
