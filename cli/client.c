// SPDX-License-Identifier: Apache-2.0
// HTTP through libcurl's easy interface: one request at a time, problem documents (RFC 9457) told as one line.
#include "cli/client.h"

#include <curl/curl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CLIENT_ANSWER_MAX (64u << 20)

// An answer's header `Warning: 299 AGENT "text"`: what the daemon has to say of what was done.
static size_t client_warning(char *line, size_t size, size_t n, void *arg)
{
    static const char name[] = "warning: 299 ";
    size_t len = size * n;
    (void)arg;
    const char *at = len > sizeof name && strncasecmp(line, name, sizeof name - 1) == 0 ? memchr(line, '"', len) : NULL;
    const char *end = line + len;
    if (!at)
        return len;
    char text[512];
    size_t put = 0;
    for (at++; at < end && *at != '"' && put + 1 < sizeof text; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
        if (*at >= ' ' && *at <= '~')
            text[put++] = *at;
    }
    text[put] = 0;
    cli_fail(CLI_OK, "%s%s", strncmp(text, "error: ", 7) == 0 ? "" : "warning: ", text);
    return len;
}

struct client_answer {
    char *bytes;
    size_t len;
};

static size_t client_take(char *data, size_t size, size_t n, void *arg)
{
    struct client_answer *a = arg;
    size_t add = size * n;
    if (a->len + add > CLIENT_ANSWER_MAX)
        return 0;
    char *grown = realloc(a->bytes, a->len + add + 1);
    if (!grown)
        return 0;
    a->bytes = grown;
    memcpy(a->bytes + a->len, data, add);
    a->len += add;
    a->bytes[a->len] = 0;
    return add;
}

static struct curl_slist *client_headers(const struct cli *cli)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    if (cli->token) {
        size_t len = strlen(cli->token) + sizeof "Authorization: Bearer ";
        char *line = malloc(len);
        if (line) {
            snprintf(line, len, "Authorization: Bearer %s", cli->token);
            headers = curl_slist_append(headers, line);
            explicit_bzero(line, len);
            free(line);
        }
    }
    return headers;
}

// The transport: 0 and the status, or a sysexits code after having told why.
static int client_request(struct cli *cli, const char *method, const char *path, const char *body,
                          struct client_answer *a, long *status)
{
    char url[2048], why[CURL_ERROR_SIZE] = "";
    size_t len = strcspn(path, "?");
    if (path[len - 1] == '/' || memmem(path, len, "//", 2)) // what is named by the path
        return cli_fail(CLI_USAGE, "an id or a name is empty");
    if (snprintf(url, sizeof url, "%s%s", cli->url, path) >= (int)sizeof url)
        return cli_fail(CLI_DATA, "the address is too long");
    CURL *curl = curl_easy_init();
    if (!curl)
        return cli_fail(CLI_INTERNAL, "out of memory");
    struct curl_slist *headers = client_headers(cli);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, client_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, client_warning);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (rc == CURLE_OK)
        return CLI_OK;
    return cli_unreachable(cli, why[0] ? why : curl_easy_strerror(rc));
}

int client_unauthorized(const struct cli *cli)
{
    if (cli->token)
        return cli_fail(CLI_DENIED, "the daemon at %s does not know this token (see --token, --data-dir)", cli->url);
    return cli_fail(CLI_DENIED,
                    "no token is given, and none can be read from %s/admin-%s.token (see --token, --data-dir)",
                    cli->data_dir, cli->tenant);
}

// The detail alone where there is one: it says more than the title of its kind.
static int client_problem(const struct cli *cli, const char *path, long status, const json_t *problem)
{
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    const char *title = json_string_value(json_object_get(problem, "title"));
    const char *field = json_string_value(json_object_get(problem, "field"));
    int code = status == 401 || status == 403 ? CLI_DENIED
               : status == 404                ? CLI_NO
               : status >= 500                ? CLI_UNAVAILABLE
                                              : CLI_DATA;
    if (!detail && !title)
        return cli_fail(code, "%s: HTTP %ld", path, status);
    if (status == 401)
        return client_unauthorized(cli);
    return cli_fail(code, "%s%s%s", field ? field : "", field ? ": " : "", detail ? detail : title);
}

int client_call(struct cli *cli, const char *method, const char *path, const json_t *body, json_t **out)
{
    if (out)
        *out = NULL;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct client_answer a = {0};
    long status = 0;
    int rc = client_request(cli, method, path, text, &a, &status);
    free(text);
    json_t *answer = rc == CLI_OK && a.len ? json_loadb(a.bytes, a.len, JSON_ALLOW_NUL, NULL) : NULL;
    free(a.bytes);
    if (rc == CLI_OK && (status < 200 || status > 299))
        rc = client_problem(cli, path, status, answer);
    if (rc == CLI_OK && out)
        *out = json_incref(answer);
    json_decref(answer);
    return rc;
}

int client_bytes(struct cli *cli, const char *path, char **out, size_t *len)
{
    struct client_answer a = {0};
    long status = 0;
    int rc = client_request(cli, "GET", path, NULL, &a, &status);
    if (rc == CLI_OK && status != 200) {
        json_t *problem = a.len ? json_loadb(a.bytes, a.len, 0, NULL) : NULL;
        rc = client_problem(cli, path, status, problem);
        json_decref(problem);
    }
    if (rc != CLI_OK) {
        free(a.bytes);
        return rc;
    }
    *out = a.bytes;
    *len = a.len;
    return CLI_OK;
}

int client_list(struct cli *cli, const char *path, const char *member, size_t most, json_t **out)
{
    json_t *all = json_array();
    char cursor[128] = "";
    int rc = CLI_OK;
    while (json_array_size(all) < most) {
        char page_path[1024];
        size_t left = most - json_array_size(all);
        snprintf(page_path, sizeof page_path, "%s%climit=%zu%s%s", path, strchr(path, '?') ? '&' : '?',
                 left > 500 ? 500 : left, cursor[0] ? "&cursor=" : "", cursor);
        json_t *page = NULL;
        rc = client_call(cli, "GET", page_path, NULL, &page);
        if (rc != CLI_OK)
            break;
        json_array_extend(all, json_object_get(page, member));
        const char *next = json_string_value(json_object_get(page, "next"));
        snprintf(cursor, sizeof cursor, "%s", next ? next : "");
        json_decref(page);
        if (!cursor[0])
            break;
    }
    if (rc != CLI_OK) {
        json_decref(all);
        return rc;
    }
    *out = all;
    return CLI_OK;
}

char *client_segment(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0);
    char *copy = escaped ? strdup(escaped) : NULL;
    curl_free(escaped);
    return copy;
}

void client_random(char out[40])
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}
