// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_FUZZ_ADAPTER_H
#define THROUGHLINE_TESTS_FUZZ_ADAPTER_H

// One adapter given anything at all: requests whoever they are from, deliveries, answers. values: the account's, in order of its settings.
// Holds it to what every adapter owes: an account's request is never lost (at least one event), each event is fit for the daemon, headers
// of calls hold no line ends, what is refused says why, and the same bytes twice say the same twice.

#include <stddef.h>
#include <stdint.h>

#include "channels/adapter.h"

void fuzz_adapter(const struct adapter *ad, const char *const *values, const uint8_t *data, size_t size);

#endif
