// SPDX-License-Identifier: Apache-2.0
// One readable line of an invitation (RFC 5545, RFC 5546): what, when, where. The file itself is attached whatever is read here.
#include <string.h>
#include <strings.h>

#include "channels/mail.h"

enum { VALUE_MAX = 300, LINES_MAX = 5000 };

struct calendar {
    struct region *m;
    const char *method, *summary, *start, *zone, *place, *answer;
    bool in_event;
};

// Lines that begin with a blank go on (3.1); what they go on with is appended.
static char *unfold(struct region *m, const char *text)
{
    char *out = region_new(m, strlen(text) + 1, 1), *to = out;
    for (; *text; text++) {
        if (*text == '\r')
            continue;
        if (*text == '\n' && (text[1] == ' ' || text[1] == '\t'))
            text++;
        else
            *to++ = *text;
    }
    *to = 0;
    return out;
}

static const char *unescape(struct region *m, const char *value, size_t len)
{
    char *out = region_new(m, len + 1, 1), *to = out;
    for (size_t i = 0; i < len; i++) {
        if (value[i] == '\\' && i + 1 < len) {
            i++;
            *to++ = value[i] == 'n' || value[i] == 'N' ? ' ' : value[i];
        } else {
            *to++ = value[i];
        }
    }
    return mail_line(m, out, VALUE_MAX);
}

static const char *parameter(struct region *m, const char *line, size_t len, const char *name)
{
    const char *at = memmem(line, len, name, strlen(name));
    return at ? mail_line(m, region_copy(m, at + strlen(name), strcspn(at + strlen(name), ";:\"\n")), 60) : "";
}

// 20261126T100000Z -> 2026-11-26 10:00 UTC
static const char *readable_time(struct region *m, const char *v)
{
    size_t date = strspn(v, "0123456789"), time = date == 8 && v[8] == 'T' ? strspn(v + 9, "0123456789") : 0;
    if (date != 8)
        return v;
    if (time < 4)
        return region_format(m, "%.4s-%.2s-%.2s", v, v + 4, v + 6);
    return region_format(m, "%.4s-%.2s-%.2s %.2s:%.2s%s", v, v + 4, v + 6, v + 9, v + 11,
                         v[9 + time] == 'Z' ? " UTC" : "");
}

static bool is_named(const char *line, size_t len, const char *name)
{
    size_t n = strlen(name);
    return len > n && strncasecmp(line, name, n) == 0 && (line[n] == ':' || line[n] == ';');
}

static void take_line(struct calendar *c, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    const char *value = colon ? unescape(c->m, colon + 1, len - (size_t)(colon + 1 - line)) : "";
    if (is_named(line, len, "METHOD"))
        c->method = value;
    else if (is_named(line, len, "BEGIN") && strcasecmp(value, "VEVENT") == 0)
        c->in_event = true;
    else if (c->in_event && is_named(line, len, "SUMMARY") && !*c->summary)
        c->summary = value;
    else if (c->in_event && is_named(line, len, "LOCATION") && !*c->place)
        c->place = value;
    else if (c->in_event && is_named(line, len, "ATTENDEE") && !*c->answer)
        c->answer = parameter(c->m, line, len, "PARTSTAT=");
    else if (c->in_event && is_named(line, len, "DTSTART") && !*c->start) {
        c->start = readable_time(c->m, value);
        c->zone = parameter(c->m, line, len, "TZID=");
    }
}

static const char *kind_of(const struct calendar *c)
{
    static const struct {
        const char *method, *answer, *kind;
    } kinds[] = {{"CANCEL", NULL, "Cancelled"},         {"REPLY", "ACCEPTED", "Accepted"},
                 {"REPLY", "DECLINED", "Declined"},     {"REPLY", "TENTATIVE", "Perhaps"},
                 {"COUNTER", NULL, "Another proposal"}, {"REQUEST", NULL, "Invitation"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(kinds[i].method, c->method) == 0 &&
            (!kinds[i].answer || strcasecmp(kinds[i].answer, c->answer) == 0))
            return kinds[i].kind;
    return "Event";
}

const char *mail_calendar(struct region *m, const char *text)
{
    struct calendar c = {m, "", "", "", "", "", "", false};
    int left = LINES_MAX;
    for (char *p = unfold(m, text); *p && left > 0; left--) {
        size_t len = strcspn(p, "\n");
        take_line(&c, p, len);
        p += len + (p[len] != 0);
    }
    if (!*c.summary && !*c.start)
        return "";
    return region_format(m, "[%s: %s%s%s%s%s%s%s%s]", kind_of(&c), c.summary, *c.start ? ", " : "", c.start,
                         *c.zone ? " (" : "", c.zone, *c.zone ? ")" : "", *c.place ? ", " : "", c.place);
}
