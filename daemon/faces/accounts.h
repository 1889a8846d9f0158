// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_ACCOUNTS_H
#define THROUGHLINE_FACES_ACCOUNTS_H

// What the faces ask of the configuration about accounts.

#include <stdbool.h>
#include <stdint.h>

struct config_account;
struct face;

const struct config_account *account_find(const struct face *face, const char *name); // NULL = none

// throughline.v1.Channel of a configured account of the face's tenant; 0 = there is no such account.
uint32_t account_channel(const struct face *face, const char *name);

#endif
