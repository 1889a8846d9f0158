// SPDX-License-Identifier: Apache-2.0
//
// story FILE.md: prints the file with every narrative in it told anew. A block marked `toml` is the configuration from there on;
// in a block marked `story` the lines that begin with a time say what somebody does, and those that are indented what came of
// it. What is due between two lines happens at its own time and is told as "time passes". All else is prose, and stays.
//
// A block begins its day with "on 2026-10-24" or "on 2026-10-24 in Europe/Berlin"; without one it is the day of the last.

#include "story.h"

#include "daemon/base/hours.h"
#include "daemon/config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

void story_fail(const struct story *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%zu: ", s->file, s->line);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

// ---- time ----

int64_t story_time(const struct story *s, const char *text, int64_t day_of)
{
    struct tm tm;
    time_t day = (time_t)(day_of / 1000);
    localtime_r(&day, &tm);
    const char *end = strchr(text, 'T') ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : strptime(text, "%H:%M:%S", &tm);
    if (!end || *end)
        story_fail(s, "'%s' is no time; expected 18:00:00 or 2026-10-25T18:00:00", text);
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm) * 1000;
}

const char *story_clock(int64_t wall)
{
    static char texts[4][16];
    static size_t turn;
    char *to = texts[turn++ % 4];
    time_t t = (time_t)(wall / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    strftime(to, sizeof texts[0], "%H:%M:%S", &tm);
    return to;
}

void story_step(struct story *s, struct router_input *in)
{
    struct router_effects out;
    in->number = ++s->number;
    in->at = s->wall - s->start;
    in->wall = s->wall;
    if (!router_step(s->r, in, &out))
        story_fail(s, "the router does not take this input");
    const char *why = router_check(s->r);
    if (why)
        story_fail(s, "%s", why);
    story_tell(s, &out);
}

static void tick(struct story *s)
{
    struct router_input in = {.kind = ROUTER_IN_TICK};
    story_step(s, &in);
}

// Each moment at which something is due, `until` included.
static void pass(struct story *s, int64_t until)
{
    for (int64_t due; (due = router_next_deadline(s->r)) <= until - s->start;) {
        char *text = NULL;
        size_t len = 0;
        FILE *real = stdout;
        stdout = open_memstream(&text, &len); // a moment at which nothing is to be seen is not told
        if (!stdout)
            abort();
        s->wall = s->start + due;
        tick(s);
        fclose(stdout);
        stdout = real;
        if (len)
            printf("%s  time passes\n%s", story_clock(s->wall), text);
        free(text);
    }
    s->wall = until;
}

// ---- configuration ----

static void compile_calendar(struct story *s, const struct router_calendar_view *v)
{
    struct hours_turns *t = calloc(1, sizeof *t);
    const struct router_calendar *def = &v->def;
    struct hours_words words = {def->zone, def->hours, def->hours_n, def->holidays, def->holidays_n};
    if (!t || !hours_compile(&words, s->wall / 1000 - DAY_S, s->wall / 1000 + 62LL * DAY_S, t))
        story_fail(s, "calendar %s cannot be read", def->name);
    struct router_input in = {.kind = ROUTER_IN_CALENDAR};
    in.calendar.name = def->name;
    in.calendar.defined = v->defined;
    in.calendar.turns = (struct router_turns){.open = t->open, .from = t->from * 1000, .until = t->until * 1000};
    for (size_t i = 0; i < t->n; i++)
        t->at[i] *= 1000;
    in.calendar.turns.turns = t->at;
    in.calendar.turns.turns_n = t->n;
    story_step(s, &in);
    free(t);
}

// As the daemon's leader does: when they came into force, and so that they are known ahead.
static void compile_calendars(struct story *s)
{
    struct router_calendar_view v;
    for (size_t i = 0; router_calendar_at(s->r, i, &v); i++)
        compile_calendar(s, &v);
}

static void configure(struct story *s, const char *text)
{
    struct config *c = NULL;
    struct config_errors errors = {0};
    int rc = config_load_text(text, strlen(text), &c, &errors);
    config_errors_print(&errors, s->file, stderr);
    if (rc != 0)
        exit(1);
    Throughline__V1__RoutingConfig *m = config_routing(c, "main");
    struct router_input in = {.kind = ROUTER_IN_CONFIG};
    if (!s->begun)
        s->start = s->wall = 1700000000000;
    if (!input_config(&s->scratch, m, &in.config))
        story_fail(s, "the configuration cannot be put in force");
    story_step(s, &in);
    compile_calendars(s);
    protobuf_c_message_free_unpacked(&m->base, NULL);
    config_free(c);
}

// ---- the file ----

static void begin_day(struct story *s, char *line)
{
    char day[64], zone[64] = "";
    if (sscanf(line, "on %60s in %60s", day, zone) < 1)
        story_fail(s, "expected: on 2026-10-24 [in Europe/Berlin]");
    if (*zone) {
        setenv("TZ", zone, 1);
        tzset();
    }
    strcat(day, "T00:00:00");
    int64_t begin = story_time(s, day, 0);
    if (!s->begun)
        s->start = s->wall = begin;
    s->begun = true;
    if (begin > s->wall)
        pass(s, begin);
    compile_calendars(s);
}

// Into words; what stands in quotes is one.
static size_t split(struct story *s, char *line, char **words)
{
    size_t n = 0;
    for (char *p = line; *p;) {
        p += strspn(p, " ");
        if (!*p)
            break;
        if (n == STORY_WORDS)
            story_fail(s, "too many words");
        bool quoted = *p == '"';
        p += quoted;
        words[n++] = p;
        p += strcspn(p, quoted ? "\"" : " ");
        if (*p)
            *p++ = '\0';
    }
    return n;
}

static void line_of_story(struct story *s, const char *line)
{
    char copy[512], *words[STORY_WORDS];
    if (!*line) {
        puts("");
        return;
    }
    if (*line == ' ' || strstr(line, "  time passes"))
        return; // told anew
    snprintf(copy, sizeof copy, "%s", line);
    if (strncmp(copy, "on ", 3) == 0) {
        begin_day(s, copy);
        puts(line);
        return;
    }
    size_t n = split(s, copy, words);
    if (n < 2)
        story_fail(s, "expected a time, and what somebody does");
    int64_t when = story_time(s, words[0], s->wall);
    if (when < s->wall)
        story_fail(s, "the time runs back");
    pass(s, when);
    puts(line);
    story_say(s, words + 1, n - 1);
}

enum block { PROSE, STORY, TOML, OTHER };

static enum block block_of(const char *fence)
{
    return strcmp(fence, "```story") == 0 ? STORY : strcmp(fence, "```toml") == 0 ? TOML : OTHER;
}

static void tell_file(struct story *s, FILE *f)
{
    static char toml[65536], line[4096];
    enum block in = PROSE;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        s->line++;
        bool fence = strncmp(line, "```", 3) == 0;
        if (in == STORY && !fence) {
            line_of_story(s, line);
            continue;
        }
        if (fence && in == TOML)
            configure(s, toml);
        puts(line);
        if (fence)
            in = in == PROSE ? block_of(line) : PROSE;
        if (fence && in == TOML) {
            memset(toml, '\n', s->line); // so that an error names the line of the story
            toml[s->line] = '\0';
        } else if (in == TOML) {
            strncat(toml, line, sizeof toml - strlen(toml) - 2);
            strcat(toml, "\n");
        }
    }
}

int main(int argc, char **argv)
{
    static struct story s;
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!f) {
        fprintf(stderr, "usage: story FILE.md\n");
        return 2;
    }
    s.file = argv[1];
    setenv("TZ", "UTC", 1);
    tzset();
    s.r = router_new();
    scratch_open(&s.scratch);
    tell_file(&s, f);
    scratch_close(&s.scratch);
    router_free(s.r);
    fclose(f);
    return 0;
}
