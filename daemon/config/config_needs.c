// SPDX-License-Identifier: Apache-2.0
// What a queue asks of agents: requirements as expressions, the steps that relax them ("60 s: billing >= 2", "80 %: any"), the mix of its
// choice. The router reads the expressions; here they are only checked, so that an error has its place in the file.
#include "daemon/config/config_private.h"

#include "routing/router.h"

#include <stdlib.h>
#include <string.h>

const char *setting_check_needs(const char *s, size_t len)
{
    static char wrong[160];
    const char *why;
    size_t at;
    if (strlen(s) == len && router_needs_ok(s, &why, &at))
        return NULL;
    if (strlen(s) != len)
        return "expected no zero byte";
    snprintf(wrong, sizeof wrong, "at byte %zu: %s; expected like billing >= 3 and (lang.de or team = berlin)", at + 1,
             why);
    return wrong;
}

// Seconds, per cent or "breach" before the colon, the requirement behind it; false when it is not so. A step before a breach has neither
// seconds nor per cent.
bool config_step(const char *text, uint32_t *seconds, uint32_t *percent, const char **needs)
{
    char *end;
    *seconds = *percent = 0;
    if (strncmp(text, "breach:", 7) == 0) {
        *needs = text + 7 + strspn(text + 7, " ");
        return **needs != '\0';
    }
    if (*text < '0' || *text > '9')
        return false;
    unsigned long n = strtoul(text, &end, 10);
    end += strspn(end, " ");
    bool share = *end == '%';
    if (n < 1 || n > (share ? 1000 : 2592000) || (!share && *end != 's') || end[1] != ':')
        return false;
    *(share ? percent : seconds) = (uint32_t)n;
    *needs = end + 2 + strspn(end + 2, " ");
    return **needs != '\0';
}

const char *setting_check_step(const char *s, size_t len)
{
    uint32_t seconds, percent;
    const char *needs;
    if (strlen(s) != len || !config_step(s, &seconds, &percent, &needs))
        return "expected like \"60 s: billing >= 2\", \"80 %: any\" or \"breach: any\"";
    return setting_check_needs(needs, strlen(needs));
}

void config_check_mix(const struct config_queue *q, struct config_place place, struct config_errors *errs)
{
    int64_t sum = 0;
    for (size_t i = 0; i < q->mix.n; i++)
        sum += q->mix.v[i].level;
    if (q->select == ROUTER_MIX && sum == 0)
        errors_add(errs, place,
                   "queue.select is \"mix\" of nothing (give mix = { suited = 2, least_loaded = 1 } or the like)");
}

// Each step that begins at a time begins after the one before that does, whether it is told in seconds or in per cent; one begins before a
// breach, of a target that was given.
void config_check_steps(const struct config_queue *q, bool target_given, struct config_place place,
                        struct config_errors *errs)
{
    int64_t before = 0;
    bool breach = false;
    for (size_t i = 0; i < q->steps.n; i++) {
        uint32_t seconds, percent;
        const char *needs;
        if (!config_step(q->steps.v[i], &seconds, &percent, &needs))
            return;
        bool early = !seconds && !percent;
        int64_t after = percent ? q->target_seconds * 1000 * percent / 100 : (int64_t)seconds * 1000;
        if (early && breach)
            errors_add(errs, place, "queue.steps: \"%s\" is a second step before a breach (at most one)",
                       q->steps.v[i]);
        else if (early && !target_given)
            errors_add(errs, place,
                       "queue.steps: \"%s\" goes by a target, but the queue has none (give target_seconds or sla)",
                       q->steps.v[i]);
        else if (!early && after <= before)
            errors_add(errs, place,
                       "queue.steps: \"%s\" does not begin after the step before (give steps in order of time)",
                       q->steps.v[i]);
        breach |= early;
        before = early ? before : after;
    }
}
