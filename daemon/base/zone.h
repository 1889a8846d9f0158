// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_ZONE_H
#define THROUGHLINE_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

// Local time by the system's time zone database (RFC 8536), without touching the process' own zone.

// How far local time is ahead of UTC at this moment, in seconds. False: there is no such zone, or its file cannot be read. "UTC" needs none.
bool zone_offset(const char *name, int64_t unix_s, int32_t *offset) __attribute__((warn_unused_result));

#endif
