// SPDX-License-Identifier: Apache-2.0
// LMTP from any bytes. Replies are lines with a code; they, and the mails that come out, are the same however the bytes are cut; a mail holds no
// line end but CR LF; what is held is let go.
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/lmtp_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct lmtp_session *session;
    char *said;
    size_t said_n;
    size_t held, answers;
};

static void add(struct run *r, const char *bytes, size_t len)
{
    r->said = realloc(r->said, r->said_n + len + 1);
    assert(r->said);
    memcpy(r->said + r->said_n, bytes, len);
    r->said_n += len;
    r->said[r->said_n] = 0;
}

static void on_send(void *ctx, const char *bytes, size_t len)
{
    add(ctx, bytes, len);
}

static enum lmtp_verdict on_recipient(void *ctx, const char *address)
{
    (void)ctx;
    const char *at = strrchr(address, '@');
    assert(at && at > address && at[1] && strlen(address) <= LMTP_ADDRESS_MAX);
    return address[0] == 'x' ? LMTP_UNKNOWN_USER : LMTP_RECIPIENT;
}

static bool on_hold(void *ctx, size_t bytes)
{
    struct run *r = ctx;
    if (r->held + bytes > 1 << 18)
        return false;
    r->held += bytes;
    return true;
}

static void on_release(void *ctx, size_t bytes)
{
    struct run *r = ctx;
    assert(bytes <= r->held);
    r->held -= bytes;
}

static void on_mail(void *ctx, struct lmtp_mail *m)
{
    struct run *r = ctx;
    assert(m->rcpt_n > 0 && m->body_len < m->body_room && m->body[m->body_len] == 0);
    for (size_t i = 0; i < m->body_len; i++)
        assert((m->body[i] == '\n') == (i > 0 && m->body[i - 1] == '\r'));
    add(r, m->from, strlen(m->from));
    add(r, m->body, m->body_len);
    r->held -= m->body_room;
    r->answers = m->rcpt_n;
    lmtp_mail_free(m);
}

static const struct lmtp_session_ops ops = {on_send, on_recipient, on_hold, on_release, on_mail};

static struct run run(const uint8_t *data, size_t size, size_t piece)
{
    static const struct lmtp_options o = {.host = "tl.test", .message_max = 1 << 16};
    struct run r = {0};
    r.session = lmtp_session_new(&o, &ops, &r);
    for (size_t i = 0; i < size && lmtp_session_phase(r.session) != LMTP_ENDED;) {
        size_t len = size - i < piece ? size - i : piece;
        i += lmtp_session_feed(r.session, (const char *)data + i, len);
        if (lmtp_session_phase(r.session) == LMTP_WAITING) {
            enum lmtp_verdict v[LMTP_RECIPIENTS_MAX] = {LMTP_RECIPIENT};
            for (size_t n = 0; n < r.answers; n++)
                v[n] = n % 2 ? LMTP_STORED : LMTP_NOT_NOW;
            lmtp_session_answer(r.session, v, r.answers);
        }
    }
    lmtp_session_free(r.session);
    assert(r.held == 0);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run whole = run(data, size, size + 1), pieces = run(data, size, 1);
    assert(whole.said_n == pieces.said_n && memcmp(whole.said, pieces.said, whole.said_n) == 0);
    assert(isdigit((unsigned char)whole.said[0]));
    free(whole.said);
    free(pieces.said);
    return 0;
}
