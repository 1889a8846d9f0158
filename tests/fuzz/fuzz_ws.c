// SPDX-License-Identifier: Apache-2.0
// Bytes after a handshake, as frames of either subprotocol (the first byte chooses): through the real server, over a loopback
// socket. Whatever comes, closed() runs exactly once with a code that may be reported, messages keep to the limit and,
// as text, are UTF-8.
#include "daemon/base/loop.h"
#include "daemon/base/quote.h"
#include "daemon/net/http.h"
#include "daemon/net/ws.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 4096
#define INPUT_MAX   32768

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static struct http_server *server;
static struct sockaddr_in address;
static struct ws *now_open;
static unsigned closed_n;

static void on_message(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    const char *text = bytes;
    assert(closed_n == 0 && len <= MESSAGE_MAX);
    if (ws_protocol(now_open) == WS_JSON)
        for (size_t i = 0, step; i < len; i += step) {
            step = utf8_length(text + i, len - i);
            assert(step > 0);
        }
    if (!ws_send(now_open, bytes, len))
        ws_close(now_open, WS_TRY_AGAIN, NULL);
}

static void on_closed(void *ctx, uint16_t code)
{
    (void)ctx;
    assert(code >= 1000 && code < 5000 && closed_n++ == 0);
    loop_stop(loop);
}

static void get_ws(void *ctx, struct http_request *r)
{
    (void)ctx;
    struct ws_options o = {
        .protocols = WS_JSON | WS_PROTO, .message_max = MESSAGE_MAX, .message = on_message, .closed = on_closed};
    now_open = ws_accept(r, &o);
    assert(now_open);
}

static void set_up(void)
{
    static const struct http_route route = {HTTP_GET, "/", 0, get_ws, 0, 0};
    char err[256];
    loop = loop_new();
    server = http_server_new(loop, &(struct http_options){0});
    http_route_add(server, &route, 1, NULL);
    const char *text = http_listen(server, "127.0.0.1:0", NULL, NULL, err, sizeof err);
    assert(text);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(strrchr(text, ':') + 1))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
}

// From another loopback address each time: one alone would run out of ports, since each stays taken for a while.
static int dial(void)
{
    static uint32_t turn;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f010000u | (turn++ & 0xffffu))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert(fd >= 0 && bind(fd, (struct sockaddr *)&from, sizeof from) == 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        assert(errno == EINTR); // the fuzzer's clock; the connection comes all the same
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        while (poll(&p, 1, -1) < 0)
            assert(errno == EINTR);
    }
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char head[512];
    if (!loop)
        set_up();
    if (size < 1 || size > INPUT_MAX)
        return 0;
    int n = snprintf(
        head, sizeof head,
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: throughline.v1.%s\r\n\r\n",
        data[0] & 1 ? "json" : "proto");
    int fd = dial();
    assert(write(fd, head, (size_t)n) == n && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    shutdown(fd, SHUT_WR);
    closed_n = 0;
    loop_run(loop);
    assert(closed_n == 1);
    close(fd);
    return 0;
}
