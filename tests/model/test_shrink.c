// SPDX-License-Identifier: Apache-2.0
//
// A run that fails comes down to few inputs, all of which it takes: seen with a router that is broken in a known way.

#include "broken.h"
#include "shrink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FEW  30
#define MOST 800

// With the first seed that fails after more than `least` inputs.
static void fail_late(struct run *run, uint64_t least, struct difference *d)
{
    bool late = false;
    for (uint64_t seed = 1; !late; seed++) {
        assert_true(seed < 100);
        run_free(run);
        *run = (struct run){.of = run->of};
        late = run_until(run, MOST, seed, d) && run->n > least;
    }
}

// It still fails, and without any one of them it does not.
static void are_needed(struct run *run, const struct shrunk *s, const struct difference *d)
{
    struct taped **rest = calloc(s->n, sizeof *rest);
    assert_non_null(rest);
    assert_true(shrink_same(run, s->v, s->n, d));
    for (size_t i = 0; i < s->n; i++) {
        memcpy(rest, s->v, i * sizeof *rest);
        memcpy(rest + i, s->v + i + 1, (s->n - i - 1) * sizeof *rest);
        assert_false(shrink_same(run, rest, s->n - 1, d));
    }
    free(rest);
}

static void comes_down(const struct subject *of, enum broken how, const char *what, uint64_t least)
{
    struct difference d = {0};
    struct run run = {.of = of};
    broken = how;
    fail_late(&run, least, &d);
    assert_string_equal(d.what, what);
    struct shrunk s = shrink(&run, &d, 0);
    print_message("%zu of %zu inputs, %zu tries\n", s.n, s.of, s.tries);
    assert_true(s.again && s.minimal);
    assert_int_equal(s.of, run.n);
    assert_in_range(s.n, 1,
                    run.n / 4 > FEW ? run.n / 4
                                    : FEW); // what is left is not the shortest of all: which it is, the world decides
    are_needed(&run, &s, &d);
    free(s.v);
    run_free(&run);
}

static void an_effect(void **state)
{
    (void)state;
    comes_down(&model_subject, BROKEN_EFFECT, "effects", 300);
}

static void a_state(void **state)
{
    (void)state;
    comes_down(&model_subject, BROKEN_STATE, "two in wrap-up", 0);
}

static void a_future(void **state)
{
    (void)state;
    comes_down(&futures_subject, BROKEN_FUTURE, "another future", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_effect),
        cmocka_unit_test(a_state),
        cmocka_unit_test(a_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
