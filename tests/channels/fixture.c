// SPDX-License-Identifier: Apache-2.0
// Reads fixtures: line by line, no look-ahead. A mistake in one ends the program, for there is nothing to test then.
#include "tests/channels/fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/timestamp.h"

struct reader {
    struct region *m;
    const struct adapter *ad;
    const char *path;
    struct fixture *out;
    struct fixture_step *step; // NULL before the first
    int line;
};

static _Noreturn void die(const struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static _Noreturn void die(const struct reader *r, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fprintf(stderr, "%s:%d: ", r->path, r->line);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(2);
}

char *fixture_file(struct region *m, const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *text = region_new(m, (size_t)size + 1, 1);
    *len = fread(text, 1, (size_t)size, f);
    fclose(f);
    return text;
}

// ---- bodies ----

static void body_add(struct reader *r, const char *bytes, size_t len)
{
    struct fixture_step *s = r->step;
    char *body = region_new(r->m, s->body_len + len + 1, 1);
    if (s->body_len)
        memcpy(body, s->body, s->body_len);
    memcpy(body + s->body_len, bytes, len);
    s->body = body;
    s->body_len += len;
}

static void body_escaped(struct reader *r, const char *text)
{
    static const char letters[] = "nrt0\\", meant[] = "\n\r\t\0\\";
    char *out = region_new(r->m, strlen(text) + 1, 1);
    size_t n = 0;
    for (; *text; text++) {
        unsigned byte;
        const char *letter;
        if (*text != '\\') {
            out[n++] = *text;
        } else if (text[1] == 'x' && sscanf(text + 2, "%2x", &byte) == 1) {
            out[n++] = (char)byte;
            text += 3;
        } else if (text[1] && (letter = strchr(letters, text[1]))) {
            out[n++] = meant[letter - letters];
            text++;
        } else {
            die(r, "escapes are \\n \\r \\t \\0 \\\\ and \\xHH");
        }
    }
    body_add(r, out, n);
}

static void body_file(struct reader *r, const char *name)
{
    const char *slash = strrchr(r->path, '/');
    int dir = slash ? (int)(slash - r->path) : 0;
    size_t len;
    const char *path = region_format(r->m, "%.*s%s%s", dir, r->path, slash ? "/" : "", name);
    const char *text = fixture_file(r->m, path, &len);
    if (!text)
        die(r, "no such file: %s", path);
    body_add(r, text, len);
}

// "1000 ab": a thousand times ab.
static void body_repeat(struct reader *r, const char *argument)
{
    char *text;
    unsigned long n = strtoul(argument, &text, 10);
    text += *text == ' ';
    size_t each = strlen(text);
    char *all = region_new(r->m, n * each + 1, 1);
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * each, text, each);
    body_add(r, all, n * each);
}

// ---- lines ----

static void take_set(struct reader *r, char *argument)
{
    char *value = strchr(argument, ' ');
    if (value)
        *value++ = 0;
    for (size_t i = 0; r->ad->settings && r->ad->settings[i].name; i++)
        if (strcmp(r->ad->settings[i].name, argument) == 0) {
            r->out->values[i] = value ? value : "";
            return;
        }
    die(r, "%s has no setting %s", r->ad->name, argument);
}

static void take_now(struct reader *r, char *argument)
{
    int64_t seconds;
    int32_t nanos;
    if (timestamp_parse(argument, strlen(argument), &seconds, &nanos))
        die(r, "now wants a time such as 2026-11-25T20:00:00Z");
    r->out->now_ms = seconds * 1000 + nanos / 1000000;
}

static void take_header(struct reader *r, char *argument)
{
    char *colon = strstr(argument, ": ");
    if (!colon || r->step->headers_n == FIXTURE_HEADERS_MAX)
        die(r, "header wants Name: value, at most %d of them", FIXTURE_HEADERS_MAX);
    *colon = 0;
    r->step->headers[r->step->headers_n++] = (struct adapter_header){argument, colon + 2};
}

static void take_account(struct reader *r, char *argument)
{
    r->out->account.name = argument;
}
static void take_public_url(struct reader *r, char *argument)
{
    r->out->account.public_url = argument;
}
static void take_body_file(struct reader *r, char *argument)
{
    body_file(r, argument);
}
static void take_body_repeat(struct reader *r, char *argument)
{
    body_repeat(r, argument);
}
static void take_mail_from(struct reader *r, char *argument)
{
    r->step->mail_from = argument;
}
static void take_rcpt(struct reader *r, char *argument)
{
    r->step->rcpt = argument;
}
static void take_earlier(struct reader *r, char *argument)
{
    if (r->step->earlier_n == FIXTURE_EARLIER_MAX)
        die(r, "at most %d earlier entries", FIXTURE_EARLIER_MAX);
    r->step->earlier[r->step->earlier_n++] = argument;
}
static void take_enclosed(struct reader *r, char *argument)
{
    if (r->step->enclosed_n == FIXTURE_EARLIER_MAX)
        die(r, "at most %d enclosed files", FIXTURE_EARLIER_MAX);
    r->step->enclosed[r->step->enclosed_n++] = argument;
}

static const struct word {
    const char *word;
    void (*take)(struct reader *r, char *argument); // NULL: it begins a step
    bool of_step;
} words[] = {
    {"account", take_account, false},
    {"public-url", take_public_url, false},
    {"set", take_set, false},
    {"now", take_now, false},
    {"header", take_header, true},
    {"body-file", take_body_file, true},
    {"body-repeat", take_body_repeat, true},
    {"mail-from", take_mail_from, true},
    {"rcpt", take_rcpt, true},
    {"earlier", take_earlier, true},
    {"enclosed", take_enclosed, true},
    {"request", NULL, false},
    {"deliver", NULL, false},
    {"answer", NULL, false},
    {"unanswered", NULL, false},
    {"ask", NULL, false},
    {"told", NULL, false},
    {"fetch", NULL, false},
    {"configure", NULL, false},
};

static void begin_step(struct reader *r, const char *kind, const char *argument)
{
    if (r->out->n == FIXTURE_STEPS_MAX)
        die(r, "at most %d steps", FIXTURE_STEPS_MAX);
    r->step = &r->out->steps[r->out->n++];
    *r->step = (struct fixture_step){.kind = kind,
                                     .argument = argument,
                                     .line = r->line,
                                     .body = region_text(r->m, ""),
                                     .mail_from = "",
                                     .rcpt = ""};
}

static void take_line(struct reader *r, char *line)
{
    if (*line == '#' || *line == 0)
        return;
    if (*line == '|') {
        if (!r->step)
            die(r, "a body without a step");
        body_escaped(r, line + 1);
        return;
    }
    char *argument = strchr(line, ' ');
    if (argument)
        *argument++ = 0;
    else
        argument = line + strlen(line);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, line) != 0)
            continue;
        if (words[i].of_step && !r->step)
            die(r, "%s belongs to a step", line);
        if (words[i].take)
            words[i].take(r, argument);
        else
            begin_step(r, line, argument);
        return;
    }
    die(r, "no such line: %s", line);
}

void fixture_read(struct region *m, const struct adapter *ad, const char *path, struct fixture *out)
{
    struct reader r = {.m = m, .ad = ad, .path = path, .out = out};
    size_t len, settings = 0;
    char *text = fixture_file(m, path, &len), *next;
    if (!text)
        die(&r, "cannot be read");
    while (ad->settings && ad->settings[settings].name)
        settings++;
    *out = (struct fixture){.values = region_new(m, settings + 1, sizeof(char *))};
    for (size_t i = 0; i < settings; i++)
        out->values[i] = ad->settings[i].preset;
    out->account = (struct adapter_account){
        .name = "main", .channel = ad->channel, .public_url = "https://tl.example.test", .values = out->values};
    for (char *line = text; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        r.line++;
        take_line(&r, line);
    }
    if (out->n == 0)
        die(&r, "no step");
}
