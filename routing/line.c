// SPDX-License-Identifier: Apache-2.0
//
// A line of waiting work: a list in order, and over it a search tree by which a work finds its place among very many. The tree is a treap
// (Seidel and Aragon, Randomized Search Trees, 1996): in order of the line from left to right, and by a hash of the id from
// top to bottom, so that it is as deep as a random one whatever comes and goes. Whoever comes last or first is placed in
// constant time.

#include "routing/core.h"

static uint64_t line_weight(const struct work *w)
{
    return table_hash_number(w->id);
}

// Where the tree points to this work.
static struct work **line_link(struct line *l, const struct work *w)
{
    struct work *up = w->up;
    return !up ? &l->root : up->left == w ? &up->left : &up->right;
}

// Brings a work above the one it hangs from; left to right stays as it was.
static void line_lift(struct line *l, struct work *w)
{
    struct work *down = w->up, **link = line_link(l, down);
    bool left = down->left == w;
    struct work **inner = left ? &w->right : &w->left;
    *(left ? &down->left : &down->right) = *inner;
    if (*inner)
        (*inner)->up = down;
    *inner = down;
    w->up = down->up;
    down->up = w;
    *link = w;
}

// The work to hang a new one from.
static struct work *line_place(const struct router *r, const struct line *l, const struct work *w)
{
    struct work *at = l->root;
    if (!at || order_in_line(r, l->tail, w))
        return l->tail;
    if (order_in_line(r, w, l->head))
        return l->head;
    for (struct work *below = at; below; below = order_in_line(r, w, at) ? at->left : at->right)
        at = below;
    return at;
}

void line_put(const struct router *r, struct line *l, struct work *w)
{
    struct work *at = line_place(r, l, w);
    bool left = at && order_in_line(r, w, at);
    w->line = l;
    l->n++;
    w->up = at;
    w->left = w->right = NULL;
    *(!at ? &l->root : left ? &at->left : &at->right) = w;
    w->prev = left ? at->prev : at;
    w->next = left ? at : at ? at->next : NULL;
    *(w->prev ? &w->prev->next : &l->head) = w;
    *(w->next ? &w->next->prev : &l->tail) = w;
    while (w->up && line_weight(w) > line_weight(w->up))
        line_lift(l, w);
}

void line_drop(struct work *w)
{
    struct line *l = w->line;
    while (w->left || w->right) {
        bool left = w->left && (!w->right || line_weight(w->left) > line_weight(w->right));
        line_lift(l, left ? w->left : w->right);
    }
    *line_link(l, w) = NULL;
    l->n--;
    *(w->prev ? &w->prev->next : &l->head) = w->next;
    *(w->next ? &w->next->prev : &l->tail) = w->prev;
    w->line = NULL;
    w->prev = w->next = w->up = NULL;
}

// After the order became another.
void line_sort(const struct router *r, struct line *l)
{
    struct work *w = l->head;
    l->root = l->head = l->tail = NULL;
    l->n = 0;
    for (struct work *next; w; w = next) {
        next = w->next;
        line_put(r, l, w);
    }
}

static bool line_hangs(const struct work *w, const struct work *child)
{
    return !child || (child->up == w && line_weight(child) <= line_weight(w));
}

static bool line_neighbours(const struct work *w)
{
    const struct work *before = w->left, *after = w->right;
    while (before && before->right)
        before = before->right;
    while (after && after->left)
        after = after->left;
    return (!before || before == w->prev) && (!after || after == w->next);
}

const char *line_check(const struct router *r, const struct line *l)
{
    const struct work *before = NULL;
    uint32_t n = 0;
    for (const struct work *w = l->head; w; before = w, w = w->next) {
        if (w->line != l || w->prev != before || ++n > l->n)
            return "a line is broken";
        if (before && !order_in_line(r, before, w))
            return "a line is out of order";
        if (!line_hangs(w, w->left) || !line_hangs(w, w->right) || !line_neighbours(w) || (!w->up && l->root != w))
            return "a line's tree is broken";
    }
    return l->tail == before && l->n == n ? NULL : "a line is broken";
}
