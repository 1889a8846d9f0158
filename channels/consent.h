// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_CONSENT_H
#define THROUGHLINE_CHANNELS_CONSENT_H

// The words by which people stop and start messages. Only a message that is such a word and nothing else counts, in any case and with spaces
// and marks around it: "Stop." is one, "please stop texting me" is for a person to read.

enum consent_wish { CONSENT_NONE = 0, CONSENT_STOP, CONSENT_START, CONSENT_HELP };

enum consent_wish consent_read(const char *text); // valid UTF-8

#endif
