// SPDX-License-Identifier: Apache-2.0
// What became of a message of ours, as mail systems tell it: reports in the form of RFC 3464 and RFC 8098, and the letters of those that have a
// form of their own. Only what proves that it answers a message of ours counts: the signed address that it was sent to, or a signed Message-Id in
// it. A delay is nothing final; a full mailbox fails the message but not the address.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"

enum { FIELDS_MAX = 400, IDS_MAX = 50 };

// ---- whether it is one ----

static bool holds_any(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

static bool looks_like_bounce(const struct mail *mail, const char *mail_from)
{
    static const char *const subjects[] = {
        "undeliver",
        "delivery status notification",
        "mail delivery failed",
        "delivery failure",
        "failure notice",
        "returned mail",
        "returned to sender",
        "mail system error",
        "delivery failed",
        "delivery has failed",
        "could not be deliver",
        "nicht zugestellt",
        "unzustellbar",
        "non remis",
        "non distribu",
        "échec de la remise",
        "no se puede",
        "no se pudo entregar",
        "impossibile recapita",
        "mancata consegna",
        "onbestelbaar",
        "não entregue",
        "kan inte leverera",
        "delivery problem",
        "mail failure",
        "delivery notification",
        "message delayed",
        "warning: could not send",
    };
    const char *from = mail_address(mail, "From", NULL);
    bool daemon = strncasecmp(from, "email:mailer-daemon@", 20) == 0 || strncasecmp(from, "email:postmaster@", 17) == 0;
    if (*mail->report || *mail_header_raw(mail, "X-Failed-Recipients"))
        return true;
    return (daemon || strcmp(mail_from, "<>") == 0) &&
           holds_any(mail_header(mail, "Subject"), subjects, sizeof subjects / sizeof *subjects);
}

// ---- which message it is about ----

// The proof does not cover what follows the @.
static bool is_printable(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x21 || (unsigned char)text[i] > 0x7e)
            return false;
    return true;
}

static const char *our_id(const struct mail *mail, const char *secret, const char *text)
{
    char payload[MAIL_TOKEN_PAYLOAD_MAX];
    int left = IDS_MAX;
    for (const char *p = text; left > 0 && (p = strchr(p, '<')); p++) {
        size_t len = strcspn(p + 1, "<> \r\n") + 2;
        if (!isdigit((unsigned char)p[1]) || len > MAIL_ID_MAX || !is_printable(p, len))
            continue;
        const char *id = region_copy(mail->m, p, len);
        left--;
        if (mail_token_id(secret, id, payload))
            return id;
    }
    return "";
}

static const char *find_our_id(const struct mail *mail, const char *secret)
{
    const char *places[] = {mail_header_raw(mail, "In-Reply-To"), mail_header_raw(mail, "References"), mail->report,
                            mail->plain, mail->html};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *id = our_id(mail, secret, places[i]);
        if (*id)
            return id;
    }
    for (size_t i = 0; i < mail->files_n; i++) {
        bool letter = strncasecmp(mail->files[i].type, "message/", 8) == 0 ||
                      strcasecmp(mail->files[i].type, "text/rfc822-headers") == 0;
        const char *id = letter ? our_id(mail, secret, mail->files[i].bytes) : "";
        if (*id)
            return id;
    }
    return "";
}

// ---- reports ----

struct recipient {
    const char *action, *status, *diagnostic, *final, *original;
    const char *disposition;
};

static const struct field {
    const char *name;
    size_t offset;
} fields[] = {
    {"Action", offsetof(struct recipient, action)},
    {"Status", offsetof(struct recipient, status)},
    {"Diagnostic-Code", offsetof(struct recipient, diagnostic)},
    {"Final-Recipient", offsetof(struct recipient, final)},
    {"Original-Recipient", offsetof(struct recipient, original)},
    {"Disposition", offsetof(struct recipient, disposition)},
};

static void take_field(struct region *m, struct recipient *r, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    for (size_t i = 0; colon && i < sizeof fields / sizeof *fields; i++) {
        size_t n = (size_t)(colon - line);
        if (strncasecmp(fields[i].name, line, n) != 0 || fields[i].name[n])
            continue;
        const char **to = (const char **)(void *)((char *)r + fields[i].offset);
        if (!**to)
            *to = mail_line(m, region_copy(m, colon + 1, len - n - 1), FIELDS_MAX);
        *to += strspn(*to, " ");
    }
}

static const struct recipient nobody = {"", "", "", "", "", ""};

// The lines of one block; behind it.
static const char *read_block(struct region *m, const char *p, struct recipient *r)
{
    *r = nobody;
    while (*p && *p != '\n') {
        size_t len = strcspn(p, "\n");
        while (p[len] == '\n' && (p[len + 1] == ' ' || p[len + 1] == '\t'))
            len += 1 + strcspn(p + len + 1, "\n");
        take_field(m, r, p, len);
        p += len + (p[len] == '\n');
    }
    return p + strspn(p, "\n");
}

// The first recipient that failed, else the first.
static bool read_report(const struct mail *mail, struct recipient *out)
{
    bool found = false;
    int left = 50;
    for (const char *p = mail->report; *p && left > 0; left--) {
        struct recipient r;
        p = read_block(mail->m, p, &r);
        bool tells = *r.action || *r.disposition;
        if (tells && (!found || (strcasecmp(r.action, "failed") == 0 && strcasecmp(out->action, "failed") != 0))) {
            *out = r;
            found = true;
        }
    }
    return found;
}

// "rfc822; ann@example.org" as a handle.
static const char *report_handle(const struct mail *mail, const struct recipient *r)
{
    const char *address = *r->original ? r->original : r->final, *behind = strchr(address, ';');
    address = behind ? behind + 1 : address;
    address += strspn(address, " <");
    return mail_handle(mail->m, region_copy(mail->m, address, strcspn(address, " >")));
}

// ---- what it means ----

// An address that is wrong, unknown, moved or closed (RFC 3463, and 5.1.10 of RFC 7505).
static bool is_gone(const char *status)
{
    static const char *const codes[] = {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"};
    size_t len = strspn(status, "0123456789.");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strlen(codes[i]) == len && strncmp(status, codes[i], len) == 0)
            return true;
    return false;
}

static bool says_unknown(const char *text)
{
    static const char *const words[] = {
        "user unknown",        "unknown user",        "no such user",
        "does not exist",      "doesn't exist",       "no mailbox here",
        "mailbox not found",   "unknown recipient",   "invalid recipient",
        "unrouteable address", "no such address",     "address not found",
        "no such recipient",   "recipient not found", "user not found",
        "wasn't found",        "address rejected",    "account has been disabled",
        "account is disabled", "invalid mailbox",
    };
    return holds_any(text, words, sizeof words / sizeof *words);
}

static bool says_later(const char *text)
{
    static const char *const words[] = {
        "delayed",
        "will be retried",
        "will retry",
        "will continue to try",
        "not yet been delivered",
        "temporary problem",
        "do not need to resend",
        "warning message only",
        "noch nicht zugestellt",
        "will keep trying",
    };
    return holds_any(text, words, sizeof words / sizeof *words);
}

// The first "5.1.1" of a text, as it stands there; "" = none.
static const char *find_status(struct region *m, const char *text)
{
    for (const char *p = text; (p = strpbrk(p, "45")); p++) {
        size_t len = strspn(p, "0123456789.");
        const char *second = p[1] == '.' ? memchr(p + 2, '.', len > 2 ? len - 2 : 0) : NULL;
        bool alone = p == text || (!isalnum((unsigned char)p[-1]) && p[-1] != '.');
        if (second && alone && second > p + 2 && second < p + 6 && isdigit((unsigned char)second[1]) && len <= 9)
            return region_copy(m, p, len - (p[len - 1] == '.'));
        p += len ? len - 1 : 0;
    }
    return "";
}

static void from_report(const struct mail *mail, const struct recipient *r, struct mail_news *out)
{
    const char *text = r->diagnostic, *behind = strchr(text, ';');
    text = behind ? behind + 1 + strspn(behind + 1, " ") : text;
    out->handle = report_handle(mail, r);
    if (*r->disposition) {
        bool shown = strcasestr(r->disposition, "displayed") != NULL;
        out->state = shown ? THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_READ : 0;
    } else if (strcasecmp(r->action, "delivered") == 0) {
        out->state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_DELIVERED;
    } else if (strcasecmp(r->action, "failed") == 0) {
        const char *finer = is_gone(r->status) ? r->status : find_status(mail->m, text);
        out->state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED;
        out->gone = is_gone(finer) || (*r->status == '5' && says_unknown(text));
        out->reason =
            mail_line(mail->m, region_format(mail->m, "%s: %s", *r->status ? r->status : "failed", text), 200);
    }
}

// A letter in a form of its own.
static void from_letter(const struct mail *mail, struct mail_news *out)
{
    const char *text = *mail->plain ? mail->plain : mail_html_words(mail->m, mail->html);
    const char *failed = mail_header(mail, "X-Failed-Recipients");
    const char *status = find_status(mail->m, text);
    out->handle = mail_handle(mail->m, region_copy(mail->m, failed, strcspn(failed, " ,")));
    if (says_later(mail_header(mail, "Subject")) || says_later(text) || *status == '4')
        return;
    out->state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED;
    out->gone = is_gone(status) || says_unknown(text);
    out->reason = mail_line(
        mail->m, region_format(mail->m, "%s: %s", *status ? status : "bounced", mail_header(mail, "Subject")), 200);
}

bool mail_bounce(const struct mail *mail, const char *secret, char delimiter, const char *mail_from, const char *rcpt,
                 struct mail_news *out)
{
    struct recipient r = nobody;
    char payload[MAIL_TOKEN_PAYLOAD_MAX];
    *out = (struct mail_news){.delivery = "", .external_id = "", .reason = "", .handle = ""};
    if (!looks_like_bounce(mail, mail_from))
        return false;
    bool addressed = mail_token_find(mail, secret, MAIL_TOKEN_BOUNCE, delimiter, rcpt, payload);
    const char *delivery = strchr(payload, '.'); // behind the conversation
    if (addressed && delivery)
        out->delivery = region_text(mail->m, delivery + 1);
    out->external_id = find_our_id(mail, secret);
    if (!addressed && !*out->external_id)
        return false;
    if (*mail->report && read_report(mail, &r))
        from_report(mail, &r, out);
    else
        from_letter(mail, out);
    return out->state != 0;
}
