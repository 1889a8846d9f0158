// SPDX-License-Identifier: Apache-2.0
// The archive's folder: segments are written beside, synchronised and then named, and checked in full whenever they are read.
#include "cli/archive.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

#define ARCHIVE_PATH_MAX    4096
#define ARCHIVE_HEAD_MAX    256
#define ARCHIVE_SEGMENT_MAX (1u << 30)
#define ARCHIVE_NO_HASH     "0000000000000000000000000000000000000000000000000000000000000000"

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
    *damaged = len - at < 12;
    uint64_t mark = *damaged ? 0 : archive_number(log + at + 8, 4);
    size_t size = (size_t)(mark & ~(uint64_t)CLI_LOG_VOID);
    *damaged = *damaged || size > len - at - 12;
    if (*damaged)
        return false;
    *f = (struct log_frame){.number = archive_number(log + at, 8),
                            .skipped = (mark & CLI_LOG_VOID) != 0,
                            .body = log + at + 12,
                            .len = size,
                            .at = at,
                            .next = at + 12 + size};
    return true;
}

static void archive_hash(const void *bytes, size_t len, char out[static ARCHIVE_HASH_MAX])
{
    unsigned char digest[32];
    unsigned int n;
    if (!EVP_Digest(bytes, len, digest, &n, EVP_sha256(), NULL))
        abort(); // SHA-256 cannot be missing
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static int archive_bad(const char *folder, const char *name, const char *why)
{
    return cli_fail(CLI_DATA, "%s/%s: %s", folder, name, why);
}

// ---- reading ----

static void archive_room(struct archive *a, size_t more)
{
    if (a->len + more <= a->cap)
        return;
    a->cap = 2 * (a->len + more);
    a->bytes = realloc(a->bytes, a->cap);
    if (!a->bytes)
        abort();
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
    if (damaged || number != last + 1)
        return "its inputs are not those that its head names";
    a->last = last;
    return NULL;
}

static const char *archive_take(struct archive *a, FILE *in, bool keep)
{
    char head[ARCHIVE_HEAD_MAX], of_frames[ARCHIVE_HASH_MAX], before[ARCHIVE_HASH_MAX], found[ARCHIVE_HASH_MAX];
    uint64_t first, last, bytes;
    if (!fgets(head, sizeof head, in) ||
        sscanf(head, "throughline-log 1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %64s %64s\n", &first, &last, &bytes,
               of_frames, before) != 5 ||
        bytes > ARCHIVE_SEGMENT_MAX || last < first)
        return "no head of a segment";
    if (first != a->last + 1)
        return "does not follow the segment before: one is missing, or of another log";
    if (strcmp(before, a->head) != 0)
        return "was written after another segment than the one before it here";
    if (!keep)
        a->len = 0;
    size_t from = a->len;
    archive_room(a, (size_t)bytes + 1);
    if (fread(a->bytes + from, 1, (size_t)bytes + 1, in) != bytes)
        return "has not the length that its head names";
    a->len += (size_t)bytes;
    archive_hash(a->bytes + from, (size_t)bytes, found);
    if (strcmp(found, of_frames) != 0)
        return "has not the content that its head names";
    archive_hash(head, strlen(head), a->head);
    a->segments++;
    return archive_check(a, from, first, last);
}

static int archive_is_segment(const struct dirent *d)
{
    size_t len = strlen(d->d_name);
    return len == 24 && strspn(d->d_name, "0123456789") == 20 && strcmp(d->d_name + 20, ".log") == 0;
}

static int archive_one(struct archive *a, const char *folder, const char *name, bool keep)
{
    char path[ARCHIVE_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "rbe");
    if (!in)
        return archive_bad(folder, name, "cannot be opened");
    const char *why = archive_take(a, in, keep);
    fclose(in);
    return why ? archive_bad(folder, name, why) : CLI_OK;
}

int archive_open(struct archive *a, const char *folder, bool keep)
{
    struct dirent **names;
    *a = (struct archive){.head = ARCHIVE_NO_HASH};
    int n = scandir(folder, &names, archive_is_segment, alphasort);
    int rc = n < 0 ? cli_fail(CLI_DATA, "cannot read the folder %s", folder) : CLI_OK;
    for (int i = 0; i < n; i++) {
        if (rc == CLI_OK)
            rc = archive_one(a, folder, names[i]->d_name, keep);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return rc;
}

void archive_close(struct archive *a)
{
    free(a->bytes);
}

// ---- writing ----

static bool archive_write(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool archive_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

int archive_add(struct archive *a, const char *folder, const uint8_t *frames, size_t len)
{
    char head[ARCHIVE_HEAD_MAX], hash[ARCHIVE_HASH_MAX], beside[ARCHIVE_PATH_MAX], path[ARCHIVE_PATH_MAX];
    struct log_frame f = {0};
    bool damaged;
    uint64_t first = a->last + 1, last = a->last;
    while (log_frame(frames, len, &f, &damaged))
        last = f.number;
    archive_hash(frames, len, hash);
    snprintf(head, sizeof head, "throughline-log 1 %" PRIu64 " %" PRIu64 " %zu %s %s\n", first, last, len, hash,
             a->head);
    snprintf(path, sizeof path, "%s/%020" PRIu64 ".log", folder, first);
    snprintf(beside, sizeof beside, "%s/new.XXXXXX", folder);
    int fd = mkstemp(beside);
    if (fd < 0)
        return cli_fail(CLI_DATA, "cannot write into the folder %s", folder);
    bool ok = archive_write(fd, head, strlen(head)) && archive_write(fd, frames, len) && fchmod(fd, 0640) == 0 &&
              fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    // link() and not rename(): whoever archives at the same time is not written over.
    ok = ok && link(beside, path) == 0;
    unlink(beside);
    if (!ok || !archive_sync_folder(folder))
        return cli_fail(CLI_DATA, "cannot write %s", path);
    archive_hash(head, strlen(head), a->head);
    a->last = last;
    a->segments++;
    return CLI_OK;
}
