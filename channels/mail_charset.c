// SPDX-License-Identifier: Apache-2.0
// Charsets: what a mail declares, what that usually means, and what it is if that cannot be. Only charsets of the list below are ever given
// to iconv, for their names come from outside.
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channels/mail.h"
#include "proto/utf8.h"

// Declared -> what programs mean by it. "" = nothing: guess.
static const struct {
    const char *declared, *meant;
} charsets[] = {
    {"us-ascii", ""},
    {"ascii", ""},
    {"ansi_x3.4-1968", ""},
    {"utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"utf-7", "UTF-7"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"utf-16", "UTF-16"},
    {"utf-16le", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
    {"iso-8859-1", "CP1252"},
    {"iso8859-1", "CP1252"},
    {"iso_8859-1", "CP1252"},
    {"latin1", "CP1252"},
    {"latin-1", "CP1252"},
    {"windows-1252", "CP1252"},
    {"cp1252", "CP1252"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"iso-8859-9", "CP1254"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"windows-874", "CP874"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "CP1250"},
    {"cp1250", "CP1250"},
    {"windows-1251", "CP1251"},
    {"cp1251", "CP1251"},
    {"win-1251", "CP1251"},
    {"windows-1253", "CP1253"},
    {"windows-1254", "CP1254"},
    {"windows-1255", "CP1255"},
    {"windows-1256", "CP1256"},
    {"windows-1257", "CP1257"},
    {"windows-1258", "CP1258"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"cp866", "CP866"},
    {"ibm866", "CP866"},
    {"cp437", "CP437"},
    {"ibm437", "CP437"},
    {"cp850", "CP850"},
    {"cp-850", "CP850"},
    {"ibm850", "CP850"},
    {"cp852", "CP852"},
    {"macintosh", "MACINTOSH"},
    {"x-mac-roman", "MACINTOSH"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"x-big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"cp950", "BIG5-HKSCS"},
    {"euc-tw", "EUC-TW"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"cp932", "CP932"},
    {"windows-31j", "CP932"},
    {"euc-jp", "EUC-JP"},
    {"iso-2022-jp", "ISO-2022-JP-2"},
    {"iso-2022-jp-2", "ISO-2022-JP-2"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601", "CP949"},
    {"ksc5601", "CP949"},
    {"euc-kr", "CP949"},
    {"cp949", "CP949"},
    {"iso-2022-kr", "ISO-2022-KR"},
    {"viscii", "VISCII"},
};

static const char *charset_meant(const char *declared)
{
    for (size_t i = 0; declared && i < sizeof charsets / sizeof *charsets; i++)
        if (strcasecmp(declared, charsets[i].declared) == 0)
            return charsets[i].meant;
    return "";
}

// Through iconv. Strict: NULL at the first fault; else each is one U+FFFD.
static char *charset_convert(struct region *m, const char *bytes, size_t len, const char *charset, bool strict)
{
    iconv_t cd = iconv_open("UTF-8", charset);
    if (cd == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr): how iconv says no
        return NULL;
    size_t room = len * 4 + 16, left = room; // no charset of the list needs more: a byte is at most one character
    char *out = region_new(m, room + 1, 1), *to = out, *in = (char *)bytes;
    while (len > 0 && iconv(cd, &in, &len, &to, &left) == (size_t)-1) {
        if (strict || errno == E2BIG || left < 8) {
            iconv_close(cd);
            return NULL;
        }
        memcpy(to, "\xef\xbf\xbd", 3);
        to += 3;
        left -= 3;
        in++;
        len--;
    }
    iconv(cd, NULL, NULL, &to, &left);
    iconv_close(cd);
    *to = 0;
    return strlen(out) == (size_t)(to - out) && utf8_valid(out, (size_t)(to - out)) ? out : strict ? NULL : out;
}

static size_t utf8_length(unsigned char c)
{
    return c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
}

// UTF-8 with its faults replaced. *whole: characters of more than one byte that were right.
static char *charset_mend(struct region *m, const char *bytes, size_t len, size_t *whole, size_t *faults)
{
    char *out = region_new(m, len * 3 + 1, 1), *to = out;
    *whole = *faults = 0;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_length((unsigned char)bytes[i]);
        if (n <= len - i && utf8_valid(bytes + i, n)) {
            memcpy(to, bytes + i, n);
            to += n;
            i += n;
            *whole += n > 1;
        } else {
            memcpy(to, "\xef\xbf\xbd", 3);
            to += 3;
            i++;
            ++*faults;
        }
    }
    *to = 0;
    return out;
}

// Without what a text has no use for: NUL first of all, for here texts end with it.
static size_t charset_drop_nul(char *bytes, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            bytes[n++] = bytes[i];
    bytes[n] = 0;
    return n;
}

static bool is_high(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)bytes[i] >= 0x80)
            return true;
    return false;
}

char *mail_decode(struct region *m, const char *bytes, size_t len, const char *charset)
{
    const char *meant = charset_meant(charset);
    bool wide = strncmp(meant, "UTF-16", 6) == 0;
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        len -= 3;
        meant = "UTF-8";
    } else if (!wide && len >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
        meant = "UTF-16";
        wide = true;
    }
    char *copy = region_copy(m, bytes, len), *out = NULL;
    if (wide)
        return (out = charset_convert(m, copy, len, meant, false)) ? out : region_text(m, "");
    len = charset_drop_nul(copy, len);
    // Eight-bit charsets fit any bytes, so UTF-8 that is valid is believed first where one of the West is declared, or none.
    bool western = !*meant || strcmp(meant, "CP1252") == 0 || strcmp(meant, "UTF-8") == 0;
    if ((western && utf8_valid(copy, len)) || (!is_high(copy, len) && western))
        return copy;
    if (!western && (out = charset_convert(m, copy, len, meant, true)))
        return out;
    if (utf8_valid(copy, len))
        return copy;
    if (!western && (out = charset_convert(m, copy, len, meant, false)))
        return out;
    size_t whole, faults;
    out = charset_mend(m, copy, len, &whole, &faults);
    if (whole > faults || strcmp(meant, "UTF-8") == 0)
        if (whole > 0)
            return out;
    char *latin = charset_convert(m, copy, len, "CP1252", false);
    return latin ? latin : out;
}
