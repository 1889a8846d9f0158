// SPDX-License-Identifier: Apache-2.0
// A message becomes a mail: GMime writes it, so that no text of ours or of a customer can become a header; names that come back to us are
// signed; it hangs below the customer's last mail. And what an SMTP server says to it becomes an outcome.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"

enum { REFERENCES_MAX = 20 };

struct letter {
    struct region *m;
    const struct adapter_account *account;
    const Throughline__V1__Delivery *d;
    const Throughline__V1__Message *message;
    const char *address, *domain, *secret;
    const char *id;
    const struct adapter_context *context;
    GMimeMessage *mail;
};

static char *our_id(const struct letter *l, uint64_t entry)
{
    const char *payload =
        region_format(l->m, "%llu.%llu", (unsigned long long)l->d->conversation, (unsigned long long)entry);
    return region_format(l->m, "<%s@%s>", mail_token_make(l->m, l->secret, MAIL_TOKEN_MESSAGE, payload), l->domain);
}

// "support+r17.k3h2...@example.org"; the address itself where the payload is none.
static const char *our_address(const struct letter *l, enum mail_token_kind kind, const char *payload)
{
    char *token = mail_token_make(l->m, l->secret, kind, payload);
    return token ? region_format(l->m, "%.*s%c%c%s@%s", (int)(l->domain - 1 - l->address), l->address,
                                 *mail_value(l->account, MAIL_DELIMITER), (char)kind, token, l->domain)
                 : l->address;
}

static void set_header(const struct letter *l, const char *name, const char *text)
{
    g_mime_object_set_header(GMIME_OBJECT(l->mail), name, mail_line(l->m, text, 2000), NULL);
}

// ---- what it answers ----

static bool is_mail(const Throughline__V1__Entry *e)
{
    return e->channel == THROUGHLINE__V1__CHANNEL__CHANNEL_EMAIL &&
           e->body_case == THROUGHLINE__V1__ENTRY__BODY_MESSAGE && !e->note;
}

static bool is_customers(const Throughline__V1__Entry *e)
{
    return e->author && e->author->who_case == THROUGHLINE__V1__AUTHOR__WHO_CUSTOMER;
}

// The customer's last mail that is no machine's, else the last of ours; NULL = there was none.
static const Throughline__V1__Entry *last_mail(const struct adapter_context *c)
{
    const Throughline__V1__Entry *ours = NULL;
    for (size_t i = c->timeline_n; i > 0; i--) {
        const Throughline__V1__Entry *e = c->timeline[i - 1];
        if (is_mail(e) && is_customers(e) && !e->message->automatic)
            return e;
        if (is_mail(e) && !ours && !is_customers(e) && e->author &&
            e->author->who_case == THROUGHLINE__V1__AUTHOR__WHO_AGENT)
            ours = e;
    }
    return ours;
}

static void set_references(const struct letter *l, const Throughline__V1__Entry *last)
{
    const Throughline__V1__Message *m = last->message;
    const char *id = is_customers(last) ? m->message_id : our_id(l, last->number);
    struct mail_text all = {.m = l->m};
    size_t n = m->n_references, skip = n >= REFERENCES_MAX ? n - REFERENCES_MAX + 1 : 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && i <= skip)
            continue; // the first one and the latest
        mail_puts(&all, m->references[i]);
        mail_puts(&all, " ");
    }
    mail_puts(&all, id);
    if (*id)
        set_header(l, "In-Reply-To", id);
    if (*mail_line(l->m, mail_text_of(&all), 5000))
        g_mime_object_set_header(GMIME_OBJECT(l->mail), "References", mail_line(l->m, mail_text_of(&all), 5000), NULL);
}

static const char *subject_of(const struct letter *l, const Throughline__V1__Entry *last)
{
    const char *name = mail_value(l->account, MAIL_FROM_NAME);
    if (l->message->subject[0])
        return mail_line(l->m, l->message->subject, 1000);
    if (last && *mail_subject_base(last->message->subject))
        return region_format(l->m, "Re: %s", mail_line(l->m, mail_subject_base(last->message->subject), 900));
    return region_format(l->m, "Message from %s", *name ? name : l->address);
}

// ---- the mail ----

// Where the customer finds a file; our own have addresses within this daemon's.
static const char *link_of(const struct letter *l, const Throughline__V1__Attachment *a)
{
    const char *base = *a->url == '/' ? l->account->public_url : "";
    return mail_line(l->m, region_format(l->m, "%s%s%s%s", a->name, *a->name ? ": " : "", base, a->url), 3000);
}

static bool is_enclosed(const struct letter *l, size_t i)
{
    return l->context->files && l->context->files[i].bytes;
}

static const char *text_of(const struct letter *l)
{
    struct mail_text t = {.m = l->m};
    mail_puts(&t, l->message->text);
    for (size_t i = 0, links = 0; i < l->message->n_attachments; i++) {
        if (is_enclosed(l, i))
            continue;
        mail_puts(&t, links++ ? "\n" : *l->message->text ? "\n\n" : "");
        mail_puts(&t, link_of(l, l->message->attachments[i]));
    }
    mail_puts(&t, "\n");
    return t.v;
}

static GMimeObject *part_of(const char *type, const char *subtype, const char *bytes, size_t len,
                            GMimeContentEncoding encoding)
{
    GMimePart *part = g_mime_part_new_with_type(type, subtype);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, len);
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, encoding);
    g_object_unref(content);
    g_object_unref(stream);
    return GMIME_OBJECT(part);
}

static GMimeObject *file_of(const struct letter *l, size_t i)
{
    const Throughline__V1__Attachment *a = l->message->attachments[i];
    const struct adapter_bytes *b = &l->context->files[i];
    GMimeContentType *type = g_mime_content_type_parse(NULL, mail_line(l->m, a->content_type, 127));
    bool known = type && g_mime_content_type_get_media_subtype(type) && strchr(a->content_type, '/') &&
                 strncasecmp(a->content_type, "multipart/", 10) != 0 &&
                 strncasecmp(a->content_type, "message/", 8) != 0;
    GMimeObject *part = part_of(known ? g_mime_content_type_get_media_type(type) : "application",
                                known ? g_mime_content_type_get_media_subtype(type) : "octet-stream", b->bytes, b->len,
                                GMIME_CONTENT_ENCODING_BASE64);
    g_mime_object_set_disposition(part, GMIME_DISPOSITION_ATTACHMENT);
    g_mime_part_set_filename(GMIME_PART(part), *a->name ? mail_line(l->m, a->name, 255) : "file");
    if (type)
        g_object_unref(type);
    return part;
}

static void set_body(const struct letter *l)
{
    const char *text = text_of(l);
    GMimeObject *body = part_of("text", "plain", text, strlen(text), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_mime_object_set_content_type_parameter(body, "charset", "utf-8");
    bool parts = false;
    for (size_t i = 0; i < l->message->n_attachments; i++)
        parts |= is_enclosed(l, i);
    if (parts) {
        GMimeMultipart *all = g_mime_multipart_new_with_subtype("mixed");
        // Of the signed id, so that it is not drawn by chance; "=_" stands in no encoded text.
        g_mime_multipart_set_boundary(all, region_format(l->m, "=_%.*s", (int)strcspn(l->id + 1, "@"), l->id + 1));
        g_mime_multipart_add(all, body);
        g_object_unref(body);
        for (size_t i = 0; i < l->message->n_attachments; i++) {
            GMimeObject *file = is_enclosed(l, i) ? file_of(l, i) : NULL;
            if (file)
                g_mime_multipart_add(all, file);
            if (file)
                g_object_unref(file);
        }
        body = GMIME_OBJECT(all);
    }
    g_mime_message_set_mime_part(l->mail, body);
    g_object_unref(body);
}

static void set_addresses(const struct letter *l, const char *to, const char *reply)
{
    const char *given = mail_value(l->account, MAIL_FROM_NAME);
    const char *name = *given ? mail_line(l->m, given, 200) : NULL;
    g_mime_message_add_mailbox(l->mail, GMIME_ADDRESS_TYPE_FROM, name, l->address);
    g_mime_message_add_mailbox(l->mail, GMIME_ADDRESS_TYPE_REPLY_TO, name, reply);
    g_mime_message_add_mailbox(l->mail, GMIME_ADDRESS_TYPE_TO, NULL, to);
}

static void set_date(const struct letter *l, int64_t now_ms)
{
    GDateTime *date = g_date_time_new_from_unix_utc(now_ms / 1000);
    g_mime_message_set_date(l->mail, date);
    g_date_time_unref(date);
}

// With CRLF, as SMTP wants it.
static const char *bytes_of(const struct letter *l, size_t *len)
{
    GMimeFormatOptions *format = g_mime_format_options_new();
    GMimeStream *to = g_mime_stream_mem_new();
    g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
    g_mime_object_write_to_stream(GMIME_OBJECT(l->mail), format, to);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(to));
    *len = bytes->len;
    const char *out = region_copy(l->m, bytes->data, bytes->len);
    g_object_unref(to);
    g_mime_format_options_free(format);
    return out;
}

static void write_mail(struct letter *l, const char *to)
{
    const Throughline__V1__Entry *last = last_mail(l->context);
    const char *conversation = region_format(l->m, "%llu", (unsigned long long)l->d->conversation);
    mail_library();
    l->mail = g_mime_message_new(TRUE);
    set_addresses(l, to, our_address(l, MAIL_TOKEN_REPLY, conversation));
    set_date(l, l->context->now_ms);
    g_mime_message_set_subject(l->mail, subject_of(l, last), "utf-8");
    set_header(l, "Message-ID", l->id);
    if (last)
        set_references(l, last);
    set_header(l, "X-Loop", l->address);
    if (l->message->automatic) {
        set_header(l, "Auto-Submitted", "auto-replied");
        set_header(l, "X-Auto-Response-Suppress", "All");
    }
    set_body(l);
}

bool mail_render(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d,
                 const struct adapter_context *context, struct adapter_call *out, const char **why)
{
    struct letter l = {
        .m = m, .account = account, .d = d, .context = context, .address = mail_value(account, MAIL_ADDRESS)};
    const char *at = strchr(l.address, '@'), *to = strncmp(d->to, "email:", 6) == 0 ? d->to + 6 : "";
    *why = !*mail_value(account, MAIL_SMTP)                          ? "the account has no smtp server"
           : d->what_case != THROUGHLINE__V1__DELIVERY__WHAT_MESSAGE ? "mail carries messages only"
           : !at || !*mail_handle(m, to)                             ? "not an email address"
                                                                     : NULL;
    if (*why)
        return false;
    l.message = d->message;
    l.domain = at + 1;
    l.secret = mail_value(account, MAIL_SECRET);
    l.id = our_id(&l, d->entry);
    write_mail(&l, to);
    const char **rcpt = region_new(m, 1, sizeof *rcpt);
    *rcpt = region_text(m, to);
    const char *bounce = region_format(m, MAIL_TOKEN_BOUNCE_FORM, (unsigned long long)d->conversation, d->id);
    *out = (struct adapter_call){
        .via = ADAPTER_SMTP,
        .url = mail_value(account, MAIL_SMTP),
        .user = *mail_value(account, MAIL_SMTP_USER) ? mail_value(account, MAIL_SMTP_USER) : NULL,
        .password = *mail_value(account, MAIL_SMTP_PASSWORD) ? mail_value(account, MAIL_SMTP_PASSWORD) : NULL,
        .mail_from = l.message->automatic ? "" : our_address(&l, MAIL_TOKEN_BOUNCE, bounce),
        .rcpt = rcpt,
        .rcpt_n = 1,
        .require_tls = strcmp(mail_value(account, MAIL_SMTP_TLS), "true") == 0,
        .external_id = l.id,
    };
    out->body = bytes_of(&l, &out->body_len);
    g_object_unref(l.mail);
    return true;
}

// ---- what the server says ----

static const struct {
    unsigned status;
    const char *enhanced; // "" = any
    enum adapter_fate fate;
    bool account_trouble;
} answers[] = {
    {530, "", ADAPTER_RETRY, true},      {534, "", ADAPTER_RETRY, true},       {535, "", ADAPTER_RETRY, true},
    {538, "", ADAPTER_RETRY, true},      {454, "4.7.0", ADAPTER_RETRY, true},  {550, "5.1.1", ADAPTER_GONE, false},
    {550, "5.1.2", ADAPTER_GONE, false}, {550, "5.1.10", ADAPTER_GONE, false}, {550, "5.1.6", ADAPTER_GONE, false},
    {550, "5.2.1", ADAPTER_GONE, false}, {551, "", ADAPTER_GONE, false},       {553, "5.1.3", ADAPTER_GONE, false},
    {556, "", ADAPTER_GONE, false},
};

static bool says(const char *text, const char *enhanced)
{
    size_t n = strlen(enhanced);
    const char *at = n ? strstr(text, enhanced) : text;
    return at && (!n || strspn(at, "0123456789.") == n);
}

void mail_classify(struct region *m, const struct adapter_account *account, const struct adapter_answer *answer,
                   struct adapter_outcome *out)
{
    unsigned s = answer->status;
    const char *text = answer->body ? answer->body : "";
    (void)account;
    *out = (struct adapter_outcome){.external_id = ""};
    out->fate = s == 0    ? answer->written ? ADAPTER_UNKNOWN : ADAPTER_RETRY
                : s < 300 ? ADAPTER_SENT
                : s < 500 ? ADAPTER_RETRY
                          : ADAPTER_DEAD;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i].status == s && says(text, answers[i].enhanced)) {
            out->fate = answers[i].fate;
            out->account_trouble = answers[i].account_trouble;
            break;
        }
    const char *said = s ? region_format(m, "%u: %s", s, text) : answer->error ? answer->error : "no answer";
    out->reason = out->fate == ADAPTER_SENT ? "" : mail_line(m, said, 200);
}
