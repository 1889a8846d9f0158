// SPDX-License-Identifier: Apache-2.0
//
// Presence: first and last sessions, a lost desk with its grace time, lost nodes, logging out, going away.

#include "fixture.h"

static void ann_at_work(struct world *w)
{
    world_rules(w, 30000, 3);
    world_agent(w, "ann", "", 2, 0);
    comes(w, "ann");
    says(w, 1, ROUTER_CHAT);
    accepts(w, "ann", 1);
    says(w, 2, ROUTER_CHAT);
    world_forget(w);
}

static void test_lost_desk_resumes_within_grace(void **state)
{
    struct world *w = *state;
    ann_at_work(w);
    loses(w, "desk-ann");
    expect(w, "ann is LOST\n"
              "offer of c2 to ann ended WENT_AWAY\n"
              "decision c2 nobody\n"
              "c2 is QUEUED WENT_AWAY\n");
    world_wait(w, 29999);
    expect(w, "");
    opens(w, "ann", "desk-ann", "another-boot");
    expect(w, "ann is AVAILABLE\n"
              "decision c2 ann\n"
              "offer c2 to ann WENT_AWAY\n"
              "c2 is OFFERED WENT_AWAY\n");
}

static void test_grace_ends(void **state)
{
    struct world *w = *state;
    ann_at_work(w);
    world_agent(w, "bob", "", 1, 0);
    loses(w, "desk-ann");
    world_forget(w);
    world_wait(w, 30000);
    expect(w, "ann is OFFLINE\n"
              "unassign c1 from ann DESK_LOST\n"
              "decision c1 nobody\n"
              "c1 is QUEUED DESK_LOST\n");
    comes(w, "bob");
    expect(w, "bob is AWAY\n"
              "done\n"
              "bob is AVAILABLE\n"
              "decision c1 bob\n" // the older, though the other waited first
              "offer c1 to bob DESK_LOST\n"
              "c1 is OFFERED DESK_LOST\n");
    comes(w, "ann");
    world_forget(w);
    declines(w, "bob", 1);
    expect(w, "done\n"
              "offer of c1 to bob ended DECLINED\n"
              "decision c1 ann\n"
              "offer c1 to ann DECLINED\n"
              "c1 is OFFERED DECLINED\n");
}

static void test_second_session_keeps_present(void **state)
{
    struct world *w = *state;
    ann_at_work(w);
    opens(w, "ann", "phone-ann", "boot-2");
    expect(w, "");
    loses(w, "desk-ann");
    expect(w, "");
    world_step(w, &(struct router_input){.kind = ROUTER_IN_NODE_LOST, .node_lost = {.boot = "boot"}});
    expect(w, "");
    world_step(w, &(struct router_input){.kind = ROUTER_IN_NODE_LOST, .node_lost = {.boot = "boot-2"}});
    expect(w, "ann is LOST\n"
              "offer of c2 to ann ended WENT_AWAY\n"
              "decision c2 nobody\n"
              "c2 is QUEUED WENT_AWAY\n");
}

static void test_logout_gives_everything_back(void **state)
{
    struct world *w = *state;
    ann_at_work(w);
    logs_out(w, "desk-ann");
    expect(w, "ann is OFFLINE\n"
              "offer of c2 to ann ended WENT_AWAY\n"
              "unassign c1 from ann WENT_AWAY\n"
              "decision c1 nobody\n"
              "decision c2 nobody\n"
              "c1 is QUEUED WENT_AWAY\n"
              "c2 is QUEUED WENT_AWAY\n");
    becomes(w, "ann", ROUTER_AVAILABLE);
    expect(w, "refused UNKNOWN_SESSION\n");
}

static void test_away_keeps_what_it_has(void **state)
{
    struct world *w = *state;
    ann_at_work(w);
    becomes(w, "ann", ROUTER_AWAY);
    expect(w, "done\n"
              "ann is AWAY\n"
              "offer of c2 to ann ended WENT_AWAY\n"
              "decision c2 nobody\n"
              "c2 is QUEUED WENT_AWAY\n");
    assert_int_equal(world_load(w, "ann"), 1);
    becomes(w, "ann", ROUTER_LOST);
    expect(w, "refused INVALID\n");
}

static void test_sessions_of_strangers(void **state)
{
    struct world *w = *state;
    ann_at_work(w);
    world_agent(w, "bob", "", 1, 0);
    opens(w, "eve", "desk-eve", "boot");
    expect(w, "refused UNKNOWN_AGENT\n");
    opens(w, "bob", "desk-ann", "boot");
    expect(w, "refused UNKNOWN_SESSION\n");
    loses(w, "never-seen");
    expect(w, "");
    struct router_command c = world_command("ann", ROUTER_ACT_PRESENCE);
    c.presence = ROUTER_AWAY;
    c.agent = "bob";
    world_commands(w, c);
    expect(w, "refused UNKNOWN_SESSION\n");
}

// Another node has the session by now; the former one notices its dead socket late.
static void test_stale_news_of_a_moved_session(void **state)
{
    struct world *w = *state;
    ann_at_work(w);
    opens(w, "ann", "desk-ann", "another-boot");
    world_forget(w);
    world_step(w, &(struct router_input){.kind = ROUTER_IN_DESK_CLOSED,
                                         .desk_closed = {.session = "desk-ann", .boot = "boot"}});
    expect(w, "");
    world_step(w, &(struct router_input){.kind = ROUTER_IN_DESK_CLOSED,
                                         .desk_closed = {.session = "desk-ann", .boot = "another-boot"}});
    expect(w, "ann is LOST\n"
              "offer of c2 to ann ended WENT_AWAY\n"
              "decision c2 nobody\n"
              "c2 is QUEUED WENT_AWAY\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_lost_desk_resumes_within_grace), story(test_grace_ends),
        story(test_second_session_keeps_present),   story(test_logout_gives_everything_back),
        story(test_away_keeps_what_it_has),         story(test_sessions_of_strangers),
        story(test_stale_news_of_a_moved_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
