// SPDX-License-Identifier: Apache-2.0
//
// Why work entered a queue: the conditions that let it in, and which kept it out of the queues before.

#include "fixture.h"

#include "routing/router.h"

static const char *const gold[] = {"gold"}, *const high[] = {"gold", "platinum"}, *const any[] = {"*"};
static const char *const brands[] = {"brand-a", "brand-b"}, *const tongues[] = {"de", "fr"};
static const char *const intents[] = {"sales", "billing"};

static struct router_condition by(enum router_condition_kind kind, const char *name)
{
    return (struct router_condition){.kind = kind, .name = name, .value = ""};
}

static void expect_condition(const struct router_condition *is, struct router_condition c)
{
    assert_int_equal(is->kind, c.kind);
    assert_int_equal(is->channel, c.channel);
    assert_string_equal(is->name, c.name);
    assert_string_equal(is->value, c.value);
    assert_int_equal(is->said_by, c.said_by);
    assert_int_equal(is->open, c.open);
}

static const struct router_entered *entry_of(struct world *w, uint64_t conversation)
{
    static struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, conversation, &v));
    return v.entered;
}

static void expect_passed(struct world *w, uint64_t conversation, size_t index, const char *queue,
                          struct router_condition failed)
{
    struct router_passed p;
    assert_true(router_passed_at(w->r, world_work(w, conversation), index, &p));
    assert_string_equal(p.queue, queue);
    expect_condition(&p.failed, failed);
}

static void expect_no_more(struct world *w, uint64_t conversation, size_t index)
{
    struct router_passed p;
    assert_false(router_passed_at(w->r, world_work(w, conversation), index, &p));
}

// The last queue, without rules, is "rest"; before it the one of the test.
static void queues(struct world *w, const struct router_queue *q)
{
    struct router_queue rest = world_queue_def("rest");
    world_queue(w, &rest);
    world_queue(w, q);
}

static struct router_queue strict(void)
{
    static const struct router_attribute_rule rules[] = {{"plan", gold, 1}, {"region", any, 1}, {"tier", high, 2}};
    struct router_queue q = world_queue_def("strict");
    q.channels = CHANNEL_BIT(ROUTER_CHAT);
    q.accounts = brands;
    q.accounts_n = 2;
    q.languages = tongues;
    q.languages_n = 2;
    q.intents = intents;
    q.intents_n = 2;
    q.attributes = rules;
    q.attributes_n = 3;
    return q;
}

static const struct router_attribute said[] = {{"plan", "gold"}, {"region", "north"}}, own[] = {{"tier", "platinum"}};

static struct router_happened fitting(uint64_t conversation)
{
    struct router_happened h = world_words(conversation, ROUTER_CHAT);
    h.account = "brand-b";
    h.language = "fr";
    h.intent = "billing.refund";
    h.attributes = said;
    h.attributes_n = 2;
    h.customer_attributes = own;
    h.customer_attributes_n = 1;
    return h;
}

static struct router_condition attribute(const char *key, const char *value, enum router_said_by said_by)
{
    return (struct router_condition){.kind = ROUTER_BY_ATTRIBUTE, .name = key, .value = value, .said_by = said_by};
}

static void test_every_condition_that_was_met(void **state)
{
    struct world *w = *state;
    struct router_queue q = strict();
    queues(w, &q);
    world_happens(w, fitting(1));
    const struct router_entered *e = entry_of(w, 1);
    assert_string_equal(e->queue, "strict");
    assert_int_equal(e->input, world_work(w, 1));
    assert_false(e->last);
    assert_int_equal(e->before, 0);
    assert_int_equal(e->met_n, 7);
    struct router_condition channel = by(ROUTER_BY_CHANNEL, "");
    channel.channel = ROUTER_CHAT;
    expect_condition(&e->met[0], channel);
    expect_condition(&e->met[1], by(ROUTER_BY_ACCOUNT, "brand-b"));
    expect_condition(&e->met[2], by(ROUTER_BY_LANGUAGE, "fr"));
    expect_condition(&e->met[3], by(ROUTER_BY_INTENT, "billing")); // as the queue lists it
    expect_condition(&e->met[4], attribute("plan", "gold", ROUTER_SAID_BY_EVENT));
    expect_condition(&e->met[5], attribute("region", "", ROUTER_SAID_BY_EVENT)); // not which: the rule does not say
    expect_condition(&e->met[6], attribute("tier", "", ROUTER_SAID_BY_RECORD));
    expect_no_more(w, 1, 0);
}

static void test_the_first_condition_that_failed(void **state)
{
    struct world *w = *state;
    struct router_queue q = strict();
    queues(w, &q);
    struct router_happened h = fitting(1);
    h.channel = ROUTER_SMS;
    world_happens(w, h);
    struct router_condition sms = by(ROUTER_BY_CHANNEL, "");
    sms.channel = ROUTER_SMS;
    expect_passed(w, 1, 0, "strict", sms);
    expect_no_more(w, 1, 1);
    assert_true(entry_of(w, 1)->last);
    assert_string_equal(entry_of(w, 1)->queue, "rest");
    assert_int_equal(entry_of(w, 1)->before, 1);
    assert_int_equal(entry_of(w, 1)->met_n, 0);

    h = fitting(2);
    h.account = "brand-c";
    world_happens(w, h);
    expect_passed(w, 2, 0, "strict", by(ROUTER_BY_ACCOUNT, "brand-c"));
    h = fitting(3);
    h.language = "en";
    world_happens(w, h);
    expect_passed(w, 3, 0, "strict", by(ROUTER_BY_LANGUAGE, "en"));
    h = fitting(4);
    h.intent = "billings";
    world_happens(w, h);
    expect_passed(w, 4, 0, "strict", by(ROUTER_BY_INTENT, "billings"));
    h = fitting(5);
    h.customer_attributes_n = 0;
    world_happens(w, h);
    expect_passed(w, 5, 0, "strict", attribute("tier", "", ROUTER_SAID_BY_NOBODY));
    h = fitting(6);
    h.attributes = &(struct router_attribute){"plan", "tin"};
    h.attributes_n = 1;
    world_happens(w, h);
    expect_passed(w, 6, 0, "strict", attribute("plan", "gold", ROUTER_SAID_BY_EVENT));
}

static void removes(struct world *w, const char *queue)
{
    world_step(w, &(struct router_input){.kind = ROUTER_IN_QUEUE_REMOVED, .queue_removed = {queue}});
}

// What let it in is kept as it was; when its queue goes, the rules are asked again.
static void test_kept_until_the_rules_are_asked_again(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("chats"), second = world_queue_def("french");
    q.channels = CHANNEL_BIT(ROUTER_CHAT);
    second.languages = tongues;
    second.languages_n = 2;
    queues(w, &q);
    world_queue(w, &second);
    world_happens(w, fitting(1));
    q.channels = CHANNEL_BIT(ROUTER_SMS);
    world_queue(w, &q); // other rules, which it would not meet
    assert_string_equal(entry_of(w, 1)->queue, "chats");
    assert_int_equal(entry_of(w, 1)->met[0].channel, ROUTER_CHAT);
    removes(w, "chats");
    const struct router_entered *e = entry_of(w, 1);
    assert_string_equal(e->queue, "french");
    assert_true(e->input > world_work(w, 1));
    assert_int_equal(e->met_n, 1);
    expect_condition(&e->met[0], by(ROUTER_BY_LANGUAGE, "fr"));
}

// Where it did not stay there, the rules that let it in are still those of the first.
static void test_of_a_queue_that_is_full(void **state)
{
    struct world *w = *state;
    struct router_queue q = world_queue_def("chats");
    q.channels = CHANNEL_BIT(ROUTER_CHAT);
    q.overflow = "rest";
    q.overflow_waiting = 1;
    queues(w, &q);
    world_happens(w, world_words(1, ROUTER_CHAT));
    world_happens(w, world_words(2, ROUTER_CHAT));
    struct router_work_view v;
    assert_true(router_work_of_conversation(w->r, 2, &v));
    assert_string_equal(v.queue, "rest");
    assert_string_equal(v.entered->queue, "chats");
    assert_int_equal(v.entered->met_n, 1);
    assert_ptr_equal(router_explain(w->r, v.id)->entered, v.entered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        story(test_every_condition_that_was_met),
        story(test_the_first_condition_that_failed),
        story(test_kept_until_the_rules_are_asked_again),
        story(test_of_a_queue_that_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
