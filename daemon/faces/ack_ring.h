// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_ACK_RING_H
#define THROUGHLINE_FACES_ACK_RING_H

// What became of the last frames of one gateway connection, by sequence. Outcomes come in any order; acknowledgements go out
// in sequence, so a frame that is still open holds back those after it. The size is the credit: a peer cannot outrun it
// without breaking its word.

#include <stdbool.h>
#include <stdint.h>

struct Throughline__V1__EventResult;

struct ack_slot {
    bool settled;
    struct Throughline__V1__EventResult *exception; // refused or unknown; owned
};
struct ack_ring {
    uint32_t size; // power of two
    uint64_t seen; // highest sequence taken in
    uint64_t upto; // everything up to here has been acknowledged
    struct ack_slot *slots;
};

void ack_ring_init(struct ack_ring *r, uint32_t size);
void ack_ring_close(struct ack_ring *r); // a zeroed ring is fine

// Takes the next frame in. False when `sequence` is not the next one, or more are open than the size allows.
bool ack_ring_take(struct ack_ring *r, uint64_t sequence) __attribute__((warn_unused_result));

// The outcome of a frame that was taken in; the result is copied when it must be told (refused, unknown), NULL = fine.
void ack_ring_settle(struct ack_ring *r, uint64_t sequence, const struct Throughline__V1__EventResult *result);

// Moves `upto` over everything settled; hands each exception on the way to fn, who then owns it. How many were passed.
typedef void ack_exception_fn(void *ctx, uint64_t sequence, struct Throughline__V1__EventResult *result);
uint32_t ack_ring_advance(struct ack_ring *r, ack_exception_fn *fn, void *ctx);

#endif
