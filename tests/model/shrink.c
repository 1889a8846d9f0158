// SPDX-License-Identifier: Apache-2.0

#include "shrink.h"
#include "words.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAIRS 100 // in so short a list any two are tried, in a longer one as many pairs

struct shrinking {
    struct run *run;
    const struct difference *d; // wanted
    struct shrunk s;
    struct taped **trial;
    clock_t until; // of processor time
};

// ---- silence ----

static int silence(void)
{
    int was = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (was < 0 || nowhere < 0)
        abort();
    fflush(stderr);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return was;
}

static void speech(int was)
{
    fflush(stderr);
    dup2(was, STDERR_FILENO);
    close(was);
}

// ---- tries ----

static bool differs_so(struct run *run, struct taped *const *v, size_t n, const struct difference *d, size_t *at)
{
    struct difference got = {0};
    return run_again(run, v, n, false, &got, at) && strcmp(got.what, d->what) == 0 && got.kind == d->kind &&
           got.other == d->other;
}

bool shrink_same(struct run *run, struct taped *const *v, size_t n, const struct difference *d)
{
    size_t at;
    int was = silence();
    bool same = differs_so(run, v, n, d, &at);
    speech(was);
    return same;
}

static bool spent(const struct shrinking *k)
{
    return k->s.tries >= SHRINK_TRIES || (k->until && clock() > k->until);
}

// Takes the trial's n inputs as the list, as far as they are needed, if they come to the same.
static bool try(struct shrinking *k, size_t n)
{
    size_t at;
    k->s.tries++;
    if (!differs_so(k->run, k->trial, n, k->d, &at))
        return false;
    memcpy(k->s.v, k->trial, (at + 1) * sizeof *k->s.v);
    k->s.n = at + 1;
    return true;
}

static bool try_all(struct shrinking *k)
{
    memcpy(k->trial, k->s.v, k->s.n * sizeof *k->trial);
    return try(k, k->s.n);
}

// Most faults have nothing to do with snapshots taken long before, which cost much to try.
static void forget_snapshots(struct shrinking *k)
{
    size_t old = k->s.n > 16 ? k->s.n - 16 : 0;
    bool *were = calloc(old + 1, sizeof *were);
    if (!were)
        abort();
    for (size_t i = 0; i < old; i++) {
        were[i] = k->s.v[i]->restore;
        k->s.v[i]->restore = false;
    }
    bool same = try_all(k);
    for (size_t i = 0; !same && i < old; i++)
        k->s.v[i]->restore = were[i];
    free(were);
}

// The newest n, alone or with what set the stage before them.
static bool try_newest(struct shrinking *k, size_t n, bool staged)
{
    size_t taken = 0, before = k->s.n - n;
    for (size_t i = 0; staged && i < before; i++) {
        if (k->s.v[i]->sets)
            k->trial[taken++] = k->s.v[i];
    }
    memcpy(k->trial + taken, k->s.v + before, n * sizeof *k->trial);
    return try(k, taken + n);
}

static bool find_newest(struct shrinking *k)
{
    for (size_t n = 8; n < k->s.n && !spent(k); n *= 2) {
        if (try_newest(k, n, false) || try_newest(k, n, true))
            return true;
    }
    return try_all(k);
}

static bool try_without(struct shrinking *k, size_t from, size_t n)
{
    size_t after = k->s.n - from - n;
    memcpy(k->trial, k->s.v, from * sizeof *k->trial);
    memcpy(k->trial + from, k->s.v + from + n, after * sizeof *k->trial);
    return try(k, from + after);
}

// Once through the list, from its end, leaving out `part` inputs at a time.
static bool leave_out(struct shrinking *k, size_t part)
{
    bool any = false;
    for (size_t at = k->s.n; at && !spent(k);) {
        size_t n = part < at ? part : at;
        at -= n;
        if (try_without(k, at, n)) {
            any = true;
            at = at < k->s.n ? at : k->s.n;
        }
    }
    return any;
}

// Work by work: its customer's words make no sense without the answers, nor these without the words.
static void leave_out_works(struct shrinking *k)
{
    for (size_t i = k->s.n; i-- && !spent(k); i = i < k->s.n ? i : k->s.n) {
        uint64_t about = k->s.v[i]->about;
        size_t n = 0;
        for (size_t j = 0; j < k->s.n; j++) {
            if (!about || k->s.v[j]->about != about)
                k->trial[n++] = k->s.v[j];
        }
        if (n < k->s.n)
            (void)try(k, n);
    }
}

// Any two, of a long list any two that are not too far apart.
static bool leave_out_two(struct shrinking *k)
{
    size_t near = k->s.n <= PAIRS ? k->s.n : PAIRS * PAIRS / 2 / k->s.n;
    for (size_t i = k->s.n; i-- && !spent(k);) {
        for (size_t j = i; j-- && i - j <= near && !spent(k);) {
            size_t n = 0;
            for (size_t m = 0; m < k->s.n; m++) {
                if (m != i && m != j)
                    k->trial[n++] = k->s.v[m];
            }
            if (try(k, n))
                return true;
        }
    }
    return false;
}

static void leave_out_all(struct shrinking *k)
{
    size_t part = k->s.n / 2 ? k->s.n / 2 : 1;
    for (bool any = true; !spent(k) && (part > 1 || any); part = part > 1 ? part / 2 : 1) {
        any = leave_out(k, part) || part > 1;
        if (part <= 2)
            leave_out_works(k);
    }
    k->s.minimal = !spent(k);
}

// ---- what is in an input ----

// Without the thing of this number in it, if there is one.
static bool try_plainer(struct shrinking *k, struct taped *t, size_t what, bool *plainer)
{
    struct taped was = *t;
    struct router_input in = tape_see(t, &k->run->w);
    if (!words_blank(&in, what))
        return false;
    t->memory = NULL;
    tape_replace(t, &k->run->w, &in);
    *plainer = try_all(k);
    tape_free(*plainer ? &was : t);
    if (!*plainer)
        *t = was;
    return true;
}

static void make_plainer(struct shrinking *k, struct taped *t)
{
    bool restored = t->restore, plainer;
    t->restore = false;
    t->restore = restored && !try_all(k);
    for (size_t what = 0; !spent(k) && try_plainer(k, t, what, &plainer);)
        what += !plainer; // else the next one has come to its place
}

struct shrunk shrink(struct run *run, const struct difference *d, uint32_t seconds)
{
    struct shrinking k = {.run = run, .d = d, .until = seconds ? clock() + (clock_t)seconds * CLOCKS_PER_SEC : 0};
    k.s.v = run_tape(run, &k.s.n);
    k.s.of = k.s.n;
    k.trial = calloc(k.s.n + 1, sizeof *k.trial);
    if (!k.trial)
        abort();
    int was = silence();
    forget_snapshots(&k);
    k.s.again = find_newest(&k);
    if (k.s.again) {
        for (size_t n = k.s.n + 1; k.s.n < n && !spent(&k);) { // plainer inputs may need fewer
            n = k.s.n;
            leave_out_all(&k);
            if (leave_out_two(&k))
                continue;
            for (size_t i = 0; i < k.s.n; i++)
                make_plainer(&k, k.s.v[i]);
        }
        leave_out_all(&k);
    }
    speech(was);
    free(k.trial);
    return k.s;
}

void shrink_tell(struct run *run, const struct difference *d)
{
    fprintf(stderr, "%s, seed %" PRIu64 ": %s at input %" PRIu64 "\n", run->of->name, run->seed, d->what, run->n);
    struct shrunk s = shrink(run, d, SHRINK_SECONDS);
    if (!s.again) {
        fprintf(stderr, "The last %zu inputs do not come to it again.\n", s.n);
    } else {
        struct difference got;
        size_t at;
        fprintf(stderr, "The same with %zu of %zu inputs%s (%zu tries):\n", s.n, s.of,
                s.minimal ? ", all of them needed" : "; there was no time for fewer", s.tries);
        run_again(run, s.v, s.n, true, &got, &at);
    }
    free(s.v);
}
