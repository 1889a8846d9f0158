// SPDX-License-Identifier: Apache-2.0
// Log lines. Owns the two settings and stderr's format; decides nothing about what is worth saying. Values are cut at
// LOG_VALUE_MAX and lines at LOG_LINE_MAX, so that no input can flood the log through one line; bytes that are not UTF-8 become
// U+FFFD. A line that cannot be written is lost: there is nobody to tell.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/quote.h"

#define LOG_VALUE_MAX 1024
#define LOG_LINE_MAX  8192

static struct {
    bool json;
    enum log_level least;
    int journal; // 0 = not asked yet, 1 = no, 2 = stderr goes to journald
} config = {.least = LOG_INFO};

static const struct {
    const char *name;
    char priority; // syslog's
} levels[] = {
    [LOG_DEBUG] = {"debug", '7'},
    [LOG_INFO] = {"info", '6'},
    [LOG_WARN] = {"warn", '4'},
    [LOG_ERROR] = {"error", '3'},
};

struct line {
    size_t len;
    char text[LOG_LINE_MAX];
};

static void put(struct line *l, const char *s, size_t n)
{
    size_t room = sizeof l->text - 1 - l->len; // one for the line feed
    if (n > room)
        n = room;
    memcpy(l->text + l->len, s, n);
    l->len += n;
}

static void put_text(struct line *l, const char *s)
{
    put(l, s, strlen(s));
}

static void put_quoted(struct line *l, const char *text)
{
    char quoted[QUOTE_SIZE(LOG_VALUE_MAX)];
    put(l, quoted, quote_json(quoted, sizeof quoted, text, strnlen(text, LOG_VALUE_MAX)));
}

// logfmt needs no quotes around words of printable ASCII.
static bool is_bare(const char *s)
{
    size_t n = 0;
    for (; s[n]; n++)
        if (s[n] <= ' ' || s[n] > '~' || s[n] == '"' || s[n] == '=' || s[n] == '\\' || n >= LOG_VALUE_MAX)
            return false;
    return n > 0;
}

static void put_field(struct line *l, const char *key, const char *text, int64_t number)
{
    char digits[24];
    bool first = l->len == 0 || l->text[l->len - 1] == '{' || l->text[l->len - 1] == '>';
    if (!first)
        put(l, config.json ? "," : " ", 1);
    if (config.json)
        put_quoted(l, key);
    else
        put_text(l, key);
    put(l, config.json ? ":" : "=", 1);
    if (!text) {
        snprintf(digits, sizeof digits, "%lld", (long long)number);
        put_text(l, digits);
    } else if (!config.json && is_bare(text)) {
        put_text(l, text);
    } else {
        put_quoted(l, text);
    }
}

static void put_time(struct line *l)
{
    struct timespec t;
    struct tm tm;
    char day[32], text[48];
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof text, "%s.%03ldZ", day, t.tv_nsec / 1000000);
    put_field(l, "time", text, 0);
}

// journald reads "<N>" as the priority; it announces itself with the device and inode of the stream it gave us.
static bool to_journal(void)
{
    if (!config.journal) {
        const char *stream = getenv("JOURNAL_STREAM");
        char own[48] = "";
        struct stat st;
        if (fstat(STDERR_FILENO, &st) == 0)
            snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
        bool ours = stream && *own && strcmp(stream, own) == 0;
        config.journal = ours ? 2 : 1;
    }
    return config.journal == 2;
}

void log_configure(bool json, enum log_level least)
{
    config.json = json;
    config.least = least;
    config.journal = 0;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, unsigned n)
{
    if (level < config.least)
        return;
    struct line l;
    l.len = 0;
    if (to_journal())
        put(&l, (char[]){'<', levels[level].priority, '>'}, 3);
    if (config.json)
        put(&l, "{", 1);
    put_time(&l);
    put_field(&l, "level", levels[level].name, 0);
    put_field(&l, "event", event, 0);
    for (unsigned i = 0; i < n && l.len < LOG_LINE_MAX - 6 * LOG_VALUE_MAX - 64; i++) // 6: \u0001
        put_field(&l, fields[i].key, fields[i].text, fields[i].number);
    if (config.json)
        put(&l, "}", 1);
    l.text[l.len++] = '\n';
    (void)!write(STDERR_FILENO, l.text, l.len);
}
