// SPDX-License-Identifier: Apache-2.0
// `status`: how the node is, which queues are closed by hand, and how each queue keeps to its targets; what somebody who comes on duty asks first.
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/print.h"

static void status_closed(const json_t *queues)
{
    size_t i, told = 0;
    json_t *q;
    json_array_foreach(queues, i, q)
    {
        const char *text = print_closure(json_object_get(q, "closure"));
        if (*text)
            printf("%-22s %s ", told++ ? "" : "closed by hand", print_text(q, "queue")), print_safe(text),
                putchar('\n');
    }
}

// "in 5 min: 93 % of 40"; "" = no target, and none was counted.
static void status_target(json_t *row, const char *member, json_int_t seconds, json_int_t met, json_int_t missed)
{
    char within[32] = "", text[96];
    const char *unit = seconds % 3600 == 0 ? "h" : seconds % 60 == 0 ? "min" : "s";
    json_int_t n = seconds / (seconds % 3600 == 0 ? 3600 : seconds % 60 == 0 ? 60 : 1), all = met + missed;
    if (seconds)
        snprintf(within, sizeof within, "in %lld %s: ", (long long)n, unit);
    if (all)
        snprintf(text, sizeof text, "%s%lld %% of %lld", within, (long long)(met * 100 / all), (long long)all);
    else
        snprintf(text, sizeof text, "%s%s", within, seconds ? "none yet" : "");
    json_object_set_new(row, member, json_string(text));
}

// A row for each channel; what is the whole queue's stands in the first.
static void status_put_rows(json_t *rows, const json_t *queue)
{
    const json_t *responses = json_object_get(queue, "responses");
    size_t n = json_array_size(responses);
    if (!n && !print_number(queue, "waiting") && !print_number(queue, "late"))
        return; // closed by hand, and told so
    for (size_t i = 0; i < n || i == 0; i++) {
        const json_t *r = json_array_get(responses, i);
        json_t *row = i ? json_object() : json_copy((json_t *)queue);
        if (r)
            json_object_set(row, "channel", json_object_get(r, "channel"));
        status_target(row, "first", print_number(r, "firstSeconds"), print_number(r, "firstMet"),
                      print_number(r, "firstMissed"));
        status_target(row, "next", print_number(r, "nextSeconds"), print_number(r, "nextMet"),
                      print_number(r, "nextMissed"));
        if (!i) {
            json_object_set_new(row, "waits", json_integer(print_number(queue, "waiting")));
            json_object_set_new(row, "behind", json_integer(print_number(queue, "late")));
        }
        json_array_append_new(rows, row);
    }
}

static void status_levels(const json_t *queues)
{
    static const struct print_column columns[] = {
        {"queue", "QUEUE", PRINT_TEXT},         {"waits", "WAITING", PRINT_TEXT},
        {"longestMs", "LONGEST", PRINT_SPAN},   {"behind", "LATE", PRINT_TEXT},
        {"channel", "CHANNEL", PRINT_TEXT},     {"first", "FIRST RESPONSE", PRINT_TEXT},
        {"next", "NEXT RESPONSES", PRINT_TEXT},
    };
    json_t *rows = json_array(), *q;
    size_t i;
    json_array_foreach(queues, i, q) status_put_rows(rows, q);
    if (json_array_size(rows)) {
        printf("\n%sresponses in time, since each queue was made%s\n", print_dim(), print_plain());
        print_table(rows, columns, sizeof columns / sizeof *columns);
    }
    json_decref(rows);
}

int cmd_status(struct cli *cli, int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return cli_usage("status", "takes no argument");
    json_t *s = NULL;
    int rc = client_call(cli, "GET", "/v1/status", NULL, &s);
    if (rc != CLI_OK)
        return rc;
    if (cli->json) {
        print_json(s);
    } else {
        static const struct {
            const char *member, *heading;
        } lines[] = {{"node", "node"},
                     {"version", "version"},
                     {"tenant", "tenant"},
                     {"leader", "leader"},
                     {"ready", "ready"},
                     {"input", "folded up to input"},
                     {"applied", "written up to input"},
                     {"agentsPresent", "agents present"},
                     {"workOpen", "work open"},
                     {"workWaiting", "work waiting"},
                     {"desks", "desks"},
                     {"gateways", "gateways"},
                     {"chats", "chats"},
                     {"configDiffers", "file differs from log"}};
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            const char *value = print_text(s, lines[i].member);
            printf("%-22s %s\n", lines[i].heading, *value ? value : i == 3 || i == 4 || i == 13 ? "no" : "0");
        }
        size_t i;
        json_t *why;
        json_array_foreach(json_object_get(s, "notReady"), i, why)
            printf("%-22s %s\n", i ? "" : "not ready because", json_string_value(why));
        status_closed(json_object_get(s, "queues"));
        status_levels(json_object_get(s, "queues"));
    }
    rc = json_is_true(json_object_get(s, "ready")) ? CLI_OK : CLI_NO;
    json_decref(s);
    return rc;
}
