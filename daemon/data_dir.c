// SPDX-License-Identifier: Apache-2.0
// Files of the daemon's own: node name, address in use, first admin tokens. The embedded Redis has a directory of its own beneath, with
// a lock of its own that outlives us for as long as its server does; ours here ends with the process.
#include "daemon/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/base/id.h"
#include "daemon/base/loop.h"

static bool make_all(char *path)
{
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
        *p = '/';
        if (!ok)
            return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

int data_dir_take(const char *dir, char *why, size_t why_size)
{
    char *path = xstrdup(dir);
    bool made = make_all(path);
    free(path);
    path = xasprintf("%s/daemon.lock", dir);
    int fd = made ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    free(path);
    if (fd < 0) {
        snprintf(why, why_size, "the data directory %s cannot be used: %s", dir, strerror(errno));
        return EX_CANTCREAT;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0; // held until the process ends
    snprintf(why, why_size, "another daemon is using the data directory %s", dir);
    close(fd);
    return EX_UNAVAILABLE;
}

bool data_dir_write(const char *dir, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", dir, name), *fresh = xasprintf("%s/.%s.new", dir, name);
    size_t len = strlen(text);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    ok = ok && rename(fresh, path) == 0;
    free(fresh);
    free(path);
    return ok;
}

char *data_dir_read(const char *dir, const char *name)
{
    char text[512];
    char *path = xasprintf("%s/%s", dir, name);
    FILE *f = fopen(path, "re");
    bool ok = f && fgets(text, sizeof text, f);
    if (f)
        fclose(f);
    free(path);
    if (!ok)
        return NULL;
    text[strcspn(text, "\r\n")] = '\0';
    char *line = text[0] ? xstrdup(text) : NULL;
    explicit_bzero(text, sizeof text);
    return line;
}

void data_dir_remove(const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    unlink(path);
    free(path);
}

char *data_dir_node(const char *dir)
{
    char name[ID_NAME_SIZE];
    char *node = data_dir_read(dir, "node");
    if (node && strlen(node) < sizeof name && strspn(node, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(node))
        return node;
    free(node);
    return data_dir_write(dir, "node", id_name(name)) ? xstrdup(name) : NULL;
}
