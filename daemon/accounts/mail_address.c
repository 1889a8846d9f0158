// SPDX-License-Identifier: Apache-2.0
// Comparing addresses. ASCII letters only: other letters stand for themselves, as RFC 6531 leaves them to the owner of the domain.
#include "daemon/accounts/mail_address.h"

#include <string.h>
#include <strings.h>

static size_t domain_len(const char *domain)
{
    size_t n = strlen(domain);
    return n > 1 && domain[n - 1] == '.' ? n - 1 : n;
}

int mail_address_matches(const char *configured, char delimiter, const char *recipient)
{
    const char *ours = strrchr(configured, '@'), *theirs = strrchr(recipient, '@');
    if (!ours || !theirs)
        return 0;
    size_t ours_n = (size_t)(ours - configured), theirs_n = (size_t)(theirs - recipient);
    size_t n = domain_len(ours + 1);
    if (n != domain_len(theirs + 1) || strncasecmp(ours + 1, theirs + 1, n) != 0)
        return 0;
    if (ours_n == theirs_n && strncasecmp(configured, recipient, ours_n) == 0)
        return 2;
    return ours_n > 0 && ours_n < theirs_n && strncasecmp(configured, recipient, ours_n) == 0 &&
           recipient[ours_n] == delimiter;
}
