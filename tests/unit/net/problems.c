// SPDX-License-Identifier: Apache-2.0
// The table of problem codes as a page. Without a word: prints it. With a file's name: fails unless the file is that page.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/http.h"

static const char head[] =
    "# Errors\n"
    "\n"
    "Every answer of the HTTP interface from 400 up is a problem document\n"
    "([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) of type `application/problem+json`:\n"
    "\n"
    "```json\n"
    "{\"type\": \"/problems/invalid_parameter\", \"title\": \"A parameter is not valid\", \"status\": 400,\n"
    " \"code\": \"invalid_parameter\", \"field\": \"limit\", \"detail\": \"a number from 1 to 500 is needed\",\n"
    " \"request\": \"k3v7q2ma-1f\"}\n"
    "```\n"
    "\n"
    "Match `code`: it never changes its meaning. `field` and `detail` say where and what, for people; they are absent "
    "where there\n"
    "is nothing to say. `request` is the request's id: yours, if you sent `X-Request-Id`, and the one in the server's "
    "log.\n"
    "429 and 503 carry `Retry-After`, in seconds; `deadline` means that the outcome is not known: send the same "
    "request again with\n"
    "the same ids, nothing is done twice.\n"
    "\n"
    "| status | code | title |\n"
    "|---|---|---|\n";

int main(int argc, char **argv)
{
    char *page = NULL, *file = NULL;
    size_t len = 0, size = 0;
    FILE *out = open_memstream(&page, &len);
    if (!out)
        return 2;
    fputs(head, out);
    for (int i = 0; i < PROBLEM_COUNT; i++) {
        const struct http_problem_info *p = http_problem_info((enum http_problem)i);
        fprintf(out, "| %u | `%s` | %s |\n", p->status, p->code, p->title);
    }
    fclose(out);
    if (argc < 2) {
        fputs(page, stdout);
        free(page);
        return 0;
    }
    FILE *in = fopen(argv[1], "r");
    bool same = in && getdelim(&file, &size, '\0', in) >= 0 && strcmp(file, page) == 0;
    if (in)
        fclose(in);
    if (!same)
        fprintf(stderr, "%s is not the page that daemon/net/problems.def gives; make it anew with %s\n", argv[1],
                argv[0]);
    free(file);
    free(page);
    return same ? 0 : 1;
}
