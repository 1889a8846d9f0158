// SPDX-License-Identifier: Apache-2.0
// `config diff` and `config apply`: the routing configuration in force is the log's; a file changes it only by being applied. With FILE the file is
// read and checked here; without, the node compares or applies its own.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/print.h"
#include "daemon/config/config.h"
#include "proto/json.h"

int cli_routing(const struct cli *cli, const char *path, Throughline__V1__RoutingConfig **out)
{
    struct config *config = NULL;
    struct config_errors errors = {0};
    int rc = config_load(path, &config, &errors);
    config_errors_print(&errors, path, stderr);
    if (rc != 0)
        return CLI_CONFIG;
    *out = config_routing(config, cli->tenant);
    config_free(config);
    return CLI_OK;
}

static int config_read(struct cli *cli, const char *path, json_t **out)
{
    Throughline__V1__RoutingConfig *routing;
    int rc = cli_routing(cli, path, &routing);
    if (rc != CLI_OK)
        return rc;
    size_t len;
    char *text = json_write(&routing->base, &len);
    protobuf_c_message_free_unpacked(&routing->base, NULL);
    *out = text ? json_loadb(text, len, 0, NULL) : NULL;
    free(text);
    return *out ? CLI_OK : cli_fail(CLI_INTERNAL, "out of memory");
}

static const json_t *config_named(const json_t *rows, const char *key, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        const char *n = json_string_value(json_object_get(row, key));
        if (n && strcmp(n, name) == 0)
            return row;
    }
    return NULL;
}

static void config_tell(json_t *lines, const char *what, const char *name, const char *change)
{
    char line[1024];
    snprintf(line, sizeof line, "%s%s%s: %s", what, *name ? " " : "", name, change);
    json_array_append_new(lines, json_string(line));
}

static char *config_text(const json_t *v)
{
    return v ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : strdup("default");
}

// One value of one row.
static void config_compare_value(json_t *lines, const char *what, const char *name, const char *key, const json_t *was,
                                 const json_t *is)
{
    char *a = config_text(was), *b = config_text(is), change[900];
    if (a && b && strcmp(a, b) != 0) {
        snprintf(change, sizeof change, "%s %s -> %s", key, a, b);
        config_tell(lines, what, name, change);
    }
    free(a);
    free(b);
}

static void config_compare_row(json_t *lines, const char *what, const char *name, const json_t *was, const json_t *is)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)is, key, value)
        config_compare_value(lines, what, name, key, json_object_get(was, key), value);
    json_object_foreach((json_t *)was, key, value) if (!json_object_get(is, key))
        config_compare_value(lines, what, name, key, value, NULL);
}

static void config_compare_rows(json_t *lines, const char *what, const char *key, const json_t *was, const json_t *is)
{
    size_t i;
    json_t *row;
    json_array_foreach(is, i, row)
    {
        const char *name = print_text(row, key);
        const json_t *old = config_named(was, key, name);
        if (old)
            config_compare_row(lines, what, name, old, row);
        else
            config_tell(lines, what, name, "new");
    }
    json_array_foreach(was, i, row)
    {
        const char *name = print_text(row, key);
        const json_t *from_file = json_object_get(row, "fromFile");
        if (!config_named(is, key, name)) // calendars come from nowhere else
            config_tell(lines, what, name,
                        json_is_true(from_file) || strcmp(what, "calendar") == 0 ? "removed" : "not in the file, kept");
    }
}

static json_t *config_compare(const json_t *was, const json_t *is)
{
    static const struct {
        const char *member, *what, *key;
    } lists[] = {{"queues", "queue", "name"},
                 {"agents", "agent", "id"},
                 {"channels", "channel", "channel"},
                 {"calendars", "calendar", "name"}};
    json_t *lines = json_array(), *a = json_copy((json_t *)was), *b = json_copy((json_t *)is);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        config_compare_rows(lines, lists[i].what, lists[i].key, json_object_get(was, lists[i].member),
                            json_object_get(is, lists[i].member));
        json_object_del(a, lists[i].member);
        json_object_del(b, lists[i].member);
    }
    config_compare_row(lines, "routing", "", a, b);
    json_decref(a);
    json_decref(b);
    return lines;
}

static int config_diff(struct cli *cli, const json_t *file)
{
    json_t *answer = NULL, *lines;
    int rc = client_call(cli, "GET", file ? "/v1/config" : "/v1/config/diff", NULL, &answer);
    if (rc != CLI_OK)
        return rc;
    lines = file ? config_compare(answer, file) : json_incref(json_object_get(answer, "lines"));
    json_decref(answer);
    size_t i;
    json_t *line;
    if (cli->json)
        json_dumpf(lines ? lines : json_null(), stdout, JSON_COMPACT | JSON_ENCODE_ANY), putchar('\n');
    else
        json_array_foreach(lines, i, line) puts(json_string_value(line));
    rc = json_array_size(lines) ? CLI_NO : CLI_OK; // as diff(1)
    json_decref(lines);
    return rc;
}

int cmd_config(struct cli *cli, int argc, char **argv)
{
    bool diff = argc > 1 && strcmp(argv[1], "diff") == 0;
    if ((argc != 2 && argc != 3) || (!diff && strcmp(argv[1], "apply") != 0))
        return cli_usage("config", "needs diff or apply");
    json_t *file = NULL;
    int rc = argc == 3 ? config_read(cli, argv[2], &file) : CLI_OK;
    if (rc == CLI_OK)
        rc = diff ? config_diff(cli, file) : client_call(cli, "POST", "/v1/config/apply", file, NULL);
    json_decref(file);
    return rc;
}
