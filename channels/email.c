// SPDX-License-Identifier: Apache-2.0
// The email adapter: a mail becomes a message, or news of one of ours; a message becomes a mail. What is in a mail is read by mail_read.c, what
// its headers mean by mail_head.c and mail_machine.c, which words are a person's own by mail_quote.c. Here is what is made of it: sender,
// conversation, authenticity, and the event. docs/reference/channels-email.md tells all of it to people.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "channels/adapter.h"
#include "channels/mail.h"
#include "proto/handle.h"

#define UNKNOWN_SENDER "email:unknown@unknown.invalid"

enum { THREADS_MAX = 16 };

static const struct adapter_setting settings[] = {
    [MAIL_ADDRESS] = {"address", ADAPTER_TEXT, true, NULL, 3, 200, "support@example.org",
                      "The address that customers write to, and that messages come from."},
    [MAIL_FROM_NAME] = {"from_name", ADAPTER_TEXT, false, "", 0, 200, "Example Support",
                        "The name beside the address."},
    [MAIL_SECRET] = {"secret", ADAPTER_SECRET, true, NULL, 16, 200, "env:MAIL_SECRET",
                     "Signs reply addresses, bounce addresses and Message-Ids; a change of it parts replies from what "
                     "they answer."},
    [MAIL_DELIMITER] = {"delimiter", ADAPTER_CHOICE, false, "+", 0, 0,
                        "+|-|=", "What the mail server takes for the beginning of an address' extension."},
    [MAIL_AUTHSERV] =
        {"authserv_id", ADAPTER_TEXT, false, "", 0, 200, "mx.example.org",
         "Name under which the own mail server writes Authentication-Results; absent = nobody is authenticated."},
    [MAIL_LISTS] =
        {"lists", ADAPTER_CHOICE, false, "automatic", 0, 0, "automatic|people",
         "Mail from lists: newsletters (automatic), or people who write to a group address that forwards (people)."},
    [MAIL_SMTP] = {"smtp", ADAPTER_TEXT, false, "", 0, 300, "smtp://mail.example.org:587",
                   "The server that takes messages in, smtp:// or smtps:// and host:port; absent = none can be sent."},
    [MAIL_SMTP_USER] = {"smtp_user", ADAPTER_TEXT, false, "", 0, 200, "support", "User at that server; absent = none."},
    [MAIL_SMTP_PASSWORD] = {"smtp_password", ADAPTER_SECRET, false, "", 0, 500, "env:SMTP_PASSWORD", "Their password."},
    [MAIL_SMTP_TLS] = {"smtp_tls", ADAPTER_SWITCH, false, "true", 0, 0, NULL,
                       "Send only over TLS; false where the server is on the same machine."},
    [MAIL_IMAP] =
        {"imap", ADAPTER_TEXT, false, "", 0, 300, "imaps://mail.example.org",
         "A mailbox to read, imaps://host[:port]; imap:// on this machine only. Absent = mail comes by LMTP."},
    [MAIL_IMAP_USER] = {"imap_user", ADAPTER_TEXT, false, "", 0, 200, "support", "Its user."},
    [MAIL_IMAP_PASSWORD] = {"imap_password", ADAPTER_SECRET, false, "", 0, 500, "env:IMAP_PASSWORD", "Their password."},
    [MAIL_IMAP_FOLDER] = {"imap_folder", ADAPTER_TEXT, false, "INBOX", 1, 200, "INBOX", "The folder that is read."},
    [MAIL_IMAP_MOVE_TO] = {"imap_move_to", ADAPTER_TEXT, false, "", 0, 200, "Done",
                           "Where a mail goes when it is stored; absent = it stays and is marked as read."},
    [MAIL_IMAP_POLL] = {"imap_poll_seconds", ADAPTER_NUMBER, false, "60", 1, 86400, NULL,
                        "How often it is looked at where the server does not tell of new mail (IDLE)."},
    {0},
};

// ---- the account ----

const char *mail_value(const struct adapter_account *a, enum mail_setting s)
{
    return a->values[s] ? a->values[s] : "";
}

// scheme://host[:port] of one of the two schemes.
static bool is_server(const char *url, const char *plain, const char *tls, bool port)
{
    const char *host = strncmp(url, tls, strlen(tls)) == 0       ? url + strlen(tls)
                       : strncmp(url, plain, strlen(plain)) == 0 ? url + strlen(plain)
                                                                 : NULL;
    return host && *host && !strpbrk(host, "/@?# ") && (!port || strchr(host, ':'));
}

static const char *configure_imap(const struct adapter_account *a, const char **setting)
{
    bool url = *mail_value(a, MAIL_IMAP), user = *mail_value(a, MAIL_IMAP_USER);
    *setting = "imap";
    if (url && !is_server(mail_value(a, MAIL_IMAP), "imap://", "imaps://", false))
        return "must be imaps://host or imaps://host:port, or imap:// on this machine";
    *setting = "imap_user";
    if (url != user || user != (bool)*mail_value(a, MAIL_IMAP_PASSWORD))
        return "server, user and password come together";
    return NULL;
}

static const char *email_configure(struct region *m, const struct adapter_account *a, const char **setting)
{
    const char *address = mail_value(a, MAIL_ADDRESS), *smtp = mail_value(a, MAIL_SMTP), *why;
    char handle[HANDLE_MAX];
    *setting = "address";
    if (!handle_normalise(region_format(m, "email:%s", address), handle, &why))
        return why;
    if (strchr(address, '@') - address > 24)
        return "the part before the @ has at most 24 bytes, for signed addresses are made of it";
    if (memchr(address, *mail_value(a, MAIL_DELIMITER), (size_t)(strchr(address, '@') - address)))
        return "holds the delimiter itself";
    *setting = "smtp";
    if (*smtp && !is_server(smtp, "smtp://", "smtps://", true))
        return "must be smtp://host:port or smtps://host:port";
    *setting = "smtp_user";
    if (!*mail_value(a, MAIL_SMTP_USER) != !*mail_value(a, MAIL_SMTP_PASSWORD))
        return "user and password come together";
    return configure_imap(a, setting);
}

bool mail_is_ours(const struct adapter_account *a, const char *handle)
{
    const char *address = mail_value(a, MAIL_ADDRESS), *at = strchr(address, '@');
    size_t local = at ? (size_t)(at - address) : 0;
    if (strncmp(handle, "email:", 6) != 0 || strncasecmp(handle + 6, address, local) != 0)
        return false;
    const char *rest = handle + 6 + local, *domain = strrchr(handle, '@');
    return (*rest == '@' || *rest == *mail_value(a, MAIL_DELIMITER)) && domain && at && strcasecmp(domain, at) == 0;
}

static enum adapter_verdict email_verify(const struct adapter_account *a, const struct adapter_request *r)
{
    (void)a;
    return strcmp(r->method, "MAIL") == 0 ? ADAPTER_GENUINE : ADAPTER_FORGED; // no request but a mail belongs here
}

// ---- which conversation ----

struct threads {
    char *v[THREADS_MAX];
    size_t n;
    bool named; // a conversation itself
};

static void thread_add(struct threads *t, const char *reference)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->v[i], reference) == 0)
            return;
    if (t->n < THREADS_MAX)
        t->v[t->n++] = (char *)reference;
}

static void thread_name(struct region *m, struct threads *t, const char *payload)
{
    if (!t->named)
        thread_add(t, region_format(m, "conversation:%.*s", (int)strcspn(payload, "."), payload));
    t->named = true;
}

static void thread_by_id(struct region *m, const struct adapter_account *a, struct threads *t, const char *id)
{
    char payload[MAIL_TOKEN_PAYLOAD_MAX];
    if (mail_token_id(mail_value(a, MAIL_SECRET), id, payload))
        thread_name(m, t, payload);
}

// In order of trust: the signed address it came to, as the envelope has it and then as headers have it; our signed Message-Ids, the latest
// first; then the bare references, for mails between other people, and at last the mail's own id, for answers to it.
static void find_threads(struct mail *mail, const struct adapter_account *a, const struct adapter_request *r,
                         const char *about, const struct mail_ids *answers, struct threads *t)
{
    const char *id = mail_message_id(mail), *rcpt = r->rcpt ? r->rcpt : "", *secret = mail_value(a, MAIL_SECRET);
    char payload[MAIL_TOKEN_PAYLOAD_MAX], delimiter = *mail_value(a, MAIL_DELIMITER);
    if (mail_token_find(mail, secret, MAIL_TOKEN_REPLY, delimiter, rcpt, payload) ||
        mail_token_find(mail, secret, MAIL_TOKEN_BOUNCE, delimiter, rcpt, payload))
        thread_name(mail->m, t, payload);
    thread_by_id(mail->m, a, t, about);
    for (size_t i = answers->n; i > 0; i--)
        thread_by_id(mail->m, a, t, answers->v[i - 1]);
    for (size_t i = answers->n; i > 0 && t->n < THREADS_MAX - 1; i--)
        thread_add(t, answers->v[i - 1]);
    if (*id)
        thread_add(t, id);
}

// What it answers, oldest first: References, then In-Reply-To where that names one more.
static void find_answers(struct mail *mail, struct mail_ids *out)
{
    struct mail_ids direct;
    mail_ids(mail->m, mail_header_raw(mail, "References"), out);
    mail_ids(mail->m, mail_header_raw(mail, "In-Reply-To"), &direct);
    for (size_t i = 0; i < direct.n && out->n < sizeof out->v / sizeof *out->v; i++) {
        size_t k = 0;
        while (k < out->n && strcmp(out->v[k], direct.v[i]) != 0)
            k++;
        memmove(&out->v[k], &out->v[k + (k < out->n)], (out->n - k - (k < out->n)) * sizeof *out->v); // to the end
        out->n -= k < out->n;
        out->v[out->n++] = direct.v[i];
    }
}

// ---- the event ----

static const char *sender_of(const struct mail *mail, const struct adapter_request *r, const char **name)
{
    const char *from = mail_address(mail, "From", name);
    if (!*from)
        from = mail_address(mail, "Sender", name);
    if (!*from && r->mail_from)
        from = mail_handle(mail->m, r->mail_from);
    return *from ? from : UNKNOWN_SENDER;
}

// The Message-Id and the content: neither a list's copy of the mail nor somebody's forgery of the id pushes it out.
static char *event_id(const struct mail *mail, const char *kind)
{
    const char *id = mail_message_id(mail);
    if (*id && strlen(id) < 180 && !*kind)
        return region_format(mail->m, "%s#%08x", id, (unsigned)(mail->digest ^ mail->digest >> 32));
    return region_format(mail->m, "mail-%s%016llx", kind, (unsigned long long)mail->digest);
}

static char *language_of(const struct mail *mail)
{
    const char *tag = mail_header(mail, "Content-Language");
    size_t n = 0;
    while (isalnum((unsigned char)tag[n]) || tag[n] == '-')
        n++;
    return n >= 2 && n <= 35 && (!tag[n] || tag[n] == ',' || tag[n] == ' ') ? region_copy(mail->m, tag, n)
                                                                            : region_text(mail->m, "");
}

static Throughline__V1__Event *begin_event(struct adapter_events *out, const struct mail *mail,
                                           const struct adapter_account *a, const char *from)
{
    Throughline__V1__Event *e = adapter_event(mail->m, out, a);
    int64_t date = mail_date(mail);
    e->from = (char *)from;
    if (date) {
        e->occurred_at = region_new(mail->m, 1, sizeof *e->occurred_at);
        google__protobuf__timestamp__init(e->occurred_at);
        e->occurred_at->seconds = date;
    }
    return e;
}

static void give_receipt(struct adapter_events *out, struct mail *mail, const struct adapter_account *a,
                         const char *from, const struct mail_news *news)
{
    Throughline__V1__Event *e = begin_event(out, mail, a, *news->handle ? news->handle : from);
    Throughline__V1__Receipt *r = region_new(mail->m, 1, sizeof *r);
    throughline__v1__receipt__init(r);
    r->delivery = (char *)news->delivery;
    r->external_id = (char *)news->external_id;
    r->state = news->state;
    r->reason = (char *)news->reason;
    r->handle_gone = news->gone;
    e->id = event_id(mail, "receipt-");
    e->body_case = THROUGHLINE__V1__EVENT__BODY_RECEIPT;
    e->receipt = r;
}

// X-Loop is ours only with our address in it: others have this software, too.
static bool is_machine(const struct mail *mail, const struct adapter_account *a, const struct adapter_request *r,
                       const char *from)
{
    bool lists = strcmp(mail_value(a, MAIL_LISTS), "people") != 0;
    return mail_is_ours(a, from) || strcasestr(mail_header(mail, "X-Loop"), mail_value(a, MAIL_ADDRESS)) ||
           mail_is_automatic(mail, r->mail_from ? r->mail_from : "", lists);
}

static void give_message(struct adapter_events *out, struct mail *mail, const struct adapter_account *a,
                         const struct adapter_request *r, const char *from, const char *name, const char *about)
{
    struct mail_ids answers;
    struct threads threads = {0};
    Throughline__V1__Event *e = begin_event(out, mail, a, from);
    find_answers(mail, &answers);
    find_threads(mail, a, r, about, &answers, &threads);
    e->id = event_id(mail, "");
    e->display_name = (char *)name;
    e->language = language_of(mail);
    e->authentication = mail_is_dmarc(mail, mail_value(a, MAIL_AUTHSERV), from)
                            ? THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_DMARC
                            : THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_NONE;
    e->threads = mail_list(mail->m, (const char *const *)threads.v, threads.n);
    e->n_threads = threads.n;
    const char *reply_to = mail_address(mail, "Reply-To", NULL);
    if (*reply_to && strcmp(reply_to, from) != 0 && !mail_is_ours(a, reply_to)) { // a suggestion: it may be anybody's
        e->claimed_handles = mail_list(mail->m, &reply_to, 1);
        e->n_claimed_handles = 1;
    }
    e->body_case = THROUGHLINE__V1__EVENT__BODY_MESSAGE;
    e->message = mail_message(out, mail, a, r, from, &answers);
    e->message->automatic = is_machine(mail, a, r, from);
}

// What we sent ourselves, come back by a list, a forwarder or a copy to our own address: it stands in the timeline already.
static bool is_echo(const struct mail *mail, const struct adapter_account *a, const char *from)
{
    char payload[MAIL_TOKEN_PAYLOAD_MAX];
    return mail_is_ours(a, from) && mail_token_id(mail_value(a, MAIL_SECRET), mail_message_id(mail), payload);
}

static void email_parse(struct region *m, const struct adapter_account *a, const struct adapter_request *r,
                        struct adapter_events *out)
{
    struct mail mail;
    struct mail_news news;
    const char *name = "", *from;
    if (!mail_open(&mail, m, r->body, r->body_len)) {
        from = r->mail_from ? mail_handle(m, r->mail_from) : "";
        adapter_unparsed(m, out, a, r, *from ? from : UNKNOWN_SENDER, "it has no headers: this is no mail");
        mail_close(&mail);
        return;
    }
    from = sender_of(&mail, r, &name);
    const char *mail_from = r->mail_from ? r->mail_from : "", *rcpt = r->rcpt ? r->rcpt : "";
    if (mail_bounce(&mail, mail_value(a, MAIL_SECRET), *mail_value(a, MAIL_DELIMITER), mail_from, rcpt, &news))
        give_receipt(out, &mail, a, from, &news);
    else if (!is_echo(&mail, a, from))
        give_message(out, &mail, a, r, from, name, news.external_id);
    mail_close(&mail);
}

const struct adapter adapter_email = {
    .name = "email",
    .channel = THROUGHLINE__V1__CHANNEL__CHANNEL_EMAIL,
    .settings = settings,
    .body_max = 36u << 20, // 25 MB of files in base64
    .quick_max = 128u << 10,
    .wants_files = true,
    .wants_timeline = true,
    .replies = {.done = {250, NULL, NULL}, .again = {451, NULL, NULL}},
    .configure = email_configure,
    .verify = email_verify,
    .parse = email_parse,
    .render = mail_render,
    .classify = mail_classify,
};
