// SPDX-License-Identifier: Apache-2.0
// `config lint`, `config diff` and `config apply`: the routing configuration in force is the log's; a file changes it only by being applied. With FILE
// the file is read and checked here; without, the node compares or applies its own. What a file alone looks like says little where agents and queues
// are kept by the API: the lint is of what is in force, or would be if the file were applied.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/print.h"
#include "daemon/config/config.h"
#include "daemon/config/config_lint.h"
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

struct config_file {
    struct config *config;
    Throughline__V1__RoutingConfig *routing;
    json_t *json; // the same
};

static void config_file_free(struct config_file *f)
{
    if (f->routing)
        protobuf_c_message_free_unpacked(&f->routing->base, NULL);
    config_free(f->config);
    json_decref(f->json);
}

// What is wrong with the file is told; its warnings are not, they come from what would be in force.
static int config_read(struct cli *cli, const char *path, struct config_file *out)
{
    struct config_errors errors = {0};
    if (config_load(path, &out->config, &errors) != 0) {
        config_errors_print(&errors, path, stderr);
        return CLI_CONFIG;
    }
    out->routing = config_routing(out->config, cli->tenant);
    size_t len;
    char *text = json_write(&out->routing->base, &len);
    out->json = text ? json_loadb(text, len, 0, NULL) : NULL;
    free(text);
    return out->json ? CLI_OK : cli_fail(CLI_INTERNAL, "out of memory");
}

// The row that is called as `like` is.
static const json_t *config_named(const json_t *rows, const char *key, const json_t *like)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (json_equal(json_object_get(row, key), json_object_get(like, key)))
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
        const json_t *old = config_named(was, key, row);
        if (old)
            config_compare_row(lines, what, name, old, row);
        else
            config_tell(lines, what, name, "new");
    }
    json_array_foreach(was, i, row)
    {
        const char *name = print_text(row, key);
        const json_t *from_file = json_object_get(row, "fromFile");
        if (!config_named(is, key, row)) // calendars come from nowhere else
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

// ---- what cannot be meant ----

static json_t *config_findings(const struct lint_report *report)
{
    json_t *v = json_array();
    for (size_t i = 0; i < report->n; i++) {
        const struct lint_finding *f = &report->v[i];
        json_array_append_new(v, json_pack("{ss so ss ss ss ss}", "rule", f->rule, "error", json_boolean(f->error),
                                           "table", f->table, "name", f->name, "key", f->key, "text", f->text));
    }
    return v;
}

// Of what would be in force if the file were applied where `now` is.
static int config_lint_file_after(struct cli *cli, const json_t *now, const struct config_file *file, json_t **out)
{
    char *text = json_dumps(now, JSON_COMPACT);
    ProtobufCMessage *m = text ? json_read_with(&throughline__v1__routing_config__descriptor, text, strlen(text),
                                                JSON_READ_IGNORE_UNKNOWN, NULL)
                               : NULL;
    free(text);
    if (!m)
        return cli_fail(CLI_DATA, "the daemon's configuration cannot be read");
    Throughline__V1__RoutingConfig after;
    struct lint_report *report = calloc(1, sizeof *report);
    config_after((Throughline__V1__RoutingConfig *)m, file->routing, &after);
    if (report) {
        config_lint_message(&after, file->config, cli->tenant, LINT_STEPS, report);
        *out = config_findings(report);
    }
    config_after_free(&after);
    free(report);
    protobuf_c_message_free_unpacked(m, NULL);
    return *out ? CLI_OK : cli_fail(CLI_INTERNAL, "out of memory");
}

static void config_tell_finding(const json_t *f, FILE *to)
{
    fprintf(to, "%s: %s [%s]\n", json_is_true(json_object_get(f, "error")) ? "error" : "warning", print_text(f, "text"),
            print_text(f, "rule"));
}

// For information: no fault of the configuration.
static void config_tell_closed(const json_t *closed)
{
    size_t i;
    json_t *q;
    json_array_foreach(closed, i, q)
    {
        printf("note: queue '%s' is closed by hand ", print_text(q, "queue"));
        print_safe(print_closure(json_object_get(q, "closure")));
        putchar('\n');
    }
}

// Of an answer, where nothing is left out; a new reference.
static json_t *config_list(const json_t *answer, const char *member)
{
    json_t *v = json_object_get(answer, member);
    return v ? json_incref(v) : json_array();
}

static int config_lint_of(struct cli *cli, const struct config_file *file)
{
    json_t *answer = NULL, *found = NULL;
    int rc = client_call(cli, "GET", file ? "/v1/config" : "/v1/config/lint", NULL, &answer);
    if (rc == CLI_OK && file)
        rc = config_lint_file_after(cli, answer, file, &found);
    else if (rc == CLI_OK)
        found = config_list(answer, "findings");
    size_t i;
    json_t *f;
    if (rc == CLI_OK && cli->json)
        json_dumpf(found, stdout, JSON_COMPACT | JSON_ENCODE_ANY), putchar('\n');
    else
        json_array_foreach(found, i, f) config_tell_finding(f, stdout);
    if (rc == CLI_OK && !cli->json && !json_array_size(found))
        puts("no findings");
    if (!cli->json)
        config_tell_closed(json_object_get(answer, "closed"));
    if (!cli->json && print_number(answer, "untold"))
        printf("and %s more\n", print_text(answer, "untold"));
    rc = rc == CLI_OK && json_array_size(found) ? CLI_NO : rc; // as diff(1)
    json_decref(found);
    json_decref(answer);
    return rc;
}

static int config_diff(struct cli *cli, const struct config_file *file)
{
    json_t *answer = NULL, *lines, *found = NULL;
    int rc = client_call(cli, "GET", file ? "/v1/config" : "/v1/config/diff", NULL, &answer);
    if (rc != CLI_OK)
        return rc;
    lines = file ? config_compare(answer, file->json) : config_list(answer, "lines");
    if (file)
        rc = config_lint_file_after(cli, answer, file, &found);
    else
        found = json_incref(json_object_get(answer, "findings"));
    json_decref(answer);
    size_t i;
    json_t *line;
    if (cli->json)
        json_dumpf(lines, stdout, JSON_COMPACT | JSON_ENCODE_ANY), putchar('\n');
    else
        json_array_foreach(lines, i, line) puts(json_string_value(line));
    json_array_foreach(found, i, line) config_tell_finding(line, stderr);
    rc = rc == CLI_OK && json_array_size(lines) ? CLI_NO : rc; // as diff(1)
    json_decref(found);
    json_decref(lines);
    return rc;
}

static int config_apply(struct cli *cli, const struct config_file *file)
{
    json_t *applied = NULL;
    int rc = client_call(cli, "POST", "/v1/config/apply", file ? file->json : NULL, &applied); // with warnings
    if (rc == CLI_OK && applied && cli->json)
        print_json(applied);
    else if (rc == CLI_OK && applied)
        printf("applied by input %s: %lld queues, %lld agents, %lld calendars in force\n", print_text(applied, "input"),
               print_number(applied, "queues"), print_number(applied, "agents"), print_number(applied, "calendars"));
    json_decref(applied);
    return rc;
}

int cmd_config(struct cli *cli, int argc, char **argv)
{
    static const struct {
        const char *word;
        int (*run)(struct cli *cli, const struct config_file *file); // NULL = the daemon's own
    } acts[] = {{"lint", config_lint_of}, {"diff", config_diff}, {"apply", config_apply}};
    for (size_t i = 0; (argc == 2 || argc == 3) && i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(argv[1], acts[i].word) != 0)
            continue;
        struct config_file file = {0};
        int rc = argc == 3 ? config_read(cli, argv[2], &file) : CLI_OK;
        if (rc == CLI_OK)
            rc = acts[i].run(cli, argc == 3 ? &file : NULL);
        config_file_free(&file);
        return rc;
    }
    return cli_usage("config", "needs lint, diff or apply, and at most one file");
}
