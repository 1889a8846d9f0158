// SPDX-License-Identifier: Apache-2.0
// Tables of keys with lists of texts, { tier = ["gold", "platinum"], region = ["*"] }: what a queue asks for of customers. Keys and values
// are what events may have, so that a rule can be written for each.
#include "daemon/config/config_private.h"

#include "daemon/base/loop.h"
#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>

static const char example[] = "a table like { tier = [\"gold\", \"platinum\"], region = [\"*\"] }";

struct attributes_reading {
    const struct setting *v;
    struct config_attributes out;
    bool good;
};

static const char *check_value(const char *s, size_t len)
{
    return len <= ROUTER_TEXT_MAX && utf8_valid_text(s, len) ? NULL
                                                             : "expected at most 256 bytes, no control characters";
}

static bool list_has(const struct config_list *list, const char *s)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i], s) == 0)
            return true;
    }
    return false;
}

static bool read_values(const struct setting *v, const struct toml_node *node, struct config_list *out)
{
    size_t n = toml_count(node);
    bool good = true;
    out->v = xcalloc(n, sizeof *out->v);
    for (size_t i = 0; i < n; i++) {
        const char *s = setting_text(v, toml_at(node, i), check_value, "texts in quotes");
        if (s != NULL && list_has(out, s)) {
            errors_add(v->errs, setting_place(toml_at(node, i)), "%s names \"%s\" twice (once is enough)", v->name, s);
            s = NULL;
        }
        if (s != NULL)
            out->v[out->n++] = xstrdup(s);
        good = good && s != NULL;
    }
    return good;
}

static void attribute_add(void *arg, const char *key, size_t len, const struct toml_node *node, int line, int column)
{
    struct attributes_reading *r = arg;
    const struct setting *v = r->v;
    size_t n = toml_type(node) == TOML_ARRAY ? toml_count(node) : 0;
    if (len < 1 || len > ROUTER_NAME_MAX || !utf8_valid_text(key, len)) {
        errors_add(v->errs, (struct config_place){line, column},
                   "a key in %s is not right (expected 1 to 64 bytes, no control characters)", v->name);
        r->good = false;
    } else if (n < 1 || n > ROUTER_ATTRIBUTE_VALUES_MAX) {
        errors_add(v->errs, setting_place(node), "%s in %s has no list of 1 to 64 texts (expected %s)", key, v->name,
                   example);
        r->good = false;
    } else if (r->out.n == (size_t)v->key->max) {
        if (r->good)
            errors_add(v->errs, setting_place(v->node), "%s has more than %zu keys", v->name, r->out.n);
        r->good = false;
    } else {
        struct config_attribute *a = &r->out.v[r->out.n++];
        a->key = xstrdup(key);
        r->good = read_values(v, node, &a->values) && r->good;
    }
}

bool setting_read_attributes(const struct setting *v, void *slot)
{
    if (toml_type(v->node) != TOML_TABLE)
        return setting_wrong_type(v, v->node, example);
    struct attributes_reading r = {v, {xcalloc((size_t)v->key->max, sizeof *r.out.v), 0}, true};
    toml_each(v->node, attribute_add, &r);
    if (r.good)
        *(struct config_attributes *)slot = r.out;
    else
        setting_free_attributes(&r.out);
    return r.good;
}

void setting_free_attributes(void *slot)
{
    struct config_attributes *a = slot;
    for (size_t i = 0; i < a->n; i++) {
        free(a->v[i].key);
        for (size_t k = 0; k < a->v[i].values.n; k++)
            free(a->v[i].values.v[k]);
        free(a->v[i].values.v);
    }
    free(a->v);
    *a = (struct config_attributes){NULL, 0};
}

bool setting_equal_attributes(const void *a, const void *b)
{
    const struct config_attributes *x = a, *y = b;
    bool equal = x->n == y->n;
    for (size_t i = 0; equal && i < x->n; i++) {
        const struct config_list *v = &x->v[i].values, *w = &y->v[i].values;
        equal = strcmp(x->v[i].key, y->v[i].key) == 0 && v->n == w->n;
        for (size_t k = 0; equal && k < v->n; k++)
            equal = strcmp(v->v[k], w->v[k]) == 0;
    }
    return equal;
}
