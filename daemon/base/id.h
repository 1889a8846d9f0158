// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_ID_H
#define THROUGHLINE_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Random bytes from the kernel, and names made of them; and the names of what an input of the log did.

#define ID_BASE32_LEN(bytes) (((bytes)*8 + 4) / 5)
#define ID_NAME_BYTES        16
#define ID_NAME_SIZE         (ID_BASE32_LEN(ID_NAME_BYTES) + 1)

void id_random(void *out, size_t len);
uint64_t id_random_u64(void); // never 0

// Lower-case RFC 4648 base32 without padding; `out` holds ID_BASE32_LEN(len) + 1. Returns out.
char *id_base32(char *out, const void *bytes, size_t len);
// Lower-case hexadecimal; `out` holds 2 * len + 1. Returns out.
char *id_hex(char *out, const void *bytes, size_t len);
// A fresh name of 128 random bits. Returns out.
char *id_name(char out[ID_NAME_SIZE]);
// The name of this run of the program: made at the first call, the same ever after.
const char *id_boot(void);

// "INPUT.INDEX", as deliveries and the places of a desk are named: digits and the point, nothing else. False for any other text, and
// for numbers that do not fit.
bool id_read_effect(const char *text, uint64_t *input, uint32_t *index) __attribute__((warn_unused_result));
#define ID_EFFECT_SIZE 32
void id_write_effect(char out[ID_EFFECT_SIZE], uint64_t input, uint32_t index); // no printf: every update bears one

#endif
