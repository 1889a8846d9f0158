// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CHANNELS_ADAPTER_H
#define THROUGHLINE_CHANNELS_ADAPTER_H

// What an adapter is: the language of one vendor or protocol, as pure functions. Bytes in, events out; a delivery in, the description of a
// request out; the vendor's answer in, what became of the delivery out. The daemon carries, times, retries, limits and records.
//
// No I/O, no clock, no randomness and no state between calls: the same arguments give the same results, so every adapter is told whole by
// its fixtures (tests/channels/<name>/) and may be fuzzed by bytes. Arguments stay the caller's; what a function makes lives in the region it
// is given (channels/region.h) and is freed with it. Bytes from outside are bounded by the daemon (adapter.body_max) and otherwise untrusted.
//
// A new channel is one file that defines `const struct adapter adapter_<name>`, one line in channels/channels.def, and a folder of fixtures.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channels/region.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/event.pb-c.h"
#include "throughline/v1/gateway.pb-c.h"

// ---- an account ----

// One key that an [[account]] of this kind has in the configuration file.
enum adapter_setting_type {
    ADAPTER_TEXT,
    ADAPTER_SECRET, // env:NAME and file:PATH are resolved by the daemon
    ADAPTER_URL,    // http:// or https://, without user, query or fragment
    ADAPTER_HOST,   // host:port
    ADAPTER_NUMBER, // min to max
    ADAPTER_SWITCH, // true, false
    ADAPTER_CHOICE, // one of words
};
struct adapter_setting {
    const char *name;
    enum adapter_setting_type type;
    bool required;
    const char *preset; // what an absent key means, as text; NULL = nothing
    int64_t min, max;   // ADAPTER_NUMBER; bytes of the others, 0 = 1 to 1024
    const char *words;  // ADAPTER_CHOICE: "a|b|c"; else an example for the reference
    const char *help;   // one sentence
};

// An account as its adapter sees it. values[i] is what stands for settings[i], as text ("true", "42"); NULL = absent without a preset.
struct adapter_account {
    const char *name;
    Throughline__V1__Channel channel;
    const char *public_url; // where the outside reaches this daemon, without a slash at the end; "" = unknown
    const char *const *values;
};

// ---- in: a request of the vendor ----

struct adapter_header {
    const char *name, *value; // name in any case
};
struct adapter_request {
    const char *method; // "POST", "GET"; "MAIL" for a mail that came by LMTP or IMAP: body is the mail
    const char *target; // path and query as they were sent, undecoded: "/hooks/twilio/sms-1?delivery=7.0"
    const struct adapter_header *headers;
    size_t headers_n;
    const char *body; // NUL-terminated, the NUL not counted
    size_t body_len;
    int64_t now_ms;               // Unix time, for windows against replay and for what has no time of its own
    const char *peer;             // address it came from, for the trace; never trusted
    const char *mail_from, *rcpt; // MAIL: the envelope's, "" = unknown; mail_from "<>" = the empty one
};

enum adapter_verdict {
    ADAPTER_GENUINE = 0,
    ADAPTER_UNSIGNED, // what proves the sender is missing: 401
    ADAPTER_FORGED,   // it is there and wrong: 403
};

// What the vendor is told.
struct adapter_reply {
    unsigned status;
    const char *type; // NULL = no body
    const char *body;
};

// The bytes of an attachment that came with the request itself. The daemon stores them and sets the attachment's url, size and sha256
// before the event is judged; its name and type are set already.
struct adapter_file {
    size_t event, attachment; // v[event]->message->attachments[attachment]
    const char *bytes;        // in the region, or in the request's body
    size_t len;
    const char *content_id; // of a part that the text shows in place, without brackets; "" = none
    bool in_place;
};

struct adapter_events {
    Throughline__V1__Event *
        *v; // in the order in which they happened. id, account and from are set; the triage checks all of it once more
    size_t n, room;
    struct adapter_file *files;
    size_t files_n, files_room;
    // Instead of the adapter's ordinary answer: a challenge that must come back.
    const struct adapter_reply *reply; // when every event is durable, a duplicate, or refused for good
};
// Appends an event, initialised, with account and time; owned by the region.
Throughline__V1__Event *adapter_event(struct region *m, struct adapter_events *out,
                                      const struct adapter_account *account);
// Says where an attachment's bytes are; the files are in order of event and attachment.
struct adapter_file *adapter_file(struct region *m, struct adapter_events *out, size_t event, size_t attachment);
void adapter_attribute(struct region *m, Throughline__V1__Event *e, const char *key, const char *value);
// Keeps what could not be read, as an event of kind unparsed with this reason; id is made from the bytes.
void adapter_unparsed(struct region *m, struct adapter_events *out, const struct adapter_account *account,
                      const struct adapter_request *r, const char *from, const char *reason);

// ---- out: a delivery becomes a request ----

struct adapter_bytes {
    const char *bytes;
    size_t len;
};

// What the daemon knows besides the delivery.
struct adapter_context {
    // Earlier entries of the conversation on this account, oldest first, at most 50; only for adapters with wants_timeline.
    const Throughline__V1__Entry *const *timeline;
    size_t timeline_n;
    // The bytes of the message's attachments, in their order, where the daemon has them; bytes NULL = it has not, there is only the url. NULL =
    // of none. Only for adapters with wants_files.
    const struct adapter_bytes *files;
    int64_t now_ms;
};

enum adapter_via { ADAPTER_HTTP = 0, ADAPTER_SMTP };

struct adapter_call {
    enum adapter_via via;
    const char *method;          // ADAPTER_HTTP
    const char *url;             // smtp://host:port or smtps:// with ADAPTER_SMTP
    const char *user, *password; // Basic or AUTH; NULL = none
    struct adapter_header headers[16];
    size_t headers_n;
    const char *body; // or the mail
    size_t body_len;
    const char *mail_from; // ADAPTER_SMTP
    const char *const *rcpt;
    size_t rcpt_n;
    bool require_tls;
    const char *external_id; // known before the answer, where we choose it (a Message-ID); NULL = the answer tells
};

// ---- the answer becomes an outcome ----

struct adapter_answer {
    unsigned status; // of HTTP or SMTP; 0 = there was none
    bool written;    // some of the request may have reached the vendor: with status 0 nobody knows what it did
    const struct adapter_header *headers;
    size_t headers_n;
    const char *body; // NUL-terminated
    size_t body_len;
    const char *error; // status 0: what failed, for people
};

enum adapter_fate {
    ADAPTER_SENT = 1, // external_id
    ADAPTER_RETRY,    // surely not carried out; retry_ms, 0 = the usual back-off
    ADAPTER_DEAD,     // will never be: reason
    ADAPTER_STOPPED,  // the customer does not want messages on this handle: dead, and their consent is withdrawn
    ADAPTER_GONE,     // the handle does not exist (any more): dead, and the handle is marked
    ADAPTER_UNKNOWN,  // nobody can tell: a person decides
};
struct adapter_outcome {
    enum adapter_fate fate;
    const char *external_id; // "" = none
    const char *reason;      // for people, without secrets or bodies; the vendor's code first: "21610: ..."
    int64_t retry_ms;
    bool
        account_trouble; // the account itself is refused (credentials, suspended): stop sending on it, tell the operator
};

// What holds where an adapter has nothing of its own to say: 2xx sent, 429 and 503 retry after Retry-After, other 5xx retry, other 4xx dead,
// no answer: retry if nothing was written, else unknown.
void adapter_classify_http(struct region *m, const struct adapter_answer *answer, struct adapter_outcome *out);

// ---- the table ----

#define ADAPTER_BODY_MAX (1u << 20)

struct adapter {
    const char *name;                       // as in kind = "..." of an [[account]], in /hooks/<name>/<account>
    Throughline__V1__Channel channel;       // 0: works on any, the account says on which
    const struct adapter_setting *settings; // ends with a NULL name; no name of a key that every [[account]] has
    size_t body_max;                        // of a request in; 0 = ADAPTER_BODY_MAX
    bool dedupes;        // the vendor never carries out the same delivery twice: an unknown one may be sent again
    size_t quick_max;    // a longer body may take parse more than 50 ms: it belongs into a worker thread; 0 = none does
    bool wants_files;    // render reads adapter_context.files
    bool wants_timeline; // render reads adapter_context.timeline
    struct {
        struct adapter_reply done;  // all durable or refused for good
        struct adapter_reply again; // not known to be durable: the vendor must send again
    } replies;

    // What is wrong with the account's settings beyond their types, for the configuration's reader: the setting's name in *setting, text in the
    // arena; NULL = nothing. May be NULL.
    const char *(*configure)(struct region *m, const struct adapter_account *account, const char **setting);
    // Whether the request comes from the vendor, over its raw bytes. May be NULL only where parse is.
    enum adapter_verdict (*verify)(const struct adapter_account *account, const struct adapter_request *r);
    // The events of a verified request. What cannot be understood becomes `unparsed`; it never fails. NULL = nothing comes in by itself.
    void (*parse)(struct region *m, const struct adapter_account *account, const struct adapter_request *r,
                  struct adapter_events *out);
    // The request that carries this delivery; false with *why (region) when this vendor cannot carry it at all. NULL = receives only.
    bool (*render)(struct region *m, const struct adapter_account *account, const Throughline__V1__Delivery *d,
                   const struct adapter_context *context, struct adapter_call *out, const char **why);
    void (*classify)(struct region *m, const struct adapter_account *account, const struct adapter_answer *answer,
                     struct adapter_outcome *out); // NULL = adapter_classify_http
    // What the vendor did while we were away: the request that asks for it from `cursor` on ("" = never asked), and its answer as events with
    // the next cursor (region) and whether to ask again at once. NULL where the vendor sends again by itself.
    bool (*ask)(struct region *m, const struct adapter_account *account, const char *cursor, int64_t now_ms,
                struct adapter_call *out);
    bool (*told)(struct region *m, const struct adapter_account *account, const char *cursor,
                 const struct adapter_answer *answer, struct adapter_events *out, const char **next);
    // The request that fetches an attachment of this vendor, which may need the account's credentials; NULL = a plain GET of its URL.
    bool (*fetch)(struct region *m, const struct adapter_account *account, const char *url, struct adapter_call *out);
};

// In the order of channels.def; NULL beyond the last, or where there is none of this name.
const struct adapter *adapter_at(size_t index);
const struct adapter *adapter_named(const char *name);

// ---- for adapters ----

const char *adapter_header(const struct adapter_header *v, size_t n,
                           const char *name); // NULL = absent; the first of several
const char *adapter_value(const struct adapter *ad, const struct adapter_account *account,
                          const char *setting); // NULL = absent

#endif
