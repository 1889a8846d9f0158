// SPDX-License-Identifier: Apache-2.0
// The opening handshake: what makes an HTTP request a WebSocket of ours. The origin is asked of the owner, since only it knows
// which sites may embed its clients. Owns nothing.
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "daemon/net/handshake.h"
#include "daemon/net/internal.h"

static const struct {
    enum ws_protocol protocol;
    const char *name;
} protocols[] = {{WS_JSON, "throughline.v1.json"}, {WS_PROTO, "throughline.v1.proto"}};

// 16 bytes in base64: 22 digits and two equals signs.
static bool is_key(const char *key)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return key && strlen(key) == 24 && strspn(key, digits) == 22 && strcmp(key + 22, "==") == 0;
}

static bool has_token(const struct http_request *r, const char *name, const char *token)
{
    for (size_t i = 0; i < r->head.fields_n; i++)
        if (strcmp(r->head.fields[i].name, name) == 0 && parse_list_has(r->head.fields[i].value, token))
            return true;
    return false;
}

// The first of the client's that is spoken here, over all header lines; 0 = none.
static enum ws_protocol choose(const struct http_request *r, uint32_t spoken)
{
    for (size_t i = 0; i < r->head.fields_n; i++) {
        if (strcmp(r->head.fields[i].name, "sec-websocket-protocol") != 0)
            continue;
        for (const char *s = r->head.fields[i].value; *s;) {
            s += strspn(s, ", \t");
            size_t n = strcspn(s, ", \t");
            for (size_t k = 0; k < sizeof protocols / sizeof protocols[0]; k++)
                if ((protocols[k].protocol & spoken) && strlen(protocols[k].name) == n &&
                    memcmp(protocols[k].name, s, n) == 0)
                    return protocols[k].protocol;
            s += n;
        }
    }
    return (enum ws_protocol)0;
}

static bool refuse(struct http_request *r, enum http_problem problem, const char *field, const char *detail)
{
    http_problem(r, problem, field, detail);
    return false;
}

bool handshake_check(struct http_request *r, const struct ws_options *o, enum ws_protocol *protocol)
{
    const char *version = http_header_in(r, "sec-websocket-version");
    if (r->head.method != HTTP_GET || r->head.minor == 0 || r->body_len > 0 || !has_token(r, "upgrade", "websocket") ||
        !has_token(r, "connection", "upgrade"))
        return refuse(r, PROBLEM_upgrade_required, NULL, NULL);
    if (!version || strcmp(version, "13") != 0) {
        http_header(r, "Sec-WebSocket-Version", "13");
        return refuse(r, PROBLEM_upgrade_version, NULL, NULL);
    }
    if (!is_key(http_header_in(r, "sec-websocket-key")))
        return refuse(r, PROBLEM_invalid_header, "Sec-WebSocket-Key", NULL);
    if (o->origin_allowed && !o->origin_allowed(o->ctx, http_header_in(r, "origin")))
        return refuse(r, PROBLEM_origin_forbidden, NULL, NULL);
    *protocol = choose(r, o->protocols);
    if (!*protocol)
        return refuse(r, PROBLEM_subprotocol_required, "Sec-WebSocket-Protocol",
                      "throughline.v1.json or throughline.v1.proto");
    return true;
}

void handshake_reply(struct http_request *r, enum ws_protocol protocol)
{
    char text[256];
    unsigned char digest[20], accept[32];
    int n =
        snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", http_header_in(r, "sec-websocket-key"));
    if (EVP_Digest(text, (size_t)n, digest, NULL, EVP_sha1(), NULL) != 1)
        abort();
    EVP_EncodeBlock(accept, digest, sizeof digest);
    n = snprintf(text, sizeof text,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
                 accept, protocols[protocol == WS_PROTO].name);
    conn_send(r->conn, text, (size_t)n);
}
