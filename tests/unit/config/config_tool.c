// SPDX-License-Identifier: Apache-2.0
// What the tests run: `config_tool example` prints the example, `config_tool adapters` their settings as the reference shows
// them, `config_tool check FILE` what is wrong with a file (exit 78
// when it cannot be used), `config_tool routing FILE TENANT` its routing as JSON, `config_tool restart FILE FILE` which keys
// need a restart, `config_tool rules` the names of the lint's rules.
#include "daemon/config/config.h"
#include "daemon/config/config_lint.h"
#include "proto/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct config *load(const char *path)
{
    struct config *c;
    struct config_errors errs;
    if (config_load(path, &c, &errs) != 0) {
        config_errors_print(&errs, path, stdout);
        exit(78);
    }
    return c;
}

static int check(const char *path)
{
    struct config *c;
    struct config_errors errs;
    int result = config_load(path, &c, &errs);
    assert((result == 0) == (c != NULL) && (result == 0) == (errs.fatal == 0));
    config_errors_print(&errs, path, stdout);
    config_free(c);
    return result == 0 ? 0 : 78;
}

static int routing(const char *path, const char *tenant)
{
    struct config *c = strcmp(path, "-") == 0 ? config_defaults() : load(path);
    Throughline__V1__RoutingConfig *m = config_routing(c, tenant);
    char *text = json_write(&m->base, NULL);
    assert(text != NULL);
    char hash[CONFIG_HASH_MAX];
    config_hash(c, tenant, hash);
    printf("%s\n%s\n", text, hash);
    free(text);
    throughline__v1__routing_config__free_unpacked(m, NULL);
    config_free(c);
    return 0;
}

static void restart_print(void *arg, const char *key)
{
    (void)arg;
    printf("%s\n", key);
}

static int restart(const char *was_path, const char *is_path)
{
    struct config *was = load(was_path), *is = load(is_path);
    config_restart_needed(was, is, restart_print, NULL);
    config_free(was);
    config_free(is);
    return 0;
}

int main(int argc, char **argv)
{
    assert(argc >= 2);
    if (strcmp(argv[1], "check") == 0 && argc == 3)
        return check(argv[2]);
    if (strcmp(argv[1], "routing") == 0 && argc == 4)
        return routing(argv[2], argv[3]);
    if (strcmp(argv[1], "restart") == 0 && argc == 4)
        return restart(argv[2], argv[3]);
    if (strcmp(argv[1], "rules") == 0) {
        for (size_t i = 0; config_lint_rule(i) != NULL; i++)
            printf("%s\n", config_lint_rule(i));
        return 0;
    }
    assert(strcmp(argv[1], "example") == 0 || strcmp(argv[1], "adapters") == 0);
    if (strcmp(argv[1], "example") == 0)
        config_example(stdout);
    else
        config_adapters_reference(stdout);
    return 0;
}
