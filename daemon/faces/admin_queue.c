// SPDX-License-Identifier: Apache-2.0
// Queues as the back office defines them while running, and what is wrong with one, or with a calendar, that it would define.
#include <string.h>

#include "daemon/base/hours.h"
#include "daemon/base/zone.h"
#include "daemon/faces/admin.h"
#include "proto/utf8.h"
#include "throughline/v1/admin.pb-c.h"

static bool mix_is_sound(const Throughline__V1__Queue *q, bool needed)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < q->n_mix; i++) {
        enum router_select part;
        if (!router_select_of(q->mix[i]->select, &part) || part == ROUTER_RANDOM || part == ROUTER_MIX ||
            q->mix[i]->weight > 100)
            return false;
        sum += q->mix[i]->weight;
    }
    return sum || !needed;
}

static bool mix_has_resolution(const Throughline__V1__Queue *q, enum router_select select)
{
    enum router_select part;
    for (size_t i = 0; select == ROUTER_MIX && i < q->n_mix; i++)
        if (router_select_of(q->mix[i]->select, &part) && part == ROUTER_RESOLUTION && q->mix[i]->weight)
            return true;
    return false;
}

static bool steps_are_sound(const Throughline__V1__Queue *q)
{
    uint64_t before = 0, target = q->target_seconds ? q->target_seconds : 60;
    size_t breaches = 0, at;
    const char *why;
    for (size_t i = 0; i < q->n_steps; i++) {
        const Throughline__V1__Step *s = q->steps[i];
        uint64_t after = s->percent ? target * 10 * s->percent : s->after_seconds * (uint64_t)1000;
        if (!router_needs_ok(s->needs, &why, &at) || s->percent > 1000 || s->after_seconds > 2592000 ||
            (s->percent != 0) + (s->after_seconds != 0) + (s->breach != 0) != 1 || (!s->breach && after <= before))
            return false;
        before = s->breach ? before : after;
        breaches += s->breach ? 1 : 0;
    }
    return q->n_steps <= ROUTER_STEPS_MAX && breaches <= 1;
}

static bool silent_is_sound(const Throughline__V1__Queue *q)
{
    uint32_t seen = 0;
    for (size_t i = 0; i < q->n_silent; i++) {
        const Throughline__V1__Silence *s = q->silent[i];
        unsigned c = (unsigned)s->channel;
        if (c >= ROUTER_CHANNELS || c == ROUTER_VOICE || seen & 1u << c || s->notice_seconds > 2592000 ||
            s->close_seconds > 2592000 || (s->close_seconds && s->notice_seconds >= s->close_seconds))
            return false;
        seen |= 1u << c;
    }
    return true;
}

static bool sla_is_sound(const Throughline__V1__Queue *q)
{
    for (size_t i = 0; i < q->n_sla; i++) {
        const Throughline__V1__Sla *s = q->sla[i];
        if ((unsigned)s->channel >= ROUTER_CHANNELS || s->priority > 9 || s->first_seconds > 2592000 ||
            s->next_seconds > 2592000 || (!s->first_seconds && !s->next_seconds))
            return false;
        for (size_t k = 0; k < i; k++)
            if (q->sla[k]->channel == s->channel && q->sla[k]->priority == s->priority)
                return false;
    }
    return q->n_sla <= ROUTER_SLAS_MAX;
}

static bool attributes_are_sound(const Throughline__V1__Queue *q)
{
    for (size_t i = 0; i < q->n_attributes; i++) {
        const Throughline__V1__AttributeRule *rule = q->attributes[i];
        size_t len = strlen(rule->key);
        if (!len || len > ROUTER_NAME_MAX || !utf8_valid_text(rule->key, len) || !rule->n_values ||
            rule->n_values > ROUTER_ATTRIBUTE_VALUES_MAX)
            return false;
        for (size_t k = 0; k < rule->n_values; k++)
            if (strlen(rule->values[k]) > ROUTER_TEXT_MAX || !utf8_valid_text(rule->values[k], strlen(rule->values[k])))
                return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(q->attributes[k]->key, rule->key) == 0)
                return false;
    }
    return q->n_attributes <= ROUTER_ATTRIBUTES_MAX;
}

static const char *queue_needs_wrong(const Throughline__V1__Queue *q, const char **field)
{
    const char *why;
    size_t at;
    *field = "needs";
    if (!router_needs_ok(q->needs, &why, &at))
        return why;
    *field = "floor";
    if (!router_needs_ok(q->floor, &why, &at))
        return why;
    *field = "steps";
    if (!steps_are_sound(q))
        return "at most 16, each after the one before, by seconds or per cent, one by breach, with a requirement that "
               "can be "
               "read";
    *field = "prefers";
    return admin_skills_are_sound(q->prefers, q->n_prefers) ? NULL : "names of [a-z0-9._-], levels 1 to 5, at most 64";
}

static const char *queue_target_wrong(const Throughline__V1__Queue *q, const char **field)
{
    *field = "weight";
    if (q->weight > 1000000000)
        return "must be 1 to 1000000000";
    *field = "target_seconds";
    if (q->target_seconds > 2592000)
        return "must be 1 to 2592000";
    *field = "sla_calendar";
    if (*q->sla_calendar && !admin_name_is_sound(q->sla_calendar))
        return "must be 1 to 64 of [a-z0-9._-]";
    *field = "sla";
    return sla_is_sound(q) ? NULL
                           : "at most 60, each for another channel or priority 1 to 9, with firstSeconds or "
                             "nextSeconds up to 2592000";
}

static const char *queue_notices_wrong(const Throughline__V1__Queue *q, const char **field)
{
    *field = "promise_seconds";
    if (q->promise_seconds > 86400)
        return "must be 0 to 86400";
    *field = "voicemail";
    for (size_t i = 0; i < q->n_voicemail; i++)
        if ((int)q->voicemail[i] < ROUTER_NOTICE_CLOSED || (int)q->voicemail[i] > ROUTER_NOTICE_WAIT)
            return "must be of closed, full and wait";
    *field = "voicemail_seconds";
    if (q->voicemail_seconds > 86400)
        return "must be 0 to 86400";
    *field = "voicemail_wait_seconds";
    if (q->voicemail_wait_seconds > 86400)
        return "must be 0 to 86400";
    *field = "tells";
    for (size_t i = 0; i < q->n_tells; i++)
        if ((int)q->tells[i] <= 0 || (int)q->tells[i] >= ROUTER_NOTICES)
            return "must be kinds of notices";
    *field = "silent";
    return silent_is_sound(q) ? NULL
                              : "one row a channel, not voice, times up to 2592000, the close later than the notice";
}

static const char *queue_callback_wrong(const Throughline__V1__Queue *q, const char **field)
{
    *field = "callback_hours";
    if (*q->callback_hours && !admin_name_is_sound(q->callback_hours))
        return "must be 1 to 64 of [a-z0-9._-]";
    *field = "callback_after_seconds";
    if (q->callback_after_seconds > 86400)
        return "must be 0 to 86400";
    *field = "callback_retry_seconds";
    if (q->callback_retry_seconds > 86400)
        return "must be 1 to 86400";
    *field = "callback_attempts";
    if (q->callback_attempts > 20)
        return "must be 1 to 20";
    *field = "callback_dial_seconds";
    if (q->callback_dial_seconds && (q->callback_dial_seconds < 5 || q->callback_dial_seconds > 600))
        return "must be 5 to 600";
    return NULL;
}

static const char *queue_choice_wrong(const Throughline__V1__Queue *q, const char **field)
{
    enum router_select select = ROUTER_SUITED;
    *field = "select";
    if (*q->select && !router_select_of(q->select, &select))
        return "must be suited, longest_idle, least_loaded, fewest_skills, most_skilled, fastest, resolution, random "
               "or "
               "mix";
    *field = "mix";
    if (!mix_is_sound(q, select == ROUTER_MIX))
        return "for select mix: parts like suited with weights 0 to 100, not all 0";
    enum router_when when;
    *field = "when";
    if (*q->when && !router_when_of(q->when, &when))
        return "must be always, open or closed";
    *field = "dispositions";
    for (size_t i = 0; i < q->n_dispositions; i++)
        if (q->n_dispositions > 64 || !admin_name_is_sound(q->dispositions[i]))
            return "names of [a-z0-9._-], at most 64";
    *field = "calendar";
    if (*q->calendar && !admin_name_is_sound(q->calendar))
        return "must be 1 to 64 of [a-z0-9._-]";
    *field = "overflow";
    if (*q->overflow && !admin_name_is_sound(q->overflow))
        return "must be 1 to 64 of [a-z0-9._-]";
    *field = "overflow_waiting";
    if (q->overflow_waiting > 1000000)
        return "must be 0 to 1000000";
    *field = "overflow_seconds";
    if (q->overflow_seconds > 86400)
        return "must be 0 to 86400";
    *field = "weight_speed";
    if (q->weight_speed > 1000)
        return "must be 0 to 1000";
    *field = "learn";
    if (q->learn && select != ROUTER_RESOLUTION && !mix_has_resolution(q, select))
        return "goes with select resolution, or with a mix that has it";
    if (q->learn && q->n_intents > ROUTER_LEARN_INTENTS)
        return "goes with at most 32 intents";
    *field = "learn_prior";
    if (q->learn_prior > 1000)
        return "must be 1 to 1000";
    const char *wrong = queue_notices_wrong(q, field);
    wrong = wrong ? wrong : queue_callback_wrong(q, field);
    return wrong ? wrong : queue_target_wrong(q, field);
}

const char *admin_queue_wrong(const Throughline__V1__Queue *q, const char *name, const char **field)
{
    *field = "name";
    if (!admin_name_is_sound(name) || (*q->name && strcmp(q->name, name) != 0))
        return "must be that of the path: 1 to 64 of [a-z0-9._-]";
    *field = "priority";
    if (q->priority > 9)
        return "must be 1 to 9";
    *field = "requires";
    if (!admin_skills_are_sound(q->requires, q->n_requires))
        return "names of [a-z0-9._-], levels 1 to 5, at most 64";
    *field = "attributes";
    if (!attributes_are_sound(q))
        return "at most 16 keys of 1 to 64 bytes, none twice, each with 1 to 64 values of up to 256 bytes";
    const char *wrong = queue_needs_wrong(q, field);
    wrong = wrong ? wrong : queue_choice_wrong(q, field);
    if (wrong)
        return wrong;
    *field = "offer_to";
    if (q->offer_to > ROUTER_OFFERS_MAX)
        return "must be 1 to 8";
    *field = "offer_seconds";
    if (q->offer_seconds && (q->offer_seconds < 5 || q->offer_seconds > 3600))
        return "must be 5 to 3600";
    *field = "wrap_up_seconds";
    return q->wrap_up_seconds > 3600 || q->prefer_known_seconds > 3600 ? "must be 0 to 3600" : NULL;
}

const char *admin_calendar_wrong(const Throughline__V1__Calendar *c, const char **field)
{
    int32_t offset;
    const char *wrong = NULL;
    *field = "name";
    if (!admin_name_is_sound(c->name))
        return "must be 1 to 64 of [a-z0-9._-]";
    *field = "time_zone";
    if (!zone_offset(c->time_zone, 0, &offset))
        return "must be a name of the tz database like Europe/Berlin";
    *field = "hours";
    for (size_t i = 0; i < c->n_hours; i++)
        if ((wrong = hours_weekly_wrong(c->hours[i])))
            return wrong;
    *field = "holidays";
    for (size_t i = 0; i < c->n_holidays; i++)
        if ((wrong = hours_holiday_wrong(c->holidays[i])))
            return wrong;
    return NULL;
}

void admin_queue_put(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    ProtobufCMessage *m = face ? http_body_message(r, &throughline__v1__queue__descriptor) : NULL;
    Throughline__V1__Queue *q = (Throughline__V1__Queue *)m;
    const char *name = m ? http_param(r, "name") : NULL, *field = NULL;
    if (!m)
        return;
    const char *wrong = admin_queue_wrong(q, name, &field);
    if (wrong) {
        http_problem(r, PROBLEM_invalid_body, field, wrong);
        protobuf_c_message_free_unpacked(m, NULL);
        return;
    }
    admin_text_set(&q->name, name);
    if (!*q->select)
        admin_text_set(&q->select, "suited");
    q->priority = q->priority ? q->priority : 5;
    q->offer_to = q->offer_to ? q->offer_to : 1;
    q->offer_seconds = q->offer_seconds ? q->offer_seconds : 30;
    q->from_file = false;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_QUEUE_PUT;
    in.queue_put = q;
    admin_append(face, r, &in, 200, m, "queue.put", name, "");
}

static bool knows_queue(const struct face *face, const char *name)
{
    struct router_queue_view q;
    for (size_t i = 0; router_queue_at(core_router(face->core), i, &q); i++)
        if (strcmp(q.def.name, name) == 0)
            return true;
    return false;
}

void admin_queue_delete(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    if (!face)
        return;
    const char *name = http_param(r, "name");
    if (!knows_queue(face, name)) {
        http_problem(r, PROBLEM_not_found, NULL, "no queue has this name");
        return;
    }
    Throughline__V1__QueueRemoved removed = THROUGHLINE__V1__QUEUE_REMOVED__INIT;
    removed.name = (char *)name;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_QUEUE_REMOVED;
    in.queue_removed = &removed;
    admin_append(face, r, &in, 204, NULL, "queue.delete", name, "");
}
