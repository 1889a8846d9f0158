// SPDX-License-Identifier: Apache-2.0
// A decision of the past taken once more, from whatever state there is before it: none, a snapshot in Redis, the archive.
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/archive/archive.h"
#include "throughline/v1/decision.pb-c.h"

static struct told {
    bool done;
    enum tl_err e;
    char why[256];
    Throughline__V1__Decision *decision;
} told;

static void on_told(void *module, uint64_t token, enum tl_err e, const char *why, const void *decision, size_t len)
{
    assert_ptr_equal(module, &told);
    assert_int_equal(token, 7);
    told.done = true;
    told.e = e;
    snprintf(told.why, sizeof told.why, "%s", why);
    if (e == TL_OK)
        told.decision = throughline__v1__decision__unpack(NULL, len, decision);
}

static bool is_told(void *arg)
{
    (void)arg;
    return told.done;
}

static void ask(struct node *n, uint64_t input, uint32_t index)
{
    if (told.decision)
        throughline__v1__decision__free_unpacked(told.decision, NULL);
    told = (struct told){0};
    assert_true(core_explain(n->core, input, index, on_told, &told, 7));
    assert_false(told.done);
    world_await(n->w, is_told, n);
}

// The decision about the words of that input: ann, who is there, and bob, who is not.
static void explains(struct node *n, uint64_t words)
{
    ask(n, words, 0);
    if (told.e != TL_OK)
        fail_msg("%s", told.why);
    assert_non_null(told.decision);
    assert_int_equal(told.decision->input, words);
    assert_string_equal(told.decision->winner, "ann");
    assert_int_equal(told.decision->n_candidates, 2);
    assert_string_equal(told.decision->candidates[1]->agent, "bob");
    assert_int_equal(told.decision->candidates[1]->exclusion, THROUGHLINE__V1__EXCLUSION__EXCLUSION_OFFLINE);
}

static struct store_place place_of(struct node *n)
{
    struct answer a = {0};
    store_place(n->store, TENANT, 0, answer_place, &a, 7);
    world_answer(n->w, &a);
    assert_int_equal(a.e, TL_OK);
    return a.place;
}

static void await_snapshot(struct node *n, uint64_t input)
{
    while (place_of(n).snapshot <= input)
        node_nothing(n);
}

static void from_nothing_and_from_snapshots(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", &(struct node_options){.snapshot_every = 8});
    node_desk(n, "session-0123456789", "ann");
    uint64_t first = node_words(n, "m1", "tel:+4915112345678", "hello");
    explains(n, first);
    await_snapshot(n, first); // of after it: only input 1 is before
    explains(n, first);
    uint64_t second = node_words(n, "m2", "tel:+4915112345679", "hello");
    explains(n, second); // from the newest snapshot
    await_snapshot(n, second);
    explains(n, second); // from the one before
    node_free(n);
}

static void what_cannot_be_explained(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", &(struct node_options){.retain_ms = 1, .snapshot_every = 8});
    node_desk(n, "session-0123456789", "ann");
    uint64_t words = node_words(n, "m1", "tel:+4915112345678", "hello");
    ask(n, words, 1);
    assert_int_equal(told.e, TL_ABSENT);
    assert_string_equal(told.why, "there is no decision with this id");
    ask(n, words + 1000, 0);
    assert_string_equal(told.why, "the log does not go so far");
    while (place_of(n).first <= words)
        node_nothing(n);
    ask(n, words, 0);
    assert_int_equal(told.e, TL_ABSENT);
    assert_string_equal(told.why, "the inputs before it are neither in Redis any more nor in an archive");
    assert_true(core_explain(n->core, words, 0, on_told, &told, 7));
    assert_false(core_explain(n->core, words, 0, on_told, &told, 7)); // one at a time
    node_free(n);                                                     // whose child goes with it
}

static bool is_trimmed_beyond(struct node *n, uint64_t input)
{
    node_nothing(n);
    return place_of(n).first > input;
}

static void what_is_trimmed_is_explained_from_the_archive(void **state)
{
    struct node *n =
        node_ready(*state, "one", "boot-1", &(struct node_options){.retain_ms = 1, .archive = stage_archive});
    node_desk(n, "session-0123456789", "ann");
    for (int i = 0; i < 20; i++)
        node_nothing(n);
    uint64_t words = node_words(n, "m1", "tel:+4915112345678", "hello");
    while (!is_trimmed_beyond(n, words))
        ;
    explains(n, words);
    struct archive a;
    uint64_t before;
    assert_true(archive_state_before(&a, stage_folder, words, &before));
    assert_true(before < words);
    node_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(from_nothing_and_from_snapshots, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_explained, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(what_is_trimmed_is_explained_from_the_archive, stage_setup, stage_teardown),
    };
    return cmocka_run_group_tests_name("core: explaining", tests, NULL, NULL);
}
