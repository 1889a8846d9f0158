// SPDX-License-Identifier: Apache-2.0
// The functions in Redis. On every connect: are they there, with our code? Absent: load them. Other code under the same
// name: replaced in a server that is ours alone and in development builds, else refused, for two daemons of one version
// must not work with different functions. Beside that, checks that the server keeps the durability that was asked for.
#include "daemon/store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"

extern const unsigned char store_functions[];
extern const size_t store_functions_len;

#ifndef STORE_DEVELOPMENT
#define STORE_DEVELOPMENT 0
#endif

static bool store_library_same(const struct value *library)
{
    for (size_t i = 0; i + 1 < library->n; i += 2)
        if (value_is(value_at(library, i), "library_code")) {
            const struct value *code = value_at(library, i + 1);
            return code->len == store_functions_len && memcmp(code->str, store_functions, code->len) == 0;
        }
    return false;
}

static void store_on_loaded(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store *s = owner;
    (void)c;
    if (e != TL_OK)
        return; // the link is down and will come again
    // Another daemon may have loaded it between our question and this.
    if (v->type != VALUE_ERROR || value_starts(v, "ERR Library '" STORE_LIBRARY "' already exists")) {
        store_set_up(s, true, "");
        return;
    }
    tl_log(LOG_ERROR, "redis_functions", LS("error", value_text(v)));
    s->trouble = value_starts(v, "OOM") ? "out of memory" : "the functions cannot be loaded";
    link_break(s->link, s->trouble);
}

static void store_library_load(struct store *s, bool replace)
{
    struct resp_out *out = link_begin(s->link);
    if (!out)
        return;
    resp_array(out, replace ? 4 : 3);
    resp_text(out, "FUNCTION");
    resp_text(out, "LOAD");
    if (replace)
        resp_text(out, "REPLACE");
    resp_bulk(out, store_functions, store_functions_len);
    link_end(s->link, &STORE_CALL(store_on_loaded, NULL, NULL, 0));
    tl_log(LOG_INFO, "redis_functions", LS("load", STORE_LIBRARY));
}

static void store_on_listed(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store *s = owner;
    (void)c;
    if (e != TL_OK)
        return;
    if (v->type != VALUE_ARRAY) {
        s->trouble = "functions are not permitted or not known there";
        link_break(s->link, s->trouble);
    } else if (v->n == 0) {
        store_library_load(s, false);
    } else if (store_library_same(value_at(v, 0))) {
        store_set_up(s, true, "");
    } else if (STORE_DEVELOPMENT || s->o.owned) {
        store_library_load(s, true);
    } else {
        s->trouble = "the library " STORE_LIBRARY " in Redis is not the one of this build";
        link_break(s->link, s->trouble);
    }
}

// CONFIG GET may be forbidden; then the operator has the word.
static void store_on_config(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    static const char *const want[][2] = {
        {"appendonly", "yes"}, {"appendfsync", "always"}, {"maxmemory-policy", "noeviction"}};
    (void)owner, (void)c;
    if (e != TL_OK || v->type != VALUE_ARRAY)
        return;
    for (size_t i = 0; i + 1 < v->n; i += 2)
        for (size_t w = 0; w < sizeof(want) / sizeof(want[0]); w++)
            if (value_is(value_at(v, i), want[w][0]) && !value_is(value_at(v, i + 1), want[w][1]))
                tl_log(LOG_WARN, "redis_durability", LS("setting", want[w][0]),
                       LS("is", value_text(value_at(v, i + 1))), LS("should_be", want[w][1]));
}

static void store_check_durability(struct store *s)
{
    static const char *const words[] = {"CONFIG", "GET", "appendonly", "appendfsync", "maxmemory-policy"};
    struct resp_out *out = link_begin(s->link);
    if (!out)
        return;
    resp_array(out, 5);
    for (size_t i = 0; i < 5; i++)
        resp_text(out, words[i]);
    link_end(s->link, &STORE_CALL(store_on_config, NULL, NULL, 0));
}

void store_library_ensure(struct store *s)
{
    if (s->o.strict)
        store_check_durability(s);
    struct resp_out *out = link_begin(s->link);
    if (!out)
        return;
    resp_array(out, 5);
    resp_text(out, "FUNCTION");
    resp_text(out, "LIST");
    resp_text(out, "LIBRARYNAME");
    resp_text(out, STORE_LIBRARY);
    resp_text(out, "WITHCODE");
    link_end(s->link, &STORE_CALL(store_on_listed, NULL, NULL, 0));
}
