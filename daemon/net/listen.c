// SPDX-License-Identifier: Apache-2.0
// Addresses that are listened on. Owns nothing; fails with a reason.
#include "daemon/net/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/loop.h"

#define LISTEN_BACKLOG 1024

struct wish {
    struct loop *loop;
    const char *address;
    evconnlistener_cb accepted;
    evconnlistener_errorcb failed;
    void *arg;
};

static struct evconnlistener *bind_one(const struct wish *w, const struct sockaddr *sa, size_t len)
{
    unsigned flags = LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC;
    struct evconnlistener *l =
        evconnlistener_new_bind(loop_base(w->loop), w->accepted, w->arg, flags, LISTEN_BACKLOG, sa, (int)len);
    if (l)
        evconnlistener_set_error_cb(l, w->failed);
    return l;
}

// ---- host:port ----

// "host:port", "[v6]:port", ":port" into node (may be empty) and port.
static bool split_address(const char *address, char *node, size_t size, const char **port)
{
    const char *colon = strrchr(address, ':'), *start = address, *end = colon;
    if (!colon || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")] || strlen(colon + 1) > 5 ||
        atoi(colon + 1) > 65535)
        return false;
    if (*address == '[') {
        start++;
        end--;
        if (end <= start || *end != ']')
            return false;
    } else if (memchr(address, ':', (size_t)(colon - address))) {
        return false;
    }
    if ((size_t)(end - start) >= size)
        return false;
    snprintf(node, size, "%.*s", (int)(end - start), start);
    *port = colon + 1;
    return true;
}

// The real address, in the form in which it was asked for.
static char *bound_address(evutil_socket_t fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;
    char node[64], port[16];
    if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0 ||
        getnameinfo((struct sockaddr *)&ss, len, node, sizeof node, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
        return xstrdup("?");
    return xasprintf(ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", node, port);
}

static struct evconnlistener *open_inet(const struct wish *w, char **bound, char *err, size_t err_size)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list;
    struct evconnlistener *l = NULL;
    char node[256];
    const char *port;
    if (!split_address(w->address, node, sizeof node, &port)) {
        snprintf(err, err_size, "%s: not an address like 127.0.0.1:8080, [::1]:8080 or :8080", w->address);
        return NULL;
    }
    int e = getaddrinfo(node[0] ? node : NULL, port, &hints, &list);
    if (e) {
        snprintf(err, err_size, "%s: %s", w->address, gai_strerror(e));
        return NULL;
    }
    for (const struct addrinfo *a = list; a && !l; a = a->ai_next)
        l = bind_one(w, a->ai_addr, a->ai_addrlen);
    if (l)
        *bound = bound_address(evconnlistener_get_fd(l));
    else
        snprintf(err, err_size, "%s: %s", w->address, strerror(errno));
    freeaddrinfo(list);
    return l;
}

// ---- unix:/path ----

// Whether nobody answers there any more.
static bool is_left_behind(const struct sockaddr_un *sa)
{
    struct stat st;
    if (lstat(sa->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool dead = fd >= 0 && connect(fd, (const struct sockaddr *)sa, sizeof *sa) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return dead;
}

static struct evconnlistener *open_unix(const struct wish *w, const char *path, char **bound, char *err,
                                        size_t err_size)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    if (path[0] != '/' || strlen(path) >= sizeof sa.sun_path) {
        snprintf(err, err_size, "%s: the path of a socket begins with / and has at most %zu bytes", w->address,
                 sizeof sa.sun_path - 1);
        return NULL;
    }
    snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
    if (is_left_behind(&sa))
        unlink(path);
    struct evconnlistener *l = bind_one(w, (const struct sockaddr *)&sa, sizeof sa);
    if (!l || chmod(path, 0666) != 0) {
        snprintf(err, err_size, "%s: %s", w->address, strerror(errno));
        if (l)
            evconnlistener_free(l);
        return NULL;
    }
    *bound = xstrdup(w->address);
    return l;
}

struct evconnlistener *listen_open(struct loop *loop, const char *address, evconnlistener_cb accepted,
                                   evconnlistener_errorcb failed, void *arg, char **bound, char *err, size_t err_size)
{
    struct wish w = {loop, address, accepted, failed, arg};
    if (strncmp(address, "unix:", 5) == 0)
        return open_unix(&w, address + 5, bound, err, err_size);
    return open_inet(&w, bound, err, err_size);
}
