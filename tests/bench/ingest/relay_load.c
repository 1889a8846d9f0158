// SPDX-License-Identifier: Apache-2.0
// (r): the least that anything between gateways, Redis and desks costs. In the daemon's place, on its core, stands a process that reads
// nothing of what it is given: it takes records of an event's size from one TCP connection, calls the function by the daemon's
// rules, and when it is answered sends a record of an update's size to the desk whose turn it is, and one acknowledgement a turn.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conn.h"

enum { EVENT_SIZE = 177, UPDATE_SIZE = 231, ACK_SIZE = 8, READ_SIZE = 16384, WINDOW_MAX = 1024 };

// ---- the relay, a process of its own ----

struct relay {
    int gateway, desk[BENCH_DESKS];
    struct bench_calls *calls;
    uint64_t taken, sent, answered;
    uint8_t in[READ_SIZE];
    size_t in_len;
    unsigned updates[BENCH_DESKS];
};

static int relay_accept(int listener)
{
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        _exit(1);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static void relay_send(int fd, size_t len)
{
    static const uint8_t bytes[UPDATE_SIZE * BENCH_TOGETHER * 32];
    if (len > sizeof bytes || send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        _exit(1);
}

static void relay_read(struct relay *r)
{
    ssize_t n = recv(r->gateway, r->in + r->in_len, sizeof r->in - r->in_len, MSG_DONTWAIT);
    if (n == 0)
        _exit(0);
    if (n < 0)
        return;
    r->in_len += (size_t)n;
    r->taken += r->in_len / EVENT_SIZE;
    r->in_len %= EVENT_SIZE;
}

// As many as a call takes at once; the rest when no call is under way.
static void relay_call(struct relay *r)
{
    while (r->taken - r->sent >= BENCH_TOGETHER || (r->taken > r->sent && r->sent == r->answered)) {
        uint64_t left = r->taken - r->sent;
        unsigned n = left < BENCH_TOGETHER ? (unsigned)left : BENCH_TOGETHER;
        bench_calls_put(r->calls, r->sent, n);
        r->sent += n;
    }
    bench_calls_flush(r->calls);
}

static void relay_answers(struct relay *r)
{
    bool any = false;
    bench_calls_read(r->calls);
    for (int n; (n = bench_calls_take(r->calls)) >= 0; any = true)
        for (; n; n--)
            r->updates[r->answered++ % BENCH_DESKS]++;
    if (!any)
        return;
    relay_call(r);
    for (unsigned i = 0; i < BENCH_DESKS; i++) {
        if (r->updates[i])
            relay_send(r->desk[i], (size_t)r->updates[i] * UPDATE_SIZE);
        r->updates[i] = 0;
    }
    relay_send(r->gateway, ACK_SIZE);
}

static _Noreturn void relay_run(const struct bench_server *s, int listener, int cpu)
{
    static struct relay r;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    r.calls = bench_calls_new(s);
    r.gateway = relay_accept(listener);
    for (unsigned i = 0; i < BENCH_DESKS; i++)
        r.desk[i] = relay_accept(listener);
    int epoll = conn_epoll(), fds[] = {r.gateway, bench_calls_fd(r.calls)};
    for (int i = 0; i < 2; i++)
        epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &(struct epoll_event){.events = EPOLLIN, .data.fd = fds[i]});
    for (;;) {
        struct epoll_event ready[2];
        int n = epoll_wait(epoll, ready, 2, 1000);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd == r.gateway)
                relay_read(&r);
            else
                relay_answers(&r);
        }
        relay_call(&r);
    }
}

// ---- the client ----

struct bench_relay {
    pid_t pid;
    int epoll;
    struct conn *gateway, *desk[BENCH_DESKS];
    uint64_t sent, arrived;
    double sent_at[WINDOW_MAX];
    struct bench_latency *latency;
};

static size_t relay_on_ack(struct conn *c, const uint8_t *bytes, size_t len)
{
    (void)c;
    (void)bytes;
    return len;
}

// The updates of one desk come in the order of their events, and events take the desks in turn.
static size_t relay_on_update(struct conn *c, const uint8_t *bytes, size_t len)
{
    struct bench_relay *r = c->ctx;
    (void)bytes;
    if (len < UPDATE_SIZE)
        return 0;
    uint64_t number = c->index;
    c->index += BENCH_DESKS;
    bench_latency_add(r->latency, bench_now() - r->sent_at[number % WINDOW_MAX]);
    r->arrived++;
    return UPDATE_SIZE;
}

static struct conn *relay_conn(struct bench_relay *r, const struct bench_server *at, conn_bytes_fn *bytes,
                               unsigned index)
{
    struct conn *c = conn_open(r->epoll, at);
    c->bytes = bytes;
    c->ctx = r;
    c->index = index;
    return c;
}

struct bench_relay *bench_relay_new(const struct bench_server *s, int cpu)
{
    struct bench_relay *r = calloc(1, sizeof *r);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&a, len) || listen(listener, BENCH_DESKS + 1) ||
        getsockname(listener, (struct sockaddr *)&a, &len))
        bench_die("relay: %s", strerror(errno));
    r->pid = fork();
    if (r->pid == 0)
        relay_run(s, listener, cpu);
    struct bench_server at = {.host = "127.0.0.1"};
    snprintf(at.port, sizeof at.port, "%u", ntohs(a.sin_port));
    r->epoll = conn_epoll();
    r->gateway = relay_conn(r, &at, relay_on_ack, 0);
    for (unsigned i = 0; i < BENCH_DESKS; i++)
        r->desk[i] = relay_conn(r, &at, relay_on_update, i);
    close(listener);
    return r;
}

pid_t bench_relay_pid(const struct bench_relay *r)
{
    return r->pid;
}

double bench_relayed(struct bench_relay *r, unsigned flight, double seconds, struct bench_latency *l)
{
    static const uint8_t event[EVENT_SIZE];
    uint64_t first = r->sent;
    double start = bench_now(), now = start;
    r->latency = l;
    do {
        for (; r->sent - r->arrived < flight && now - start < seconds; r->sent++) {
            r->sent_at[r->sent % WINDOW_MAX] = now;
            conn_write(r->gateway, event, sizeof event);
        }
        conn_flush(r->gateway);
        conn_turn(r->epoll, 1000);
        now = bench_now();
        if (now - start > seconds + 180)
            bench_die("the relay lost %llu events", (unsigned long long)(r->sent - r->arrived));
    } while (r->arrived < r->sent || now - start < seconds);
    return (double)(r->arrived - first) / (now - start);
}

void bench_relay_free(struct bench_relay *r)
{
    conn_close(r->gateway);
    for (unsigned i = 0; i < BENCH_DESKS; i++)
        conn_close(r->desk[i]);
    kill(r->pid, SIGTERM);
    waitpid(r->pid, NULL, 0);
    close(r->epoll);
    free(r);
}
