// SPDX-License-Identifier: Apache-2.0
// The LMTP dialogue, told by what the client says and hears: grammar, order, limits, the mail's end, one answer per recipient.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/net/lmtp_session.h"

static const struct lmtp_options options = {.host = "tl.test", .message_max = 100000};
static struct lmtp_session *s;
static char heard[65536];
static size_t heard_n, held, held_max;
static struct lmtp_mail *mail;

static void on_send(void *ctx, const char *bytes, size_t len)
{
    (void)ctx;
    assert_true(heard_n + len < sizeof heard);
    memcpy(heard + heard_n, bytes, len);
    heard_n += len;
    heard[heard_n] = 0;
}

static enum lmtp_verdict on_recipient(void *ctx, const char *address)
{
    (void)ctx;
    return strstr(address, "@tl.test") ? LMTP_RECIPIENT : LMTP_UNKNOWN_USER;
}

static bool on_hold(void *ctx, size_t bytes)
{
    (void)ctx;
    if (held + bytes > held_max)
        return false;
    held += bytes;
    return true;
}

static void on_release(void *ctx, size_t bytes)
{
    (void)ctx;
    assert_true(bytes <= held);
    held -= bytes;
}

static void on_mail(void *ctx, struct lmtp_mail *m)
{
    (void)ctx;
    assert_null(mail);
    mail = m;
}

static const struct lmtp_session_ops ops = {on_send, on_recipient, on_hold, on_release, on_mail};

static int set_up(void **state)
{
    (void)state;
    heard_n = held = 0;
    held_max = 1 << 20;
    mail = NULL;
    s = lmtp_session_new(&options, &ops, NULL);
    assert_string_equal(heard, "220 tl.test LMTP\r\n");
    return 0;
}

static void take_mail(void)
{
    if (!mail)
        return;
    held -= mail->body_room;
    lmtp_mail_free(mail);
    mail = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    take_mail();
    lmtp_session_free(s);
    assert_int_equal(held, 0);
    return 0;
}

// What is heard in answer to these bytes.
static const char *say(const char *text)
{
    heard_n = 0;
    heard[0] = 0;
    size_t len = strlen(text);
    size_t took = lmtp_session_feed(s, text, len);
    assert_true(took == len || lmtp_session_phase(s) == LMTP_ENDED || lmtp_session_phase(s) == LMTP_WAITING);
    return heard;
}

static void hello(void)
{
    say("LHLO mx.test\r\n");
}

static void assert_code(const char *said, const char *code)
{
    const char *answer = say(said);
    if (strncmp(answer, code, strlen(code)) != 0)
        fail_msg("%s: heard %s instead of %s", said, answer, code);
}

static void test_lhlo_tells_what_is_possible(void **state)
{
    (void)state;
    const char *answer = say("lhlo mx.test\r\n");
    assert_non_null(strstr(answer, "250-PIPELINING\r\n"));
    assert_non_null(strstr(answer, "250-8BITMIME\r\n"));
    assert_non_null(strstr(answer, "250-ENHANCEDSTATUSCODES\r\n"));
    assert_non_null(strstr(answer, "250 SIZE 100000\r\n"));
}

static void test_every_wrong_command_is_told_why(void **state)
{
    (void)state;
    static const struct {
        const char *said, *code;
    } cases[] = {
        {"MAIL FROM:<a@b.test>\r\n", "503 5.5.1 LHLO"},
        {"HELO x\r\n", "500 5.5.1"},
        {"EHLO x\r\n", "500 5.5.1"},
        {"LHLO\r\n", "501 5.5.4"},
        {"LHLO x\r\n", "250-"},
        {"FOO\r\n", "500 5.5.1"},
        {"BDAT 3\r\n", "500 5.5.1"},
        {"RCPT TO:<a@tl.test>\r\n", "503 5.5.1 MAIL"},
        {"DATA\r\n", "503 5.5.1"},
        {"MAIL FROM:a@b.test\r\n", "501 5.1.7"},
        {"MAIL FROM:<a@b.test> SIZE=x\r\n", "501 5.5.4"},
        {"MAIL FROM:<a@b.test> SIZE=-1\r\n", "501 5.5.4"},
        {"MAIL FROM:<a@b.test> SIZE=100001\r\n", "552 5.3.4"},
        {"MAIL FROM:<a@b.test> RET=HDRS\r\n", "555 5.5.4"},
        {"MAIL FROM:<a@b.test>SIZE=1\r\n", "501 5.5.4"},
        {"MAIL FROM:<\xC3\xA4@b.test>\r\n", "553 5.6.7"},
        {"MAIL FROM:<a@b.test> BODY=8BITMIME SIZE=10\r\n", "250 2.1.0"},
        {"MAIL FROM:<a@b.test>\r\n", "503 5.5.1"},
        {"DATA\r\n", "503 5.5.1 no valid"},
        {"RCPT TO:<>\r\n", "501 5.1.3"},
        {"RCPT TO:<a@other.test>\r\n", "550 5.1.1"},
        {"DATA\r\n", "503 5.5.1 no valid"},
        {"DATA now\r\n", "501 5.5.4"},
        {"VRFY a\r\n", "252"},
        {"NOOP\r\n", "250"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_code(cases[i].said, cases[i].code);
    assert_code("NO\x01OP\r\n", "421"); // the twenty-first fault
    assert_int_equal(lmtp_session_phase(s), LMTP_ENDED);
}

static void test_another_protocol_gets_no_second_line(void **state)
{
    (void)state;
    assert_code("POST / HTTP/1.1\r\nLHLO x\r\n", "521");
    assert_null(strstr(heard, "250"));
    assert_int_equal(lmtp_session_phase(s), LMTP_ENDED);
}

static void test_addresses_have_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"<Ann+x@Example.ORG>", "Ann+x@example.org"},
        {"<>", ""},
        {"<@a.test,@b.test:ann@c.test>", "ann@c.test"},
        {"<\"ann smith\"@c.test>", "ann smith@c.test"},
        {"<\"a\\\"b\"@c.test>", "a\"b@c.test"},
        {"<ann@[127.0.0.1]>", "ann@[127.0.0.1]"},
        {"ann@c.test", NULL},
        {"<ann>", NULL},
        {"<ann@>", NULL},
        {"<@c.test>", NULL},
        {"<ann@c..test>", NULL},
        {"<.ann@c.test>", NULL},
        {"<an..n@c.test>", NULL},
        {"<ann@c.test", NULL},
        {"<a b@c.test>", NULL},
        {"<ann@c.test@d.test>", NULL},
        {"<ann@[127.0.0.1>", NULL},
        {"<\"@c.test>", NULL},
        {"<\"\"@c.test>", NULL},
        {"<0123456789012345678901234567890123456789012345678901234567890123x@c.test>", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[LMTP_ADDRESS_MAX + 1];
        const char *rest = "?";
        bool ok = lmtp_path_read(cases[i].in, false, out, &rest);
        if (ok != (cases[i].out != NULL) || (ok && (strcmp(out, cases[i].out) != 0 || *rest)))
            fail_msg("%s: %s %s", cases[i].in, ok ? out : "refused", rest);
    }
}

static const char envelope[] = "MAIL FROM:<ann@a.test>\r\nRCPT TO:<one@tl.test>\r\nRCPT TO:<no@x.test>\r\n"
                               "RCPT TO:<two@tl.test>\r\nDATA\r\n";

static void test_each_recipient_has_its_answer_in_order(void **state)
{
    (void)state;
    hello();
    say(envelope);
    assert_non_null(strstr(heard, "550 5.1.1"));
    assert_non_null(strstr(heard, "\r\n354 "));
    say("Subject: x\r\n\r\n..dot\r\n.\r\nNOOP\r\n");
    assert_string_equal(heard, "");
    assert_int_equal(lmtp_session_phase(s), LMTP_WAITING);
    assert_non_null(mail);
    assert_int_equal(mail->rcpt_n, 2);
    assert_string_equal(mail->from, "ann@a.test");
    assert_string_equal(mail->rcpt[1], "two@tl.test");
    assert_string_equal(mail->body, "Subject: x\r\n\r\n.dot\r\n");
    heard_n = 0;
    lmtp_session_answer(s, (enum lmtp_verdict[]){LMTP_NOT_NOW, LMTP_STORED}, 2);
    assert_string_equal(heard, "451 4.3.0 not known to be stored: send it again\r\n250 2.0.0 stored\r\n");
    assert_code("MAIL FROM:<>\r\n", "250");
    assert_true(!lmtp_session_idle(s));
    assert_code("RSET\r\n", "250");
    assert_true(lmtp_session_idle(s));
}

// However the bytes are cut, and whatever looks like an end without being it.
static void test_only_cr_lf_dot_cr_lf_ends_a_mail(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\n.\r\nb\r\n", "a\r\n.\nb\r\n", "a\r.\r\nb\r\n", "a\r\n.\rb\r\n",
                                      "a\r\r\nb\r\n",  "a\n.\nb\r\n",   "\n.\r\nb\r\n",  "a\nb\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hello();
        say(envelope);
        for (const char *p = bad[i]; *p; p++)
            assert_string_equal(say((char[]){*p, 0}), "");
        say("MAIL FROM:<smuggled@a.test>\r\n.\r\n");
        assert_string_equal(heard, "550 5.6.0 lines end with CR LF; a lone CR or LF was found\r\n"
                                   "550 5.6.0 lines end with CR LF; a lone CR or LF was found\r\n");
        assert_null(mail);
    }
    assert_code("NO\nOP\r\n", "521");
    assert_int_equal(lmtp_session_phase(s), LMTP_ENDED);
}

static void test_a_mail_too_big_is_read_to_its_end_and_refused(void **state)
{
    (void)state;
    hello();
    say(envelope);
    for (unsigned i = 0; i < 2000; i++)
        say("012345678901234567890123456789012345678901234567890123456789\r\n");
    say(".\r\n");
    assert_string_equal(heard, "552 5.3.4 the mail is larger than what LHLO allowed\r\n"
                               "552 5.3.4 the mail is larger than what LHLO allowed\r\n");
    assert_int_equal(held, 0);
    held_max = 20000;
    say(envelope);
    for (unsigned i = 0; i < 500; i++)
        say("012345678901234567890123456789012345678901234567890123456789\r\n");
    say(".\r\n");
    assert_non_null(strstr(heard, "452 4.3.1"));
    assert_code("NOOP\r\n", "250");
}

static void test_long_lines_and_many_recipients_are_told(void **state)
{
    (void)state;
    char line[LMTP_LINE_MAX + 100];
    hello();
    memset(line, 'x', sizeof line);
    memcpy(line, "NOOP ", 5);
    memcpy(line + sizeof line - 3, "\r\n", 3);
    assert_code(line, "500 5.5.2 the line is too long");
    say("MAIL FROM:<>\r\n");
    for (unsigned i = 0; i < LMTP_RECIPIENTS_MAX; i++)
        assert_code("RCPT TO:<a@tl.test>\r\n", "250");
    assert_code("RCPT TO:<a@tl.test>\r\n", "452 4.5.3");
}

static void test_smtputf8_lets_other_letters_in(void **state)
{
    (void)state;
    hello();
    assert_code("MAIL FROM:<\xC3\xA4@b.test> SMTPUTF8\r\n", "250");
    assert_code("RCPT TO:<\xC3\xA4@tl.test>\r\n", "250");
    assert_code("RCPT TO:<\xC3@tl.test>\r\n", "501");
    assert_code("QUIT\r\n", "221");
    assert_int_equal(lmtp_session_feed(s, "NOOP\r\n", 6), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_lhlo_tells_what_is_possible),
        T(test_every_wrong_command_is_told_why),
        T(test_another_protocol_gets_no_second_line),
        T(test_addresses_have_one_spelling),
        T(test_each_recipient_has_its_answer_in_order),
        T(test_only_cr_lf_dot_cr_lf_ends_a_mail),
        T(test_a_mail_too_big_is_read_to_its_end_and_refused),
        T(test_long_lines_and_many_recipients_are_told),
        T(test_smtputf8_lets_other_letters_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
