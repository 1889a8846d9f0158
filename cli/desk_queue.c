// SPDX-License-Identifier: Apache-2.0
// The queues as a terminal desk shows them, once each time they are asked for: who waits, and how long a newcomer would.
#include <stdio.h>

#include "cli/desk.h"
#include "cli/print.h"

// Watching tells all queues at once; looking on is for screens that show them all the time.
bool desk_line_queues(struct desk *d, char *rest)
{
    (void)rest;
    bool sent = true;
    for (int watch = 1; watch >= 0 && sent; watch--) {
        json_t *frame = json_pack("{s:s, s:{s:b}}", "clientId", "queues", "watch", "queues", watch);
        sent = socket_send(d->socket, frame);
        json_decref(frame);
    }
    return sent;
}

bool desk_show_queue(struct desk *d, const json_t *u)
{
    (void)d;
    json_int_t unmeetable = print_number(u, "unmeetable");
    const char *wait = print_wait(json_object_get(u, "waits"));
    printf("  queue %s: %s waiting, %s with agents%s; a newcomer waits %s", print_text(u, "queue.name"),
           *print_text(u, "waiting") ? print_text(u, "waiting") : "0",
           *print_text(u, "assigned") ? print_text(u, "assigned") : "0", *print_text(u, "closed") ? ", closed" : "",
           wait);
    const char *closed = print_closure(json_object_get(u, "closure"));
    fputs(*closed ? "; closed " : "", stdout);
    print_safe(closed);
    if (unmeetable)
        printf("; %" JSON_INTEGER_FORMAT " of them for what no agent meets", unmeetable);
    putchar('\n');
    return true;
}
