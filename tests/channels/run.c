// SPDX-License-Identifier: Apache-2.0
// channel_fixtures [--accept] ADAPTER FOLDER: every FOLDER/*.in through the adapter, and what comes out beside it in *.expect. Prints the
// lines that differ and ends with 1 if there are any; --accept writes the expectations anew, to be read in the diff. Each fixture is run
// twice, for an adapter has no state; and what a request becomes must pass the daemon's own judgement of events.
#include <assert.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/triage_private.h"
#include "proto/json.h"
#include "proto/utf8.h"
#include "tests/channels/fixture.h"

enum { LONG_TEXT = 400 }; // longer texts are told by their beginning and length

struct run {
    const struct adapter *ad;
    const struct fixture *fx;
    FILE *out;
};

// ---- what came out, as text ----

static void print_bytes(FILE *out, const char *bytes, size_t len)
{
    size_t shown = len > 10 * LONG_TEXT ? LONG_TEXT : len;
    bool open = false;
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (!open)
            fputs("  |", out);
        open = c != '\n';
        if (c == '\n')
            fputs("\\n\n", out);
        else if (c == '\\')
            fputs("\\\\", out);
        else if (c < 32 || c == 127 || (c >= 128 && !utf8_valid(bytes, len)))
            fprintf(out, c == '\r' ? "\\r" : "\\x%02x", c);
        else
            fputc(c, out);
    }
    if (open)
        fputc('\n', out);
    if (shown < len)
        fprintf(out, "  ... %zu bytes\n", len);
}

static void shorten(json_t *value)
{
    const char *key;
    json_t *child;
    size_t i;
    json_object_foreach(value, key, child)
    {
        if (json_is_string(child) && json_string_length(child) > LONG_TEXT) {
            char text[128];
            snprintf(text, sizeof text, "%.40s... %zu characters", json_string_value(child), json_string_length(child));
            json_object_set_new(value, key, json_string_nocheck(text));
        } else {
            shorten(child);
        }
    }
    json_array_foreach(value, i, child) shorten(child);
}

static void print_message(FILE *out, const char *label, const ProtobufCMessage *message)
{
    char *text = json_write(message, NULL);
    json_t *tree = text ? json_loads(text, 0, NULL) : NULL;
    assert(tree);
    shorten(tree);
    char *pretty = json_dumps(tree, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    fprintf(out, "%s %s\n", label, pretty);
    free(pretty);
    json_decref(tree);
    free(text);
}

static void print_events(struct run *run, const struct adapter_events *events)
{
    static struct triage_fit fit;
    struct triage_fault fault;
    struct json_error err;
    if (!events->n)
        fputs("no events\n", run->out);
    for (size_t i = 0; i < events->n; i++) {
        print_message(run->out, "event", &events->v[i]->base);
        if (!proto_check_utf8(&events->v[i]->base, &err))
            fprintf(run->out, "NOT FIT: %s: %s\n", err.path, err.text);
        else if (!triage_check(events->v[i], &fit, &fault))
            fprintf(run->out, "NOT FIT: %s: %s: %s\n", fault.code, fault.field, fault.detail);
    }
}

// What the daemon does with files that came with a request, and what it is told of them.
static void store_files(struct run *run, struct region *m, const struct adapter_events *events)
{
    for (size_t i = 0; i < events->files_n; i++) {
        const struct adapter_file *f = &events->files[i];
        assert(f->event < events->n && f->attachment < events->v[f->event]->message->n_attachments);
        Throughline__V1__Attachment *a = events->v[f->event]->message->attachments[f->attachment];
        uint32_t sum = 0;
        for (size_t k = 0; k < f->len; k++)
            sum = sum * 31 + (unsigned char)f->bytes[k];
        a->url = region_format(m, "https://tl.example.test/media/%zu", i);
        fprintf(run->out, "file %zu.%zu %zu bytes, sum %08x%s%s%s\n", f->event, f->attachment, f->len, sum,
                f->in_place ? ", in place" : "", *f->content_id ? ", id " : "", f->content_id);
    }
}

static void print_reply(FILE *out, const struct adapter_reply *reply)
{
    fprintf(out, "reply %u%s%s\n", reply->status, reply->type ? " " : "", reply->type ? reply->type : "");
    if (reply->body)
        print_bytes(out, reply->body, strlen(reply->body));
}

static void print_call(FILE *out, const struct adapter_call *c)
{
    fprintf(out, "call %s %s\n", c->via == ADAPTER_SMTP ? "SMTP" : c->method, c->url);
    if (c->user)
        fprintf(out, "  user %s password %s\n", c->user, c->password);
    if (c->require_tls)
        fputs("  require tls\n", out);
    if (c->mail_from)
        fprintf(out, "  mail-from %s\n", c->mail_from);
    for (size_t i = 0; i < c->rcpt_n; i++)
        fprintf(out, "  rcpt %s\n", c->rcpt[i]);
    if (c->external_id)
        fprintf(out, "  external-id %s\n", c->external_id);
    for (size_t i = 0; i < c->headers_n; i++) {
        fprintf(out, "  header %s: %s\n", c->headers[i].name, c->headers[i].value);
        assert(!strpbrk(c->headers[i].name, "\r\n:") && !strpbrk(c->headers[i].value, "\r\n"));
    }
    print_bytes(out, c->body, c->body_len);
}

static void print_outcome(FILE *out, const struct adapter_outcome *o)
{
    static const char *const fates[] = {"?", "sent", "retry", "dead", "stopped", "gone", "unknown"};
    fprintf(out, "outcome %s\n", fates[o->fate]);
    if (o->external_id && o->external_id[0])
        fprintf(out, "  external-id %s\n", o->external_id);
    if (o->reason && o->reason[0])
        fprintf(out, "  reason %s\n", o->reason);
    if (o->retry_ms)
        fprintf(out, "  retry in %lld ms\n", (long long)o->retry_ms);
    if (o->account_trouble)
        fputs("  account trouble\n", out);
}

// ---- the steps ----

static void do_request(struct run *run, struct region *m, const struct fixture_step *s)
{
    static const char *const verdicts[] = {"genuine", "unsigned", "forged"};
    const char *space = strchr(s->argument, ' ');
    struct adapter_request r = {
        .method = space ? region_copy(m, s->argument, (size_t)(space - s->argument)) : s->argument,
        .target = space ? space + 1 : "",
        .headers = s->headers,
        .headers_n = s->headers_n,
        .body = s->body,
        .body_len = s->body_len,
        .now_ms = run->fx->now_ms,
        .peer = "192.0.2.1",
        .mail_from = s->mail_from,
        .rcpt = s->rcpt,
    };
    struct adapter_events events = {0};
    enum adapter_verdict verdict = run->ad->verify(&run->fx->account, &r);
    fprintf(run->out, "%s\n", verdicts[verdict]);
    if (verdict != ADAPTER_GENUINE)
        return;
    run->ad->parse(m, &run->fx->account, &r, &events);
    store_files(run, m, &events);
    print_events(run, &events);
    print_reply(run->out, events.reply ? events.reply : &run->ad->replies.done);
}

static ProtobufCMessage *read_json(const ProtobufCMessageDescriptor *d, const char *text)
{
    struct json_error err;
    ProtobufCMessage *message = json_read(d, text, strlen(text), &err);
    if (!message) {
        fprintf(stderr, "%s: %s: %s\n", d->name, err.path, err.text);
        exit(2);
    }
    return message;
}

static void do_deliver(struct run *run, struct region *m, const struct fixture_step *s)
{
    Throughline__V1__Entry *earlier[FIXTURE_EARLIER_MAX];
    struct adapter_bytes files[FIXTURE_EARLIER_MAX] = {0};
    struct adapter_context context = {.timeline = (const Throughline__V1__Entry *const *)earlier,
                                      .timeline_n = s->earlier_n,
                                      .files = s->enclosed_n ? files : NULL,
                                      .now_ms = run->fx->now_ms};
    struct adapter_call call = {0};
    const char *why = NULL;
    for (size_t i = 0; i < s->enclosed_n; i++)
        if (strcmp(s->enclosed[i], "-") != 0)
            files[i] = (struct adapter_bytes){s->enclosed[i], strlen(s->enclosed[i])};
    ProtobufCMessage *d = read_json(&throughline__v1__delivery__descriptor, s->body);
    for (size_t i = 0; i < s->earlier_n; i++)
        earlier[i] = (Throughline__V1__Entry *)read_json(&throughline__v1__entry__descriptor, s->earlier[i]);
    if (run->ad->render(m, &run->fx->account, (const Throughline__V1__Delivery *)d, &context, &call, &why))
        print_call(run->out, &call);
    else
        fprintf(run->out, "cannot: %s\n", why);
    for (size_t i = 0; i < s->earlier_n; i++)
        protobuf_c_message_free_unpacked(&earlier[i]->base, NULL);
    protobuf_c_message_free_unpacked(d, NULL);
}

static struct adapter_answer answer_of(const struct fixture_step *s, const char *status)
{
    return (struct adapter_answer){.status = (unsigned)atoi(status),
                                   .written = true,
                                   .headers = s->headers,
                                   .headers_n = s->headers_n,
                                   .body = s->body,
                                   .body_len = s->body_len,
                                   .error = ""};
}

static void classify(struct run *run, struct region *m, const struct adapter_answer *answer)
{
    struct adapter_outcome o = {0};
    if (run->ad->classify)
        run->ad->classify(m, &run->fx->account, answer, &o);
    else
        adapter_classify_http(m, answer, &o);
    print_outcome(run->out, &o);
}

static void do_answer(struct run *run, struct region *m, const struct fixture_step *s)
{
    struct adapter_answer answer = answer_of(s, s->argument);
    classify(run, m, &answer);
}

// "unanswered written TEXT" or "unanswered unwritten TEXT".
static void do_unanswered(struct run *run, struct region *m, const struct fixture_step *s)
{
    const char *text = strchr(s->argument, ' ');
    struct adapter_answer answer = {
        .written = strncmp(s->argument, "written", 7) == 0, .body = "", .error = text ? text + 1 : "no answer"};
    classify(run, m, &answer);
}

static void do_ask(struct run *run, struct region *m, const struct fixture_step *s)
{
    struct adapter_call call = {0};
    if (run->ad->ask(m, &run->fx->account, s->argument, run->fx->now_ms, &call))
        print_call(run->out, &call);
    else
        fputs("nothing to ask\n", run->out);
}

// "told STATUS CURSOR": the answer to what was asked from this cursor on.
static void do_told(struct run *run, struct region *m, const struct fixture_step *s)
{
    const char *cursor = strchr(s->argument, ' '), *next = NULL;
    struct adapter_answer answer = answer_of(s, s->argument);
    struct adapter_events events = {0};
    bool more = run->ad->told(m, &run->fx->account, cursor ? cursor + 1 : "", &answer, &events, &next);
    fprintf(run->out, "next %s%s\n", next ? next : "(unchanged)", more ? ", at once" : "");
    print_events(run, &events);
}

static void do_fetch(struct run *run, struct region *m, const struct fixture_step *s)
{
    struct adapter_call call = {0};
    if (run->ad->fetch && run->ad->fetch(m, &run->fx->account, s->argument, &call))
        print_call(run->out, &call);
    else
        fputs("not to be fetched\n", run->out);
}

static void do_configure(struct run *run, struct region *m, const struct fixture_step *s)
{
    const char *setting = "?", *wrong = NULL;
    (void)s;
    if (run->ad->configure)
        wrong = run->ad->configure(m, &run->fx->account, &setting);
    if (wrong)
        fprintf(run->out, "%s: %s\n", setting, wrong);
    else
        fputs("fine\n", run->out);
}

static const struct {
    const char *kind;
    void (*act)(struct run *run, struct region *m, const struct fixture_step *s);
} acts[] = {
    {"request", do_request}, {"deliver", do_deliver}, {"answer", do_answer}, {"unanswered", do_unanswered},
    {"ask", do_ask},         {"told", do_told},       {"fetch", do_fetch},   {"configure", do_configure},
};

// Everything that the fixture makes the adapter say; to be freed.
static char *run_fixture(const struct adapter *ad, const char *path)
{
    char *text = NULL;
    size_t len = 0;
    struct region m = {0};
    struct fixture *fx = region_new(&m, 1, sizeof(*fx));
    fixture_read(&m, ad, path, fx);
    struct run run = {.ad = ad, .fx = fx, .out = open_memstream(&text, &len)};
    assert(run.out);
    for (size_t i = 0; i < fx->n; i++) {
        struct region step = {0};
        fprintf(run.out, "%s== %s %.100s\n", i ? "\n" : "", fx->steps[i].kind, fx->steps[i].argument);
        for (size_t k = 0; k < sizeof acts / sizeof *acts; k++)
            if (strcmp(acts[k].kind, fx->steps[i].kind) == 0)
                acts[k].act(&run, &step, &fx->steps[i]);
        region_free(&step);
    }
    fclose(run.out);
    region_free(&m);
    return text;
}

// ---- expected and got ----

// Line by line from the first that differs; enough to see what happened, the rest is in --accept's diff.
static void show_difference(const char *path, const char *want, const char *got)
{
    int line = 1, shown = 0;
    while (*want && *want == *got) {
        const char *w = strchrnul(want, '\n'), *g = strchrnul(got, '\n');
        if (w - want != g - got || strncmp(want, got, (size_t)(w - want)) != 0)
            break;
        want = *w ? w + 1 : w;
        got = *g ? g + 1 : g;
        line++;
    }
    printf("%s: from line %d on\n", path, line);
    for (const char *p = want; *p && shown < 12; shown++) {
        const char *end = strchrnul(p, '\n');
        printf("  expected %.*s\n", (int)(end - p), p);
        p = *end ? end + 1 : end;
    }
    shown = 0;
    for (const char *p = got; *p && shown < 12; shown++) {
        const char *end = strchrnul(p, '\n');
        printf("  got      %.*s\n", (int)(end - p), p);
        p = *end ? end + 1 : end;
    }
}

static bool check_fixture(const struct adapter *ad, const char *folder, const char *name, bool accept)
{
    struct region m = {0};
    size_t len;
    const char *in = region_format(&m, "%s/%s", folder, name);
    const char *expect = region_format(&m, "%.*s.expect", (int)(strlen(in) - 3), in);
    char *got = run_fixture(ad, in), *again = run_fixture(ad, in);
    bool fine = strcmp(got, again) == 0 && !strstr(got, "NOT FIT");
    if (!fine)
        show_difference(in, strstr(got, "NOT FIT") ? "an event that the daemon takes\n" : got, again);
    if (accept) {
        FILE *f = fopen(expect, "wb");
        assert(f);
        fputs(got, f);
        fclose(f);
    } else {
        const char *want = fixture_file(&m, expect, &len);
        if (!want || strcmp(want, got) != 0) {
            show_difference(in, want ? want : "(no .expect)\n", got);
            fine = false;
        }
    }
    free(got);
    free(again);
    region_free(&m);
    return fine;
}

static int is_fixture(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 3 && strcmp(e->d_name + n - 3, ".in") == 0;
}

int main(int argc, char **argv)
{
    bool accept = argc > 1 && strcmp(argv[1], "--accept") == 0;
    if (argc != 3 + accept) {
        fprintf(stderr, "channel_fixtures [--accept] ADAPTER FOLDER\n");
        return 64;
    }
    const struct adapter *ad = adapter_named(argv[1 + accept]);
    const char *folder = argv[2 + accept];
    struct dirent **names;
    int n = scandir(folder, &names, is_fixture, alphasort), failed = 0;
    if (!ad || n <= 0) {
        fprintf(stderr, "%s: no such adapter, or no fixtures in %s\n", argv[1 + accept], folder);
        return 1;
    }
    for (int i = 0; i < n; i++) {
        failed += !check_fixture(ad, folder, names[i]->d_name, accept);
        free(names[i]);
    }
    free(names);
    printf("%d fixtures, %d differ\n", n, failed);
    return failed > 0;
}
