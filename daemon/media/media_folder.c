// SPDX-License-Identifier: Apache-2.0
// Files in a folder: written beside, synchronised, renamed, the folder synchronised. A lock on the folder stands between making a file young
// again and removing it for its age, in all processes that share the folder; everything else needs none, for equal names have equal bytes.
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

#include "daemon/base/id.h"
#include "daemon/base/loop.h"
#include "daemon/base/write.h"
#include "daemon/media/media_backend.h"

struct folder {
    struct media_backend backend;
    int dir;
};

// A lock of this open file, not of the process: threads exclude each other, too.
static int lock(const struct folder *f)
{
    int fd = openat(f->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    return fd;
}

static void unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}

// ---- put ----

static bool sync_folder(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

// The folders "<tenant>" and "<tenant>/<digits>", each durable in the one above.
static bool make_folders(const struct folder *f, const char *name)
{
    char path[128];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int)(slash - name), name);
        bool made = mkdirat(f->dir, path, 0700) == 0;
        if (!made && errno != EEXIST)
            return false;
        char *above = strrchr(path, '/');
        if (above)
            *above = 0;
        if (made && !sync_folder(f->dir, above ? path : "."))
            return false;
    }
    return true;
}

static bool write_beside(const struct folder *f, const char *beside, const void *bytes, size_t len)
{
    int fd = openat(f->dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, bytes, len) && fsync(fd) == 0;
    return close(fd) == 0 && ok;
}

static bool make_young(const struct folder *f, const char *name)
{
    int fd = lock(f);
    bool there = fd >= 0 && utimensat(f->dir, name, NULL, 0) == 0;
    unlock(fd);
    return there;
}

static enum tl_err put(void *self, const char *name, const void *bytes, size_t len, bool *fresh)
{
    const struct folder *f = self;
    char beside[64] = ".new-", above[128];
    *fresh = false;
    if (make_young(f, name))
        return TL_OK;
    id_name(beside + 5);
    snprintf(above, sizeof above, "%.*s", (int)(strrchr(name, '/') - name), name);
    bool ok = make_folders(f, name) && write_beside(f, beside, bytes, len) &&
              renameat(f->dir, beside, f->dir, name) == 0 && sync_folder(f->dir, above);
    if (!ok)
        unlinkat(f->dir, beside, 0);
    *fresh = ok;
    return ok ? TL_OK : TL_UNAVAILABLE;
}

// ---- get ----

static bool read_part(int fd, struct media_part *out)
{
    out->bytes = xcalloc(1, out->len + 1);
    for (size_t got = 0; got < out->len;) {
        ssize_t n = pread(fd, (char *)out->bytes + got, out->len - got, (off_t)(out->offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            free(out->bytes);
            return false;
        }
        got += (size_t)n;
    }
    return true;
}

static enum tl_err get(void *self, const char *name, uint64_t offset, size_t max, struct media_part *out)
{
    const struct folder *f = self;
    struct stat st;
    int fd = openat(f->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    *out = (struct media_part){.offset = offset};
    if (fd < 0)
        return errno == ENOENT ? TL_ABSENT : TL_UNAVAILABLE;
    enum tl_err e = TL_UNAVAILABLE;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        out->total = (uint64_t)st.st_size;
        out->len = offset >= out->total ? 0 : out->total - offset < max ? out->total - offset : max;
        e = offset > out->total || (offset == out->total && out->total > 0) ? TL_INVALID
            : read_part(fd, out)                                            ? TL_OK
                                                                            : TL_UNAVAILABLE;
    }
    close(fd);
    return e;
}

// ---- clean ----

static size_t clean_one(const struct folder *f, DIR *d, int64_t before, uint64_t *bytes)
{
    size_t n = 0;
    struct stat st;
    int held = lock(f);
    for (const struct dirent *e = readdir(d); held >= 0 && e; e = readdir(d))
        if (strlen(e->d_name) == MEDIA_SHA_SIZE - 1 && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_mtime < before && unlinkat(dirfd(d), e->d_name, 0) == 0) {
            *bytes += (uint64_t)st.st_size;
            n++;
        }
    unlock(held);
    return n;
}

static DIR *open_below(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d && fd >= 0)
        close(fd);
    return d;
}

static size_t clean(void *self, const char *digits, int64_t before, uint64_t *bytes)
{
    const struct folder *f = self;
    size_t n = 0;
    DIR *all = open_below(f->dir, ".");
    for (const struct dirent *e = all ? readdir(all) : NULL; e; e = readdir(all)) {
        char path[320];
        snprintf(path, sizeof path, "%s/%s", e->d_name, digits);
        DIR *d = e->d_name[0] == '.' ? NULL : open_below(f->dir, path);
        if (d) {
            n += clean_one(f, d, before, bytes);
            closedir(d);
        }
    }
    if (all)
        closedir(all);
    return n;
}

// ---- life ----

static void add_up(int dir, const char *name, int depth, uint64_t *bytes)
{
    struct stat st;
    DIR *d = open_below(dir, name);
    for (const struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        if (e->d_name[0] == '.') {
            if (strncmp(e->d_name, ".new-", 5) == 0) // a death left it
                unlinkat(dirfd(d), e->d_name, 0);
        } else if (depth < 2) {
            add_up(dirfd(d), e->d_name, depth + 1, bytes);
        } else if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
            *bytes += (uint64_t)st.st_size;
        }
    }
    if (d)
        closedir(d);
}

static void folder_free(void *self)
{
    struct folder *f = self;
    close(f->dir);
    free(f);
}

struct media_backend *media_folder_new(const char *dir, uint64_t *bytes, char *why, size_t why_len)
{
    struct folder *f = xcalloc(1, sizeof *f);
    mkdir(dir, 0700);
    f->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir < 0 || faccessat(f->dir, ".", W_OK | X_OK, 0) != 0) {
        snprintf(why, why_len, "%s: %s", dir, strerror(errno));
        if (f->dir >= 0)
            close(f->dir);
        free(f);
        return NULL;
    }
    f->backend = (struct media_backend){.self = f, .put = put, .get = get, .clean = clean, .free = folder_free};
    add_up(f->dir, ".", 0, bytes);
    return &f->backend;
}
