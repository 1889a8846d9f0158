// SPDX-License-Identifier: Apache-2.0
// The way in: every bound with its code and field, digests, places, receipts, typing.
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/config/config.h"
#include "daemon/core/triage.h"
#include "daemon/core/triage_private.h"
#include "throughline/v1/conversation.pb-c.h"
#include "throughline/v1/desk.pb-c.h"

#define STATUS(name) THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_##name

static const char file[] = "[[account]]\nname = \"sms-1\"\nchannel = \"sms\"\n"
                           "[[account]]\nname = \"web\"\nkind = \"chat\"\n"
                           "[[account]]\nname = \"theirs\"\ntenant = \"other\"\nchannel = \"sms\"\n"
                           "[[queue]]\nname = \"all\"\n[[queue]]\nname = \"theirs\"\ntenant = \"other\"\n";

struct result {
    unsigned calls;
    Throughline__V1__EventStatus status;
    uint64_t conversation, entry, customer;
    char code[32], field[64], id[208];
};

static void on_result(void *module, uint64_t token, const Throughline__V1__EventResult *r)
{
    struct result *out = module;
    assert_int_equal(token, 11);
    out->calls++;
    out->status = r->status;
    out->conversation = r->conversation;
    out->entry = r->entry;
    out->customer = r->customer;
    snprintf(out->id, sizeof out->id, "%s", r->id);
    if (r->error) {
        assert_true(r->error->detail[0] != '\0');
        snprintf(out->code, sizeof out->code, "%s", r->error->code);
        snprintf(out->field, sizeof out->field, "%s", r->error->field);
    }
}

struct stage {
    struct world *w;
    struct node *n;
    struct config *config;
    struct outbox *o;
    struct triage *t;
};

static int setup(void **state)
{
    struct stage *s = xcalloc(1, sizeof *s);
    struct config_errors errs;
    char text[sizeof file + 64];
    snprintf(text, sizeof text, "tenants = [\"main\", \"other\"]\n%s", file);
    if (config_load_text(text, strlen(text), &s->config, &errs) != 0) {
        config_errors_print(&errs, "test", stderr);
        return 1;
    }
    s->w = world_new(false);
    s->n = node_ready(s->w, "one", "boot-1", NULL);
    s->o = outbox_new(s->w->loop, s->n->store, s->n->core);
    s->t = triage_new(s->config, s->n->store, s->n->core, s->o);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    triage_free(s->t);
    outbox_free(s->o);
    node_free(s->n);
    world_free(s->w);
    config_free(s->config);
    free(s);
    return 0;
}

static bool has_result(void *arg)
{
    return ((struct result *)arg)->calls > 0;
}

static struct result give(struct stage *s, const Throughline__V1__Event *e)
{
    struct result r = {0};
    triage_event(s->t, e, on_result, &r, 11);
    world_await(s->w, has_result, &r);
    assert_int_equal(r.calls, 1);
    assert_string_equal(r.id, strlen(e->id) <= 200 ? e->id : r.id);
    return r;
}

static Throughline__V1__Message hello;

static Throughline__V1__Event words(const char *id, const char *from, const char *text)
{
    Throughline__V1__Event e = THROUGHLINE__V1__EVENT__INIT;
    throughline__v1__message__init(&hello);
    hello.text = (char *)text;
    e.id = (char *)id;
    e.account = (char *)"sms-1";
    e.from = (char *)from;
    e.body_case = THROUGHLINE__V1__EVENT__BODY_MESSAGE;
    e.message = &hello;
    return e;
}

#define TEL "tel:+4915112345678"

static void a_message_is_stored_once(void **state)
{
    struct stage *s = *state;
    Throughline__V1__Event e = words("e1", "tel:+49 151 1234 5678", "hello");
    struct result first = give(s, &e);
    if (first.status == STATUS(REFUSED)) { // separators are not everybody's taste: the plain form surely is
        e = words("e1", TEL, "hello");
        first = give(s, &e);
    }
    assert_int_equal(first.status, STATUS(STORED));
    assert_true(first.conversation && first.entry && first.customer);
    struct result again = give(s, &e);
    assert_int_equal(again.status, STATUS(DUPLICATE));
    assert_int_equal(again.entry, first.entry);
    e = words("e1", TEL, "other words");
    struct result other = give(s, &e);
    assert_int_equal(other.status, STATUS(REFUSED));
    assert_string_equal(other.code, "conflict");
    struct answer a = {0};
    store_timeline(s->n->store, TENANT, first.conversation, 0, first.entry, 10, false, answer_entries, &a, 7);
    world_answer(s->w, &a);
    assert_int_equal(a.n, 1);
    Throughline__V1__Entry *entry = throughline__v1__entry__unpack(NULL, a.v[0].len, (const uint8_t *)a.v[0].text);
    assert_non_null(entry);
    assert_string_equal(entry->message->text, "hello");
    assert_string_equal(entry->handle, TEL);
    assert_int_equal(entry->author->customer, first.customer);
    assert_true(entry->wall_ms > 0);
    throughline__v1__entry__free_unpacked(entry, NULL);
}

// The body that the core tells at the fold is the very one that stands in the timeline.
static uint8_t told[512];
static size_t told_len;
static void note_entry(void *ctx, const struct core_effect *e)
{
    (void)ctx;
    if (e->entry && e->entry_len <= sizeof told) {
        memcpy(told, e->entry, e->entry_len);
        told_len = e->entry_len;
    }
}

static void the_body_in_flight_is_the_stored_one(void **state)
{
    struct stage *s = *state;
    core_listen(s->n->core, &(struct core_listener){.effect = note_entry});
    node_desk(s->n, "session-0123456789", "ann");
    Throughline__V1__Event e = words("e1", TEL, "hello");
    node_await_folded(s->n, give(s, &e).entry);
    node_accept(s->n, "session-0123456789", "c1", s->n->offered_work, s->n->offered_epoch);
    e = words("e2", TEL, "and more");
    struct result r = give(s, &e);
    node_await_folded(s->n, r.entry);
    struct answer a = {0};
    store_timeline(s->n->store, TENANT, r.conversation, r.entry - 1, r.entry, 1, false, answer_entries, &a, 7);
    world_answer(s->w, &a);
    assert_int_equal(a.n, 1);
    assert_int_equal(told_len, a.v[0].len);
    assert_memory_equal(told, a.v[0].text, told_len);
}

struct bad {
    const char *field, *code;
    void (*spoil)(Throughline__V1__Event *e);
};

static char long_text[70000];
static char *long_list[40];
static Throughline__V1__Attachment attachment, *attachments[40];
static Throughline__V1__Event__AttributesEntry attribute, *attributes[20];
static Throughline__V1__Unparsed unparsed;
static Throughline__V1__Receipt receipt;
static Throughline__V1__Consent consent;
static Throughline__V1__Dtmf dtmf;
static Throughline__V1__CallStarted call;

static char *of(size_t len)
{
    return long_text + sizeof long_text - 1 - len;
}

static void put_attachment(Throughline__V1__Event *e, const char *url, const char *sha256)
{
    throughline__v1__attachment__init(&attachment);
    attachment.url = (char *)url;
    attachment.sha256 = (char *)sha256;
    e->message->attachments = attachments;
    e->message->n_attachments = 1;
}

#define SPOIL(name, ...)                                                                                               \
    static void name(Throughline__V1__Event *e)                                                                        \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
SPOIL(no_id, e->id = (char *)"";)
SPOIL(long_id, e->id = of(201);)
SPOIL(line_in_id, e->id = (char *)"a\nb";)
SPOIL(no_account, e->account = (char *)"";)
SPOIL(long_account, e->account = of(65);)
SPOIL(unknown_account, e->account = (char *)"nowhere";)
SPOIL(their_account, e->account = (char *)"theirs";)
SPOIL(no_from, e->from = (char *)"";)
SPOIL(bad_from, e->from = (char *)"tel:12";)
SPOIL(long_from, e->from = of(300);)
SPOIL(long_language, e->language = of(36);)
SPOIL(long_intent, e->intent = of(65);)
SPOIL(long_name, e->display_name = of(201);)
SPOIL(command_in_name, e->display_name = (char *)"E\xc2\x9b"
                                                 "31mva";)
SPOIL(bad_utf8_name, e->display_name = (char *)"\xc3(";)
SPOIL(long_words, e->message->text = of(65537);)
SPOIL(bad_utf8_words, e->message->text = (char *)"\xed\xa0\x80";)
SPOIL(long_subject, e->message->subject = of(1025);)
SPOIL(no_words, e->message->text = (char *)"";)
SPOIL(many_threads, e->threads = long_list; e->n_threads = 17;)
SPOIL(long_thread, e->threads = long_list; e->n_threads = 1; long_list[0] = of(201);)
SPOIL(empty_thread, e->threads = long_list; e->n_threads = 1; long_list[0] = (char *)"";)
SPOIL(many_attributes, e->attributes = attributes; e->n_attributes = 17;)
SPOIL(long_key, attribute.key = of(65); e->attributes = attributes; e->n_attributes = 1;)
SPOIL(same_key, attribute.key = (char *)"k"; e->attributes = attributes; e->n_attributes = 2;)
SPOIL(long_value, attribute.key = (char *)"k"; attribute.value = of(257); e->attributes = attributes;
      e->n_attributes = 1;)
SPOIL(high_priority, e->priority = 10;)
SPOIL(odd_authentication, e->authentication = 77;)
SPOIL(bad_claim, e->claimed_handles = long_list; e->n_claimed_handles = 1; long_list[0] = (char *)"nonsense";)
SPOIL(many_claims, e->claimed_handles = long_list; e->n_claimed_handles = 17;)
SPOIL(plain_url, put_attachment(e, "http://example.org/a", "");)
SPOIL(odd_hash, put_attachment(e, "https://example.org/a", "abc");)
SPOIL(many_attachments, put_attachment(e, "https://example.org/a", ""); e->message->n_attachments = 33;)
SPOIL(no_body, e->body_case = THROUGHLINE__V1__EVENT__BODY__NOT_SET;)
SPOIL(odd_body, e->body_case = (Throughline__V1__Event__BodyCase)99;)
SPOIL(long_raw, e->body_case = THROUGHLINE__V1__EVENT__BODY_UNPARSED; e->unparsed = &unparsed;)
SPOIL(empty_receipt, e->body_case = THROUGHLINE__V1__EVENT__BODY_RECEIPT; e->receipt = &receipt;)
SPOIL(odd_receipt, receipt.delivery = (char *)"1.1"; e->body_case = THROUGHLINE__V1__EVENT__BODY_RECEIPT;
      e->receipt = &receipt;)
SPOIL(gone_yet_sent, receipt.delivery = (char *)"1.1";
      receipt.state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT; receipt.handle_gone = true;
      e->body_case = THROUGHLINE__V1__EVENT__BODY_RECEIPT; e->receipt = &receipt;)
SPOIL(odd_consent, consent.state = 9; e->body_case = THROUGHLINE__V1__EVENT__BODY_CONSENT; e->consent = &consent;)
SPOIL(long_keyword, consent.state = 1; consent.keyword = of(65); e->consent = &consent;
      e->body_case = THROUGHLINE__V1__EVENT__BODY_CONSENT;)
SPOIL(odd_digits, e->body_case = THROUGHLINE__V1__EVENT__BODY_DTMF; e->dtmf = &dtmf;)
SPOIL(no_call, e->body_case = THROUGHLINE__V1__EVENT__BODY_CALL_STARTED; e->call_started = &call;)

SPOIL(long_quotation, e->message->quoted = of(65537);)
SPOIL(long_html, e->message->html = of(65537);)
SPOIL(unsafe_html, e->message->html = (char *)"<p onclick=\"x()\">hello</p>";)
SPOIL(long_message_id, e->message->message_id = of(201);)
SPOIL(many_references, e->message->references = long_list; e->message->n_references = 21;)
SPOIL(long_reference, e->message->references = long_list; e->message->n_references = 2; long_list[1] = of(201);)
SPOIL(many_participants, e->message->participants = long_list; e->message->n_participants = 33;)
SPOIL(odd_participant, e->message->participants = long_list; e->message->n_participants = 1;
      long_list[0] = (char *)"email:ann@EXAMPLE.org";)

static const struct bad bad[] = {
    {"message.quoted", "too_long", long_quotation},
    {"message.html", "too_long", long_html},
    {"message.html", "invalid_field", unsafe_html},
    {"message.message_id", "too_long", long_message_id},
    {"message.references", "too_long", many_references},
    {"message.references[1]", "too_long", long_reference},
    {"message.participants", "too_long", many_participants},
    {"message.participants[0]", "invalid_handle", odd_participant},
    {"id", "required", no_id},
    {"id", "too_long", long_id},
    {"id", "invalid_field", line_in_id},
    {"account", "required", no_account},
    {"account", "too_long", long_account},
    {"account", "unknown_account", unknown_account},
    {"account", "unknown_account", their_account},
    {"from", "required", no_from},
    {"from", "invalid_handle", bad_from},
    {"from", "too_long", long_from},
    {"language", "too_long", long_language},
    {"intent", "too_long", long_intent},
    {"display_name", "too_long", long_name},
    {"display_name", "invalid_utf8", bad_utf8_name},
    {"message.text", "too_long", long_words},
    {"message.text", "invalid_utf8", bad_utf8_words},
    {"message.subject", "too_long", long_subject},
    {"message.text", "required", no_words},
    {"threads", "too_long", many_threads},
    {"threads[0]", "too_long", long_thread},
    {"threads[0]", "required", empty_thread},
    {"attributes", "too_long", many_attributes},
    {"attributes", "too_long", long_key},
    {"attributes", "too_long", long_value},
    {"display_name", "invalid_field", command_in_name},
    {"attributes", "invalid_field", same_key},
    {"priority", "out_of_range", high_priority},
    {"authentication", "invalid_field", odd_authentication},
    {"claimed_handles[0]", "invalid_handle", bad_claim},
    {"claimed_handles", "too_long", many_claims},
    {"message.attachments[0].url", "invalid_field", plain_url},
    {"message.attachments[0].sha256", "invalid_field", odd_hash},
    {"message.attachments", "too_long", many_attachments},
    {"body", "required", no_body},
    {"body", "required", odd_body},
    {"unparsed.raw", "too_long", long_raw},
    {"receipt.delivery", "required", empty_receipt},
    {"receipt.state", "invalid_field", odd_receipt},
    {"receipt.handle_gone", "invalid_field", gone_yet_sent},
    {"consent.state", "invalid_field", odd_consent},
    {"consent.keyword", "too_long", long_keyword},
    {"dtmf.digits", "invalid_field", odd_digits},
    {"call_started.call", "required", no_call},
};

static void every_bound_is_kept(void **state)
{
    struct stage *s = *state;
    memset(long_text, 'x', sizeof long_text - 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Throughline__V1__Event e = words("e1", TEL, "hello");
        throughline__v1__event__attributes_entry__init(&attribute);
        throughline__v1__unparsed__init(&unparsed);
        throughline__v1__receipt__init(&receipt);
        throughline__v1__consent__init(&consent);
        throughline__v1__dtmf__init(&dtmf);
        throughline__v1__call_started__init(&call);
        throughline__v1__attachment__init(&attachment);
        attribute.key = (char *)"k";
        unparsed.raw.data = (uint8_t *)long_text;
        unparsed.raw.len = 65537;
        dtmf.call = (char *)"c1";
        dtmf.digits = (char *)"12x";
        for (size_t k = 0; k < 40; k++) {
            long_list[k] = (char *)TEL;
            attachments[k] = &attachment;
            attributes[k % 20] = &attribute;
        }
        bad[i].spoil(&e);
        struct result r = give(s, &e);
        assert_int_equal(r.status, STATUS(REFUSED));
        assert_string_equal(r.field, bad[i].field);
        assert_string_equal(r.code, bad[i].code);
    }
    assert_int_equal(core_input(s->n->core), 2); // nothing was stored
}

static void the_digest_is_of_the_content(void **state)
{
    (void)state;
    struct triage_digester *d = triage_digester_new();
    struct triage_fit fit;
    struct triage_fault f;
    char one[TRIAGE_DIGEST_SIZE], two[TRIAGE_DIGEST_SIZE];
    Throughline__V1__Event__AttributesEntry a, b, *ab[] = {&a, &b}, *ba[] = {&b, &a};
    Throughline__V1__Event e = words("e1", TEL, "hello");
    throughline__v1__event__attributes_entry__init(&a);
    throughline__v1__event__attributes_entry__init(&b);
    a.key = (char *)"a";
    b.key = (char *)"b";
    e.attributes = ab;
    e.n_attributes = 2;
    assert_true(triage_check(&e, &fit, &f));
    triage_digest(d, &fit, one);
    e.attributes = ba;
    assert_true(triage_check(&e, &fit, &f));
    triage_digest(d, &fit, two);
    assert_string_equal(one, two);
    assert_ptr_equal(e.attributes[0], &b); // the event is left as it is
    hello.text = (char *)"hellO";
    triage_digest(d, &fit, two);
    assert_string_not_equal(one, two);
    assert_int_equal(strspn(one, "0123456789abcdef"), 16);
    triage_digester_free(d);
}

static void entry_and_event_have_the_same_bodies(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *event = &throughline__v1__event__descriptor;
    const ProtobufCMessageDescriptor *entry = &throughline__v1__entry__descriptor;
    unsigned bodies = 0;
    for (unsigned i = 0; i < event->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &event->fields[i], *g;
        if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
            continue;
        g = protobuf_c_message_descriptor_get_field(entry, f->id);
        assert_non_null(g);
        assert_string_equal(g->name, f->name);
        assert_ptr_equal(g->descriptor, f->descriptor);
        bodies++;
    }
    assert_int_equal(bodies, 11);
}

static void what_has_no_place_is_not_kept(void **state)
{
    struct stage *s = *state;
    Throughline__V1__Event e = words("o1", "chat:visitor-1", "");
    Throughline__V1__ChatOpened opened = THROUGHLINE__V1__CHAT_OPENED__INIT;
    Throughline__V1__Receipt r = THROUGHLINE__V1__RECEIPT__INIT;
    e.account = (char *)"web";
    e.body_case = THROUGHLINE__V1__EVENT__BODY_CHAT_OPENED;
    e.chat_opened = &opened;
    struct result got = give(s, &e);
    assert_int_equal(got.status, STATUS(STORED));
    assert_int_equal(got.conversation, 0);
    e.body_case = THROUGHLINE__V1__EVENT__BODY_RECEIPT;
    e.receipt = &r;
    r.external_id = (char *)"never-sent";
    r.state = THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_DELIVERED;
    got = give(s, &e);
    assert_int_equal(got.status, STATUS(STORED));
    assert_int_equal(core_input(s->n->core), 2);
}

static void automatic_words_are_no_contact(void **state)
{
    struct stage *s = *state;
    Throughline__V1__Event e = words("a1", TEL, "I am away");
    hello.automatic = true;
    struct result r = give(s, &e);
    assert_int_equal(r.status, STATUS(STORED));
    node_await_folded(s->n, r.entry);
    struct router_work_view w;
    assert_false(router_work_of_conversation(core_router(s->n->core), r.conversation, &w));
    e = words("a2", TEL, "hello");
    r = give(s, &e);
    node_await_folded(s->n, r.entry);
    assert_true(router_work_of_conversation(core_router(s->n->core), r.conversation, &w));
}

static void stop_is_no_contact(void **state)
{
    struct stage *s = *state;
    struct router_work_view w;
    Throughline__V1__Event e = words("s1", TEL, "");
    e.body_case = THROUGHLINE__V1__EVENT__BODY_CONSENT;
    throughline__v1__consent__init(&consent);
    consent.state = THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_STOPPED;
    consent.keyword = (char *)"STOP";
    e.consent = &consent;
    struct result r = give(s, &e);
    assert_int_equal(r.status, STATUS(STORED));
    node_await_folded(s->n, r.entry);
    assert_false(router_work_of_conversation(core_router(s->n->core), r.conversation, &w));
    assert_int_equal(give(s, &e).status, STATUS(DUPLICATE));
}

static unsigned heard;
static uint64_t heard_conversation;
static void on_heard(void *arg, const char *tenant, const char *topic, const void *bytes, size_t len)
{
    (void)arg;
    if (strcmp(topic, "typing") != 0)
        return;
    assert_string_equal(tenant, TENANT);
    Throughline__V1__DeskTyping *t = throughline__v1__desk_typing__unpack(NULL, len, bytes);
    assert_non_null(t);
    heard_conversation = t->conversation;
    throughline__v1__desk_typing__free_unpacked(t, NULL);
    heard++;
}

static bool has_heard(void *arg)
{
    (void)arg;
    return heard > 0;
}

static void typing_is_told_to_all_nodes(void **state)
{
    struct stage *s = *state;
    Throughline__V1__Typing typing = THROUGHLINE__V1__TYPING__INIT;
    store_on_publish(s->n->store, on_heard, NULL);
    Throughline__V1__Event e = words("t1", TEL, "hello");
    struct result r = give(s, &e);
    typing.active = true;
    e.body_case = THROUGHLINE__V1__EVENT__BODY_TYPING;
    e.typing = &typing;
    do // the ears may not be up yet: nothing is promised, so it is said again
        assert_int_equal(give(s, &e).status, STATUS(STORED));
    while (!heard && core_input(s->n->core) < 1000 && (node_nothing(s->n), true));
    world_await(s->w, has_heard, NULL);
    assert_int_equal(heard_conversation, r.conversation);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_is_of_the_content),
        cmocka_unit_test(entry_and_event_have_the_same_bodies),
        TEST(a_message_is_stored_once),
        TEST(the_body_in_flight_is_the_stored_one),
        TEST(every_bound_is_kept),
        TEST(what_has_no_place_is_not_kept),
        TEST(automatic_words_are_no_contact),
        TEST(stop_is_no_contact),
        TEST(typing_is_told_to_all_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
