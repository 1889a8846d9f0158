// SPDX-License-Identifier: Apache-2.0
// Service levels: within which time a queue answers, by channel and priority ("chat priority 1: first 30 s, next 2 min").
#include "daemon/config/config_private.h"

#include "routing/router.h"

#include <stdlib.h>
#include <string.h>

#define SLA_SECONDS_MAX 2592000

// Takes the word if it stands here, and the blanks behind it.
bool config_word(const char **at, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*at, word, n) != 0 || ((*at)[n] >= 'a' && (*at)[n] <= 'z'))
        return false;
    *at += n + strspn(*at + n, " ");
    return true;
}

// "20 s", "5 min", "4 h"; 0 = it is none, or too long.
uint32_t config_time(const char **at)
{
    static const struct {
        const char *word;
        unsigned long seconds;
    } units[] = {{"s", 1}, {"min", 60}, {"h", 3600}};
    char *end;
    if (**at < '0' || **at > '9')
        return 0;
    unsigned long n = strtoul(*at, &end, 10);
    *at = end + strspn(end, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (config_word(at, units[i].word))
            return n <= SLA_SECONDS_MAX / units[i].seconds ? (uint32_t)(n * units[i].seconds * 1000) : 0;
    }
    return 0;
}

bool config_channel(const char **at, enum router_channel *out)
{
    static const char *const channels[] = {"any", "chat", "sms", "email", "voice", "social"};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        if (config_word(at, channels[i])) {
            *out = (enum router_channel)i;
            return true;
        }
    }
    return false;
}

static bool sla_selector(const char **at, struct router_sla *out)
{
    bool any = config_channel(at, &out->channel);
    if (config_word(at, "priority")) {
        if (**at < '1' || **at > '9')
            return false;
        out->priority = (uint32_t)(*(*at)++ - '0');
        *at += strspn(*at, " ");
        any = true;
    }
    return any && *(*at)++ == ':';
}

// False when it is not so.
bool config_sla(const char *text, struct router_sla *out)
{
    *out = (struct router_sla){.channel = ROUTER_CHANNEL_NONE};
    if (!sla_selector(&text, out))
        return false;
    do {
        text += strspn(text, " ");
        uint32_t *to = config_word(&text, "first") ? &out->first_ms : config_word(&text, "next") ? &out->next_ms : NULL;
        if (!to || *to || !(*to = config_time(&text)))
            return false;
    } while (*text && *text++ == ',');
    return *text == '\0' && text[-1] != ',';
}

const char *setting_check_sla(const char *s, size_t len)
{
    struct router_sla row;
    return strlen(s) == len && config_sla(s, &row)
               ? NULL
               : "expected like \"chat priority 1: first 30 s, next 5 min\" or \"any: next 2 h\", times up to 30 days";
}

void config_check_sla(const struct config_queue *q, struct config_place place, struct config_errors *errs)
{
    for (size_t i = 0; i < q->sla.n; i++) {
        struct router_sla row, before;
        if (!config_sla(q->sla.v[i], &row))
            return;
        for (size_t k = 0; k < i; k++) {
            if (config_sla(q->sla.v[k], &before) && before.channel == row.channel && before.priority == row.priority)
                errors_add(
                    errs, place,
                    "queue.sla: \"%s\" is for the same channel and priority as a row before it (one row for each)",
                    q->sla.v[i]);
        }
    }
}
