// SPDX-License-Identifier: Apache-2.0
// What one message costs the server: CPU time of the serving process (the client is another one) per WebSocket message in and
// out, and per HTTP POST, one at a time and with many in flight. Prints a table; asserts nothing.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/loop.h"
#include "daemon/net/auth.h"
#include "daemon/net/http.h"
#include "daemon/net/ws.h"

#define SIZE 300

static struct loop *loop;
static struct ws *socket_now;

static void on_message(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    if (!ws_send(socket_now, bytes, len))
        abort();
}

static void on_closed(void *ctx, uint16_t code)
{
    (void)ctx;
    (void)code;
}

static void get_ws(void *ctx, struct http_request *r)
{
    (void)ctx;
    struct ws_options o = {
        .protocols = WS_JSON | WS_PROTO, .output_max = 4 << 20, .message = on_message, .closed = on_closed};
    socket_now = ws_accept(r, &o);
}

static void post_echo(void *ctx, struct http_request *r)
{
    (void)ctx;
    size_t len;
    const void *body = http_body(r, &len);
    http_reply(r, 200, "application/json", body, len);
}

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

// ---- the client's process ----

static int connect_to(int port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (connect(fd, (struct sockaddr *)&in, sizeof in) != 0)
        abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    for (ssize_t n; len; bytes += n, len -= (size_t)n)
        if ((n = write(fd, bytes, len)) <= 0)
            abort();
}

static void take(int fd, size_t len)
{
    static char sink[1 << 16];
    for (ssize_t n; len; len -= (size_t)n)
        if ((n = read(fd, sink, len < sizeof sink ? len : sizeof sink)) <= 0)
            abort();
}

// Sends `flight` copies at a time and takes back as many answers of answer_len bytes.
static void drive(int fd, const char *message, size_t len, size_t answer_len, unsigned flight, unsigned total)
{
    char *burst = malloc(len * flight);
    for (unsigned i = 0; i < flight; i++)
        memcpy(burst + i * len, message, len);
    for (unsigned done = 0; done < total; done += flight) {
        send_all(fd, burst, len * flight);
        take(fd, answer_len * flight);
    }
    free(burst);
}

static void client_ws(int port, bool binary, unsigned flight, unsigned total)
{
    char head[512],
        message[SIZE + 8] = {(char)(binary ? 0x82 : 0x81), (char)(0x80 | 126), SIZE >> 8, (char)(SIZE & 255)};
    int fd = connect_to(port);
    int n = snprintf(head, sizeof head,
                     "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Protocol: throughline.v1.%s\r\n\r\n",
                     binary ? "proto" : "json");
    send_all(fd, head, (size_t)n);
    char c;
    for (unsigned ends = 0; ends < 4; ends = c == "\r\n\r\n"[ends] ? ends + 1 : c == '\r')
        if (read(fd, &c, 1) != 1)
            abort();
    memset(message + 8, 'x', SIZE); // the mask is zero
    drive(fd, message, SIZE + 8, SIZE + 4, flight, total);
}

static void client_http(int port, unsigned flight, unsigned total)
{
    char request[SIZE + 512], first[4096];
    int fd = connect_to(port);
    int n = snprintf(request, sizeof request,
                     "POST /echo HTTP/1.1\r\nHost: localhost:8080\r\nAuthorization: Bearer secret\r\nAccept: */*\r\n"
                     "User-Agent: bench/1.0\r\nX-Request-Id: same-every-time\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n",
                     SIZE);
    memset(request + n, ' ', SIZE);
    send_all(fd, request, (size_t)n + SIZE);
    ssize_t answer = read(fd, first, sizeof first); // one write, so one read
    drive(fd, request, (size_t)n + SIZE, (size_t)answer, flight, total);
}

static void on_child(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void measure(const char *name, int port, unsigned flight, unsigned total, int kind)
{
    double before = cpu();
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGCHLD, SIG_DFL);
        if (kind == 2)
            client_http(port, flight, total);
        else
            client_ws(port, kind == 1, flight, total);
        _exit(0);
    }
    loop_run(loop);
    int status;
    waitpid(pid, &status, 0);
    printf("%-28s %4u in flight  %6.2f us CPU each%s\n", name, flight, (cpu() - before) * 1e6 / total,
           status ? "  FAILED" : "");
    fflush(stdout);
}

int main(void)
{
    char err[256];
    loop = loop_new();
    struct auth *auth = auth_new();
    struct auth_token t = {.id = "t", .tenant = "main", .role = AUTH_GATEWAY};
    auth_digest("secret", t.digest);
    if (!auth_put(auth, AUTH_FROM_CONFIG, &t))
        return 1;
    struct http_server *s = http_server_new(loop, &(struct http_options){.auth = auth});
    static const struct http_route routes[] = {{HTTP_GET, "/ws", 0, get_ws, 0, 0},
                                               {HTTP_POST, "/echo", AUTH_GATEWAY, post_echo, 0, 0}};
    http_route_add(s, routes, 2, NULL);
    const char *address = http_listen(s, "127.0.0.1:0", NULL, NULL, err, sizeof err);
    if (!address)
        return 1;
    int port = atoi(strrchr(address, ':') + 1);
    loop_on_signal(loop, SIGCHLD, on_child, NULL);
    static const unsigned flights[] = {1, 64, 256};
    for (size_t i = 0; i < 3; i++) {
        unsigned total = flights[i] == 1 ? 40000 : 256000;
        measure("ws text, 300 B, echo", port, flights[i], total, 0);
        measure("ws binary, 300 B, echo", port, flights[i], total, 1);
        measure("POST, 300 B, token, echo", port, flights[i], total / 2, 2);
    }
    http_server_free(s);
    auth_free(auth);
    loop_free(loop);
    return 0;
}
