// SPDX-License-Identifier: Apache-2.0
// What a file is, by its first bytes. A short table of what is often sent and of what must not be mistaken; constants only.
#include <string.h>
#include <strings.h>

#include "daemon/media/media.h"

#define PROGRAM "application/x-msdownload"

static const struct {
    const char *type;
    size_t at; // where the mark stands
    const char *mark;
    size_t len;
} marks[] = {
    {"image/png", 0, "\x89PNG\r\n\x1a\n", 8},
    {"image/jpeg", 0, "\xff\xd8\xff", 3},
    {"image/gif", 0, "GIF87a", 6},
    {"image/gif", 0, "GIF89a", 6},
    {"image/webp", 8, "WEBP", 4},
    {"application/pdf", 0, "%PDF-", 5},
    {"application/zip", 0, "PK\x03\x04", 4},
    {"audio/ogg", 0, "OggS", 4},
    {"audio/mpeg", 0, "ID3", 3},
    {"audio/amr", 0, "#!AMR", 5},
    {"video/mp4", 4, "ftyp", 4},
    {PROGRAM, 0, "MZ", 2},
    {"application/x-executable", 0,
     "\x7f"
     "ELF",
     4},
    {"text/html", 0, "<!DOCTYPE html", 14},
    {"text/html", 0, "<html", 5},
};

const char *media_sniff(const void *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (len >= marks[i].at + marks[i].len &&
            memcmp((const char *)bytes + marks[i].at, marks[i].mark, marks[i].len) == 0)
            return marks[i].type;
    return NULL;
}

bool media_is_safe_image(const char *type, const void *bytes, size_t len)
{
    static const char *const safe[] = {"image/png", "image/jpeg", "image/gif", "image/webp"};
    const char *is = media_sniff(bytes, len);
    for (size_t i = 0; is && i < sizeof safe / sizeof *safe; i++)
        if (strcmp(is, safe[i]) == 0)
            return strcasecmp(is, type) == 0;
    return false;
}
