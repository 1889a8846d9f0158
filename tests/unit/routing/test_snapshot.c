// SPDX-License-Identifier: Apache-2.0
//
// The step's contract, snapshots, and time: no step out of place, no damaged snapshot, no difference made by ticking.

#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static bool cannot(void *ctx, const void *p, size_t n)
{
    (void)ctx;
    (void)p;
    (void)n;
    return false;
}

static void busy_world(struct world *w)
{
    world_rules(w, 30000, 3);
    world_agent(w, "ann", "billing=3", 3, 0);
    comes(w, "ann");
    calls(w, 1, "call-1");
    accepts(w, "ann", 1);
    says(w, 2, ROUTER_CHAT);
    says(w, 3, ROUTER_EMAIL);
}

static void test_every_damaged_byte_is_noticed(void **state)
{
    struct world *w = *state;
    const char *why;
    size_t len;
    busy_world(w);
    unsigned char *bytes = router_snapshot_bytes(w->r, &len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 0x10;
        assert_null(router_restore(bytes, len, &why));
        assert_non_null(why);
        bytes[i] ^= 0x10;
    }
    for (size_t n = 0; n < len; n += 7)
        assert_null(router_restore(bytes, n, &why));
    free(bytes);
    assert_false(router_snapshot(w->r, cannot, NULL));
}

static void test_steps_out_of_place_change_nothing(void **state)
{
    struct world *w = *state;
    struct router_effects out;
    busy_world(w);
    uint64_t hash = router_hash(w->r);
    struct router_input in = {.kind = ROUTER_IN_TICK, .number = w->number + 2, .at = w->at + 100000};
    assert_false(router_step(w->r, &in, &out));
    in.number = w->number;
    assert_false(router_step(w->r, &in, &out));
    in.number = w->number + 1;
    in.at = w->at - 1;
    assert_false(router_step(w->r, &in, &out));
    in.at = ROUTER_TIME_MAX + 1;
    assert_false(router_step(w->r, &in, &out));
    in.at = w->at;
    in.wall = ROUTER_TIME_MAX + 1;
    assert_false(router_step(w->r, &in, &out));
    in.wall = -1;
    assert_false(router_step(w->r, &in, &out));
    in.kind = ROUTER_IN_FOLD;
    in.fold.version = ROUTER_FOLD_VERSION + 1;
    assert_false(router_step(w->r, &in, &out));
    assert_true(router_hash(w->r) == hash);
}

static void test_ticking_makes_no_difference(void **state)
{
    struct world *w = *state;
    struct router_work_view seldom[3], often[3];
    busy_world(w);
    const char *why;
    size_t len;
    unsigned char *bytes = router_snapshot_bytes(w->r, &len);
    struct world other = *w;
    other.r = router_restore(bytes, len, &why);
    free(bytes);
    assert_non_null(other.r);
    world_wait(w, 200000);
    for (int i = 0; i < 200; i++) {
        world_wait(&other, 1000);
        world_forget(&other);
    }
    for (uint64_t i = 0; i < 3; i++) {
        assert_true(router_work_of_conversation(w->r, i + 1, &seldom[i]));
        assert_true(router_work_of_conversation(other.r, i + 1, &often[i]));
        assert_int_equal(seldom[i].state, often[i].state);
        assert_int_equal(seldom[i].epoch, often[i].epoch);
        assert_int_equal(seldom[i].deadline, often[i].deadline);
    }
    assert_true(router_next_deadline(w->r) == router_next_deadline(other.r));
    router_free(other.r);
}

static void test_next_deadline(void **state)
{
    struct world *w = *state;
    assert_true(router_next_deadline(w->r) == INT64_MAX);
    world_agent(w, "ann", "", 1, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    assert_true(router_next_deadline(w->r) == w->at + 30000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_every_damaged_byte_is_noticed),
        story(test_steps_out_of_place_change_nothing),
        story(test_ticking_makes_no_difference),
        story(test_next_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
