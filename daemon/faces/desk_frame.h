// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_DESK_FRAME_H
#define THROUGHLINE_FACES_DESK_FRAME_H

// The one update that every message causes, made without unpacking: the bytes of
// DeskUpdate{seq, entry{conversation, entry{number, ...}}} from the packed Entry as it stands in the timeline.

#include <stddef.h>
#include <stdint.h>

// What `out` must hold.
#define DESK_FRAME_ENTRY_MAX(seq_len, entry_len) ((seq_len) + (entry_len) + 64)

size_t desk_frame_entry(uint8_t *out, const char *seq, uint64_t conversation, uint64_t number, const uint8_t *entry,
                        size_t entry_len);

#endif
