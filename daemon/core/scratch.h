// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CORE_SCRATCH_H
#define THROUGHLINE_CORE_SCRATCH_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

// Memory for one input at a time: everything is given back at once. The first chunk stays, so that a usual input costs no
// malloc. A zeroed struct is empty.

struct scratch_chunk;
struct scratch {
    struct scratch_chunk *chunk;
    size_t used;
    ProtobufCAllocator allocator; // for unpacking into the scratch memory
};

void scratch_open(struct scratch *a);
void scratch_close(struct scratch *a);
void scratch_reset(struct scratch *a);
void *scratch_get(struct scratch *a, size_t n, size_t size); // zeroed, aligned for anything

#endif
