// SPDX-License-Identifier: Apache-2.0
//
// NAME N SEED: N random inputs (see model.c, futures.c). Prints the final hash, which must be the same for every compiler. On a
// difference it prints the seed, few inputs that come to the same, and what differs; exit 1.

#include "shrink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct difference d = {0};
    struct run run = {.of = &SUBJECT};
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : run.of->inputs;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    bool differs = run_until(&run, n, seed, &d);
    if (differs)
        shrink_tell(&run, &d);
    else
        printf("%" PRIu64 " inputs, seed %" PRIu64 ", hash %016" PRIx64 "\n", n, seed, run.hash);
    run_free(&run);
    return differs || (run.of->enough && !run.of->enough(n));
}
