// SPDX-License-Identifier: Apache-2.0
// The table of channel kinds agrees with the contract, and each kind carries exactly what it says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "channels/channel.h"

static const struct channel_kind *named(const char *name)
{
    const struct channel_kind *kind = channel_kind_named(name);
    assert_non_null(kind);
    return kind;
}

// CHANNEL_SMS <-> "sms", for every channel of the contract except UNSPECIFIED, in order.
static void test_table_is_the_contracts(void **state)
{
    (void)state;
    const ProtobufCEnumDescriptor *contract = &throughline__v1__channel__descriptor;
    size_t n = 0;
    for (unsigned i = 0; i < contract->n_values; i++) {
        if (contract->values[i].value == THROUGHLINE__V1__CHANNEL__CHANNEL_UNSPECIFIED)
            continue;
        const struct channel_kind *kind = channel_kind_at(n++);
        assert_non_null(kind);
        assert_int_equal(kind->channel, contract->values[i].value);
        char name[64];
        snprintf(name, sizeof(name), "CHANNEL_%s", kind->name);
        assert_int_equal(strcasecmp(name, contract->values[i].name), 0);
        assert_ptr_equal(channel_kind_of(kind->channel), kind);
        assert_ptr_equal(channel_kind_named(kind->name), kind);
    }
    assert_null(channel_kind_at(n));
    assert_null(channel_kind_of(THROUGHLINE__V1__CHANNEL__CHANNEL_UNSPECIFIED));
    assert_null(channel_kind_named("fax"));
    assert_null(channel_kind_named(""));
}

static void test_only_calls_are_synchronous(void **state)
{
    (void)state;
    const struct channel_kind *kind;
    for (size_t i = 0; (kind = channel_kind_at(i)); i++)
        assert_int_equal(kind->synchronous, strcmp(kind->name, "voice") == 0);
}

static void test_reach(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *handle;
        bool reaches;
    } rows[] = {
        {"sms", "tel:+4915112345678", true},     {"voice", "tel:+4915112345678", true},
        {"email", "tel:+4915112345678", false},  {"email", "email:ann@example.org", true},
        {"sms", "email:ann@example.org", false}, {"chat", "chat:7f3a", true},
        {"social", "chat:7f3a", false},          {"social", "social:1234", true},
        {"social", "telegram:1234", true},       {"social", "email:ann@example.org", false},
        {"social", "tel:+4915112345678", false}, {"social", "nonsense", false},
        {"sms", "telegram:1234", false},         {"sms", "te", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(channel_reaches(named(rows[i].kind), rows[i].handle), rows[i].reaches);
}

static enum channel_refusal judge(const char *kind, const char *text, const char *subject, size_t attachments)
{
    Throughline__V1__Attachment photo = THROUGHLINE__V1__ATTACHMENT__INIT;
    Throughline__V1__Attachment *list[] = {&photo};
    Throughline__V1__Message message = THROUGHLINE__V1__MESSAGE__INIT;
    message.text = (char *)(uintptr_t)text;
    message.subject = (char *)(uintptr_t)subject;
    message.n_attachments = attachments;
    message.attachments = list;
    return channel_judge(named(kind), &message);
}

static void test_judge(void **state)
{
    (void)state;
    assert_int_equal(judge("sms", "hello", "", 0), CHANNEL_CARRIES);
    assert_int_equal(judge("sms", "", "", 1), CHANNEL_CARRIES);
    assert_int_equal(judge("sms", "", "", 0), CHANNEL_EMPTY);
    assert_int_equal(judge("sms", "hello", "Re: hello", 0), CHANNEL_NO_SUBJECT);
    assert_int_equal(judge("email", "hello", "Re: hello", 1), CHANNEL_CARRIES);
    assert_int_equal(judge("voice", "hello", "", 0), CHANNEL_NO_TEXT);
    assert_int_equal(judge("voice", "", "", 1), CHANNEL_NO_ATTACHMENTS);
}

// The bound counts characters, not bytes: 1600 umlauts fit into an SMS, one more does not.
static void test_length_is_in_characters(void **state)
{
    (void)state;
    char text[2 * 1601 + 1];
    for (size_t i = 0; i < 1601; i++)
        memcpy(text + 2 * i, "\xc3\xa4", 2);
    text[2 * 1600] = 0;
    assert_int_equal(judge("sms", text, "", 0), CHANNEL_CARRIES);
    text[2 * 1600] = '\xc3';
    text[2 * 1601] = 0;
    assert_int_equal(judge("sms", text, "", 0), CHANNEL_TEXT_TOO_LONG);
}

static void test_every_refusal_has_words(void **state)
{
    (void)state;
    static const char *const words[] = {
        [CHANNEL_CARRIES] = "sms carries it",
        [CHANNEL_NO_TEXT] = "sms carries no text",
        [CHANNEL_NO_SUBJECT] = "sms has no subject line",
        [CHANNEL_NO_ATTACHMENTS] = "sms carries no attachments",
        [CHANNEL_TEXT_TOO_LONG] = "sms carries at most 1600 characters",
        [CHANNEL_EMPTY] = "sms needs text or an attachment",
    };
    char buf[96];
    for (unsigned why = 0; why <= CHANNEL_EMPTY; why++)
        assert_string_equal(channel_refusal_text(named("sms"), (enum channel_refusal)why, buf, sizeof(buf)),
                            words[why]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_the_contracts),
        cmocka_unit_test(test_only_calls_are_synchronous),
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_length_is_in_characters),
        cmocka_unit_test(test_every_refusal_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
