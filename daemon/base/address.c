// SPDX-License-Identifier: Apache-2.0
// Addresses and ranges of them, of both versions in one form.
#include "daemon/base/address.h"

#include <arpa/inet.h>
#include <string.h>

#define VERSION_4_BITS 96 // before the 32 of a mapped address

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

bool address_parse(const char *text, unsigned char out[ADDRESS_SIZE])
{
    if (inet_pton(AF_INET6, text, out) == 1)
        return true;
    memcpy(out, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, out + sizeof mapped) == 1;
}

void address_text(const unsigned char a[ADDRESS_SIZE], char out[ADDRESS_TEXT_MAX])
{
    if (memcmp(a, mapped, sizeof mapped) == 0)
        inet_ntop(AF_INET, a + sizeof mapped, out, ADDRESS_TEXT_MAX);
    else
        inet_ntop(AF_INET6, a, out, ADDRESS_TEXT_MAX);
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static bool is_clear_beyond(const struct address_range *r)
{
    for (unsigned i = r->bits; i < 8 * ADDRESS_SIZE; i++)
        if (r->base[i / 8] & 0x80u >> i % 8)
            return false;
    return true;
}

// At most three digits; 1000 = none.
static unsigned prefix_of(const char *text)
{
    size_t len = strspn(text, "0123456789");
    unsigned n = 0;
    if (len == 0 || len > 3 || text[len])
        return 1000;
    while (*text)
        n = n * 10 + (unsigned)(*text++ - '0');
    return n;
}

const char *address_range_parse(const char *text, struct address_range *out)
{
    static const char right[] =
        "expected an address or a range of them, like \"192.0.2.7\", \"10.0.0.0/8\" or \"fd00::/8\"";
    char address[ADDRESS_TEXT_MAX];
    size_t len = strcspn(text, "/");
    if (len >= sizeof address)
        return right;
    memcpy(address, text, len);
    address[len] = '\0';
    if (!address_parse(address, out->base))
        return right;
    bool four = strchr(address, ':') == NULL;
    unsigned bits = text[len] ? prefix_of(text + len + 1) : four ? 32 : 128;
    if (bits > (four ? 32u : 128u))
        return four ? "expected at most 32 bits after the slash" : "expected at most 128 bits after the slash";
    out->bits = bits + (four ? VERSION_4_BITS : 0);
    return is_clear_beyond(out)
               ? NULL
               : "expected no bit set beyond the range's, like \"10.0.0.0/8\" rather than \"10.1.2.3/8\"";
}

bool address_in(const unsigned char a[ADDRESS_SIZE], const struct address_range *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (same_bits(a, v[i].base, v[i].bits))
            return true;
    return false;
}
