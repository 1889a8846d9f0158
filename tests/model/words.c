// SPDX-License-Identifier: Apache-2.0
//
// One table of fields for each structure of router_input.h and router_config.h, and one walk over them, which tells or blanks. What
// has no line here is not told, and stays as it is.

#include "words.h"

#include "cover.h"
#include "proto/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum type { U32, U64, I64, FLAG, TEXT, LIST };

struct field {
    const char *name;
    size_t at;
    enum type type;
    int of;                 // COVER_* or CHANNEL: the enum; -1 = it is none
    size_t n, n_at;         // LIST: length, or where that is
    const struct shape *in; // ... and what is in it
};

struct shape {
    size_t size, n;
    const struct field *fields;
};

#define CHANNEL COVERS
#define TYPE(m) _Generic(((S *)0)->m, const char * : TEXT, bool : FLAG, uint64_t : U64, int64_t : I64, default : U32)
// Of a structure S:
#define F(m)                                                                                                           \
    {                                                                                                                  \
#m, offsetof(S, m), TYPE(m), -1, 0, 0, NULL                                                                    \
    }
#define E(m, enums)                                                                                                    \
    {                                                                                                                  \
#m, offsetof(S, m), U32, enums, 0, 0, NULL                                                                     \
    }
#define LIST(m, of)                                                                                                    \
    {                                                                                                                  \
#m, offsetof(S, m), LIST, -1, 0, offsetof(S, m##_n), &(of)                                                     \
    }
#define EACH(m, of)                                                                                                    \
    {                                                                                                                  \
#m, offsetof(S, m), LIST, -1, sizeof(((S *)0)->m) / sizeof(((S *)0)->m[0]), 0, &(of)                           \
    }
#define SHAPE(name)                                                                                                    \
    static const struct shape name = {sizeof(S), sizeof(name##_fields) / sizeof(name##_fields)[0], name##_fields}

#define S const char *
static const struct field text_fields[] = {{"", 0, TEXT, -1, 0, 0, NULL}};
SHAPE(text);
#undef S
#define S uint32_t
static const struct field number_fields[] = {{"", 0, U32, -1, 0, 0, NULL}};
SHAPE(number);
#undef S
#define S int64_t
static const struct field moment_fields[] = {{"", 0, I64, -1, 0, 0, NULL}};
SHAPE(moment);
#undef S
#define S struct router_skill
static const struct field skill_fields[] = {F(name), F(level)};
SHAPE(skill);
#undef S
#define S struct router_attribute
static const struct field attribute_fields[] = {F(key), F(value)};
SHAPE(attribute);
#undef S
#define S struct router_attribute_rule
static const struct field attribute_rule_fields[] = {F(key), LIST(values, text)};
SHAPE(attribute_rule);
#undef S
#define S struct router_relax
static const struct field relax_fields[] = {F(after_ms), F(percent), F(breach), F(needs)};
SHAPE(relax);
#undef S
#define S struct router_sla
static const struct field sla_fields[] = {E(channel, CHANNEL), F(priority), F(first_ms), F(next_ms)};
SHAPE(sla);
#undef S
#define S struct router_silence
static const struct field silence_fields[] = {F(notice_ms), F(close_ms)};
SHAPE(silence);
#undef S
#define S struct router_channel_rules
static const struct field rules_fields[] = {F(units),   F(idle_ms),     F(offer_ms),        F(auto_accept),
                                            F(max),     F(exclusive),   F(prefer_known_ms), F(lost_ms),
                                            F(away_ms), F(give_back_ms)};
SHAPE(rules);
#undef S
#define S struct router_agent
static const struct field agent_fields[] = {
    F(id),       F(name),  F(bot),        F(from_file), LIST(skills, skill),   F(capacity),
    F(channels), F(speed), F(resolution), F(team),      LIST(attributes, text)};
SHAPE(agent);
#undef S
#define S struct router_calendar
static const struct field calendar_fields[] = {F(name), F(zone), LIST(hours, text), LIST(holidays, text)};
SHAPE(calendar);
#undef S
#define S struct router_queue
static const struct field queue_fields[] = {F(name),
                                            F(priority),
                                            LIST(requires, skill),
                                            F(needs),
                                            F(floor),
                                            LIST(steps, relax),
                                            LIST(prefers, skill),
                                            F(channels),
                                            LIST(accounts, text),
                                            LIST(attributes, attribute_rule),
                                            LIST(intents, text),
                                            LIST(languages, text),
                                            LIST(dispositions, text),
                                            F(disposition_required),
                                            F(calendar),
                                            F(when),
                                            F(overflow),
                                            F(overflow_waiting),
                                            F(overflow_ms),
                                            F(tells),
                                            EACH(silent, silence),
                                            F(promise_ms),
                                            E(select, COVER_SELECT),
                                            F(weight_speed),
                                            F(learn),
                                            F(learn_prior),
                                            EACH(mix, number),
                                            F(weight),
                                            F(target_ms),
                                            LIST(slas, sla),
                                            F(sla_calendar),
                                            F(offer_to),
                                            F(offer_ms),
                                            F(wrap_up_ms),
                                            F(prefer_known_ms),
                                            F(callback_retry_ms),
                                            F(callback_attempts),
                                            F(callback_dial_ms),
                                            F(from_file)};
SHAPE(queue);
#undef S
#define S struct router_config
static const struct field config_fields[] = {LIST(queues, queue),
                                             LIST(agents, agent),
                                             LIST(calendars, calendar),
                                             F(grace_ms),
                                             F(timeouts_to_away),
                                             F(decline_pause_ms),
                                             F(decline_max),
                                             F(extend_max),
                                             F(calls_interrupt),
                                             F(focus_ms),
                                             F(learn_ms),
                                             E(order, COVER_ORDER),
                                             F(seed),
                                             F(idle_from_end),
                                             EACH(channels, rules)};
SHAPE(config);
#undef S
#define S struct router_happened
static const struct field happened_fields[] = {E(kind, COVER_HAPPENED),
                                               E(channel, CHANNEL),
                                               F(account),
                                               F(handle),
                                               F(call),
                                               F(language),
                                               F(intent),
                                               F(callback),
                                               LIST(attributes, attribute),
                                               LIST(customer_attributes, attribute),
                                               F(priority),
                                               F(simulated),
                                               F(conversation),
                                               F(customer),
                                               F(reopened),
                                               F(participant),
                                               F(last_agent)};
SHAPE(happened);
#undef S
#define S struct router_command
static const struct field command_fields[] = {E(act, COVER_ACT_DONE),
                                              F(session),
                                              F(client_id),
                                              F(agent),
                                              F(work),
                                              F(epoch),
                                              F(conversation),
                                              E(presence, COVER_PRESENCE),
                                              E(channel, CHANNEL),
                                              F(account),
                                              F(handle),
                                              F(target),
                                              F(to),
                                              F(text),
                                              F(resolved),
                                              F(until)};
SHAPE(command);
#undef S
#define S struct router_supervise
static const struct field supervise_fields[] = {E(act, COVER_SUPERVISION_DONE),
                                                F(session),
                                                F(client_id),
                                                F(by),
                                                F(note),
                                                F(agent),
                                                F(queue),
                                                F(work),
                                                F(priority),
                                                F(until),
                                                F(to),
                                                F(message),
                                                F(over_capacity)};
SHAPE(supervise);
#undef S
#define S struct router_said
static const struct field said_fields[] = {E(kind, COVER_NOTICE), F(work),    F(conversation), F(customer),
                                           E(channel, CHANNEL),   F(account), F(handle),       F(simulated)};
SHAPE(said);
#undef S
#define S struct router_input
static const struct field usual_fields[] = {F(has_entry)};
SHAPE(usual);
static const struct field opened_fields[] = {F(desk_opened.session), F(desk_opened.agent), F(desk_opened.boot)};
SHAPE(opened);
static const struct field closed_fields[] = {F(desk_closed.session), F(desk_closed.boot), F(desk_closed.logout)};
SHAPE(closed);
static const struct field lost_fields[] = {F(node_lost.boot)};
SHAPE(lost);
static const struct field agent_gone_fields[] = {F(agent_removed.id)};
SHAPE(agent_gone);
static const struct field queue_gone_fields[] = {F(queue_removed.name)};
SHAPE(queue_gone);
static const struct field fold_fields[] = {F(fold.version)};
SHAPE(fold);
static const struct field delivery_fields[] = {F(delivery.delivery), F(delivery.conversation), F(delivery.entry),
                                               F(delivery.state),    F(delivery.reason),       F(delivery.input),
                                               F(delivery.effect)};
SHAPE(delivery);
static const struct field customer_fields[] = {F(customer_changed.customer), F(customer_changed.other)};
SHAPE(customer);
static const struct field turns_fields[] = {F(calendar.name),        F(calendar.defined),
                                            F(calendar.turns.open),  F(calendar.turns.from),
                                            F(calendar.turns.until), LIST(calendar.turns.turns, moment)};
SHAPE(turns);
static const struct field learned_fields[] = {E(learned.act, COVER_LEARNED), F(learned.agent), F(learned.queue),
                                              F(learned.work)};
SHAPE(learned);
#undef S

static const struct {
    size_t at;
    const struct shape *of;
} kinds[] = {
    [ROUTER_IN_HAPPENED] = {offsetof(struct router_input, happened), &happened},
    [ROUTER_IN_DESK_OPENED] = {0, &opened},
    [ROUTER_IN_DESK_CLOSED] = {0, &closed},
    [ROUTER_IN_NODE_LOST] = {0, &lost},
    [ROUTER_IN_COMMAND] = {offsetof(struct router_input, command), &command},
    [ROUTER_IN_CONFIG] = {offsetof(struct router_input, config), &config},
    [ROUTER_IN_AGENT_PUT] = {offsetof(struct router_input, agent_put), &agent},
    [ROUTER_IN_AGENT_REMOVED] = {0, &agent_gone},
    [ROUTER_IN_QUEUE_PUT] = {offsetof(struct router_input, queue_put), &queue},
    [ROUTER_IN_QUEUE_REMOVED] = {0, &queue_gone},
    [ROUTER_IN_FOLD] = {0, &fold},
    [ROUTER_IN_DELIVERY] = {0, &delivery},
    [ROUTER_IN_CUSTOMER_CHANGED] = {0, &customer},
    [ROUTER_IN_CALENDAR] = {0, &turns},
    [ROUTER_IN_LEARNED] = {0, &learned},
    [ROUTER_IN_SUPERVISE] = {offsetof(struct router_input, supervise), &supervise},
    [ROUTER_IN_SAID] = {offsetof(struct router_input, said), &said},
    [ROUTER_IN_NOTHING] = {0, NULL}, // nor has a tick anything of its own
};

// ---- the walk ----

struct walk {
    bool blanks; // the k-th; else it tells
    size_t k, index;
    bool done;
};

static void walk(struct walk *w, unsigned char *base, const struct shape *of, unsigned depth);

// Whether this one is to be blanked.
static bool chosen(struct walk *w)
{
    w->done |= w->blanks && w->index == w->k;
    return w->blanks && w->index++ == w->k;
}

static uint64_t value_of(const unsigned char *p, enum type type)
{
    static const size_t size[] = {[U32] = 4, [U64] = 8, [I64] = 8, [FLAG] = 1};
    uint64_t v = 0; // little-endian, or what is told is wrong
    memcpy(&v, p, size[type]);
    return v;
}

static void tell_value(const struct field *f, const unsigned char *p)
{
    uint64_t v = value_of(p, f->type);
    const char *name = f->of == CHANNEL ? channel_name((Throughline__V1__Channel)v)
                       : f->of >= 0     ? cover_name((enum cover_of)f->of, (int)v)
                                        : NULL;
    if (name)
        fprintf(stderr, " %s=%s", f->name, name);
    else if (f->type == FLAG)
        fprintf(stderr, " %s", f->name);
    else
        fprintf(stderr, " %s=%" PRId64, f->name, (int64_t)v);
}

static void walk_value(struct walk *w, const struct field *f, unsigned char *p)
{
    static const size_t size[] = {[U32] = 4, [U64] = 8, [I64] = 8, [FLAG] = 1};
    if (!value_of(p, f->type))
        return;
    if (chosen(w))
        memset(p, 0, size[f->type]);
    else if (!w->blanks)
        tell_value(f, p);
}

static void walk_text(struct walk *w, const struct field *f, unsigned char *p)
{
    const char *s;
    memcpy(&s, p, sizeof s);
    if (!s || !*s)
        return;
    if (!w->blanks) {
        fprintf(stderr, " %s%s'%s'", f->name, *f->name ? "=" : "", s);
    } else if (chosen(w)) {
        s = "";
        memcpy(p, &s, sizeof s);
    }
}

static bool blank_in_list(struct walk *w, const struct field *f, unsigned char *n_at, unsigned char *v, size_t n)
{
    size_t one = f->in->size, left = 0;
    if (!f->n_at)
        return false;
    if (chosen(w)) {
        memcpy(n_at, &left, sizeof left);
        return true;
    }
    for (size_t i = 0; n > 1 && i < n; i++) {
        if (chosen(w)) {
            left = n - 1;
            memmove(v + i * one, v + (i + 1) * one, (n - 1 - i) * one);
            memcpy(n_at, &left, sizeof left);
            return true;
        }
    }
    return false;
}

static bool is_zero(const unsigned char *p, size_t n)
{
    return !*p && memcmp(p, p + 1, n - 1) == 0;
}

static void walk_list(struct walk *w, const struct field *f, unsigned char *base, unsigned depth)
{
    size_t n = f->n;
    unsigned char *v = base + f->at;
    if (f->n_at) {
        memcpy(&n, base + f->n_at, sizeof n);
        memcpy(&v, base + f->at, sizeof v);
    }
    if (!n || (w->blanks && blank_in_list(w, f, base + f->n_at, v, n)))
        return;
    bool long_ones = f->in->n > 4;
    for (size_t i = 0; i < n && !w->done; i++) {
        if (!w->blanks && is_zero(v + i * f->in->size, f->in->size))
            continue;
        if (!w->blanks)
            fprintf(stderr, long_ones ? "\n%*s%s %zu:" : " %*s%s[%zu]", long_ones ? (int)(20 + 2 * depth) : 0, "",
                    f->name, i);
        walk(w, v + i * f->in->size, f->in, depth + 1);
    }
}

static void walk(struct walk *w, unsigned char *base, const struct shape *of, unsigned depth)
{
    // lists last: they have lines of their own
    for (size_t i = 0; i < of->n && !w->done; i++) {
        const struct field *f = &of->fields[i];
        if (f->type == TEXT)
            walk_text(w, f, base + f->at);
        else if (f->type != LIST)
            walk_value(w, f, base + f->at);
    }
    for (size_t i = 0; i < of->n && !w->done; i++) {
        if (of->fields[i].type == LIST)
            walk_list(w, &of->fields[i], base, depth);
    }
}

static void walk_input(struct walk *w, struct router_input *in)
{
    const struct shape *of = kinds[in->kind].of;
    walk(w, (unsigned char *)in, &usual, 0);
    if (of && !w->done)
        walk(w, (unsigned char *)in + kinds[in->kind].at, of, 0);
}

void words_print(const struct router_input *in, int64_t after, bool restored)
{
    struct router_input copy = *in;
    fprintf(stderr, "%4" PRIu64 " +%" PRId64 " ms %s", in->number, after, cover_name(COVER_INPUT, (int)in->kind));
    walk_input(&(struct walk){.blanks = false}, &copy);
    fprintf(stderr, restored ? "\n     and is restored from its snapshot\n" : "\n");
}

bool words_blank(struct router_input *in, size_t k)
{
    struct walk w = {.blanks = true, .k = k};
    walk_input(&w, in);
    return w.done;
}
