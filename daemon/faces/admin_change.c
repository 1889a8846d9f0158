// SPDX-License-Identifier: Apache-2.0
// What the back office changes while running: agents, and who is whom; queues are admin_queue.c's. Each change is one input of the log, judged by the
// fold, audited with the token that asked for it, and answered when it is in force.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/admin.h"
#include "daemon/faces/records.h"
#include "proto/handle.h"
#include "proto/utf8.h"
#include "throughline/v1/admin.pb-c.h"
#include "throughline/v1/log.pb-c.h"

// ---- agents ----

bool admin_name_is_sound(const char *s)
{
    size_t len = strlen(s);
    return len >= 1 && len <= 64 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

bool admin_skills_are_sound(Throughline__V1__Skill *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!admin_name_is_sound(v[i]->name) || v[i]->level < 1 || v[i]->level > 5)
            return false;
    return n <= 64;
}

const char *admin_agent_wrong(const Throughline__V1__Agent *a, const char *id, const char **field)
{
    *field = "id";
    if (!admin_name_is_sound(id) || (*a->id && strcmp(a->id, id) != 0))
        return "must be that of the path: 1 to 64 of [a-z0-9._-]";
    *field = "name";
    if (strlen(a->name) > 64)
        return "at most 64 bytes";
    *field = "capacity";
    if (a->capacity > 1000)
        return "must be 1 to 1000";
    *field = "speed";
    if (a->speed > 1000000)
        return "must be 1 to 1000000";
    *field = "resolution";
    if (a->resolution > 1000)
        return "must be 1 to 1000";
    *field = "team";
    if (*a->team && !admin_name_is_sound(a->team))
        return "1 to 64 of [a-z0-9._-]";
    *field = "sees";
    if (*a->sees && strcmp(a->sees, "customer") != 0 && strcmp(a->sees, "conversation") != 0)
        return "must be customer or conversation";
    *field = "attributes";
    for (size_t i = 0; i < a->n_attributes; i++)
        if (!admin_name_is_sound(a->attributes[i]) || i >= 64)
            return "at most 64, each 1 to 64 of [a-z0-9._-]";
    *field = "skills";
    return admin_skills_are_sound(a->skills, a->n_skills) ? NULL : "names of [a-z0-9._-], levels 1 to 5, at most 64";
}

void admin_text_set(char **to, const char *from)
{
    if (*to != protobuf_c_empty_string)
        free(*to);
    *to = xstrdup(from);
}

void admin_agent_put(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    ProtobufCMessage *m = face ? http_body_message(r, &throughline__v1__agent__descriptor) : NULL;
    Throughline__V1__Agent *a = (Throughline__V1__Agent *)m;
    const char *id = m ? http_param(r, "id") : NULL, *field = NULL;
    if (!m)
        return;
    const char *wrong = admin_agent_wrong(a, id, &field);
    if (wrong) {
        http_problem(r, PROBLEM_invalid_body, field, wrong);
        protobuf_c_message_free_unpacked(m, NULL);
        return;
    }
    admin_text_set(&a->id, id);
    if (!*a->name)
        admin_text_set(&a->name, id);
    if (!a->capacity)
        a->capacity = 4;
    a->from_file = false;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_AGENT_PUT;
    in.agent_put = a;
    admin_append(face, r, &in, 200, m, "agent.put", id, "");
}

void admin_agent_delete(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    struct router_agent_view a;
    if (!face || !admin_find_agent(face, r, &a))
        return;
    const char *id = http_param(r, "id");
    Throughline__V1__AgentRemoved removed = THROUGHLINE__V1__AGENT_REMOVED__INIT;
    removed.id = (char *)id;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_AGENT_REMOVED;
    in.agent_removed = &removed;
    admin_append(face, r, &in, 204, NULL, "agent.delete", id, "");
}

// ---- who is whom ----

// Answered by the customer as they are afterwards.
static void reply_changed(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n)
{
    (void)c;
    Throughline__V1__Customer *m = record_customer(v, n);
    http_reply_message(r, 200, &m->base);
    throughline__v1__customer__free_unpacked(m, NULL);
}

static void changed(struct admin_call *c, struct http_request *r, const struct store_placed *p)
{
    (void)r;
    (void)p;
    c->again = true;
    c->entries = reply_changed;
    store_customer(c->face->store, c->face->tenant, c->number, admin_on_entries, c->face->admin, c->id);
}

static void identity(struct face *face, struct http_request *r, struct store_identity *x, const char *action)
{
    struct admin_call *c = admin_call_new(face, r);
    Throughline__V1__CustomerChanged change = THROUGHLINE__V1__CUSTOMER_CHANGED__INIT;
    change.customer = x->customer;
    change.other = x->other;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_CUSTOMER_CHANGED;
    in.customer_changed = &change;
    in.boot = (char *)core_boot(face->core);
    uint8_t bytes[512];
    char key[160], target[24];
    // Ours, not the client's X-Request-Id: that one may come again with another change, which must not find this answer.
    snprintf(key, sizeof key, "admin:%.100s:%llx", core_boot(face->core), (unsigned long long)http_id(r));
    snprintf(target, sizeof target, "%llu", (unsigned long long)x->customer);
    c->number = x->customer;
    c->placed = changed;
    admin_audit(face, r, action, target, "");
    x->tenant = face->tenant;
    x->key = key;
    x->agent = "";
    x->input = bytes;
    x->input_len = throughline__v1__input__pack(&in, bytes);
    store_identity(face->store, x, admin_on_placed, face->admin, c->id);
}

static void change(void *faces, struct http_request *r, enum store_identity_act act, const char *action)
{
    struct face *face = faces_of_request(faces, r);
    uint64_t customer = 0;
    char handle[HANDLE_MAX] = "";
    const char *why = "must be another customer's id";
    if (!face || !http_param_number(r, "id", &customer))
        return;
    ProtobufCMessage *m = http_body_message(r, &throughline__v1__customer_change__descriptor);
    const Throughline__V1__CustomerChange *x = (Throughline__V1__CustomerChange *)m;
    if (!m)
        return;
    if (act == STORE_LINK ? !handle_normalise(x->handle, handle, &why) : !x->other || x->other == customer)
        http_problem(r, PROBLEM_invalid_body, act == STORE_LINK ? "handle" : "other", why);
    else
        identity(face, r,
                 &(struct store_identity){.act = act, .customer = customer, .other = x->other, .handle = handle},
                 action);
    protobuf_c_message_free_unpacked(m, NULL);
}

void admin_merge(void *faces, struct http_request *r)
{
    change(faces, r, STORE_MERGE, "customer.merge");
}

void admin_unmerge(void *faces, struct http_request *r)
{
    change(faces, r, STORE_UNMERGE, "customer.unmerge");
}

void admin_link(void *faces, struct http_request *r)
{
    change(faces, r, STORE_LINK, "customer.link");
}

// ---- what is said of them ----

typedef Throughline__V1__CustomerAttributes__AttributesEntry attribute_entry;

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(attribute_entry *const *)a)->key, (*(attribute_entry *const *)b)->key);
}

// Brings them in order of key; NULL = good, else what would be.
static const char *attributes_wrong(Throughline__V1__CustomerAttributes *m)
{
    if (m->n_attributes > ROUTER_ATTRIBUTES_MAX)
        return "at most 16";
    if (m->n_attributes > 1)
        qsort(m->attributes, m->n_attributes, sizeof *m->attributes, compare_keys);
    for (size_t i = 0; i < m->n_attributes; i++) {
        const char *key = m->attributes[i]->key, *value = m->attributes[i]->value;
        size_t key_len = strlen(key), value_len = strlen(value);
        if (!key_len || key_len > ROUTER_NAME_MAX || !utf8_valid_text(key, key_len))
            return "keys of 1 to 64 bytes, no control characters";
        if (value_len > ROUTER_TEXT_MAX || !utf8_valid_text(value, value_len))
            return "values of up to 256 bytes, no control characters";
        if (i && strcmp(m->attributes[i - 1]->key, key) == 0)
            return "a key must not come twice";
    }
    return NULL;
}

static void attributes_put(struct face *face, struct http_request *r, uint64_t customer,
                           const Throughline__V1__CustomerAttributes *m)
{
    Throughline__V1__Placement__AttributesEntry entries[ROUTER_ATTRIBUTES_MAX], *list[ROUTER_ATTRIBUTES_MAX];
    Throughline__V1__Placement placed = THROUGHLINE__V1__PLACEMENT__INIT;
    for (size_t i = 0; i < m->n_attributes; i++) {
        throughline__v1__placement__attributes_entry__init(list[i] = &entries[i]);
        entries[i].key = m->attributes[i]->key;
        entries[i].value = m->attributes[i]->value;
    }
    placed.n_attributes = m->n_attributes;
    placed.attributes = list;
    uint8_t *bytes = xcalloc(1, throughline__v1__placement__get_packed_size(&placed) + 1);
    struct store_identity x = {.act = STORE_ATTRIBUTES, .customer = customer, .handle = "", .attributes = bytes};
    x.attributes_len = throughline__v1__placement__pack(&placed, bytes);
    identity(face, r, &x, "customer.attributes");
    free(bytes);
}

void admin_attributes(void *faces, struct http_request *r)
{
    struct face *face = faces_of_request(faces, r);
    uint64_t customer = 0;
    if (!face || !http_param_number(r, "id", &customer))
        return;
    ProtobufCMessage *m = http_body_message(r, &throughline__v1__customer_attributes__descriptor);
    if (!m)
        return;
    const char *wrong = attributes_wrong((Throughline__V1__CustomerAttributes *)m);
    if (wrong)
        http_problem(r, PROBLEM_invalid_body, "attributes", wrong);
    else
        attributes_put(face, r, customer, (const Throughline__V1__CustomerAttributes *)m);
    protobuf_c_message_free_unpacked(m, NULL);
}
