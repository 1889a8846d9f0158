// SPDX-License-Identifier: Apache-2.0
// How long a message may wait, and when its customer is not to be disturbed: by the hours of their channel, in the time of the country that
// their number is of, else of the account. Countries with several zones are not in the table: a number there says nothing of the hour.
#include "daemon/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/accounts.h"
#include "daemon/attachments.h"
#include "daemon/base/loop.h"
#include "daemon/base/zone.h"
#include "daemon/config/config.h"
#include "daemon/core/outbox.h"
#include "daemon/serve.h"

#define HOUR_MS 3600000
#define DAY_S   86400

// Calling codes (ITU-T E.164) of countries that have one time.
static const struct {
    const char *code, *zone;
} countries[] = {
    {"20", "Africa/Cairo"},
    {"212", "Africa/Casablanca"},
    {"213", "Africa/Algiers"},
    {"216", "Africa/Tunis"},
    {"221", "Africa/Dakar"},
    {"225", "Africa/Abidjan"},
    {"233", "Africa/Accra"},
    {"234", "Africa/Lagos"},
    {"251", "Africa/Addis_Ababa"},
    {"254", "Africa/Nairobi"},
    {"255", "Africa/Dar_es_Salaam"},
    {"256", "Africa/Kampala"},
    {"27", "Africa/Johannesburg"},
    {"30", "Europe/Athens"},
    {"31", "Europe/Amsterdam"},
    {"32", "Europe/Brussels"},
    {"33", "Europe/Paris"},
    {"352", "Europe/Luxembourg"},
    {"353", "Europe/Dublin"},
    {"354", "Atlantic/Reykjavik"},
    {"356", "Europe/Malta"},
    {"357", "Asia/Nicosia"},
    {"358", "Europe/Helsinki"},
    {"359", "Europe/Sofia"},
    {"36", "Europe/Budapest"},
    {"370", "Europe/Vilnius"},
    {"371", "Europe/Riga"},
    {"372", "Europe/Tallinn"},
    {"373", "Europe/Chisinau"},
    {"374", "Asia/Yerevan"},
    {"375", "Europe/Minsk"},
    {"380", "Europe/Kiev"},
    {"381", "Europe/Belgrade"},
    {"385", "Europe/Zagreb"},
    {"386", "Europe/Ljubljana"},
    {"387", "Europe/Sarajevo"},
    {"389", "Europe/Skopje"},
    {"39", "Europe/Rome"},
    {"40", "Europe/Bucharest"},
    {"41", "Europe/Zurich"},
    {"420", "Europe/Prague"},
    {"421", "Europe/Bratislava"},
    {"43", "Europe/Vienna"},
    {"44", "Europe/London"},
    {"45", "Europe/Copenhagen"},
    {"46", "Europe/Stockholm"},
    {"47", "Europe/Oslo"},
    {"48", "Europe/Warsaw"},
    {"49", "Europe/Berlin"},
    {"502", "America/Guatemala"},
    {"506", "America/Costa_Rica"},
    {"507", "America/Panama"},
    {"51", "America/Lima"},
    {"54", "America/Argentina/Buenos_Aires"},
    {"57", "America/Bogota"},
    {"58", "America/Caracas"},
    {"591", "America/La_Paz"},
    {"595", "America/Asuncion"},
    {"598", "America/Montevideo"},
    {"60", "Asia/Kuala_Lumpur"},
    {"63", "Asia/Manila"},
    {"65", "Asia/Singapore"},
    {"66", "Asia/Bangkok"},
    {"81", "Asia/Tokyo"},
    {"82", "Asia/Seoul"},
    {"84", "Asia/Ho_Chi_Minh"},
    {"852", "Asia/Hong_Kong"},
    {"86", "Asia/Shanghai"},
    {"880", "Asia/Dhaka"},
    {"886", "Asia/Taipei"},
    {"90", "Europe/Istanbul"},
    {"91", "Asia/Kolkata"},
    {"92", "Asia/Karachi"},
    {"94", "Asia/Colombo"},
    {"961", "Asia/Beirut"},
    {"962", "Asia/Amman"},
    {"965", "Asia/Kuwait"},
    {"966", "Asia/Riyadh"},
    {"971", "Asia/Dubai"},
    {"972", "Asia/Jerusalem"},
    {"974", "Asia/Qatar"},
    {"977", "Asia/Kathmandu"},
    {"98", "Asia/Tehran"},
};

static const char *zone_of(const char *handle, const struct config_account *a)
{
    size_t n = sizeof countries / sizeof *countries;
    for (size_t i = 0; strncmp(handle, "tel:+", 5) == 0 && i < n; i++)
        if (strncmp(handle + 5, countries[i].code, strlen(countries[i].code)) == 0)
            return countries[i].zone;
    return a->time_zone ? a->time_zone : "UTC";
}

static const struct config_account *account_of(const struct tenant *t, const char *key)
{
    return config_account(t->daemon->config, key[0] == '~' ? key + 1 : key);
}

static const char *nth_account(void *ctx, size_t index)
{
    const struct tenant *t = ctx;
    const struct config *c = t->daemon->config;
    for (size_t i = 0; i < c->accounts_n; i++)
        if (strcmp(c->accounts[i].tenant, t->name) == 0 && index-- == 0)
            return c->accounts[i].name;
    return NULL;
}

static int64_t life_of(void *ctx, const char *key)
{
    const struct tenant *t = ctx;
    const struct config_account *a = account_of(t, key);
    return a ? t->daemon->config->channels[a->channel].expire_hours * HOUR_MS : 0;
}

static const char *quiet(void *ctx, const char *key, const char *handle)
{
    const struct tenant *t = ctx;
    const struct config_account *a = account_of(t, key);
    const struct config_hours *h = a ? &t->daemon->config->channels[a->channel].quiet_hours : NULL;
    int64_t now = loop_unix_ms() / 1000;
    int32_t offset;
    if (!h || h->from == h->to)
        return NULL;
    if (!zone_offset(zone_of(handle, a), now, &offset) &&
        !zone_offset(a->time_zone ? a->time_zone : "UTC", now, &offset))
        offset = 0;
    int minute = (int)((now + offset) % DAY_S / 60);
    bool within = h->from < h->to ? minute >= h->from && minute < h->to : minute >= h->from || minute < h->to;
    return within ? "these are the customer's quiet hours" : NULL;
}

// A chat account's words reach the browser from the timeline.
bool delivery_is_pushed(void *ctx, const char *account)
{
    const struct daemon *d = ctx;
    const struct config_account *a = config_account(d->config, account);
    return a && a->kind == CONFIG_ACCOUNT_CHAT;
}

static bool says(void *ctx, const struct router_notice *n, int64_t wall, char out[static CORE_WORDS_MAX])
{
    const struct tenant *t = ctx;
    return config_words(t->daemon->config, t->name, n, wall, out, CORE_WORDS_MAX);
}

void delivery_govern(struct tenant *t)
{
    core_says(t->core, says, t);
    outbox_govern(t->outbox,
                  &(struct outbox_policy){.ctx = t, .account = nth_account, .life = life_of, .quiet = quiet});
}

void delivery_start(struct daemon *d)
{
    struct accounts_tenant *v = xcalloc(d->tenants_n, sizeof *v);
    for (size_t i = 0; i < d->tenants_n; i++) {
        const struct tenant *t = &d->tenants[i];
        v[i] = (struct accounts_tenant){t->name, d->store, t->core, t->outbox, t->triage};
    }
    d->accounts = accounts_new(&(struct accounts_options){
        .loop = d->loop,
        .http = d->http,
        .client = d->client,
        .media = attachments_media(d->attachments),
        .workers = d->workers,
        .config = d->config,
        .tenants = v,
        .tenants_n = d->tenants_n,
    });
    free(v);
}
