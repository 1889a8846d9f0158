// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ARCHIVE_ARCHIVE_H
#define THROUGHLINE_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A folder that keeps the router's log beyond its time in Redis: one file for each segment, named by its first input, and never changed once it
// stands there. A segment is one line of head and the frames of an exported log, compressed (gzip):
//
//     throughline-log 2 FIRST LAST BYTES SHA256-OF-THE-BYTES SHA256-OF-THE-HEAD-BEFORE
//
// so that a damaged, missing, exchanged or half-written one is noticed, by whoever reads it. Beside a segment may lie the router's state after its
// last input, LAST.state: a line of head, `throughline-state 1 INPUT BYTES SHA256-OF-THE-BYTES`, and a snapshot, compressed likewise.
// An archive begins with input 1, or after an input whose state it has.

#define ARCHIVE_HASH_MAX     65 // hexadecimal SHA-256 and its end
#define ARCHIVE_WHY_MAX      4608
#define ARCHIVE_VOID         0x80000000u // in a frame, on the length of an input: every node skips it
#define ARCHIVE_FRAME_HEAD   12
#define ARCHIVE_SEGMENT_MOST (256u << 20) // bytes of frames in a segment; enough for any page of the log

// The newest segment, as it was found or written: lets the next look begin there.
struct archive_mark {
    uint64_t first, last; // inputs; last 0 = the archive is empty, first > last = it has no segment yet
    char head[ARCHIVE_HASH_MAX];
};

struct archive {
    const char *folder;      // the caller's
    struct archive_mark end; // head: zeros while there is no segment
    uint64_t base;           // it begins after this input; 0 = with the log
    uint64_t segments;       // looked at, and written since
    uint8_t *bytes;          // the frames of the last segment, or of all; malloc'd
    size_t len, cap;
    size_t last_frame; // where it begins in them
    int lock;
    char why[ARCHIVE_WHY_MAX]; // what is wrong, with its place
};

// Reads and checks the folder, keeping all frames or those of the last segment only. After `known` (NULL = nothing is), of an earlier
// look at this folder, only that segment and what follows it. False with why; archive_close() either way.
bool archive_open(struct archive *a, const char *folder, bool keep, const struct archive_mark *known)
    __attribute__((warn_unused_result));
void archive_close(struct archive *a);
// Only the segment that holds this input, checked by itself; `end` says which inputs it has. False with why.
bool archive_open_at(struct archive *a, const char *folder, uint64_t input) __attribute__((warn_unused_result));
// The last input before this one after which the folder has the router's state; 0 = none, so that all has to be folded from input 1.
bool archive_state_before(struct archive *a, const char *folder, uint64_t input, uint64_t *state)
    __attribute__((warn_unused_result));

// Writing. One process at a time: archive_lock() before archive_open() in the same `struct archive`, which keeps it; false when another
// holds it (*busy) or with why. Makes away with what a process that died has left half-written.
bool archive_lock(struct archive *a, const char *folder, bool *busy) __attribute__((warn_unused_result));
// Puts a segment of whole frames, which follow the last, into the folder: synchronised, under its name only when it is whole. False with why.
bool archive_add(struct archive *a, const uint8_t *frames, size_t len) __attribute__((warn_unused_result));
// Puts the state after `input` there likewise; in an empty archive it becomes the base.
bool archive_add_state(struct archive *a, uint64_t input, const void *bytes, size_t len)
    __attribute__((warn_unused_result));
// The state after that input, malloc'd; NULL with why.
uint8_t *archive_state(struct archive *a, uint64_t input, size_t *len) __attribute__((warn_unused_result));

// The frames of a log, one after the other: false at the end, or with *damaged where one is cut off.
struct log_frame {
    uint64_t number;
    bool skipped;
    const uint8_t *body;
    size_t len, at, next; // at..next is the whole frame
};
bool log_frame(const uint8_t *log, size_t len, struct log_frame *f, bool *damaged); // zeroed at the start
// Writes the ARCHIVE_FRAME_HEAD bytes before an input.
void log_frame_head(uint8_t *out, uint64_t number, size_t len, bool skipped);

// A snapshot as one piece: length of the packed Snapshot (4 bytes, little-endian), the packed Snapshot, the state's bytes. What a .state file
// holds, and GET /v1/snapshot gives.
uint8_t *snapshot_image(const void *meta, size_t meta_len, const void *state, size_t state_len,
                        size_t *len); // malloc'd
// Where its parts are; false when it is cut off.
bool snapshot_parts(const uint8_t *image, size_t len, const uint8_t **meta, size_t *meta_len, const uint8_t **state,
                    size_t *state_len);

#endif
