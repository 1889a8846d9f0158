// SPDX-License-Identifier: Apache-2.0
// What only a C caller sees of the JSON mapper: sinks, ownership, messages that no JSON text could have made.
// What the mapping means is tested against Python's in test_against_python.py.
#include "kitchen.pb-c.h"
#include "proto/json.h"
#include "proto/timestamp.h"
#include "proto/utf8.h"
#include "proto/wire.h"
#include "throughline/v1/event.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_written(const ProtobufCMessage *m, const char *want)
{
    size_t len;
    char *text = json_write(m, &len);
    assert_non_null(text);
    assert_string_equal(text, want);
    assert_int_equal(len, strlen(want));
    free(text);
}

static void test_an_empty_message_is_an_empty_object(void **state)
{
    (void)state;
    const Throughline__V1__Event event = THROUGHLINE__V1__EVENT__INIT;
    assert_written(&event.base, "{}");
}

static void test_bad_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    Throughline__V1__Error e = THROUGHLINE__V1__ERROR__INIT;
    e.detail = (char[]){"a\xFFz\xC3(\xE2\x82"};
    assert_written(&e.base, "{\"detail\":\"a\xEF\xBF\xBDz\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\"}");
}

static void test_null_strings_are_absent(void **state)
{
    (void)state;
    Throughline__V1__Error e = THROUGHLINE__V1__ERROR__INIT;
    e.detail = NULL;
    assert_written(&e.base, "{}");
}

static void test_times_out_of_range_are_the_nearest(void **state)
{
    (void)state;
    Google__Protobuf__Timestamp t = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    t.seconds = INT64_MAX;
    t.nanos = -5;
    assert_written(&t.base, "\"9999-12-31T23:59:59Z\"");
    t.seconds = INT64_MIN;
    t.nanos = INT32_MAX;
    assert_written(&t.base, "\"0001-01-01T00:00:00.999999999Z\"");
}

static void test_map_entries_without_value_have_the_default(void **state)
{
    (void)state;
    Throughline__Test__Kitchen k = THROUGHLINE__TEST__KITCHEN__INIT;
    Throughline__Test__Kitchen__Int64MapEntry entry = THROUGHLINE__TEST__KITCHEN__INT64_MAP_ENTRY__INIT;
    Throughline__Test__Kitchen__Int64MapEntry *entries[] = {&entry};
    k.n_int64_map = 1;
    k.int64_map = entries;
    assert_written(&k.base, "{\"int64Map\":{\"0\":{}}}");
}

struct sink {
    size_t calls, bytes, fail_at;
};

static bool sink_write(void *ctx, const char *bytes, size_t len)
{
    struct sink *s = ctx;
    assert_non_null(bytes);
    assert_true(len > 0);
    s->bytes += len;
    return ++s->calls != s->fail_at;
}

static void test_a_sink_gets_large_pieces_and_may_stop_it(void **state)
{
    (void)state;
    char text[20001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    Throughline__V1__Message m = THROUGHLINE__V1__MESSAGE__INIT;
    m.text = text;
    struct sink all = {0, 0, 0};
    assert_true(json_write_to(&m.base, sink_write, &all));
    assert_int_equal(all.bytes, 20000 + strlen("{\"text\":\"\"}"));
    assert_true(all.calls <= 6);
    struct sink broken = {0, 0, 2};
    assert_false(json_write_to(&m.base, sink_write, &broken));
    assert_int_equal(broken.calls, 2); // not called again once it said no
}

static void test_errors_may_be_ignored(void **state)
{
    (void)state;
    static const char *const texts[] = {"{", "{\"x\":1}", "{\"id\":1}", "[[[[", "\"\\u0000\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_null(json_read(&throughline__v1__event__descriptor, texts[i], strlen(texts[i]), NULL));
    assert_null(wire_read(&throughline__v1__event__descriptor, "\xFF", 1, NULL));
}

static void test_every_cut_of_a_text_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"events\":[{\"id\":\"\\u00e4\",\"attributes\":{\"a\":\"b\"},\"threads\":[\"t\"],"
                               "\"occurredAt\":\"2026-01-31T00:00:00Z\",\"unparsed\":{\"raw\":\"AAEC\"}}]}";
    struct json_error err;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        assert_null(json_read(&throughline__v1__event_batch__descriptor, text, len, &err));
        assert_non_null(err.code);
    }
    ProtobufCMessage *m = json_read(&throughline__v1__event_batch__descriptor, text, sizeof text - 1, &err);
    assert_non_null(m);
    assert_int_equal(((Throughline__V1__EventBatch *)m)->events[0]->unparsed->raw.len, 3);
    protobuf_c_message_free_unpacked(m, NULL);
}

static void test_a_path_too_long_is_cut(void **state)
{
    (void)state;
    char text[2000] = "";
    for (int i = 0; i < 14; i++)
        strcat(text, "{\"innerList\":[{},");
    strcat(text, "{\"boolValue\":0}");
    for (int i = 0; i < 14; i++)
        strcat(text, "]}");
    struct json_error err;
    assert_null(json_read(&throughline__test__kitchen__descriptor, text, strlen(text), &err));
    assert_string_equal(err.code, "wrong_type");
    assert_int_equal(strncmp(err.path, "innerList[1].innerList[1]", 25), 0);
    assert_true(strlen(err.path) < sizeof err.path);
}

static void test_strings_of_unpacked_messages_are_checked(void **state)
{
    (void)state;
    Throughline__V1__Event event = THROUGHLINE__V1__EVENT__INIT;
    Throughline__V1__Event__AttributesEntry good = THROUGHLINE__V1__EVENT__ATTRIBUTES_ENTRY__INIT;
    Throughline__V1__Event__AttributesEntry bad = THROUGHLINE__V1__EVENT__ATTRIBUTES_ENTRY__INIT;
    Throughline__V1__Event__AttributesEntry *entries[] = {&good, &bad};
    struct json_error err;
    event.n_attributes = 2;
    event.attributes = entries;
    assert_true(proto_check_utf8(&event.base, &err));
    bad.key = (char[]){"\xED\xA0\x80"}; // a surrogate
    assert_false(proto_check_utf8(&event.base, &err));
    assert_string_equal(err.code, "invalid_utf8");
    assert_string_equal(err.path, "attributes[1].key");

    Throughline__V1__Event other = THROUGHLINE__V1__EVENT__INIT;
    Throughline__V1__Message message = THROUGHLINE__V1__MESSAGE__INIT;
    other.body_case = THROUGHLINE__V1__EVENT__BODY_MESSAGE;
    other.message = &message;
    message.subject = (char[]){"\x80"};
    assert_false(proto_check_utf8(&other.base, &err));
    assert_string_equal(err.path, "message.subject");
}

static void test_what_the_contract_does_not_have_is_not_kept(void **state)
{
    (void)state;
    // id "7", field 100 = 1, message { text "hi", field 99 = 5 }
    static const char bytes[] = "\x0a\x01\x37\xa0\x06\x01\xa2\x01\x07\x0a\x02hi\x98\x06\x05";
    ProtobufCMessage *m = wire_read(&throughline__v1__event__descriptor, bytes, sizeof bytes - 1, NULL);
    assert_non_null(m);
    assert_string_equal(((Throughline__V1__Event *)m)->message->text, "hi");
    assert_int_equal(m->n_unknown_fields, 0);
    assert_int_equal(((Throughline__V1__Event *)m)->message->base.n_unknown_fields, 0);
    protobuf_c_message_free_unpacked(m, NULL);
}

static void *count_alloc(void *open, size_t size)
{
    ++*(int *)open;
    return malloc(size);
}

static void count_free(void *open, void *p)
{
    *(int *)open -= p != NULL;
    free(p);
}

static void test_a_message_in_the_callers_memory_is_wholly_there(void **state)
{
    (void)state;
    static const char bytes[] = "\x0a\x01\x37\xa0\x06\x01\xa2\x01\x07\x0a\x02hi\x98\x06\x05";
    int open = 0;
    ProtobufCAllocator memory = {count_alloc, count_free, &open};
    ProtobufCMessage *m = wire_read_into(&memory, &throughline__v1__event__descriptor, bytes, sizeof bytes - 1, NULL);
    assert_non_null(m);
    assert_string_equal(((Throughline__V1__Event *)m)->message->text, "hi");
    assert_int_equal(m->n_unknown_fields, 0);
    assert_int_equal(open, 4); // the event, its id, its message, the text of that
    protobuf_c_message_free_unpacked(m, &memory);
    assert_int_equal(open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_contract_does_not_have_is_not_kept),
        cmocka_unit_test(test_a_message_in_the_callers_memory_is_wholly_there),
        cmocka_unit_test(test_an_empty_message_is_an_empty_object),
        cmocka_unit_test(test_bad_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(test_null_strings_are_absent),
        cmocka_unit_test(test_times_out_of_range_are_the_nearest),
        cmocka_unit_test(test_map_entries_without_value_have_the_default),
        cmocka_unit_test(test_a_sink_gets_large_pieces_and_may_stop_it),
        cmocka_unit_test(test_errors_may_be_ignored),
        cmocka_unit_test(test_every_cut_of_a_text_is_refused),
        cmocka_unit_test(test_a_path_too_long_is_cut),
        cmocka_unit_test(test_strings_of_unpacked_messages_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
