// SPDX-License-Identifier: Apache-2.0
// Chunked bodies (RFC 9112, 7.1), a byte at a time between the runs of data. Extensions and trailers are read over, at most
// 4 KiB of them; sizes have at most 8 digits, so that no sum can overflow.
#include "daemon/net/parse.h"

#define EXTRA_MAX  4096
#define DIGITS_MAX 8

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool is_text(char c)
{
    return (unsigned char)c >= ' ' ? c != 0x7f : c == '\t';
}

static bool take_size(struct parse_chunked *c, char byte)
{
    int digit = hex(byte);
    if (digit >= 0) {
        c->left = c->left << 4 | (unsigned)digit;
        return ++c->digits <= DIGITS_MAX;
    }
    if (c->digits == 0)
        return false;
    c->state = byte == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
    return byte == '\r' || byte == ';';
}

static bool take_extension(struct parse_chunked *c, char byte)
{
    if (byte == '\r')
        c->state = CHUNK_SIZE_LF;
    return byte == '\r' || (is_text(byte) && ++c->extra <= EXTRA_MAX);
}

static bool take_size_lf(struct parse_chunked *c, char byte)
{
    c->state = c->left ? CHUNK_DATA : CHUNK_TRAILER;
    c->digits = 0;
    c->line_empty = true;
    return byte == '\n';
}

static bool take_trailer(struct parse_chunked *c, char byte)
{
    if (c->after_cr) {
        if (c->line_empty)
            c->state = CHUNK_DONE;
        c->after_cr = false;
        c->line_empty = true;
        return byte == '\n';
    }
    if (byte == '\r') {
        c->after_cr = true;
        return true;
    }
    c->line_empty = false;
    return is_text(byte) && ++c->extra <= EXTRA_MAX;
}

static bool take(struct parse_chunked *c, char byte)
{
    switch (c->state) {
    case CHUNK_SIZE:
        return take_size(c, byte);
    case CHUNK_EXTENSION:
        return take_extension(c, byte);
    case CHUNK_SIZE_LF:
        return take_size_lf(c, byte);
    case CHUNK_DATA_CR:
        c->state = CHUNK_DATA_LF;
        return byte == '\r';
    case CHUNK_DATA_LF:
        c->state = CHUNK_SIZE;
        return byte == '\n';
    case CHUNK_TRAILER:
        return take_trailer(c, byte);
    case CHUNK_DATA:
    case CHUNK_DONE:
        break;
    }
    return false;
}

ptrdiff_t parse_chunked(struct parse_chunked *c, const char *in, size_t len, const char **data, size_t *data_len)
{
    size_t i = 0;
    *data_len = 0;
    while (i < len && c->state != CHUNK_DATA && c->state != CHUNK_DONE)
        if (!take(c, in[i++]))
            return -1;
    *data = in + i;
    if (c->state == CHUNK_DATA) {
        *data_len = c->left < len - i ? (size_t)c->left : len - i;
        c->left -= *data_len;
        if (c->left == 0)
            c->state = CHUNK_DATA_CR;
    }
    return (ptrdiff_t)i;
}
