// SPDX-License-Identifier: Apache-2.0
// The embedded Redis: starts it in the data directory, restarts it with back-off when it dies, stops it with us. Its
// configuration goes through a pipe, so nothing stands in argv or a file. The directory's lock is inherited by the server
// on purpose: it outlives a killed daemon for as long as its server does, so never do two servers write one file.
// Whether Redis answers is the link's business. Fails at the start only: a directory that cannot be used or is in use.
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/store/store.h"

#define CHILD_LOCK_MS       10000 // a former server may still be closing its files
#define CHILD_STOP_MS       8000
#define CHILD_BACKOFF_FIRST 50
#define CHILD_BACKOFF_LAST  5000
#define CHILD_STEADY_MS     10000
#define CHILD_LINE_MAX      4096

struct redis_child {
    struct loop *loop;
    char *server, *dir, *url, *socket;
    bool strict;
    uint64_t max_memory;
    int lock;
    pid_t pid; // 0 = none
    bool stopping;
    int64_t started, backoff;
    struct event *reaper;
    struct loop_timer *timer;
    struct bufferevent *lines; // what the server says
    void (*stopped)(void *arg);
    void *stopped_arg;
};

// ---- configuration ----

// A word of redis.conf in double quotes.
static void child_quote(struct evbuffer *out, const char *name, const char *value)
{
    evbuffer_add_printf(out, "%s \"", name);
    for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
        if (*p == '"' || *p == '\\')
            evbuffer_add_printf(out, "\\%c", *p);
        else if (*p < 32 || *p > 126)
            evbuffer_add_printf(out, "\\x%02x", *p);
        else
            evbuffer_add(out, p, 1);
    }
    evbuffer_add(out, "\"\n", 2);
}

static char *child_config(const struct redis_child *c, size_t *len)
{
    static const char fixed[] = "port 0\n"
                                "unixsocketperm 700\n"
                                "daemonize no\n"
                                "logfile \"\"\n"
                                "loglevel warning\n"
                                "save \"\"\n"
                                "appendonly yes\n"
                                "aof-load-truncated yes\n"
                                "auto-aof-rewrite-percentage 100\n"
                                "auto-aof-rewrite-min-size 128mb\n"
                                "maxmemory-policy noeviction\n"
                                "stream-node-max-bytes 1024\n"
                                "shutdown-timeout 5\n"
                                "databases 1\n";
    struct evbuffer *out = evbuffer_new();
    if (!out)
        abort();
    evbuffer_add(out, fixed, sizeof(fixed) - 1);
    child_quote(out, "dir", c->dir);
    child_quote(out, "unixsocket", c->socket);
    evbuffer_add_printf(out, "appendfsync %s\n", c->strict ? "always" : "everysec");
    if (c->max_memory)
        evbuffer_add_printf(out, "maxmemory %llu\n", (unsigned long long)c->max_memory);
    *len = evbuffer_get_length(out);
    char *text = xcalloc(1, *len + 1);
    evbuffer_remove(out, text, *len);
    evbuffer_free(out);
    return text;
}

// ---- what the server says ----

// "<pid>:<role> <date> <level> <message>", level # = warning; of these, some are said at every start.
static const char *child_message(const char *line)
{
    static const char *const usual[] = {"Redis is starting",          "Redis version=",     "Configuration loaded",
                                        "Reading config from stdin",  "Server initialized", "User requested shutdown",
                                        "Redis is now ready to exit", "Received SIGTERM"};
    const char *mark = strstr(line, " # ");
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (strstr(line, usual[i]))
            return NULL;
    return mark ? mark + 3 : *line ? line : NULL;
}

static void child_on_lines(struct bufferevent *bev, void *arg)
{
    struct evbuffer *in = bufferevent_get_input(bev);
    char *line;
    (void)arg;
    while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF))) {
        const char *message = child_message(line);
        if (message)
            tl_log(LOG_WARN, "redis_says", LS("text", message));
        free(line);
    }
    if (evbuffer_get_length(in) > CHILD_LINE_MAX)
        evbuffer_drain(in, evbuffer_get_length(in));
}

static void child_free_lines(void *bev)
{
    bufferevent_free(bev);
}

static void child_drop_lines(struct redis_child *c)
{
    if (!c->lines)
        return;
    bufferevent_disable(c->lines, EV_READ);
    bufferevent_setcb(c->lines, NULL, NULL, NULL, NULL);
    loop_defer_free(c->loop, child_free_lines, c->lines);
    c->lines = NULL;
}

static void child_on_silence(struct bufferevent *bev, short what, void *arg)
{
    (void)bev, (void)what;
    child_drop_lines(arg);
}

// ---- starting ----

// In the forked child: nothing here may allocate or log.
static void child_become_server(const struct redis_child *c, pid_t parent, int in, int out)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int signo = 1; signo < 32; signo++)
        signal(signo, SIG_DFL);
    setpgid(0, 0); // a terminal's ^C is the daemon's to answer
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    fcntl(c->lock, F_SETFD, 0); // inherited: see the head
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(1);
    execlp(c->server, c->server, "-", (char *)NULL);
    static const char why[] = "the server program cannot be executed\n";
    (void)!write(2, why, sizeof(why) - 1);
    _exit(127);
}

static bool child_start(struct redis_child *c)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    size_t len = 0;
    char *config = child_config(c, &len);
    pid_t parent = getpid(), pid = -1;
    bool ok = pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 &&
              write(in[1], config, len) == (ssize_t)len; // far less than a pipe holds
    if (ok && (pid = fork()) == 0)
        child_become_server(c, parent, in[0], out[1]);
    free(config);
    if (in[0] >= 0)
        close(in[0]), close(in[1]);
    if (out[1] >= 0)
        close(out[1]);
    if (pid < 0) {
        if (out[0] >= 0)
            close(out[0]);
        return false;
    }
    c->pid = pid;
    c->started = loop_now(c->loop);
    child_drop_lines(c);
    evutil_make_socket_nonblocking(out[0]);
    c->lines = bufferevent_socket_new(loop_base(c->loop), out[0], BEV_OPT_CLOSE_ON_FREE);
    if (!c->lines)
        abort();
    bufferevent_setcb(c->lines, child_on_lines, NULL, child_on_silence, c);
    bufferevent_enable(c->lines, EV_READ);
    tl_log(LOG_INFO, "redis_started", LN("pid", pid));
    return true;
}

// ---- ending ----

static void child_respawn_later(struct redis_child *c)
{
    if (loop_now(c->loop) - c->started > CHILD_STEADY_MS)
        c->backoff = 0;
    loop_timer_set(c->timer, c->backoff);
    c->backoff = c->backoff ? c->backoff * 2 : CHILD_BACKOFF_FIRST;
    c->backoff = c->backoff > CHILD_BACKOFF_LAST ? CHILD_BACKOFF_LAST : c->backoff;
}

static void child_on_death(evutil_socket_t signo, short what, void *arg)
{
    struct redis_child *c = arg;
    int status = 0;
    (void)signo, (void)what;
    if (!c->pid || waitpid(c->pid, &status, WNOHANG) != c->pid)
        return;
    tl_log(c->stopping ? LOG_INFO : LOG_ERROR, "redis_ended", LN("pid", c->pid),
           LN("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
           LN("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
    c->pid = 0;
    if (!c->stopping) {
        child_respawn_later(c);
        return;
    }
    loop_timer_set(c->timer, -1);
    if (c->stopped)
        c->stopped(c->stopped_arg);
}

static void child_on_timer(void *arg)
{
    struct redis_child *c = arg;
    if (c->pid && c->stopping)
        kill(c->pid, SIGKILL);
    else if (!c->stopping && !child_start(c))
        child_respawn_later(c);
    else if (c->stopping && c->stopped)
        c->stopped(c->stopped_arg);
}

// ---- life ----

// The lock of the directory, or -1 with *why.
static int child_lock(const char *dir, int64_t wait_ms, const char **why)
{
    char *path = xasprintf("%s/lock", dir);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    free(path);
    *why = "the data directory cannot be written";
    if (fd < 0)
        return -1;
    int64_t until = loop_fresh() + wait_ms;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        *why = "another daemon, or its server, uses the data directory";
        if (errno != EWOULDBLOCK || loop_fresh() >= until) {
            close(fd);
            return -1;
        }
        poll(NULL, 0, 20);
    }
    return fd;
}

static char *child_prepare(const char *given, const char **why)
{
    *why = "the data directory cannot be made";
    if (mkdir(given, 0700) != 0 && errno != EEXIST)
        return NULL;
    char *dir = realpath(given, NULL);
    if (dir && strlen(dir) + sizeof("/redis.sock") <= sizeof(((struct sockaddr_un *)0)->sun_path))
        return dir;
    *why = dir ? "the data directory's path is too long for a socket in it (95 bytes at most)" : *why;
    free(dir);
    return NULL;
}

struct redis_child *redis_child_new(struct loop *loop, const struct redis_child_options *o, char *why, size_t why_len)
{
    const char *reason = "";
    int64_t wait = o->lock_wait_ms == 0 ? CHILD_LOCK_MS : o->lock_wait_ms;
    char *dir = child_prepare(o->data_dir, &reason);
    int lock = dir ? child_lock(dir, wait, &reason) : -1;
    if (lock < 0) {
        snprintf(why, why_len, "%s", reason);
        free(dir);
        return NULL;
    }
    struct redis_child *c = xcalloc(1, sizeof(*c));
    *c = (struct redis_child){.loop = loop, .dir = dir, .lock = lock, .strict = o->strict, .max_memory = o->max_memory};
    c->server = xstrdup(o->server && *o->server ? o->server : "redis-server");
    c->socket = xasprintf("%s/redis.sock", dir);
    c->url = xasprintf("unix://%s", c->socket);
    c->timer = loop_timer_new(loop, child_on_timer, c);
    c->reaper = evsignal_new(loop_base(loop), SIGCHLD, child_on_death, c);
    if (!c->reaper || evsignal_add(c->reaper, NULL) != 0)
        abort();
    if (!child_start(c)) {
        snprintf(why, why_len, "the server cannot be started: %s", strerror(errno));
        redis_child_free(c);
        return NULL;
    }
    return c;
}

const char *redis_child_url(const struct redis_child *c)
{
    return c->url;
}

int redis_child_pid(const struct redis_child *c)
{
    return c->pid;
}

void redis_child_stop(struct redis_child *c, void (*stopped)(void *arg), void *arg)
{
    c->stopping = true;
    c->stopped = stopped;
    c->stopped_arg = arg;
    if (c->pid)
        kill(c->pid, SIGTERM);
    loop_timer_set(c->timer, c->pid ? CHILD_STOP_MS : 0);
}

static void child_destroy(void *arg)
{
    struct redis_child *c = arg;
    event_free(c->reaper);
    loop_timer_free(c->timer);
    close(c->lock);
    free(c->server);
    free(c->dir);
    free(c->url);
    free(c->socket);
    free(c);
}

// Without a redis_child_stop() before, the server is told to end, but not waited for; it holds the lock until then.
void redis_child_free(struct redis_child *c)
{
    if (!c)
        return;
    if (c->pid)
        kill(c->pid, SIGTERM);
    c->pid = 0;
    c->stopping = true;
    c->stopped = NULL;
    event_del(c->reaper);
    loop_timer_set(c->timer, -1);
    child_drop_lines(c);
    loop_defer_free(c->loop, child_destroy, c);
}
