// SPDX-License-Identifier: Apache-2.0
// The archive's folder, read: every segment is checked in full, and that each follows the one before. Nothing here writes; archive_write.c does.
#include "daemon/archive/archive.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/archive/archive_private.h"
#include "daemon/base/loop.h"

#define ARCHIVE_NO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

// ---- frames ----

static uint64_t archive_number(const uint8_t *p, int bytes)
{
    uint64_t n = 0;
    for (int i = bytes - 1; i >= 0; i--)
        n = n << 8 | p[i];
    return n;
}

bool log_frame(const uint8_t *log, size_t len, struct log_frame *f, bool *damaged)
{
    size_t at = f->next;
    *damaged = false;
    if (at == len)
        return false;
    *damaged = len - at < ARCHIVE_FRAME_HEAD;
    uint64_t mark = *damaged ? 0 : archive_number(log + at + 8, 4);
    size_t size = (size_t)(mark & ~(uint64_t)ARCHIVE_VOID);
    *damaged = *damaged || size > len - at - ARCHIVE_FRAME_HEAD;
    if (*damaged)
        return false;
    *f = (struct log_frame){.number = archive_number(log + at, 8),
                            .skipped = (mark & ARCHIVE_VOID) != 0,
                            .body = log + at + ARCHIVE_FRAME_HEAD,
                            .len = size,
                            .at = at,
                            .next = at + ARCHIVE_FRAME_HEAD + size};
    return true;
}

void log_frame_head(uint8_t *out, uint64_t number, size_t len, bool skipped)
{
    uint64_t mark = len | (skipped ? ARCHIVE_VOID : 0);
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(number >> (8 * i));
    for (int i = 0; i < 4; i++)
        out[8 + i] = (uint8_t)(mark >> (8 * i));
}

// ---- snapshots ----

uint8_t *snapshot_image(const void *meta, size_t meta_len, const void *state, size_t state_len, size_t *len)
{
    *len = 4 + meta_len + state_len;
    uint8_t *image = xcalloc(1, *len);
    for (int i = 0; i < 4; i++)
        image[i] = (uint8_t)(meta_len >> (8 * i));
    memcpy(image + 4, meta, meta_len);
    memcpy(image + 4 + meta_len, state, state_len);
    return image;
}

bool snapshot_parts(const uint8_t *image, size_t len, const uint8_t **meta, size_t *meta_len, const uint8_t **state,
                    size_t *state_len)
{
    if (len < 4 || archive_number(image, 4) > len - 4)
        return false;
    *meta = image + 4;
    *meta_len = (size_t)archive_number(image, 4);
    *state = *meta + *meta_len;
    *state_len = len - 4 - *meta_len;
    return true;
}

// ---- files ----

bool archive_fail(struct archive *a, const char *name, const char *why)
{
    snprintf(a->why, sizeof a->why, "%s%s%s: %s", a->folder, *name ? "/" : "", name, why);
    return false;
}

// All of a file after its head, which is left in head[], malloc'd; NULL = it cannot be read, or has not that length.
static uint8_t *archive_rest(FILE *in, uint64_t bytes)
{
    if (bytes > ARCHIVE_PACKED_MOST)
        return NULL;
    uint8_t *p = malloc((size_t)bytes + 1);
    if (p && fread(p, 1, (size_t)bytes + 1, in) == bytes)
        return p;
    free(p);
    return NULL;
}

// Every frame follows the one before.
static const char *archive_check(struct archive *a, size_t from, uint64_t first, uint64_t last)
{
    struct log_frame f = {.next = from};
    bool damaged;
    uint64_t number = first;
    for (; log_frame(a->bytes, a->len, &f, &damaged); number++) {
        if (f.number != number)
            return "its inputs do not follow one another";
        a->last_frame = f.at;
    }
    return damaged || number != last + 1 ? "its inputs are not those that its head names" : NULL;
}

struct archive_head {
    uint64_t first, last, bytes;
    char text[ARCHIVE_HEAD_MAX], of_bytes[ARCHIVE_HASH_MAX], before[ARCHIVE_HASH_MAX];
};

static bool archive_read_head(FILE *in, struct archive_head *h)
{
    return fgets(h->text, sizeof h->text, in) &&
           sscanf(h->text, ARCHIVE_LOG_HEAD "%" SCNu64 " %" SCNu64 " %" SCNu64 " %64s %64s\n", &h->first, &h->last,
                  &h->bytes, h->of_bytes, h->before) == 5 &&
           h->first > 0 && h->last >= h->first && h->last < UINT64_MAX;
}

static const char *archive_content(struct archive *a, const struct archive_head *h, FILE *in, bool keep)
{
    char found[ARCHIVE_HASH_MAX];
    uint8_t *packed = archive_rest(in, h->bytes);
    if (!packed)
        return "has not the length that its head names";
    archive_hash(packed, (size_t)h->bytes, found);
    bool same = strcmp(found, h->of_bytes) == 0;
    if (!keep)
        a->len = 0;
    size_t from = a->len;
    same = same && archive_unpack(packed, (size_t)h->bytes, ARCHIVE_SEGMENT_MOST, &a->bytes, &a->len, &a->cap);
    free(packed);
    return same ? archive_check(a, from, h->first, h->last) : "has not the content that its head names";
}

static const char *archive_take(struct archive *a, FILE *in, bool keep, bool begins)
{
    struct archive_head h;
    if (!archive_read_head(in, &h))
        return "no head of a segment";
    if (begins) // what was before it has been judged, or is not here any more
        memcpy(a->end.head, h.before, sizeof h.before);
    if (h.first != a->end.last + 1)
        return "does not follow the segment before: one is missing, or of another log";
    if (strcmp(h.before, a->end.head) != 0)
        return "was written after another segment than the one before it here";
    const char *why = archive_content(a, &h, in, keep);
    if (why)
        return why;
    archive_hash(h.text, strlen(h.text), a->end.head);
    a->end.first = h.first;
    a->end.last = h.last;
    a->segments++;
    return NULL;
}

static bool archive_one(struct archive *a, const char *name, bool keep, bool begins)
{
    char path[ARCHIVE_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", a->folder, name);
    FILE *in = fopen(path, "rbe");
    if (!in)
        return archive_fail(a, name, "cannot be opened");
    const char *why = archive_take(a, in, keep, begins);
    fclose(in);
    return !why || archive_fail(a, name, why);
}

// ---- the folder ----

static bool archive_named(const char *name, const char *end)
{
    return strspn(name, "0123456789") == 20 && strcmp(name + 20, end) == 0;
}

static int archive_is_file(const struct dirent *d)
{
    return archive_named(d->d_name, ".log") || archive_named(d->d_name, ".state");
}

static bool archive_segments(struct archive *a, struct dirent **names, int n, bool keep,
                             const struct archive_mark *known)
{
    bool first = true, seen = !known || !known->first;
    for (int i = 0; i < n; i++) {
        uint64_t number = strtoull(names[i]->d_name, NULL, 10);
        bool segment = archive_named(names[i]->d_name, ".log");
        // The state before the first segment, or of all there are without any, is the base.
        if (!segment && first && !known)
            a->base = a->end.last = number;
        if (!segment || (known && number < known->first))
            continue;
        if (first && known)
            a->end.last = number - 1;
        else if (first && number == 1)
            a->base = a->end.last = 0;
        if (!archive_one(a, names[i]->d_name, keep, first && (known || a->base)))
            return false;
        seen = seen || (number == known->first && strcmp(a->end.head, known->head) == 0);
        if (!seen)
            return archive_fail(a, names[i]->d_name, "is not the segment that was here before");
        first = false;
    }
    return seen || archive_fail(a, "", "the newest segment is gone");
}

// Of the files that end like this, the one with the greatest number not above `most`; 0 = none. False: the folder cannot be read.
static bool archive_greatest(struct archive *a, const char *end, uint64_t most, uint64_t *number)
{
    DIR *d = opendir(a->folder);
    *number = 0;
    if (!d) {
        snprintf(a->why, sizeof a->why, "cannot read the folder %s", a->folder);
        return false;
    }
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        uint64_t n = archive_named(e->d_name, end) ? strtoull(e->d_name, NULL, 10) : 0;
        *number = n <= most && n > *number ? n : *number;
    }
    closedir(d);
    return true;
}

bool archive_open_at(struct archive *a, const char *folder, uint64_t input)
{
    uint64_t first;
    char name[32];
    *a = (struct archive){.folder = folder, .end.head = ARCHIVE_NO_HASH};
    if (!archive_greatest(a, ".log", input, &first))
        return false;
    if (!first)
        return archive_fail(a, "", "has no segment that begins so early");
    snprintf(name, sizeof name, "%020" PRIu64 ".log", first);
    a->end.last = first - 1;
    return archive_one(a, name, false, true) && (a->end.last >= input || archive_fail(a, "", "does not go so far"));
}

bool archive_state_before(struct archive *a, const char *folder, uint64_t input, uint64_t *state)
{
    *a = (struct archive){.folder = folder, .end.head = ARCHIVE_NO_HASH};
    *state = 0;
    return !input || archive_greatest(a, ".state", input - 1, state);
}

bool archive_open(struct archive *a, const char *folder, bool keep, const struct archive_mark *known)
{
    struct dirent **names;
    int lock = a->lock;
    *a = (struct archive){.folder = folder, .lock = lock, .end.head = ARCHIVE_NO_HASH};
    int n = scandir(folder, &names, archive_is_file, alphasort);
    if (n < 0) {
        snprintf(a->why, sizeof a->why, "cannot read the folder %s", folder);
        return false;
    }
    bool ok = archive_segments(a, names, n, keep, known && known->first <= known->last ? known : NULL);
    if (a->end.first == 0)
        a->end.first = a->end.last + 1;
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return ok;
}

void archive_close(struct archive *a)
{
    free(a->bytes);
    if (a->lock > 0)
        close(a->lock);
}

uint8_t *archive_state(struct archive *a, uint64_t input, size_t *len)
{
    char name[32], path[ARCHIVE_PATH_MAX], head[ARCHIVE_HEAD_MAX], of_bytes[ARCHIVE_HASH_MAX], found[ARCHIVE_HASH_MAX];
    uint64_t after, bytes;
    uint8_t *packed = NULL, *state = NULL;
    size_t cap = 0;
    *len = 0;
    snprintf(name, sizeof name, "%020" PRIu64 ".state", input);
    snprintf(path, sizeof path, "%s/%s", a->folder, name);
    FILE *in = fopen(path, "rbe");
    if (!in) {
        archive_fail(a, name, "cannot be opened");
        return NULL;
    }
    bool ok = fgets(head, sizeof head, in) &&
              sscanf(head, ARCHIVE_STATE_HEAD "%" SCNu64 " %" SCNu64 " %64s\n", &after, &bytes, of_bytes) == 3 &&
              after == input && (packed = archive_rest(in, bytes)) != NULL;
    fclose(in);
    if (ok) {
        archive_hash(packed, (size_t)bytes, found);
        ok = strcmp(found, of_bytes) == 0 &&
             archive_unpack(packed, (size_t)bytes, ARCHIVE_STATE_MOST, &state, len, &cap);
    }
    free(packed);
    if (ok)
        return state;
    free(state);
    archive_fail(a, name, "is damaged");
    return NULL;
}
