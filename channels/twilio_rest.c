// SPDX-License-Identifier: Apache-2.0
// What the REST API says: what became of a message that we gave it, and which messages came in while nobody could be called. A message whose
// webhook fails is not sent again by Twilio; its list of messages is the only place where it still is.
#include <stdlib.h>
#include <string.h>

#include "channels/form.h"
#include "channels/sms.h"
#include "channels/twilio.h"
#include "proto/timestamp.h"

enum { PAGE_SIZE = 1000, OVERLAP_SECONDS = 600 };

// ---- error codes (https://www.twilio.com/docs/api/errors) ----

// Of sends and of status callbacks, in order. What is not here means what its HTTP status means.
static const struct twilio_code codes[] = {
    {14107, ADAPTER_RETRY, false, "too many messages a second"},
    {20003, ADAPTER_RETRY, true, "the credentials are refused"},
    {20005, ADAPTER_RETRY, true, "the account is not active"},
    {20008, ADAPTER_DEAD, true, "test credentials cannot send"},
    {20404, ADAPTER_RETRY, true, "there is no such account"},
    {20429, ADAPTER_RETRY, false, "too many requests"},
    {20503, ADAPTER_RETRY, false, "the service is unavailable"},
    {21211, ADAPTER_GONE, false, "the number does not exist"},
    {21212, ADAPTER_DEAD, true, "the sender is no valid number"},
    {21408, ADAPTER_DEAD, true, "the account may not send to that region"},
    {21601, ADAPTER_DEAD, true, "the sender cannot send short messages"},
    {21602, ADAPTER_DEAD, false, "the message has no words"},
    {21603, ADAPTER_DEAD, true, "the sender is missing"},
    {21604, ADAPTER_DEAD, false, "the receiver is missing"},
    {21606, ADAPTER_DEAD, true, "the sender cannot send to that number"},
    {21608, ADAPTER_DEAD, true, "a trial account sends to verified numbers only"},
    {21610, ADAPTER_STOPPED, false, "the customer has stopped messages"},
    {21611, ADAPTER_RETRY, false, "the sender's queue is full"},
    {21612, ADAPTER_DEAD, false, "the number cannot be reached from this sender"},
    {21614, ADAPTER_DEAD, false, "the number is not a mobile one"},
    {21617, ADAPTER_DEAD, false, "the text is longer than 1600 characters"},
    {21620, ADAPTER_DEAD, false, "the media address is not valid"},
    {21623, ADAPTER_DEAD, false, "more than 10 media"},
    {21635, ADAPTER_DEAD, false, "the number is a landline"},
    {21659, ADAPTER_DEAD, true, "the sender is not the account's"},
    {21660, ADAPTER_DEAD, true, "the sender and the account do not match"},
    {21703, ADAPTER_DEAD, true, "the messaging service has no senders"},
    {30001, ADAPTER_RETRY, false, "the queue is full"},
    {30002, ADAPTER_RETRY, true, "the account is suspended"},
    {30003, ADAPTER_DEAD, false, "the handset cannot be reached"},
    {30004, ADAPTER_DEAD, false, "the message was blocked"},
    {30005, ADAPTER_GONE, false, "the number is unknown"},
    {30006, ADAPTER_DEAD, false, "a landline, or a carrier that cannot be reached"},
    {30007, ADAPTER_DEAD, false, "filtered by the carrier"},
    {30008, ADAPTER_DEAD, false, "unknown error of the carrier"},
    {30019, ADAPTER_DEAD, false, "the content is larger than the carrier allows"},
    {30022, ADAPTER_RETRY, false, "more messages a second than the carrier allows"},
    {30023, ADAPTER_DEAD, false, "the day's limit of the carrier is reached"},
    {30034, ADAPTER_DEAD, true, "the sender is not registered with the carriers"},
    {30410, ADAPTER_DEAD, false, "the carrier did not answer in time"},
    {63003, ADAPTER_GONE, false, "there is no such address on the channel"},
    {63007, ADAPTER_DEAD, true, "there is no such sender on the channel"},
    {63014, ADAPTER_STOPPED, false, "the customer has blocked the sender"},
    {63016, ADAPTER_DEAD, false, "outside the 24 hours in which words of one's own may be sent"},
    {63018, ADAPTER_RETRY, false, "more messages than the channel allows"},
    {63024, ADAPTER_GONE, false, "the receiver is no valid one"},
};

const struct twilio_code *twilio_code(unsigned long code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return &codes[i];
    return NULL;
}

// ---- the answer to a send ----

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void judge_error(struct region *m, unsigned status, const json_t *answer, struct adapter_outcome *out)
{
    unsigned long number = (unsigned long)json_integer_value(json_object_get(answer, "code"));
    const struct twilio_code *code = twilio_code(number);
    if (code) {
        out->fate = code->fate;
        out->account_trouble = code->account_trouble;
    } else if (status == 401 || (status >= 300 && status < 400)) {
        out->fate = ADAPTER_RETRY; // surely not carried out, and not the message's fault
        out->account_trouble = true;
    } else if (status >= 500 && status != 503) {
        out->fate = ADAPTER_UNKNOWN; // it may have gone before the error
    }
    if (number)
        out->reason = region_format(m, "%lu: %s", number, code ? code->meaning : "refused by Twilio");
}

void twilio_classify(struct region *m, const struct adapter_account *account, const struct adapter_answer *answer,
                     struct adapter_outcome *out)
{
    (void)account;
    adapter_classify_http(m, answer, out);
    if (answer->status == 0)
        return;
    json_t *tree = json_loadb(answer->body, answer->body_len, 0, NULL);
    const char *sid = text_of(tree, "sid");
    if (answer->status < 200 || answer->status >= 300) {
        judge_error(m, answer->status, tree, out);
    } else if (!*sid || strlen(sid) > 64) {
        out->fate = ADAPTER_UNKNOWN;
        out->reason = region_format(m, "HTTP %u without a message's sid", answer->status);
    } else {
        out->external_id = region_text(m, sid);
    }
    json_decref(tree);
}

// ---- what was missed ----

// A cursor is "SINCE" between two rounds and "SINCE NEWEST PAGE" within one, for the list is newest first, a page at a time: SINCE and NEWEST
// are times, PAGE the address of the next page.
struct cursor {
    char since[TIMESTAMP_TEXT_MAX], newest[TIMESTAMP_TEXT_MAX];
    const char *page;
};

static bool is_time(const char *text)
{
    int64_t seconds;
    int32_t nanos;
    return timestamp_parse(text, strlen(text), &seconds, &nanos) == NULL;
}

static struct cursor read_cursor(const char *text)
{
    struct cursor c = {.page = ""};
    int end = 0;
    sscanf(text, "%31s %31s %n", c.since, c.newest, &end);
    if (end)
        c.page = text + end;
    if (!is_time(c.since))
        c = (struct cursor){.page = ""};
    return c;
}

// The number whose messages are the account's; "" = none: nothing can be asked for.
static const char *own_number(const struct adapter_account *account)
{
    const char *number = twilio_value(account, TWILIO_NUMBER), *sender = twilio_value(account, TWILIO_SENDER);
    if (*number)
        return number;
    return *sender == '+' || strspn(sender, "0123456789") == strlen(sender) ? sender : "";
}

static const char *own_address(struct region *m, const struct adapter_account *account)
{
    const char *number = own_number(account);
    bool bare = twilio_is_whatsapp(account) && strncmp(number, "whatsapp:", 9) != 0;
    return bare && *number ? region_format(m, "whatsapp:%s", number) : number;
}

bool twilio_ask(struct region *m, const struct adapter_account *account, const char *cursor, int64_t now_ms,
                struct adapter_call *out)
{
    struct cursor c = read_cursor(cursor);
    struct form_text t = {.m = m};
    const char *api = twilio_value(account, TWILIO_API_URL);
    if (!*own_number(account))
        return false;
    if (*c.page) {
        twilio_call(account, "GET", region_format(m, "%s%s", api, c.page), out);
        return true;
    }
    if (!*c.since)
        timestamp_format(now_ms / 1000, 0, c.since);
    const char *list =
        region_format(m, "%s/2010-04-01/Accounts/%s/Messages.json?", api, twilio_value(account, TWILIO_ACCOUNT_SID));
    form_add(&t, list, strlen(list));
    form_put(&t, "To", own_address(m, account));
    form_put(&t, "DateSent>", c.since);
    form_put(&t, "PageSize", region_format(m, "%d", PAGE_SIZE));
    twilio_call(account, "GET", t.v, out);
    return true;
}

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// "Wed, 25 Nov 2026 20:11:40 +0000" as Unix time; -1 = it is none.
static int64_t read_date(const char *text)
{
    char month[4] = "", iso[TIMESTAMP_TEXT_MAX + 16];
    unsigned day, year, hour, minute, second;
    int64_t seconds;
    int32_t nanos;
    if (sscanf(text, "%*3s, %2u %3s %4u %2u:%2u:%2u", &day, month, &year, &hour, &minute, &second) != 6)
        return -1;
    for (unsigned i = 0; i < 12; i++)
        if (strcmp(months[i], month) == 0) {
            snprintf(iso, sizeof iso, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, i + 1, day, hour, minute, second);
            return timestamp_parse(iso, strlen(iso), &seconds, &nanos) ? -1 : seconds;
        }
    return -1;
}

// One of the list as an event, the same as its webhook would have made.
static void read_listed(struct region *m, const struct adapter_account *account, const json_t *item,
                        struct adapter_events *out)
{
    const char *body = text_of(item, "body");
    struct twilio_message t = {
        .sid = text_of(item, "sid"),
        .from = text_of(item, "from"),
        .to = text_of(item, "to"),
        .service = text_of(item, "messaging_service_sid"),
        .name = "",
        .body = body,
        .body_len = strlen(body),
        .joined = strtoul(text_of(item, "num_segments"), NULL, 10) > 1,
    };
    if (strcmp(text_of(item, "direction"), "inbound") != 0)
        return;
    if (strtoul(text_of(item, "num_media"), NULL, 10) > 0) {
        // The list does not say where they are; the desk's reader is told that they exist.
        t.body =
            region_format(m, "%s%s[%s media with Twilio, message %s]", body, *body ? "\n" : "",
                          region_line(m, text_of(item, "num_media"), strlen(text_of(item, "num_media")), 3), t.sid);
        t.body_len = strlen(t.body);
    }
    const char *wrong = twilio_event(m, account, &t, out);
    if (!wrong)
        return;
    char *raw = json_dumps(item, JSON_COMPACT);
    struct adapter_request r = {.body = raw ? raw : "", .body_len = raw ? strlen(raw) : 0};
    adapter_unparsed(m, out, account, &r, twilio_handle(m, account, t.from), wrong);
    free(raw);
}

// Oldest first, as they happened; notes the newest date.
static void read_page(struct region *m, const struct adapter_account *account, const json_t *list, struct cursor *c,
                      bool first_time, struct adapter_events *out)
{
    int64_t newest = -1, known;
    int32_t nanos;
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *item = json_array_get(list, i);
        int64_t date = read_date(text_of(item, "date_sent"));
        newest = date > newest ? date : newest;
        if (!first_time)
            read_listed(m, account, item, out);
    }
    if (timestamp_parse(c->newest, strlen(c->newest), &known, &nanos) || newest > known)
        if (newest >= 0)
            timestamp_format(newest, 0, c->newest);
}

// Nothing ever came: the place is where Twilio's clock stands now, as its answer says.
static void mark_now(const struct adapter_answer *answer, struct cursor *c)
{
    const char *date = adapter_header(answer->headers, answer->headers_n, "Date");
    int64_t now = date ? read_date(date) : -1;
    if (now >= 0)
        timestamp_format(now, 0, c->newest);
}

// Where the next round begins: a little before the newest, for what was still on its way; never earlier than this one did.
static char *next_round(struct region *m, const struct cursor *c)
{
    int64_t since = 0, newest;
    int32_t nanos;
    char text[TIMESTAMP_TEXT_MAX];
    if (timestamp_parse(c->newest, strlen(c->newest), &newest, &nanos))
        return region_text(m, c->since);
    if (*c->since && timestamp_parse(c->since, strlen(c->since), &since, &nanos))
        since = 0;
    newest -= OVERLAP_SECONDS;
    timestamp_format(newest > since ? newest : since, 0, text);
    return region_text(m, text);
}

bool twilio_told(struct region *m, const struct adapter_account *account, const char *cursor,
                 const struct adapter_answer *answer, struct adapter_events *out, const char **next)
{
    struct cursor c = read_cursor(cursor);
    bool first_time = !*c.since;
    *next = NULL;
    if (answer->status != 200)
        return false;
    json_t *tree = json_loadb(answer->body, answer->body_len, 0, NULL);
    const json_t *list = json_object_get(tree, "messages");
    if (!json_is_array(list)) {
        json_decref(tree);
        return false;
    }
    read_page(m, account, list, &c, first_time, out);
    if (first_time && !*c.newest)
        mark_now(answer, &c);
    // Only a page of this very list: an address from outside gets no credentials.
    const char *page = text_of(tree, "next_page_uri");
    const char *own =
        region_format(m, "/2010-04-01/Accounts/%s/Messages.json?", twilio_value(account, TWILIO_ACCOUNT_SID));
    bool more = !first_time && strncmp(page, own, strlen(own)) == 0 && strlen(page) < 1500 && !strpbrk(page, " \r\n\t");
    if (more)
        *next = region_format(m, "%s %s %s", c.since, *c.newest ? c.newest : c.since, page);
    else
        *next = next_round(m, &c);
    json_decref(tree);
    return more;
}
