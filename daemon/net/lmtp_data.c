// SPDX-License-Identifier: Apache-2.0
// The mail of an LMTP dialogue: its bytes up to its end, its memory as far as the owner grants it, its answers. Whatever is wrong with it, it is read to
// its end and then refused.
#include <stdlib.h>
#include <string.h>

#include "daemon/base/loop.h"
#include "daemon/net/lmtp_private.h"

#define BODY_FIRST (16u << 10) // room of a mail that begins

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

void lmtp_forget(struct lmtp_session *s)
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
        lmtp_say(s, lmtp_verdicts[s->fault]);
    lmtp_forget(s);
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
        lmtp_say(s, lmtp_verdicts[v[i]]);
    lmtp_forget(s);
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

size_t lmtp_data_feed(struct lmtp_session *s, const char *bytes, size_t len)
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

void lmtp_data_begin(struct lmtp_session *s)
{
    s->phase = LMTP_DATA;
    s->dot = DOT_LINE;
    s->fault = LMTP_RECIPIENT;
    s->taken = 0;
}
