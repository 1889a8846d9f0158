// SPDX-License-Identifier: Apache-2.0
//
// Work passed to a team: whoever of it can be expected to take it, by the floor alone; else the queue's normal choice.

#include "fixture.h"

static void member(struct world *w, const char *id, const char *team, const char *skills)
{
    world_agent_put(w, (struct router_agent){.id = id, .team = team, .capacity = 1}, skills);
}

// ann has c1 of a queue that requires billing, and its floor german.
static void ann_has(struct world *w)
{
    static const struct router_skill billing = {"billing", 3};
    world_rules(w, 30000, 3);
    struct router_queue q = world_queue_def("all");
    q.requires = &billing;
    q.requires_n = 1;
    q.floor = "german";
    q.wrap_up_ms = 0;
    world_queue(w, &q);
    member(w, "ann", "", "billing=3 german=1");
    comes(w, "ann");
    says(w, 1, ROUTER_EMAIL);
    accepts(w, "ann", 1);
    world_forget(w);
}

static void test_the_floor_alone_is_required(void **state)
{
    struct world *w = *state;
    ann_has(w);
    member(w, "bob", "berlin", "");
    member(w, "cem", "berlin", "german=1");
    member(w, "dan", "", "billing=5 german=5");
    comes(w, "bob");
    comes(w, "cem");
    comes(w, "dan");
    world_forget(w);
    to_team(w, "ann", 1, "berlin");
    expect(w, "done\n"
              "unassign c1 from ann TRANSFERRED\n"
              "decision c1 cem\n"
              "offer c1 to cem TRANSFERRED\n"
              "c1 is OFFERED TRANSFERRED\n");
    const struct router_decision *d = router_explain(w->r, world_work(w, 1));
    assert_string_equal(d->team, "berlin");
}

static void test_the_first_of_them_with_room_gets_it(void **state)
{
    struct world *w = *state;
    ann_has(w);
    member(w, "bob", "berlin", "german=1 billing=3");
    member(w, "cem", "berlin", "german=1 billing=3");
    comes(w, "bob");
    comes(w, "cem");
    says(w, 2, ROUTER_EMAIL);
    says(w, 3, ROUTER_EMAIL);
    accepts(w, "bob", 2);
    accepts(w, "cem", 3);
    to_team(w, "ann", 1, "berlin");
    assert_string_equal(world_agent_of(w, 1), "");
    closes(w, "cem", 3);
    assert_string_equal(world_agent_of(w, 1), "cem");
}

static void test_once_all_have_declined_it_is_the_queues(void **state)
{
    struct world *w = *state;
    ann_has(w);
    member(w, "bob", "berlin", "german=1");
    member(w, "cem", "berlin", "german=1");
    member(w, "dan", "", "billing=5 german=5");
    comes(w, "bob");
    comes(w, "cem");
    comes(w, "dan");
    to_team(w, "ann", 1, "berlin");
    assert_string_equal(world_agent_of(w, 1), "bob");
    declines(w, "bob", 1);
    assert_string_equal(world_agent_of(w, 1), "cem");
    declines(w, "cem", 1);
    assert_string_equal(world_agent_of(w, 1), "dan");
    assert_string_equal(router_explain(w->r, world_work(w, 1))->team, "");
}

static void test_who_goes_away_is_not_waited_for(void **state)
{
    struct world *w = *state;
    ann_has(w);
    member(w, "bob", "berlin", "german=1");
    member(w, "dan", "", "billing=5 german=5");
    comes(w, "bob");
    comes(w, "dan");
    to_team(w, "ann", 1, "berlin");
    assert_string_equal(world_agent_of(w, 1), "bob");
    becomes(w, "bob", ROUTER_AWAY);
    assert_string_equal(world_agent_of(w, 1), "dan");
}

static void test_a_team_of_nobody_is_not_known(void **state)
{
    struct world *w = *state;
    ann_has(w);
    member(w, "bob", "berlin", "german=1");
    world_forget(w);
    to_team(w, "ann", 1, "hamburg");
    expect(w, "refused UNKNOWN_TEAM\n");
    world_step(w, &(struct router_input){.kind = ROUTER_IN_AGENT_REMOVED, .agent_removed = {"bob"}});
    world_forget(w);
    to_team(w, "ann", 1, "berlin");
    expect(w, "refused UNKNOWN_TEAM\n");
}

static void test_the_one_who_passes_it_on_is_not_asked_again(void **state)
{
    struct world *w = *state;
    ann_has(w);
    member(w, "ann", "berlin", "billing=3 german=1");
    member(w, "bob", "berlin", "german=1");
    comes(w, "bob");
    to_team(w, "ann", 1, "berlin");
    assert_string_equal(world_agent_of(w, 1), "bob");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_the_floor_alone_is_required),
        story(test_the_first_of_them_with_room_gets_it),
        story(test_once_all_have_declined_it_is_the_queues),
        story(test_who_goes_away_is_not_waited_for),
        story(test_a_team_of_nobody_is_not_known),
        story(test_the_one_who_passes_it_on_is_not_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
