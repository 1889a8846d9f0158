// SPDX-License-Identifier: Apache-2.0
// The LMTP dialogue: lines, commands by a table, the mail's bytes. Owns the mail until it is handed over. Whatever comes is answered or ends
// the dialogue; nothing here fails otherwise.
#include "daemon/net/lmtp_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/loop.h"

enum {
    FAULTS_MAX = 20,       // wrong commands before the dialogue is ended
    BODY_FIRST = 16 << 10, // room of a mail that begins
};

// What of the mail's end has been seen (RFC 5321 4.1.1.4): CR LF . CR LF.
enum dot { DOT_LINE, DOT_TEXT, DOT_CR, DOT_DOT, DOT_DOT_CR };

struct lmtp_session {
    const struct lmtp_options *o;
    const struct lmtp_session_ops *ops;
    void *ctx;
    enum lmtp_phase phase;
    bool greeted, begun, utf8; // LHLO was said; MAIL was; it asked for SMTPUTF8
    unsigned faults;
    char line[LMTP_LINE_MAX + 1];
    size_t line_len;
    bool cr, too_long;
    struct lmtp_mail *mail;
    enum dot dot;
    enum lmtp_verdict fault; // of the mail being read; LMTP_RECIPIENT = none
    size_t held, taken;      // bytes granted for it; bytes seen of it, kept or not
};

// ---- replies ----

static const char *const verdicts[LMTP_VERDICTS] = {
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

static void say(struct lmtp_session *s, const char *text)
{
    s->ops->send(s->ctx, text, strlen(text));
    s->ops->send(s->ctx, "\r\n", 2);
}

static void end(struct lmtp_session *s, const char *text)
{
    say(s, text);
    s->phase = LMTP_ENDED;
}

static void fault(struct lmtp_session *s, const char *text)
{
    if (++s->faults > FAULTS_MAX)
        end(s, "421 4.7.0 too many errors");
    else
        say(s, text);
}

void lmtp_session_bye(struct lmtp_session *s, const char *why)
{
    char text[160];
    snprintf(text, sizeof text, "421 %s", why);
    if (s->phase != LMTP_ENDED)
        end(s, text);
}

// ---- the mail in hand ----

void lmtp_mail_free(struct lmtp_mail *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->rcpt_n; i++)
        free(m->rcpt[i]);
    free(m->from);
    free(m->body);
    free(m);
}

static void forget(struct lmtp_session *s)
{
    lmtp_mail_free(s->mail);
    s->mail = NULL;
    s->begun = s->utf8 = false;
    if (s->held)
        s->ops->release(s->ctx, s->held);
    s->held = 0;
}

// Grows by doubling, as far as the owner grants it; the mail's text and its NUL.
static bool make_room(struct lmtp_session *s, size_t len)
{
    struct lmtp_mail *m = s->mail;
    size_t room = m->body_room ? m->body_room : BODY_FIRST;
    while (room < m->body_len + len + 1)
        room *= 2;
    if (room == m->body_room)
        return true;
    if (!s->ops->hold(s->ctx, room - m->body_room))
        return false;
    s->held += room - m->body_room;
    m->body = xrealloc(m->body, room);
    m->body_room = room;
    return true;
}

static void keep(struct lmtp_session *s, const char *bytes, size_t len)
{
    s->taken += len;
    if (s->fault || len == 0)
        return;
    if (s->taken > s->o->message_max)
        s->fault = LMTP_TOO_BIG;
    else if (!make_room(s, len))
        s->fault = LMTP_BUSY;
    if (s->fault)
        return;
    memcpy(s->mail->body + s->mail->body_len, bytes, len);
    s->mail->body_len += len;
}

static void answer_fault(struct lmtp_session *s)
{
    for (size_t i = 0; i < s->mail->rcpt_n; i++)
        say(s, verdicts[s->fault]);
    forget(s);
    s->phase = LMTP_COMMANDS;
}

static void data_end(struct lmtp_session *s)
{
    if (!s->fault && !make_room(s, 0)) // an empty mail, and too much in hand for its NUL
        s->fault = LMTP_BUSY;
    if (s->fault) {
        answer_fault(s);
        return;
    }
    struct lmtp_mail *m = s->mail;
    m->body[m->body_len] = 0;
    s->mail = NULL;
    s->held = 0;
    s->phase = LMTP_WAITING;
    s->ops->mail(s->ctx, m);
}

void lmtp_session_answer(struct lmtp_session *s, const enum lmtp_verdict *v, size_t n)
{
    if (s->phase != LMTP_WAITING)
        return;
    for (size_t i = 0; i < n; i++)
        say(s, verdicts[v[i]]);
    forget(s);
    s->phase = LMTP_COMMANDS;
}

// ---- the mail's bytes ----

// One byte that matters to where the mail ends; everything between is copied in runs.
static void data_byte(struct lmtp_session *s, char c)
{
    enum dot was = s->dot;
    bool after_cr = was == DOT_CR || was == DOT_DOT_CR;
    if (after_cr != (c == '\n') && !s->fault)
        s->fault = LMTP_BARE;
    if (c == '\n' && was == DOT_DOT_CR) {
        data_end(s);
        return;
    }
    if (was == DOT_DOT_CR) // the dot was the stuffed one of a line that ends badly
        keep(s, "\r", 1);
    if (c == '\n')
        s->dot = after_cr ? DOT_LINE : DOT_TEXT;
    else if (c == '\r')
        s->dot = was == DOT_DOT ? DOT_DOT_CR : DOT_CR;
    else
        s->dot = was == DOT_LINE && c == '.' ? DOT_DOT : DOT_TEXT;
    if (s->dot != DOT_DOT && s->dot != DOT_DOT_CR)
        keep(s, &c, 1);
}

static size_t data_feed(struct lmtp_session *s, const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && s->phase == LMTP_DATA) {
        size_t run = 0;
        if (s->dot == DOT_TEXT)
            while (i + run < len && bytes[i + run] != '\r' && bytes[i + run] != '\n')
                run++;
        keep(s, bytes + i, run);
        i += run;
        if (i < len)
            data_byte(s, bytes[i++]);
    }
    return i;
}

// ---- commands ----

static void on_lhlo(struct lmtp_session *s, const char *rest)
{
    char text[320];
    if (!*rest) {
        fault(s, "501 5.5.4 LHLO needs a name");
        return;
    }
    forget(s);
    s->greeted = true;
    snprintf(text, sizeof text,
             "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE %zu",
             s->o->host, s->o->message_max);
    say(s, text);
}

// One parameter of MAIL; NULL = fine, else the reply.
static const char *mail_parameter(struct lmtp_session *s, const char *word)
{
    if (strncasecmp(word, "SIZE=", 5) == 0) {
        char *last;
        unsigned long long size = strtoull(word + 5, &last, 10);
        if (*last || !word[5] || !strchr("0123456789", word[5]))
            return "501 5.5.4 SIZE is a number";
        return size > s->o->message_max ? verdicts[LMTP_TOO_BIG] : NULL;
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
    say(s, "250 2.1.0 sender ok");
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
        say(s, verdicts[LMTP_TOO_MANY]);
    else {
        enum lmtp_verdict v = s->ops->recipient(s->ctx, to);
        if (v == LMTP_RECIPIENT)
            s->mail->rcpt[s->mail->rcpt_n++] = xstrdup(to);
        say(s, verdicts[v]);
    }
}

static void on_data(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    if (!s->begun || s->mail->rcpt_n == 0) {
        fault(s, s->begun ? "503 5.5.1 no valid recipients" : "503 5.5.1 MAIL and RCPT come before DATA");
        return;
    }
    s->phase = LMTP_DATA;
    s->dot = DOT_LINE;
    s->fault = LMTP_RECIPIENT;
    s->taken = 0;
    say(s, "354 end with a line that holds only a dot");
}

static void on_rset(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    forget(s);
    say(s, "250 2.0.0 ok");
}

static void on_noop(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    say(s, "250 2.0.0 ok");
}

static void on_vrfy(struct lmtp_session *s, const char *rest)
{
    (void)rest;
    say(s, "252 2.5.0 ask with RCPT");
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
            i += data_feed(s, bytes + i, len - i);
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
    say(s, text);
    return s;
}

void lmtp_session_free(struct lmtp_session *s)
{
    if (s)
        forget(s);
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
