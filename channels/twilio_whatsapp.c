// SPDX-License-Identifier: Apache-2.0
// WhatsApp by Twilio: the language of channels/twilio.h on an account of the social channel. Customers are whatsapp: handles; their telephone
// number is only a hint, for nobody here has proven it.
#include "channels/twilio.h"

const struct adapter adapter_twilio_whatsapp = {
    .name = "twilio_whatsapp",
    .channel = THROUGHLINE__V1__CHANNEL__CHANNEL_SOCIAL,
    .settings = twilio_settings,
    .replies = {.done = {200, "text/xml", TWILIO_NOTHING}, .again = {503, "text/xml", TWILIO_NOTHING}},
    .configure = twilio_configure,
    .verify = twilio_verify,
    .parse = twilio_parse,
    .render = twilio_render,
    .classify = twilio_classify,
    .ask = twilio_ask,
    .told = twilio_told,
    .fetch = twilio_fetch,
};
