// SPDX-License-Identifier: Apache-2.0
// The lint against the plainest way to know: generated configurations, gone through work by work and agent by agent. What each rule
// says, word for word, is in lint/*.toml; here are those that no file can bring about, and hostile ones.
#include "daemon/config/config_lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QUEUES 8
#define AGENTS 3
#define NOW    1700000000

static bool found(const struct lint_report *r, const char *rule, const char *table, size_t row)
{
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->v[i].rule, rule) == 0 && strcmp(r->v[i].table, table) == 0 && r->v[i].row == row)
            return true;
    }
    return false;
}

static void test_what_only_the_api_can_bring_about(void **state)
{
    (void)state;
    static struct lint_report r;
    struct router_queue queues[] = {
        {.name = "a", .priority = 5, .channels = 1u << ROUTER_SMS, .overflow = "gone"},
        {.name = "b", .priority = 5, .overflow = "b", .languages_n = 1, .languages = (const char *const[]){"de"}}};
    struct router_config c = {.queues = queues, .queues_n = 2};
    config_lint(&c, NULL, 0, NOW, &r);
    assert_true(found(&r, "overflow-missing", "queue", 0));
    assert_true(found(&r, "overflow-missing", "queue", 1));
    assert_true(found(&r, "last-queue", "queue", 1));
    assert_int_equal(r.n, 3);
    queues[0].overflow = "b";
    queues[1].overflow = "a";
    queues[1].languages_n = 0;
    config_lint(&c, NULL, 0, NOW, &r);
    assert_int_equal(r.n, 0);
}

static void test_nothing_is_nothing(void **state)
{
    (void)state;
    static struct lint_report r;
    config_lint(&(struct router_config){0}, NULL, 0, NOW, &r);
    assert_int_equal(r.n + r.errors + r.untold, 0);
}

static void test_what_does_not_fit_is_counted(void **state)
{
    (void)state;
    static struct lint_report r;
    struct router_queue *queues = calloc(LINT_MAX + 30, sizeof *queues);
    for (size_t i = 0; i < LINT_MAX + 30; i++)
        queues[i] = (struct router_queue){.name = "q", .priority = 5, .needs = "bot and human"};
    struct router_config c = {.queues = queues, .queues_n = LINT_MAX + 30};
    config_lint(&c, NULL, 0, NOW, &r);
    assert_int_equal(r.n, LINT_MAX);
    assert_int_equal(r.errors, LINT_MAX + 30);
    assert_true(r.untold >= 30);
    free(queues);
}

// Too much to think about ends, and says less.
static void test_a_monster_ends(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static struct lint_report r;
    static char names[MANY][8];
    static const char *intents[MANY];
    struct router_queue *queues = calloc(MANY, sizeof *queues);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        intents[i] = names[i];
        queues[i] = (struct router_queue){.name = names[i],
                                          .priority = 5,
                                          .intents = intents,
                                          .intents_n = MANY,
                                          .languages = intents,
                                          .languages_n = MANY,
                                          .overflow = "n0",
                                          .overflow_ms = 1000};
    }
    struct router_config c = {.queues = queues, .queues_n = MANY};
    config_lint(&c, NULL, 0, NOW, &r);
    assert_int_equal(r.errors, 0);
    free(queues);
}

// ---- generated ----

static uint64_t seed;

static unsigned draw(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % n;
}

static const char *const accounts[] = {"chat-1", "sms-1", "unlisted"};
static const struct lint_account known[] = {{"chat-1", 1u << ROUTER_CHAT}, {"sms-1", 1u << ROUTER_SMS}};
static const char *const intents[] = {"b", "b.r", "b.r.x", "bb", "t"};
static const char *const languages[] = {"de", "en"};
static const char *const values[] = {"g", "p", "*"};
static const char *const expressions[] = {
    "",
    "any",
    "s >= 3",
    "s >= 2",
    "s",
    "s and t",
    "s >= 4 or t >= 2",
    "not s",
    "team = x",
    "team = x or team = y",
    "not team = x",
    "is = n and s",
    "bot",
    "human",
    "not bot or s >= 5",
    "(s or t) and not (s and t)",
    "s >= 2 and not s >= 3",
};
static const struct router_calendar calendars[] = {
    {.name = "x", .zone = "UTC", .hours = (const char *const[]){"mon-fri 08:00-18:00"}, .hours_n = 1},
    {.name = "y", .zone = "UTC", .hours = (const char *const[]){"sat 08:00-18:00"}, .hours_n = 1},
};

struct generated {
    struct router_config c;
    struct router_queue queues[QUEUES];
    struct router_agent agents[AGENTS];
    struct router_skill skills[AGENTS][2];
    struct router_relax steps[QUEUES][2];
    struct router_attribute_rule attributes[QUEUES][2];
};

// Some of a list that do not wrap around; more often none.
static const char *const *some(const char *const *v, size_t n, size_t *out)
{
    size_t from = draw((unsigned)n);
    *out = draw(2) ? 0 : 1 + draw((unsigned)(n - from));
    return v + from;
}

static const char *expression(void)
{
    return expressions[draw(sizeof expressions / sizeof *expressions)];
}

static void generate(struct generated *g)
{
    static const char *const names[QUEUES] = {"q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7"};
    *g = (struct generated){0};
    g->c = (struct router_config){.queues = g->queues,
                                  .queues_n = 2 + draw(QUEUES - 1),
                                  .agents = g->agents,
                                  .agents_n = AGENTS,
                                  .calendars = calendars,
                                  .calendars_n = 2};
    for (unsigned ch = 1; ch < ROUTER_CHANNELS; ch++)
        g->c.channels[ch].units = 1 + draw(4);
    for (size_t i = 0; i < g->c.queues_n; i++) {
        struct router_queue *q = &g->queues[i];
        bool last = i + 1 == g->c.queues_n;
        *q = (struct router_queue){.name = names[i],
                                   .priority = 5,
                                   .needs = expression(),
                                   .floor = draw(3) ? "" : expression(),
                                   .steps = g->steps[i],
                                   .steps_n = draw(3)};
        g->steps[i][0] = (struct router_relax){.after_ms = 1000, .needs = expression()};
        g->steps[i][1] = (struct router_relax){.after_ms = 2000, .needs = expression()};
        if (last)
            continue;
        q->channels = draw(2) ? 0 : (1u << (1 + draw(3)) | 1u << (1 + draw(3)));
        q->accounts = some(accounts, 3, &q->accounts_n);
        q->intents = some(intents, 5, &q->intents_n);
        q->languages = some(languages, 2, &q->languages_n);
        q->attributes = g->attributes[i];
        for (size_t k = 0; k < 2; k++) {
            struct router_attribute_rule rule = {.key = k == 0 ? "t" : "r"};
            rule.values = some(values, 3, &rule.values_n);
            if (rule.values_n > 0)
                g->attributes[i][q->attributes_n++] = rule;
        }
        q->when = (enum router_when)draw(ROUTER_WHENS);
        q->calendar = q->when == ROUTER_ALWAYS ? "" : draw(2) ? "x" : "y";
        q->overflow = draw(8) ? "" : names[draw((unsigned)g->c.queues_n)];
    }
    for (size_t i = 0; i < AGENTS; i++) {
        g->skills[i][0] = (struct router_skill){"t", 1 + draw(5)}; // not in order of name
        g->skills[i][1] = (struct router_skill){"s", 1 + draw(5)};
        g->agents[i] = (struct router_agent){.id = names[i],
                                             .bot = draw(2),
                                             .skills = g->skills[i],
                                             .skills_n = draw(3),
                                             .capacity = 1 + draw(4),
                                             .channels = draw(2) ? 0 : 1u << (1 + draw(5)),
                                             .team = draw(2) ? "x" : NULL};
    }
}

// ---- the plain way ----

static bool listed(const char *const *v, size_t n, const char *what, bool below)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(v[i]);
        if (strcmp(v[i], what) == 0 || (below && strncmp(v[i], what, len) == 0 && what[len] == '.'))
            return true;
    }
    return n == 0;
}

struct work {
    unsigned channel;
    const char *account, *intent, *language, *said[2]; // said: under "t" and "r"; NULL = nothing
    bool x, y;
};

static bool suits(const struct router_queue *q, const struct work *w)
{
    for (size_t i = 0; i < q->attributes_n; i++) {
        const struct router_attribute_rule *rule = &q->attributes[i];
        const char *said = w->said[*rule->key == 'r'];
        if (said == NULL ||
            !(listed(rule->values, rule->values_n, said, false) || listed(rule->values, rule->values_n, "*", false)))
            return false;
    }
    return true;
}

static bool takes(const struct router_queue *q, const struct work *w)
{
    bool open = q->when != ROUTER_ALWAYS && *q->calendar == 'x' ? w->x : w->y;
    return (q->channels == 0 || q->channels & 1u << w->channel) &&
           listed(q->accounts, q->accounts_n, w->account, false) && listed(q->intents, q->intents_n, w->intent, true) &&
           listed(q->languages, q->languages_n, w->language, false) && suits(q, w) &&
           (q->when == ROUTER_ALWAYS || open == (q->when == ROUTER_WHEN_OPEN));
}

// Which queues work enters, and which it would enter if none stood before them, by channel.
static void go_through(const struct generated *g, uint32_t entered[QUEUES], uint32_t let[QUEUES])
{
    static const char *const some_accounts[] = {"chat-1", "sms-1", "unlisted", "?"},
                             *const some_intents[] = {"", "b", "b.r", "b.r.x", "b.z", "bb", "t", "t.t"},
                             *const some_languages[] = {"", "de", "en"}, *const some_values[] = {NULL, "g", "p", "?"};
    for (unsigned n = 0; n < 5 * 4 * 8 * 3 * 4 * 16; n++) {
        struct work w = {1 + n % 5,
                         some_accounts[n / 5 % 4],
                         some_intents[n / 20 % 8],
                         some_languages[n / 160 % 3],
                         {some_values[n / 1920 % 4], some_values[n / 7680 % 4]},
                         n / 480 % 2,
                         n / 960 % 2};
        if ((*w.account == 'c' && w.channel != ROUTER_CHAT) || (*w.account == 's' && w.channel != ROUTER_SMS))
            continue;
        bool taken = false;
        for (size_t i = 0; i < g->c.queues_n; i++) {
            if (!takes(&g->queues[i], &w))
                continue;
            let[i] |= 1u << w.channel;
            entered[i] |= taken ? 0 : 1u << w.channel;
            taken = true;
        }
    }
}

static bool is_overflow(const struct generated *g, size_t queue)
{
    for (size_t i = 0; i < g->c.queues_n; i++) {
        if (i != queue && g->queues[i].overflow != NULL && strcmp(g->queues[i].overflow, g->queues[queue].name) == 0)
            return true;
    }
    return false;
}

// How many agents of all that the expressions can tell apart meet the step, and how many of them did not meet the one before.
static void count_agents(const struct router_queue *q, size_t step, size_t *met, size_t *new)
{
    static const char *const teams[] = {"", "x", "y"}, *const trait[] = {"n"};
    struct router_requirement *is = router_requirement_new(q, step),
                              *was = step > 0 ? router_requirement_new(q, step - 1) : NULL;
    *met = *new = 0;
    for (unsigned n = 0; n < 6 * 6 * 3 * 2 * 2; n++) {
        struct router_skill skills[] = {{"s", n % 6}, {"t", n / 6 % 6}};
        struct router_agent a = {.skills = skills,
                                 .skills_n = 2,
                                 .team = teams[n / 36 % 3],
                                 .attributes = trait,
                                 .attributes_n = n / 108 % 2,
                                 .bot = n / 216};
        bool good = router_requirement_met(is, &a);
        *met += good;
        *new += good &&was != NULL && !router_requirement_met(was, &a);
    }
    router_requirement_free(is);
    router_requirement_free(was);
}

static bool serves(const struct generated *g, const struct router_queue *q, size_t step, uint32_t channels)
{
    struct router_requirement *n = router_requirement_new(q, step);
    bool served = false;
    for (size_t i = 0; i < AGENTS; i++) {
        struct router_agent a = g->agents[i];
        struct router_skill skills[2] = {{"s", 0}, {"t", 0}};
        for (size_t k = 0; k < a.skills_n; k++)
            skills[*a.skills[k].name == 't'].level = a.skills[k].level;
        a.skills = skills;
        a.skills_n = 2;
        for (unsigned ch = 1; ch < ROUTER_CHANNELS; ch++)
            served |= channels & 1u << ch && (a.channels == 0 || a.channels & 1u << ch) &&
                      g->c.channels[ch].units <= a.capacity && router_requirement_met(n, &a);
    }
    router_requirement_free(n);
    return served;
}

static void check_queue(const struct generated *g, const struct lint_report *r, size_t i, uint32_t entered,
                        uint32_t let)
{
    const struct router_queue *q = &g->queues[i];
    bool last = i + 1 == g->c.queues_n, impossible = true, served = false;
    assert_int_equal(found(r, "queue-unreachable", "queue", i),
                     !last && i > 0 && let != 0 && entered == 0 && !is_overflow(g, i));
    uint32_t named = entered & (q->channels | 1u << ROUTER_CHAT | 1u << ROUTER_SMS);
    uint32_t channels = named != 0 ? named : let != 0 ? let : 0x3E;
    size_t met[3], new[3];
    for (size_t s = 0; s <= q->steps_n; s++) {
        count_agents(q, s, &met[s], &new[s]);
        impossible &= met[s] == 0;
        served |= serves(g, q, s, channels);
    }
    bool step_void = false, step_impossible = false;
    for (size_t s = 0; s <= q->steps_n && !impossible; s++) {
        step_impossible |= met[s] == 0 && q->steps_n > 0;
        step_void |= s > 0 && met[s] > 0 && new[s] == 0;
    }
    assert_int_equal(found(r, "queue-impossible", "queue", i), impossible);
    assert_int_equal(found(r, "step-impossible", "queue", i), step_impossible);
    assert_int_equal(found(r, "step-void", "queue", i), step_void);
    assert_int_equal(found(r, "queue-unserved", "queue", i), !impossible && !served);
    assert_int_equal(found(r, "first-step-unserved", "queue", i), served && !serves(g, q, 0, channels));
}

static void test_generated_configurations(void **state)
{
    (void)state;
    static struct lint_report r;
    size_t unreachable = 0, unserved = 0;
    for (seed = 1; unreachable < 100 || unserved < 100;) {
        struct generated g;
        uint32_t entered[QUEUES] = {0}, let[QUEUES] = {0};
        generate(&g);
        config_lint(&g.c, known, 2, NOW, &r);
        assert_int_equal(r.untold, 0);
        go_through(&g, entered, let);
        for (size_t i = 0; i < g.c.queues_n; i++) {
            check_queue(&g, &r, i, entered[i], let[i]);
            unreachable += found(&r, "queue-unreachable", "queue", i);
            unserved += found(&r, "queue-unserved", "queue", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_only_the_api_can_bring_about), cmocka_unit_test(test_nothing_is_nothing),
        cmocka_unit_test(test_what_does_not_fit_is_counted),      cmocka_unit_test(test_a_monster_ends),
        cmocka_unit_test(test_generated_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
