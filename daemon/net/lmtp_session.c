// SPDX-License-Identifier: Apache-2.0
// The LMTP dialogue: lines, and commands by a table. Whatever comes is answered or ends the dialogue; nothing here fails otherwise. The mail itself
// is lmtp_data.c's.
#include "daemon/net/lmtp_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/loop.h"
#include "daemon/net/lmtp_private.h"

#define FAULTS_MAX 20 // wrong commands before the dialogue is ended

// ---- replies ----

const char *const lmtp_verdicts[LMTP_VERDICTS] = {
    [LMTP_RECIPIENT] = "250 2.1.5 recipient ok",
    [LMTP_STORED] = "250 2.0.0 stored",
    [LMTP_UNKNOWN_USER] = "550 5.1.1 no account has this address",
    [LMTP_NOT_NOW] = "451 4.3.0 not known to be stored: send it again",
    [LMTP_BUSY] = "452 4.3.1 too many mails in hand: send it again",
    [LMTP_TOO_MANY] = "452 4.5.3 too many recipients: send the others in another transaction",
    [LMTP_TOO_BIG] = "552 5.3.4 the mail is larger than what LHLO allowed",
    [LMTP_BARE] = "550 5.6.0 lines end with CR LF; a lone CR or LF was found",
    [LMTP_LOOP] = "554 5.4.6 too many Received headers: a mail loop",
    [LMTP_REFUSED] = "554 5.6.0 the mail cannot be kept",
};

void lmtp_say(struct lmtp_session *s, const char *text)
{
    s->ops->send(s->ctx, text, strlen(text));
    s->ops->send(s->ctx, "\r\n", 2);
}

static void end(struct lmtp_session *s, const char *text)
{
    lmtp_say(s, text);
    s->phase = LMTP_ENDED;
}

static void fault(struct lmtp_session *s, const char *text)
{
    if (++s->faults > FAULTS_MAX)
        end(s, "421 4.7.0 too many errors");
    else
        lmtp_say(s, text);
}

void lmtp_session_bye(struct lmtp_session *s, const char *why)
{
    char text[160];
    snprintf(text, sizeof text, "421 %s", why);
    if (s->phase != LMTP_ENDED)
        end(s, text);
}

// ---- commands ----

static void on_lhlo(struct lmtp_session *s, const char *rest)
{
    char text[320];
    if (!*rest) {
        fault(s, "501 5.5.4 LHLO needs a name");
        return;
    }
    lmtp_forget(s);
    s->greeted = true;
    snprintf(text, sizeof text,
             "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE %zu",
             s->o->host, s->o->message_max);
    lmtp_say(s, text);
}

// One parameter of MAIL; NULL = fine, else the reply.
static const char *mail_parameter(struct lmtp_session *s, const char *word)
{
    if (strncasecmp(word, "SIZE=", 5) == 0) {
        char *last;
        unsigned long long size = strtoull(word + 5, &last, 10);
        if (*last || !word[5] || !strchr("0123456789", word[5]))
            return "501 5.5.4 SIZE is a number";
        return size > s->o->message_max ? lmtp_verdicts[LMTP_TOO_BIG] : NULL;
    }
    if (strcasecmp(word, "SMTPUTF8") == 0) {
        s->utf8 = true;
        return NULL;
    }
    if (strcasecmp(word, "BODY=7BIT") == 0 || strcasecmp(word, "BODY=8BITMIME") == 0)
        return NULL;
    return "555 5.5.4 this parameter is not known here";
}

static const char *mail_parameters(struct lmtp_session *s, char *text)
{
    char *save = NULL;
    const char *wrong = *text && *text != ' ' ? "501 5.5.4 a space must follow the path" : NULL;
    for (char *word = strtok_r(text, " ", &save); word && !wrong; word = strtok_r(NULL, " ", &save))
        wrong = mail_parameter(s, word);
    return wrong;
}

static void on_mail(struct lmtp_session *s, const char *rest)
{
    char from[LMTP_ADDRESS_MAX + 1], words[LMTP_LINE_MAX + 1];
    const char *after, *wrong = NULL;
    if (s->begun) {
        fault(s, "503 5.5.1 a mail is begun already: RSET");
        return;
    }
    // SMTPUTF8 comes after the path that it allows.
    if (!lmtp_path_read(rest, true, from, &after)) {
        fault(s, "501 5.1.7 MAIL FROM:<address>");
        return;
    }
    snprintf(words, sizeof words, "%s", after);
    wrong = mail_parameters(s, words);
    if (!wrong && !s->utf8 && !lmtp_path_read(rest, false, from, &after))
        wrong = "553 5.6.7 an address that is not ASCII needs SMTPUTF8";
    if (wrong) {
        s->utf8 = false;
        fault(s, wrong);
        return;
    }
    s->mail = xcalloc(1, sizeof *s->mail);
    s->mail->from = xstrdup(*from ? from : "<>");
    s->begun = true;
    lmtp_say(s, "250 2.1.0 sender ok");
}

static void on_rcpt(struct lmtp_session *s, const char *rest)
{
    char to[LMTP_ADDRESS_MAX + 1];
    const char *after;
    if (!s->begun)
        fault(s, "503 5.5.1 MAIL comes before RCPT");
    else if (!lmtp_path_read(rest, s->utf8, to, &after) || !*to)
        fault(s, "501 5.1.3 RCPT TO:<local@domain>");
    else if (*after)
        fault(s, "555 5.5.4 RCPT has no parameters here");
    else if (s->mail->rcpt_n == LMTP_RECIPIENTS_MAX)
        lmtp_say(s, lmtp_verdicts[LMTP_TOO_MANY]);
    else {
        enum lmtp_verdict v = s->ops->recipient(s->ctx, to);
        if (v == LMTP_RECIPIENT)
            s->mail->rcpt[s->mail->rcpt_n++] = xstrdup(to);
        lmtp_say(s, lmtp_verdicts[v]);
    }
}

static void on_data(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    if (!s->begun || s->mail->rcpt_n == 0) {
        fault(s, s->begun ? "503 5.5.1 no valid recipients" : "503 5.5.1 MAIL and RCPT come before DATA");
        return;
    }
    lmtp_data_begin(s);
    lmtp_say(s, "354 end with a line that holds only a dot");
}

static void on_rset(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    lmtp_forget(s);
    lmtp_say(s, "250 2.0.0 ok");
}

static void on_noop(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    lmtp_say(s, "250 2.0.0 ok");
}

static void on_vrfy(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    lmtp_say(s, "252 2.5.0 ask with RCPT");
}

static void on_quit(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    end(s, "221 2.0.0 bye");
}

static void on_smtp(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    fault(s, "500 5.5.1 this is LMTP: begin with LHLO"); // RFC 2033 4.1
}

static const struct command {
    const char *word;
    bool anytime; // also before LHLO
    bool alone;   // no argument
    void (*act)(struct lmtp_session *s, const char *rest);
} commands[] = {
    {"LHLO", true, false, on_lhlo}, {"MAIL FROM:", false, false, on_mail}, {"RCPT TO:", false, false, on_rcpt},
    {"DATA", false, true, on_data}, {"RSET", true, true, on_rset},         {"NOOP", true, false, on_noop},
    {"VRFY", true, false, on_vrfy}, {"QUIT", true, true, on_quit},         {"HELO", true, false, on_smtp},
    {"EHLO", true, false, on_smtp},
};

static const struct command *command_of(const char *line)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t n = strlen(commands[i].word);
        if (strncasecmp(line, commands[i].word, n) == 0 && (line[n - 1] == ':' || line[n] == 0 || line[n] == ' '))
            return &commands[i];
    }
    return NULL;
}

static bool is_plain(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7F)
            return false;
    return true;
}

static void command(struct lmtp_session *s)
{
    if (!is_plain(s->line, s->line_len)) {
        fault(s, "500 5.5.2 control characters have no place in a command");
        return;
    }
    while (s->line_len > 0 && s->line[s->line_len - 1] == ' ')
        s->line[--s->line_len] = 0;
    const struct command *c = command_of(s->line);
    const char *rest = c ? s->line + strlen(c->word) : "";
    rest += strspn(rest, " ");
    if (!c && !s->greeted) // whoever speaks another protocol, a browser for instance, gets no second line
        end(s, "521 5.5.1 this is LMTP: begin with LHLO");
    else if (!c)
        fault(s, "500 5.5.1 no such command");
    else if (!c->anytime && !s->greeted)
        fault(s, "503 5.5.1 LHLO comes first");
    else if (c->alone && *rest)
        fault(s, "501 5.5.4 this command has no argument");
    else
        c->act(s, rest);
}

// ---- lines ----

static void line_end(struct lmtp_session *s)
{
    s->line[s->line_len] = 0;
    if (s->too_long)
        fault(s, "500 5.5.2 the line is too long");
    else
        command(s);
    s->line_len = 0;
    s->too_long = false;
}

static void line_byte(struct lmtp_session *s, char c)
{
    bool cr = s->cr;
    s->cr = c == '\r';
    if (cr != (c == '\n'))
        end(s, "521 5.5.2 lines end with CR LF");
    else if (c == '\n')
        line_end(s);
    else if (c != '\r' && s->line_len == LMTP_LINE_MAX)
        s->too_long = true;
    else if (c != '\r')
        s->line[s->line_len++] = c;
}

size_t lmtp_session_feed(struct lmtp_session *s, const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && (s->phase == LMTP_COMMANDS || s->phase == LMTP_DATA)) {
        if (s->phase == LMTP_DATA)
            i += lmtp_data_feed(s, bytes + i, len - i);
        else
            line_byte(s, bytes[i++]);
    }
    return i;
}

// ---- life ----

struct lmtp_session *lmtp_session_new(const struct lmtp_options *o, const struct lmtp_session_ops *ops, void *ctx)
{
    char text[320];
    struct lmtp_session *s = xcalloc(1, sizeof *s);
    *s = (struct lmtp_session){.o = o, .ops = ops, .ctx = ctx};
    snprintf(text, sizeof text, "220 %s LMTP", o->host);
    lmtp_say(s, text);
    return s;
}

void lmtp_session_free(struct lmtp_session *s)
{
    if (s)
        lmtp_forget(s);
    free(s);
}

enum lmtp_phase lmtp_session_phase(const struct lmtp_session *s)
{
    return s->phase;
}

bool lmtp_session_idle(const struct lmtp_session *s)
{
    return s->phase == LMTP_COMMANDS && !s->begun && s->line_len == 0;
}
