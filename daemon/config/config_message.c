// SPDX-License-Identifier: Apache-2.0
// What queues tell customers by themselves: which texts there are for which queue, what they may name, and filling them in.
// A text whose {...} are not all known is passed over, so that nobody is told a number that nobody knows.
#include "daemon/config/config_private.h"

#include "daemon/base/zone.h"
#include "proto/nearest.h"
#include "routing/router.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define BIT(kind) (1u << (unsigned)(kind))
#define ANY       (BIT(ROUTER_NOTICES) - 2u)
#define WAITS     (BIT(ROUTER_NOTICE_FULL) | BIT(ROUTER_NOTICE_WAIT))
#define MINUTE    60000

// ---- what a text may name ----

struct facts {
    const struct router_notice *n;
    int64_t wall_ms;
    char text[80];
};

static bool put_queue(struct facts *f)
{
    snprintf(f->text, sizeof f->text, "%s", f->n->queue);
    return true;
}

static bool put_minutes(struct facts *f, int64_t minutes)
{
    snprintf(f->text, sizeof f->text, "%lld", (long long)(minutes > 0 ? minutes : 1));
    return f->n->wait.kind == ROUTER_WAIT_KNOWN;
}

static bool put_wait(struct facts *f)
{
    return put_minutes(f, (f->n->wait.middle + MINUTE - 1) / MINUTE);
}

static bool put_wait_from(struct facts *f)
{
    return put_minutes(f, f->n->wait.low / MINUTE);
}

static bool put_wait_to(struct facts *f)
{
    return put_minutes(f, (f->n->wait.high + MINUTE - 1) / MINUTE);
}

static bool put_closes(struct facts *f)
{
    int64_t minutes = ((int64_t)f->n->closes_ms + MINUTE - 1) / MINUTE;
    snprintf(f->text, sizeof f->text, "%lld", (long long)minutes);
    return f->n->closes_ms > 0;
}

static bool local(const char *zone, int64_t ms, struct tm *out)
{
    int32_t offset = 0;
    if (!zone_offset(zone, ms / 1000, &offset))
        return false;
    time_t at = (time_t)(ms / 1000 + offset);
    return gmtime_r(&at, out) != NULL;
}

// "08:00", on another day "2026-12-28 08:00".
static bool put_moment(struct facts *f, int64_t ms)
{
    struct tm now, then;
    if (ms <= 0 || !local(f->n->zone, f->wall_ms, &now) || !local(f->n->zone, ms, &then))
        return false;
    bool today = now.tm_year == then.tm_year && now.tm_yday == then.tm_yday;
    return strftime(f->text, sizeof f->text, today ? "%H:%M" : "%Y-%m-%d %H:%M", &then) > 0;
}

static bool put_opens(struct facts *f)
{
    return put_moment(f, f->n->opens);
}

static bool put_until(struct facts *f)
{
    return put_moment(f, f->n->until);
}

static bool put_to(struct facts *f)
{
    snprintf(f->text, sizeof f->text, "%s", f->n->to);
    return *f->n->to != '\0';
}

static const struct place {
    const char *name;
    uint32_t kinds; // of messages that may have it
    bool (*put)(struct facts *f);
} places[] = {
    {"{queue}", ANY, put_queue},
    {"{opens}", BIT(ROUTER_NOTICE_CLOSED), put_opens},
    {"{wait}", WAITS, put_wait},
    {"{wait_from}", WAITS, put_wait_from},
    {"{wait_to}", WAITS, put_wait_to},
    {"{closes}", BIT(ROUTER_NOTICE_SILENT), put_closes},
    {"{until}", BIT(ROUTER_NOTICE_EMERGENCY), put_until},
    {"{to}", BIT(ROUTER_NOTICE_EMERGENCY), put_to},
};

static const struct place *place_at(const char *s, uint32_t kind)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i].kinds & kind && strncmp(s, places[i].name, strlen(places[i].name)) == 0)
            return &places[i];
    }
    return NULL;
}

// ---- which texts there are ----

static uint32_t kind_of(const struct config_message *m)
{
    return BIT(m->when + 1); // the order of the words is that of the kinds
}

static bool is_of_tenant(const struct config_message *m, const char *tenant)
{
    return m->tenant != NULL && tenant != NULL && strcmp(m->tenant, tenant) == 0 && m->text != NULL;
}

uint32_t config_tells(const struct config *c, const struct config_queue *q)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < c->messages_n; i++) {
        const struct config_message *m = &c->messages[i];
        if (is_of_tenant(m, q->tenant) && m->name == NULL &&
            (m->queue == NULL || (q->name != NULL && strcmp(m->queue, q->name) == 0)))
            bits |= kind_of(m);
    }
    return bits;
}

// ---- filling in ----

static bool fill(const char *text, uint32_t kind, struct facts *f, char *out, size_t room)
{
    size_t n = 0;
    for (const char *s = text; *s != '\0';) {
        const struct place *p = *s == '{' ? place_at(s, kind) : NULL;
        if (p != NULL && !p->put(f))
            return false;
        const char *from = p != NULL ? f->text : s;
        size_t len = p != NULL ? strlen(f->text) : 1;
        if (n + len >= room)
            return false;
        memcpy(out + n, from, len);
        n += len;
        s += p != NULL ? strlen(p->name) : 1;
    }
    out[n] = '\0';
    return n > 0;
}

// "de" is for "de" and for "de-AT".
static bool speaks(const char *wanted, const char *language)
{
    size_t n = strlen(wanted);
    return strncasecmp(wanted, language, n) == 0 && (language[n] == '\0' || language[n] == '-');
}

static bool is_named(const struct config_message *m, const char *name)
{
    return name == NULL ? m->name == NULL : m->name != NULL && strcmp(m->name, name) == 0;
}

// Of one queue or of all, in the customer's language or for all others.
static bool words_of(const struct config *c, const char *tenant, const char *name, bool own, bool language,
                     struct facts *f, char *out, size_t room)
{
    for (size_t i = 0; i < c->messages_n; i++) {
        const struct config_message *m = &c->messages[i];
        bool fits = is_of_tenant(m, tenant) && is_named(m, name) && kind_of(m) == BIT(f->n->kind) &&
                    (m->queue != NULL) == own && (m->language != NULL) == language &&
                    (!own || strcmp(m->queue, f->n->queue) == 0) && (!language || speaks(m->language, f->n->language));
        if (fits && fill(m->text, kind_of(m), f, out, room))
            return true;
    }
    return false;
}

static bool words_named(const struct config *c, const char *tenant, const char *name, struct facts *f, char *out,
                        size_t room)
{
    bool any_own = false;
    for (size_t i = 0; i < c->messages_n && !any_own; i++) {
        const struct config_message *m = &c->messages[i];
        any_own = is_of_tenant(m, tenant) && is_named(m, name) && m->queue != NULL &&
                  strcmp(m->queue, f->n->queue) == 0 && kind_of(m) == BIT(f->n->kind);
    }
    return words_of(c, tenant, name, any_own, true, f, out, room) ||
           words_of(c, tenant, name, any_own, false, f, out, room);
}

static bool any_named(const struct config *c, const char *tenant, const char *name)
{
    for (size_t i = 0; i < c->messages_n; i++) {
        if (is_of_tenant(&c->messages[i], tenant) && is_named(&c->messages[i], name))
            return true;
    }
    return false;
}

bool config_words(const struct config *c, const char *tenant, const struct router_notice *n, int64_t wall_ms, char *out,
                  size_t room)
{
    struct facts f = {.n = n, .wall_ms = wall_ms};
    bool given = n->message != NULL && *n->message != '\0';
    if (given && any_named(c, tenant, n->message))
        return words_named(c, tenant, n->message, &f, out, room);
    return (given && fill(n->message, BIT(n->kind), &f, out, room)) || words_named(c, tenant, NULL, &f, out, room);
}

const char *config_emergency_wrong(const struct config *c, const char *tenant, const char *text)
{
    if (*text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0' &&
        !any_named(c, tenant, text))
        return "no [[message]] has this name; a text of its own has more than one word";
    for (const char *s = text; *s != '\0'; s++) {
        if (*s == '{' && place_at(s, BIT(ROUTER_NOTICE_EMERGENCY)) == NULL)
            return "may name {queue}, {until} and {to}, nothing else in {}";
    }
    return NULL;
}

// ---- checks ----

static void check_places(const struct config_message *m, struct config_place place, struct config_errors *errs)
{
    char names[128] = "";
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i].kinds & kind_of(m))
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "", places[i].name);
    }
    for (const char *s = m->text; *s != '\0'; s++) {
        if (*s != '{' || place_at(s, kind_of(m)) != NULL)
            continue;
        size_t n = strcspn(s, "}");
        n = s[n] == '}' ? n + 1 : n;
        errors_add(errs, place, "message.text names an unknown %.*s (a text of this kind may name %s)",
                   (int)(n > 40 ? 40 : n), s, names);
    }
}

static const struct config_queue *queue_named(const struct config *c, const struct config_message *m,
                                              struct nearest *near)
{
    for (size_t i = 0; i < c->queues_n; i++) {
        const struct config_queue *q = &c->queues[i];
        if (q->name == NULL || q->tenant == NULL || m->tenant == NULL || strcmp(q->tenant, m->tenant) != 0)
            continue;
        if (strcmp(q->name, m->queue) == 0)
            return q;
        nearest_offer(near, q->name);
    }
    return NULL;
}

// What can never be told.
static void check_use(const struct config_message *m, const struct config_queue *q, struct config_place place,
                      struct config_errors *errs)
{
    uint32_t kind = kind_of(m);
    if (kind == BIT(ROUTER_NOTICE_CLOSED) && q->calendar == NULL)
        errors_warn(errs, place, "queue '%s' is never closed, so this message is never told (give it a calendar)",
                    q->name);
    if (kind == BIT(ROUTER_NOTICE_FULL) && q->overflow_waiting == 0)
        errors_warn(errs, place, "queue '%s' is never full, so this message is never told (give it overflow_waiting)",
                    q->name);
    if (kind == BIT(ROUTER_NOTICE_WAIT) && q->promise_seconds == 0)
        errors_warn(errs, place, "queue '%s' promises nothing, so this message is never told (give it promise_seconds)",
                    q->name);
}

void config_check_message(const struct config *c, const struct config_message *m, struct config_place text,
                          struct config_place queue, struct config_errors *errs)
{
    if (m->text != NULL)
        check_places(m, text, errs);
    if (m->name != NULL && kind_of(m) != BIT(ROUTER_NOTICE_EMERGENCY))
        errors_add(errs, m->place, "message.name has no meaning here (only with when = \"emergency\")");
    if (m->queue == NULL)
        return;
    struct nearest near = nearest_begin(m->queue);
    const struct config_queue *q = queue_named(c, m, &near);
    const char *best = nearest_best(&near);
    if (q != NULL)
        check_use(m, q, queue, errs);
    else
        errors_add(errs, queue, "message.queue names an unknown queue '%s' (%s%s%s)", m->queue,
                   best != NULL ? "did you mean '" : "every queue has its [[queue]]", best != NULL ? best : "",
                   best != NULL ? "'?" : "");
}
