// SPDX-License-Identifier: Apache-2.0
// What the fixtures of email cannot show: that every changed letter of a signed name spoils it, what the judge of HTML refuses, how much of a mail
// the scan lets through, subjects of many kinds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "channels/mail.h"
#include "channels/mail_html.h"

static const char secret[] = "fixture-secret-0123456789";

static void test_tokens(void **state)
{
    struct region m = {0};
    char payload[MAIL_TOKEN_PAYLOAD_MAX];
    char *token = mail_token_make(&m, secret, MAIL_TOKEN_REPLY, "17");
    size_t len = strlen(token);
    (void)state;
    assert_true(mail_token_read(secret, MAIL_TOKEN_REPLY, token, len, payload));
    assert_string_equal(payload, "17");
    assert_false(mail_token_read(secret, MAIL_TOKEN_BOUNCE, token, len, payload));
    assert_false(mail_token_read("another-secret-0123456789", MAIL_TOKEN_REPLY, token, len, payload));
    for (size_t i = 0; i < len; i++) {
        char *spoilt = region_text(&m, token);
        spoilt[i] = spoilt[i] == '7' ? '6' : '7';
        assert_false(mail_token_read(secret, MAIL_TOKEN_REPLY, spoilt, len, payload));
        assert_string_equal(payload, "");
        assert_false(mail_token_read(secret, MAIL_TOKEN_REPLY, token, i, payload)); // cut anywhere
    }
    assert_null(mail_token_make(&m, secret, MAIL_TOKEN_REPLY, "17@example.org"));
    assert_null(mail_token_make(&m, secret, MAIL_TOKEN_REPLY, ""));
    assert_null(mail_token_make(&m, secret, MAIL_TOKEN_REPLY, "1234567890123456789012345678901234567890"));
    region_free(&m);
}

static void test_token_addresses(void **state)
{
    struct region m = {0};
    char payload[MAIL_TOKEN_PAYLOAD_MAX];
    const char *token = mail_token_make(&m, secret, MAIL_TOKEN_REPLY, "17");
    (void)state;
    assert_true(mail_token_address(secret, MAIL_TOKEN_REPLY, region_format(&m, "a+r%s@x", token), '+', payload));
    assert_false(mail_token_address(secret, MAIL_TOKEN_REPLY, region_format(&m, "a-r%s@x", token), '+', payload));
    assert_true(mail_token_address(secret, MAIL_TOKEN_REPLY, region_format(&m, "a-r%s@x", token), '-', payload));
    assert_false(mail_token_address(secret, MAIL_TOKEN_REPLY, region_format(&m, "a+b%s@x", token), '+', payload));
    assert_false(mail_token_address(secret, MAIL_TOKEN_REPLY, region_format(&m, "a+r%s", token), '+', payload));
    assert_false(mail_token_address(secret, MAIL_TOKEN_REPLY, "", '+', payload));
    assert_false(mail_token_address(secret, MAIL_TOKEN_REPLY, "+r@", '+', payload));
    assert_false(mail_token_id(secret, region_format(&m, "<%s@x>", token), payload)); // the kind of a reply address
    region_free(&m);
}

static void test_html_judge(void **state)
{
    static const char *const safe[] = {
        "",
        "words",
        "<p>a</p>",
        "<p>a<br>b</p>",
        "<a href=\"https://e.example/?a&amp;b\">x</a>",
        "a &lt; b &amp;&amp; c &gt; d",
        "<p style=\"color:#fff;font-size:12px;\">x</p>",
        "<img data-attachment=\"12\" alt=\"a &quot;b&quot;\">",
    };
    static const char *const unsafe[] = {
        "<",
        ">",
        "&",
        "&nbsp;",
        "a & b",
        "<P>a</P>",
        "<p>",
        "</p>",
        "<p></b>",
        "<b><i></b></i>",
        "<script></script>",
        "<p onclick=\"x\">a</p>",
        "<p class=\"a\">a</p>",
        "<a href=\"javascript:x\">a</a>",
        "<a href=\"HTTPS://e.example\">a</a>",
        "<a href=\"https://a b\">a</a>",
        "<a href='https://e.example'>a</a>",
        "<a href=https://e.example>a</a>",
        "<img src=\"https://e.example/x.gif\">",
        "<br/>",
        "<br></br>",
        "<img data-attachment=\"x\">",
        "<p style=\"background:url(x)\">a</p>",
        "<p style=\"position:fixed\">a</p>",
        "<p style=\"color:a;b\">a</p>",
        "<p title=\"<b>\">a</p>",
        "<p  title=\"a\">a</p>",
        "<p title=\"a\" >a</p>",
        "<p title=\"a>b</p>",
        "<!-- a -->",
        "<p\n>a</p>",
        "a\001b",
        "<p href=\"https://e.example\">a</p>",
        "<a rel=\"opener\">a</a>",
        "<p title=\"&#65;\">a</p>",
        "</",
        "<p title",
        "<p title=\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if (!mail_html_safe(safe[i], strlen(safe[i])))
            fail_msg("refused: %s", safe[i]);
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        if (mail_html_safe(unsafe[i], strlen(unsafe[i])))
            fail_msg("let through: %s", unsafe[i]);
    assert_false(mail_html_safe("a\0b", 3));
}

static void test_html_is_bounded(void **state)
{
    struct region m = {0};
    struct mail_text text = {.m = &m};
    bool cut = false;
    (void)state;
    for (int i = 0; i < 30000; i++)
        mail_puts(&text, "<div><b>words & more");
    const char *clean = mail_html_clean(&m, text.v, NULL, 0, &cut);
    assert_true(cut);
    assert_true(strlen(clean) <= MAIL_HTML_MAX && strlen(clean) > MAIL_HTML_MAX - 1000);
    assert_true(mail_html_safe(clean, strlen(clean)));
    region_free(&m);
}

// A tag that ends another may end the one around it, too; and what is clean stays as it is.
static void test_one_tag_ends_several(void **state)
{
    static const char *const html[][2] = {
        {"<tr><p>a<tr>b", "<tr><p>a</p></tr><tr>b</tr>"},
        {"<ul><li><p>one<li>two</ul>", "<ul><li><p>one</p></li><li>two</li></ul>"},
        {"<li><b>one<li>two", "<li><b>one<li>two</li></b></li>"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof html / sizeof *html; i++) {
        struct region m = {0};
        bool cut = false;
        const char *clean = mail_html_clean(&m, html[i][0], NULL, 0, &cut);
        assert_string_equal(clean, html[i][1]);
        assert_string_equal(mail_html_clean(&m, clean, NULL, 0, &cut), clean);
        region_free(&m);
    }
}

// `head`, then `unit` n times: how many of the units are let through.
static size_t units(const char *head, const char *unit, size_t n)
{
    struct region m = {0};
    struct mail_text text = {.m = &m};
    mail_puts(&text, head);
    for (size_t i = 0; i < n; i++)
        mail_puts(&text, unit);
    size_t readable = mail_scan(text.v, text.n), let = (readable - strlen(head)) / strlen(unit);
    region_free(&m);
    return let;
}

static void test_scan(void **state)
{
    (void)state;
    assert_int_equal(units("From: a@b\n\n", "words\n", 100000), 100000);
    assert_in_range(units("From: a@b\n\n", "--b\n\nx\n", 100000), 1900, 2000);
    assert_in_range(units("From: a@b\n", "a: b\n", 100000), 3900, 4000);
    assert_in_range(units("From: a@b\n\n--b\n", "a: b\n", 100000), 3900, 4000);
    assert_in_range(units("From: a@b\n", "Content-Type: message/rfc822\n\n", 1000), 50, 60);
    assert_in_range(units("From: a@b\n", "CONTENT-TYPE :\n\tMessage/Global\n\n", 1000), 50, 60);
    assert_in_range(units("From: a@b\nTo: ", "a:\n ", 1000), 195, 200);
    assert_int_equal(units("From: a@b\nX-To: ", "a:\n ", 1000), 1000);
    assert_in_range(units("From: a@b\nContent-Type: text/plain", ";a=b\n ", 1000), 195, 200);
}

static void test_subjects(void **state)
{
    static const struct {
        const char *subject, *base;
        bool forward;
    } cases[] = {
        {"Order", "Order", false},
        {"Re: Order", "Order", false},
        {"RE: AW: SV: Re[3]: Antw: Order", "Order", false},
        {"re : Order", "Order", false},
        {"回复：Order", "Order", false},
        {"Re:", "", false},
        {"Result: good", "Result: good", false},
        {"Re: Fwd: Order", "Fwd: Order", true},
        {"WG: Order", "WG: Order", true},
        {"转发：Order", "转发：Order", true},
        {"I: Ordine", "I: Ordine", true},
        {"", "", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(mail_subject_base(cases[i].subject), cases[i].base);
        assert_int_equal(mail_is_forward(cases[i].subject), cases[i].forward);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_token_addresses),
        cmocka_unit_test(test_html_judge),
        cmocka_unit_test(test_html_is_bounded),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_one_tag_ends_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
