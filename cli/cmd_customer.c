// SPDX-License-Identifier: Apache-2.0
// `customer ID`: who a customer is, and what is known of them for entry rules; say it anew.
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/print.h"

static void customer_list(const json_t *answer, const char *member, const char *part)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(answer, member), i, v)
    {
        printf("  ");
        print_safe(part ? print_text(v, part) : json_string_value(v));
        putchar('\n');
    }
}

static void customer_print(const json_t *answer)
{
    const char *key;
    json_t *v;
    const char *name = print_text(answer, "name");
    printf("%scustomer %s%s%s", print_bold(), print_text(answer, "id"), print_plain(), *name ? ": " : "");
    print_safe(name);
    putchar('\n');
    customer_list(answer, "handles", "handle");
    json_object_foreach(json_object_get(answer, "attributes"), key, v)
    {
        printf("  ");
        print_safe(key);
        printf(" = ");
        print_safe(json_string_value(v));
        putchar('\n');
    }
    if (json_array_size(json_object_get(answer, "conversations")))
        puts("conversations, latest first:");
    customer_list(answer, "conversations", NULL);
}

static int customer_call(struct cli *cli, const char *method, const char *path, json_t *body)
{
    json_t *answer = NULL;
    int rc = client_call(cli, method, path, body, &answer);
    json_decref(body);
    if (rc == CLI_OK && cli->json)
        print_json(answer);
    else if (rc == CLI_OK)
        customer_print(answer);
    json_decref(answer);
    return rc;
}

// {"attributes": {...}} of KEY=VALUE; NULL when one is not.
static json_t *customer_attributes(int n, char **v)
{
    json_t *body = json_pack("{s:{}}", "attributes"), *all = json_object_get(body, "attributes");
    for (int i = 0; i < n; i++) {
        char *equals = strchr(v[i], '=');
        if (equals)
            *equals = '\0';
        if (!equals || equals == v[i] || json_object_set_new(all, v[i], json_string(equals + 1)) != 0) {
            json_decref(body);
            return NULL;
        }
    }
    return body;
}

int cmd_customer(struct cli *cli, int argc, char **argv)
{
    uint64_t id = 0;
    bool set = argc >= 3 && strcmp(argv[2], "attributes") == 0;
    if (argc < 2 || (argc > 2 && !set))
        return cli_usage("customer", "takes a customer's ID, and perhaps: attributes [KEY=VALUE...]");
    if (!options_number("customer", "ID", argv[1], &id))
        return CLI_USAGE;
    char path[80];
    snprintf(path, sizeof path, "/v1/customers/%llu%s", (unsigned long long)id, set ? "/attributes" : "");
    if (!set)
        return customer_call(cli, "GET", path, NULL);
    json_t *body = customer_attributes(argc - 3, argv + 3);
    return body ? customer_call(cli, "PUT", path, body) : cli_usage("customer", "attributes are KEY=VALUE, in UTF-8");
}
