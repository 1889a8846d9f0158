// SPDX-License-Identifier: Apache-2.0
// Your own systems, where being called is easier than holding a stream open: events come as signed requests in our own JSON (Event or
// EventBatch), deliveries go out the same way (Delivery). Both are signed as https://www.standardwebhooks.com describes: webhook-id,
// webhook-timestamp and webhook-signature, "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body". Works on any channel.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "channels/adapter.h"
#include "proto/base64.h"
#include "proto/json.h"

enum {
    MAC_LEN = 32,
    MAC_TEXT = BASE64_ENCODED_LEN(MAC_LEN),
    AGE_MOST = 300,   // seconds, either way
    EVENTS_MAX = 100, // of one request
};

enum { SECRET, DELIVER_URL };
static const struct adapter_setting settings[] = {
    [SECRET] = {.name = "secret",
                .type = ADAPTER_SECRET,
                .required = true,
                .min = 16,
                .max = 512,
                .words = "env:WEBHOOK_SECRET",
                .help = "The key of the signatures, both ways: as it is, or whsec_ and its base64."},
    [DELIVER_URL] = {.name = "deliver_url",
                     .type = ADAPTER_URL,
                     .words = "https://shop.example.org/throughline",
                     .help = "Where messages to customers are posted; absent = none can be sent."},
    {.name = NULL},
};
extern const struct adapter adapter_webhook;

// ---- signatures ----

struct key {
    uint8_t bytes[BASE64_DECODED_MAX(512)];
    size_t len;
};

static bool read_key(const char *secret, struct key *k)
{
    size_t len = strlen(secret);
    if (strncmp(secret, "whsec_", 6) == 0)
        return len - 6 <= 512 && base64_decode(secret + 6, len - 6, k->bytes, &k->len) && k->len > 0;
    k->len = len < sizeof k->bytes ? len : 0;
    memcpy(k->bytes, secret, k->len);
    return k->len > 0;
}

// NUL-terminated base64; false where the secret is no key.
static bool sign(struct region *m, const char *secret, const char *id, const char *time, const char *body, size_t len,
                 char out[static MAC_TEXT + 1])
{
    char *head = region_format(m, "%s.%s.", id, time);
    size_t n = strlen(head), mac_len = 0;
    char *text = region_new(m, n + len + 1, 1);
    uint8_t mac[MAC_LEN];
    struct key k;
    memcpy(text, head, n);
    if (len)
        memcpy(text + n, body, len);
    if (!read_key(secret, &k) || !EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, k.bytes, k.len, (uint8_t *)text,
                                            n + len, mac, sizeof mac, &mac_len))
        return false;
    out[base64_encode(mac, sizeof mac, out)] = '\0';
    return true;
}

// One of "v1,AAAA v1,BBBB": a sender that changes its key signs with both.
static bool is_signed(const char *signatures, const char *right)
{
    bool same = false;
    for (const char *s = signatures; *s; s += strspn(s, " ")) {
        size_t n = strcspn(s, " ");
        if (n == 3 + MAC_TEXT && strncmp(s, "v1,", 3) == 0)
            same |= CRYPTO_memcmp(s + 3, right, MAC_TEXT) == 0;
        s += n;
    }
    return same;
}

static enum adapter_verdict verify(const struct adapter_account *account, const struct adapter_request *r)
{
    const char *id = adapter_header(r->headers, r->headers_n, "webhook-id");
    const char *time = adapter_header(r->headers, r->headers_n, "webhook-timestamp");
    const char *given = adapter_header(r->headers, r->headers_n, "webhook-signature");
    char right[MAC_TEXT + 1], *end = NULL;
    if (!id || !time || !given)
        return ADAPTER_UNSIGNED;
    long long at = strtoll(time, &end, 10), now = r->now_ms / 1000;
    if (*end || at < now - AGE_MOST || at > now + AGE_MOST)
        return ADAPTER_FORGED;
    struct region m = {0};
    bool good = sign(&m, account->values[SECRET], id, time, r->body, r->body_len, right) && is_signed(given, right);
    region_free(&m);
    return good ? ADAPTER_GENUINE : ADAPTER_FORGED;
}

static const char *configure(struct region *m, const struct adapter_account *account, const char **setting)
{
    struct key k;
    *setting = "secret";
    return read_key(account->values[SECRET], &k) ? NULL : region_text(m, "is not base64 behind whsec_");
}

// ---- in ----

static void *region_alloc(void *m, size_t size)
{
    return region_new(m, 1, size);
}

static void region_keep(void *m, void *p)
{
    (void)m, (void)p; // goes with the region
}

// A copy whose every part lives in the region.
static void *unpack(struct region *m, const ProtobufCMessageDescriptor *d, const ProtobufCMessage *from)
{
    ProtobufCAllocator in = {.alloc = region_alloc, .free = region_keep, .allocator_data = m};
    size_t len = protobuf_c_message_get_packed_size(from);
    uint8_t *bytes = region_new(m, len + 1, 1);
    protobuf_c_message_pack(from, bytes);
    return protobuf_c_message_unpack(d, &in, len, bytes);
}

static void take(struct region *m, const struct adapter_account *account, const Throughline__V1__Event *e,
                 struct adapter_events *out)
{
    Throughline__V1__Event *to = adapter_event(m, out, account);
    const Throughline__V1__Event *copy = unpack(m, &throughline__v1__event__descriptor, &e->base);
    char *name = to->account;
    if (!copy)
        return;
    *to = *copy;
    if (!to->account[0])
        to->account = name;
}

// Whose it is cannot be read; all of it stands under one name.
static const char *nobody(struct region *m, const struct adapter_account *account)
{
    return region_format(m, "social:%s", account->name);
}

static bool is_batch(const struct adapter_request *r)
{
    const char *p = memmem(r->body, r->body_len, "\"events\"", 8);
    return p && strspn(r->body, "{ \t\r\n") == (size_t)(p - r->body);
}

static void parse(struct region *m, const struct adapter_account *account, const struct adapter_request *r,
                  struct adapter_events *out)
{
    struct json_error error;
    bool batch = is_batch(r);
    ProtobufCMessage *message =
        json_read(batch ? &throughline__v1__event_batch__descriptor : &throughline__v1__event__descriptor, r->body,
                  r->body_len, &error);
    if (!message) {
        adapter_unparsed(m, out, account, r, nobody(m, account),
                         region_format(m, "%s: %.100s", error.code, error.path));
        return;
    }
    const Throughline__V1__EventBatch *all = (const Throughline__V1__EventBatch *)message;
    size_t n = batch ? all->n_events : 1;
    if (n > EVENTS_MAX)
        adapter_unparsed(m, out, account, r, nobody(m, account), "more than 100 events");
    for (size_t i = 0; i < n && n <= EVENTS_MAX; i++)
        take(m, account, batch ? all->events[i] : (const Throughline__V1__Event *)message, out);
    protobuf_c_message_free_unpacked(message, NULL);
}

// ---- out ----

static bool render(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d,
                   const struct adapter_context *context, struct adapter_call *out, const char **why)
{
    char signature[MAC_TEXT + 1];
    size_t len = 0;
    if (!account->values[DELIVER_URL]) {
        *why = region_text(m, "the account has no deliver_url");
        return false;
    }
    char *json = json_write(&d->base, &len);
    if (!json) {
        *why = region_text(m, "the message cannot be written");
        return false;
    }
    const char *body = region_copy(m, json, len), *time = region_format(m, "%lld", (long long)context->now_ms / 1000);
    free(json);
    if (!sign(m, account->values[SECRET], d->id, time, body, len, signature)) {
        *why = region_text(m, "the secret is no key");
        return false;
    }
    *out = (struct adapter_call){
        .method = "POST",
        .url = account->values[DELIVER_URL],
        .headers = {{"Content-Type", "application/json"},
                    {"webhook-id", region_text(m, d->id)},
                    {"webhook-timestamp", time},
                    {"webhook-signature", region_format(m, "v1,%s", signature)}},
        .headers_n = 4,
        .body = body,
        .body_len = len,
    };
    return true;
}

// Nothing, or a Report that says more than the status: the id at the other end, that the customer stopped it, that it failed for good.
static void classify(struct region *m, const struct adapter_account *account, const struct adapter_answer *answer,
                     struct adapter_outcome *out)
{
    (void)account;
    adapter_classify_http(m, answer, out);
    if (out->fate != ADAPTER_SENT || !answer->body_len)
        return;
    ProtobufCMessage *message = json_read_with(&throughline__v1__report__descriptor, answer->body, answer->body_len,
                                               JSON_READ_IGNORE_UNKNOWN, NULL);
    const Throughline__V1__Report *report = (const Throughline__V1__Report *)message;
    if (!message)
        return; // a page of theirs
    out->external_id = region_format(m, "%.200s", report->external_id);
    if (report->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED) {
        out->fate = ADAPTER_DEAD;
        out->reason = region_format(m, "%.200s", report->reason);
    } else if (report->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_QUEUED) {
        out->fate = ADAPTER_RETRY;
        out->retry_ms = (int64_t)report->retry_after * 1000;
        out->reason = region_format(m, "%.200s", report->reason);
    }
    protobuf_c_message_free_unpacked(message, NULL);
}

const struct adapter adapter_webhook = {
    .name = "webhook",
    .settings = settings,
    .replies = {.done = {.status = 204}, .again = {.status = 503}},
    .configure = configure,
    .verify = verify,
    .parse = parse,
    .render = render,
    .classify = classify,
};
