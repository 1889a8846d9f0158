// SPDX-License-Identifier: Apache-2.0
// The other configuration of a replay: the routing part of a file, as `config apply` would put it in force.
#include "cli/cli.h"
#include "cli/replay.h"

int replay_configure(const struct cli *cli, const char *path, struct replay_other *o)
{
    int rc = cli_routing(cli, path, &o->message);
    if (rc != CLI_OK)
        return rc;
    scratch_open(&o->scratch);
    if (!input_config(&o->scratch, o->message, &o->config))
        return cli_fail(CLI_CONFIG, "%s: cannot be put in force", path);
    return CLI_OK;
}

void replay_unconfigure(struct replay_other *o)
{
    if (!o->message)
        return;
    protobuf_c_message_free_unpacked(&o->message->base, NULL);
    scratch_close(&o->scratch);
}
