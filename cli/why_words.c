// SPDX-License-Identifier: Apache-2.0
// What a record says, in words: the reasons that keep an agent out, the changes that would have let them in, and why another went before.
#include "cli/why.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/print.h"

#define N "%" JSON_INTEGER_FORMAT

static bool words_is(const json_t *object, const char *member, const char *value)
{
    return strcmp(print_text(object, member), value) == 0;
}

void why_time(json_int_t ms)
{
    json_int_t s = (ms + 999) / 1000;
    if (ms < 1000)
        printf(N " ms", ms);
    else if (s < 120)
        printf(N " s", s);
    else
        printf(N " min", (s + 59) / 60);
}

// ---- what keeps an agent out ----

// Every skill that is missing, whatever else keeps the agent out: "billing needs 3, has 2".
static void words_shortfalls(const json_t *candidate)
{
    size_t i;
    json_t *s;
    json_array_foreach(json_object_get(candidate, "shortfalls"), i, s)
    {
        json_int_t has = print_number(s, "has");
        fputs(i ? "; " : "", stdout);
        if (words_is(s, "skill", "human") || words_is(s, "skill", "bot"))
            printf("is no %s", print_text(s, "skill")); // words of the language of requirements, never a skill's
        else if (has)
            printf("%s needs " N ", has " N, print_text(s, "skill"), print_number(s, "needs"), has);
        else
            printf("%s needs " N ", has none", print_text(s, "skill"), print_number(s, "needs"));
    }
    if (!json_array_size(json_object_get(candidate, "shortfalls")))
        fputs("is not what is required", stdout); // too much of something
}

void why_room(const json_t *c)
{
    printf("load " N " + " N " of " N, print_number(c, "load"), print_number(c, "cost"), print_number(c, "capacity"));
}

static void words_occupied(const json_t *c)
{
    json_int_t maximum = print_number(c, "maximum");
    if (!words_is(c, "exclusion", "occupied"))
        fputs("has no place on a channel", stdout); // the record names the channel where that is the first reason
    else if (maximum)
        printf("%s is at its maximum of " N, print_text(c, "occupied"), maximum);
    else
        printf("has %s, which is exclusive", print_text(c, "occupied"));
}

static void words_capacity(const json_t *c)
{
    fputs("has no room: ", stdout);
    why_room(c);
}

static const struct {
    const char *exclusion, *words;
    void (*tell)(const json_t *candidate); // in place of the words
} words_reasons[] = {
    {"offline", "is offline", NULL},
    {"away", "is away", NULL},
    {"draining", "finishes what is at hand and gets nothing new", NULL},
    {"focus", "is in focus: nothing new for now", NULL},
    {"lost", "has lost the desk and may come back to it", NULL},
    {"channel", "does not take this channel", NULL},
    {"skill", NULL, words_shortfalls},
    {"offered", "has an offer of it already", NULL},
    {"occupied", NULL, words_occupied},
    {"capacity", NULL, words_capacity},
    {"declined", "declined or missed this work", NULL},
};

static void words_reason(const json_t *c, const char *exclusion)
{
    for (size_t i = 0; i < sizeof words_reasons / sizeof *words_reasons; i++) {
        if (strcmp(exclusion, words_reasons[i].exclusion) != 0)
            continue;
        if (words_reasons[i].tell)
            words_reasons[i].tell(c);
        else
            fputs(words_reasons[i].words, stdout);
        return;
    }
    fputs(exclusion, stdout);
}

void why_reasons(const json_t *candidate)
{
    size_t i;
    json_t *e;
    const json_t *all = json_object_get(candidate, "exclusions");
    bool skill = false;
    json_array_foreach(all, i, e)
    {
        char word[64] = "";
        json_t *one = json_pack("{s:O}", "e", e);
        strncpy(word, print_text(one, "e"), sizeof word - 1);
        json_decref(one);
        skill |= strcmp(word, "skill") == 0;
        fputs(i ? "; " : "", stdout);
        words_reason(candidate, word);
    }
    if (!json_array_size(all)) // of a record from before all reasons were kept
        words_reason(candidate, print_text(candidate, "exclusion"));
    if (!skill && json_array_size(json_object_get(candidate, "shortfalls"))) {
        fputs("; ", stdout);
        words_shortfalls(candidate);
    }
}

bool why_qualified(const json_t *candidate)
{
    return words_is(candidate, "exclusion", "none");
}

// ---- what would have had to differ ----

static void change_skill(const json_t *c)
{
    printf("%s " N, print_text(c, "name"), print_number(c, "to"));
}

static void change_less_skill(const json_t *c)
{
    if (print_number(c, "to"))
        printf("%s at most " N, print_text(c, "name"), print_number(c, "to"));
    else
        printf("no %s", print_text(c, "name"));
}

static void change_room(const json_t *c)
{
    json_int_t units = print_number(c, "from") - print_number(c, "to");
    printf(N " unit%s more room", units, units == 1 ? "" : "s");
}

static void change_place(const json_t *c)
{
    printf(N " %s fewer at hand", print_number(c, "from") - print_number(c, "to"), print_text(c, "channel"));
}

static void change_pause(const json_t *c)
{
    why_time(print_number(c, "ms"));
    fputs(" more since they declined or missed it", stdout);
}

static const struct {
    const char *kind, *before, *member; // the words, and what stands behind them
    void (*tell)(const json_t *change); // in place of them
} words_changes[] = {
    {"presence", "presence available", "", NULL},
    {"channel", "channel ", "channel", NULL},
    {"skill", NULL, NULL, change_skill},
    {"less skill", NULL, NULL, change_less_skill},
    {"team", "team ", "name", NULL},
    {"other team", "any team but ", "name", NULL},
    {"attribute", "attribute ", "name", NULL},
    {"no attribute", "no attribute ", "name", NULL},
    {"bot", "being a bot", "", NULL},
    {"human", "being human", "", NULL},
    {"room", NULL, NULL, change_room},
    {"capacity", "a capacity of ", "to", NULL},
    {"place", NULL, NULL, change_place},
    {"pause", NULL, NULL, change_pause},
    {"asked", "fewer refusals of it: at most ", "to", NULL},
};

static void words_change(const json_t *c)
{
    for (size_t i = 0; i < sizeof words_changes / sizeof *words_changes; i++) {
        if (!words_is(c, "kind", words_changes[i].kind))
            continue;
        if (words_changes[i].tell)
            words_changes[i].tell(c);
        else
            printf("%s%s", words_changes[i].before,
                   *words_changes[i].member ? print_text(c, words_changes[i].member) : "");
        // a count that is 0 is left out of the JSON
        if (words_changes[i].member && strcmp(words_changes[i].member, "to") == 0 && !print_number(c, "to"))
            putchar('0');
        return;
    }
    fputs(print_text(c, "kind"), stdout);
}

void why_changes(const json_t *candidate)
{
    const json_t *all = json_object_get(candidate, "changes");
    size_t i, n = json_array_size(all);
    json_t *c;
    json_array_foreach(all, i, c)
    {
        fputs(i == 0 ? "" : i + 1 == n ? " and " : ", ", stdout);
        words_change(c);
    }
}

// ---- who goes before ----

static const char *words_other(const json_t *d)
{
    const char *winner = print_text(d, "winner");
    return *winner ? winner : "another";
}

static void behind_passed(const json_t *d, json_int_t by)
{
    (void)by;
    printf("it was passed to %s by name", print_text(d, "wanted"));
}

static void behind_held(const json_t *d, json_int_t by)
{
    (void)by;
    fputs("somebody whom the customer knows is waited for", stdout);
    if (print_number(d, "holdMs")) {
        fputs(", ", stdout);
        why_time(print_number(d, "holdMs"));
        fputs(" longer", stdout);
    }
}

static void behind_again(const json_t *d, json_int_t by)
{
    (void)by;
    printf("has declined or missed it before, %s has not", words_other(d));
}

static void behind_known(const json_t *d, json_int_t by)
{
    (void)by;
    printf("%s knows the customer", words_other(d));
}

static void behind_score(const json_t *d, json_int_t by)
{
    static const struct {
        const char *select, *words;
    } points[] = {
        {"suited", "level%s more than required"},
        {"most_skilled", "level%s more in what is required"},
        {"fewest_skills", "skill%s fewer"},
    };
    const char *select = print_text(d, "select");
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        if (strcmp(select, points[i].select) != 0)
            continue;
        printf("%s has " N " ", words_other(d), by);
        const char *mark = strchr(points[i].words, '%');
        printf("%.*s%s%s", (int)(mark - points[i].words), points[i].words, by == 1 ? "" : "s", mark + 2);
        return;
    }
    if (strcmp(select, "least_loaded") == 0) // a share, in 2^30ths
        printf("%s has %.1f %% less of the capacity in use", words_other(d), (double)by * 100 / (1 << 30));
    else if (strcmp(select, "fastest") == 0)
        printf("%s is faster by %.3f", words_other(d), (double)by / 1000);
    else
        printf("%s has " N " points more by %s", words_other(d), by, select);
}

static void behind_draw(const json_t *d, json_int_t by)
{
    (void)by;
    printf("%s was drawn", words_other(d));
}

static void behind_asked(const json_t *d, json_int_t by)
{
    (void)by;
    printf("is being offered something else, %s is not", words_other(d));
}

static void behind_idle(const json_t *d, json_int_t by)
{
    printf("%s has been idle ", words_other(d));
    why_time(by);
    fputs(" longer", stdout);
}

static void behind_id(const json_t *d, json_int_t by)
{
    (void)by;
    printf("equal in all that counts, %s goes first by id", words_other(d));
}

static void behind_never(const json_t *d, json_int_t by)
{
    (void)d;
    (void)by;
    fputs("what is required contradicts itself for them", stdout);
}

static void behind_named(const json_t *d, json_int_t by)
{
    (void)by;
    printf("a supervisor named %s", words_other(d));
}

bool why_behind(const json_t *decision, const json_t *candidate)
{
    static const struct {
        const char *behind;
        void (*tell)(const json_t *decision, json_int_t by);
    } words[] = {
        {"passed", behind_passed}, {"held", behind_held},   {"again", behind_again}, {"known", behind_known},
        {"score", behind_score},   {"draw", behind_draw},   {"asked", behind_asked}, {"idle", behind_idle},
        {"id", behind_id},         {"never", behind_never}, {"named", behind_named},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!words_is(candidate, "behind", words[i].behind))
            continue;
        words[i].tell(decision, print_number(candidate, "behindBy"));
        return true;
    }
    return false;
}
