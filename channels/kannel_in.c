// SPDX-License-Identifier: Apache-2.0
// What Kannel tells: messages by get-url or post-url, and reports of what we sent. Nothing that bears the secret is dropped: what cannot be
// read is kept whole, without the secret, and says why.
#include <stdlib.h>
#include <string.h>

#include "channels/consent.h"
#include "channels/form.h"
#include "channels/kannel.h"
#include "channels/sign.h"
#include "channels/sms.h"
#include "proto/utf8.h"

enum { TEXT_MAX = 65536, ID_MAX = 190, REASON_MAX = 190 };

struct inbound {
    struct region *m;
    const struct adapter_account *account;
    const struct adapter_request *r;
    struct form form;
    struct adapter_events *out;
    const char *from; // handle
};

// Kept with all that came, but for the secret: the query without its token, then the body.
static void keep_unparsed(struct inbound *in, const char *reason)
{
    struct form_text all = {.m = in->m};
    struct adapter_request kept = *in->r;
    for (const char *p = form_query(in->r->target); *p; p += *p == '&') {
        size_t n = strcspn(p, "&");
        if (strncmp(p, "token=", 6) != 0) {
            form_add(&all, "&", all.n > 0);
            form_add(&all, p, n);
        }
        p += n;
    }
    form_add(&all, "\n", in->r->body_len > 0);
    form_add(&all, in->r->body, in->r->body_len);
    kept.body = all.v;
    kept.body_len = all.n;
    adapter_unparsed(in->m, in->out, in->account, &kept, in->from, reason);
}

// The name of a field that is given twice; NULL = none is.
static const char *doubled(const struct form *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (form_count(f, f->v[i].name) > 1)
            return f->v[i].name;
    return NULL;
}

// A field of the query, else the header that Kannel sends with a post-url.
static const char *field_or_header(const struct inbound *in, const char *field, const char *header)
{
    const struct form_field *f = form_find(&in->form, field);
    const char *h = adapter_header(in->r->headers, in->r->headers_n, header);
    return f ? f->value : h ? h : "";
}

// The charset of the text: the query's, else the content type's, else what the coding says.
static const char *charset_of(const struct inbound *in)
{
    const struct form_field *f = form_find(&in->form, "charset");
    const char *type = adapter_header(in->r->headers, in->r->headers_n, "Content-Type");
    const char *named = type ? strcasestr(type, "charset=") : NULL;
    if (f && f->value_len)
        return f->value;
    if (!form_find(&in->form, "text") && named) {
        named += strlen("charset=");
        named += *named == '"';
        return region_copy(in->m, named, strcspn(named, "\"; "));
    }
    return strcmp(field_or_header(in, "coding", "X-Kannel-Coding"), "2") == 0 ? "UTF-16BE" : "UTF-8";
}

static char *text_as_utf8(struct region *m, const char *bytes, size_t len)
{
    return utf8_valid(bytes, len) && !memchr(bytes, 0, len) ? region_copy(m, bytes, len) : NULL;
}

// Every byte is the character of its number.
static char *text_from_latin1(struct region *m, const char *bytes, size_t len)
{
    char *wide = region_new(m, len + 1, 2);
    for (size_t i = 0; i < len; i++)
        wide[2 * i + 1] = bytes[i];
    return sms_from_utf16(m, wide, 2 * len);
}

static const struct {
    const char *charset;
    char *(*decode)(struct region *m, const char *bytes, size_t len); // NULL = the bytes are not that
} charsets[] = {
    {"UTF-8", text_as_utf8},          {"US-ASCII", text_as_utf8}, {"UTF-16BE", sms_from_utf16},
    {"UTF-16", sms_from_utf16},       {"UCS-2", sms_from_utf16},  {"ISO-10646-UCS-2", sms_from_utf16},
    {"ISO-8859-1", text_from_latin1},
};

// The words; NULL when there are none to be read, with the reason.
static char *text_of(const struct inbound *in, const char **why)
{
    const struct form_field *f = form_find(&in->form, "text");
    bool posted = !f && strcmp(in->r->method, "POST") == 0;
    const char *bytes = f ? f->value : in->r->body, *charset = charset_of(in);
    size_t len = f ? f->value_len : in->r->body_len;
    *why = NULL;
    if (!f && !posted)
        *why = "text is missing: get-url needs text=%b";
    else if (len == 0)
        *why = "a message without text";
    else if (strcmp(field_or_header(in, "coding", "X-Kannel-Coding"), "1") == 0)
        *why = "a binary message";
    if (*why)
        return NULL;
    for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
        if (strcasecmp(charsets[i].charset, charset) != 0)
            continue;
        char *text = charsets[i].decode(in->m, bytes, len);
        *why = text ? NULL : region_format(in->m, "the text is not %s without NUL", charsets[i].charset);
        if (text && strlen(text) > TEXT_MAX)
            *why = "the text is longer than 64 KiB";
        return *why ? NULL : text;
    }
    *why = region_format(in->m, "the charset %.40s is none of UTF-8, UTF-16BE, ISO-8859-1", charset);
    return NULL;
}

static void set_time(struct region *m, Throughline__V1__Event *e, const char *epoch)
{
    char *end;
    long long seconds = strtoll(epoch, &end, 10);
    if (end == epoch || *end || seconds <= 0 || seconds > 253402300799LL)
        return;
    e->occurred_at = region_new(m, 1, sizeof(*e->occurred_at));
    google__protobuf__timestamp__init(e->occurred_at);
    e->occurred_at->seconds = seconds;
}

// What is said besides the words, where the operator's URL gives it: the number that was written to, the connection, a header of parts.
static void set_attributes(struct inbound *in, Throughline__V1__Event *e)
{
    static const struct {
        const char *field, *key;
    } kept[] = {{"to", "sms.to"}, {"smsc", "sms.smsc"}, {"udh", "sms.udh"}};
    const char *header = adapter_header(in->r->headers, in->r->headers_n, "X-Kannel-UDH"); // hex, unlike %u
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const struct form_field *f = form_find(&in->form, kept[i].field);
        char *text = f ? region_line(in->m, f->value, f->value_len, 128) : NULL;
        if (f && f->value_len && strcmp(kept[i].key, "sms.udh") == 0 && f->value_len <= 100) {
            text = region_new(in->m, 2 * f->value_len + 1, 1);
            sign_hex((const uint8_t *)f->value, f->value_len, text);
        }
        if (text && *text)
            adapter_attribute(in->m, e, kept[i].key, text);
    }
    if (header && *header && !form_find(&in->form, "udh"))
        adapter_attribute(in->m, e, "sms.udh", region_line(in->m, header, strlen(header), 128));
}

static void read_message(struct inbound *in)
{
    const struct form_field *id = form_find(&in->form, "id");
    const char *why = NULL;
    char *text = text_of(in, &why);
    if (!id || !id->value_len)
        why = "id is missing: get-url and post-url need id=%I, which tells a repeat from a new message";
    else if (id->value_len > ID_MAX || strcmp(region_line(in->m, id->value, id->value_len, ID_MAX), id->value) != 0)
        why = "id is not at most 190 bytes of text";
    else if (!*field_or_header(in, "from", "X-Kannel-From"))
        why = "from is missing: get-url and post-url need from=%p";
    if (why) {
        keep_unparsed(in, why);
        return;
    }
    Throughline__V1__Event *e = adapter_event(in->m, in->out, in->account);
    e->id = region_text(in->m, id->value);
    e->from = (char *)(uintptr_t)in->from;
    e->authentication = THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_NONE;
    set_time(in->m, e, form_value(&in->form, "ts"));
    set_attributes(in, e);
    e->body_case = THROUGHLINE__V1__EVENT__BODY_MESSAGE;
    e->message = region_new(in->m, 1, sizeof(*e->message));
    throughline__v1__message__init(e->message);
    e->message->text = text;
    consent_apply(in->m, in->out, in->account, e, THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_UNSPECIFIED);
}

// ---- reports ----

// What %d says. A report may hold several bits: the first of this table that is set counts.
static const struct {
    unsigned long bit;
    Throughline__V1__DeliveryState state;
    const char *reason;
} reports[] = {
    {1, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_DELIVERED, ""},
    {2, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED, "undelivered"},
    {16, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED, "rejected by the SMSC"},
    {8, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT, ""},
    {4, THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT, ""},
};

// SMPP 3.4, 5.1.3: ESME_RINVDSTADR, as Kannel tells it.
static const char no_such_number[] = "NACK/0x0000000b/";

// What the SMSC said, without the message's own first words, which a receipt of SMPP may quote.
static const char *smsc_said(struct region *m, const struct form_field *answer)
{
    if (!answer || !answer->value_len)
        return "";
    const char *line = region_line(m, answer->value, answer->value_len, REASON_MAX),
               *quoted = strcasestr(line, "text:");
    return quoted ? region_copy(m, line, (size_t)(quoted - line)) : line;
}

static bool is_delivery(const char *id)
{
    return *id && strlen(id) <= 40 && strspn(id, "0123456789.") == strlen(id);
}

static void read_report(struct inbound *in)
{
    const char *delivery = form_value(&in->form, "delivery"), *status = form_value(&in->form, "status");
    unsigned long bits = strspn(status, "0123456789") == strlen(status) ? strtoul(status, NULL, 10) : 0;
    size_t i = 0;
    while (i < sizeof reports / sizeof *reports && !(bits & reports[i].bit))
        i++;
    if (!is_delivery(delivery) || i == sizeof reports / sizeof *reports) {
        keep_unparsed(in, "a delivery report whose delivery or status is none");
        return;
    }
    Throughline__V1__Event *e = adapter_event(in->m, in->out, in->account);
    const char *said = smsc_said(in->m, form_find(&in->form, "answer"));
    e->id = region_format(in->m, "dlr-%s-%lu", delivery, reports[i].bit);
    e->from = (char *)(uintptr_t)in->from;
    e->body_case = THROUGHLINE__V1__EVENT__BODY_RECEIPT;
    e->receipt = region_new(in->m, 1, sizeof(*e->receipt));
    throughline__v1__receipt__init(e->receipt);
    e->receipt->delivery = region_text(in->m, delivery);
    e->receipt->state = reports[i].state;
    if (*reports[i].reason) {
        const char *reason = region_format(in->m, "%s%s%s", reports[i].reason, *said ? ": " : "", said);
        e->receipt->reason = region_line(in->m, reason, strlen(reason), REASON_MAX);
        e->receipt->handle_gone = strncasecmp(said, no_such_number, strlen(no_such_number)) == 0;
    }
}

void kannel_parse(struct region *m, const struct adapter_account *account, const struct adapter_request *r,
                  struct adapter_events *out)
{
    struct inbound in = {.m = m, .account = account, .r = r, .out = out};
    const char *query = form_query(r->target), *wrong = form_read(m, query, strlen(query), &in.form);
    bool international = strcmp(kannel_value(account, KANNEL_BARE_NUMBERS), "international") == 0;
    const char *twice = doubled(&in.form);
    in.from = sms_handle(m, field_or_header(&in, "from", "X-Kannel-From"), international, account->name);
    if (twice)
        wrong = region_format(m, "%.100s is given twice", twice);
    if (wrong)
        keep_unparsed(&in, wrong);
    else if (form_find(&in.form, "delivery"))
        read_report(&in);
    else
        read_message(&in);
}
