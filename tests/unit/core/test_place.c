// SPDX-License-Identifier: Apache-2.0
// Leaders, fences, snapshots, poison, divergence: what keeps many folds of one log one.
#include "stage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

static struct store_place place_of(struct node *n)
{
    struct answer a = {0};
    store_place(n->store, TENANT, 0, answer_place, &a, 7);
    world_answer(n->w, &a);
    assert_int_equal(a.e, TL_OK);
    return a.place;
}

static size_t decisions_of(struct node *n)
{
    struct answer a = {0};
    store_decisions(n->store, TENANT, 0, 0, 60, answer_entries, &a, 7);
    world_answer(n->w, &a);
    assert_int_equal(a.e, TL_OK);
    return a.n;
}

static struct store_lease lease_of(struct node *n, const char *name)
{
    struct answer a = {0};
    store_lease_read(n->store, TENANT, name, answer_lease, &a, 7);
    world_answer(n->w, &a);
    return a.lease;
}

// Takes a lease by force, as a node does whose own clock says that it stood still.
static struct store_lease seize(struct node *n, const char *name)
{
    struct answer a = {0};
    do { // the holder may beat between the look and the grasp
        struct store_lease seen = lease_of(n, name);
        memset(&a, 0, sizeof a);
        store_lease_take(n->store, TENANT, &seen, "thief", 99, "", answer_lease, &a, 7);
        world_answer(n->w, &a);
    } while (a.e == TL_FENCED);
    assert_int_equal(a.e, TL_OK);
    return a.lease;
}

struct pair {
    struct node *one, *two;
};

static bool either_leads(void *pair)
{
    struct pair *p = pair;
    return node_leads(p->one) || node_leads(p->two);
}

static bool ann_is_lost(void *node)
{
    struct router_agent_view ann;
    return router_agent(core_router(((struct node *)node)->core), "ann", &ann) && ann.presence == ROUTER_LOST;
}

// On a slow machine the lease may have gone from one to the other before the test begins, so it asks who leads.
static void another_takes_over_and_logs_the_loss(void **state)
{
    struct pair both = {node_ready(*state, "one", "boot-1", NULL), node_ready(*state, "two", "boot-2", NULL)};
    world_await(*state, either_leads, &both);
    struct node *gone = node_leads(both.one) ? both.one : both.two, *left = gone == both.one ? both.two : both.one;
    node_desk(gone, "session-0123456789", "ann");
    uint64_t last = node_words(gone, "m1", "tel:+4915112345678", "hello");
    node_await_applied(gone, last);
    assert_true(decisions_of(gone) > 0);
    node_free(gone); // without a word
    world_await(*state, node_leads, left);
    world_await(*state, ann_is_lost, left); // node_lost
    node_await_applied(left, last + 1);
    assert_int_equal(decisions_of(left), left->effects[ROUTER_DECISION]);
    node_free(left);
}

static void a_new_leader_writes_what_is_left_and_only_that(void **state)
{
    struct node *one = node_ready(*state, "one", "boot-1", NULL), *two = node_ready(*state, "two", "boot-2", NULL);
    node_desk(one, "session-0123456789", "ann");
    node_await_applied(one, node_words(one, "m1", "tel:+4915112345670", "hello"));
    struct store_lease stolen = seize(two, "leader"); // nobody writes now
    uint64_t last = 0;
    for (int i = 1; i < 6; i++) {
        char id[16], handle[32];
        snprintf(id, sizeof id, "n%d", i);
        snprintf(handle, sizeof handle, "tel:+491511234567%d", i);
        last = node_words(two, id, handle, "hello");
    }
    node_await_folded(one, last);
    node_await_folded(two, last);
    struct answer a = {0};
    store_lease_give(two->store, TENANT, &stolen, answer_lease, &a, 7);
    world_answer(*state, &a);
    node_await_applied(one, last);
    node_await_applied(two, last);
    assert_int_equal(decisions_of(two), two->effects[ROUTER_DECISION]);
    assert_int_equal(one->story, two->story);
    node_free(one);
    node_free(two);
}

static void a_fenced_leader_writes_nothing(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    node_desk(n, "session-0123456789", "ann");
    node_await_applied(n, node_words(n, "m1", "tel:+4915112345678", "hello"));
    size_t before = decisions_of(n);
    struct store_lease stolen = seize(n, "leader");
    assert_true(core_leader(n->core)); // it does not know yet
    uint64_t second = node_words(n, "m2", "tel:+4915112345679", "hello");
    node_await_folded(n, second);
    world_await(*state, node_leads_not, n);
    assert_int_equal(decisions_of(n), before);
    assert_true(place_of(n).applied < second);
    assert_true(strcmp(lease_of(n, "leader").holder, "thief") == 0 || lease_of(n, "leader").epoch > stolen.epoch);
    world_await(*state, node_leads, n); // the thief does not beat: it gets the lease back
    node_await_applied(n, second);
    assert_int_equal(decisions_of(n), n->effects[ROUTER_DECISION]);
    node_free(n);
}

static bool has_snapshot(void *arg)
{
    struct node *n = arg;
    static struct answer a; // one question at a time
    if (a.done || !a.calls) {
        bool found = a.done && a.place.snapshot >= n->goal;
        a = (struct answer){.calls = 1};
        if (!found)
            store_place(n->store, TENANT, 0, answer_place, &a, 7);
        return found;
    }
    return false;
}

static void a_snapshot_brings_back_the_same_state(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", &(struct node_options){.snapshot_every = 8});
    node_desk(n, "session-0123456789", "ann");
    for (int i = 0; i < 6; i++) {
        char id[16], handle[32];
        snprintf(id, sizeof id, "m%d", i);
        snprintf(handle, sizeof handle, "tel:+491511234567%d", i);
        node_words(n, id, handle, "hello");
    }
    uint64_t last = node_nothing(n);
    node_await_folded(n, last);
    n->goal = 8;
    world_await(*state, has_snapshot, n);
    struct store_place p = place_of(n);
    assert_in_range(p.snapshot, 8, p.applied);
    struct node *m = node_ready(*state, "two", "boot-2", NULL);
    assert_true(m->first == 0 || m->first > p.snapshot); // nothing before it was folded
    node_await_folded(m, core_input(n->core));
    node_await_folded(n, core_input(m->core));
    assert_int_equal(node_hash(m), node_hash(n));
    assert_false(core_config_differs(m->core));
    node_free(n);
    node_free(m);
}

static void append_hash(struct node *n, uint64_t input, uint64_t hash)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__StateHash s = THROUGHLINE__V1__STATE_HASH__INIT;
    s.input = input;
    s.hash = hash;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_STATE_HASH;
    in.state_hash = &s;
    node_append(n, &in);
}

static bool has_checked(void *node)
{
    return core_state_hash(((struct node *)node)->core) != 0;
}

static bool has_reset(void *node)
{
    return ((struct node *)node)->resets > 0;
}

static void divergence_is_noticed(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__Checkpoint c = THROUGHLINE__V1__CHECKPOINT__INIT;
    char path[160];
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_CHECKPOINT;
    in.checkpoint = &c;
    uint64_t number = node_append(n, &in);
    world_await(*state, has_checked, n);
    append_hash(n, number, core_state_hash(n->core));
    node_await_folded(n, node_nothing(n));
    assert_int_equal(n->resets, 0);
    append_hash(n, number, core_state_hash(n->core) + 1);
    world_await(*state, has_reset, n);
    world_await(*state, node_is_ready, n);
    snprintf(path, sizeof path, "%s/diverged.%s", n->dir, TENANT);
    assert_int_equal(access(path, R_OK), 0);
    node_free(n);
}

static void what_cannot_be_read_is_passed_over(void **state)
{
    static const char *const odd[] = {"\xff\xff\xff", "\x52\x02\x08", "\x52\x02\x08\x01", "", "\x72\x00"};
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    uint64_t last = 0;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct answer a = {0};
        store_append(n->store, TENANT, NULL, 0, odd[i], strlen(odd[i]), answer_placed, &a, 7);
        world_answer(*state, &a);
        last = a.p.input;
    }
    node_await_folded(n, last);
    assert_null(router_check(core_router(n->core)));
    assert_int_equal(n->resets, 0);
    node_free(n);
}

static bool is_trimmed(void *arg)
{
    struct node *n = arg;
    node_nothing(n); // the log moves on, so that there is something to write
    return place_of(n).first > 8;
}

static void an_old_log_is_trimmed_behind_its_snapshots(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", &(struct node_options){.snapshot_every = 8, .retain_ms = 1});
    while (!is_trimmed(n))
        ;
    struct store_place p = place_of(n);
    assert_true(p.first <= p.snapshot + 1);
    struct node *m = node_ready(*state, "two", "boot-2", NULL);
    node_await_folded(m, core_input(n->core));
    node_await_folded(n, core_input(m->core));
    assert_int_equal(node_hash(m), node_hash(n));
    node_free(n);
    node_free(m);
}

static void who_is_taken_for_lost_starts_afresh(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__NodeLost lost = THROUGHLINE__V1__NODE_LOST__INIT;
    node_desk(n, "session-0123456789", "ann");
    lost.boot = n->boot;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_NODE_LOST;
    in.node_lost = &lost;
    node_append(n, &in);
    world_await(*state, has_reset, n);
    struct router_agent_view ann;
    assert_true(router_agent(core_router(n->core), "ann", &ann));
    assert_int_equal(ann.presence, ROUTER_LOST);
    assert_true(node_is_ready(n));
    node_free(n);
}

// ---- poison ----

static uint64_t poison;

static void die_of_it(void *ctx, const struct core_effect *e)
{
    (void)ctx;
    if (e->input == poison)
        _exit(9);
}

static void never_comes(void *arg)
{
    (void)arg;
    _exit(8);
}

// In a process of its own: a node that dies of the input `poison`. Its exit code.
static int run_and_die(struct world *w, const char *boot)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct world *own = xcalloc(1, sizeof *own);
        own->loop = loop_new();
        own->child = w->child; // for its address only
        memcpy(own->dir, w->dir, sizeof own->dir);
        struct node *n = node_new(own, "one", boot, NULL);
        core_listen(n->core, &(struct core_listener){.effect = die_of_it});
        struct loop_timer *guard = loop_timer_new(own->loop, never_comes, NULL);
        loop_timer_set(guard, GUARD_MS);
        loop_run(own->loop);
        _exit(7);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_kills_twice_is_voided(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    uint64_t first = node_desk(n, "session-0123456789", "ann");
    poison = node_words(n, "m1", "tel:+4915112345678", "hello");
    assert_true(poison > first);
    node_await_folded(n, poison);
    assert_int_equal(n->effects[ROUTER_OFFER], 1);
    node_free(n);
    assert_int_equal(run_and_die(*state, "boot-2"), 9);
    assert_int_equal(run_and_die(*state, "boot-3"), 9);
    n = node_ready(*state, "one", "boot-4", NULL);
    assert_int_equal(n->effects[ROUTER_OFFER], 0); // voided
    struct node *m = node_ready(*state, "two", "boot-5", NULL);
    assert_int_equal(m->effects[ROUTER_OFFER], 0); // for everybody
    node_await_folded(m, core_input(n->core));
    node_await_folded(n, core_input(m->core));
    assert_int_equal(node_hash(n), node_hash(m));
    node_free(n);
    node_free(m);
}

struct both {
    struct node *n, *m;
    uint64_t input;
};

static bool both_without(void *arg)
{
    struct both *b = arg;
    struct router_work_view w;
    return b->n->resets && b->m->resets && node_is_ready(b->n) && node_is_ready(b->m) &&
           core_input(b->n->core) == core_input(b->m->core) && !router_work(core_router(b->n->core), b->input, &w);
}

// Named by hand after both have folded it: the leader and the other go back before it, and round it.
static void what_is_voided_late_is_undone_everywhere(void **state)
{
    struct world *w = *state;
    struct node *n = node_ready(w, "one", "boot-1", NULL), *m = node_ready(w, "two", "boot-2", NULL);
    struct router_work_view work;
    uint64_t input = node_words(n, "m1", "tel:+4915112345678", "hello");
    node_await_folded(n, input);
    node_await_folded(m, input);
    assert_true(router_work(core_router(m->core), input, &work));
    char field[24];
    struct answer a = {0};
    snprintf(field, sizeof field, "%llu", (unsigned long long)input);
    store_doc_set(n->store, TENANT, CORE_DOC_VOID, field, "x", 1, answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_OK);
    store_publish(n->store, TENANT, CORE_TOPIC_VOID, "", 0);
    struct both both = {n, m, input};
    world_await(w, both_without, &both);
    assert_true(core_skips(n->core, input) && core_skips(m->core, input));
    assert_int_equal(node_hash(n), node_hash(m));
    uint64_t next = node_words(n, "m2", "tel:+4915112345678", "hello again");
    node_await_folded(m, next);
    assert_true(router_work(core_router(m->core), next, &work));
    assert_string_equal(router_check(core_router(m->core)) ? router_check(core_router(m->core)) : "", "");
    node_free(n);
    node_free(m);
}

// ---- another log ----

static bool is_of_new_log(void *node)
{
    struct node *n = node;
    return n->resets > 0 && node_is_ready(n);
}

static void redis_cli(struct world *w, const char *words)
{
    char *command = xasprintf("redis-cli -s %s %s >/dev/null", redis_child_url(w->child) + strlen("unix://"), words);
    assert_int_equal(system(command), 0);
    free(command);
}

static void another_log_is_another_fold(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    char before[64], seq[96];
    node_desk(n, "session-0123456789", "ann");
    snprintf(before, sizeof before, "%s", core_incarnation(n->core));
    core_seq(n->core, core_input(n->core), 0, seq);
    redis_cli(*state, "FLUSHALL");
    redis_cli(*state, "CLIENT KILL TYPE normal");
    world_await(*state, is_of_new_log, n);
    assert_string_not_equal(core_incarnation(n->core), before);
    struct router_agent_view ann;
    assert_true(router_agent(core_router(n->core), "ann", &ann));
    assert_int_equal(ann.presence, ROUTER_OFFLINE);
    assert_false(core_replay(n->core, "ann", seq, NULL, NULL));
    node_free(n);
}

static void a_lost_connection_loses_no_place(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    node_desk(n, "session-0123456789", "ann");
    redis_cli(*state, "CLIENT KILL TYPE normal");
    world_await(*state, world_is_up, n->store);
    uint64_t last = 0;
    struct answer a = {0};
    do { // unknown while the connection comes back: the same again, as the contract says
        Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
        Throughline__V1__Tick tick = THROUGHLINE__V1__TICK__INIT;
        in.kind_case = THROUGHLINE__V1__INPUT__KIND_TICK;
        in.tick = &tick;
        memset(&a, 0, sizeof a);
        core_append(n->core, &in, answer_placed, &a, 7);
        world_answer(*state, &a);
        last = a.p.input;
    } while (a.e != TL_OK);
    node_await_folded(n, last);
    assert_int_equal(n->resets, 0);
    node_free(n);
}

// ---- the door ----

static bool is_open(void *core)
{
    return core_open(core);
}

static void await_noted_boot(struct node *n)
{
    char path[192], text[80] = "";
    snprintf(path, sizeof path, "%s/boot.%s", n->dir, TENANT);
    world_await(n->w, is_open, n->core);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_string_equal(text, n->boot);
}

// A session that began before its boot is noted would be nobody's to report lost, should the process die at once.
static void nobody_comes_in_before_the_boot_is_noted(void **state)
{
    struct router_agent_view a;
    struct node *n = node_new(*state, "one", "boot-1", NULL);
    assert_false(core_open(n->core));
    assert_non_null(core_router(n->core));
    assert_false(router_agent(core_router(n->core), "ann", &a));
    await_noted_boot(n);
    assert_true(router_agent(core_router(n->core), "ann", &a));
    node_free(n);
    n = node_new(*state, "one", "boot-2", NULL);
    await_noted_boot(n);
    node_free(n);
}

// ---- resume ----

static void on_replayed(void *ctx, const struct core_effect *e)
{
    unsigned *seen = ctx;
    seen[e->e->kind]++;
    assert_non_null(e->e->agent);
}

static void a_desk_resumes_from_the_ring(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", NULL);
    char seq[96];
    unsigned seen[32] = {0}, none[32] = {0};
    node_desk(n, "session-0123456789", "ann");
    core_seq(n->core, core_input(n->core), 99, seq);
    node_await_folded(n, node_words(n, "m1", "tel:+4915112345678", "hello"));
    node_accept(n, "session-0123456789", "c1", n->offered_work, n->offered_epoch);
    assert_true(core_replay(n->core, "ann", seq, on_replayed, seen));
    assert_int_equal(seen[ROUTER_OFFER], 1);
    assert_int_equal(seen[ROUTER_ASSIGN], 1);
    assert_int_equal(seen[ROUTER_DONE], 1);
    assert_true(core_replay(n->core, "bob", seq, on_replayed, none));
    assert_int_equal(none[ROUTER_OFFER] + none[ROUTER_ASSIGN] + none[ROUTER_DONE], 0);
    assert_false(core_replay(n->core, "ann", "", on_replayed, none));
    assert_false(core_replay(n->core, "ann", "other:5.1", on_replayed, none));
    assert_false(core_replay(n->core, "ann", "5.1", on_replayed, none));
    core_seq(n->core, core_input(n->core) + 5, 0, seq);
    assert_false(core_replay(n->core, "ann", seq, on_replayed, none));
    node_free(n);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(another_takes_over_and_logs_the_loss),
        TEST(a_new_leader_writes_what_is_left_and_only_that),
        TEST(a_fenced_leader_writes_nothing),
        TEST(a_snapshot_brings_back_the_same_state),
        TEST(an_old_log_is_trimmed_behind_its_snapshots),
        TEST(who_is_taken_for_lost_starts_afresh),
        TEST(divergence_is_noticed),
        TEST(what_cannot_be_read_is_passed_over),
        TEST(what_kills_twice_is_voided),
        TEST(what_is_voided_late_is_undone_everywhere),
        TEST(another_log_is_another_fold),
        TEST(a_lost_connection_loses_no_place),
        TEST(nobody_comes_in_before_the_boot_is_noted),
        TEST(a_desk_resumes_from_the_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
