// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_CONSENT_H
#define THROUGHLINE_CHANNELS_CONSENT_H

// The words by which people stop and start messages. Only a message that is such a word and nothing else counts, in any case and with spaces
// and marks around it: "Stop." is one, "please stop texting me" is for a person to read.

#include "channels/adapter.h"

Throughline__V1__ConsentState consent_read(const char *text); // valid UTF-8; UNSPECIFIED = no such word
const char *consent_word(size_t index);                       // of the table; NULL beyond the last

// Makes the body of a message's event a wish instead, where its text is such a word. HELP stays a message as well, in an event of its own
// behind it, since whoever asks for help may mean a person's; so does what is more than a word. `wish` is what the platform took it for,
// UNSPECIFIED = what the text says.
void consent_apply(struct region *m, struct adapter_events *out, const struct adapter_account *account,
                   Throughline__V1__Event *e, Throughline__V1__ConsentState wish);

#endif
