// SPDX-License-Identifier: Apache-2.0
// A server that is stopped, killed, full, emptied of its functions: what comes back, and that it comes back once.
#include "world.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store/block.h"
#include "daemon/store/store_internal.h"

static int up(void **state)
{
    *state = world_new(false);
    return 0;
}

static int up_strict(void **state)
{
    *state = world_new(true);
    return 0;
}

static int down(void **state)
{
    world_free(*state);
    return 0;
}

// Says something to the server beside the store.
static void aside(struct world *w, size_t argc, const char *const *argv)
{
    const char *why = NULL;
    struct block *b = block_open(redis_child_url(w->child), NULL, 5000, &why);
    assert_non_null(b);
    resp_array(block_out(b), argc);
    for (size_t i = 0; i < argc; i++)
        resp_text(block_out(b), argv[i]);
    const struct value *v = block_call(b);
    assert_non_null(v);
    if (v->type == VALUE_ERROR)
        fail_msg("%s: %s", argv[0], value_text(v));
    block_close(b);
}
#define ASIDE(w, ...)                                                                                                  \
    aside((w), sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]){__VA_ARGS__})

// ---- many events, each sent again until it is durable ----
//
// In strict durability: in the normal one Redis may put off its write while the disk is busy, and killing it loses that.

#define EVENTS 2000
#define FLIGHT 64

struct pump {
    struct world *w;
    unsigned next, done, duplicates, lost, extra;
    bool in_flight[EVENTS], acked[EVENTS];
    uint64_t input[EVENTS];
    unsigned kill_at, kills;
};

static void pump_send(struct pump *p, unsigned n);

static void pump_more(struct pump *p)
{
    while (p->next < EVENTS && p->next - p->done < FLIGHT)
        pump_send(p, p->next++);
}

static void pump_answer(void *module, uint64_t token, enum tl_err e, const struct store_placed *placed)
{
    struct pump *p = module;
    unsigned n = (unsigned)token;
    if (!p->in_flight[n] || p->acked[n]) {
        p->extra++;
        return;
    }
    p->in_flight[n] = false;
    if (e != TL_OK) {
        assert_true(e == TL_UNKNOWN || e == TL_UNAVAILABLE);
        p->lost++;
        return; // sent again once the store is up
    }
    p->acked[n] = true;
    p->input[n] = placed->input;
    p->duplicates += placed->duplicate;
    p->done++;
    if (p->kill_at && p->done == p->kill_at) {
        p->kill_at += EVENTS / 4;
        p->kills++;
        kill(redis_child_pid(p->w->child), SIGKILL);
    }
    pump_more(p);
}

static void pump_send(struct pump *p, unsigned n)
{
    char id[16], handle[24];
    snprintf(id, sizeof(id), "e%u", n);
    snprintf(handle, sizeof(handle), "tel:+49%u", n % 50);
    struct store_ingest i = world_event(id, "0011223344556677", handle);
    p->in_flight[n] = true;
    store_ingest(p->w->store, &i, pump_answer, p, n);
}

static void pump_on_change(void *arg, bool is_up)
{
    struct pump *p = arg;
    for (unsigned n = 0; is_up && n < p->next; n++)
        if (!p->acked[n] && !p->in_flight[n])
            pump_send(p, n);
}

static bool pump_done(void *arg)
{
    struct pump *p = arg;
    if (store_up(p->w->store)) // refusals while it was down wait for this
        pump_on_change(p, true);
    return p->done == EVENTS;
}

static int by_input(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_kill_loses_and_doubles_nothing(void **state)
{
    struct world *w = *state;
    struct pump *p = xcalloc(1, sizeof(*p));
    struct answer place = {0}, again;
    p->w = w;
    p->kill_at = EVENTS / 4;
    store_on_change(w->store, pump_on_change, p);
    pump_more(p);
    world_await(w, pump_done, p);
    assert_int_equal(p->extra, 0);
    assert_int_equal(p->kills, 4); // the last one after the last answer
    world_await(w, world_is_down, w->store);
    world_await(w, world_is_up, w->store);
    store_place(w->store, TENANT, 0, answer_place, &place, 7);
    world_answer(w, &place);
    assert_int_equal(place.place.last, EVENTS); // no input twice
    qsort(p->input, EVENTS, sizeof(p->input[0]), by_input);
    for (unsigned n = 0; n < EVENTS; n++)
        assert_int_equal(p->input[n], n + 1); // none lost
    struct store_ingest i = world_event("e5", "0011223344556677", "tel:+495");
    world_ingest(w, &i, &again);
    assert_true(again.p.duplicate);
    free(p);
}

// ---- silence ----

struct flock_of_calls {
    unsigned calls, unknown, twice;
    unsigned of[100];
};

static void counted(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct flock_of_calls *f = module;
    (void)p;
    f->calls++;
    f->unknown += e == TL_UNKNOWN;
    f->twice += f->of[token]++ > 0;
}

static bool all_hundred(void *arg)
{
    return ((struct flock_of_calls *)arg)->calls >= 100;
}

static void test_stopped_server_is_noticed(void **state)
{
    struct world *w = *state;
    struct flock_of_calls f = {0};
    struct answer a;
    char id[16];
    kill(redis_child_pid(w->child), SIGSTOP);
    for (unsigned n = 0; n < 100; n++) {
        snprintf(id, sizeof(id), "q%u", n);
        struct store_ingest i = world_event(id, "0011223344556677", "tel:+491");
        store_ingest(w->store, &i, counted, &f, n);
    }
    world_await(w, all_hundred, &f);
    assert_int_equal(f.unknown, 3 * STORE_TOGETHER); // the rest waits for an answer, and was surely not sent
    assert_int_equal(f.twice, 0);
    world_await(w, world_is_down, w->store);
    assert_string_not_equal(store_trouble(w->store), "");
    struct store_ingest i = world_event("q5", "0011223344556677", "tel:+491");
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_UNAVAILABLE); // surely not sent
    kill(redis_child_pid(w->child), SIGCONT);
    world_await(w, world_is_up, w->store);
    assert_string_equal(store_trouble(w->store), "");
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_OK);
    assert_true(a.p.duplicate); // the stopped server had it in its socket
    assert_int_equal(f.calls, 100);
}

static void test_idle_link_notices_too(void **state)
{
    struct world *w = *state;
    kill(redis_child_pid(w->child), SIGSTOP);
    world_await(w, world_is_down, w->store);
    kill(redis_child_pid(w->child), SIGCONT);
    world_await(w, world_is_up, w->store);
}

static void test_pending_is_bounded(void **state)
{
    struct world *w = *state;
    struct store_options o = {.url = redis_child_url(w->child), .max_pending = 10};
    struct flock_of_calls f = {0};
    store_free(w->store);
    world_connect(w, &o);
    for (unsigned n = 0; n < 100; n++) {
        struct store_ingest i = world_event("same", "0011223344556677", "tel:+491");
        store_ingest(w->store, &i, counted, &f, n);
    }
    assert_true(store_pending(w->store) <= 10);
    assert_int_equal(f.calls, 0); // refusals come from the loop as well
    world_await(w, all_hundred, &f);
    assert_int_equal(f.unknown, 0);
    assert_int_equal(f.twice, 0);
}

static void never(void *module, uint64_t token, enum tl_err e, const struct store_lease *l)
{
    (void)module, (void)token, (void)e, (void)l;
    fail();
}

static void never_entries(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n)
{
    (void)module, (void)token, (void)e, (void)v, (void)n;
    fail();
}

static void test_free_drops_what_is_in_flight(void **state)
{
    struct world *w = *state;
    struct store_options o = {.url = redis_child_url(w->child)};
    store_lease_read(w->store, TENANT, "leader", never, NULL, 0);
    store_snapshot_read(w->store, TENANT, 0, never_entries, NULL, 0);
    store_free(w->store);
    world_connect(w, &o); // turns enough for an answer to come, had it been waited for
}

// ---- trouble with a server that answers ----

static void test_functions_come_back(void **state)
{
    struct world *w = *state;
    struct store_ingest i = world_event("f1", "0011223344556677", "tel:+491");
    struct answer a;
    ASIDE(w, "FUNCTION", "FLUSH");
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_UNAVAILABLE);
    world_await(w, world_is_up, w->store);
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_OK);
    // Other code under our name in a server that is ours: replaced at the next connect.
    ASIDE(w, "FUNCTION", "LOAD", "REPLACE",
          "#!lua name=tl1\nredis.register_function('tl1_ingest', function() return 'old' end)");
    ASIDE(w, "CLIENT", "KILL", "TYPE", "normal");
    world_await(w, world_is_down, w->store);
    world_await(w, world_is_up, w->store);
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_OK);
    assert_true(a.p.duplicate);
}

// An error on the way tells nobody how far the call came. After it the events go one by one: the one before the faulty one is stored,
// the one behind it waits for its turn.
static void test_one_fails_among_several(void **state)
{
    struct world *w = *state;
    struct answer a[3] = {{0}}, b[3] = {{0}};
    struct store_ingest i[] = {world_event("e1", "0011223344556677", "tel:+491"),
                               world_event("e2", "0011223344556677", "tel:+492"),
                               world_event("e3", "0011223344556677", "tel:+493")};
    for (unsigned n = 0; n < 3; n++) {
        struct store_ingest first = i[n];
        first.id = "first";
        first.account = i[n].handle;
        world_ingest(w, &first, &a[n]);
    }
    ASIDE(w, "SET", "tl:{" TENANT "}:cust:2", "not a hash");
    memset(a, 0, sizeof(a));
    for (unsigned n = 0; n < 3; n++)
        store_ingest(w->store, &i[n], answer_placed, &a[n], 7);
    world_answer(w, &a[2]);
    for (unsigned n = 0; n < 3; n++)
        assert_int_equal(a[n].e, TL_UNKNOWN);
    for (unsigned n = 0; n < 3; n++)
        store_ingest(w->store, &i[n], answer_placed, &b[n], 7);
    world_answer(w, &b[2]);
    assert_int_equal(b[0].e, TL_OK);
    assert_int_equal(b[1].e, TL_UNKNOWN);
    assert_int_equal(b[2].e, TL_UNAVAILABLE);
    world_ingest(w, &i[2], &b[2]);
    assert_int_equal(b[2].e, TL_OK);
}

static void test_full_memory(void **state)
{
    struct world *w = *state;
    struct store_ingest i = world_event("o1", "0011223344556677", "tel:+491");
    struct answer a;
    ASIDE(w, "CONFIG", "SET", "maxmemory", "1");
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_UNAVAILABLE);
    assert_string_equal(store_trouble(w->store), "out of memory");
    assert_true(store_up(w->store));
    ASIDE(w, "CONFIG", "SET", "maxmemory", "0");
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_OK);
    assert_string_equal(store_trouble(w->store), "");
}

// A command of the test's own, in the very line of the store's calls.
static void in_line(struct store *s, const char *parameter, const char *value)
{
    struct link_call c = STORE_CALL(store_reply_done, NULL, NULL, 0);
    struct resp_out *out = store_verb(s, &c, "CONFIG", 3);
    assert_non_null(out);
    resp_text(out, "SET");
    resp_text(out, parameter);
    resp_text(out, value);
    link_end(s->link, &c);
}

// Refused for want of memory, which is there again a moment later: those under way behind it must not overtake it.
static void test_nothing_overtakes_what_was_refused(void **state)
{
    struct world *w = *state;
    struct store_ingest i[5];
    struct answer a[5] = {0};
    char ids[5][16];
    for (int n = 0; n < 5; n++) {
        snprintf(ids[n], sizeof ids[n], "b%d", n);
        i[n] = world_event(ids[n], "0011223344556677", "tel:+491");
    }
    for (int n = 0; n < 4; n++) {
        if (n == 1)
            in_line(w->store, "maxmemory", "1");
        store_ingest(w->store, &i[n], answer_placed, &a[n], 7);
        if (n == 1)
            in_line(w->store, "maxmemory", "0");
    }
    for (int n = 0; n < 4; n++) {
        world_answer(w, &a[n]);
        assert_int_equal(a[n].e, n == 0 ? TL_OK : TL_UNAVAILABLE);
    }
    for (int n = 0; n < 5; n++) { // all again, in order, as their senders do
        memset(&a[n], 0, sizeof a[n]);
        store_ingest(w->store, &i[n], answer_placed, &a[n], 7);
    }
    for (int n = 0; n < 5; n++) {
        world_answer(w, &a[n]);
        assert_int_equal(a[n].e, TL_OK);
        assert_int_equal(a[n].p.duplicate, n == 0);
        assert_int_equal(a[n].p.input, a[0].p.input + (uint64_t)n);
    }
}

static void test_unusable_addresses(void **state)
{
    struct world *w = *state;
    struct answer a;
    struct store_ingest i = world_event("u1", "0011223344556677", "tel:+491");
    store_free(w->store);
    w->store = store_new(w->loop, &(struct store_options){.url = "redis://:secret@h:99999"});
    assert_false(store_up(w->store));
    assert_null(strstr(store_trouble(w->store), "secret"));
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_UNAVAILABLE);
    store_free(w->store);
    w->store = store_new(w->loop, &(struct store_options){.url = "unix:///nonexistent/redis.sock"});
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_UNAVAILABLE);
}

// ---- the directory's lock ----

static void test_second_daemon_is_refused(void **state)
{
    struct world *w = *state;
    char why[128] = "";
    struct redis_child_options o = {.data_dir = w->dir, .lock_wait_ms = -1};
    assert_null(redis_child_new(w->loop, &o, why, sizeof(why)));
    assert_non_null(strstr(why, "uses the data directory"));
}

static bool is_running(void *arg)
{
    return redis_child_pid(arg) != 0;
}

// Stops a process and sees it stopped: a SIGTERM that comes while SIGSTOP is pending would be taken first.
static void stop_wholly(pid_t pid)
{
    char path[64], line[256] = "";
    const char *after = NULL;
    kill(pid, SIGSTOP);
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    while (!after || after[2] != 'T') {
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        assert_non_null(fgets(line, sizeof(line), f));
        fclose(f);
        after = strrchr(line, ')'); // the name may hold anything, the state follows it
        assert_non_null(after);
        sched_yield();
    }
}

// The daemon is killed while its server is stopped: the server lives on, and so does the lock. It becomes our child then; a
// stopped process whose group is nobody's would be woken by the kernel.
static void test_lock_outlives_a_killed_daemon(void **state)
{
    struct world *w = world_bare();
    struct redis_child_options o = {.data_dir = w->dir, .lock_wait_ms = -1};
    int pids[2];
    char why[128] = "";
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe(pids), 0);
    pid_t daemon = fork();
    if (daemon == 0) {
        struct loop *loop = loop_new();
        struct redis_child *c = redis_child_new(loop, &o, why, sizeof(why));
        pid_t server = c ? redis_child_pid(c) : 0;
        if (write(pids[1], &server, sizeof(server)) != sizeof(server))
            _exit(1);
        loop_run(loop);
        _exit(1);
    }
    pid_t server = 0;
    assert_int_equal(read(pids[0], &server, sizeof(server)), sizeof(server));
    assert_true(server > 0);
    stop_wholly(server);
    kill(daemon, SIGKILL);
    assert_int_equal(waitpid(daemon, NULL, 0), daemon);
    assert_null(redis_child_new(w->loop, &o, why, sizeof(why)));
    kill(server, SIGCONT); // it finds the SIGTERM that came with our death
    assert_int_equal(waitpid(server, NULL, 0), server);
    o.lock_wait_ms = 0;
    w->child = redis_child_new(w->loop, &o, why, sizeof(why));
    assert_non_null(w->child);
    world_await(w, is_running, w->child);
    close(pids[0]);
    close(pids[1]);
    struct store_options options = {.url = redis_child_url(w->child), .owned = true};
    world_connect(w, &options);
    world_free(w);
}

static void test_unusable_directories(void **state)
{
    struct world *w = world_bare();
    char why[128] = "", path[256];
    (void)state;
    snprintf(path, sizeof(path), "%s/a/b", w->dir);
    assert_null(redis_child_new(w->loop, &(struct redis_child_options){.data_dir = path}, why, sizeof(why)));
    assert_string_equal(why, "the data directory cannot be made");
    snprintf(path, sizeof(path), "%s/%0100d", w->dir, 0);
    assert_null(redis_child_new(w->loop, &(struct redis_child_options){.data_dir = path}, why, sizeof(why)));
    assert_non_null(strstr(why, "too long"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kill_loses_and_doubles_nothing, up_strict, down),
        cmocka_unit_test_setup_teardown(test_stopped_server_is_noticed, up, down),
        cmocka_unit_test_setup_teardown(test_idle_link_notices_too, up, down),
        cmocka_unit_test_setup_teardown(test_pending_is_bounded, up, down),
        cmocka_unit_test_setup_teardown(test_free_drops_what_is_in_flight, up, down),
        cmocka_unit_test_setup_teardown(test_functions_come_back, up, down),
        cmocka_unit_test_setup_teardown(test_one_fails_among_several, up, down),
        cmocka_unit_test_setup_teardown(test_full_memory, up, down),
        cmocka_unit_test_setup_teardown(test_nothing_overtakes_what_was_refused, up, down),
        cmocka_unit_test_setup_teardown(test_unusable_addresses, up, down),
        cmocka_unit_test_setup_teardown(test_second_daemon_is_refused, up, down),
        cmocka_unit_test(test_lock_outlives_a_killed_daemon),
        cmocka_unit_test(test_unusable_directories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
