// SPDX-License-Identifier: Apache-2.0
// The message that a mail becomes: which of its texts are the words, what is folded away below them, who else got it, its files. What was cut
// anywhere is said at the end of the words, and the whole mail is attached then.
#include <string.h>

#include "channels/mail.h"
#include "channels/mail_html.h"

#define CUT_NOTE "\n\n[Cut here: the whole mail is attached.]"

enum { REFERENCES_MAX = 20, TRIVIAL_MAX = 200 };

static void choose_words(struct mail *mail, struct mail_words *out)
{
    const char *subject = mail_header(mail, "Subject"), *text = mail->plain;
    size_t len = strlen(text);
    if (*mail->html && len < TRIVIAL_MAX) {
        const char *words = mail_html_words(mail->m, mail->html);
        if (len == 0 || strlen(words) > 4 * len + TRIVIAL_MAX)
            text = words;
    }
    text = mail_cut(mail->m, text, 4 * MAIL_TEXT_MAX, &mail->cut);
    mail_unquote(mail->m, text, mail_is_forward(subject), out);
    bool cut = false;
    out->quoted = mail_cut(mail->m, out->quoted, MAIL_TEXT_MAX, &mail->cut);
    out->text = mail_cut(mail->m, out->text, MAIL_TEXT_MAX - sizeof CUT_NOTE, &cut);
    mail->cut |= cut;
    if (mail->cut)
        out->text = region_format(mail->m, "%s%s", out->text, &CUT_NOTE[*out->text ? 0 : 2]);
}

static void attach(struct adapter_events *out, Throughline__V1__Message *message, struct region *m,
                   const struct mail_file *f)
{
    Throughline__V1__Attachment *a = region_new(m, 1, sizeof *a);
    throughline__v1__attachment__init(a);
    a->name = (char *)f->name;
    a->content_type = (char *)f->type;
    a->size = f->len;
    struct adapter_file *file = adapter_file(m, out, out->n - 1, message->n_attachments);
    file->bytes = f->bytes;
    file->len = f->len;
    file->content_id = f->content_id;
    file->in_place = f->in_place;
    message->attachments[message->n_attachments++] = a;
}

static void attach_all(struct adapter_events *out, struct mail *mail, const struct adapter_request *r,
                       Throughline__V1__Message *message)
{
    message->attachments = region_new(mail->m, MAIL_FILES_MAX + 1, sizeof *message->attachments);
    for (size_t i = 0; i < mail->files_n; i++)
        attach(out, message, mail->m, &mail->files[i]);
    if (mail->cut)
        attach(out, message, mail->m,
               &(struct mail_file){.bytes = r->body,
                                   .len = r->body_len,
                                   .name = "original.eml",
                                   .type = "message/rfc822",
                                   .content_id = ""});
}

char **mail_list(struct region *m, const char *const *v, size_t n)
{
    char **out = region_new(m, n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = (char *)v[i];
    return out;
}

static void name_others(struct mail *mail, const struct adapter_account *a, const char *from,
                        Throughline__V1__Message *message)
{
    const char *all[MAIL_PARTICIPANTS_MAX + 2];
    size_t n = 0, kept = 0;
    mail_addresses(mail, "To", all, &n, sizeof all / sizeof *all);
    mail_addresses(mail, "Cc", all, &n, sizeof all / sizeof *all);
    for (size_t i = 0; i < n; i++)
        if (!mail_is_ours(a, all[i]) && strcmp(all[i], from) != 0 && kept < MAIL_PARTICIPANTS_MAX)
            all[kept++] = all[i];
    message->participants = mail_list(mail->m, all, kept);
    message->n_participants = kept;
}

static void name_references(struct region *m, const struct mail_ids *answers, Throughline__V1__Message *message)
{
    size_t n = answers->n < REFERENCES_MAX ? answers->n : REFERENCES_MAX;
    message->references = mail_list(m, answers->v, n);
    message->n_references = n;
    for (size_t i = 1; i < n && n < answers->n; i++) // the first one and the latest
        message->references[i] = (char *)answers->v[answers->n - n + i];
}

Throughline__V1__Message *mail_message(struct adapter_events *out, struct mail *mail, const struct adapter_account *a,
                                       const struct adapter_request *r, const char *from,
                                       const struct mail_ids *answers)
{
    Throughline__V1__Message *message = region_new(mail->m, 1, sizeof *message);
    struct mail_words words;
    throughline__v1__message__init(message);
    bool html_cut = false;
    message->html =
        *mail->html ? mail_html_clean(mail->m, mail->html, mail->files, mail->files_n, &html_cut) : message->html;
    choose_words(mail, &words);
    message->text = (char *)words.text;
    message->quoted = (char *)words.quoted;
    message->subject = mail_line(mail->m, mail_header(mail, "Subject"), 1024);
    message->message_id = (char *)mail_message_id(mail);
    name_others(mail, a, from, message);
    name_references(mail->m, answers, message);
    mail->cut |= html_cut;
    attach_all(out, mail, r, message);
    if (!message->text[0] && !message->subject[0] && !message->n_attachments)
        message->text = region_text(mail->m, "(empty)");
    return message;
}
