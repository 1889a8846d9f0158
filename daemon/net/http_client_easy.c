// SPDX-License-Identifier: Apache-2.0
// One exchange, in curl's words. curl repeats a request by itself when a connection that it used again turns out dead; that would send a
// message twice. So a body can be read once only (there is no way back to its beginning), and a request without a body that must not be
// repeated has a connection of its own.
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/loop.h"
#include "daemon/net/http_client_private.h"

enum {
    ANSWER_MAX = 1 << 20,
    HEADERS_BYTES_MAX = 64 << 10,
    IDLE_SECONDS = 15, // a connection that was not used for longer may be dead without showing it
};

// ---- what goes out ----

static size_t on_read(char *to, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;
    size_t room = size * n, left = x->body_len - x->sent;
    size_t take = left < room ? left : room;
    if (take)
        memcpy(to, x->body + x->sent, take);
    x->sent += take;
    return take;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct exchange *x = arg;
    (void)purpose;
    if (!http_client_is_public(&a->addr)) {
        x->kept_out = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

// ---- what comes back ----

static char *cut_text(const char *from, const char *end)
{
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\t'))
        end--;
    char *text = xcalloc(1, (uint64_t)(end - from) + 1);
    memcpy(text, from, (size_t)(end - from));
    return text;
}

static void forget_headers(struct exchange *x)
{
    for (size_t i = 0; i < x->headers_n; i++) {
        free((char *)x->headers[i].name);
        free((char *)x->headers[i].value);
    }
    x->headers_n = 0;
}

static bool keep(struct exchange *x, const char *bytes, size_t len)
{
    size_t room = x->answer_max - x->answer_len;
    x->too_long |= len > room;
    len = len < room ? len : room;
    if (x->answer_len + len + 1 > x->answer_room) {
        x->answer_room = (x->answer_len + len + 1) * 2;
        x->answer = xrealloc(x->answer, x->answer_room);
    }
    memcpy(x->answer + x->answer_len, bytes, len);
    x->answer_len += len;
    x->answer[x->answer_len] = '\0';
    return !x->too_long;
}

// A status line begins another answer: those before were provisional.
static void take_header(struct exchange *x, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    unsigned status;
    char head[32] = "";
    memcpy(head, line, len < sizeof head - 1 ? len : sizeof head - 1);
    if (strncmp(head, "HTTP/", 5) == 0 && sscanf(head, "HTTP/%*s %3u", &status) == 1) {
        forget_headers(x);
        x->status = status >= 200 ? status : 0;
    } else if (colon && x->headers_n < EXCHANGE_HEADERS_MAX) {
        x->headers[x->headers_n++] = (struct http_pair){cut_text(line, colon), cut_text(colon + 1, line + len)};
    }
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;
    size_t len = size * n;
    if (x->ended || (x->smtp && len >= 3 && memcmp(bytes, "221", 3) == 0))
        return len; // words of farewell
    x->headers_bytes += len;
    if (x->headers_bytes > HEADERS_BYTES_MAX)
        return 0;
    if (x->smtp) { // the last reply alone is of interest
        x->answer_len = 0;
        return keep(x, bytes, len) ? len : 0;
    }
    take_header(x, bytes, len);
    return len;
}

static size_t on_write(char *bytes, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;
    size_t len = size * n;
    if (!x->piece)
        return keep(x, bytes, len) ? len : 0;
    x->answer_len += len;
    x->too_long = x->answer_len > x->answer_max;
    x->stopped = !x->too_long && !x->piece(x->module, x->token, bytes, len);
    return x->too_long || x->stopped ? 0 : len;
}

// ---- the request ----

static bool is_line(const char *s)
{
    return !s || !s[strcspn(s, "\r\n")];
}

static bool starts(const char *url, const char *scheme)
{
    return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

static const char *fault(const struct http_call *call, bool smtp)
{
    if (!smtp && !starts(call->url, "http://") && !starts(call->url, "https://"))
        return "the URL is not http or https";
    if (!is_line(call->url) || !is_line(call->method) || !is_line(call->mail_from))
        return "a line of the request is broken";
    for (size_t i = 0; i < call->headers_n; i++)
        if (!is_line(call->headers[i].name) || !is_line(call->headers[i].value))
            return "a header is broken";
    for (size_t i = 0; i < call->rcpt_n; i++)
        if (!is_line(call->rcpt[i]))
            return "a recipient is broken";
    if (smtp ? !call->rcpt_n || !call->body_len : !call->method)
        return smtp ? "a mail needs recipients and a body" : "a request needs a method";
    return NULL;
}

static void set_common(struct exchange *x, const struct http_call *call)
{
    CURL *e = x->easy;
    const struct http_client *c = x->client;
    curl_easy_setopt(e, CURLOPT_URL, call->url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, x->smtp ? "smtp,smtps" : "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); // an end does not wait for a resolver's thread
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_ms);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(call->answer_ms ? call->answer_ms : c->answer_ms));
    curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (c->ca_file)
        curl_easy_setopt(e, CURLOPT_CAINFO, c->ca_file);
    if (call->user) {
        curl_easy_setopt(e, CURLOPT_USERNAME, call->user);
        curl_easy_setopt(e, CURLOPT_PASSWORD, call->password ? call->password : "");
    }
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->error);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(e, CURLOPT_READDATA, x);
    if (x->foreign) {
        curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open);
        curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, x);
    }
}

static void set_http(struct exchange *x, const struct http_call *call)
{
    CURL *e = x->easy;
    bool alone = x->foreign || (!x->body_len && !call->repeatable);
    x->out = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < call->headers_n; i++) {
        // "Name;" is how curl spells a header without a value
        char *line = *call->headers[i].value ? xasprintf("%s: %s", call->headers[i].name, call->headers[i].value)
                                             : xasprintf("%s;", call->headers[i].name);
        x->out = curl_slist_append(x->out, line);
        free(line);
    }
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->out);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "throughline/" TL_VERSION);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
    curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, alone ? 1L : 0L);
    curl_easy_setopt(e, CURLOPT_FORBID_REUSE, alone ? 1L : 0L);
    if (call->user)
        curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    if (x->body_len || strcmp(call->method, "GET") != 0) {
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_len);
    }
    curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, call->method);
}

static void set_smtp(struct exchange *x, const struct http_call *call)
{
    CURL *e = x->easy;
    const char *from = call->mail_from && strcmp(call->mail_from, "<>") != 0 ? call->mail_from : "";
    for (size_t i = 0; i < call->rcpt_n; i++)
        x->rcpt = curl_slist_append(x->rcpt, call->rcpt[i]);
    curl_easy_setopt(e, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(x->client->answer_ms / 1000 + 1));
    curl_easy_setopt(e, CURLOPT_USE_SSL, (long)(call->require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(e, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(e, CURLOPT_MAIL_RCPT, x->rcpt);
    curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->body_len);
}

bool exchange_prepare(struct exchange *x, const struct http_call *call, const char **why)
{
    x->smtp = starts(call->url, "smtp://") || starts(call->url, "smtps://");
    const char *wrong = fault(call, x->smtp);
    if (wrong) {
        *why = wrong;
        return false;
    }
    x->foreign = call->foreign;
    x->piece = call->piece;
    x->body = call->body_len ? xmemdup(call->body, call->body_len) : NULL;
    x->body_len = call->body_len;
    x->answer_max = call->answer_max ? call->answer_max : ANSWER_MAX;
    set_common(x, call);
    if (x->smtp)
        set_smtp(x, call);
    else
        set_http(x, call);
    return true;
}

// ---- the end ----

// What a mail server refused is an answer; what broke before one came is none, whatever was said last.
static unsigned smtp_status(const struct exchange *x)
{
    CURLcode result = x->result;
    long code = x->code;
    bool said = result == CURLE_SEND_ERROR || result == CURLE_LOGIN_DENIED || result == CURLE_WEIRD_SERVER_REPLY ||
                result == CURLE_REMOTE_ACCESS_DENIED || result == CURLE_UPLOAD_FAILED;
    if (result == CURLE_OK)
        return code >= 200 && code < 600 ? (unsigned)code : 250;
    return said && code >= 400 && code < 600 ? (unsigned)code : 0;
}

static const char *reason(const struct exchange *x)
{
    if (x->kept_out)
        return "its address is not of the public internet";
    if (x->too_long)
        return "the answer is too long";
    if (x->stopped)
        return "the answer was not wanted";
    return x->error[0] ? x->error : curl_easy_strerror(x->result);
}

void exchange_end(struct exchange *x, CURLcode result)
{
    x->ended = true;
    x->result = result;
    curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &x->request_size);
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->code);
}

void exchange_answer(const struct exchange *x, struct http_answer *out)
{
    *out = (struct http_answer){
        .status = x->smtp ? smtp_status(x) : x->status,
        .written = x->smtp ? x->sent == x->body_len : x->request_size > 0 || x->sent > 0,
        .headers = x->headers,
        .headers_n = x->headers_n,
        .body = !x->piece && x->answer ? x->answer : "",
        .body_len = x->piece ? 0 : x->answer_len,
    };
    out->cut = out->status && !x->smtp && x->result != CURLE_OK;
    out->error = !out->status || out->cut ? reason(x) : NULL;
    out->kept_out = !out->status && x->kept_out;
}

void exchange_close(struct exchange *x)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (!x->easy)
        return;
    // QUIT is said, but its answer not waited for: a silent server would hold the thread for minutes
    if (x->smtp && curl_easy_getinfo(x->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD)
        shutdown(fd, SHUT_RD);
    curl_easy_cleanup(x->easy);
    x->easy = NULL;
}

void exchange_free(struct exchange *x)
{
    exchange_close(x);
    curl_slist_free_all(x->out);
    curl_slist_free_all(x->rcpt);
    forget_headers(x);
    free(x->body);
    free(x->answer);
    free(x);
}
