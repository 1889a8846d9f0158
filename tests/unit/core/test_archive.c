// SPDX-License-Identifier: Apache-2.0
// The archive that the leader keeps: whole, of this log alone, and never behind what has been trimmed.
#include "stage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/archive/archive.h"

static struct store_place place_of(struct node *n)
{
    struct answer a = {0};
    store_place(n->store, TENANT, 0, answer_place, &a, 7);
    world_answer(n->w, &a);
    assert_int_equal(a.e, TL_OK);
    return a.place;
}

// What stands in the folder now, all of it; the caller closes it.
static struct archive look(void)
{
    struct archive a = {0};
    if (!archive_open(&a, stage_folder, true, NULL))
        fail_msg("%s", a.why);
    return a;
}

static bool has_state(uint64_t input)
{
    char path[192];
    snprintf(path, sizeof path, "%s/%020" PRIu64 ".state", stage_folder, input);
    return access(path, F_OK) == 0;
}

static uint64_t archived(void)
{
    struct stat is;
    if (stat(stage_folder, &is) != 0)
        return 0;
    struct archive a = look();
    uint64_t last = a.segments ? a.end.last : 0; // one that has only begun has kept nothing yet
    archive_close(&a);
    return last;
}

// The log moves on meanwhile, so that there is something to archive.
static bool is_archived(void *arg)
{
    struct node *n = arg;
    node_nothing(n);
    return archived() >= n->goal;
}

static void await_archived(struct node *n, uint64_t goal)
{
    n->goal = goal;
    while (!is_archived(n))
        ;
}

// What stands there when a last segment has its state: that comes after it, and further ones may have come since.
static struct archive look_with_state(struct node *n)
{
    struct archive a = look();
    while (!has_state(a.end.last)) {
        archive_close(&a);
        node_nothing(n);
        a = look();
    }
    return a;
}

static void put(const char *name, const char *text)
{
    char path[192];
    snprintf(path, sizeof path, "%s/%s", stage_folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static bool is_trimmed(struct node *n)
{
    node_nothing(n);
    return place_of(n).first > 8;
}

static void equals_the_log(struct node *n, const struct archive *a)
{
    struct log_frame f = {0};
    bool damaged;
    uint64_t number = a->base;
    while (log_frame(a->bytes, a->len, &f, &damaged)) {
        struct answer in = {0};
        assert_int_equal(f.number, ++number);
        store_inputs(n->store, TENANT, f.number - 1, 1, answer_entries, &in, 7);
        world_answer(n->w, &in);
        if (in.n && in.v[0].number == f.number) { // not trimmed
            assert_int_equal(in.v[0].len, f.len);
            assert_memory_equal(in.v[0].text, f.body, f.len < 256 ? f.len : 256);
        }
    }
    assert_false(damaged);
    assert_int_equal(number, a->end.last);
}

static void the_leader_keeps_the_log_and_the_state(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", &(struct node_options){.archive = stage_archive});
    node_desk(n, "session-0123456789", "ann");
    await_archived(n, node_words(n, "m1", "tel:+4915112345678", "hello"));
    await_archived(n, archived() + 1); // another segment
    struct archive a = look_with_state(n);
    assert_true(a.segments > 1);
    assert_int_equal(a.base, 0);
    equals_the_log(n, &a);
    const uint8_t *meta, *bytes;
    size_t len, meta_len, bytes_len;
    uint8_t *image = archive_state(&a, a.end.last, &len);
    if (!image)
        fail_msg("%s", a.why);
    assert_true(snapshot_parts(image, len, &meta, &meta_len, &bytes, &bytes_len));
    Throughline__V1__Snapshot *m = throughline__v1__snapshot__unpack(NULL, meta_len, meta);
    const char *why = "";
    struct router *r = router_restore(bytes, bytes_len, &why);
    assert_non_null(r);
    assert_int_equal(m->input, a.end.last);
    assert_int_equal(router_hash(r), m->hash);
    throughline__v1__snapshot__free_unpacked(m, NULL);
    router_free(r);
    free(image);
    archive_close(&a);
    assert_null(core_archive_trouble(n->core));
    node_free(n);
}

static void what_is_trimmed_is_archived(void **state)
{
    struct node *n =
        node_ready(*state, "one", "boot-1", &(struct node_options){.retain_ms = 1, .archive = stage_archive});
    while (!is_trimmed(n))
        assert_true(place_of(n).first <= archived() + 1);
    struct archive a = look();
    assert_true(place_of(n).first <= a.end.last);
    equals_the_log(n, &a);
    archive_close(&a);
    node_free(n);
    // And it goes on with what is left.
    n = node_ready(*state, "one", "boot-2", &(struct node_options){.retain_ms = 1, .archive = stage_archive});
    await_archived(n, node_nothing(n));
    node_free(n);
}

static bool is_in_trouble(void *node)
{
    return core_archive_trouble(((struct node *)node)->core) != NULL;
}

// As often as it would have been trimmed otherwise.
static void nothing_is_trimmed(struct node *n)
{
    uint64_t snapshot = 0;
    for (int i = 0; i < 6; i++) {
        do
            node_nothing(n);
        while (place_of(n).snapshot == snapshot);
        snapshot = place_of(n).snapshot;
    }
    assert_int_equal(place_of(n).first, 1);
}

static void behind_a_damaged_archive_nothing_is_trimmed(void **state)
{
    assert_int_equal(mkdir(stage_folder, 0700), 0);
    put("00000000000000000001.log", "throughline-log 2 1 5 10 ");
    struct node *n =
        node_ready(*state, "one", "boot-1", &(struct node_options){.retain_ms = 1, .archive = stage_archive});
    world_await(*state, is_in_trouble, n);
    assert_non_null(strstr(core_archive_trouble(n->core), "00000000000000000001.log: no head of a segment"));
    nothing_is_trimmed(n);
    node_free(n);
}

static void behind_the_archive_of_another_log_nothing_is_trimmed(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", &(struct node_options){.archive = stage_archive});
    await_archived(n, node_words(n, "m1", "tel:+4915112345678", "hello"));
    uint64_t last = archived();
    node_free(n);
    world_free(*state);
    struct world *w = *state = world_new(false);
    n = node_ready(w, "one", "boot-2", &(struct node_options){.retain_ms = 1, .archive = stage_archive});
    world_await(w, is_in_trouble, n);
    assert_non_null(strstr(core_archive_trouble(n->core), "it is another log"));
    nothing_is_trimmed(n);
    assert_int_equal(archived(), last);
    node_free(n);
}

static void an_archive_may_begin_when_the_log_is_trimmed(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", &(struct node_options){.snapshot_every = 8, .retain_ms = 1});
    while (!is_trimmed(n))
        ;
    node_free(n);
    n = node_ready(*state, "one", "boot-2", &(struct node_options){.archive = stage_archive});
    await_archived(n, node_nothing(n) + 1); // at least the state that it begins with
    await_archived(n, archived() + 1);
    struct archive a = look();
    assert_true(a.base > 8 && a.segments > 0);
    equals_the_log(n, &a);
    archive_close(&a);
    node_free(n);
}

// As a kill in the middle leaves it: a segment without a name, and segments whose state is missing.
static void a_torn_end_is_gone_over(void **state)
{
    struct node *n = node_ready(*state, "one", "boot-1", &(struct node_options){.archive = stage_archive});
    char path[192];
    await_archived(n, node_words(n, "m1", "tel:+4915112345678", "hello"));
    node_free(n);
    snprintf(path, sizeof path, "%s/%020" PRIu64 ".state", stage_folder, archived());
    unlink(path);
    put("new.torn", "throughline-log 2 1 ");
    n = node_ready(*state, "one", "boot-2", &(struct node_options){.archive = stage_archive});
    await_archived(n, archived() + 1);
    snprintf(path, sizeof path, "%s/new.torn", stage_folder);
    assert_int_not_equal(access(path, F_OK), 0);
    struct archive a = look();
    equals_the_log(n, &a);
    archive_close(&a);
    node_free(n);
}

static void one_process_writes_at_a_time(void **state)
{
    (void)state;
    struct archive one, two;
    bool busy;
    assert_int_equal(mkdir(stage_folder, 0700), 0);
    assert_true(archive_lock(&one, stage_folder, &busy));
    put("new.his", "x");
    assert_false(archive_lock(&two, stage_folder, &busy));
    assert_true(busy);
    archive_close(&two);
    char path[192];
    snprintf(path, sizeof path, "%s/new.his", stage_folder);
    assert_int_equal(access(path, F_OK), 0);
    archive_close(&one);
    assert_true(archive_lock(&two, stage_folder, &busy));
    assert_int_not_equal(access(path, F_OK), 0);
    archive_close(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_leader_keeps_the_log_and_the_state, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(what_is_trimmed_is_archived, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(behind_a_damaged_archive_nothing_is_trimmed, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(behind_the_archive_of_another_log_nothing_is_trimmed, stage_setup,
                                        stage_teardown),
        cmocka_unit_test_setup_teardown(an_archive_may_begin_when_the_log_is_trimmed, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(a_torn_end_is_gone_over, stage_setup, stage_teardown),
        cmocka_unit_test_setup_teardown(one_process_writes_at_a_time, stage_setup, stage_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
