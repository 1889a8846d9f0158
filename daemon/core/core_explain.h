// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_CORE_EXPLAIN_H
#define THROUGHLINE_CORE_CORE_EXPLAIN_H

#include <sys/types.h>

#include "daemon/core/core.h"

struct loop_timer;

struct core_explain { // the child that takes a past decision once more
    struct loop_timer *timer;
    pid_t child; // 0 = none
    int fd;      // memory that it leaves its answer in
    uint64_t input;
    uint32_t index;
    int64_t started;
    core_explain_fn *fn;
    void *module;
    uint64_t token;
};

void explain_stop(struct core *c);

#endif
