// SPDX-License-Identifier: Apache-2.0
// Messages in bodies: JSON or protobuf by Content-Type and Accept. The bytes are hostile: their length is bounded by the route, and
// the memory that a short protobuf text can claim is bounded here. Errors name fields, never values.
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/internal.h"
#include "proto/json.h"
#include "proto/wire.h"

static bool is_type(const char *value, const char *type)
{
    size_t n = strlen(type);
    return strncasecmp(value, type, n) == 0 && (!value[n] || strchr("; \t", value[n]));
}

static void refuse_body(struct http_request *r, const struct json_error *e)
{
    char detail[512];
    if (e->line)
        snprintf(detail, sizeof detail, "%s: line %d, column %d: %s", e->code, e->line, e->column, e->text);
    else
        snprintf(detail, sizeof detail, "%s: %s", e->code, e->text);
    http_problem(r, PROBLEM_invalid_body, e->path[0] ? e->path : NULL, detail);
}

ProtobufCMessage *http_body_message(struct http_request *r, const ProtobufCMessageDescriptor *type)
{
    size_t len;
    const char *body = http_body(r, &len), *media = http_header_in(r, "content-type");
    ProtobufCMessage *m = NULL;
    struct json_error why;
    if (!media || is_type(media, "application/json"))
        m = json_read(type, body, len, &why);
    else if (is_type(media, "application/x-protobuf") || is_type(media, "application/protobuf"))
        m = wire_read(type, body, len, &why);
    else {
        http_header(r, "Accept", "application/json, application/x-protobuf");
        http_problem(r, PROBLEM_unsupported_media_type, NULL, NULL);
        return NULL;
    }
    if (!m)
        refuse_body(r, &why);
    return m;
}

// The quality (0..1000) that an Accept header gives to application/<subtype>; the most exact range wins (RFC 9110, 12.5.1).
static unsigned quality(const char *accept, const char *subtype)
{
    unsigned best = 0, exactness = 0;
    while (*accept) {
        accept += strspn(accept, ", \t");
        size_t n = strcspn(accept, ","), name = strcspn(accept, ",; \t");
        unsigned exact = name == 12 + strlen(subtype) && strncasecmp(accept, "application/", 12) == 0 &&
                                 strncasecmp(accept + 12, subtype, strlen(subtype)) == 0
                             ? 3
                         : name == 13 && strncasecmp(accept, "application/*", 13) == 0 ? 2
                         : name == 3 && strncmp(accept, "*/*", 3) == 0                 ? 1
                                                                                       : 0;
        const char *q = exact ? memmem(accept, n, "q=", 2) : NULL;
        double value = q ? strtod(q + 2, NULL) : 1;
        if (exact > exactness) {
            exactness = exact;
            best = value > 0 && value <= 1 ? (unsigned)(value * 1000) : 0;
        }
        accept += n;
    }
    return best;
}

void http_reply_message(struct http_request *r, unsigned status, const ProtobufCMessage *m)
{
    const char *accept = http_header_in(r, "accept");
    http_header(r, "Vary", "Accept");
    if (accept && quality(accept, "x-protobuf") > quality(accept, "json")) {
        size_t len = protobuf_c_message_get_packed_size(m);
        uint8_t *bytes = xrealloc(NULL, len);
        protobuf_c_message_pack(m, bytes);
        http_reply(r, status, "application/x-protobuf", bytes, len);
        free(bytes);
        return;
    }
    size_t len;
    char *text = json_write(m, &len);
    if (!text)
        abort();
    http_reply(r, status, "application/json", text, len);
    free(text);
}
