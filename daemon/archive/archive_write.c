// SPDX-License-Identifier: Apache-2.0
// The archive's folder, written: each file beside, synchronised and then named, so that one with a name is whole whenever the machine stops. One writer
// at a time, by a lock that its death undoes. What fails is told in why; what was there stays as it was.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/archive/archive_private.h"
#include "daemon/base/write.h"

#define ARCHIVE_BESIDE "new."

// ---- one at a time ----

static void archive_sweep(const char *folder)
{
    char path[ARCHIVE_PATH_MAX];
    DIR *d = opendir(folder);
    if (!d)
        return;
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (strncmp(e->d_name, ARCHIVE_BESIDE, strlen(ARCHIVE_BESIDE)) == 0)
            unlink(path);
    }
    closedir(d);
}

bool archive_lock(struct archive *a, const char *folder, bool *busy)
{
    char path[ARCHIVE_PATH_MAX];
    *a = (struct archive){.folder = folder};
    *busy = false;
    snprintf(path, sizeof path, "%s/lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        snprintf(a->why, sizeof a->why, "cannot write into the folder %s: %s", folder, strerror(errno));
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        *busy = errno == EWOULDBLOCK;
        close(fd);
        return archive_fail(a, "lock", "another process writes here");
    }
    a->lock = fd;
    archive_sweep(folder);
    return true;
}

// ---- files ----

static bool archive_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool archive_put(struct archive *a, const char *name, const char *head, const void *bytes, size_t len)
{
    char beside[ARCHIVE_PATH_MAX], path[ARCHIVE_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", a->folder, name);
    snprintf(beside, sizeof beside, "%s/" ARCHIVE_BESIDE "XXXXXX", a->folder);
    int fd = mkstemp(beside);
    if (fd < 0)
        return archive_fail(a, "", strerror(errno));
    errno = 0;
    bool ok = write_all(fd, head, strlen(head)) && write_all(fd, bytes, len) && fchmod(fd, 0640) == 0 && fsync(fd) == 0;
    int why = errno;
    ok = close(fd) == 0 && ok;
    // link() and not rename(): nothing that has a name is written over.
    if (ok && link(beside, path) != 0) {
        ok = false;
        why = errno;
    }
    unlink(beside);
    if (!ok || !archive_sync_folder(a->folder))
        return archive_fail(a, name, why ? strerror(why) : "cannot be written");
    return true;
}

bool archive_add(struct archive *a, const uint8_t *frames, size_t len)
{
    char head[ARCHIVE_HEAD_MAX], name[32], hash[ARCHIVE_HASH_MAX];
    struct log_frame f = {0};
    bool damaged;
    size_t packed_len;
    uint64_t first = a->end.last + 1, last = a->end.last;
    while (log_frame(frames, len, &f, &damaged))
        last = f.number;
    uint8_t *packed = archive_pack(frames, len, &packed_len);
    archive_hash(packed, packed_len, hash);
    snprintf(head, sizeof head, ARCHIVE_LOG_HEAD "%" PRIu64 " %" PRIu64 " %zu %s %s\n", first, last, packed_len, hash,
             a->end.head);
    snprintf(name, sizeof name, "%020" PRIu64 ".log", first);
    bool ok = archive_put(a, name, head, packed, packed_len);
    free(packed);
    if (!ok)
        return false;
    archive_hash(head, strlen(head), a->end.head);
    a->end.first = first;
    a->end.last = last;
    a->segments++;
    return true;
}

bool archive_add_state(struct archive *a, uint64_t input, const void *bytes, size_t len)
{
    char head[ARCHIVE_HEAD_MAX], name[32], path[ARCHIVE_PATH_MAX], hash[ARCHIVE_HASH_MAX];
    size_t packed_len;
    snprintf(name, sizeof name, "%020" PRIu64 ".state", input);
    snprintf(path, sizeof path, "%s/%s", a->folder, name);
    if (access(path, F_OK) == 0)
        return true;
    uint8_t *packed = archive_pack(bytes, len, &packed_len);
    archive_hash(packed, packed_len, hash);
    snprintf(head, sizeof head, ARCHIVE_STATE_HEAD "%" PRIu64 " %zu %s\n", input, packed_len, hash);
    bool ok = archive_put(a, name, head, packed, packed_len);
    free(packed);
    if (ok && !a->end.last) {
        a->base = a->end.last = input;
        a->end.first = input + 1;
    }
    return ok;
}
