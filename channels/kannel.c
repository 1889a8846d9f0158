// SPDX-License-Identifier: Apache-2.0
// Kannel, the open source SMS gateway (https://www.kannel.org, 1.4.5): short messages in by its get-url or post-url, out by sendsms, delivery
// reports by the dlr-url that goes out with each. docs/reference/channels-kannel.md says what is verified and what is not.
//
// Kannel signs nothing: a secret in the query of the URLs that it is given proves that a request is its own. Its sendsms answer has no id of
// the message, so reports find their delivery by our own id in the dlr-url. It never carries out a delivery once only: no repeats.
#include <stdlib.h>
#include <string.h>

#include "channels/form.h"
#include "channels/kannel.h"
#include "channels/sign.h"
#include "channels/sms.h"

enum { SECRET_MIN = 16 };

static const struct adapter_setting settings[] = {
    [KANNEL_SECRET] = {.name = "secret",
                       .type = ADAPTER_SECRET,
                       .required = true,
                       .help = "What Kannel's URLs must bear as `token`: 16 or more letters, digits and `-._~`."},
    [KANNEL_SENDSMS_URL] = {.name = "sendsms_url",
                            .type = ADAPTER_URL,
                            .words = "http://127.0.0.1:13013/cgi-bin/sendsms",
                            .help = "Where smsbox takes messages; without it the account only receives."},
    [KANNEL_USERNAME] = {.name = "username",
                         .type = ADAPTER_TEXT,
                         .words = "throughline",
                         .help = "The sendsms-user's."},
    [KANNEL_PASSWORD] = {.name = "password", .type = ADAPTER_SECRET, .help = "The sendsms-user's."},
    [KANNEL_SENDER] = {.name = "sender",
                       .type = ADAPTER_TEXT,
                       .words = "+4915112345678",
                       .help = "The number, short code or name that customers see and answer to."},
    [KANNEL_SMSC] = {.name = "smsc",
                     .type = ADAPTER_TEXT,
                     .help = "The smsc-id to send through; without it Kannel chooses."},
    [KANNEL_CALLBACK_URL] = {.name = "callback_url",
                             .type = ADAPTER_URL,
                             .words = "http://10.0.0.5:8080",
                             .help = "Where Kannel reaches this daemon for delivery reports, if not at `public_url`."},
    [KANNEL_SEGMENTS_MAX] =
        {.name = "segments_max",
         .type = ADAPTER_NUMBER,
         .preset = "10",
         .min = 1,
         .max = 255,
         .help = "Longer texts are refused; at most the sendsms-user's max-messages, which cuts silently."},
    [KANNEL_BARE_NUMBERS] = {.name = "bare_numbers",
                             .type = ADAPTER_CHOICE,
                             .preset = "local",
                             .words = "local|international",
                             .help = "What a sender of 7 or more digits without + or 00 is."},
    {.name = NULL},
};

const char *kannel_value(const struct adapter_account *account, enum kannel_setting which)
{
    return account->values[which] ? account->values[which] : "";
}

// ---- settings ----

static bool is_header_text(const char *s)
{
    for (; *s; s++)
        if (*s < ' ' || *s > '~')
            return false;
    return true;
}

static const char *kannel_configure(struct region *m, const struct adapter_account *account, const char **setting)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const enum kannel_setting to_send[] = {KANNEL_USERNAME, KANNEL_PASSWORD, KANNEL_SENDER};
    static const enum kannel_setting in_headers[] = {KANNEL_USERNAME, KANNEL_PASSWORD, KANNEL_SENDER, KANNEL_SMSC};
    const char *secret = kannel_value(account, KANNEL_SECRET);
    *setting = settings[KANNEL_SECRET].name;
    // Kannel reads percent signs in its URLs as codes of its own, so nothing there may need escaping.
    if (strlen(secret) < SECRET_MIN || strspn(secret, plain) != strlen(secret))
        return region_format(m, "must be at least %d letters, digits, dashes, dots, underscores or tildes", SECRET_MIN);
    for (size_t i = 0; i < sizeof to_send / sizeof *to_send; i++) {
        *setting = settings[to_send[i]].name;
        if (*kannel_value(account, KANNEL_SENDSMS_URL) && !*kannel_value(account, to_send[i]))
            return "is needed to send: give it, or leave sendsms_url out";
    }
    for (size_t i = 0; i < sizeof in_headers / sizeof *in_headers; i++) {
        *setting = settings[in_headers[i]].name;
        if (!is_header_text(kannel_value(account, in_headers[i])))
            return "must be printable ASCII";
    }
    return NULL;
}

// ---- in: what proves it ----

// The only `token` of the query, as it stands there; NULL where it is missing or doubled. Not read as a form: whatever else is wrong with the
// query, a message that bears the secret is kept.
static const char *query_token(const char *target, size_t *len)
{
    const char *found = NULL;
    for (const char *p = form_query(target); *p; p += *p == '&') {
        size_t n = strcspn(p, "&");
        if (n >= 6 && memcmp(p, "token=", 6) == 0) {
            if (found)
                return NULL;
            found = p + 6;
            *len = n - 6;
        }
        p += n;
    }
    return found;
}

static enum adapter_verdict kannel_verify(const struct adapter_account *account, const struct adapter_request *r)
{
    size_t len = 0;
    const char *token = query_token(r->target, &len), *secret = kannel_value(account, KANNEL_SECRET);
    if (!token)
        return ADAPTER_UNSIGNED;
    return sign_same(token, len, secret, strlen(secret)) ? ADAPTER_GENUINE : ADAPTER_FORGED;
}

// ---- out ----

// Where Kannel reports what became of the delivery; the codes with a percent sign are Kannel's, to be filled in by it. "" where nobody
// knows how Kannel reaches us: there are no reports then.
static const char *dlr_url(struct region *m, const struct adapter_account *account, const char *delivery)
{
    const char *base = kannel_value(account, KANNEL_CALLBACK_URL);
    if (!*base)
        base = account->public_url;
    if (!*base)
        return "";
    size_t n = strlen(base);
    return region_format(m, "%.*s/hooks/kannel/%s?token=%s&delivery=%s&status=%%d&answer=%%A&from=%%p",
                         (int)(base[n - 1] == '/' ? n - 1 : n), base, account->name,
                         kannel_value(account, KANNEL_SECRET), delivery);
}

// Why this text cannot go; NULL = it can, and is as large as *size says.
static const char *why_not(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d,
                           struct sms_size *size)
{
    if (!*kannel_value(account, KANNEL_SENDSMS_URL))
        return "the account only receives: it has no sendsms_url";
    if (d->what_case != THROUGHLINE__V1__DELIVERY__WHAT_MESSAGE)
        return "Kannel carries messages only";
    if (strncmp(d->to, "tel:", 4) != 0)
        return "a short message goes to a telephone number";
    if (d->message->n_attachments)
        return "a short message carries no attachments";
    *size = sms_measure(d->message->text);
    size_t most = strtoul(kannel_value(account, KANNEL_SEGMENTS_MAX), NULL, 10);
    if (!size->segments)
        return "a short message needs text"; // Kannel would send an empty one
    if (size->segments > most)
        return region_format(m, "the text needs %zu messages of %s, the account allows %zu", size->segments,
                             size->alphabet == SMS_GSM7 ? "153 septets" : "67 characters", most);
    return NULL;
}

static void put_header(struct adapter_call *out, const char *name, const char *value)
{
    if (*value)
        out->headers[out->headers_n++] = (struct adapter_header){name, value};
}

static bool kannel_render(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d,
                          const struct adapter_context *context, struct adapter_call *out, const char **why)
{
    struct sms_size size = {0};
    (void)context;
    *why = why_not(m, account, d, &size);
    if (*why)
        return false;
    bool wide = size.alphabet == SMS_UCS2;
    const char *reports = dlr_url(m, account, d->id);
    *out = (struct adapter_call){.method = "POST", .url = kannel_value(account, KANNEL_SENDSMS_URL)};
    put_header(out, "X-Kannel-Username", kannel_value(account, KANNEL_USERNAME));
    put_header(out, "X-Kannel-Password", kannel_value(account, KANNEL_PASSWORD));
    put_header(out, "X-Kannel-From", kannel_value(account, KANNEL_SENDER));
    put_header(out, "X-Kannel-To", region_text(m, d->to + strlen("tel:")));
    put_header(out, "X-Kannel-SMSC", kannel_value(account, KANNEL_SMSC));
    put_header(out, "X-Kannel-Coding", wide ? "2" : "0");
    put_header(out, "X-Kannel-DLR-Mask", *reports ? "31" : "");
    put_header(out, "X-Kannel-DLR-URL", reports);
    // Wide text goes as it will travel: a Kannel without iconv cannot make it.
    put_header(out, "Content-Type", wide ? "text/plain; charset=UTF-16BE" : "text/plain; charset=UTF-8");
    out->body_len = strlen(d->message->text);
    out->body = wide ? sms_to_utf16(m, d->message->text, &out->body_len) : region_text(m, d->message->text);
    return true;
}

// ---- the answer ----

// The answers of sendsms, by their status and how they begin. What is not here is no answer of Kannel's: after a success or an error of a
// server between, nobody knows whether the message went.
static const struct {
    unsigned status;
    const char *begins;
    enum adapter_fate fate;
    bool account_trouble;
} answers[] = {
    {202, "0: Accepted for delivery", ADAPTER_SENT, false},
    {202, "3: Queued for later delivery", ADAPTER_SENT, false},
    {403, "Authorization failed", ADAPTER_RETRY,
     true}, // not carried out; it goes out when the operator has put it right
    {403, "Not routable", ADAPTER_DEAD, false},
    {403, "", ADAPTER_DEAD, true},
    {400, "", ADAPTER_DEAD, false},
    {404, "", ADAPTER_RETRY, true}, // the address is not that of sendsms
    {413, "", ADAPTER_DEAD, false},
    {429, "", ADAPTER_RETRY, false},
    {503, "", ADAPTER_RETRY, false}, // "Temporal failure, try again later."
};

static void kannel_classify(struct region *m, const struct adapter_account *account,
                            const struct adapter_answer *answer, struct adapter_outcome *out)
{
    (void)account;
    adapter_classify_http(m, answer, out); // the wait, and what no answer means
    if (answer->status == 0)
        return;
    bool elsewhere = answer->status >= 300 && answer->status < 400; // a redirection: this is not sendsms
    bool refused = answer->status >= 400 && answer->status < 500;
    out->fate = elsewhere ? ADAPTER_RETRY : refused ? ADAPTER_DEAD : ADAPTER_UNKNOWN;
    out->account_trouble = elsewhere;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (answers[i].status != answer->status ||
            strncmp(answer->body, answers[i].begins, strlen(answers[i].begins)) != 0)
            continue;
        out->fate = answers[i].fate;
        out->account_trouble = answers[i].account_trouble;
        break;
    }
    if (out->fate != ADAPTER_SENT)
        out->reason =
            region_format(m, "HTTP %u: %s", answer->status, region_line(m, answer->body, answer->body_len, 120));
}

const struct adapter adapter_kannel = {
    .name = "kannel",
    .channel = THROUGHLINE__V1__CHANNEL__CHANNEL_SMS,
    .settings = settings,
    .replies = {.done = {.status = 200}, .again = {.status = 503}},
    .configure = kannel_configure,
    .verify = kannel_verify,
    .parse = kannel_parse,
    .render = kannel_render,
    .classify = kannel_classify,
};
