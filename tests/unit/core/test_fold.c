// SPDX-License-Identifier: Apache-2.0
// The fold of a real log: begun by the leader, told once, restarted to the same state.
#include "stage.h"

#include <stdio.h>

static int setup(void **state)
{
    *state = world_new(false);
    return 0;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

static void the_leader_begins_the_log(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    struct router_stats s;
    router_stats(core_router(n->core), &s);
    assert_int_equal(s.fold, ROUTER_FOLD_VERSION);
    assert_int_equal(s.config, 2);
    assert_int_equal(s.agents, 2);
    assert_true(core_leader(n->core));
    assert_false(core_config_differs(n->core));
    core_file_config(n->core, "other", 5);
    assert_true(core_config_differs(n->core));
    node_free(n);
}

static void words_become_an_offer_and_a_decision(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    node_desk(n, "session-0123456789", "ann");
    uint64_t number = node_words(n, "m1", "tel:+4915112345678", "hello");
    node_await_folded(n, number);
    assert_int_equal(n->effects[ROUTER_OFFER], 1);
    assert_string_equal(n->offered_agent, "ann");
    node_await_applied(n, number);
    struct answer a = {0};
    store_decisions(n->store, TENANT, 0, 0, 10, answer_entries, &a, 7);
    world_answer(*state, &a);
    assert_int_equal(a.n, n->effects[ROUTER_DECISION]);
    node_accept(n, "session-0123456789", "c1", n->offered_work, n->offered_epoch);
    assert_int_equal(n->effects[ROUTER_ASSIGN], 1);
    number = node_words(n, "m2", "tel:+4915112345678", "more");
    node_await_folded(n, number);
    assert_true(n->bodies > 0); // the body was still at hand
    assert_int_equal(n->told, n->live);
    assert_null(router_check(core_router(n->core)));
    node_free(n);
}

static void a_restart_folds_to_the_same_state(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    node_desk(n, "session-0123456789", "ann");
    for (int i = 0; i < 5; i++) {
        char id[16], handle[32];
        snprintf(id, sizeof id, "m%d", i);
        snprintf(handle, sizeof handle, "tel:+491511234567%d", i);
        node_words(n, id, handle, "hello");
    }
    uint64_t last = node_nothing(n);
    node_await_folded(n, last);
    uint64_t hash = node_hash(n), story = n->story;
    uint64_t at = core_input(n->core);
    node_free(n);
    n = node_new(*state, "two", "boot-2", NULL); // another node, so that nothing is appended before it is read
    node_await_folded(n, at);
    if (core_input(n->core) == at) {
        assert_int_equal(node_hash(n), hash);
        assert_int_equal(n->story, story);
        assert_int_equal(n->live, 0);
    }
    node_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_leader_begins_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(words_become_an_offer_and_a_decision, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restart_folds_to_the_same_state, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
