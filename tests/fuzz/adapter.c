// SPDX-License-Identifier: Apache-2.0
// Input: "request METHOD TARGET", "deliver", "answer STATUS", "told STATUS CURSOR" or "ask CURSOR", then lines of headers, an empty line, the body.
#include "tests/fuzz/adapter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/triage_private.h"
#include "proto/json.h"
#include "proto/utf8.h"

enum { HEADERS_MAX = 16 };

struct input {
    struct region m;
    const struct adapter *ad;
    struct adapter_account account;
    const char *word, *argument;
    struct adapter_header headers[HEADERS_MAX];
    size_t headers_n;
    const char *body;
    size_t body_len;
};

static bool read_input(struct input *in, const uint8_t *data, size_t size)
{
    char *text = region_copy(&in->m, data, size), *end = memchr(text, '\n', size);
    if (!end)
        return false;
    *end = 0;
    in->word = text;
    char *space = strchr(text, ' ');
    in->argument = space ? space + 1 : "";
    if (space)
        *space = 0;
    for (text = end + 1; (end = memchr(text, '\n', size - (size_t)(text - in->word))) && end != text; text = end + 1) {
        *end = 0;
        char *colon = strstr(text, ": ");
        if (!colon || in->headers_n == HEADERS_MAX)
            return false;
        *colon = 0;
        in->headers[in->headers_n++] = (struct adapter_header){text, colon + 2};
    }
    in->body = end ? end + 1 : text;
    in->body_len = size - (size_t)(in->body - in->word);
    return true;
}

static void check_events(const struct adapter_events *events)
{
    static struct triage_fit fit;
    struct triage_fault fault;
    struct json_error err;
    for (size_t i = 0; i < events->n; i++) {
        assert(proto_check_utf8(&events->v[i]->base, &err));
        assert(triage_check(events->v[i], &fit, &fault));
    }
}

static void check_same(const struct adapter_events *a, const struct adapter_events *b)
{
    assert(a->n == b->n);
    for (size_t i = 0; i < a->n; i++) {
        size_t n = throughline__v1__event__get_packed_size(a->v[i]);
        assert(n == throughline__v1__event__get_packed_size(b->v[i]));
        uint8_t *x = malloc(2 * n + 1);
        assert(x);
        throughline__v1__event__pack(a->v[i], x);
        throughline__v1__event__pack(b->v[i], x + n);
        assert(memcmp(x, x + n, n) == 0);
        free(x);
    }
}

static void try_request(struct input *in)
{
    const char *space = strchr(in->argument, ' ');
    struct adapter_request r = {.method = "GET",
                                .target = in->argument,
                                .headers = in->headers,
                                .headers_n = in->headers_n,
                                .body = in->body,
                                .body_len = in->body_len,
                                .now_ms = 1795637500000,
                                .peer = "192.0.2.1",
                                .mail_from = "",
                                .rcpt = ""};
    struct adapter_events once = {0}, twice = {0};
    if (space) {
        r.method = region_copy(&in->m, in->argument, (size_t)(space - in->argument));
        r.target = space + 1;
    }
    enum adapter_verdict verdict = in->ad->verify(&in->account, &r);
    assert(verdict == in->ad->verify(&in->account, &r));
    in->ad->parse(&in->m, &in->account, &r, &once); // whatever the verdict: nobody relies on signatures to be safe
    in->ad->parse(&in->m, &in->account, &r, &twice);
    assert(once.n > 0);
    check_events(&once);
    check_same(&once, &twice);
}

static void check_call(const struct adapter_call *c)
{
    assert(c->method && c->url && !strpbrk(c->url, " \r\n"));
    for (size_t i = 0; i < c->headers_n; i++)
        assert(!strpbrk(c->headers[i].name, "\r\n: ") && !strpbrk(c->headers[i].value, "\r\n"));
}

static void try_delivery(struct input *in)
{
    struct json_error err;
    struct adapter_call call = {0};
    struct adapter_context context = {0};
    const char *why = NULL;
    Throughline__V1__Delivery *d =
        (Throughline__V1__Delivery *)json_read(&throughline__v1__delivery__descriptor, in->body, in->body_len, &err);
    if (!d)
        return;
    // the daemon's own: numbers, and handles that were normalised
    bool ours = strspn(d->id, "0123456789.") == strlen(d->id) && strlen(d->to) < 100 && !strpbrk(d->to, "\r\n");
    if (ours && in->ad->render(&in->m, &in->account, d, &context, &call, &why))
        check_call(&call);
    else if (ours)
        assert(why && *why);
    protobuf_c_message_free_unpacked(&d->base, NULL);
}

static struct adapter_answer answer_of(const struct input *in)
{
    return (struct adapter_answer){.status = (unsigned)strtoul(in->argument, NULL, 10) % 1000,
                                   .written = true,
                                   .headers = in->headers,
                                   .headers_n = in->headers_n,
                                   .body = in->body,
                                   .body_len = in->body_len,
                                   .error = "no answer"};
}

static void try_answer(struct input *in)
{
    struct adapter_answer answer = answer_of(in);
    struct adapter_outcome o = {0};
    if (in->ad->classify)
        in->ad->classify(&in->m, &in->account, &answer, &o);
    else
        adapter_classify_http(&in->m, &answer, &o);
    assert(o.fate >= ADAPTER_SENT && o.fate <= ADAPTER_UNKNOWN && o.reason && utf8_valid(o.reason, strlen(o.reason)));
    assert(answer.status >= 200 || o.fate != ADAPTER_SENT);
}

static void try_told(struct input *in)
{
    struct adapter_answer answer = answer_of(in);
    struct adapter_events events = {0};
    struct adapter_call call = {0};
    const char *cursor = strchr(in->argument, ' '), *next = NULL;
    if (!in->ad->told)
        return;
    bool more = in->ad->told(&in->m, &in->account, cursor ? cursor + 1 : "", &answer, &events, &next);
    assert(!more || next);
    check_events(&events);
    if (next && in->ad->ask(&in->m, &in->account, next, 1795637500000, &call))
        check_call(&call);
}

void fuzz_adapter(const struct adapter *ad, const char *const *values, const uint8_t *data, size_t size)
{
    static const struct {
        const char *word;
        void (*act)(struct input *in);
    } ways[] = {{"request", try_request}, {"deliver", try_delivery}, {"answer", try_answer}, {"told", try_told}};
    struct input in = {
        .ad = ad,
        .account = {.name = "main", .channel = ad->channel, .public_url = "https://tl.example.test", .values = values}};
    if (read_input(&in, data, size))
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
            if (strcmp(ways[i].word, in.word) == 0)
                ways[i].act(&in);
    region_free(&in.m);
}
