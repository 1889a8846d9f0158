// SPDX-License-Identifier: Apache-2.0
// The configuration reader on any text: a configuration or at least one error, never both, and every error tells its text.
// What is accepted can be packed, hashed, compared with itself and freed. Texts that name files or the environment are
// skipped: what they hold is not the input's.
#include "daemon/config/config.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refuse_difference(void *arg, const char *key)
{
    (void)arg;
    assert(key == NULL); // a configuration differs from itself
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *c;
    struct config_errors errs;
    if (memmem(data, size, "env:", 4) != NULL || memmem(data, size, "file:", 5) != NULL ||
        memchr(data, '\\', size) != NULL) // an escape may spell either
        return 0;
    int result = config_load_text((const char *)data, size, &c, &errs);
    assert((result == 0) == (c != NULL) && (result == 0) == (errs.fatal == 0));
    assert(errs.n <= CONFIG_ERRORS_MAX && (errs.untold == 0 || errs.n == CONFIG_ERRORS_MAX));
    for (size_t i = 0; i < errs.n; i++) {
        assert(errs.v[i].text[0] != '\0' && errs.v[i].line >= 0);
        assert(i == 0 || errs.v[i - 1].line <= errs.v[i].line);
    }
    if (c == NULL)
        return 0;
    char hash[CONFIG_HASH_MAX];
    for (size_t i = 0; i < c->tenants.n; i++)
        config_hash(c, c->tenants.v[i], hash);
    config_restart_needed(c, c, refuse_difference, NULL);
    config_free(c);
    return 0;
}
