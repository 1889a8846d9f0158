// SPDX-License-Identifier: Apache-2.0
// What the client sends, and what it says of each way in which a vendor can fail: above all, whether something may have reached it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/loop.h"
#include "daemon/net/http_client.h"
#include "peer.h"

enum { GUARD_MS = 180000 };

// One request's outcome, copied.
struct got {
    struct stage *s;
    unsigned calls, status;
    bool written, cut, kept_out;
    char body[4096], error[256], header[128];
    size_t body_len;
};

struct stage {
    struct loop *loop;
    struct http_client *client;
    struct peer *peer;
    struct loop_timer *guard;
    unsigned open, requests, how;
    char seen[8192]; // the latest request
};

enum { SAY_OK, SAY_LATER, CUT, CUT_IN_BODY, SILENT, HUGE_BODY, HUGE_HEAD, REDIRECT, ONCE_THEN_CUT, PROVISIONAL };

static size_t vendor(struct peer_conn *c, const char *in, size_t len)
{
    struct stage *s = peer_arg(c);
    size_t whole = peer_request(in, len);
    if (!whole)
        return 0;
    s->requests++;
    snprintf(s->seen, sizeof s->seen, "%.*s", (int)whole, in);
    switch (s->how) {
    case SAY_OK:
        peer_say(c, "HTTP/1.1 201 Created\r\nX-Id: a 7\r\nContent-Length: 5\r\n\r\nhello");
        break;
    case SAY_LATER:
        peer_say(c, "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
        break;
    case CUT:
        peer_close(c);
        break;
    case CUT_IN_BODY:
        peer_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf");
        peer_close(c);
        break;
    case HUGE_BODY:
        peer_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
        for (int i = 0; i < 500; i++)
            peer_say(c, "0123456789");
        break;
    case HUGE_HEAD:
        peer_say(c, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 10000; i++)
            peer_say(c, "X-Much: 0123456789\r\n");
        break;
    case REDIRECT:
        peer_say(c, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
        break;
    case ONCE_THEN_CUT:
        if ((*peer_state(c))++ == 0)
            peer_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        else
            peer_close(c);
        break;
    case PROVISIONAL:
        peer_say(c, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        break;
    default: // silent
        break;
    }
    return whole;
}

static void too_late(void *arg)
{
    (void)arg;
    fail_msg("nothing came");
}

static int setup(void **state)
{
    struct stage *s = xcalloc(1, sizeof *s);
    s->loop = loop_new();
    s->guard = loop_timer_new(s->loop, too_late, s);
    s->peer = peer_new(s->loop, vendor, s);
    s->client = http_client_new(s->loop, &(struct http_client_options){.connect_ms = 60000, .answer_ms = 60000});
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    http_client_free(s->client);
    peer_free(s->peer);
    loop_timer_free(s->guard);
    loop_free(s->loop);
    free(s);
    return 0;
}

static void on_answer(void *module, uint64_t token, const struct http_answer *a)
{
    struct got *g = module;
    assert_int_equal(token, 5);
    g->calls++;
    g->status = a->status;
    g->written = a->written;
    g->cut = a->cut;
    g->kept_out = a->kept_out;
    g->body_len = a->body_len;
    snprintf(g->body, sizeof g->body, "%s", a->body);
    snprintf(g->error, sizeof g->error, "%s", a->error ? a->error : "");
    for (size_t i = 0; i < a->headers_n; i++)
        if (strcmp(a->headers[i].name, "X-Id") == 0 || strcmp(a->headers[i].name, "Retry-After") == 0)
            snprintf(g->header, sizeof g->header, "%s", a->headers[i].value);
    if (--g->s->open == 0)
        loop_stop(g->s->loop);
}

static const char *url_of(const struct stage *s, const char *scheme, const char *path)
{
    static char url[256];
    snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", scheme, peer_port(s->peer), path);
    return url;
}

static void await(struct stage *s)
{
    loop_timer_set(s->guard, GUARD_MS);
    loop_run(s->loop);
    loop_timer_set(s->guard, -1);
}

static struct got give(struct stage *s, const struct http_call *call)
{
    struct got g = {.s = s};
    const char *why = "";
    s->open = 1;
    assert_true(http_client_call(s->client, call, on_answer, &g, 5, &why) > 0);
    await(s);
    assert_int_equal(g.calls, 1);
    assert_int_equal(http_client_in_flight(s->client), 0);
    return g;
}

static struct got post(struct stage *s, unsigned how)
{
    s->how = how;
    return give(s, &(struct http_call){
                       .method = "POST", .url = url_of(s, "http", "/send?a=b"), .body = "text=hi", .body_len = 7});
}

static void a_request_and_its_answer(void **state)
{
    struct stage *s = *state;
    const struct http_pair headers[] = {{"Content-Type", "text/plain"}, {"X-Empty", ""}};
    struct got g = give(s, &(struct http_call){.method = "POST",
                                               .url = url_of(s, "http", "/send?a=b"),
                                               .user = "ann",
                                               .password = "secret",
                                               .headers = headers,
                                               .headers_n = 2,
                                               .body = "text=hi",
                                               .body_len = 7});
    assert_int_equal(g.status, 201);
    assert_true(g.written);
    assert_false(g.cut);
    assert_string_equal(g.body, "hello");
    assert_string_equal(g.header, "a 7");
    assert_string_equal(g.error, "");
    assert_non_null(strstr(s->seen, "POST /send?a=b HTTP/1.1\r\n"));
    assert_non_null(strstr(s->seen, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(s->seen, "X-Empty:\r\n"));
    assert_non_null(strstr(s->seen, "Authorization: Basic YW5uOnNlY3JldA==\r\n"));
    assert_non_null(strstr(s->seen, "\r\n\r\ntext=hi"));
    assert_null(strstr(s->seen, "Expect"));
}

static void other_methods(void **state)
{
    struct stage *s = *state;
    assert_int_equal(give(s, &(struct http_call){.method = "GET", .url = url_of(s, "http", "/")}).status, 201);
    assert_memory_equal(s->seen, "GET / HTTP/1.1\r\n", 16);
    give(s, &(struct http_call){.method = "PUT", .url = url_of(s, "http", "/"), .body = "x", .body_len = 1});
    assert_memory_equal(s->seen, "PUT / HTTP/1.1\r\n", 16);
    give(s, &(struct http_call){.method = "POST", .url = url_of(s, "http", "/")});
    assert_non_null(strstr(s->seen, "Content-Length: 0\r\n"));
}

static void answers_that_refuse(void **state)
{
    struct stage *s = *state;
    struct got g = post(s, SAY_LATER);
    assert_int_equal(g.status, 429);
    assert_string_equal(g.header, "7");
    g = post(s, REDIRECT); // not followed
    assert_int_equal(g.status, 302);
    assert_int_equal(s->requests, 2);
    assert_int_equal(post(s, PROVISIONAL).status, 200);
}

static void nobody_there_is_not_written(void **state)
{
    struct stage *s = *state;
    struct got g =
        give(s, &(struct http_call){.method = "POST", .url = "http://127.0.0.1:1/", .body = "x", .body_len = 1});
    assert_int_equal(g.status, 0);
    assert_false(g.written);
    assert_true(g.error[0]);
    g = give(s, &(struct http_call){.method = "GET", .url = "http://nowhere.invalid/"});
    assert_int_equal(g.status, 0);
    assert_false(g.written);
}

static void a_cut_connection_is_written(void **state)
{
    struct stage *s = *state;
    struct got g = post(s, CUT);
    assert_int_equal(g.status, 0);
    assert_true(g.written);
    assert_int_equal(s->requests, 1);
}

// The vendor took the second message on a connection used before, and cut it: curl alone would send it again.
static void a_kept_connection_that_is_cut_repeats_nothing(void **state)
{
    struct stage *s = *state;
    assert_int_equal(post(s, ONCE_THEN_CUT).status, 200);
    struct got g = post(s, ONCE_THEN_CUT);
    assert_int_equal(g.status, 0);
    assert_true(g.written);
    assert_non_null(strstr(g.error, "rewind")); // curl did wish to
    assert_int_equal(s->requests, 2);
    post(s, SAY_OK);
    unsigned before = peer_connections(s->peer);
    post(s, SAY_OK);
    assert_int_equal(peer_connections(s->peer), before); // they are used again
}

static void without_a_body_a_connection_is_its_own(void **state)
{
    struct stage *s = *state;
    struct http_call get = {.method = "GET", .url = url_of(s, "http", "/cgi-bin/sendsms?text=hi")};
    s->how = ONCE_THEN_CUT;
    assert_int_equal(give(s, &get).status, 200);
    assert_int_equal(give(s, &get).status, 200);
    assert_int_equal(peer_connections(s->peer), 2);
    get.repeatable = true;
    give(s, &get);
    give(s, &get); // cut, and asked again by itself
    assert_int_equal(s->requests, 5);
}

static void silence_ends_at_the_deadline(void **state)
{
    struct stage *s = *state;
    s->how = SILENT;
    struct got g =
        give(s, &(struct http_call){
                    .method = "POST", .url = url_of(s, "http", "/"), .body = "x", .body_len = 1, .answer_ms = 50});
    assert_int_equal(g.status, 0);
    assert_true(g.written);
    assert_non_null(strstr(g.error, "timed out"));
}

static void answers_are_bounded(void **state)
{
    struct stage *s = *state;
    s->how = HUGE_BODY;
    struct got g = give(s, &(struct http_call){.method = "GET", .url = url_of(s, "http", "/"), .answer_max = 100});
    assert_int_equal(g.status, 200); // it was carried out all the same
    assert_true(g.cut);
    assert_int_equal(g.body_len, 100);
    g = post(s, HUGE_HEAD);
    assert_true(g.error[0]);
    g = post(s, CUT_IN_BODY);
    assert_int_equal(g.status, 200);
    assert_true(g.cut);
    assert_string_equal(g.body, "half");
}

struct pieces {
    size_t len, most;
};
static struct pieces pieces;
static bool on_piece(void *module, uint64_t token, const void *bytes, size_t len)
{
    (void)module, (void)token, (void)bytes;
    pieces.len += len;
    return pieces.len <= pieces.most;
}

static void pieces_can_be_refused(void **state)
{
    struct stage *s = *state;
    s->how = HUGE_BODY;
    pieces = (struct pieces){.most = 100000};
    struct http_call call = {.method = "GET", .url = url_of(s, "http", "/"), .piece = on_piece};
    struct got g = give(s, &call);
    assert_int_equal(pieces.len, 5000);
    assert_false(g.cut);
    pieces = (struct pieces){.most = 0};
    assert_true(give(s, &call).cut);
}

static void what_is_no_request(void **state)
{
    struct stage *s = *state;
    struct got g = {.s = s};
    const char *why = NULL;
    const struct http_pair broken = {"X", "a\r\nY: b"};
    const struct http_call bad[] = {
        {.method = "GET", .url = "file:///etc/passwd"},
        {.method = "GET", .url = "gopher://127.0.0.1/"},
        {.method = "GET", .url = "http://127.0.0.1/\r\nX: y"},
        {.method = "GET", .url = "http://127.0.0.1/", .headers = &broken, .headers_n = 1},
        {.url = "http://127.0.0.1/"},
        {.url = "smtp://127.0.0.1/", .body = "x", .body_len = 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++, why = NULL) {
        assert_int_equal(http_client_call(s->client, &bad[i], on_answer, &g, 5, &why), 0);
        assert_non_null(why);
    }
}

static void a_cancelled_call_is_not_answered(void **state)
{
    struct stage *s = *state;
    struct got first = {.s = s};
    const char *why;
    s->how = SILENT;
    uint64_t id = http_client_call(s->client, &(struct http_call){.method = "GET", .url = url_of(s, "http", "/")},
                                   on_answer, &first, 5, &why);
    http_client_cancel(s->client, id);
    http_client_cancel(s->client, id);
    post(s, SAY_OK);
    assert_int_equal(first.calls, 0);
}

// ---- foreign URLs ----

static void foreign_urls_reach_no_private_address(void **state)
{
    struct stage *s = *state;
    struct http_call call = {.method = "GET", .url = url_of(s, "http", "/"), .foreign = true};
    struct got g = give(s, &call);
    assert_int_equal(g.status, 0);
    assert_true(g.kept_out);
    assert_non_null(strstr(g.error, "public"));
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%u/", peer_port(s->peer)); // a name that resolves to one
    call.url = url;
    assert_non_null(strstr(give(s, &call).error, "public"));
    assert_int_equal(s->requests, 0);
    // nor by a connection that somebody else has open there
    g = post(s, SAY_OK);
    assert_int_equal(g.status, 201);
    assert_false(g.kept_out);
    call.url = url_of(s, "http", "/");
    assert_int_equal(give(s, &call).status, 0);
    assert_int_equal(s->requests, 1);
}

// ---- SMTP ----

enum { MAIL_OK, MAIL_CUT_AFTER, MAIL_CUT_WITHIN, MAIL_BAD_RCPT, MAIL_BUSY, MAIL_REFUSED };

static void greet(struct peer_conn *c)
{
    peer_say(c, "220 mail.example.test ESMTP\r\n");
}

static const char *mail_reply(const struct stage *s, const char *line)
{
    if (strncmp(line, "EHLO", 4) == 0)
        return "250-mail.example.test\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n";
    if (strncmp(line, "AUTH", 4) == 0)
        return "334 \r\n";
    if (strncmp(line, "AGFubgB", 7) == 0)
        return strcmp(line, "AGFubgBzZWNyZXQ=") == 0 ? "235 welcome\r\n" : "535 who are you\r\n";
    if (strncmp(line, "RCPT", 4) == 0)
        return s->how == MAIL_BAD_RCPT && strstr(line, "bo@") ? "550 5.1.1 no such user\r\n" : "250 ok\r\n";
    if (strncmp(line, "DATA", 4) == 0)
        return s->how == MAIL_BUSY ? "451 4.3.0 later\r\n" : "354 go on\r\n";
    return strncmp(line, "QUIT", 4) == 0 ? "221 bye\r\n" : "250 ok\r\n";
}

static size_t mail_server(struct peer_conn *c, const char *in, size_t len)
{
    struct stage *s = peer_arg(c);
    const char *end;
    (void)len;
    if (*peer_state(c)) { // within the mail
        end = strstr(in, "\r\n.\r\n");
        if (s->how == MAIL_CUT_WITHIN) {
            peer_close(c);
            return 1;
        }
        if (!end)
            return 0;
        *peer_state(c) = 0;
        s->requests++;
        if (s->how == MAIL_CUT_AFTER)
            peer_close(c);
        else
            peer_say(c, s->how == MAIL_REFUSED ? "554 5.7.1 spam\r\n" : "250 2.0.0 queued as 77\r\n");
        return (size_t)(end + 5 - in);
    }
    end = strstr(in, "\r\n");
    if (!end)
        return 0;
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)(end - in), in);
    strncat(s->seen, line, sizeof s->seen - strlen(s->seen) - 1);
    strncat(s->seen, "\n", sizeof s->seen - strlen(s->seen) - 1);
    const char *reply = mail_reply(s, line);
    *peer_state(c) = strncmp(reply, "354", 3) == 0;
    peer_say(c, reply);
    return (size_t)(end + 2 - in);
}

static struct got mail(struct stage *s, unsigned how, const char *password, size_t body)
{
    static const char *const rcpt[] = {"ann@example.org", "bo@example.org"};
    static char text[1 << 18];
    snprintf(text, sizeof text, "Subject: hi\r\n\r\n");
    for (size_t n = strlen(text); n < body; n += 8)
        memcpy(text + n, "line..\r\n", 9);
    s->how = how;
    s->seen[0] = '\0';
    return give(s, &(struct http_call){.url = url_of(s, "smtp", "/desk.example.test"),
                                       .user = "ann",
                                       .password = password,
                                       .mail_from = "desk@example.org",
                                       .rcpt = rcpt,
                                       .rcpt_n = 2,
                                       .body = text,
                                       .body_len = strlen(text)});
}

static void mails(void **state)
{
    struct stage *s = *state;
    peer_free(s->peer);
    s->peer = peer_new(s->loop, mail_server, s);
    peer_on_connect(s->peer, greet);
    struct got g = mail(s, MAIL_OK, "secret", 100);
    assert_int_equal(g.status, 250);
    assert_true(g.written);
    assert_non_null(strstr(g.body, "queued as 77"));
    assert_non_null(strstr(s->seen, "EHLO desk.example.test\n"));
    assert_non_null(strstr(s->seen, "MAIL FROM:<desk@example.org>"));
    assert_non_null(strstr(s->seen, "RCPT TO:<ann@example.org>\nRCPT TO:<bo@example.org>\n"));

    g = mail(s, MAIL_BAD_RCPT, "secret", 100);
    assert_int_equal(g.status, 550);
    assert_false(g.written);
    assert_non_null(strstr(g.body, "no such user"));
    g = mail(s, MAIL_BUSY, "secret", 100);
    assert_int_equal(g.status, 451);
    assert_int_equal(mail(s, MAIL_REFUSED, "secret", 100).status, 554);
    assert_int_equal(s->requests, 2);
}

static void mails_that_are_cut(void **state)
{
    struct stage *s = *state;
    peer_free(s->peer);
    s->peer = peer_new(s->loop, mail_server, s);
    peer_on_connect(s->peer, greet);
    struct got g = mail(s, MAIL_CUT_AFTER, "secret", 100); // after its end: it may have been taken
    assert_int_equal(g.status, 0);
    assert_true(g.written);
    g = mail(s, MAIL_OK, "wrong", 100);
    assert_int_equal(g.status, 535);
    assert_false(g.written);
    s->how = MAIL_OK;
    struct http_call secure = {.url = url_of(s, "smtp", "/x"),
                               .rcpt = (const char *const[]){"a@b.c"},
                               .rcpt_n = 1,
                               .body = "x\r\n",
                               .body_len = 3,
                               .require_tls = true};
    g = give(s, &secure); // it speaks no TLS
    assert_false(g.written);
    assert_true(g.error[0] || g.status >= 400);
}

static size_t deaf(struct peer_conn *c, const char *in, size_t len)
{
    (void)c, (void)in;
    return len;
}

static void a_mail_in_hand_ends_with_the_client(void **state)
{
    struct stage *s = *state;
    struct got g = {.s = s};
    const char *why;
    peer_free(s->peer);
    s->peer = peer_new(s->loop, deaf, s); // never greets
    struct http_call call = {.url = url_of(s, "smtp", "/x"),
                             .rcpt = (const char *const[]){"a@b.c"},
                             .rcpt_n = 1,
                             .body = "x\r\n",
                             .body_len = 3};
    uint64_t id = 0;
    for (int i = 0; i < 20; i++) // more than there are threads
        id = http_client_call(s->client, &call, on_answer, &g, 5, &why);
    http_client_cancel(s->client, id);
    assert_int_equal(http_client_in_flight(s->client), 19);
    http_client_free(s->client);
    s->client = NULL;
    assert_int_equal(g.calls, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_request_and_its_answer),
        TEST(other_methods),
        TEST(answers_that_refuse),
        TEST(nobody_there_is_not_written),
        TEST(a_cut_connection_is_written),
        TEST(a_kept_connection_that_is_cut_repeats_nothing),
        TEST(without_a_body_a_connection_is_its_own),
        TEST(silence_ends_at_the_deadline),
        TEST(answers_are_bounded),
        TEST(pieces_can_be_refused),
        TEST(what_is_no_request),
        TEST(a_cancelled_call_is_not_answered),
        TEST(foreign_urls_reach_no_private_address),
        TEST(mails),
        TEST(mails_that_are_cut),
        TEST(a_mail_in_hand_ends_with_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
