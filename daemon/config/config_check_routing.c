// SPDX-License-Identifier: Apache-2.0
// What the keys of [routing] cannot say alone. A part of config_check.c.
#include "daemon/config/config_private.h"

void config_check_routing(const struct config *c, const struct toml_node *root, struct config_errors *errs)
{
    const struct toml_node *section = toml_get(root, "routing");
    const struct toml_node *value = section != NULL ? toml_get(section, "calls_interrupt") : NULL;
    if (value != NULL && c->routing.calls_interrupt & 1u << THROUGHLINE__V1__CHANNEL__CHANNEL_VOICE)
        errors_add(errs, setting_place(value),
                   "routing.calls_interrupt names \"voice\" (a call interrupts no calls: leave it out)");
}
