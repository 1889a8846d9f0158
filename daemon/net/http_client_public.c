// SPDX-License-Identifier: Apache-2.0
// Which addresses are of the public internet, by IANA's registries of special-purpose addresses
// (https://www.iana.org/assignments/iana-ipv4-special-registry, .../iana-ipv6-special-registry). IPv6 addresses that carry an IPv4 address
// are as public as that one; of IPv6 only 2000::/3 is in use.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/net/http_client.h"

struct range4 {
    uint32_t net;
    unsigned bits;
};
#define NET(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct range4 special4[] = {
    {NET(0, 0, 0, 0), 8},      {NET(10, 0, 0, 0), 8},     {NET(100, 64, 0, 0), 10}, {NET(127, 0, 0, 0), 8},
    {NET(169, 254, 0, 0), 16}, {NET(172, 16, 0, 0), 12},  {NET(192, 0, 0, 0), 24},  {NET(192, 0, 2, 0), 24},
    {NET(192, 88, 99, 0), 24}, {NET(192, 168, 0, 0), 16}, {NET(198, 18, 0, 0), 15}, {NET(198, 51, 100, 0), 24},
    {NET(203, 0, 113, 0), 24}, {NET(224, 0, 0, 0), 4},    {NET(240, 0, 0, 0), 4},
};

static bool is_public4(uint32_t address)
{
    for (size_t i = 0; i < sizeof special4 / sizeof *special4; i++)
        if ((address ^ special4[i].net) >> (32 - special4[i].bits) == 0)
            return false;
    return true;
}

static uint32_t four(const uint8_t *b)
{
    return NET(b[0], b[1], b[2], b[3]);
}

static bool is_public6(const uint8_t *b)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, translated[12] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(b, mapped, 12) == 0 || memcmp(b, translated, 12) == 0)
        return is_public4(four(b + 12));
    if (b[0] == 0x20 && b[1] == 0x02) // 6to4
        return is_public4(four(b + 2));
    if ((b[0] & 0xe0) != 0x20)
        return false;
    if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 2) // 2001::/23: protocols, Teredo, ORCHID
        return false;
    if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) // documentation
        return false;
    return !(b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10); // documentation, too
}

bool http_client_is_public(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET)
        return is_public4(ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr));
    return a->sa_family == AF_INET6 && is_public6(((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr);
}
