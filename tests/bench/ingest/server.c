// SPDX-License-Identifier: Apache-2.0
// The daemon under test: started in a fresh directory, pinned to one core with its Redis, asked over HTTP.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static void server_config(const struct bench_server *s, bool strict)
{
    char path[300];
    snprintf(path, sizeof path, "%s/bench.toml", s->dir);
    FILE *f = fopen(path, "we");
    if (!f)
        bench_die("cannot write %s", path);
    fprintf(f,
            "data_dir = \"%s\"\n[server]\nlisten = \"127.0.0.1:0\"\n[redis]\ndurability = \"%s\"\n"
            "deadline_ms = 60000\n[log]\nlevel = \"warn\"\n"
            "[[account]]\nname = \"sms-1\"\nkind = \"gateway\"\nchannel = \"sms\"\n[[queue]]\nname = \"default\"\n",
            s->dir, strict ? "strict" : "normal");
    fclose(f);
}

static bool server_line(const struct bench_server *s, const char *name, char *out, size_t size)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool ok = fgets(out, (int)size, f) != NULL;
    fclose(f);
    if (ok)
        out[strcspn(out, "\r\n")] = 0;
    return ok;
}

static void server_find(struct bench_server *s)
{
    char listen[128];
    double deadline = bench_now() + 180;
    while (bench_now() < deadline) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); // poll for a file of another process
        if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
            bench_die("the daemon ended at once");
        if (!server_line(s, "listen", listen, sizeof listen) ||
            !server_line(s, "admin-main.token", s->token, sizeof s->token))
            continue;
        char *colon = strrchr(listen, ':'), *from = strstr(listen, "://") ? strstr(listen, "://") + 3 : listen;
        if (!colon)
            continue;
        *colon = 0;
        snprintf(s->host, sizeof s->host, "%s", from);
        snprintf(s->port, sizeof s->port, "%s", colon + 1);
        if (bench_http(s, "GET", "/readyz", "", "", 0, NULL, 0) == 200)
            return;
    }
    bench_die("the daemon is not ready after 180 s");
}

void bench_server_start(struct bench_server *s, const char *program, bool strict, int cpu)
{
    snprintf(s->dir, sizeof s->dir, "/tmp/throughline-bench-XXXXXX");
    if (!mkdtemp(s->dir))
        bench_die("mkdtemp: %s", strerror(errno));
    server_config(s, strict);
    snprintf(s->socket, sizeof s->socket, "%s/redis/redis.sock", s->dir);
    char config[300];
    snprintf(config, sizeof config, "%s/bench.toml", s->dir);
    s->pid = fork();
    if (s->pid == 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        sched_setaffinity(0, sizeof set, &set);
        prctl(PR_SET_PDEATHSIG, SIGTERM); // a run that gives up leaves nothing behind
        execl(program, program, "--config", config, (char *)NULL);
        _exit(127);
    }
    server_find(s);
}

void bench_server_stop(struct bench_server *s)
{
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    char *argv[] = {"rm", "-rf", s->dir, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execvp("rm", argv);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

size_t bench_rss(pid_t pid)
{
    char path[64];
    long pages = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f || fscanf(f, "%ld %ld", &pages, &resident) != 2)
        bench_die("cannot read %s", path);
    fclose(f);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

double bench_cpu(pid_t pid)
{
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    struct timespec t;
    if (pid && clock_getcpuclockid(pid, &clock) != 0)
        bench_die("process %d is gone", (int)pid);
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int bench_http(const struct bench_server *s, const char *method, const char *path, const char *type, const void *body,
               size_t len, char *answer, size_t answer_size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(s->host, s->port, &hints, &found) != 0)
        bench_die("cannot resolve %s", s->host);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int connected = connect(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (connected != 0) {
        close(fd);
        return 0;
    }
    char request[1024], reply[65536];
    int n = snprintf(request, sizeof request,
                     "%s %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Type: "
                     "%s\r\nContent-Length: %zu\r\n\r\n",
                     method, path, s->host, s->port, s->token, *type ? type : "application/json", len);
    if (send(fd, request, (size_t)n, MSG_NOSIGNAL) != n || send(fd, body, len, MSG_NOSIGNAL) != (ssize_t)len)
        bench_die("%s %s: cannot send", method, path);
    size_t got = 0;
    ssize_t r;
    while (got < sizeof reply - 1 && (r = recv(fd, reply + got, sizeof reply - 1 - got, 0)) > 0)
        got += (size_t)r;
    close(fd);
    reply[got] = 0;
    int status = 0;
    if (sscanf(reply, "HTTP/1.1 %d", &status) != 1)
        return 0;
    const char *end = strstr(reply, "\r\n\r\n");
    if (answer)
        snprintf(answer, answer_size, "%s", end ? end + 4 : "");
    return status;
}
