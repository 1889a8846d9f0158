// SPDX-License-Identifier: Apache-2.0
//
// What an agent must be to take work of a queue, as an expression: read from text once, asked of each agent when definitions change.
//
//     expression  any | term { "or" term }
//     term        factor { "and" factor }
//     factor      "not" factor | "(" expression ")" | SKILL [ ">=" LEVEL ] | "team" "=" NAME | "is" "=" NAME | "bot" | "human"
//
// Text comes from outside: its length, depth and number of parts are bounded, and an error says where it is.

#include "routing/core.h"

#include <stdlib.h>
#include <string.h>

#define NEEDS_DEPTH 16

struct needs_reading {
    const char *text, *at, *why; // why: what is wrong, NULL = nothing yet
    struct needs *out;
    unsigned depth;
};

static uint16_t needs_expression(struct needs_reading *in);

static uint16_t needs_fail(struct needs_reading *in, const char *why)
{
    if (!in->why)
        in->why = why;
    return 0;
}

static void needs_blank(struct needs_reading *in)
{
    while (*in->at == ' ' || *in->at == '\n' || *in->at == '\t')
        in->at++;
}

// Node 0 stands for "none".
static uint16_t needs_node(struct needs_reading *in, enum needs_kind kind)
{
    struct needs *n = in->out;
    if (n->n == CORE_NEEDS_MAX)
        return needs_fail(in, "it has too many parts");
    size_t cap = n->cap;
    n->v = memory_grow(n->v, &cap, n->n + 1u, sizeof *n->v);
    n->cap = (uint16_t)cap;
    n->v[n->n] = (struct needs_part){.kind = kind};
    return n->n++;
}

static bool needs_is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

static size_t needs_word(const struct needs_reading *in)
{
    size_t n = 0;
    while (needs_is_name(in->at[n]))
        n++;
    return n;
}

// Takes the word if it comes next.
static bool needs_take(struct needs_reading *in, const char *word)
{
    needs_blank(in);
    size_t n = strlen(word);
    bool name = needs_is_name(*word);
    if (name ? needs_word(in) != n || strncmp(in->at, word, n) != 0 : strncmp(in->at, word, n) != 0)
        return false;
    in->at += n;
    return true;
}

static const char *needs_name(struct needs_reading *in)
{
    needs_blank(in);
    size_t n = needs_word(in);
    if (!n || n > ROUTER_NAME_MAX) {
        needs_fail(in, "a name is missing or too long");
        return text_new("");
    }
    char name[ROUTER_NAME_MAX + 1] = {0};
    memcpy(name, in->at, n);
    in->at += n;
    return text_new(name);
}

static uint16_t needs_named(struct needs_reading *in, enum needs_kind kind)
{
    if (!needs_take(in, "="))
        return needs_fail(in, "after team and is comes = and a name");
    uint16_t i = needs_node(in, kind);
    if (i)
        in->out->v[i].name = needs_name(in);
    return i;
}

static uint16_t needs_skill(struct needs_reading *in)
{
    static const char *const reserved[] = {"and", "or", "not", "team", "is", "bot", "human", "any"};
    needs_blank(in);
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (needs_word(in) == strlen(reserved[i]) && strncmp(in->at, reserved[i], needs_word(in)) == 0)
            return needs_fail(in, "a skill is missing here");
    }
    if (!needs_word(in))
        return needs_fail(in, "a skill is missing here");
    uint16_t i = needs_node(in, NEEDS_SKILL);
    if (!i)
        return 0;
    in->out->v[i].name = needs_name(in);
    in->out->v[i].level = 1;
    if (!needs_take(in, ">="))
        return i;
    needs_blank(in);
    if (*in->at < '1' || *in->at > '0' + CORE_LEVEL_MAX || needs_is_name(in->at[1]))
        return needs_fail(in, "a level is 1 to 5");
    in->out->v[i].level = (uint32_t)(*in->at++ - '0');
    return i;
}

static uint16_t needs_factor(struct needs_reading *in)
{
    if (++in->depth > NEEDS_DEPTH)
        return needs_fail(in, "it is nested too deeply");
    uint16_t i;
    if (needs_take(in, "not")) {
        i = needs_node(in, NEEDS_NOT);
        uint16_t child = needs_factor(in);
        if (i)
            in->out->v[i].child = child;
    } else if (needs_take(in, "(")) {
        i = needs_expression(in);
        if (!needs_take(in, ")"))
            needs_fail(in, "a bracket is not closed");
    } else if (needs_take(in, "team")) {
        i = needs_named(in, NEEDS_TEAM);
    } else if (needs_take(in, "is")) {
        i = needs_named(in, NEEDS_IS);
    } else if (needs_take(in, "bot")) {
        i = needs_node(in, NEEDS_BOT);
    } else if (needs_take(in, "human")) {
        i = needs_node(in, NEEDS_HUMAN);
    } else {
        i = needs_skill(in);
    }
    in->depth--;
    return i;
}

// Parts joined by one word are one node with many children.
static uint16_t needs_joined(struct needs_reading *in, const char *word, enum needs_kind kind,
                             uint16_t (*part)(struct needs_reading *))
{
    uint16_t first = part(in), last = first, all = 0;
    while (!in->why && needs_take(in, word)) {
        all = all ? all : needs_node(in, kind);
        uint16_t next = part(in);
        if (in->why)
            return 0;
        in->out->v[last].next = next;
        last = next;
    }
    if (!all)
        return first;
    in->out->v[all].child = first;
    return all;
}

static uint16_t needs_term(struct needs_reading *in)
{
    return needs_joined(in, "and", NEEDS_AND, needs_factor);
}

static uint16_t needs_expression(struct needs_reading *in)
{
    return needs_joined(in, "or", NEEDS_OR, needs_term);
}

// Reads a text; "" and "any" ask for nothing. NULL = well, else what is wrong, and at which byte.
static const char *needs_parse(struct needs *out, const char *text, uint16_t *root, size_t *at)
{
    struct needs_reading in = {.text = text, .at = text, .out = out};
    *root = 0;
    if (!out->n)
        needs_node(&in, NEEDS_ANY);
    needs_blank(&in);
    if (*in.at && !needs_take(&in, "any"))
        *root = needs_expression(&in);
    needs_blank(&in);
    if (!in.why && *in.at)
        in.why = "it should end here, or go on with and, or";
    *at = (size_t)(in.at - text);
    return in.why;
}

void needs_free(struct needs *n)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->v[i].name)
            text_free(n->v[i].name);
    }
    free(n->v);
    *n = (struct needs){0};
}

void needs_bury(struct router *r, struct needs *n)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->v[i].name)
            text_bury(r, n->v[i].name);
    }
    memory_bury(r, n->v);
    *n = (struct needs){0};
}

bool router_needs_ok(const char *text, const char **why, size_t *at)
{
    struct needs n = {0};
    uint16_t root;
    *at = 0;
    *why = text_is(text, ROUTER_NEEDS_MAX) ? needs_parse(&n, text, &root, at) : "it is too long";
    needs_free(&n);
    return !*why;
}

// Another condition to those already there.
void needs_add(struct needs *n, const char *text)
{
    uint16_t root;
    size_t at;
    const char *why = needs_parse(n, text, &root, &at);
    if (why || !root)
        return;
    n->v[root].next = n->root;
    n->root = root;
}

void needs_add_skill(struct needs *n, const struct router_skill *s)
{
    struct needs_reading in = {.out = n};
    if (!n->n)
        needs_node(&in, NEEDS_ANY);
    uint16_t i = needs_node(&in, NEEDS_SKILL);
    if (!i)
        return;
    n->v[i].name = text_new(s->name);
    n->v[i].level = s->level;
    n->v[i].next = n->root;
    n->root = i;
}

// All that a queue requires from a step on, 0 = before the first: the floor, and what the step says or else the queue.
void needs_of_queue(struct needs *n, const struct router_queue *q, size_t step)
{
    needs_add(n, text_or_empty(q->floor));
    needs_add(n, text_or_empty(step ? q->steps[step - 1].needs : q->needs));
    for (size_t i = step ? 0 : q->requires_n; i-- > 0;)
        needs_add_skill(n, &q->requires[i]);
}
