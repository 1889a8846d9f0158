// SPDX-License-Identifier: Apache-2.0
// Reads a mail: GMime parses the structure of what mail_scan() lets through, and the walk over its parts collects the words (plain and HTML),
// the files and the report of a bounce. Everything kept lives in the region; GMime's objects go with mail_close().
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"

enum { READ_MAX = 2 << 20 }; // of a text; what comes of it is much less

// The words of a part; "" = none of this kind.
struct words {
    const char *plain, *html;
};
static struct words walk(struct mail *mail, GMimeObject *part, int depth);

static bool is_type(GMimeObject *part, const char *type, const char *subtype)
{
    GMimeContentType *t = g_mime_object_get_content_type(part);
    return t && g_mime_content_type_is_type(t, type, subtype);
}

// A type or subtype as RFC 6838 has it.
static bool is_token(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
    size_t len = s ? strlen(s) : 0;
    return len > 0 && len <= 60 && strspn(s, letters) == len;
}

static const char *type_of(struct mail *mail, GMimeObject *part)
{
    GMimeContentType *t = g_mime_object_get_content_type(part);
    const char *type = t ? g_mime_content_type_get_media_type(t) : NULL;
    const char *subtype = t ? g_mime_content_type_get_media_subtype(t) : NULL;
    if (!is_token(type) || !is_token(subtype))
        return "application/octet-stream";
    return region_format(mail->m, "%s/%s", type, subtype);
}

static const char *parameter(GMimeObject *part, const char *name)
{
    GMimeContentType *t = g_mime_object_get_content_type(part);
    const char *v = t ? g_mime_content_type_get_parameter(t, name) : NULL;
    return v ? v : "";
}

// ---- bytes ----

static const char *take_stream(struct mail *mail, GMimeStream *stream, size_t *len)
{
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    *len = bytes->len;
    char *copy = region_copy(mail->m, bytes->data, bytes->len);
    g_object_unref(stream);
    return copy;
}

static const char *content_of(struct mail *mail, GMimePart *part, size_t *len)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GMimeStream *to = g_mime_stream_mem_new();
    if (content)
        g_mime_data_wrapper_write_to_stream(content, to);
    return take_stream(mail, to, len);
}

// A part as it came, with its headers or without.
static const char *raw_of(struct mail *mail, GMimeObject *part, size_t *len)
{
    GMimeStream *to = g_mime_stream_mem_new();
    g_mime_object_write_to_stream(part, NULL, to);
    return take_stream(mail, to, len);
}

// ---- files ----

static const char *file_name(struct mail *mail, GMimeObject *part, const char *type)
{
    const char *name = GMIME_IS_PART(part) ? g_mime_part_get_filename(GMIME_PART(part))
                                           : g_mime_object_get_content_disposition_parameter(part, "filename");
    static const struct {
        const char *type, *name;
    } usual[] = {{"text/calendar", "invitation.ics"},
                 {"message/rfc822", "message.eml"},
                 {"application/ms-tnef", "winmail.dat"},
                 {"application/pkcs7-signature", "smime.p7s"},
                 {"application/x-pkcs7-signature", "smime.p7s"},
                 {"application/pkcs7-mime", "smime.p7m"},
                 {"application/x-pkcs7-mime", "smime.p7m"},
                 {"application/pgp-signature", "signature.asc"}};
    if (name && *name) {
        const char *slash = strrchr(name, '/'), *back = strrchr(name, '\\');
        name = back && (!slash || back > slash) ? back + 1 : slash ? slash + 1 : name;
        name = mail_line(mail->m, mail_decode(mail->m, name, strlen(name), NULL), 255);
        if (*name)
            return name;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strcasecmp(usual[i].type, type) == 0)
            return usual[i].name;
    return "";
}

static void keep_file(struct mail *mail, GMimeObject *part, const char *bytes, size_t len)
{
    if (mail->files_n == MAIL_FILES_MAX) {
        mail->cut = true;
        return;
    }
    struct mail_file *f = &mail->files[mail->files_n++];
    const char *id = g_mime_object_get_content_id(part);
    const char *disposition = g_mime_object_get_disposition(part) ? g_mime_object_get_disposition(part) : "";
    *f = (struct mail_file){.bytes = bytes, .len = len, .type = type_of(mail, part)};
    f->name = file_name(mail, part, f->type);
    f->content_id = id ? mail_line(mail->m, id, MAIL_ID_MAX) : "";
    f->in_place = *f->content_id && strcasecmp(disposition, "attachment") != 0;
}

static struct words no_words(void)
{
    return (struct words){"", ""};
}

static struct words walk_file(struct mail *mail, GMimeObject *part)
{
    size_t len;
    const char *bytes = GMIME_IS_PART(part) ? content_of(mail, GMIME_PART(part), &len) : raw_of(mail, part, &len);
    keep_file(mail, part, bytes, len);
    return no_words();
}

// ---- leaves ----

static bool is_file(GMimeObject *part)
{
    const char *disposition = g_mime_object_get_disposition(part);
    const char *name = GMIME_IS_PART(part) ? g_mime_part_get_filename(GMIME_PART(part)) : NULL;
    return (disposition && strcasecmp(disposition, "attachment") == 0) || (name && *name);
}

static struct words walk_text(struct mail *mail, GMimeObject *part)
{
    size_t len;
    const char *bytes = content_of(mail, GMIME_PART(part), &len);
    if (len > READ_MAX) {
        len = READ_MAX;
        mail->cut = true;
    }
    char *text = mail_decode(mail->m, bytes, len, parameter(part, "charset"));
    if (is_type(part, "text", "html"))
        return (struct words){"", text};
    if (strcasecmp(parameter(part, "format"), "flowed") == 0)
        text = mail_unflow(mail->m, text, strcasecmp(parameter(part, "delsp"), "yes") == 0);
    return (struct words){mail_tidy(text), ""};
}

static struct words walk_calendar(struct mail *mail, GMimeObject *part)
{
    size_t len;
    const char *bytes = content_of(mail, GMIME_PART(part), &len);
    const char *charset = parameter(part, "charset");
    keep_file(mail, part, bytes, len);
    return (struct words){mail_calendar(mail->m, mail_decode(mail->m, bytes, len, *charset ? charset : "utf-8")), ""};
}

// ---- multiparts ----

static struct words join(struct mail *mail, struct words a, struct words b)
{
    struct words out = a;
    if (!*a.plain && !*a.html)
        return b;
    if (!*b.plain && !*b.html)
        return a;
    const char *left = *a.plain ? a.plain : mail_html_words(mail->m, a.html);
    const char *right = *b.plain ? b.plain : mail_html_words(mail->m, b.html);
    out.plain = region_format(mail->m, "%s%s%s", left, *left && *right ? "\n\n" : "", right);
    // HTML is what layout there is; a footer that a list appended does not make a layout of its own.
    out.html = !*a.html ? b.html : !*b.html ? a.html : region_format(mail->m, "%s<hr>%s", a.html, b.html);
    return out;
}

// The first plain and the last HTML are the same words; what is neither is a file.
static struct words walk_alternative(struct mail *mail, GMimeMultipart *all, int depth)
{
    struct words out = no_words();
    const char *other = "";
    int n = g_mime_multipart_get_count(all);
    for (int i = 0; i < n; i++) {
        GMimeObject *part = g_mime_multipart_get_part(all, i);
        struct words w = walk(mail, part, depth + 1);
        if (is_type(part, "text", "calendar")) {
            other = w.plain;
            continue;
        }
        if (*w.plain && !*out.plain)
            out.plain = w.plain;
        if (*w.html)
            out.html = w.html;
    }
    if (*other)
        out.plain = region_format(mail->m, "%s%s%s", other, *out.plain ? "\n\n" : "", out.plain);
    return out;
}

static struct words walk_related(struct mail *mail, GMimeMultipart *all, int depth)
{
    struct words out = no_words();
    int n = g_mime_multipart_get_count(all);
    for (int i = 0; i < n; i++) {
        GMimeObject *part = g_mime_multipart_get_part(all, i);
        if (!*out.plain && !*out.html && !is_file(part))
            out = walk(mail, part, depth + 1);
        else if (GMIME_IS_MULTIPART(part))
            out = join(mail, out, walk(mail, part, depth + 1));
        else if (++mail->parts <= MAIL_PARTS_MAX)
            walk_file(mail, part);
    }
    return out;
}

static struct words walk_mixed(struct mail *mail, GMimeMultipart *all, int depth)
{
    struct words out = no_words();
    int n = g_mime_multipart_get_count(all);
    const char *kind = parameter(GMIME_OBJECT(all), "report-type");
    if (is_type(GMIME_OBJECT(all), "multipart", "report") && !*mail->report_type)
        mail->report_type = mail_line(mail->m, kind, 60);
    if (n == 0 && g_mime_multipart_get_prologue(all)) // whose boundary is missing
        out.plain = mail_tidy(
            mail_decode(mail->m, g_mime_multipart_get_prologue(all), strlen(g_mime_multipart_get_prologue(all)), NULL));
    for (int i = 0; i < n && !mail->cut; i++)
        out = join(mail, out, walk(mail, g_mime_multipart_get_part(all, i), depth + 1));
    return out;
}

static struct words walk_report(struct mail *mail, GMimeObject *part)
{
    size_t len;
    const char *bytes = GMIME_IS_PART(part) ? content_of(mail, GMIME_PART(part), &len) : raw_of(mail, part, &len);
    if (!*mail->report)
        mail->report = mail_tidy(mail_decode(mail->m, bytes, len, NULL));
    return no_words();
}

static struct words walk(struct mail *mail, GMimeObject *part, int depth)
{
    if (++mail->parts > MAIL_PARTS_MAX || depth > MAIL_DEPTH_MAX) {
        mail->cut = true;
        return no_words();
    }
    if (GMIME_IS_MULTIPART(part)) {
        GMimeMultipart *all = GMIME_MULTIPART(part);
        if (is_type(part, "multipart", "alternative"))
            return walk_alternative(mail, all, depth);
        return is_type(part, "multipart", "related") ? walk_related(mail, all, depth) : walk_mixed(mail, all, depth);
    }
    if (is_type(part, "message", "delivery-status") || is_type(part, "message", "disposition-notification"))
        return walk_report(mail, part);
    if (GMIME_IS_MESSAGE_PART(part)) {
        GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
        size_t len = 0;
        const char *bytes = inner ? raw_of(mail, GMIME_OBJECT(inner), &len) : "";
        keep_file(mail, part, bytes, len);
        return no_words();
    }
    if (!GMIME_IS_PART(part))
        return walk_file(mail, part);
    if (is_type(part, "text", "calendar"))
        return walk_calendar(mail, part);
    bool words = is_type(part, "text", "plain") || is_type(part, "text", "html");
    return words && !is_file(part) ? walk_text(mail, part) : walk_file(mail, part);
}

// ---- the whole ----

static pthread_once_t mail_once = PTHREAD_ONCE_INIT;
static GMimeParserOptions *mail_options;

static void mail_begin(void)
{
    static const char *fallbacks[] = {"utf-8", "windows-1252", NULL};
    g_mime_init();
    mail_options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(mail_options, fallbacks);
}

void mail_library(void)
{
    pthread_once(&mail_once, mail_begin);
}

// FNV-1a, 64 bits.
static uint64_t digest_add(uint64_t h, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return h;
}

// Where the headers end; NULL = nowhere.
static const char *body_of(const char *bytes, size_t len)
{
    const char *lf = memmem(bytes, len, "\n\n", 2), *crlf = memmem(bytes, len, "\r\n\r\n", 4);
    return crlf && (!lf || crlf < lf) ? crlf : lf;
}

// Headers that are added on the way are not in it: a mail server writes a Date where there is none, another one each time it is handed the mail.
// Without a Message-Id, though, only the Date tells two mails of the same words apart.
static uint64_t mail_digest(const struct mail *mail, const char *bytes, size_t len)
{
    static const char *const names[] = {"From", "Subject", "Date"};
    size_t n = *mail_message_id(mail) ? 2 : 3;
    uint64_t h = 0xcbf29ce484222325u;
    const char *body = body_of(bytes, len);
    body = body ? body : bytes;
    for (size_t i = 0; i < n; i++) {
        const char *value = mail_header_raw(mail, names[i]);
        h = digest_add(h, value, strlen(value) + 1);
    }
    return digest_add(h, body, len - (size_t)(body - bytes));
}

static bool has_body(const char *bytes, size_t len)
{
    const char *body = body_of(bytes, len);
    for (const char *p = body; p && p < bytes + len; p++)
        if (!strchr(" \t\r\n", *p))
            return true;
    return false;
}

bool mail_open(struct mail *mail, struct region *m, const char *bytes, size_t len)
{
    mail_library();
    *mail = (struct mail){.m = m, .plain = "", .html = "", .report = "", .report_type = ""};
    size_t readable = mail_scan(bytes, len);
    mail->cut = readable < len;
    GByteArray array = {.data = (guint8 *)bytes, .len = (guint)readable};
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(&array);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    mail->message = g_mime_parser_construct_message(parser, mail_options);
    g_object_unref(parser);
    GMimeObject *top = mail->message ? g_mime_message_get_mime_part(mail->message) : NULL;
    bool headers =
        mail->message && g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(mail->message)));
    if (top && headers) {
        struct words w = walk(mail, top, 0);
        mail->plain = w.plain;
        mail->html = w.html;
        mail->cut |= !*w.plain && !*w.html && !mail->files_n && has_body(bytes, len);
    }
    g_object_unref(stream);
    mail->digest = mail_digest(mail, bytes, len);
    return headers;
}

void mail_close(struct mail *mail)
{
    if (mail->message)
        g_object_unref(mail->message);
    mail->message = NULL;
}
