// SPDX-License-Identifier: Apache-2.0
// One zone's file, read anew each time: the page cache keeps it, and who updates the database is heard at once. Times before the last
// transition are looked up, later ones follow the rule at the file's end ("CET-1CEST,M3.5.0,M10.5.0/3"). A file that is not as RFC 8536 says is no
// zone.
#include "daemon/base/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONES    "/usr/share/zoneinfo"
#define FILE_MAX 65536
#define DAY      86400
#define HEAD     44

static uint32_t be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

// ---- the rule behind the last transition ----

struct change { // Mm.w.d/time
    int month, week, day;
    int32_t time;
};
struct rule {
    int32_t standard, summer; // seconds ahead of UTC
    bool has_summer;
    struct change begin, end;
};

// [+-]hh[:mm[:ss]]
static const char *read_time(const char *s, int32_t *out)
{
    int32_t sign = *s == '-' ? -1 : 1, unit = 3600, sum = 0;
    s += *s == '-' || *s == '+';
    if (*s < '0' || *s > '9')
        return NULL;
    for (; unit; unit /= 60) {
        sum += (int32_t)strtol(s, (char **)&s, 10) * unit;
        if (*s != ':')
            break;
        s++;
    }
    *out = sign * sum;
    return s;
}

static const char *skip_name(const char *s)
{
    if (*s == '<') {
        s = strchr(s, '>');
        return s ? s + 1 : NULL;
    }
    const char *start = s;
    while ((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'))
        s++;
    return s > start ? s : NULL;
}

static const char *read_change(const char *s, struct change *c)
{
    int n = 0;
    c->time = 2 * 3600;
    if (!s || sscanf(s, ",M%d.%d.%d%n", &c->month, &c->week, &c->day, &n) != 3)
        return NULL;
    s += n;
    return *s == '/' ? read_time(s + 1, &c->time) : s;
}

static bool read_rule(const char *s, struct rule *r)
{
    int32_t west;
    s = skip_name(s);
    if (!s || !(s = read_time(s, &west)))
        return false;
    *r = (struct rule){.standard = -west, .summer = -west + 3600};
    if (!*s)
        return true;
    r->has_summer = true;
    s = skip_name(s);
    if (s && *s && *s != ',') {
        s = read_time(s, &west);
        r->summer = -west;
    }
    s = read_change(s, &r->begin);
    s = read_change(s, &r->end);
    return s && !*s;
}

// Days since 1970-01-01 of a date (proleptic Gregorian).
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t moment(int64_t year, const struct change *c, int32_t offset)
{
    int64_t first = days_of(year, c->month, 1);
    int weekday = (int)((first % 7 + 11) % 7); // of the month's first; 1970-01-01 was a Thursday
    int64_t day = first + (c->day - weekday + 7) % 7 + 7 * (c->week - 1);
    int64_t next = c->month == 12 ? days_of(year + 1, 1, 1) : days_of(year, c->month + 1, 1);
    while (day >= next)
        day -= 7;
    return day * DAY + c->time - offset;
}

static int32_t by_rule(const struct rule *r, int64_t t)
{
    if (!r->has_summer)
        return r->standard;
    int64_t year = 1970 + t / (365 * DAY + DAY / 4);
    while (days_of(year + 1, 1, 1) * DAY <= t + r->standard)
        year++;
    while (days_of(year, 1, 1) * DAY > t + r->standard)
        year--;
    int64_t begin = moment(year, &r->begin, r->standard), end = moment(year, &r->end, r->summer);
    bool summer = begin < end ? t >= begin && t < end : t >= begin || t < end;
    return summer ? r->summer : r->standard;
}

// ---- the file ----

struct counts {
    size_t isut, isstd, leap, time, type, chars;
};

static bool read_head(const unsigned char *p, size_t len, struct counts *c)
{
    if (len < HEAD || memcmp(p, "TZif", 4) != 0)
        return false;
    *c = (struct counts){be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40)};
    return c->isut < FILE_MAX && c->isstd < FILE_MAX && c->leap < FILE_MAX && c->time < FILE_MAX &&
           c->type < FILE_MAX && c->chars < FILE_MAX;
}

static size_t body_len(const struct counts *c, size_t time_size)
{
    return c->time * (time_size + 1) + c->type * 6 + c->chars + c->leap * (time_size + 4) + c->isstd + c->isut;
}

static bool look_up(const unsigned char *p, const struct counts *c, const char *footer, int64_t t, int32_t *offset)
{
    const unsigned char *times = p, *types = p + c->time * 8, *infos = types + c->time;
    struct rule r;
    size_t low = 0, high = c->time; // how many transitions are not after t
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (be64(times + middle * 8) <= t)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == c->time && *footer) {
        bool good = read_rule(footer, &r);
        *offset = good ? by_rule(&r, t) : 0;
        return good;
    }
    size_t type = low ? types[low - 1] : 0;
    if (type >= c->type)
        return false;
    *offset = (int32_t)be32(infos + type * 6);
    return true;
}

static bool read_file(const unsigned char *p, size_t len, int64_t t, int32_t *offset)
{
    struct counts c;
    if (!read_head(p, len, &c) || p[4] < '2')
        return false;
    size_t skip = HEAD + body_len(&c, 4);
    if (skip > len || !read_head(p + skip, len - skip, &c))
        return false;
    const unsigned char *body = p + skip + HEAD;
    size_t whole = skip + HEAD + body_len(&c, 8);
    char footer[128] = "";
    if (whole >= len || p[whole] != '\n')
        return false;
    const unsigned char *rest = p + whole + 1, *end = memchr(rest, '\n', len - whole - 1);
    if (!end || (size_t)(end - rest) >= sizeof footer)
        return false;
    memcpy(footer, rest, (size_t)(end - rest));
    return look_up(body, &c, footer, t, offset);
}

bool zone_offset(const char *name, int64_t unix_s, int32_t *offset)
{
    char path[256];
    static unsigned char bytes[FILE_MAX];
    *offset = 0;
    if (strcmp(name, "UTC") == 0)
        return true;
    if (strstr(name, "..") || name[0] == '/' || strlen(name) > 64)
        return false;
    snprintf(path, sizeof path, "%s/%s", ZONES, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return read_file(bytes, len, unix_s, offset);
}
