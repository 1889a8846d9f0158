// SPDX-License-Identifier: Apache-2.0
// A file into struct config, by the tables: defaults first, then what the file says, then the checks. Everything wrong is
// reported, nothing stops at the first; the result exists only when nothing was.
#include "daemon/config/config_private.h"

#include "daemon/base/loop.h"
#include "daemon/config/config_file.h"
#include "proto/nearest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *member(void *base, size_t offset)
{
    return (char *)base + offset;
}

static const void *const_member(const void *base, size_t offset)
{
    return (const char *)base + offset;
}

// ---- one table ----

struct table_reading {
    const struct config_table *table;
    void *base;
    struct config_account *account; // base, where the rows are accounts
    struct config_errors *errs;
};

static const struct config_key *key_find(const struct config_table *table, const char *name)
{
    for (size_t i = 0; i < table->keys_n; i++) {
        if (strcmp(table->keys[i].name, name) == 0)
            return &table->keys[i];
    }
    return NULL;
}

// `what` is "key" or the like, `where` "" or " in [server]".
static void report_unknown(struct config_errors *errs, struct config_place place, const char *what, const char *name,
                           const char *where, const struct nearest *near)
{
    char shown[40];
    snprintf(shown, sizeof shown, "%s", name);
    for (char *p = shown; *p != '\0'; p++)
        *p = *p >= ' ' && *p < 0x7F ? *p : '?';
    const char *best = nearest_best(near);
    if (best != NULL)
        errors_add(errs, place, "unknown %s '%s'%s (did you mean '%s'?)", what, shown, where, best);
    else
        errors_add(errs, place, "unknown %s '%s'%s (see config.example.toml for all there are)", what, shown, where);
}

static void key_read(void *arg, const char *name, size_t len, const struct toml_node *node, int line, int column)
{
    struct table_reading *r = arg;
    const struct config_key *key = strlen(name) == len ? key_find(r->table, name) : NULL;
    if (key != NULL) {
        setting_read(r->table, key, node, member(r->base, key->offset), r->errs);
        return;
    }
    const struct adapter_setting *setting =
        r->account != NULL && strlen(name) == len ? adapter_setting_find(r->account, name) : NULL;
    if (setting != NULL) {
        adapter_setting_read(r->account, setting, node, r->errs);
        return;
    }
    struct nearest near = nearest_begin(name);
    for (size_t i = 0; i < r->table->keys_n; i++)
        nearest_offer(&near, r->table->keys[i].name);
    const struct adapter *ad = r->account != NULL ? r->account->endpoint.adapter : NULL;
    for (size_t i = 0; ad != NULL && ad->settings != NULL && ad->settings[i].name != NULL; i++)
        nearest_offer(&near, ad->settings[i].name);
    char where[48];
    snprintf(where, sizeof where, " in %s%s%s", r->table->row_size > 0 ? "[[" : "[", r->table->name,
             r->table->row_size > 0 ? "]]" : "]");
    report_unknown(r->errs, (struct config_place){line, column}, "key", name, where, &near);
}

static void defaults_set(const struct config_table *table, void *base)
{
    for (size_t i = 0; i < table->keys_n; i++)
        setting_set_default(table, &table->keys[i], member(base, table->keys[i].offset));
}

// ---- rows ----

static void rows_read(const struct config_table *table, const struct toml_node *node, struct config *c,
                      struct config_errors *errs)
{
    size_t n = toml_count(node);
    bool tables = toml_type(node) == TOML_ARRAY;
    for (size_t i = 0; tables && i < n; i++)
        tables = toml_type(toml_at(node, i)) == TOML_TABLE;
    if (!tables) {
        errors_add(errs, setting_place(node), "%s is not a list of tables (write [[%s]] above each)", table->name,
                   table->name);
        return;
    }
    char *rows = xcalloc(n, table->row_size);
    *(char **)member(c, table->rows_offset) = rows;
    *(size_t *)member(c, table->count_offset) = n;
    for (size_t i = 0; i < n; i++) {
        struct table_reading r = {.table = table, .base = rows + i * table->row_size, .errs = errs};
        *(struct config_place *)r.base = setting_place(toml_at(node, i)); // the first member of every row
        defaults_set(table, r.base);
        if (strcmp(table->name, "account") == 0) {
            r.account = r.base;
            adapter_begin(r.account, toml_at(node, i), errs);
        }
        toml_each(toml_at(node, i), key_read, &r);
    }
}

// ---- the whole ----

struct load {
    struct config *c;
    struct config_errors *errs;
    const char *prefix; // "" or "channel."
};

static const struct config_table *table_find(const struct config_table *tables, size_t n, const char *prefix,
                                             const char *name)
{
    size_t len = strlen(prefix);
    for (size_t i = 0; i < n; i++) {
        if (strncmp(tables[i].name, prefix, len) == 0 && strcmp(tables[i].name + len, name) == 0 && *name != '\0')
            return &tables[i];
    }
    return NULL;
}

static void section_unknown(const struct load *l, const char *name, struct config_place place, bool table)
{
    struct nearest near = nearest_begin(name);
    size_t len = strlen(l->prefix);
    for (size_t i = 0; i < config_sections_n; i++) {
        const char *known = config_sections[i].name;
        if (strncmp(known, l->prefix, len) == 0 && strchr(known + len, '.') == NULL)
            nearest_offer(&near, known + len);
    }
    if (len == 0) {
        nearest_offer(&near, "channel");
        for (size_t i = 0; i < config_rows_n; i++)
            nearest_offer(&near, config_rows[i].name);
        for (size_t i = 0; i < config_sections[0].keys_n; i++)
            nearest_offer(&near, config_sections[0].keys[i].name);
    }
    report_unknown(l->errs, place, len > 0 ? "channel" : table ? "table" : "key", name, "", &near);
}

static void section_read(void *arg, const char *name, size_t len, const struct toml_node *node, int line, int column)
{
    const struct load *l = arg;
    const struct config_place place = {line, column};
    const struct config_table *rows = table_find(config_rows, config_rows_n, l->prefix, name);
    const struct config_table *section = table_find(config_sections, config_sections_n, l->prefix, name);
    const struct config_key *top = *l->prefix == '\0' ? key_find(&config_sections[0], name) : NULL;
    bool channel = *l->prefix == '\0' && strcmp(name, "channel") == 0;
    if (strlen(name) != len || (rows == NULL && section == NULL && top == NULL && !channel)) {
        section_unknown(l, name, place, toml_type(node) == TOML_TABLE);
    } else if (rows != NULL) {
        rows_read(rows, node, l->c, l->errs);
    } else if (top != NULL) {
        setting_read(&config_sections[0], top, node, member(l->c, top->offset), l->errs);
    } else if (toml_type(node) != TOML_TABLE) {
        errors_add(l->errs, place, "%s%s is not a table (write [%s%s] above its keys)", l->prefix, name, l->prefix,
                   name);
    } else if (channel) {
        struct load inner = {l->c, l->errs, "channel."};
        toml_each(node, section_read, &inner);
    } else {
        struct table_reading r = {.table = section, .base = l->c, .errs = l->errs};
        toml_each(node, key_read, &r);
    }
}

int config_load_text(const char *text, size_t len, struct config **out, struct config_errors *errs)
{
    *out = NULL;
    *errs = (struct config_errors){.n = 0};
    struct toml_doc *doc = config_file_parse(text, len, errs);
    if (doc == NULL)
        return -1;
    struct config *c = xcalloc(1, sizeof *c);
    for (size_t i = 0; i < config_sections_n; i++)
        defaults_set(&config_sections[i], c);
    struct load l = {c, errs, ""};
    toml_each(toml_root(doc), section_read, &l);
    config_check(c, toml_root(doc), errs);
    config_check_routing(c, toml_root(doc), errs);
    if (errs->fatal == 0)
        config_lint_file(c, toml_root(doc), errs);
    toml_free(doc);
    errors_sort(errs);
    if (errs->fatal == 0) {
        *out = c;
        return 0;
    }
    config_free(c);
    return -1;
}

int config_load(const char *path, struct config **out, struct config_errors *errs)
{
    size_t len;
    *out = NULL;
    *errs = (struct config_errors){.n = 0};
    char *text = config_file_read(path, &len, errs);
    if (text == NULL)
        return -1;
    int result = config_load_text(text, len, out, errs);
    explicit_bzero(text, len); // it may hold secrets
    free(text);
    return result;
}

static void table_free(const struct config_table *table, void *base)
{
    for (size_t i = 0; i < table->keys_n; i++)
        setting_free(&table->keys[i], member(base, table->keys[i].offset));
}

void config_free(struct config *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->accounts_n; i++)
        adapter_end(&c->accounts[i]);
    for (size_t i = 0; i < config_sections_n; i++)
        table_free(&config_sections[i], c);
    for (size_t i = 0; i < config_rows_n; i++) {
        char *rows = *(char **)member(c, config_rows[i].rows_offset);
        size_t n = *(size_t *)member(c, config_rows[i].count_offset);
        for (size_t k = 0; k < n; k++)
            table_free(&config_rows[i], rows + k * config_rows[i].row_size);
        free(rows);
    }
    free(c);
}

void config_restart_needed(const struct config *was, const struct config *is, void (*fn)(void *arg, const char *key),
                           void *arg)
{
    for (size_t i = 0; i < config_sections_n; i++) {
        const struct config_table *t = &config_sections[i];
        for (size_t k = 0; k < t->keys_n; k++) {
            const struct config_key *key = &t->keys[k];
            if (key->when != CONFIG_RESTART ||
                setting_equal(key, const_member(was, key->offset), const_member(is, key->offset)))
                continue;
            char name[96];
            snprintf(name, sizeof name, "%s%s%s", t->name, *t->name != '\0' ? "." : "", key->name);
            fn(arg, name);
        }
    }
}
