// SPDX-License-Identifier: Apache-2.0
// Twilio Messaging (https://www.twilio.com/docs/messaging): the settings, messages out by its REST API, the way to attachments.
// docs/reference/channels-twilio.md says what is verified and what is not. Twilio never takes a key against repeats: what may have been carried
// out is not sent again, and its status callback, which bears our delivery's id, tells what became of it.
#include "channels/twilio.h"

#include <string.h>

#include "channels/form.h"

enum { TEXT_MAX = 1600, MEDIA_MAX = 10, MEDIA_BYTES_MAX = 5 << 20 };

const struct adapter_setting twilio_settings[] = {
    [TWILIO_ACCOUNT_SID] = {.name = "account_sid",
                            .type = ADAPTER_TEXT,
                            .required = true,
                            .words = "AC0123456789abcdef0123456789abcdef",
                            .help = "The account's, from Twilio's console."},
    [TWILIO_AUTH_TOKEN] = {.name = "auth_token",
                           .type = ADAPTER_SECRET,
                           .required = true,
                           .help = "What Twilio signs its requests with, and what ours are let in by."},
    [TWILIO_OTHER_TOKEN] = {.name = "other_auth_token",
                            .type = ADAPTER_SECRET,
                            .help = "A second token by which requests are genuine, while tokens are changed."},
    [TWILIO_SENDER] = {.name = "sender",
                       .type = ADAPTER_TEXT,
                       .words = "+15550001111",
                       .help = "The number, short code or name that customers see and answer to."},
    [TWILIO_SERVICE] = {.name = "messaging_service",
                        .type = ADAPTER_TEXT,
                        .words = "MG0123456789abcdef0123456789abcdef",
                        .help = "The messaging service to send by, instead of `sender`."},
    [TWILIO_NUMBER] = {.name = "number",
                       .type = ADAPTER_TEXT,
                       .words = "+15550001111",
                       .help = "The number customers write to, for asking what was missed; without it `sender`."},
    [TWILIO_API_URL] = {.name = "api_url",
                        .type = ADAPTER_URL,
                        .preset = "https://api.twilio.com",
                        .help = "Twilio's REST API, or that of a region."},
    {.name = NULL},
};

const char *twilio_value(const struct adapter_account *account, enum twilio_setting which)
{
    return account->values[which] ? account->values[which] : "";
}

bool twilio_is_whatsapp(const struct adapter_account *account)
{
    return account->channel == THROUGHLINE__V1__CHANNEL__CHANNEL_SOCIAL;
}

static bool is_sid(const char *text, const char *kind)
{
    return strncmp(text, kind, 2) == 0 && strlen(text) == 34 && strspn(text + 2, "0123456789abcdef") == 32;
}

const char *twilio_configure(struct region *m, const struct adapter_account *account, const char **setting)
{
    const char *service = twilio_value(account, TWILIO_SERVICE);
    (void)m;
    *setting = twilio_settings[TWILIO_ACCOUNT_SID].name;
    if (!is_sid(twilio_value(account, TWILIO_ACCOUNT_SID), "AC"))
        return "must be AC and 32 digits of lower-case hex";
    if (!*account->public_url)
        return "needs the daemon's public_url, over which Twilio signs";
    *setting = twilio_settings[TWILIO_SERVICE].name;
    if (*service && !is_sid(service, "MG"))
        return "must be MG and 32 digits of lower-case hex";
    if (*service && *twilio_value(account, TWILIO_SENDER))
        return "and sender exclude each other: the service chooses the sender";
    return NULL;
}

// ---- out ----

void twilio_call(const struct adapter_account *account, const char *method, const char *url, struct adapter_call *out)
{
    *out = (struct adapter_call){
        .method = method,
        .url = url,
        .user = twilio_value(account, TWILIO_ACCOUNT_SID),
        .password = twilio_value(account, TWILIO_AUTH_TOKEN),
        .headers = {{"Accept", "application/json"}},
        .headers_n = 1,
    };
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0u) != 0x80u;
    return n;
}

// Where Twilio fetches an attachment: our own files have addresses within this daemon's.
static const char *media_url(struct region *m, const struct adapter_account *account, const char *url)
{
    return *url == '/' ? region_format(m, "%s%s", account->public_url, url) : url;
}

static const char *why_not(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d)
{
    const char *kind = twilio_is_whatsapp(account) ? "whatsapp:" : "tel:";
    if (!*twilio_value(account, TWILIO_SENDER) && !*twilio_value(account, TWILIO_SERVICE))
        return "the account only receives: it has neither sender nor messaging_service";
    if (d->what_case != THROUGHLINE__V1__DELIVERY__WHAT_MESSAGE)
        return "Twilio Messaging carries messages only";
    if (strncmp(d->to, kind, strlen(kind)) != 0)
        return twilio_is_whatsapp(account) ? "goes to whatsapp: handles only" : "goes to telephone numbers only";
    if (!d->message->text[0] && !d->message->n_attachments)
        return "a message needs words or an attachment";
    if (characters(d->message->text) > TEXT_MAX)
        return "the text is longer than 1600 characters";
    if (d->message->n_attachments > MEDIA_MAX)
        return "more than 10 attachments";
    for (size_t i = 0; i < d->message->n_attachments; i++) {
        if (d->message->attachments[i]->size > MEDIA_BYTES_MAX)
            return "an attachment is larger than 5 MB";
        if (strncmp(media_url(m, account, d->message->attachments[i]->url), "https://", 8) != 0)
            return "an attachment has no https address that Twilio could fetch it from";
    }
    return NULL;
}

// "whatsapp:+1555..." whether or not the setting says the prefix.
static const char *sender_of(struct region *m, const struct adapter_account *account)
{
    const char *sender = twilio_value(account, TWILIO_SENDER);
    bool bare = twilio_is_whatsapp(account) && *sender && strncmp(sender, "whatsapp:", 9) != 0;
    return bare ? region_format(m, "whatsapp:%s", sender) : sender;
}

bool twilio_render(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d,
                   const struct adapter_context *context, struct adapter_call *out, const char **why)
{
    struct form_text t = {.m = m};
    const char *sid = twilio_value(account, TWILIO_ACCOUNT_SID), *api = twilio_value(account, TWILIO_API_URL);
    (void)context;
    *why = why_not(m, account, d);
    if (*why)
        return false;
    form_put(&t, "To", twilio_is_whatsapp(account) ? d->to : d->to + strlen("tel:"));
    if (*twilio_value(account, TWILIO_SERVICE))
        form_put(&t, "MessagingServiceSid", twilio_value(account, TWILIO_SERVICE));
    else
        form_put(&t, "From", sender_of(m, account));
    if (d->message->text[0])
        form_put(&t, "Body", d->message->text);
    for (size_t i = 0; i < d->message->n_attachments; i++)
        form_put(&t, "MediaUrl", media_url(m, account, d->message->attachments[i]->url));
    form_put(&t, "StatusCallback",
             region_format(m, "%s/hooks/%s/%s?delivery=%s", account->public_url,
                           twilio_is_whatsapp(account) ? "twilio_whatsapp" : "twilio", account->name, d->id));
    twilio_call(account, "POST", region_format(m, "%s/2010-04-01/Accounts/%s/Messages.json", api, sid), out);
    out->headers[out->headers_n++] = (struct adapter_header){"Content-Type", "application/x-www-form-urlencoded"};
    out->body = t.v;
    out->body_len = t.n;
    return true;
}

// ---- attachments ----

// The credentials go to the REST API and nowhere else.
bool twilio_fetch(struct region *m, const struct adapter_account *account, const char *url, struct adapter_call *out)
{
    const char *api = region_format(m, "%s/", twilio_value(account, TWILIO_API_URL));
    twilio_call(account, "GET", region_text(m, url), out);
    out->headers_n = 0;
    if (strncmp(url, api, strlen(api)) != 0)
        out->user = out->password = NULL;
    return true;
}

const struct adapter adapter_twilio = {
    .name = "twilio",
    .channel = THROUGHLINE__V1__CHANNEL__CHANNEL_SMS,
    .settings = twilio_settings,
    .replies = {.done = {200, "text/xml", TWILIO_NOTHING}, .again = {503, "text/xml", TWILIO_NOTHING}},
    .configure = twilio_configure,
    .verify = twilio_verify,
    .parse = twilio_parse,
    .render = twilio_render,
    .classify = twilio_classify,
    .ask = twilio_ask,
    .told = twilio_told,
    .fetch = twilio_fetch,
};
