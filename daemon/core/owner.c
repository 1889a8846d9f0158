// SPDX-License-Identifier: Apache-2.0
// The table of those who wait for answers of the store. It owns nothing but its slots; a lookup of a dead owner is NULL.
#include "daemon/core/owner.h"

#include "daemon/base/table.h"

static struct table owners;

uint64_t owner_add(void *object)
{
    return table_add(&owners, object);
}

void owner_remove(uint64_t owner)
{
    table_take(&owners, owner);
    if (owners.count == 0) {
        uint64_t last = owners.last; // numbers stay unique for the life of the process
        table_close(&owners);
        owners.last = last;
    }
}

void *owner_module(uint64_t owner)
{
    return (void *)(uintptr_t)owner; // NOLINT: a number in the place of a pointer, never followed
}

void *owner_find(const void *module)
{
    return table_get(&owners, (uint64_t)(uintptr_t)module);
}
