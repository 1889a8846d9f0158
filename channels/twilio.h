// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_TWILIO_H
#define THROUGHLINE_CHANNELS_TWILIO_H

// What the files of the Twilio adapters share. Two adapters, one language: twilio carries SMS and MMS, twilio_whatsapp carries WhatsApp, whose
// customers are known by another kind of handle.
//
//     twilio.c            settings, the way out, attachments
//     twilio_sign.c       what proves that Twilio sent a request
//     twilio_in.c         messages and status callbacks
//     twilio_rest.c       what the REST API answers: error codes, and the list of what was missed
//     twilio_whatsapp.c   the second adapter

#include <jansson.h>

#include "channels/adapter.h"

enum twilio_setting {
    TWILIO_ACCOUNT_SID,
    TWILIO_AUTH_TOKEN,
    TWILIO_OTHER_TOKEN,
    TWILIO_SENDER,
    TWILIO_SERVICE,
    TWILIO_NUMBER,
    TWILIO_API_URL,
};
extern const struct adapter_setting twilio_settings[];
const char *twilio_value(const struct adapter_account *account, enum twilio_setting which); // "" = absent
bool twilio_is_whatsapp(const struct adapter_account *account);

// Every adapter's functions; the account's channel says which of the two it is.
const char *twilio_configure(struct region *m, const struct adapter_account *account, const char **setting);
enum adapter_verdict twilio_verify(const struct adapter_account *account, const struct adapter_request *r);
void twilio_parse(struct region *m, const struct adapter_account *account, const struct adapter_request *r,
                  struct adapter_events *out);
bool twilio_render(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d,
                   const struct adapter_context *context, struct adapter_call *out, const char **why);
void twilio_classify(struct region *m, const struct adapter_account *account, const struct adapter_answer *answer,
                     struct adapter_outcome *out);
bool twilio_ask(struct region *m, const struct adapter_account *account, const char *cursor, int64_t now_ms,
                struct adapter_call *out);
bool twilio_told(struct region *m, const struct adapter_account *account, const char *cursor,
                 const struct adapter_answer *answer, struct adapter_events *out, const char **next);
bool twilio_fetch(struct region *m, const struct adapter_account *account, const char *url, struct adapter_call *out);

// ---- between the files ----

// A call of the REST API with the account's credentials.
void twilio_call(const struct adapter_account *account, const char *method, const char *url, struct adapter_call *out);

// "whatsapp:+49..." or "+49..." of Twilio as a handle of ours, in the region.
char *twilio_handle(struct region *m, const struct adapter_account *account, const char *address);

// One message that came in, however it is told: from a webhook and from the list the same words make the same event.
struct twilio_message {
    const char *sid, *from, *to, *body, *service, *name;
    size_t body_len;
    bool joined; // of several segments, which now and then come as base64
    Throughline__V1__Attachment **attachments;
    size_t attachments_n;
    Throughline__V1__ConsentState wish; // what Twilio itself took it for
};
// NULL when it made its event, else why it cannot be one.
const char *twilio_event(struct region *m, const struct adapter_account *account, const struct twilio_message *t,
                         struct adapter_events *out);

// What an error code means for a delivery.
struct twilio_code {
    unsigned long code;
    enum adapter_fate fate;
    bool account_trouble;
    const char *meaning;
};
const struct twilio_code *twilio_code(unsigned long code); // NULL = not in the table

// No words in the answer. An empty body of another type could be taken for words to send to the customer.
#define TWILIO_NOTHING "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"

#endif
