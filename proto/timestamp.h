// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_TIMESTAMP_H
#define THROUGHLINE_PROTO_TIMESTAMP_H

// google.protobuf.Timestamp as RFC 3339 text: years 0001 to 9999, to the nanosecond, no leap seconds. No clock, no time
// zones but the offset written in the text.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMESTAMP_MIN      (-62135596800LL) // 0001-01-01T00:00:00Z
#define TIMESTAMP_MAX      253402300799LL   // 9999-12-31T23:59:59Z
#define TIMESTAMP_TEXT_MAX 32

// "2026-11-22T10:38:20.5Z" with 0, 3, 6 or 9 digits of fraction; values out of range are written as the nearest in range.
// Returns the length; `out` is terminated.
size_t timestamp_format(int64_t seconds, int32_t nanos, char out[static TIMESTAMP_TEXT_MAX]);

// NULL when `text` is a timestamp, else what is wrong with it.
const char *timestamp_parse(const char *text, size_t len, int64_t *seconds, int32_t *nanos);

bool timestamp_in_range(int64_t seconds, int32_t nanos);

#endif
