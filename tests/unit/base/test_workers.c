// SPDX-License-Identifier: Apache-2.0
// Jobs go to a thread and come back to the loop, each once; too many are refused; the end waits for all.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/loop.h"
#include "daemon/base/workers.h"

#define JOBS 200

struct job {
    pthread_t ran_on;
    unsigned ran, done;
};
static struct loop *loop;
static struct job jobs[JOBS];
static unsigned all_done, wanted;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void run(void *arg)
{
    struct job *j = arg;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    j->ran_on = pthread_self();
    j->ran++;
}

static void done(void *arg)
{
    struct job *j = arg;
    j->done++;
    if (++all_done == wanted)
        loop_stop(loop);
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    all_done = wanted = 0;
    for (unsigned i = 0; i < JOBS; i++)
        jobs[i] = (struct job){.ran = 0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void assert_ran(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(jobs[i].ran, 1);
        assert_int_equal(jobs[i].done, 1);
        assert_false(pthread_equal(jobs[i].ran_on, pthread_self()));
    }
}

static void test_each_job_comes_back_once(void **state)
{
    (void)state;
    struct workers *w = workers_new(loop, 3, JOBS);
    wanted = JOBS;
    for (unsigned i = 0; i < JOBS; i++)
        assert_true(workers_do(w, run, done, &jobs[i]));
    loop_run(loop);
    assert_ran(JOBS);
    workers_free(w);
}

static void test_too_many_are_refused_and_the_end_waits(void **state)
{
    (void)state;
    struct workers *w = workers_new(loop, 1, 4);
    unsigned taken = 0;
    pthread_mutex_lock(&gate);
    while (taken < JOBS && workers_do(w, run, done, &jobs[taken]))
        taken++;
    assert_in_range(taken, 4, 5); // one may be with the thread already
    pthread_mutex_unlock(&gate);
    workers_free(w);
    assert_ran(taken);
    assert_int_equal(jobs[taken].ran, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_job_comes_back_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_are_refused_and_the_end_waits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
