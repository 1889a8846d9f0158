// SPDX-License-Identifier: Apache-2.0
// What a leader and an owner do: leases and their fence, apply, the outbox, snapshots, trimming.
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int up(void **state)
{
    *state = world_new(false);
    return 0;
}

static int down(void **state)
{
    world_free(*state);
    return 0;
}

static void take(struct world *w, const struct store_lease *seen, const char *holder, uint64_t nonce, struct answer *a)
{
    memset(a, 0, sizeof(*a));
    store_lease_take(w->store, TENANT, seen, holder, nonce, "fold 1, here", answer_lease, a, 7);
    world_answer(w, a);
}

static void count_leases(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    struct answer *a = module;
    (void)token;
    a->e = e;
    if (l)
        a->lease = *l;
    a->out_n += l != NULL;
    a->calls += l == NULL;
    a->done = l == NULL;
}

static void test_leases(void **state)
{
    struct world *w = *state;
    struct answer a = {0}, b, c;
    store_lease_read(w->store, TENANT, "leader", answer_lease, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_ABSENT);
    assert_string_equal(a.lease.name, "leader"); // fit to be taken as it is
    take(w, &a.lease, "boot-a", UINT64_MAX, &b);
    assert_int_equal(b.e, TL_OK);
    assert_string_equal(b.lease.holder, "boot-a");
    assert_string_equal(b.lease.detail, "fold 1, here");
    assert_true(b.lease.nonce == UINT64_MAX);
    take(w, &a.lease, "boot-b", 5, &c); // what it saw is past
    assert_int_equal(c.e, TL_FENCED);
    assert_string_equal(c.lease.holder, "boot-a");
    memset(&c, 0, sizeof(c));
    store_lease_beat(w->store, TENANT, &b.lease, answer_lease, &c, 7);
    world_answer(w, &c);
    assert_int_equal(c.e, TL_OK);
    assert_true(c.lease.beat > b.lease.beat);
    take(w, &b.lease, "boot-b", 5, &a); // it has beaten since
    assert_int_equal(a.e, TL_FENCED);
    take(w, &c.lease, "boot-b", 5, &a); // it stood still
    assert_int_equal(a.e, TL_OK);
    assert_int_equal(a.lease.epoch, b.lease.epoch + 1);
    memset(&b, 0, sizeof(b));
    store_append(w->store, TENANT, &c.lease, 0, INPUT, 2, answer_placed, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_FENCED);
    memset(&b, 0, sizeof(b));
    store_append(w->store, TENANT, &a.lease, 0, INPUT, 2, answer_placed, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_OK);
    struct store_lease node = {.name = "node:n1"};
    take(w, &node, "boot-b", 9, &b);
    memset(&b, 0, sizeof(b));
    store_lease_list(w->store, TENANT, "node:", count_leases, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.out_n, 1);
    assert_string_equal(b.lease.name, "node:n1");
    memset(&b, 0, sizeof(b));
    store_lease_give(w->store, TENANT, &a.lease, answer_lease, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_OK);
    memset(&b, 0, sizeof(b));
    store_lease_read(w->store, TENANT, "leader", answer_lease, &b, 7);
    world_answer(w, &b);
    assert_string_equal(b.lease.holder, ""); // free
}

static void outgoing(struct world *w, struct answer *a)
{
    world_answer(w, a);
    assert_int_equal(a->e, TL_OK);
}

static void test_apply_and_outbox(void **state)
{
    struct world *w = *state;
    struct answer placed, leader, account, a = {0};
    struct store_ingest i = world_event("o1", "0011223344556677", "tel:+495");
    struct store_lease free_leader = {.name = "leader"}, free_account = {.name = "account:sms-1"};
    world_ingest(w, &i, &placed);
    take(w, &free_leader, "boot-a", 1, &leader);
    take(w, &free_account, "boot-a", 2, &account);
    uint64_t n = placed.p.input;
    struct store_op ops[] = {
        {.kind = STORE_OP_DECISION, .input = n, .id = n, .bytes = "decision", .len = 8},
        {.kind = STORE_OP_WORK, .id = n, .conversation = placed.p.conversation, .text = "ann", .bytes = "w", .len = 1},
        {.kind = STORE_OP_OUTBOX,
         .input = n,
         .effect = 1,
         .id = n,
         .conversation = placed.p.conversation,
         .text = "sms-1",
         .bytes = "delivery",
         .len = 8},
    };
    store_apply(w->store, TENANT, &leader.lease, 0, n, ops, 3, answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_OK);
    assert_int_equal(a.p.input, n);
    memset(&a, 0, sizeof(a));
    store_apply(w->store, TENANT, &leader.lease, 0, n, ops, 3, answer_placed, &a, 7);
    world_answer(w, &a);
    assert_true(a.e == TL_OK && a.p.duplicate);
    memset(&a, 0, sizeof(a));
    store_apply(w->store, TENANT, &leader.lease, n + 5, n + 6, ops, 0, answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_CONFLICT);
    assert_int_equal(a.p.input, n);
    memset(&a, 0, sizeof(a));
    store_apply(w->store, TENANT, &account.lease, n, n + 1, ops, 0, answer_placed, &a, 7);
    world_answer(w, &a);
    leader.lease.nonce++;
    memset(&a, 0, sizeof(a));
    store_apply(w->store, TENANT, &leader.lease, n, n + 1, ops, 0, answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_FENCED);

    memset(&a, 0, sizeof(a));
    store_decisions(w->store, TENANT, n, 0, 10, answer_entries, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.n, 1);
    assert_string_equal(a.v[0].text, "decision");
    memset(&a, 0, sizeof(a));
    store_due(w->store, TENANT, "sms-1", "", 10, answer_outgoing, &a, 7);
    outgoing(w, &a);
    assert_int_equal(a.out_n, 1);
    assert_int_equal(a.out[0].state, 1);
    assert_int_equal(a.out[0].delivery_len, 8);
    char id[48];
    snprintf(id, sizeof(id), "%s", a.out[0].id);
    memset(&a, 0, sizeof(a));
    store_claim(w->store, TENANT, id, &account.lease, false, 0, answer_outgoing, &a, 7);
    outgoing(w, &a);
    assert_int_equal(a.out_n, 1);
    assert_int_equal(a.out[0].attempt, 1);
    struct store_report report = {
        .tenant = TENANT, .id = id, .account = "sms-1", .external_id = "x1", .reason = "no such number", .state = 5};
    memset(&a, 0, sizeof(a));
    store_report(w->store, &report, answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_OK);
    assert_true(a.p.input > n);
    memset(&a, 0, sizeof(a));
    store_dead_letters(w->store, TENANT, 10, answer_outgoing, &a, 7);
    outgoing(w, &a);
    assert_int_equal(a.out_n, 1);
    assert_string_equal(a.out[0].id, id);
    memset(&a, 0, sizeof(a));
    store_resend(w->store, TENANT, id, answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_OK);
    memset(&a, 0, sizeof(a));
    store_resend(w->store, TENANT, "999.1", answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_ABSENT);
}

// Writes from a forked child, as the daemon does; the child's exit status tells.
static void snapshot(struct world *w, const struct store_lease *fence, uint64_t input, const char *bytes, size_t len,
                     bool expected)
{
    struct store_options o = {.url = redis_child_url(w->child)};
    pid_t pid = fork();
    if (pid == 0) {
        char why[64];
        _exit(store_snapshot_write(&o, TENANT, fence, BYTES("meta"), input, bytes, len, why, sizeof(why)) ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), expected ? 0 : 1);
}

static char *expected_state;
static size_t expected_len;

static void check_state(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    answer_entries(module, token, e, v, n);
    if (e != TL_OK)
        return;
    assert_int_equal(n, 2);
    assert_int_equal(v[1].len, expected_len);
    assert_memory_equal(v[1].p, expected_state, expected_len);
}

static void test_snapshots_and_place(void **state)
{
    struct world *w = *state;
    struct answer leader, placed, a = {0};
    struct store_lease free_leader = {.name = "leader"};
    store_snapshot_read(w->store, TENANT, 0, answer_entries, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_ABSENT);
    take(w, &free_leader, "boot-a", 1, &leader);
    expected_len = 5 * (1 << 19) + 3; // three chunks
    expected_state = xcalloc(1, expected_len);
    for (size_t i = 0; i < expected_len; i++)
        expected_state[i] = (char)(i * 2654435761u >> 13);
    for (unsigned n = 0; n < 3; n++) {
        char id[8];
        snprintf(id, sizeof(id), "s%u", n);
        struct store_ingest i = world_event(id, "0011223344556677", "tel:+496");
        world_ingest(w, &i, &placed);
    }
    snapshot(w, &leader.lease, 2, expected_state, expected_len, true);
    memset(&a, 0, sizeof(a));
    store_snapshot_read(w->store, TENANT, 0, check_state, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_OK);
    assert_string_equal(a.v[0].text, "meta");
    assert_int_equal(a.v[0].number, 2);
    struct store_lease stale = leader.lease;
    stale.nonce++;
    snapshot(w, &stale, 3, "late", 4, false);
    memset(&a, 0, sizeof(a));
    store_place(w->store, TENANT, 1, answer_place, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.place.snapshot, 2);
    assert_int_equal(a.place.last, placed.p.input);
    assert_int_equal(a.place.first, 1);
    assert_true(strlen(a.place.incarnation) >= 16 && a.place.digest);
    memset(&a, 0, sizeof(a));
    store_trim(w->store, TENANT, placed.p.input, answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_OK);
    struct answer b = {0};
    store_place(w->store, TENANT, 1, answer_place, &b, 7);
    world_answer(w, &b);
    if (a.p.input) { // whole nodes of the stream only
        assert_true(b.place.first > 1);
        assert_int_equal(b.place.digest, 0);
    }
    free(expected_state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_leases, up, down),
        cmocka_unit_test_setup_teardown(test_apply_and_outbox, up, down),
        cmocka_unit_test_setup_teardown(test_snapshots_and_place, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
