// SPDX-License-Identifier: Apache-2.0
// bench_mail MAILS [--rounds N]
//
// How long a mail holds the loop. Every mail of the folder, and mails made to be slow that are just short enough to be read on the loop
// (adapter.quick_max), each timed alone; the slowest is compared with the 50 ms that none may take, as a ratio. Then mails of 20 MB, which are
// read in a worker thread: their times are only told.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "channels/adapter.h"
#include "tests/bench/ingest/bench.h"

#define LOOP_SECONDS 0.050
#define HEAD         "From: a@example.net\nTo: support@example.org\nSubject: x\nMessage-ID: <1@x>\n"
#define HTML         HEAD "Content-Type: text/html\n\n"

// head, then unit until the mail has its size.
static const struct made {
    const char *name, *head, *unit;
} made[] = {
    {"lines of text", HEAD "\n", "a line of some words here\n"},
    {"one line", HEAD "\n", "word "},
    {"quoted lines", HEAD "\n", "> a line of some words here\n"},
    {"lines like attributions", HEAD "\n", "On 2026 1 2\n"},
    {"lines like headers", HEAD "\n", "From: x\nSent: y\nz\n"},
    {"flowed lines", HEAD "Content-Type: text/plain; format=flowed\n\n", ">>>> a \n"},
    {"parts", HEAD "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\na\n"},
    {"parts with names", HEAD "Content-Type: multipart/mixed; boundary=b\n\n",
     "--b\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n\na\n"},
    {"nested mails", HEAD, "Content-Type: message/rfc822\n\n"},
    {"headers", HEAD, "a: b\n"},
    {"received", HEAD, "Received: from a by b; Wed, 25 Nov 2026 20:00:00 +0100\n"},
    {"recipients", HEAD "Cc: x@example.com", ",\n u@example.com"},
    {"references", HEAD "References: <x@y>", "\n <1.2.abcdefghijklmnop@example.com>"},
    {"encoded words", HEAD "Comments: x\nSubject: x", "\n =?utf-8?q?a?= =?latin1?q?b?="},
    {"parameters", HEAD "Content-Type: text/plain", ";\n a=b"},
    {"html paragraphs", HTML, "<p>a <b>line</b> of</p>\n"},
    {"html nesting", HTML, "<div>"},
    {"html quotations", HTML, "<blockquote>a<br>"},
    {"html links", HTML, "<a href=\"https://example.net/\">a</a>"},
    {"html attributes", HTML, "<p style=\"color:red\" title=\"a\" class=b id=c>"},
    {"html entities", HTML, "&eacute;&#233;&bogus;"},
    {"html less-thans", HTML, "<"},
    {"html comments", HTML, "<!--"},
    {"calendar", HEAD "Content-Type: text/calendar\n\nBEGIN:VEVENT\n", "ATTENDEE;PARTSTAT=X:a\n"},
    {"report", HEAD "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n",
     "Action: x\n\n"},
    {"ids in a bounce", "From: mailer-daemon@x.example\nSubject: undeliverable\n\n", "<1.2.abcdefghijklmnop@x>\n"},
    {"base64", HEAD "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n",
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"},
};

static unsigned rounds = 5;

// Of this process alone: how busy the machine is otherwise is not the mail's.
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double once(const char *bytes, size_t len)
{
    static const char *values[16] = {"support@example.org", "",         "fixture-secret-0123456789", "+",
                                     "mx.example.org",      "automatic"};
    const struct adapter *ad = adapter_named("email");
    const struct adapter_account account = {.name = "main", .channel = ad->channel, .public_url = "", .values = values};
    const struct adapter_request r = {.method = "MAIL",
                                      .target = "",
                                      .body = bytes,
                                      .body_len = len,
                                      .peer = "",
                                      .mail_from = "<>",
                                      .rcpt = "support@example.org"};
    struct region m = {0};
    struct adapter_events events = {0};
    double began = now();
    ad->parse(&m, &account, &r, &events);
    region_free(&m);
    return now() - began;
}

static double cost(const char *bytes, size_t len)
{
    struct bench_series s = {0};
    once(bytes, len);
    for (unsigned i = 0; i < rounds; i++)
        bench_add(&s, once(bytes, len));
    return bench_median(&s);
}

static char *make(const struct made *how, size_t size, size_t *len)
{
    char *bytes = malloc(size + strlen(how->head) + strlen(how->unit) + 1);
    if (!bytes)
        bench_die("no memory");
    *len = (size_t)sprintf(bytes, "%s", how->head);
    for (size_t unit = strlen(how->unit); *len + unit <= size; *len += unit)
        memcpy(bytes + *len, how->unit, unit + 1);
    return bytes;
}

static double slowest;
static char slowest_name[300];

static void note(const char *name, double seconds)
{
    if (seconds <= slowest)
        return;
    slowest = seconds;
    snprintf(slowest_name, sizeof slowest_name, "%s", name);
}

static void take_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *e;
    struct region m = {0};
    if (!dir)
        bench_die("no folder %s", folder);
    while ((e = readdir(dir))) {
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(region_format(&m, "%s/%s", folder, e->d_name), "rb");
        static char bytes[1 << 20];
        size_t len = f ? fread(bytes, 1, sizeof bytes - 1, f) : 0;
        if (!f)
            continue;
        fclose(f);
        bytes[len] = 0;
        note(e->d_name, cost(bytes, len));
    }
    closedir(dir);
    region_free(&m);
}

static bool tell(const char *what)
{
    bool ok = slowest <= LOOP_SECONDS;
    printf("%s  %s: the slowest, %s, takes %.2f ms: %.1f of them in %.0f ms, aim >= 1\n", ok ? "ok  " : "MISS", what,
           slowest_name, slowest * 1000, LOOP_SECONDS / slowest, LOOP_SECONDS * 1000);
    slowest = 0;
    return ok;
}

int main(int argc, char **argv)
{
    size_t len, quick = adapter_named("email")->quick_max;
    if (argc < 2)
        bench_die("bench_mail MAILS [--rounds N]");
    if (argc > 3 && strcmp(argv[2], "--rounds") == 0)
        rounds = (unsigned)strtoul(argv[3], NULL, 10);
    take_folder(argv[1]);
    bool ok = tell("fixtures");
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char *bytes = make(&made[i], quick, &len);
        double seconds = cost(bytes, len);
        note(made[i].name, seconds);
        printf("      %-24s %4zu KiB %8.2f ms\n", made[i].name, len >> 10, seconds * 1000);
        free(bytes);
    }
    ok = tell("made to be slow") && ok;
    rounds = 1;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char *bytes = make(&made[i], 20u << 20, &len);
        note(made[i].name, cost(bytes, len));
        free(bytes);
    }
    printf("      20 MB, in a worker: the slowest, %s, takes %.0f ms\n", slowest_name, slowest * 1000);
    return !ok;
}
