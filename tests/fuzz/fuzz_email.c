// SPDX-License-Identifier: Apache-2.0
// The email adapter given any bytes as a mail, come to the account's address, to a signed reply address and to a signed bounce address. It owes
// what every adapter owes (adapter.h), and: each attachment's bytes are told once, in order; nothing comes of a mail but where it is our own
// mail come back; the quotation takes no line away.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/adapter.h"
#include "channels/mail.h"
#include "channels/mail_html.h"
#include "daemon/core/triage_private.h"
#include "proto/json.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const values[] = {[MAIL_ADDRESS] = "support@example.org",
                                     [MAIL_SECRET] = "fixture-secret-0123456789",
                                     [MAIL_DELIMITER] = "+",
                                     [MAIL_AUTHSERV] = "mx.example.org",
                                     [MAIL_LISTS] = "automatic",
                                     [MAIL_SMTP_TLS] = NULL};
static const char *const rcpts[] = {"support@example.org", "support+r17.lvqrnvllxtxn7yyx@example.org",
                                    "support+b17.42.0.li5ru6xy7qloee5j@example.org"};

static void store_files(struct region *m, struct adapter_events *events, const struct adapter_request *r)
{
    size_t attachments = 0;
    for (size_t i = 0; i < events->n; i++)
        if (events->v[i]->body_case == THROUGHLINE__V1__EVENT__BODY_MESSAGE)
            attachments += events->v[i]->message->n_attachments;
    assert(events->files_n == attachments);
    for (size_t i = 0; i < events->files_n; i++) {
        const struct adapter_file *f = &events->files[i];
        assert(f->attachment == i && f->len <= r->body_len * 2 + 4096);
        uint8_t sum = 0;
        for (size_t k = 0; k < f->len; k++)
            sum ^= (uint8_t)f->bytes[k]; // all of it is there
        events->v[f->event]->message->attachments[i]->url = region_format(m, "https://tl.example.test/%u", sum);
    }
}

static size_t pack(const struct adapter_events *events, uint8_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < events->n; i++)
        n += out ? throughline__v1__event__pack(events->v[i], out + n)
                 : throughline__v1__event__get_packed_size(events->v[i]);
    return n;
}

static void parse(struct region *m, const struct adapter_request *r, struct adapter_events *events)
{
    const struct adapter_account account = {.name = "main",
                                            .channel = THROUGHLINE__V1__CHANNEL__CHANNEL_EMAIL,
                                            .public_url = "https://tl.example.test",
                                            .values = values};
    adapter_named("email")->parse(m, &account, r, events);
    store_files(m, events, r);
}

static void try_mail(const uint8_t *data, size_t size, const char *rcpt, const char *mail_from)
{
    static struct triage_fit fit;
    struct triage_fault fault;
    struct json_error err;
    struct region m = {0};
    const struct adapter_request r = {.method = "MAIL",
                                      .target = "",
                                      .body = region_copy(&m, data, size),
                                      .body_len = size,
                                      .now_ms = 1795637500000,
                                      .peer = "",
                                      .mail_from = mail_from,
                                      .rcpt = rcpt};
    struct adapter_events once = {0}, twice = {0};
    parse(&m, &r, &once);
    parse(&m, &r, &twice);
    for (size_t i = 0; i < once.n; i++) {
        assert(proto_check_utf8(&once.v[i]->base, &err));
        assert(triage_check(once.v[i], &fit, &fault));
    }
    assert(once.n == 1 || (once.n == 0 && memmem(data, size, "upport@", 7)));
    size_t n = pack(&once, NULL);
    assert(n == pack(&twice, NULL));
    uint8_t *a = region_new(&m, n + 1, 1), *b = region_new(&m, n + 1, 1);
    pack(&once, a);
    pack(&twice, b);
    assert(memcmp(a, b, n) == 0);
    region_free(&m);
}

// Every word of the text is in the words or in the quotation, as often as there.
static void try_quotation(const uint8_t *data, size_t size)
{
    struct region m = {0};
    struct mail_words words;
    char *text = mail_tidy(mail_decode(&m, (const char *)data, size, "utf-8"));
    long letters[256] = {0};
    for (const char *p = text; *p; p++)
        letters[(unsigned char)*p]++;
    mail_unquote(&m, text, size % 5 == 0, &words);
    for (const char *p = words.text; *p; p++)
        letters[(unsigned char)*p]--;
    for (const char *p = words.quoted; *p; p++)
        letters[(unsigned char)*p]--;
    for (int c = '!'; c < 256; c++)
        assert(letters[c] == 0);
    region_free(&m);
}

// Lines end with CR LF; no header but ours.
static void check_lines(const char *mail, size_t len)
{
    static const char ours[] =
        "|Date|From|Reply-To|Subject|To|Message-ID|X-Loop|MIME-Version|Content-Type|Content-Transfer-Encoding|";
    bool headers = true;
    for (const char *p = mail, *end = mail + len; p < end;) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        assert(lf && lf > mail && lf[-1] == '\r' && !memchr(p, '\r', (size_t)(lf - 1 - p)));
        headers = headers && lf - p > 1;
        if (headers && *p != ' ' && *p != '\t') {
            char name[64];
            snprintf(name, sizeof name, "|%.*s|", (int)strcspn(p, ":"), p);
            assert(strcasestr(ours, name));
        }
        p = lf + 1;
    }
}

// What an agent writes arrives as it was written, and nothing else does.
static void try_letter(const uint8_t *data, size_t size)
{
    struct region m = {0};
    struct mail back;
    struct adapter_call call = {0};
    const char *why;
    const struct adapter_context context = {.now_ms = 1795637500000};
    const char *with_smtp[32] = {0};
    Throughline__V1__Delivery d = THROUGHLINE__V1__DELIVERY__INIT;
    Throughline__V1__Message message = THROUGHLINE__V1__MESSAGE__INIT;
    memcpy(with_smtp, values, sizeof values);
    with_smtp[MAIL_SMTP] = "smtp://mail.example.org:25";
    const struct adapter_account account = {.name = "main", .public_url = "", .values = with_smtp};
    message.text = mail_tidy(mail_decode(&m, (const char *)data, size, "utf-8"));
    message.subject = mail_line(&m, message.text, 200);
    d.id = (char *)"42.0";
    d.to = (char *)"email:ann@example.net";
    d.what_case = THROUGHLINE__V1__DELIVERY__WHAT_MESSAGE;
    d.message = &message;
    assert(adapter_named("email")->render(&m, &account, &d, &context, &call, &why));
    check_lines(call.body, call.body_len);
    assert(mail_open(&back, &m, call.body, call.body_len));
    if (strlen(message.text) < 100000 && !strstr(message.subject, "=?"))
        assert(strcmp(back.plain, message.text) == 0);
    mail_close(&back);
    region_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_letter(data, size);
    for (size_t i = 0; i < sizeof rcpts / sizeof *rcpts; i++)
        try_mail(data, size, rcpts[i], i == 2 ? "<>" : "ann@example.net");
    try_quotation(data, size);
    return 0;
}
