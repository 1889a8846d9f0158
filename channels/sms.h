// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_SMS_H
#define THROUGHLINE_CHANNELS_SMS_H

// How short messages carry text: the GSM 7-bit default alphabet with its extension table (3GPP TS 23.038), else UCS-2, which in practice is
// UTF-16. A text needs the second as soon as one character is not in the first; no character is exchanged for another.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channels/region.h"

enum sms_alphabet { SMS_GSM7 = 0, SMS_UCS2 };

struct sms_size {
    enum sms_alphabet alphabet;
    size_t units;    // septets (an extended character is two), or 16-bit units (a character beyond U+FFFF is two)
    size_t segments; // messages it is sent in; a two-unit character is never split between two. 0 = empty
};
struct sms_size sms_measure(const char *text); // of valid UTF-8

// UTF-16, the high byte first; *len in bytes.
char *sms_to_utf16(struct region *m, const char *text, size_t *len);
// Back; NULL when the bytes are not whole UTF-16: an odd number, half a pair, a NUL.
char *sms_from_utf16(struct region *m, const char *bytes, size_t len);

// The handle of who sent it. "+49151..." and "0049151..." are telephone numbers; so are bare digits where `international` says that they begin
// with the country's code. Short codes, local numbers and names cannot be told apart and are "sms:72345", which nobody can be reached by;
// what cannot even be that is "unknown:<account>".
char *sms_handle(struct region *m, const char *number, bool international, const char *account);

#endif
