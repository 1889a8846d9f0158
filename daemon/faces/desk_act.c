// SPDX-License-Identifier: Apache-2.0
// What each desk command means, where it does not go into the log as it is (desk_plain.c): words, links, what is answered at once. Only
// the form is judged here; whether the agent may is judged in the fold, by all nodes alike.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/faces/accounts.h"
#include "daemon/faces/desk.h"
#include "proto/handle.h"
#include "proto/utf8.h"

#define TEXT_MAX        65536
#define SUBJECT_MAX     1024
#define ATTACHMENTS_MAX 16

static bool fault(struct desk_fault *f, const char *code, const char *field, const char *detail)
{
    *f = (struct desk_fault){.code = code, .field = field, .detail = detail};
    return false;
}

static bool bounded(struct desk_fault *f, const char *value, size_t max, const char *field)
{
    return strlen(value) <= max || fault(f, "too_long", field, "the value is too long");
}

static void log_command(struct desk *d, struct desk_pending *p, Throughline__V1__Command *command,
                        uint64_t conversation, const Throughline__V1__Entry *entry)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    char key[160];
    size_t len = entry ? throughline__v1__entry__get_packed_size(entry) : 0;
    uint8_t *bytes = entry ? xcalloc(1, len + 1) : NULL;
    if (entry)
        throughline__v1__entry__pack(entry, bytes);
    snprintf(key, sizeof key, "%s:%s", d->session, p->command->client_id);
    command->session = d->session;
    command->client_id = p->command->client_id;
    command->agent = d->agent;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_COMMAND;
    in.command = command;
    core_command(d->all->face->core, &in, key, conversation, bytes, len, desk_on_stored, d->all, p->id);
    free(bytes);
}

// ---- words ----

static bool message_is_sound(const Throughline__V1__Message *m, struct desk_fault *f)
{
    if (!m || (!*m->text && !m->n_attachments))
        return fault(f, "missing_field", "send.message", "needs a text or an attachment");
    if (m->n_attachments > ATTACHMENTS_MAX)
        return fault(f, "too_many", "send.message.attachments", "at most 16 attachments");
    for (size_t i = 0; i < m->n_attachments; i++) {
        const Throughline__V1__Attachment *a = m->attachments[i];
        bool has_bytes = strncmp(a->url, "https://", 8) == 0 || triage_is_kept_file(a->url, strlen(a->url));
        if (!has_bytes || strlen(a->url) > 2048 || strlen(a->name) > 255 || *a->missing)
            return fault(f, "invalid_field", "send.message.attachments",
                         "needs an https URL, or the url that POST /v1/media gave, and a short name");
    }
    if (*m->quoted || *m->html || *m->message_id || m->n_references || m->n_participants)
        return fault(f, "invalid_field", "send.message", "holds text, a subject and attachments only");
    return bounded(f, m->text, TEXT_MAX, "send.message.text") &&
           bounded(f, m->subject, SUBJECT_MAX, "send.message.subject");
}

// The session through which words would go: of the channel asked for (else the current one), the one used last.
static const struct router_session *session_for(const struct router_work_view *w, const Throughline__V1__Send *s)
{
    enum router_channel channel = s->channel ? (enum router_channel)s->channel : w->channel_now;
    const struct router_session *best = NULL;
    for (size_t i = 0; i < w->sessions_n; i++) {
        const struct router_session *x = &w->sessions[i];
        if (x->channel != channel || (*s->account && strcmp(x->account, s->account) != 0) ||
            (*s->handle && strcmp(x->handle, s->handle) != 0))
            continue;
        if (!best || x->last_word >= best->last_word)
            best = x;
    }
    return best;
}

// Where words go when the conversation has not used that way yet: named by the agent, checked against the customer.
static bool open_channel(struct desk *d, const Throughline__V1__Send *s, char handle[HANDLE_MAX],
                         Throughline__V1__Sent *sent, struct desk_fault *f)
{
    const char *why = NULL;
    uint32_t channel = account_channel(d->all->face, s->account);
    if (!channel || (s->channel && channel != s->channel))
        return fault(f, "unknown_account", "send.account", "no such account on this channel");
    if (!handle_normalise(s->handle, handle, &why))
        return fault(f, "invalid_handle", "send.handle", why);
    sent->channel = (Throughline__V1__Channel)channel;
    sent->account = s->account;
    sent->handle = handle;
    return true;
}

static void log_words(struct desk *d, struct desk_pending *p, Throughline__V1__Sent *sent, bool simulated)
{
    const Throughline__V1__Send *s = p->command->send;
    Throughline__V1__Author author = THROUGHLINE__V1__AUTHOR__INIT;
    author.who_case = THROUGHLINE__V1__AUTHOR__WHO_AGENT;
    author.agent = d->agent;
    Throughline__V1__Entry entry = THROUGHLINE__V1__ENTRY__INIT;
    entry.author = &author;
    entry.channel = sent->channel;
    entry.account = sent->account;
    entry.handle = sent->handle;
    entry.simulated = simulated;
    entry.client_id = p->command->client_id;
    entry.body_case = THROUGHLINE__V1__ENTRY__BODY_MESSAGE;
    entry.message = s->message;
    Throughline__V1__Command command = THROUGHLINE__V1__COMMAND__INIT;
    command.act_case = THROUGHLINE__V1__COMMAND__ACT_SEND;
    command.send = sent;
    log_command(d, p, &command, s->conversation, &entry);
}

static bool act_send(struct desk *d, struct desk_pending *p, struct desk_fault *f)
{
    const Throughline__V1__Send *s = p->command->send;
    char handle[HANDLE_MAX];
    struct router_work_view w;
    if (!message_is_sound(s->message, f))
        return false;
    Throughline__V1__Sent sent = THROUGHLINE__V1__SENT__INIT;
    sent.conversation = s->conversation;
    sent.channel = s->channel;
    bool open = router_work_of_conversation(core_router(d->all->face->core), s->conversation, &w);
    const struct router_session *session = open ? session_for(&w, s) : NULL;
    if (session) { // said by value, so that the timeline and the delivery cannot differ
        sent.channel = (Throughline__V1__Channel)session->channel;
        sent.account = (char *)session->account;
        sent.handle = (char *)session->handle;
    } else if ((*s->account || *s->handle) && !desk_sees_customer(d)) {
        return fault(f, "forbidden", "send.handle",
                     "you see the conversation at hand only, and it is not held by this handle");
    } else if (*s->account || *s->handle) {
        if (!open_channel(d, s, handle, &sent, f))
            return false;
        if (open && !p->checked) {
            handle_ask(d, p, w.customer, handle);
            return true;
        }
    }
    log_words(d, p, &sent, session && session->simulated);
    return true;
}

static bool act_note(struct desk *d, struct desk_pending *p, struct desk_fault *f)
{
    const Throughline__V1__Note *n = p->command->note;
    if (!*n->text)
        return fault(f, "missing_field", "note.text", "a note has words");
    if (!bounded(f, n->text, TEXT_MAX, "note.text"))
        return false;
    Throughline__V1__Message message = THROUGHLINE__V1__MESSAGE__INIT;
    message.text = n->text;
    Throughline__V1__Author author = THROUGHLINE__V1__AUTHOR__INIT;
    author.who_case = THROUGHLINE__V1__AUTHOR__WHO_AGENT;
    author.agent = d->agent;
    Throughline__V1__Entry entry = THROUGHLINE__V1__ENTRY__INIT;
    entry.author = &author;
    entry.note = true;
    entry.client_id = p->command->client_id;
    entry.body_case = THROUGHLINE__V1__ENTRY__BODY_MESSAGE;
    entry.message = &message;
    Throughline__V1__Noted noted = THROUGHLINE__V1__NOTED__INIT;
    noted.conversation = n->conversation;
    Throughline__V1__Command command = THROUGHLINE__V1__COMMAND__INIT;
    command.act_case = THROUGHLINE__V1__COMMAND__ACT_NOTE;
    command.note = &noted;
    log_command(d, p, &command, n->conversation, &entry);
    return true;
}

// ---- who the customer is ----

static bool link_act(const Throughline__V1__Link *l, struct store_identity *a, struct desk_fault *f)
{
    static const enum store_identity_act acts[] = {
        [THROUGHLINE__V1__LINK__ACT_CONFIRM] = STORE_LINK,
        [THROUGHLINE__V1__LINK__ACT_DISMISS] = STORE_DISMISS,
        [THROUGHLINE__V1__LINK__ACT_MERGE] = STORE_MERGE,
        [THROUGHLINE__V1__LINK__ACT_UNMERGE] = STORE_UNMERGE,
    };
    if (l->act_case == THROUGHLINE__V1__LINK__ACT__NOT_SET || (size_t)l->act_case >= sizeof acts / sizeof *acts)
        return fault(f, "missing_field", "link", "needs confirm, dismiss, merge or unmerge");
    a->act = acts[l->act_case];
    if (a->act == STORE_MERGE)
        a->other = l->merge;
    else if (a->act == STORE_UNMERGE)
        a->other = l->unmerge;
    else
        a->handle = l->act_case == THROUGHLINE__V1__LINK__ACT_CONFIRM ? l->confirm : l->dismiss;
    return true;
}

static bool act_link(struct desk *d, struct desk_pending *p, struct desk_fault *f)
{
    const Throughline__V1__Link *l = p->command->link;
    struct store_identity a = {
        .tenant = d->all->face->tenant, .customer = l->customer, .agent = d->agent, .handle = ""};
    char key[160], handle[HANDLE_MAX];
    const char *why = NULL;
    if (!link_act(l, &a, f))
        return false;
    if (!desk_sees_customer(d))
        return fault(f, "forbidden", "link", "you see the conversation at hand only");
    if (!desk_concerns_customer(d, l->customer))
        return fault(f, "forbidden", "link.customer", "you have nothing in hand of this customer");
    if (a.act == STORE_MERGE && !desk_concerns_customer(d, a.other)) // else ids were enough to read anybody's story
        return fault(f, "forbidden", "link.merge", "you have nothing in hand of this customer: ask a supervisor");
    if (*a.handle && !handle_normalise(a.handle, handle, &why))
        return fault(f, "invalid_handle", "link", why);
    a.handle = *a.handle ? handle : "";
    Throughline__V1__CustomerChanged changed = THROUGHLINE__V1__CUSTOMER_CHANGED__INIT;
    changed.customer = a.customer;
    changed.other = a.other;
    changed.agent = d->agent;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_CUSTOMER_CHANGED;
    in.customer_changed = &changed;
    in.boot = (char *)core_boot(d->all->face->core);
    uint8_t bytes[512];
    a.input_len = throughline__v1__input__pack(&in, bytes);
    a.input = bytes;
    snprintf(key, sizeof key, "%s:%s", d->session, p->command->client_id);
    a.key = key;
    store_identity(d->all->face->store, &a, desk_on_stored, d->all, p->id);
    return true;
}

static bool act_logout(struct desk *d, struct desk_pending *p, struct desk_fault *f)
{
    (void)f;
    Throughline__V1__DeskClosed closed = THROUGHLINE__V1__DESK_CLOSED__INIT;
    closed.session = d->session;
    closed.logout = true;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_DESK_CLOSED;
    in.desk_closed = &closed;
    core_append(d->all->face->core, &in, desk_on_stored, d->all, p->id);
    return true;
}

bool desk_act(struct desk *d, struct desk_pending *p, struct desk_fault *f)
{
    static bool (*const special[])(struct desk *, struct desk_pending *, struct desk_fault *) = {
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_SEND] = act_send,
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_NOTE] = act_note,
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_LINK] = act_link,
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_LOGOUT] = act_logout,
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_SUPERVISE] = desk_supervise,
    };
    size_t kind = (size_t)p->command->command_case;
    Throughline__V1__Command command = THROUGHLINE__V1__COMMAND__INIT;
    if (kind < sizeof special / sizeof *special && special[kind])
        return special[kind](d, p, f);
    if (!desk_plain(p->command, &command, f))
        return false;
    log_command(d, p, &command, 0, NULL);
    return true;
}

// ---- what is answered at once, and never logged ----

static void publish(struct desk *d, const char *topic, const ProtobufCMessage *m)
{
    uint8_t bytes[64];
    size_t len = protobuf_c_message_get_packed_size(m);
    if (len <= sizeof bytes)
        store_publish(d->all->face->store, d->all->face->tenant, topic, bytes, protobuf_c_message_pack(m, bytes));
}

static bool act_typing(struct desk *d, const Throughline__V1__DeskCommand *c, struct desk_fault *f)
{
    if (!desk_is_heard(d, c->typing->conversation))
        return fault(f, "forbidden", "typing.conversation",
                     "it is not in your hands, or the customer does not hear you");
    publish(d, FACE_TOPIC_TYPING, &c->typing->base);
    return true;
}

static bool act_read(struct desk *d, const Throughline__V1__DeskCommand *c, struct desk_fault *f)
{
    if (!desk_is_heard(d, c->read->conversation))
        return fault(f, "forbidden", "read.conversation", "it is not in your hands, or the customer does not hear you");
    publish(d, FACE_TOPIC_READ, &c->read->base);
    return true;
}

static bool act_watch(struct desk *d, const Throughline__V1__DeskCommand *c, struct desk_fault *f)
{
    (void)f;
    d->watch = c->watch->queues;
    if (d->watch)
        desk_send_queues(d);
    return true;
}

static bool act_read_timeline(struct desk *d, const Throughline__V1__DeskCommand *c, struct desk_fault *f)
{
    if (c->read_timeline->limit < 1 || c->read_timeline->limit > DESK_TIMELINE_MAX)
        return fault(f, "out_of_range", "read_timeline.limit", "must be 1 to 200");
    if (d->asks_n >= DESK_ASKS_MAX)
        return fault(f, "too_many", "read_timeline", "16 timelines are being read");
    timeline_ask(d, c->read_timeline);
    return true;
}

bool desk_act_at_once(struct desk *d, const Throughline__V1__DeskCommand *c, struct desk_fault *f)
{
    static bool (*const acts[])(struct desk *, const Throughline__V1__DeskCommand *, struct desk_fault *) = {
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_TYPING] = act_typing,
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_READ] = act_read,
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_WATCH] = act_watch,
        [THROUGHLINE__V1__DESK_COMMAND__COMMAND_READ_TIMELINE] = act_read_timeline,
    };
    return acts[c->command_case](d, c, f);
}
