// SPDX-License-Identifier: Apache-2.0
// What Twilio calls us with: messages (also by the fallback URL), and status callbacks of what we sent, which bear our delivery's id in their
// query. All of it was signed; what cannot be read is kept and says why.
#include <stdlib.h>
#include <string.h>

#include "channels/consent.h"
#include "channels/form.h"
#include "channels/sms.h"
#include "channels/twilio.h"
#include "proto/base64.h"
#include "proto/handle.h"
#include "proto/utf8.h"

enum { TEXT_MAX = 65536, ID_MAX = 180, MEDIA_MAX = 32, BASE64_LEAST = 64 };

struct inbound {
    struct region *m;
    const struct adapter_account *account;
    const struct adapter_request *r;
    struct form query, form; // form: the body's fields, or the query's of a GET
    struct adapter_events *out;
};

static const char *field(const struct inbound *in, const char *name)
{
    return form_value(&in->form, name);
}

// The query holds no secret, so all that came is kept.
static void keep_unparsed(struct inbound *in, const char *customer, const char *reason)
{
    struct adapter_request kept = *in->r;
    if (!kept.body_len) {
        kept.body = form_query(kept.target);
        kept.body_len = strlen(kept.body);
    }
    adapter_unparsed(in->m, in->out, in->account, &kept, twilio_handle(in->m, in->account, field(in, customer)),
                     reason);
}

// ---- who ----

char *twilio_handle(struct region *m, const struct adapter_account *account, const char *address)
{
    char out[HANDLE_MAX];
    const char *why;
    bool named = strchr(address, ':') != NULL;
    // the platform's prefix is left out now and then
    if (!named && *address && twilio_is_whatsapp(account))
        address = region_format(m, "whatsapp:%s", address);
    else if (!named)
        return sms_handle(m, address, false, account->name);
    return handle_normalise(address, out, &why) ? region_text(m, out) : sms_handle(m, "", false, account->name);
}

// A WhatsApp customer's telephone number, which WhatsApp knows and we only hear of.
static void claim_number(struct region *m, Throughline__V1__Event *e)
{
    if (strncmp(e->from, "whatsapp:+", 10) != 0)
        return;
    e->authentication = THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_ATTESTED;
    char *number = sms_handle(m, e->from + strlen("whatsapp:"), false, "");
    if (strncmp(number, "tel:", 4) != 0)
        return;
    e->claimed_handles = region_new(m, 1, sizeof(char *));
    e->claimed_handles[0] = number;
    e->n_claimed_handles = 1;
}

// ---- messages ----

// Long messages came as base64 of their text now and then. Only what is nothing else is taken for that: long, whole, no space in it, and words
// with spaces behind it.
static char *from_base64(struct region *m, const char *body, size_t len)
{
    size_t n = 0;
    if (len < BASE64_LEAST || len % 4)
        return NULL;
    uint8_t *out = region_new(m, BASE64_DECODED_MAX(len) + 1, 1);
    if (!base64_decode(body, len, out, &n) || !utf8_valid_text(out, n) || !memchr(out, ' ', n))
        return NULL;
    return region_copy(m, out, n);
}

const char *twilio_event(struct region *m, const struct adapter_account *account, const struct twilio_message *t,
                         struct adapter_events *out)
{
    if (!*t->sid || strcmp(region_line(m, t->sid, strlen(t->sid), ID_MAX), t->sid) != 0)
        return "MessageSid is missing, or no id";
    if (!*t->from)
        return "From is missing";
    if (!utf8_valid(t->body, t->body_len) || memchr(t->body, 0, t->body_len))
        return "Body is not UTF-8 without NUL";
    if (t->body_len > TEXT_MAX)
        return "Body is longer than 64 KiB";
    if (!t->body_len && !t->attachments_n)
        return "a message with neither words nor media";
    char *decoded = t->joined ? from_base64(m, t->body, t->body_len) : NULL;
    Throughline__V1__Event *e = adapter_event(m, out, account);
    e->id = region_text(m, t->sid);
    e->from = twilio_handle(m, account, t->from);
    e->authentication = THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_NONE;
    e->display_name = region_line(m, t->name, strlen(t->name), 200);
    claim_number(m, e);
    if (*t->to)
        adapter_attribute(m, e, "sms.to", region_line(m, t->to, strlen(t->to), 128));
    if (*t->service)
        adapter_attribute(m, e, "sms.service", region_line(m, t->service, strlen(t->service), 128));
    e->body_case = THROUGHLINE__V1__EVENT__BODY_MESSAGE;
    e->message = region_new(m, 1, sizeof(*e->message));
    throughline__v1__message__init(e->message);
    e->message->text = decoded ? decoded : region_copy(m, t->body, t->body_len);
    e->message->attachments = t->attachments;
    e->message->n_attachments = t->attachments_n;
    consent_apply(m, out, account, e, t->wish);
    return NULL;
}

static Throughline__V1__Attachment *media(struct inbound *in, unsigned long i)
{
    const struct form_field *url = form_find(&in->form, region_format(in->m, "MediaUrl%lu", i));
    const struct form_field *type = form_find(&in->form, region_format(in->m, "MediaContentType%lu", i));
    if (!url || url->value_len > 2048 || strncmp(url->value, "https://", 8) != 0 ||
        strcmp(region_line(in->m, url->value, url->value_len, 2048), url->value) != 0)
        return NULL;
    Throughline__V1__Attachment *a = region_new(in->m, 1, sizeof(*a));
    throughline__v1__attachment__init(a);
    a->url = region_text(in->m, url->value);
    a->name = region_format(in->m, "media-%lu", i + 1);
    if (type)
        a->content_type = region_line(in->m, type->value, type->value_len, 127);
    return a;
}

// False where one is announced and is not there.
static bool read_media(struct inbound *in, struct twilio_message *t)
{
    unsigned long n = strtoul(field(in, "NumMedia"), NULL, 10), i;
    if (n > MEDIA_MAX)
        return false;
    t->attachments = region_new(in->m, n + 1, sizeof(void *));
    for (i = 0; i < n; i++) {
        t->attachments[i] = media(in, i);
        if (!t->attachments[i])
            return false;
    }
    t->attachments_n = n;
    return true;
}

// A place instead of words, as WhatsApp sends it.
static const char *place(const struct inbound *in)
{
    const char *latitude = field(in, "Latitude"), *longitude = field(in, "Longitude"), *label = field(in, "Label");
    static const char digits[] = "0123456789.-";
    if (!*latitude || !*longitude || strspn(latitude, digits) != strlen(latitude) ||
        strspn(longitude, digits) != strlen(longitude))
        return "";
    return region_format(in->m, "geo:%s,%s%s%s", latitude, longitude, *label ? " " : "",
                         region_line(in->m, label, strlen(label), 200));
}

static Throughline__V1__ConsentState wish_of(const char *word)
{
    static const struct {
        const char *word;
        Throughline__V1__ConsentState wish;
    } words[] = {
        {"STOP", THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_STOPPED},
        {"START", THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_STARTED},
        {"HELP", THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_HELP},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i].word, word) == 0)
            return words[i].wish;
    return THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_UNSPECIFIED;
}

static const char *sid_of(const struct inbound *in)
{
    static const char *const names[] = {"MessageSid", "SmsMessageSid", "SmsSid"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (*field(in, names[i]))
            return field(in, names[i]);
    return "";
}

static void read_message(struct inbound *in)
{
    const struct form_field *body = form_find(&in->form, "Body");
    struct twilio_message t = {
        .sid = sid_of(in),
        .from = field(in, "From"),
        .to = field(in, "To"),
        .service = field(in, "MessagingServiceSid"),
        .name = field(in, "ProfileName"),
        .body = body ? body->value : "",
        .body_len = body ? body->value_len : 0,
        .joined = strtoul(field(in, "NumSegments"), NULL, 10) > 1,
        .wish = wish_of(field(in, "OptOutType")),
    };
    if (!t.body_len) {
        t.body = place(in);
        t.body_len = strlen(t.body);
    }
    const char *wrong =
        read_media(in, &t) ? NULL : "NumMedia announces media that are not there, or not at https addresses";
    if (!wrong)
        wrong = twilio_event(in->m, in->account, &t, in->out);
    if (wrong)
        keep_unparsed(in, "From", wrong);
}

// ---- status callbacks ----

// Twilio has the message from the first of these on: what we know less surely than it does is SENT then.
static const struct {
    const char *status;
    Throughline__V1__DeliveryState state;
} statuses[] = {
    {"accepted", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT},
    {"scheduled", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT},
    {"queued", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT},
    {"sending", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT},
    {"sent", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT},
    {"partially_delivered", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT},
    {"delivered", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_DELIVERED},
    {"read", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_READ},
    {"undelivered", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED},
    {"failed", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED},
    {"canceled", THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED},
};

static void explain_failure(struct inbound *in, Throughline__V1__Event *e, const char *status)
{
    unsigned long number = strtoul(field(in, "ErrorCode"), NULL, 10);
    const struct twilio_code *code = twilio_code(number);
    e->receipt->reason =
        number ? region_format(in->m, "%lu: %s", number, code ? code->meaning : status) : region_text(in->m, status);
    e->receipt->handle_gone = code && code->fate == ADAPTER_GONE;
    if (!code || code->fate != ADAPTER_STOPPED)
        return;
    Throughline__V1__Event *stop = adapter_event(in->m, in->out, in->account);
    stop->id = region_format(in->m, "%s-stopped", sid_of(in));
    stop->from = e->from;
    stop->body_case = THROUGHLINE__V1__EVENT__BODY_CONSENT;
    stop->consent = region_new(in->m, 1, sizeof(*stop->consent));
    throughline__v1__consent__init(stop->consent);
    stop->consent->state = THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_STOPPED;
}

static bool is_delivery(const char *id)
{
    return *id && strlen(id) <= 40 && strspn(id, "0123456789.") == strlen(id);
}

static void read_status(struct inbound *in, const char *status)
{
    const char *delivery = form_value(&in->query, "delivery"), *sid = sid_of(in);
    size_t i = 0;
    while (i < sizeof statuses / sizeof *statuses && strcmp(statuses[i].status, status) != 0)
        i++;
    bool known = i < sizeof statuses / sizeof *statuses;
    if (!known || !*sid || strcmp(region_line(in->m, sid, strlen(sid), ID_MAX), sid) != 0) {
        keep_unparsed(in, "To", known ? "a status without MessageSid" : "a status of no name that is known");
        return;
    }
    Throughline__V1__Event *e = adapter_event(in->m, in->out, in->account);
    e->id = region_format(in->m, "%s-%s", sid, status);
    e->from = twilio_handle(in->m, in->account, field(in, "To"));
    e->body_case = THROUGHLINE__V1__EVENT__BODY_RECEIPT;
    e->receipt = region_new(in->m, 1, sizeof(*e->receipt));
    throughline__v1__receipt__init(e->receipt);
    e->receipt->external_id = region_text(in->m, sid);
    e->receipt->state = statuses[i].state;
    if (is_delivery(delivery))
        e->receipt->delivery = region_text(in->m, delivery);
    if (statuses[i].state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED)
        explain_failure(in, e, status);
}

// ---- both ----

static const char *doubled(const struct form *f)
{
    static const char *const once[] = {"MessageSid", "SmsSid",   "From",          "To",
                                       "Body",       "NumMedia", "MessageStatus", "OptOutType"};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        if (form_count(f, once[i]) > 1)
            return once[i];
    return NULL;
}

void twilio_parse(struct region *m, const struct adapter_account *account, const struct adapter_request *r,
                  struct adapter_events *out)
{
    struct inbound in = {.m = m, .account = account, .r = r, .out = out};
    const char *query = form_query(r->target), *wrong = form_read(m, query, strlen(query), &in.query);
    bool get = strcmp(r->method, "GET") == 0;
    if (!wrong && get)
        in.form = in.query;
    else if (!wrong)
        wrong = form_read(m, r->body, r->body_len, &in.form);
    const char *twice = doubled(&in.form), *status = field(&in, "MessageStatus");
    if (twice)
        wrong = region_format(m, "%s is given twice", twice);
    if (wrong)
        keep_unparsed(&in, "From", wrong);
    else if (form_find(&in.query, "delivery") || (*status && !form_find(&in.form, "Body")))
        read_status(&in, *status ? status : field(&in, "SmsStatus"));
    else
        read_message(&in);
}
