// SPDX-License-Identifier: Apache-2.0
// The WebSocket client: libcurl brings the connection (plain or TLS) and is then used as a byte pipe, wslay frames it.
// Fails when the handshake is refused, the peer closes or falls silent for two pings.
#include "cli/socket.h"

#include "cli/client.h"
#include "cli/editor.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wslay/wslay.h>

#define SOCKET_LINE_MAX  65536
#define SOCKET_FRAME_MAX (16u << 20)

struct socket {
    CURL *curl;
    curl_socket_t fd;
    wslay_event_context_ptr ws;
    const struct socket_ops *ops;
    void *ctx;
    bool over; // an op ended the run
    bool lost;
    uint16_t close_code;
    char close_reason[124];
    char early[16384]; // bytes that came with the handshake's answer
    size_t early_len, early_used;
    char line[SOCKET_LINE_MAX];
    size_t line_len;
};

static volatile sig_atomic_t socket_signalled;

static void socket_on_signal(int sig)
{
    socket_signalled = sig;
}

static ssize_t socket_recv(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *arg)
{
    (void)flags;
    struct socket *s = arg;
    if (s->early_used < s->early_len) {
        size_t n = s->early_len - s->early_used < len ? s->early_len - s->early_used : len;
        memcpy(buf, s->early + s->early_used, n);
        s->early_used += n;
        return (ssize_t)n;
    }
    size_t got = 0;
    CURLcode rc = curl_easy_recv(s->curl, buf, len, &got);
    if (rc == CURLE_OK && got > 0)
        return (ssize_t)got;
    if (rc != CURLE_AGAIN)
        s->lost = true;
    wslay_event_set_error(ctx, rc == CURLE_AGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t socket_write(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags, void *arg)
{
    (void)flags;
    struct socket *s = arg;
    size_t sent = 0;
    CURLcode rc = curl_easy_send(s->curl, data, len, &sent);
    if (rc == CURLE_OK && sent > 0)
        return (ssize_t)sent;
    if (rc != CURLE_OK && rc != CURLE_AGAIN)
        s->lost = true;
    wslay_event_set_error(ctx, s->lost ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
    return -1;
}

static int socket_mask(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, void *arg)
{
    (void)ctx;
    (void)arg;
    return RAND_bytes(buf, (int)len) == 1 ? 0 : -1;
}

static void socket_got(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
    (void)ctx;
    struct socket *s = arg;
    if (m->opcode == WSLAY_CONNECTION_CLOSE) {
        s->close_code = m->status_code;
        size_t n = m->msg_length > 2 ? m->msg_length - 2 : 0;
        n = n < sizeof s->close_reason - 1 ? n : sizeof s->close_reason - 1;
        memcpy(s->close_reason, m->msg + 2, n);
        s->close_reason[n] = 0;
        return;
    }
    if (m->opcode != WSLAY_TEXT_FRAME || s->over || !s->ops)
        return;
    json_t *frame = json_loadb((const char *)m->msg, m->msg_length, 0, NULL);
    editor_hide(); // here, where it is certain: between a look for news and this any may come
    if (frame && !s->ops->message(s->ctx, frame))
        s->over = true;
    json_decref(frame);
}

static const struct wslay_event_callbacks socket_callbacks = {
    .recv_callback = socket_recv,
    .send_callback = socket_write,
    .genmask_callback = socket_mask,
    .on_msg_recv_callback = socket_got,
};

static bool socket_send_all(struct socket *s, const char *text, size_t len)
{
    while (len > 0) {
        size_t sent = 0;
        CURLcode rc = curl_easy_send(s->curl, text, len, &sent);
        if (rc == CURLE_AGAIN) {
            struct pollfd p = {.fd = s->fd, .events = POLLOUT};
            poll(&p, 1, 5000);
            continue;
        }
        if (rc != CURLE_OK)
            return false;
        text += sent;
        len -= sent;
    }
    return true;
}

// Reads the handshake's answer up to its empty line; what follows stays in early[].
static bool socket_read_head(struct socket *s, char *head, size_t size)
{
    size_t len = 0;
    for (;;) {
        size_t got = 0;
        CURLcode rc = curl_easy_recv(s->curl, head + len, size - 1 - len, &got);
        if (rc == CURLE_AGAIN) {
            struct pollfd p = {.fd = s->fd, .events = POLLIN};
            if (poll(&p, 1, 10000) <= 0)
                return false;
            continue;
        }
        if (rc != CURLE_OK || got == 0)
            return false;
        len += got;
        head[len] = 0;
        char *end = strstr(head, "\r\n\r\n");
        if (end) {
            end += 4;
            s->early_len = len - (size_t)(end - head);
            memcpy(s->early, end, s->early_len);
            *end = 0;
            return true;
        }
        if (len >= size - 1)
            return false;
    }
}

static void socket_expected_accept(const char *key, char out[64])
{
    char both[128];
    unsigned char digest[SHA_DIGEST_LENGTH];
    int n = snprintf(both, sizeof both, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key); // RFC 6455 1.3
    SHA1((const unsigned char *)both, (size_t)n, digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

static int socket_handshake(struct socket *s, struct cli *cli, const char *path)
{
    unsigned char nonce[16];
    char key[32], accept[64], request[4096], head[sizeof s->early];
    RAND_bytes(nonce, sizeof nonce);
    EVP_EncodeBlock((unsigned char *)key, nonce, sizeof nonce);
    socket_expected_accept(key, accept);
    const char *host = strstr(cli->url, "://");
    host = host ? host + 3 : cli->url;
    int n =
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: throughline.v1.json\r\n%s%s%s\r\n",
                 path, host, key, cli->token ? "Authorization: Bearer " : "", cli->token ? cli->token : "",
                 cli->token ? "\r\n" : "");
    if (n < 0 || n >= (int)sizeof request)
        return cli_fail(CLI_DATA, "the token or address is too long");
    bool ok = socket_send_all(s, request, (size_t)n) && socket_read_head(s, head, sizeof head);
    explicit_bzero(request, sizeof request);
    if (!ok)
        return cli_fail(CLI_UNAVAILABLE, "the daemon at %s does not answer", cli->url);
    static const char version[] = "HTTP/1.1 ";
    if (strncmp(head, version, sizeof version - 1) != 0)
        return cli_fail(CLI_UNAVAILABLE, "%s does not speak HTTP", cli->url);
    long status = strtol(head + sizeof version - 1, NULL, 10);
    if (status == 401)
        return client_unauthorized(cli);
    if (status == 403)
        return cli_fail(CLI_DENIED, "this token's role may not use %s (see --token)", path);
    if (status != 101 || !strstr(head, accept))
        return cli_fail(CLI_UNAVAILABLE, "%s: HTTP %ld instead of a WebSocket", path, status);
    return CLI_OK;
}

static int socket_connect(struct socket *s, struct cli *cli)
{
    char why[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(s->curl, CURLOPT_URL, cli->url);
    curl_easy_setopt(s->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(s->curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(s->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(s->curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(s->curl, CURLOPT_ERRORBUFFER, why);
    CURLcode rc = curl_easy_perform(s->curl);
    if (rc == CURLE_OK)
        rc = curl_easy_getinfo(s->curl, CURLINFO_ACTIVESOCKET, &s->fd);
    if (rc == CURLE_OK)
        return CLI_OK;
    return cli_unreachable(cli, why[0] ? why : curl_easy_strerror(rc));
}

struct socket *socket_open(struct cli *cli, const char *path, int *code)
{
    struct socket *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->curl = curl_easy_init();
    *code = s->curl ? socket_connect(s, cli) : cli_fail(CLI_INTERNAL, "out of memory");
    if (*code == CLI_OK)
        *code = socket_handshake(s, cli, path);
    if (*code == CLI_OK && wslay_event_context_client_init(&s->ws, &socket_callbacks, s) != 0)
        *code = cli_fail(CLI_INTERNAL, "out of memory");
    if (*code != CLI_OK) {
        socket_close(s);
        return NULL;
    }
    wslay_event_config_set_max_recv_msg_length(s->ws, SOCKET_FRAME_MAX);
    return s;
}

bool socket_send(struct socket *s, const json_t *frame)
{
    char *text = json_dumps(frame, JSON_COMPACT);
    if (!text)
        return false;
    struct wslay_event_msg m = {.opcode = WSLAY_TEXT_FRAME, .msg = (const uint8_t *)text, .msg_length = strlen(text)};
    int rc = wslay_event_queue_msg(s->ws, &m);
    free(text);
    return rc == 0 && wslay_event_send(s->ws) == 0 && !s->lost;
}

// Hands over complete lines; at the end of input what is left, then NULL.
static void socket_read_lines(struct socket *s)
{
    ssize_t n = read(STDIN_FILENO, s->line + s->line_len, sizeof s->line - 1 - s->line_len);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    bool end = n <= 0;
    s->line_len += n > 0 ? (size_t)n : 0;
    s->line[s->line_len] = 0;
    char *from = s->line, *newline;
    while (!s->over && (newline = strchr(from, '\n'))) {
        *newline = 0;
        if (!s->ops->line(s->ctx, from))
            s->over = true;
        from = newline + 1;
    }
    size_t left = s->line_len - (size_t)(from - s->line);
    memmove(s->line, from, left + 1);
    s->line_len = left;
    if (s->line_len == sizeof s->line - 1 || (end && left > 0)) {
        if (!s->over && !s->ops->line(s->ctx, s->line))
            s->over = true;
        s->line_len = 0;
    }
    if (end && !s->over && !s->ops->line(s->ctx, NULL))
        s->over = true;
    if (end)
        s->line_len = SIZE_MAX; // stdin is done
}

static void socket_prompt(const struct socket *s)
{
    if (s->ops->prompt)
        editor_prompt(s->ops->prompt(s->ctx));
}

static void socket_line(void *ctx, char *line)
{
    struct socket *s = ctx;
    if (!s->over && !s->ops->line(s->ctx, line))
        s->over = true;
    socket_prompt(s);
    if (!line)
        s->line_len = SIZE_MAX;
}

static void socket_read_input(struct socket *s, short events, bool edited)
{
    if (edited && events & (POLLHUP | POLLERR | POLLNVAL))
        socket_line(s, NULL);
    else if (edited)
        editor_read();
    else
        socket_read_lines(s);
}

// What came is shown, and what is to be told is on its way. False: there is nothing more to come.
static bool socket_turn(struct socket *s)
{
    if (wslay_event_recv(s->ws) != 0 || (wslay_event_want_write(s->ws) && wslay_event_send(s->ws) != 0))
        return false;
    // Closed without a code, it reads no more: nothing would ever come.
    return !s->over && !s->close_code && (wslay_event_want_read(s->ws) || wslay_event_want_write(s->ws));
}

static void socket_loop(struct socket *s, bool edited)
{
    while (!s->over && !s->lost && !s->close_code && !socket_signalled) {
        if (!socket_turn(s))
            return;
        if (editor_hidden()) {
            socket_prompt(s);
            editor_show();
        }
        struct pollfd p[3] = {{.fd = s->fd, .events = POLLIN},
                              {.fd = s->line_len == SIZE_MAX ? -1 : STDIN_FILENO, .events = POLLIN},
                              {.fd = STDOUT_FILENO}}; // whoever reads what is printed may leave
        if (wslay_event_want_write(s->ws))
            p[0].events |= POLLOUT;
        if (poll(p, 3, -1) < 0 && errno != EINTR)
            return;
        if (ferror(stdout) || p[2].revents & POLLERR)
            s->over = true;
        if (p[1].revents)
            socket_read_input(s, p[1].revents, edited);
    }
}

static int socket_outcome(const struct socket *s)
{
    if (s->over || socket_signalled)
        return CLI_OK;
    if (s->close_code)
        return cli_fail(s->close_code == 1008 ? CLI_NO : CLI_UNAVAILABLE, "the daemon closed the connection: %u%s%s",
                        s->close_code, s->close_reason[0] ? ", " : "", s->close_reason);
    return cli_fail(CLI_UNAVAILABLE, "the connection to the daemon is lost");
}

int socket_run(struct socket *s, const struct socket_ops *ops, void *ctx, bool input)
{
    s->ops = ops;
    s->ctx = ctx;
    struct sigaction act = {.sa_handler = socket_on_signal};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (!input)
        s->line_len = SIZE_MAX;
    bool edited = input && editor_open(socket_line, s);
    socket_loop(s, edited);
    editor_close();
    return socket_outcome(s);
}

bool socket_may_return(const struct socket *s)
{
    return !s->close_code || s->close_code == WSLAY_CODE_GOING_AWAY || s->close_code == 1013;
}

bool socket_pause(int ms)
{
    poll(NULL, 0, ms);
    return !socket_signalled;
}

void socket_close(struct socket *s)
{
    if (!s)
        return;
    if (s->ws) {
        if (!s->lost && !s->close_code) {
            wslay_event_queue_close(s->ws, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
            wslay_event_send(s->ws);
        }
        wslay_event_context_free(s->ws);
    }
    if (s->curl)
        curl_easy_cleanup(s->curl);
    free(s);
}
