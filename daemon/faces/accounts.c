// SPDX-License-Identifier: Apache-2.0
// Accounts as the faces see them. An account of another tenant is no account.
#include "daemon/faces/accounts.h"

#include <string.h>

#include "daemon/config/config.h"
#include "daemon/faces/face.h"

const struct config_account *account_find(const struct face *face, const char *name)
{
    const struct config_account *a = config_account(face->faces->config, name);
    return a && strcmp(a->tenant, face->tenant) == 0 ? a : NULL;
}

uint32_t account_channel(const struct face *face, const char *name)
{
    const struct config_account *a = account_find(face, name);
    if (!a)
        return 0;
    return (uint32_t)a->channel;
}

uint32_t face_pending_max(const struct face *face)
{
    return (uint32_t)face->faces->config->server.max_pending;
}
