// SPDX-License-Identifier: Apache-2.0
// The frame made by hand is the frame that the generated codec would read: same sequence, same entry, same number.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/faces/desk_frame.h"
#include "throughline/v1/desk.pb-c.h"

static void check(const char *seq, uint64_t conversation, uint64_t number, const char *text)
{
    Throughline__V1__Message message = THROUGHLINE__V1__MESSAGE__INIT;
    Throughline__V1__Entry entry = THROUGHLINE__V1__ENTRY__INIT;
    message.text = (char *)text;
    entry.wall_ms = 1800000000123;
    entry.account = (char *)"sms";
    entry.body_case = THROUGHLINE__V1__ENTRY__BODY_MESSAGE;
    entry.message = &message;
    size_t len = throughline__v1__entry__get_packed_size(&entry);
    uint8_t *packed = malloc(len), *frame = malloc(DESK_FRAME_ENTRY_MAX(strlen(seq), len));
    throughline__v1__entry__pack(&entry, packed);
    size_t n = desk_frame_entry(frame, seq, conversation, number, packed, len);
    assert_true(n <= DESK_FRAME_ENTRY_MAX(strlen(seq), len));
    Throughline__V1__DeskUpdate *u = throughline__v1__desk_update__unpack(NULL, n, frame);
    assert_non_null(u);
    assert_string_equal(u->seq, seq);
    assert_int_equal(u->update_case, THROUGHLINE__V1__DESK_UPDATE__UPDATE_ENTRY);
    assert_int_equal(u->entry->conversation, conversation);
    assert_int_equal(u->entry->entry->number, number);
    assert_int_equal(u->entry->entry->wall_ms, entry.wall_ms);
    assert_string_equal(u->entry->entry->message->text, text);
    // And byte for byte what packing the whole gives.
    uint8_t *again = malloc(throughline__v1__desk_update__get_packed_size(u));
    assert_int_equal(throughline__v1__desk_update__pack(u, again), n);
    assert_memory_equal(again, frame, n);
    throughline__v1__desk_update__free_unpacked(u, NULL);
    free(again);
    free(frame);
    free(packed);
}

static void test_frames(void **state)
{
    char *big = calloc(1, 70001);
    (void)state;
    memset(big, 'x', 70000);
    check("abc:5.1", 1, 1, "hello");
    check("", 127, 128, "");
    check("oigmsby4kupfn4ttimi762ye2q:18446744073709551615.999999", UINT64_MAX, UINT64_MAX, "grüß Gott");
    check("abc:5.1", 300, 16384, big);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_frames)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
