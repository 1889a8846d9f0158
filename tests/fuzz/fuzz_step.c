// SPDX-License-Identifier: Apache-2.0
// The log's bytes, any bytes, through the decoder and router_step as the daemon sends them. Whatever comes, the invariants hold after each
// step, a snapshot brings back the same state, and two routers that are given the same bytes agree.
//
// The input: records of a length (two bytes, little end first) and a packed Input.
#include "daemon/core/core_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct router *copy_of(const struct router *r)
{
    const char *why = NULL;
    size_t n;
    unsigned char *bytes = router_snapshot_bytes(r, &n);
    struct router *copy = router_restore(bytes, n, &why);
    assert(copy && router_hash(copy) == router_hash(r) && !router_check(copy));
    free(bytes);
    return copy;
}

static void fold(struct router *r, const struct router_input *in)
{
    struct router_effects effects;
    bool placed = router_step(r, in, &effects);
    assert(placed || in->kind == ROUTER_IN_FOLD || in->wall < 0 || in->wall > ROUTER_TIME_MAX);
    const char *wrong = router_check(r);
    if (wrong)
        abort();
    for (size_t i = 0; placed && i < effects.n; i++)
        assert(effects.v[i].kind >= ROUTER_DONE && effects.v[i].kind < ROUTER_EFFECTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scratch scratch;
    scratch_open(&scratch);
    struct router *r = router_new(), *twin = router_new();
    int64_t at = 0;
    uint64_t number = 0;
    while (size >= 2) {
        size_t len = (size_t)data[0] | (size_t)data[1] << 8;
        len = len < size - 2 ? len : size - 2;
        const Throughline__V1__Input *m;
        struct router_input in;
        input_decode(&scratch, data + 2, len, &in, &m);
        struct router_stats stats;
        router_stats(r, &stats);
        number = stats.input + 1;
        at = stats.at > in.at          ? stats.at
             : in.at < stats.at + 2000 ? in.at
                                       : stats.at + 2000; // as the function writes it
        in.number = number;
        in.at = at;
        fold(r, &in);
        fold(twin, &in);
        assert(router_hash(r) == router_hash(twin));
        if (number % 8 == 0) {
            router_free(twin);
            twin = copy_of(r);
        }
        scratch_reset(&scratch);
        data += 2 + len;
        size -= 2 + len;
    }
    router_free(r);
    router_free(twin);
    scratch_close(&scratch);
    return 0;
}
