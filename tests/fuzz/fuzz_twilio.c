// SPDX-License-Identifier: Apache-2.0
// Twilio's adapters: see adapter.h. The first byte chooses between SMS and WhatsApp.
#include "channels/twilio.h"
#include "tests/fuzz/adapter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const values[] = {[TWILIO_ACCOUNT_SID] = "AC00000000000000000000000000000001",
                                         [TWILIO_AUTH_TOKEN] = "tl-auth-token",
                                         [TWILIO_SENDER] = "+15550002222",
                                         [TWILIO_API_URL] = "https://api.twilio.com"};
    if (size)
        fuzz_adapter(adapter_named(data[0] == 'w' ? "twilio_whatsapp" : "twilio"), values, data + 1, size - 1);
    return 0;
}
