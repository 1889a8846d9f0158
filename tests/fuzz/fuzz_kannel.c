// SPDX-License-Identifier: Apache-2.0
// Kannel's adapter: see adapter.h. And its measure of messages against the text itself.
#include "tests/fuzz/adapter.h"

#include <assert.h>
#include <string.h>

#include "channels/kannel.h"
#include "channels/sms.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is measured as wide is as long as its UTF-16 and comes back from it.
static void check_measure(const uint8_t *data, size_t size)
{
    struct region m = {0};
    if (utf8_valid(data, size) && !memchr(data, 0, size)) {
        char *text = region_copy(&m, data, size);
        struct sms_size s = sms_measure(text);
        size_t len = 0;
        char *wide = sms_to_utf16(&m, text, &len);
        assert(s.alphabet == SMS_GSM7 || s.units * 2 == len);
        assert(strcmp(sms_from_utf16(&m, wide, len), text) == 0);
        assert((s.units == 0) == (s.segments == 0) && s.segments <= s.units);
    }
    region_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const values[] = {[KANNEL_SECRET] = "0123456789abcdef-secret",
                                         [KANNEL_SENDSMS_URL] = "http://127.0.0.1:13013/cgi-bin/sendsms",
                                         [KANNEL_USERNAME] = "throughline",
                                         [KANNEL_PASSWORD] = "pass-word",
                                         [KANNEL_SENDER] = "12345",
                                         [KANNEL_SEGMENTS_MAX] = "10",
                                         [KANNEL_BARE_NUMBERS] = "international"};
    fuzz_adapter(adapter_named("kannel"), values, data, size);
    check_measure(data, size);
    return 0;
}
