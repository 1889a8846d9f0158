// SPDX-License-Identifier: Apache-2.0
// Output for people: entries, safe text.
#include "cli/print.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool print_styled(void)
{
    static int styled = -1;
    if (styled < 0) {
        const char *off = getenv("NO_COLOR"), *term = getenv("TERM");
        styled = isatty(STDOUT_FILENO) && !(off && *off) && term && strcmp(term, "dumb") != 0;
    }
    return styled == 1;
}

const char *print_bold(void)
{
    return print_styled() ? "\033[1m" : "";
}

const char *print_dim(void)
{
    return print_styled() ? "\033[2m" : "";
}

const char *print_plain(void)
{
    return print_styled() ? "\033[0m" : "";
}

const json_t *print_member(const json_t *object, const char *path)
{
    while (object && *path) {
        const char *dot = strchr(path, '.');
        char name[64];
        size_t len = dot ? (size_t)(dot - path) : strlen(path);
        if (len >= sizeof name)
            return NULL;
        memcpy(name, path, len);
        name[len] = 0;
        object = json_object_get(object, name);
        path += len + (dot ? 1 : 0);
    }
    return object;
}

// PRESENCE_STATE_AWAY -> away: enum values are upper-case words after one of these prefixes.
static const char *print_enum(const char *text, char *out, size_t size)
{
    static const char *const prefixes[] = {"RESPONSE_KEPT_",  "RESPONSE_",       "WAIT_KIND_",   "PRESENCE_STATE_",
                                           "WORK_STATE_",     "REASON_",         "REFUSAL_",     "EXCLUSION_",
                                           "DELIVERY_STATE_", "CHANNEL_",        "EVIDENCE_",    "EVENT_STATUS_",
                                           "CHANGE_KIND_",    "BEHIND_",         "SUPERVISION_", "CAUSE_",
                                           "ROLE_",           "CONDITION_KIND_", "SAID_BY_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t len = strlen(prefixes[i]);
        if (strncmp(text, prefixes[i], len) != 0)
            continue;
        size_t n = 0;
        for (const char *p = text + len; *p && n + 1 < size; p++)
            out[n++] = *p == '_' ? ' ' : (char)tolower((unsigned char)*p);
        out[n] = 0;
        return out;
    }
    return text;
}

// C0, DEL and C1, which a terminal may obey.
static bool print_is_control(const unsigned char *p)
{
    return *p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f);
}

// A name or a word as it may stand on a line: itself, or a copy without what is not text.
static const char *print_line(const char *text, char *out, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p && !print_is_control(p))
        p++;
    if (!*p)
        return text;
    size_t n = 0;
    for (p = (const unsigned char *)text; *p && n + 1 < size; p++) {
        bool control = print_is_control(p);
        out[n++] = control ? '?' : (char)*p;
        p += control && *p == 0xc2;
    }
    out[n] = 0;
    return out;
}

const char *print_text(const json_t *object, const char *path)
{
    static char buffers[4][1024];
    static unsigned turn;
    char *out = buffers[turn++ % 4];
    const json_t *v = print_member(object, path);
    if (json_is_string(v))
        return print_line(print_enum(json_string_value(v), out, sizeof buffers[0]), out, sizeof buffers[0]);
    if (json_is_integer(v))
        snprintf(out, sizeof buffers[0], "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    else if (json_is_boolean(v))
        snprintf(out, sizeof buffers[0], "%s", json_is_true(v) ? "yes" : "no");
    else if (json_is_array(v) || json_is_object(v))
        snprintf(out, sizeof buffers[0], "%zu", json_is_array(v) ? json_array_size(v) : json_object_size(v));
    else
        out[0] = 0;
    return out;
}

json_int_t print_number(const json_t *object, const char *path)
{
    const json_t *v = print_member(object, path);
    return json_is_string(v) ? strtoll(json_string_value(v), NULL, 10) : json_integer_value(v);
}

bool print_blank(const char *text)
{
    return !text[strspn(text, " \t\r")];
}

void print_safe(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f; // U+0080..U+009F
        if (*p == '\n')
            fputs("\n        ", stdout);
        else if (*p < 0x20 || *p == 0x7f)
            printf("\\x%02x", *p);
        else if (c1)
            printf("\\x%02x", *++p);
        else
            putchar(*p);
    }
}

void print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);
    putchar('\n');
    fflush(stdout);
}

// What an entry says, where it is not a message.
static const char *print_happening(const json_t *entry)
{
    static const struct {
        const char *member, *words;
    } kinds[] = {{"callStarted", "calls"},
                 {"callEnded", "hangs up"},
                 {"chatOpened", "opens the chat"},
                 {"chatClosed", "closes the chat"},
                 {"unparsed", "sent something unreadable"},
                 {"reaction", "reacts"},
                 {"consent", "sent a word about messages"},
                 {"dtmf", "presses keys"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (json_object_get(entry, kinds[i].member))
            return kinds[i].words;
    return "";
}

// The others who got it, and how much is folded away below the words.
static void print_around(const json_t *message)
{
    const json_t *others = json_object_get(message, "participants"), *one;
    const char *quoted = json_string_value(json_object_get(message, "quoted"));
    size_t i, lines = quoted && *quoted;
    json_array_foreach(others, i, one)
    {
        const char *handle = json_string_value(one), *address = handle ? strchr(handle, ':') : NULL;
        fputs(i ? ", " : " [also to ", stdout);
        print_safe(address ? address + 1 : "?");
    }
    fputs(json_array_size(others) ? "]" : "", stdout);
    for (const char *p = quoted; p && *p; p++)
        lines += *p == '\n' && p[1];
    if (lines)
        printf(" %s[%zu line%s quoted]%s", print_dim(), lines, lines > 1 ? "s" : "", print_plain());
}

void print_entry(const json_t *entry, const char *customer)
{
    char clock[16] = "--:--";
    time_t at = (time_t)(print_number(entry, "wallMs") / 1000);
    struct tm tm;
    if (at && localtime_r(&at, &tm))
        strftime(clock, sizeof clock, "%H:%M", &tm);
    const char *agent = print_text(entry, "author.agent");
    const char *participant = print_text(entry, "author.participant"), *itself = print_text(entry, "author.system");
    const char *who = *agent                  ? agent
                      : *itself               ? itself
                      : *participant          ? participant
                      : customer && *customer ? customer
                                              : "customer";
    printf("  %s%s  %-6s%s %s", print_dim(), clock, print_text(entry, "channel"), print_plain(), print_bold());
    print_safe(who);
    printf("%s%s: ", print_plain(), json_is_true(json_object_get(entry, "note")) ? " (note)" : "");
    const json_t *message = json_object_get(entry, "message");
    const char *subject = json_string_value(json_object_get(message, "subject"));
    const char *text = json_string_value(json_object_get(message, "text"));
    if (subject && *subject) {
        print_safe(subject);
        fputs(" | ", stdout);
    }
    print_safe(message ? (text ? text : "") : print_happening(entry));
    const char *callback = print_text(entry, "callEnded.callback");
    fputs(*callback ? ", to be called back at " : "", stdout);
    print_safe(callback);
    size_t files = json_array_size(json_object_get(message, "attachments"));
    if (files)
        printf(" [%zu attachment%s]", files, files > 1 ? "s" : "");
    print_around(message);
    putchar('\n');
}
