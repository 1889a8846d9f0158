// SPDX-License-Identifier: Apache-2.0
// One mail of a mailbox: its size, its bytes, its way in, then how far the reading got to, then its mark. Nothing here moves on before the step
// before is known to be done.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/accounts/imap_in_private.h"
#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/owner.h"

#define FETCH_MS 600000

void imap_in_behind(struct imap_in *in)
{
    in->uid_at++;
    imap_in_next(in);
}

static void mark(struct imap_in *in)
{
    char folder[512], text[600];
    uint32_t uid = in->uids[in->uid_at];
    bool moves = *in->move_to && in->capabilities & IMAP_CAN_MOVE && imap_quote(in->move_to, folder, sizeof folder);
    if (moves)
        snprintf(text, sizeof text, "UID MOVE %" PRIu32 " %s", uid, folder);
    else
        snprintf(text, sizeof text, "UID STORE %" PRIu32 " +FLAGS.SILENT (\\Seen)", uid);
    imap_in_command(in, IMAP_IN_MARK, IMAP_IN_ASK_MS, text);
}

static void on_kept(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct imap_in *in = owner_find(module);
    (void)p;
    if (!in || token != in->connection || !in->imap)
        return;
    if (e != TL_OK)
        imap_in_later(in, "store", "how far it was read could not be kept");
    else if (in->skipping)
        imap_in_behind(in);
    else
        mark(in);
}

// The mail is durable, or will never be: the next begins behind it.
static void advance(struct imap_in *in, bool skipping)
{
    char text[96];
    in->skipping = skipping;
    in->failures = 0;
    in->cursor.uid = in->uids[in->uid_at];
    in->cursor.since = loop_unix_ms() / 1000;
    int n = snprintf(text, sizeof text, "%" PRIu32 " %" PRIu32 " %" PRId64, in->cursor.validity, in->cursor.uid,
                     in->cursor.since);
    store_doc_set(in->o.store, in->tenant, IMAP_IN_DOC, in->account, text, (size_t)n, on_kept, owner_module(in->owner),
                  in->connection);
}

// A mail that mail_in has, with all that it borrows: it may outlive the mailbox.
struct carried {
    uint64_t owner, connection;
    char *body, *rcpt, *account, *peer;
};

static void carried_free(struct carried *c)
{
    free(c->body);
    free(c->rcpt);
    free(c->account);
    free(c->peer);
    free(c);
}

static void on_taken(void *module, uint64_t token, const enum lmtp_verdict *v, size_t n)
{
    struct carried *c = module;
    struct imap_in *in = owner_find(owner_module(c->owner));
    bool ours = in && in->imap && c->connection == in->connection;
    (void)token;
    (void)n;
    carried_free(c);
    if (in)
        in->busy = false;
    if (!ours)
        return;
    if (*v == LMTP_STORED || *v == LMTP_REFUSED || *v == LMTP_LOOP) {
        imap_in_count(in, *v == LMTP_STORED ? "stored" : "refused_mail");
        advance(in, false);
    } else {
        imap_in_later(in, "again", "the mail could not be stored now");
    }
}

static void take(struct imap_in *in)
{
    struct carried *c = xcalloc(1, sizeof *c);
    *c = (struct carried){.owner = in->owner,
                          .connection = in->connection,
                          .body = in->body,
                          .rcpt = xstrdup(in->address),
                          .account = xstrdup(in->account),
                          .peer = xstrdup(in->host)};
    in->body = NULL;
    in->busy = true;
    mail_in_take(in->o.mail_in,
                 &(struct mail_in_mail){.from = "",
                                        .rcpt = (const char *const *)&c->rcpt,
                                        .accounts = (const char *const *)&c->account,
                                        .n = 1,
                                        .body = c->body,
                                        .body_len = in->body_len,
                                        .peer = c->peer},
                 on_taken, c, 0);
}

void imap_in_sized(struct imap_in *in)
{
    char text[64];
    if (!in->sized) { // somebody removed it
        in->uid_at++;
        imap_in_next(in);
    } else if (in->size > in->o.message_max) {
        imap_in_count(in, "too_large");
        tl_log(LOG_WARN, "imap_mail_too_large", LS("account", in->account), LN("uid", in->uids[in->uid_at]),
               LN("bytes", in->size));
        advance(in, true);
    } else {
        snprintf(text, sizeof text, "UID FETCH %" PRIu32 " (UID BODY.PEEK[])", in->uids[in->uid_at]);
        imap_in_command(in, IMAP_IN_FETCH, FETCH_MS, text);
    }
}

void imap_in_fetched(struct imap_in *in)
{
    if (in->body)
        take(in);
    else
        imap_in_behind(in); // removed since its size was asked
}
