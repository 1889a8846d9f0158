// SPDX-License-Identifier: Apache-2.0
// IMAP responses: their ends, with literals and without; what is read of them; what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/net/imap_parse.h"

static ptrdiff_t scan(const char *text)
{
    struct imap_scan s = {0};
    return imap_scan(&s, text, strlen(text), 100);
}

static struct imap_response read_one(const char *text)
{
    struct imap_response r;
    assert_int_equal(scan(text), strlen(text));
    if (!imap_read(text, strlen(text), &r))
        fail_msg("not read: %s", text);
    return r;
}

static void test_a_response_ends_with_its_last_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ptrdiff_t n;
    } cases[] = {
        {"* OK x\r\n", 8},
        {"* OK x\r\n* 1", 8},
        {"* OK x", 0},
        {"* OK x\r", 0},
        {"* OK x\n", -1},
        {"\n", -1},
        {"* 1 FETCH (BODY[] {3}\r\n\r\n))\r\n", 29},
        {"* 1 FETCH (BODY[] {3}\r\n\r\n)\r\n",
         28}, // the parenthesis belongs to the literal: its line ends, its list does not
        {"* 1 FETCH (BODY[] {3+}\r\nabc)\r\n", 30},
        {"* 1 FETCH (BODY[] {101}\r\n", -1},
        {"* 1 FETCH (BODY[] {99999999999999999999}\r\n", 42}, // no literal: too many digits for one
        {"* OK {x}\r\n", 10},
        {"{5}\r\n", 0},
        {"5+}\r\n", 5},
        {"}\r\n", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (scan(cases[i].text) != cases[i].n)
            fail_msg("%s: %td", cases[i].text, scan(cases[i].text));
}

static void test_states_and_their_codes(void **state)
{
    (void)state;
    struct imap_response r = read_one("* OK [UIDVALIDITY 1732567] UIDs valid\r\n");
    assert_int_equal(r.kind, IMAP_OK);
    assert_int_equal(r.uid_validity, 1732567);
    assert_string_equal(r.tag, "*");
    r = read_one("a7 NO [AUTHENTICATIONFAILED] wrong\r\n");
    assert_int_equal(r.kind, IMAP_NO);
    assert_string_equal(r.tag, "a7");
    assert_memory_equal(r.text, "[AUTHENTICATIONFAILED] wrong", r.text_len);
    assert_int_equal(read_one("* BYE\r\n").kind, IMAP_BYE);
    assert_int_equal(read_one("+ idling\r\n").kind, IMAP_CONTINUE);
    r = read_one("* CAPABILITY IMAP4rev1 idle AUTH=PLAIN LOGINDISABLED\r\n");
    assert_int_equal(r.capabilities, IMAP_CAN_IDLE | IMAP_CAN_PLAIN | IMAP_LOGIN_DISABLED);
    assert_int_equal(read_one("* LIST (\\HasNoChildren) \"/\" INBOX\r\n").kind, IMAP_OTHER);
}

static void test_numbers_of_a_search(void **state)
{
    (void)state;
    struct imap_response r = read_one("* SEARCH 1 22 4294967295\r\n");
    assert_int_equal(imap_next_uid(&r), 1);
    assert_int_equal(imap_next_uid(&r), 22);
    assert_int_equal(imap_next_uid(&r), 4294967295u);
    assert_int_equal(imap_next_uid(&r), 0);
    assert_int_equal(imap_next_uid(&r), 0);
    r = read_one("* SEARCH\r\n");
    assert_int_equal(imap_next_uid(&r), 0);
}

static void test_a_mail_and_what_stands_around_it(void **state)
{
    (void)state;
    struct imap_response r = read_one("* 12 FETCH (FLAGS (\\Seen $x) UID 7 ENVELOPE (NIL (\"a)\\\"\" {2}\r\n)( \"c\")) "
                                      "BODY[HEADER.FIELDS (TO CC)]<0> \"\" RFC822.SIZE 5 BODY[] {5}\r\na\r\n.\n)\r\n");
    assert_int_equal(r.kind, IMAP_FETCH);
    assert_int_equal(r.number, 12);
    assert_int_equal(r.uid, 7);
    assert_true(r.sized);
    assert_int_equal(r.size, 5);
    assert_int_equal(r.body_len, 5);
    assert_memory_equal(r.body, "a\r\n.\n", 5);
    r = read_one("* 12 FETCH (UID 7 BODY[] NIL)\r\n");
    assert_null(r.body);
    r = read_one("* 3 EXISTS\r\n");
    assert_int_equal(r.kind, IMAP_EXISTS);
    assert_int_equal(r.number, 3);
}

static void test_what_is_not_imap_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "HTTP/1.1 200 OK\r\n",
        "* 1 FETCH (UID)\r\n",
        "* 1 FETCH (BODY[] {3}\r\n\r\n)\r\n",
        "* 1 FETCH (UID 5\r\n",
        "* 1 FETCH (UID 5) x\r\n",
        "* 1 FETCH (UID 99999999999)\r\n",
        "* 1 FETCH (X ))\r\n",
        "* 99999999999 EXISTS\r\n",
        "a1 MAYBE\r\n",
        "\r\n",
        "0123456789abcdefg OK\r\n",
        "* 1 FETCH (X ((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct imap_response r;
        if (imap_read(bad[i], strlen(bad[i]), &r))
            fail_msg("read: %s", bad[i]);
    }
}

static void test_strings_are_quoted_or_refused(void **state)
{
    (void)state;
    char out[16];
    assert_true(imap_quote("a\"b\\c", out, sizeof out));
    assert_string_equal(out, "\"a\\\"b\\\\c\"");
    assert_false(imap_quote("a\r\nb", out, sizeof out));
    assert_false(imap_quote("\xC3\xA4", out, sizeof out));
    assert_false(imap_quote("0123456789abcdef", out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_response_ends_with_its_last_line),
        cmocka_unit_test(test_states_and_their_codes),
        cmocka_unit_test(test_numbers_of_a_search),
        cmocka_unit_test(test_a_mail_and_what_stands_around_it),
        cmocka_unit_test(test_what_is_not_imap_is_refused),
        cmocka_unit_test(test_strings_are_quoted_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
