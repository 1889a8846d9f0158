// SPDX-License-Identifier: Apache-2.0
// Any bytes as HTML of a stranger. What is written of it is in the strict form, is looked through once more by rules written here and nowhere
// else, holds nothing forbidden, and is the same when it is written anew; its plain text is text.
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"
#include "channels/mail_html.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const forbidden[] = {
    "javascript:", "vbscript:",    "data:", "url(",    "expression", " src=",  " on",     " srcset=", " action=",
    "&#",          " background=", " id=",  " class=", "<script",    "<style", "<iframe", "<object",  "<svg",
    "<math",       "<form",        "<base", "<meta",   "<link",      "<input", "<embed",  "position"};

// Within a tag, its quoted values apart.
static void check_tag(struct region *m, const char *tag, size_t len)
{
    char *names = region_copy(m, tag, len);
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        quoted ^= names[i] == '"';
        if (quoted && names[i] != '"')
            names[i] = '_';
    }
    assert(!quoted && names[1] != ' ');
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        assert(!strcasestr(names, forbidden[i]));
    const char *href = strstr(names, " href=\""), *style = strstr(names, " style=\"");
    href = href ? tag + (href - names) + 7 : "mailto:";
    assert(strncmp(href, "http://", 7) == 0 || strncmp(href, "https://", 8) == 0 || strncmp(href, "mailto:", 7) == 0);
    style = style ? tag + (style - names) + 8 : "";
    assert(!memchr(style, '(', strcspn(style, "\"")) && !memchr(style, '\\', strcspn(style, "\"")));
}

static void check_clean(struct region *m, const char *html)
{
    size_t len = strlen(html);
    assert(len <= MAIL_HTML_MAX && utf8_valid(html, len) && mail_html_safe(html, len));
    for (const char *p = html; (p = strchr(p, '<'));) {
        const char *end = strchr(p, '>');
        assert(end && (islower((unsigned char)p[1]) || p[1] == '/'));
        check_tag(m, p, (size_t)(end - p) + 1);
        p = end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mail_file files[] = {{.content_id = "a"}, {.content_id = "pic1@x"}};
    struct region m = {0};
    bool cut = false, again = false;
    const char *html = mail_decode(&m, (const char *)data, size, "utf-8");
    const char *clean = mail_html_clean(&m, html, files, 2, &cut);
    check_clean(&m, clean);
    if (!cut && !strstr(clean, "<img")) // a picture has no source that would make it again
        assert(strcmp(mail_html_clean(&m, clean, files, 2, &again), clean) == 0);
    const char *words = mail_html_words(&m, html);
    assert(utf8_valid(words, strlen(words)));
    mail_html_safe((const char *)data, size);
    region_free(&m);
    return 0;
}
