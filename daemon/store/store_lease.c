// SPDX-License-Identifier: Apache-2.0
// Leases: who leads, which nodes live, who owns an account. A record is one text in one hash; it is read here and
// judged by the functions. When a lease stands still is decided by who watches it, on its own clock.
#include "daemon/store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t lease_number(const char **p)
{
    char *end = NULL;
    uint64_t n = strtoull(*p, &end, 10);
    *p = *end == ' ' ? end + 1 : end;
    return n;
}

// "<epoch> <nonce> <beat> <holder> <detail>"; holder "-" = free.
static void lease_parse(const struct value *record, const char *name, size_t name_len, struct store_lease *l)
{
    memset(l, 0, sizeof(*l));
    memcpy(l->name, name, name_len < sizeof(l->name) ? name_len : sizeof(l->name) - 1);
    const char *p = value_text(record);
    if (!*p)
        return;
    l->epoch = lease_number(&p);
    l->nonce = lease_number(&p);
    l->beat = lease_number(&p);
    size_t holder = strcspn(p, " ");
    if (strncmp(p, "- ", 2) != 0 && strcmp(p, "-") != 0)
        snprintf(l->holder, sizeof(l->holder), "%.*s", (int)holder, p);
    p += holder;
    snprintf(l->detail, sizeof(l->detail), "%s", *p == ' ' ? p + 1 : p);
}

static void lease_give_back(struct store_job *j, enum tl_err e, const struct value *record)
{
    struct store_lease l;
    lease_parse(record, j->name, strlen(j->name), &l);
    ((store_lease_fn *)j->fn)(j->module, j->token, e, &l);
    store_job_free(j);
}

static const struct value no_record = {.type = VALUE_NIL, .str = ""};

static void lease_on_changed(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    e = store_status(owner, e, v);
    lease_give_back(c->module, e, v ? value_at(v, 1) : &no_record);
}

static void lease_on_read(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    e = store_plain_status(owner, e, v);
    if (e == TL_OK && v->type == VALUE_NIL)
        e = TL_ABSENT;
    lease_give_back(c->module, e, e == TL_OK ? v : &no_record);
}

static struct store_job *lease_job(struct store *s, const char *tenant, const char *name, store_lease_fn *fn,
                                   void *module, uint64_t token)
{
    return store_job_new(s, (void (*)(void))fn, module, token, tenant, name);
}

void store_lease_read(struct store *s, const char *tenant, const char *name, store_lease_fn *fn, void *module,
                      uint64_t token)
{
    struct link_call c = STORE_CALL(lease_on_read, NULL, lease_job(s, tenant, name, fn, module, token), 0);
    struct resp_out *out = store_plain(s, &c, "HGET", tenant, "leases", 1);
    if (!out)
        return;
    resp_text(out, name);
    link_end(s->link, &c);
}

void store_lease_take(struct store *s, const char *tenant, const struct store_lease *seen, const char *holder,
                      uint64_t nonce, const char *detail, store_lease_fn *fn, void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(lease_on_changed, NULL, lease_job(s, tenant, seen->name, fn, module, token), 0);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_lease_take", tenant, 7);
    if (!out)
        return;
    store_put_fence(out, seen);
    resp_u64(out, seen->beat);
    resp_text(out, holder);
    resp_u64(out, nonce);
    resp_text(out, detail);
    link_end(s->link, &c);
}

void store_lease_beat(struct store *s, const char *tenant, const struct store_lease *mine, store_lease_fn *fn,
                      void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(lease_on_changed, NULL, lease_job(s, tenant, mine->name, fn, module, token), 0);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_lease_beat", tenant, 4);
    if (!out)
        return;
    store_put_fence(out, mine);
    resp_text(out, mine->detail);
    link_end(s->link, &c);
}

void store_lease_give(struct store *s, const char *tenant, const struct store_lease *mine, store_lease_fn *fn,
                      void *module, uint64_t token)
{
    struct link_call c = STORE_CALL(lease_on_changed, NULL, lease_job(s, tenant, mine->name, fn, module, token), 0);
    struct resp_out *out = store_fcall(s, &c, STORE_LIBRARY "_lease_give", tenant, 3);
    if (!out)
        return;
    store_put_fence(out, mine);
    link_end(s->link, &c);
}

static void lease_on_list(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct store_job *j = c->module;
    store_lease_fn *fn = (store_lease_fn *)j->fn;
    e = store_plain_status(owner, e, v);
    for (size_t i = 0; e == TL_OK && i + 1 < v->n; i += 2) {
        const struct value *name = value_at(v, i);
        struct store_lease l;
        if (!value_starts(name, j->name))
            continue;
        lease_parse(value_at(v, i + 1), value_text(name), name->len, &l);
        fn(j->module, j->token, TL_OK, &l);
    }
    fn(j->module, j->token, e, NULL);
    store_job_free(j);
}

void store_lease_list(struct store *s, const char *tenant, const char *prefix, store_lease_fn *fn, void *module,
                      uint64_t token)
{
    struct link_call c = STORE_CALL(lease_on_list, NULL, lease_job(s, tenant, prefix, fn, module, token), 0);
    if (store_plain(s, &c, "HGETALL", tenant, "leases", 0))
        link_end(s->link, &c);
}
