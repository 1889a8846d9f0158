// SPDX-License-Identifier: Apache-2.0
// The reader: every input once and in order, over a loss, and never over a gap.
#include "world.h"

#include <signal.h>
#include <stdio.h>

#include "daemon/store/block.h"
#include "daemon/store/store_internal.h"

#define SEEN_MAX 512

struct follower {
    struct world *w;
    struct store_reader *reader;
    uint64_t last, want, digest;
    uint64_t seen[SEEN_MAX]; // digest of each input
    unsigned connected, batches;
    bool go; // at each connected()
};

static void follow_input(void *ctx, uint64_t number, const void *bytes, size_t len)
{
    struct follower *f = ctx;
    assert_int_equal(number, f->last + 1);
    assert_true(len > 2);
    f->last = number;
    f->digest = store_digest(bytes, len);
    if (number < SEEN_MAX)
        f->seen[number] = f->digest;
}

static void follow_batch(void *ctx)
{
    ((struct follower *)ctx)->batches++;
}

static void follow_connected(void *ctx)
{
    struct follower *f = ctx;
    f->connected++;
    if (f->go)
        store_reader_go(f->reader, f->last);
}

static const struct store_reader_ops ops = {
    .input = follow_input, .batch_end = follow_batch, .connected = follow_connected};

static bool followed(void *arg)
{
    const struct follower *f = arg;
    return f->last >= f->want;
}

static bool connected_again(void *arg)
{
    const struct follower *f = arg;
    return f->connected >= f->want;
}

static void append(struct world *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct answer a = {0};
        store_append(w->store, TENANT, NULL, 0, INPUT, 2, answer_placed, &a, 7);
        world_answer(w, &a);
        assert_int_equal(a.e, TL_OK);
    }
}

static void test_follow_over_a_loss(void **state)
{
    struct world *w = world_new(false);
    struct follower f = {.w = w, .go = true};
    struct answer place = {0};
    (void)state;
    append(w, 50);
    f.reader = store_reader_new(w->store, TENANT, &ops, &f);
    f.want = 50;
    world_await(w, followed, &f);
    append(w, 50);
    f.want = 100;
    world_await(w, followed, &f);
    assert_int_equal(f.connected, 1);
    assert_true(f.batches >= 2);
    store_place(w->store, TENANT, 100, answer_place, &place, 7);
    world_answer(w, &place);
    assert_true(place.place.digest == f.digest); // the proof of place
    kill(redis_child_pid(w->child), SIGKILL);
    world_await(w, world_is_down, w->store);
    world_await(w, world_is_up, w->store);
    append(w, 20);
    f.want = 120;
    world_await(w, followed, &f);
    assert_int_equal(f.connected, 2);
    store_reader_free(f.reader);
    world_free(w);
}

static void test_gap_is_not_crossed(void **state)
{
    struct world *w = world_new(false);
    struct follower f = {.w = w};
    const char *why = NULL;
    (void)state;
    append(w, 20);
    struct block *b = block_open(redis_child_url(w->child), NULL, 5000, &why);
    assert_non_null(b);
    resp_array(block_out(b), 3);
    resp_text(block_out(b), "XDEL");
    resp_text(block_out(b), "tl:{" TENANT "}:inputs");
    resp_text(block_out(b), "11-0");
    const struct value *v = block_call(b);
    assert_true(v && value_u64(v) == 1);
    block_close(b);
    f.reader = store_reader_new(w->store, TENANT, &ops, &f);
    f.want = 1;
    world_await(w, connected_again, &f);
    store_reader_go(f.reader, 0);
    f.want = 2;
    world_await(w, connected_again, &f);
    assert_int_equal(f.last, 10);
    f.last = 11; // the owner found its place elsewhere, say in a snapshot
    store_reader_go(f.reader, 11);
    f.want = 20;
    world_await(w, followed, &f);
    assert_int_equal(f.connected, 2);
    store_reader_free(f.reader);
    world_free(w);
}

// An input that another node appends.
static void append_elsewhere(struct world *w)
{
    static const char *const words[] = {"FCALL", "tl1_append", "1", "tl:{" TENANT "}:inputs", "", "0", "0", "0", INPUT};
    const char *why = NULL;
    struct block *b = block_open(redis_child_url(w->child), NULL, 5000, &why);
    assert_non_null(b);
    resp_array(block_out(b), sizeof(words) / sizeof(words[0]));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        resp_text(block_out(b), words[i]);
    const struct value *v = block_call(b);
    assert_true(v && v->type == VALUE_ARRAY && value_at(v, 0)->integer == 0);
    block_close(b);
}

// What answers told is what the log holds.
static void follow_again(struct world *w, const struct follower *f)
{
    struct follower again = {.w = w, .go = true, .want = f->last};
    again.reader = store_reader_new(w->store, TENANT, &ops, &again);
    world_await(w, followed, &again);
    for (uint64_t n = 1; n <= f->last; n++)
        assert_true(again.seen[n] == f->seen[n]);
    store_reader_free(again.reader);
}

// Events of many customers, several in a call, inputs of all lengths.
static void test_events_together(void **state)
{
    enum { ROUNDS = 6, EVENTS = 70 };
    struct world *w = world_new(false);
    struct follower f = {.w = w, .go = true, .want = 1};
    (void)state;
    f.reader = store_reader_new(w->store, TENANT, &ops, &f);
    world_await(w, connected_again, &f);
    for (unsigned round = 0; round < ROUNDS; round++) {
        static struct answer a[EVENTS];
        for (unsigned i = 0; i < EVENTS; i++) {
            char id[24], handle[24], input[EVENTS + 8] = "\x52";
            snprintf(id, sizeof(id), "m%u-%u", round, i);
            snprintf(handle, sizeof(handle), "tel:+49%u", i % 50);
            struct store_ingest in = world_event(id, "0011223344556677", handle);
            input[1] = (char)i; // Input.boot, so many bytes
            memset(input + 2, 'b', i);
            in.input = input;
            in.input_len = 2 + i;
            a[i] = (struct answer){0};
            store_ingest(w->store, &in, answer_placed, &a[i], 7);
        }
        for (unsigned i = 0; i < EVENTS; i++) {
            world_answer(w, &a[i]);
            assert_int_equal(a[i].e, TL_OK);
        }
    }
    f.want = ROUNDS * EVENTS;
    world_await(w, followed, &f);
    follow_again(w, &f);
    store_reader_free(f.reader);
    world_free(w);
}

static void expect_taken(struct store *s, const char *text)
{
    store_sent_take(s);
    assert_int_equal(s->sent.whole.len, strlen(text));
    assert_memory_equal(s->sent.whole.p, text, strlen(text));
}

static void test_inputs_under_way(void **state)
{
    static struct store s;
    (void)state;
    store_sent_keep(&s, "one", 3);
    store_sent_mark(&s);
    store_sent_keep(&s, "held", 4);
    store_sent_keep(&s, "held too", 8);
    store_sent_drop(&s);
    store_sent_keep(&s, "", 0);
    expect_taken(&s, "one");
    expect_taken(&s, "");
    store_sent_mark(&s);
    store_sent_keep(&s, "held", 4);
    store_sent_keep(&s, "held too", 8);
    expect_taken(&s, "held"); // its time was over
    store_sent_drop(&s);
    store_sent_keep(&s, "next", 4);
    expect_taken(&s, "next");
    for (unsigned i = 0; i < 5000; i++) {
        char text[16];
        snprintf(text, sizeof(text), "input %u", i);
        store_sent_mark(&s);
        store_sent_keep(&s, text, strlen(text));
        store_sent_drop(&s);
        store_sent_keep(&s, text, strlen(text));
        snprintf(text, sizeof(text), "input %u", i - 100);
        if (i >= 100)
            expect_taken(&s, text);
    }
    store_sent_free(&s);
}

static void test_events_among_others(void **state)
{
    struct world *w = world_new(false);
    struct follower f = {.w = w, .go = true};
    (void)state;
    f.reader = store_reader_new(w->store, TENANT, &ops, &f);
    for (unsigned i = 1; i <= 60; i++) {
        struct answer a = {0};
        char id[16];
        snprintf(id, sizeof(id), "m%u", i);
        struct store_ingest in = world_event(id, "0011223344556677", "tel:+491");
        world_ingest(w, &in, &a);
        assert_int_equal(a.e, TL_OK);
        f.want = a.p.input;
        if (i % 3 == 0) {
            append_elsewhere(w);
            f.want++;
        } else if (i % 7 == 0) {
            append(w, 2);
            f.want += 2;
        }
        if (i % 4 == 0)
            world_await(w, followed, &f);
    }
    world_await(w, followed, &f);
    assert_int_equal(f.connected, 1);
    follow_again(w, &f);
    store_reader_free(f.reader);
    world_free(w);
}

static void test_what_answers_tell(void **state)
{
    struct world *w = world_new(false);
    struct follower f = {.w = w, .go = true, .want = 1};
    (void)state;
    f.reader = store_reader_new(w->store, TENANT, &ops, &f);
    world_await(w, connected_again, &f);
    uint32_t id = store_reader_of(w->store, TENANT);
    assert_int_equal(store_reader_of(w->store, "another"), 0);
    store_reader_told(w->store, id, 1, BYTES("one"));
    assert_int_equal(f.last, 1);
    assert_true(f.digest == store_digest(BYTES("one")));
    store_reader_told(w->store, id, 1, BYTES("one"));   // known
    store_reader_told(w->store, id, 3, BYTES("three")); // somebody wrote 2
    store_reader_told(w->store, 0, 2, BYTES("two"));    // of a tenant without reader
    assert_int_equal(f.last, 1);
    store_reader_told(w->store, id, 2, BYTES("two"));
    assert_int_equal(f.last, 2);
    store_set_up(w->store, false, "");
    store_set_up(w->store, true, "");
    f.go = false;
    store_reader_told(w->store, id, 3, BYTES("three")); // of another connection than the proof
    assert_int_equal(f.connected, 2);
    store_reader_told(w->store, id, 3, BYTES("three")); // not proven yet
    assert_int_equal(f.last, 2);
    store_reader_go(f.reader, 2);
    store_reader_told(w->store, id, 3, BYTES("three"));
    assert_int_equal(f.last, 3);
    store_reader_free(f.reader);
    assert_int_equal(store_reader_of(w->store, TENANT), 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_follow_over_a_loss),  cmocka_unit_test(test_gap_is_not_crossed),
        cmocka_unit_test(test_events_among_others), cmocka_unit_test(test_events_together),
        cmocka_unit_test(test_inputs_under_way),    cmocka_unit_test(test_what_answers_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
