// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CONFIG_ERRORS_H
#define THROUGHLINE_CONFIG_ERRORS_H

// Collecting what is wrong with a file, for whoever reads one: the configuration, a scenario of the simulator.

#include "daemon/config/config.h"

void errors_add(struct config_errors *errs, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void errors_warn(struct config_errors *errs, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void errors_sort(struct config_errors *errs); // in order of place; equal places keep their order

#endif
