// SPDX-License-Identifier: Apache-2.0
// Every bound of event.proto, as tables: texts of the event, texts of each body, lists; then the few rules that are no bound. The first
// fault found is the answer, with its field; values are never quoted. Nothing here asks anybody, and nothing is changed in the event.
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "channels/mail_html.h"
#include "daemon/core/triage_private.h"
#include "proto/utf8.h"

bool triage_fault(struct triage_fault *f, const char *code, const char *field, const char *detail)
{
    f->code = code;
    snprintf(f->field, sizeof f->field, "%s", field);
    snprintf(f->detail, sizeof f->detail, "%s", detail);
    return false;
}

// ---- texts ----

enum rule {
    RULE_WORDS, // any text
    RULE_LINE,  // no control characters
    RULE_URL,   // https, a file that is kept here, or empty
    RULE_HEX64, // or empty
    RULE_DIGITS,
    RULE_E164, // or empty
    RULE_HTML, // in the strict form of channels/mail_html.h
};

struct text_bound {
    const char *field;
    size_t offset; // of the char *
    size_t least, most;
    enum rule rule;
};

// U+0080 to U+009F are C2 80 to C2 9F: a terminal takes some of them for the beginning of a command.
bool triage_is_line(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < 32 || s[i] == 127 ||
            (s[i] == '\xc2' && i + 1 < len && (unsigned char)s[i + 1] < 0xa0))
            return false;
    return true;
}

bool triage_is_kept_file(const char *s, size_t len)
{
    return len == 6 + 64 && strncmp(s, "media:", 6) == 0 && strspn(s + 6, "0123456789abcdef") == 64;
}

// The shortest numbers that exist, with their country code, have 7 digits.
static bool is_e164(const char *s, size_t len)
{
    return len >= 8 && len <= 16 && s[0] == '+' && s[1] != '0' && strspn(s + 1, "0123456789") == len - 1;
}

static const char *broken_rule(enum rule rule, const char *s, size_t len)
{
    switch (rule) {
    case RULE_WORDS:
        break;
    case RULE_LINE:
        return triage_is_line(s, len) ? NULL : "must hold no control characters";
    case RULE_URL:
        return len == 0 || triage_is_kept_file(s, len) || (strncmp(s, "https://", 8) == 0 && triage_is_line(s, len))
                   ? NULL
                   : "must be an https URL";
    case RULE_HEX64:
        return len == 0 || (len == 64 && strspn(s, "0123456789abcdef") == 64) ? NULL
                                                                              : "must be 64 digits of lower-case hex";
    case RULE_DIGITS:
        return strspn(s, "0123456789*#ABCD") == len ? NULL : "must consist of 0-9 * # A-D";
    case RULE_E164:
        return len == 0 || is_e164(s, len) ? NULL : "must be E.164: + and 7 to 15 digits, the first not 0";
    case RULE_HTML:
        return mail_html_safe(s, len) ? NULL : "must be HTML in the strict form of docs/reference/channels-email.md";
    }
    return NULL;
}

static bool check_text(const char *field, const char *s, size_t least, size_t most, enum rule rule,
                       struct triage_fault *f)
{
    char detail[96];
    if (*s == '\0')
        return least == 0 || triage_fault(f, "required", field, "must not be empty");
    size_t len = strnlen(s, most + 1);
    if (len > most) {
        snprintf(detail, sizeof detail, "must be at most %zu bytes", most);
        return triage_fault(f, "too_long", field, detail);
    }
    if (!utf8_valid(s, len))
        return triage_fault(f, "invalid_utf8", field, "must be valid UTF-8");
    const char *broken = broken_rule(rule, s, len);
    return !broken || triage_fault(f, "invalid_field", field, broken);
}

static bool check_texts(const void *m, const char *prefix, const struct text_bound *v, size_t n, struct triage_fault *f)
{
    for (size_t i = 0; i < n; i++) {
        const char *s = *(char *const *)(const void *)((const char *)m + v[i].offset);
        if (check_text(v[i].field, s, v[i].least, v[i].most, v[i].rule, f))
            continue;
        char field[sizeof f->field];
        snprintf(field, sizeof field, "%.30s%.30s", prefix, v[i].field);
        snprintf(f->field, sizeof f->field, "%s", field);
        return false;
    }
    return true;
}

#define TEXT(type, member, least, most, rule)                                                                          \
    {                                                                                                                  \
#member, offsetof(Throughline__V1__##type, member), least, most, rule                                          \
    }

static const struct text_bound event_texts[] = {
    TEXT(Event, id, 1, 200, RULE_LINE),    TEXT(Event, account, 1, 64, RULE_LINE),
    TEXT(Event, from, 1, 256, RULE_LINE),  TEXT(Event, language, 0, 35, RULE_LINE),
    TEXT(Event, intent, 0, 64, RULE_LINE), TEXT(Event, display_name, 0, 200, RULE_LINE),
};
static const struct text_bound attachment_texts[] = {
    TEXT(Attachment, name, 0, 255, RULE_LINE),    TEXT(Attachment, content_type, 0, 127, RULE_LINE),
    TEXT(Attachment, url, 0, 2048, RULE_URL),     TEXT(Attachment, sha256, 0, 64, RULE_HEX64),
    TEXT(Attachment, missing, 0, 200, RULE_LINE),
};
static const struct text_bound message_texts[] = {
    TEXT(Message, text, 0, 65536, RULE_WORDS),    TEXT(Message, subject, 0, 1024, RULE_WORDS),
    TEXT(Message, quoted, 0, 65536, RULE_WORDS),  TEXT(Message, html, 0, MAIL_HTML_MAX, RULE_HTML),
    TEXT(Message, message_id, 0, 200, RULE_LINE),
};
static const struct text_bound call_started_texts[] = {
    TEXT(CallStarted, call, 1, 200, RULE_LINE),
    TEXT(CallStarted, dialled, 0, 64, RULE_LINE),
};
static const struct text_bound call_ended_texts[] = {
    TEXT(CallEnded, call, 1, 200, RULE_LINE),
    TEXT(CallEnded, reason, 0, 200, RULE_LINE),
    TEXT(CallEnded, callback, 0, 16, RULE_E164),
};
static const struct text_bound dtmf_texts[] = {
    TEXT(Dtmf, call, 1, 200, RULE_LINE),
    TEXT(Dtmf, digits, 1, 128, RULE_DIGITS),
};
static const struct text_bound receipt_texts[] = {
    TEXT(Receipt, delivery, 0, 40, RULE_LINE),
    TEXT(Receipt, external_id, 0, 200, RULE_LINE),
    TEXT(Receipt, reason, 0, 200, RULE_LINE),
};
static const struct text_bound reaction_texts[] = {
    TEXT(Reaction, external_id, 1, 200, RULE_LINE),
    TEXT(Reaction, emoji, 0, 64, RULE_LINE),
};
static const struct text_bound unparsed_texts[] = {
    TEXT(Unparsed, reason, 0, 200, RULE_LINE),
    TEXT(Unparsed, content_type, 0, 127, RULE_LINE),
};
static const struct text_bound chat_opened_texts[] = {TEXT(ChatOpened, page, 0, 2048, RULE_LINE)};
static const struct text_bound consent_texts[] = {TEXT(Consent, keyword, 0, 64, RULE_LINE)};
static const struct text_bound chat_closed_texts[] = {TEXT(ChatClosed, reason, 0, 200, RULE_LINE)};

// ---- lists ----

static bool list_fault(struct triage_fault *f, const char *code, const char *list, size_t i, const char *detail)
{
    char field[64];
    snprintf(field, sizeof field, "%.30s[%zu]", list, i);
    return triage_fault(f, code, field, detail);
}

// Texts of 1 to 200 bytes, each one line.
static bool check_list(const char *list, char *const *v, size_t n, struct triage_fault *f)
{
    for (size_t i = 0; i < n; i++)
        if (!check_text("", v[i], 1, 200, RULE_LINE, f)) {
            char detail[sizeof f->detail];
            snprintf(detail, sizeof detail, "%s", f->detail);
            return list_fault(f, f->code, list, i, detail);
        }
    return true;
}

// ---- bodies ----

typedef bool body_fn(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f);

static bool check_participants(const Throughline__V1__Message *m, struct triage_fault *f)
{
    char normal[HANDLE_MAX];
    const char *why;
    if (m->n_participants > 32)
        return triage_fault(f, "too_long", "message.participants", "at most 32 handles");
    for (size_t i = 0; i < m->n_participants; i++)
        if (!handle_normalise(m->participants[i], normal, &why) || strcmp(normal, m->participants[i]) != 0)
            return list_fault(f, "invalid_handle", "message.participants", i, why ? why : "must be in its normal form");
    return true;
}

static bool check_attachment(const Throughline__V1__Attachment *a, size_t i, struct triage_fault *f)
{
    char prefix[48];
    snprintf(prefix, sizeof prefix, "message.attachments[%zu].", i);
    if (!check_texts(a, prefix, attachment_texts, sizeof attachment_texts / sizeof *attachment_texts, f))
        return false;
    if (a->url[0] || a->missing[0])
        return true;
    snprintf(prefix, sizeof prefix, "message.attachments[%zu].url", i);
    return triage_fault(f, "required", prefix, "must not be empty");
}

static bool check_message(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    const Throughline__V1__Message *m = e->message;
    (void)fit;
    if (m->n_attachments > 32)
        return triage_fault(f, "too_long", "message.attachments", "at most 32 attachments");
    for (size_t i = 0; i < m->n_attachments; i++)
        if (!check_attachment(m->attachments[i], i, f))
            return false;
    if (m->n_references > 20)
        return triage_fault(f, "too_long", "message.references", "at most 20 references");
    if (!check_list("message.references", m->references, m->n_references, f) || !check_participants(m, f))
        return false;
    return m->text[0] || m->subject[0] || m->n_attachments ||
           triage_fault(f, "required", "message.text", "a message needs text, a subject or an attachment");
}

static bool check_call_started(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    (void)f;
    fit->call = e->call_started->call;
    return true;
}

static bool check_call_ended(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    (void)f;
    fit->call = e->call_ended->call;
    return true;
}

static bool check_dtmf(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    (void)f;
    fit->call = e->dtmf->call;
    return true;
}

static bool check_receipt(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    const Throughline__V1__Receipt *r = e->receipt;
    (void)fit;
    if (!r->delivery[0] && !r->external_id[0])
        return triage_fault(f, "required", "receipt.delivery", "delivery or external_id says what it is news of");
    if (r->state < THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT ||
        r->state > THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_READ)
        return triage_fault(f, "invalid_field", "receipt.state", "must be SENT, DELIVERED, READ or FAILED");
    return !r->handle_gone || r->state == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED ||
           triage_fault(f, "invalid_field", "receipt.handle_gone", "goes with FAILED only");
}

static bool check_consent(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    Throughline__V1__ConsentState state = e->consent->state;
    (void)fit;
    return (state > 0 && state <= THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_HELP) ||
           triage_fault(f, "invalid_field", "consent.state", "must be STOPPED, STARTED or HELP");
}

static bool check_unparsed(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    (void)fit;
    return e->unparsed->raw.len <= 65536 || triage_fault(f, "too_long", "unparsed.raw", "must be at most 65536 bytes");
}

struct body_rule {
    const char *prefix;
    const struct text_bound *texts;
    size_t texts_n;
    body_fn *more;
};

#define BODY_FIRST THROUGHLINE__V1__EVENT__BODY_MESSAGE
#define BODY(NAME) [THROUGHLINE__V1__EVENT__BODY_##NAME - BODY_FIRST]
#define TEXTS(v)   (v), sizeof(v) / sizeof *(v)
static const struct body_rule bodies[] = {
    BODY(MESSAGE) = {"message.", TEXTS(message_texts), check_message},
    BODY(CALL_STARTED) = {"call_started.", TEXTS(call_started_texts), check_call_started},
    BODY(CALL_ENDED) = {"call_ended.", TEXTS(call_ended_texts), check_call_ended},
    BODY(DTMF) = {"dtmf.", TEXTS(dtmf_texts), check_dtmf},
    BODY(TYPING) = {"typing.", NULL, 0, NULL},
    BODY(RECEIPT) = {"receipt.", TEXTS(receipt_texts), check_receipt},
    BODY(REACTION) = {"reaction.", TEXTS(reaction_texts), NULL},
    BODY(UNPARSED) = {"unparsed.", TEXTS(unparsed_texts), check_unparsed},
    BODY(CHAT_OPENED) = {"chat_opened.", TEXTS(chat_opened_texts), NULL},
    BODY(CHAT_CLOSED) = {"chat_closed.", TEXTS(chat_closed_texts), NULL},
    BODY(CONSENT) = {"consent.", TEXTS(consent_texts), check_consent},
};

static bool check_body(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    unsigned i = (unsigned)e->body_case - BODY_FIRST;
    if (i >= sizeof bodies / sizeof *bodies || !bodies[i].prefix)
        return triage_fault(f, "required", "body", "an event needs one of message, call_started, typing ...");
    const struct body_rule *b = &bodies[i];
    return check_texts(e->message, b->prefix, b->texts, b->texts_n, f) && (!b->more || b->more(e, fit, f));
}

// ---- lists of the event ----

static bool check_threads(const Throughline__V1__Event *e, struct triage_fault *f)
{
    if (e->n_threads > TRIAGE_THREADS_MAX)
        return triage_fault(f, "too_long", "threads", "at most 16 references");
    return check_list("threads", e->threads, e->n_threads, f);
}

static bool check_attributes(const Throughline__V1__Event *e, struct triage_fault *f)
{
    if (e->n_attributes > 16)
        return triage_fault(f, "too_long", "attributes", "at most 16 attributes");
    for (size_t i = 0; i < e->n_attributes; i++) {
        if (!check_text("attributes", e->attributes[i]->key, 1, 64, RULE_LINE, f) ||
            !check_text("attributes", e->attributes[i]->value, 0, 256, RULE_LINE, f))
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(e->attributes[i]->key, e->attributes[k]->key) == 0)
                return triage_fault(f, "invalid_field", "attributes", "a key must not come twice");
    }
    return true;
}

// Normalises a list of handles into fit->others; *to gets them.
static bool take_handles(struct triage_fit *fit, unsigned *used, const char *list, char *const *v, size_t n,
                         const char **to, uint32_t *to_n, struct triage_fault *f)
{
    const char *why;
    if (n > TRIAGE_HANDLES_MAX)
        return triage_fault(f, "too_long", list, "at most 16 handles");
    for (size_t i = 0; i < n; i++) {
        char *out = fit->others[*used];
        if (!handle_normalise(v[i], out, &why))
            return list_fault(f, "invalid_handle", list, i, why);
        to[(*to_n)++] = out;
        ++*used;
    }
    return true;
}

// Without a signature, what is called verified is only claimed.
static bool check_handles(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    const char *why;
    unsigned used = 0;
    bool is_signed = e->authentication == THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_SIGNED;
    fit->verified_n = fit->claimed_n = 0;
    if (!handle_normalise(e->from, fit->from, &why))
        return triage_fault(f, "invalid_handle", "from", why);
    return take_handles(fit, &used, "verified_handles", e->verified_handles, e->n_verified_handles,
                        is_signed ? fit->verified : fit->claimed, is_signed ? &fit->verified_n : &fit->claimed_n, f) &&
           take_handles(fit, &used, "claimed_handles", e->claimed_handles, e->n_claimed_handles, fit->claimed,
                        &fit->claimed_n, f);
}

static bool check_numbers(const Throughline__V1__Event *e, struct triage_fault *f)
{
    if (e->priority > 9)
        return triage_fault(f, "out_of_range", "priority", "must be 0 to 9");
    if (e->authentication < 0 || e->authentication > THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_SIGNED)
        return triage_fault(f, "invalid_field", "authentication", "must be one of the contract's values");
    return true;
}

bool triage_check(const Throughline__V1__Event *e, struct triage_fit *fit, struct triage_fault *f)
{
    fit->e = e;
    fit->call = "";
    return check_texts(e, "", event_texts, sizeof event_texts / sizeof *event_texts, f) && check_handles(e, fit, f) &&
           check_numbers(e, f) && check_threads(e, f) && check_attributes(e, f) && check_body(e, fit, f);
}
