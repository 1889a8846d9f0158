// SPDX-License-Identifier: Apache-2.0
// Every typed call there and back against a real server and the real functions.
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static int up(void **state)
{
    *state = world_new(false);
    return 0;
}

static int down(void **state)
{
    world_free(*state);
    return 0;
}

static void test_ingest(void **state)
{
    struct world *w = *state;
    struct answer a, b;
    struct store_ingest i = world_event("m1", "0011223344556677", "tel:+491");
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_OK);
    assert_false(a.p.duplicate);
    assert_true(a.p.input && a.p.conversation && a.p.customer);
    world_ingest(w, &i, &b);
    assert_int_equal(b.e, TL_OK);
    assert_true(b.p.duplicate);
    assert_int_equal(b.p.input, a.p.input);
    assert_int_equal(b.p.conversation, a.p.conversation);
    i.digest = "0000000000000000";
    world_ingest(w, &i, &b);
    assert_int_equal(b.e, TL_CONFLICT);
    i = world_event("m2", "0011223344556677", "tel:+491");
    world_ingest(w, &i, &b);
    assert_int_equal(b.e, TL_OK);
    assert_int_equal(b.p.conversation, a.p.conversation);
    assert_int_equal(b.p.input, a.p.input + 1);
    i = world_event("m3", "0011223344556677", "tel:+49999");
    i.dry = true;
    i.contact = false;
    i.entry_len = 0;
    world_ingest(w, &i, &b);
    assert_int_equal(b.e, TL_ABSENT);
}

// More than one call takes, of two tenants, with a command among them: each gets its own answer, all in the order they were given in.
static void test_ingest_together(void **state)
{
    enum { EVENTS = 75 };
    struct world *w = *state;
    static struct answer a[EVENTS], other, command;
    char id[EVENTS][8], handle[16];
    for (unsigned n = 0; n < EVENTS; n++) {
        snprintf(id[n], sizeof(id[n]), "g%u", n % 70); // the last five come again
        snprintf(handle, sizeof(handle), "tel:+49%u", n % 70 % 40);
        struct store_ingest i = world_event(id[n], "0011223344556677", handle);
        store_ingest(w->store, &i, answer_placed, &a[n], 7);
        if (n == 50) {
            i.tenant = "other";
            store_ingest(w->store, &i, answer_placed, &other, 7);
        } else if (n == 60) {
            struct store_command c = {.tenant = TENANT, .key = "s:1", .input = INPUT, .input_len = 2};
            store_command(w->store, &c, answer_placed, &command, 7);
        }
        assert_int_equal(a[n].calls, 0);
    }
    world_answer(w, &a[EVENTS - 1]);
    for (unsigned n = 0; n < EVENTS; n++) {
        unsigned first = n % 70;
        assert_int_equal(a[n].calls, 1);
        assert_int_equal(a[n].e, TL_OK);
        assert_int_equal(a[n].p.duplicate, n >= 70);
        assert_int_equal(a[n].p.input, first + 1 + (first > 60)); // the command has number 62
        assert_int_equal(a[n].p.conversation, first % 40 + 1);
        assert_int_equal(a[n].p.customer, first % 40 + 1);
    }
    assert_int_equal(other.p.input, 1);
    assert_int_equal(command.p.input, 62);
}

static void test_ingest_with_references_and_handles(void **state)
{
    struct world *w = *state;
    const char *threads[] = {"ref-1", "ref-2"}, *verified[] = {"email:ann@example.org"}, *claimed[] = {"tel:+4977"};
    struct answer a, b;
    struct store_ingest i = world_event("t1", "0011223344556677", "telegram:5");
    i.threads = threads;
    i.threads_n = 2;
    i.verified = verified;
    i.verified_n = 1;
    i.claimed = claimed;
    i.claimed_n = 1;
    world_ingest(w, &i, &a);
    assert_int_equal(a.e, TL_OK);
    i = world_event("t2", "0011223344556677", "email:ann@example.org");
    world_ingest(w, &i, &b);
    assert_int_equal(b.p.customer, a.p.customer); // linked by evidence
    assert_int_equal(b.p.conversation, a.p.conversation);
    memset(&b, 0, sizeof(b));
    store_find_handle(w->store, TENANT, "email:ann@example.org", answer_placed, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_OK);
    assert_int_equal(b.p.customer, a.p.customer);
    memset(&b, 0, sizeof(b));
    store_find_handle(w->store, TENANT, "tel:+4977", answer_placed, &b, 7); // claimed only
    world_answer(w, &b);
    assert_int_equal(b.e, TL_ABSENT);
    struct store_identity act = {.tenant = TENANT,
                                 .key = "s:c1",
                                 .act = STORE_LINK,
                                 .customer = a.p.customer,
                                 .handle = "tel:+4977",
                                 .agent = "ann",
                                 .input = INPUT,
                                 .input_len = 2};
    memset(&b, 0, sizeof(b));
    store_identity(w->store, &act, answer_placed, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_OK);
    memset(&b, 0, sizeof(b));
    store_find_handle(w->store, TENANT, "tel:+4977", answer_placed, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.p.customer, a.p.customer);
}

static void test_command_append_and_timeline(void **state)
{
    struct world *w = *state;
    struct answer a, b = {0}, c = {0};
    struct store_ingest i = world_event("c1", "0011223344556677", "tel:+492");
    world_ingest(w, &i, &a);
    struct store_command command = {.tenant = TENANT,
                                    .key = "session-1:1",
                                    .conversation = a.p.conversation,
                                    .entry = "\x20\x02",
                                    .entry_len = 2,
                                    .input = INPUT,
                                    .input_len = 2};
    store_command(w->store, &command, answer_placed, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_OK);
    assert_int_equal(b.p.conversation, a.p.conversation);
    store_command(w->store, &command, answer_placed, &c, 7);
    world_answer(w, &c);
    assert_true(c.p.duplicate);
    assert_int_equal(c.p.input, b.p.input);
    command.key = NULL;
    command.conversation = 999999;
    memset(&c, 0, sizeof(c));
    store_command(w->store, &command, answer_placed, &c, 7);
    world_answer(w, &c);
    assert_int_equal(c.e, TL_ABSENT);

    memset(&c, 0, sizeof(c));
    store_timeline(w->store, TENANT, a.p.conversation, 0, b.p.input, 10, false, answer_entries, &c, 7);
    world_answer(w, &c);
    assert_int_equal(c.n, 2);
    assert_int_equal(c.v[0].number, a.p.input);
    assert_int_equal(c.v[1].number, b.p.input);
    assert_memory_equal(c.v[1].text, "\x20\x02", 2);
    memset(&c, 0, sizeof(c));
    store_timeline(w->store, TENANT, a.p.conversation, 0, b.p.input, 1, true, answer_entries, &c, 7);
    world_answer(w, &c);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.v[0].number, b.p.input); // the latest
    memset(&c, 0, sizeof(c));
    store_timeline(w->store, TENANT, a.p.conversation, a.p.input, b.p.input, 10, true, answer_entries, &c, 7);
    world_answer(w, &c);
    assert_int_equal(c.n, 1); // `after` is excluded

    memset(&c, 0, sizeof(c));
    store_append(w->store, TENANT, NULL, b.p.input + 1, INPUT, 2, answer_placed, &c, 7);
    world_answer(w, &c);
    assert_int_equal(c.e, TL_OK);
    assert_int_equal(c.p.input, b.p.input + 1);
    memset(&c, 0, sizeof(c));
    store_append(w->store, TENANT, NULL, b.p.input + 1, INPUT, 2, answer_placed, &c, 7);
    world_answer(w, &c);
    assert_int_equal(c.e, TL_CONFLICT);
    assert_int_equal(c.p.input, b.p.input + 1);
}

static void test_reading(void **state)
{
    struct world *w = *state;
    struct answer a, b = {0};
    struct store_ingest i = world_event("r1", "0011223344556677", "tel:+493");
    world_ingest(w, &i, &a);
    store_customer(w->store, TENANT, a.p.customer, answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_OK);
    assert_string_equal(answer_field(&b, "name"), "Ann");
    assert_non_null(answer_field(&b, "h:tel:+493"));
    memset(&b, 0, sizeof(b));
    store_conversation(w->store, TENANT, a.p.conversation, answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(strtoull(answer_field(&b, "customer"), NULL, 10), a.p.customer);
    memset(&b, 0, sizeof(b));
    store_conversation(w->store, TENANT, 123456, answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_ABSENT);
    assert_int_equal(b.n, 0);
    i = world_event("r2", "0011223344556677", "tel:+494");
    struct answer second;
    world_ingest(w, &i, &second);
    memset(&b, 0, sizeof(b));
    store_conversations(w->store, TENANT, 0, 10, answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.n, 2);
    assert_int_equal(b.v[0].number, second.p.conversation);
    memset(&b, 0, sizeof(b));
    store_conversations(w->store, TENANT, second.p.conversation, 10, answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.n, 1);
    assert_int_equal(b.v[0].number, a.p.conversation);
    memset(&b, 0, sizeof(b));
    store_memory(w->store, answer_memory, &b, 7);
    world_answer(w, &b);
    assert_true(b.used > 100000);
    assert_int_equal(b.max, 0);
}

static void test_documents_and_audit(void **state)
{
    struct world *w = *state;
    struct answer a = {0}, b = {0};
    store_doc_set(w->store, TENANT, "tokens", "k1", BYTES("v\0 1"), answer_placed, &a, 7);
    world_answer(w, &a);
    assert_int_equal(a.e, TL_OK);
    store_doc_all(w->store, TENANT, "tokens", answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.n, 2);
    assert_string_equal(b.v[0].text, "k1");
    assert_memory_equal(b.v[1].text, "v\0 1", 4);
    memset(&a, 0, sizeof(a));
    store_doc_set(w->store, TENANT, "tokens", "k1", "", 0, answer_placed, &a, 7);
    world_answer(w, &a);
    memset(&b, 0, sizeof(b));
    store_doc_all(w->store, TENANT, "tokens", answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.e, TL_OK);
    assert_int_equal(b.n, 0);
    for (unsigned i = 0; i < 3; i++) {
        char text[8];
        int n = snprintf(text, sizeof(text), "a%u", i);
        memset(&a, 0, sizeof(a));
        store_audit(w->store, TENANT, text, (size_t)n, answer_placed, &a, 7);
        world_answer(w, &a);
        assert_int_equal(a.p.input, i + 1);
    }
    memset(&b, 0, sizeof(b));
    store_audit_read(w->store, TENANT, 0, 10, answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.n, 3);
    assert_string_equal(b.v[0].text, "a2"); // newest first
    memset(&b, 0, sizeof(b));
    store_audit_read(w->store, TENANT, 3, 1, answer_entries, &b, 7);
    world_answer(w, &b);
    assert_int_equal(b.n, 1);
    assert_int_equal(b.v[0].number, 2);
}

static void heard(void *arg, const char *tenant, const char *topic, const void *bytes, size_t len)
{
    struct answer *a = arg;
    assert_string_equal(tenant, TENANT);
    assert_string_equal(topic, "typing");
    assert_int_equal(len, 3);
    assert_memory_equal(bytes, "a\0b", 3);
    a->calls++;
    a->done = 1;
}

static bool heard_it(void *arg)
{
    struct {
        struct world *w;
        struct answer *a;
    } *both = arg;
    if (!both->a->done)
        store_publish(both->w->store, TENANT, "typing", BYTES("a\0b")); // until the subscription stands
    return both->a->done;
}

static void test_publish(void **state)
{
    struct world *w = *state;
    struct answer a = {0};
    struct {
        struct world *w;
        struct answer *a;
    } both = {w, &a};
    store_on_publish(w->store, heard, &a);
    world_await(w, heard_it, &both);
    assert_true(a.calls >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ingest, up, down),
        cmocka_unit_test_setup_teardown(test_ingest_together, up, down),
        cmocka_unit_test_setup_teardown(test_ingest_with_references_and_handles, up, down),
        cmocka_unit_test_setup_teardown(test_command_append_and_timeline, up, down),
        cmocka_unit_test_setup_teardown(test_reading, up, down),
        cmocka_unit_test_setup_teardown(test_documents_and_audit, up, down),
        cmocka_unit_test_setup_teardown(test_publish, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
