// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_MAIL_H
#define THROUGHLINE_CHANNELS_MAIL_H

// What the files of the email adapter share. A mail is read once into a struct mail; everything else asks that. GMime reads the structure;
// charsets, HTML, quotations and what a mail means are ours. No part of a mail is trusted, and none is lost: what is too much is cut, said so,
// and the whole mail is attached.

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channels/adapter.h"
#include "channels/region.h"

#define MAIL_PARTS_MAX 500
#define MAIL_DEPTH_MAX 50
#define MAIL_FILES_MAX 31 // and the whole mail itself where something was cut
#define MAIL_TEXT_MAX  65536
#define MAIL_ID_MAX    200

// ---- the account (email.c) ----

// The account's settings by their place in email.c's table.
enum mail_setting {
    MAIL_ADDRESS,
    MAIL_FROM_NAME,
    MAIL_SECRET,
    MAIL_DELIMITER,
    MAIL_AUTHSERV,
    MAIL_LISTS,
    MAIL_SMTP,
    MAIL_SMTP_USER,
    MAIL_SMTP_PASSWORD,
    MAIL_SMTP_TLS,
    MAIL_IMAP,
    MAIL_IMAP_USER,
    MAIL_IMAP_PASSWORD,
    MAIL_IMAP_FOLDER,
    MAIL_IMAP_MOVE_TO,
    MAIL_IMAP_POLL,
};
const char *mail_value(const struct adapter_account *a, enum mail_setting s); // "" = absent
// Whether a handle is this account's: its address, with an extension or without.
bool mail_is_ours(const struct adapter_account *a, const char *handle);

// ---- text (mail_charset.c, mail_text.c) ----

// Bytes that claim to be in a charset, as valid UTF-8; NULL charset = none is claimed. Never fails: what cannot be read becomes U+FFFD.
char *mail_decode(struct region *m, const char *bytes, size_t len, const char *charset);
// Lines end with \n, no control characters, no empty lines at the ends. In place; returns the text.
char *mail_tidy(char *text);
// One line of at most `max` bytes.
char *mail_line(struct region *m, const char *text, size_t max);
char *mail_unflow(struct region *m, const char *text, bool delsp); // format=flowed (RFC 3676)
const char *mail_cut(struct region *m, const char *text, size_t max, bool *cut);

char *mail_encoded(struct region *m, const char *text); // a header with encoded words (mail_encoded.c)

// Text that grows in a region.
struct mail_text {
    struct region *m;
    char *v; // NUL-terminated; NULL = nothing yet
    size_t n, room;
};
void mail_add(struct mail_text *t, const char *bytes, size_t len);
void mail_puts(struct mail_text *t, const char *text);
const char *mail_text_of(const struct mail_text *t);

// ---- html (mail_html_*.c) ----

struct mail_file;
// In the strict form of mail_html.h, at most MAIL_HTML_MAX bytes.
char *mail_html_clean(struct region *m, const char *html, const struct mail_file *files, size_t files_n, bool *cut);
// As plain text: quotations with > before their lines, links with their address; MAIL_HTML_QUOTE on a line of its own where a mail program
// marked the beginning of the message answered without indenting it.
char *mail_html_words(struct region *m, const char *html);
#define MAIL_HTML_QUOTE "\x01"

// ---- the mail (mail_read.c) ----

struct mail_file {
    const char *bytes;
    size_t len;
    const char *name, *type, *content_id;
    bool in_place;
};
struct mail {
    struct region *m;
    GMimeMessage *message; // NULL = no headers at all
    size_t parts;
    bool cut; // something was too much
    const char *plain, *html;
    struct mail_file files[MAIL_FILES_MAX];
    size_t files_n;
    const char *report, *report_type; // of multipart/report: "delivery-status" and its part's text; "" = none
    // Of sender, subject, body and, without a Message-Id, date: the same mail has the same, by whatever way it came.
    uint64_t digest;
};

void mail_library(void); // before the first use of GMime; as often as one likes, from any thread
// How much of the mail may be given to the parser: all, or what comes before too many parts or headers.
size_t mail_scan(const char *bytes, size_t len);
// Needs mail_close(), whatever it returns. False: there is nothing in it that a mail has.
bool mail_open(struct mail *mail, struct region *m, const char *bytes, size_t len);
void mail_close(struct mail *mail);

// ---- headers (mail_head.c) ----

const char *mail_header(const struct mail *mail,
                        const char *name); // decoded, one line; "" = absent. The first of several
const char *mail_header_raw(const struct mail *mail, const char *name);
size_t mail_header_count(const struct mail *mail, const char *name);
struct mail_ids {
    const char *v[64]; // with brackets
    size_t n;
};
// Message-Ids in the text, in order; of more than fit, the first and the last ones.
void mail_ids(struct region *m, const char *text, struct mail_ids *out);
const char *mail_message_id(const struct mail *mail); // "" = none, or more than one
// The first address of a header as a handle in normal form, "" = none; *name (may be NULL) its phrase.
const char *mail_address(const struct mail *mail, const char *header, const char **name);
const char *mail_handle(struct region *m, const char *address); // "" = it cannot be one
// Handles of a header appended to v, without those already there.
void mail_addresses(const struct mail *mail, const char *header, const char **v, size_t *n, size_t max);
bool mail_is_automatic(const struct mail *mail, const char *mail_from, bool lists); // lists: what comes from one is
bool mail_is_dmarc(const struct mail *mail, const char *authserv, const char *from);
int64_t mail_date(const struct mail *mail); // Unix seconds; 0 = none that can be true

// ---- signed names (mail_token.c) ----

// The kinds are apart: a token of one is none of another.
enum mail_token_kind { MAIL_TOKEN_REPLY = 'r', MAIL_TOKEN_BOUNCE = 'b', MAIL_TOKEN_MESSAGE = 'm' };
#define MAIL_TOKEN_PAYLOAD_MAX 40

// "17.k3h2...": the payload and what proves it.
char *mail_token_make(struct region *m, const char *secret, enum mail_token_kind kind, const char *payload);
// The first that is right: the envelope's recipient, then the addresses that headers name.
bool mail_token_find(const struct mail *mail, const char *secret, enum mail_token_kind kind, char delimiter,
                     const char *rcpt, char payload[static MAIL_TOKEN_PAYLOAD_MAX]);
bool mail_token_read(const char *secret, enum mail_token_kind kind, const char *token, size_t len,
                     char payload[static MAIL_TOKEN_PAYLOAD_MAX]);
// In the part of an address between `delimiter` and @: "support+r17.k3h2...@example.org".
bool mail_token_address(const char *secret, enum mail_token_kind kind, const char *address, char delimiter,
                        char payload[static MAIL_TOKEN_PAYLOAD_MAX]);
// Of a Message-Id that is ours: conversation.entry.
bool mail_token_id(const char *secret, const char *id, char payload[static MAIL_TOKEN_PAYLOAD_MAX]);

// ---- words and quotation (mail_quote.c) ----

struct mail_words {
    const char *text, *quoted;
};
void mail_unquote(struct region *m, const char *text, bool forwarded, struct mail_words *out);
bool mail_is_forward(const char *subject);
// Without "Re:", "AW:", "SV:" ... at its beginning.
const char *mail_subject_base(const char *subject);
bool mail_is_absence(const char *subject); // "Out of office: ..." in its languages

// ---- the message (mail_message.c) ----

#define MAIL_PARTICIPANTS_MAX 32
// For the last of `out`, whose files it adds; answers: what the mail answers.
Throughline__V1__Message *mail_message(struct adapter_events *out, struct mail *mail, const struct adapter_account *a,
                                       const struct adapter_request *r, const char *from,
                                       const struct mail_ids *answers);
char **mail_list(struct region *m, const char *const *v, size_t n);

// ---- what is no letter (mail_bounce.c, mail_calendar.c) ----

struct mail_news {
    const char *delivery, *external_id; // "" = not told; also where there is nothing final
    Throughline__V1__DeliveryState state;
    const char *reason, *handle; // handle "" = not told
    bool gone;
};
// What a bounce or a receipt says of a message of ours; false: it is none, it is none of ours, or it is nothing final.
bool mail_bounce(const struct mail *mail, const char *secret, char delimiter, const char *mail_from, const char *rcpt,
                 struct mail_news *out);
// "[Invitation: ...]", "" = nothing readable in it.
const char *mail_calendar(struct region *m, const char *text);

// ---- out (mail_write.c) ----

bool mail_render(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d,
                 const struct adapter_context *context, struct adapter_call *out, const char **why);
void mail_classify(struct region *m, const struct adapter_account *account, const struct adapter_answer *answer,
                   struct adapter_outcome *out);

// The signed names of a delivery: where replies go, where bounces go ("conversation.delivery"), and its Message-Id.
#define MAIL_TOKEN_BOUNCE_FORM "%llu.%s"

#endif
