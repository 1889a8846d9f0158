// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_KANNEL_H
#define THROUGHLINE_CHANNELS_KANNEL_H

// What the two files of the Kannel adapter share. kannel.c has the settings, the proof and the way out, kannel_in.c reads what comes in.

#include "channels/adapter.h"

enum kannel_setting {
    KANNEL_SECRET,
    KANNEL_SENDSMS_URL,
    KANNEL_USERNAME,
    KANNEL_PASSWORD,
    KANNEL_SENDER,
    KANNEL_SMSC,
    KANNEL_CALLBACK_URL,
    KANNEL_SEGMENTS_MAX,
    KANNEL_BARE_NUMBERS,
};
const char *kannel_value(const struct adapter_account *account, enum kannel_setting which); // "" = absent

void kannel_parse(struct region *m, const struct adapter_account *account, const struct adapter_request *r,
                  struct adapter_events *out);

#endif
