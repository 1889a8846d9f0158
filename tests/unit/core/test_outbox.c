// SPDX-License-Identifier: Apache-2.0
// The way out: claimed, carried in order, reported; lost carriers; receipts.
#include "stage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/config/config.h"
#include "daemon/core/outbox.h"
#include "daemon/core/triage.h"
#include "throughline/v1/gateway.pb-c.h"

#define SENT    4
#define FAILED  5
#define UNKNOWN 3
#define QUEUED  1

struct gateway {
    struct outbox *o;
    bool owned, accept, report;
    uint32_t state; // to report
    unsigned carried;
    char ids[64][48], texts[64][32], agents[64][16];
    uint32_t attempts[64];
    int64_t retry_ms; // with QUEUED
    const char *handle;
};

static bool on_carry(void *ctx, uint64_t token, const Throughline__V1__Delivery *d)
{
    struct gateway *g = ctx;
    assert_int_equal(token, 5);
    if (!g->accept)
        return false;
    assert_in_range(g->carried, 0, 63);
    assert_int_equal(d->what_case, THROUGHLINE__V1__DELIVERY__WHAT_MESSAGE);
    snprintf(g->ids[g->carried], 48, "%s", d->id);
    snprintf(g->texts[g->carried], 32, "%s", d->message->text);
    snprintf(g->agents[g->carried], 16, "%s", d->agent);
    g->attempts[g->carried++] = d->attempt;
    if (g->report)
        outbox_report(
            g->o, &(struct store_report){
                      .id = d->id, .state = g->state, .external_id = d->id, .retry_ms = g->retry_ms ? g->retry_ms : 1});
    return true;
}

static void on_owned(void *ctx, uint64_t token, bool owned)
{
    (void)token;
    ((struct gateway *)ctx)->owned = owned;
}

static uint64_t attach(struct gateway *g, struct outbox *o, bool dedupes)
{
    g->o = o;
    return outbox_attach(o, &(struct outbox_carrier){.ctx = g,
                                                     .token = 5,
                                                     .account = "sms-1",
                                                     .handle = g->handle,
                                                     .dedupes = dedupes,
                                                     .carry = on_carry,
                                                     .owned = on_owned});
}

struct stage {
    struct world *w;
    struct node *n;
    struct outbox *o;
    uint64_t conversation;
};

// A conversation in ann's hands.
static int setup(void **state)
{
    struct stage *s = xcalloc(1, sizeof *s);
    s->w = world_new(false);
    s->n = node_ready(s->w, "one", "boot-1", NULL);
    s->o = outbox_new(s->w->loop, s->n->store, s->n->core);
    node_desk(s->n, "session-0123456789", "ann");
    node_await_folded(s->n, node_words(s->n, "m1", "tel:+4915112345678", "hello"));
    s->conversation = s->n->offered_conversation;
    node_accept(s->n, "session-0123456789", "c1", s->n->offered_work, s->n->offered_epoch);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    outbox_free(s->o);
    node_free(s->n);
    world_free(s->w);
    free(s);
    return 0;
}

static uint64_t ann_says(struct stage *s, const char *client_id, const char *text)
{
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    Throughline__V1__Command k = THROUGHLINE__V1__COMMAND__INIT;
    Throughline__V1__Sent sent = THROUGHLINE__V1__SENT__INIT;
    Throughline__V1__Entry e = THROUGHLINE__V1__ENTRY__INIT;
    Throughline__V1__Message m = THROUGHLINE__V1__MESSAGE__INIT;
    Throughline__V1__Author author = THROUGHLINE__V1__AUTHOR__INIT;
    struct answer a = {0};
    uint8_t entry[256];
    char key[64];
    m.text = (char *)text;
    e.body_case = THROUGHLINE__V1__ENTRY__BODY_MESSAGE;
    e.message = &m;
    author.who_case = THROUGHLINE__V1__AUTHOR__WHO_AGENT;
    author.agent = (char *)"ann";
    e.author = &author;
    sent.conversation = s->conversation;
    k.session = (char *)"session-0123456789";
    k.client_id = (char *)client_id;
    k.agent = (char *)"ann";
    k.act_case = THROUGHLINE__V1__COMMAND__ACT_SEND;
    k.send = &sent;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_COMMAND;
    in.command = &k;
    snprintf(key, sizeof key, "session-0123456789:%s", client_id);
    core_command(s->n->core, &in, key, s->conversation, entry, throughline__v1__entry__pack(&e, entry), answer_placed,
                 &a, 7);
    world_answer(s->w, &a);
    assert_int_equal(a.e, TL_OK);
    node_await_folded(s->n, a.p.input);
    return a.p.input;
}

static struct gateway *awaited;
static unsigned wanted;
static bool has_carried(void *arg)
{
    (void)arg;
    return awaited->carried >= wanted;
}

static void await_carried(struct stage *s, struct gateway *g, unsigned n)
{
    awaited = g;
    wanted = n;
    world_await(s->w, has_carried, NULL);
}

static bool is_owned(void *arg)
{
    return ((struct gateway *)arg)->owned;
}

// Waits until a delivery's state is told to the agent so often in all.
static bool has_news(void *arg)
{
    struct stage *s = arg;
    return s->n->effects[ROUTER_DELIVERY_NEWS] >= wanted;
}

static void await_news(struct stage *s, unsigned n)
{
    wanted = n;
    world_await(s->w, has_news, s);
}

static unsigned dead_letters(struct stage *s, struct answer *a)
{
    memset(a, 0, sizeof *a);
    store_dead_letters(s->n->store, TENANT, 8, answer_outgoing, a, 7);
    world_answer(s->w, a);
    return a->out_n;
}

static void words_go_out_in_order(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true, .report = true, .state = SENT};
    ann_says(s, "s0", "zero"); // before anybody carries
    attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    for (int i = 1; i < 6; i++) {
        char id[16], text[16];
        snprintf(id, sizeof id, "s%d", i);
        snprintf(text, sizeof text, "n%d", i);
        ann_says(s, id, text);
    }
    await_carried(s, &g, 6);
    assert_string_equal(g.texts[0], "zero");
    assert_string_equal(g.agents[0], "ann");
    for (int i = 1; i < 6; i++)
        assert_int_equal(g.texts[i][1], '0' + i);
    await_news(s, 6);
    assert_int_equal(g.carried, 6);
}

static void without_credit_nothing_goes(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.report = true, .state = SENT};
    uint64_t id = attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    node_await_applied(s->n, ann_says(s, "s0", "zero"));
    node_await_folded(s->n, node_nothing(s->n));
    assert_int_equal(g.carried, 0);
    g.accept = true;
    outbox_credit(s->o, id);
    await_carried(s, &g, 1);
    await_news(s, 1);
}

static void queued_again_is_tried_again(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true, .report = true, .state = QUEUED};
    attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    await_carried(s, &g, 3);
    assert_int_equal(g.attempts[0], 1);
    assert_int_equal(g.attempts[1], 2);
    assert_string_equal(g.ids[0], g.ids[2]);
    g.state = SENT;
    unsigned before = s->n->effects[ROUTER_DELIVERY_NEWS];
    await_news(s, before + 1);
}

static void what_a_lost_carrier_had_is_unknown(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true}, back = {.accept = true, .report = true, .state = SENT};
    struct answer a;
    uint64_t id = attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    await_carried(s, &g, 1);
    outbox_detach(s->o, id);
    attach(&back, s->o, false);
    await_news(s, 1);
    assert_int_equal(dead_letters(s, &a), 1);
    assert_string_equal(a.out[0].id, g.ids[0]);
    assert_int_equal(a.out[0].state, UNKNOWN);
    ann_says(s, "s1", "one"); // the next is not held up
    await_carried(s, &back, 1);
    assert_string_equal(back.texts[0], "one");
    // The lost one's report comes late: the state goes forward.
    outbox_report(s->o, &(struct store_report){.id = g.ids[0], .state = SENT});
    await_news(s, 3);
    assert_int_equal(dead_letters(s, &a), 0);
}

static void who_never_repeats_gets_it_again(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true}, back = {.accept = true, .report = true, .state = SENT};
    struct answer a;
    uint64_t id = attach(&g, s->o, true);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    await_carried(s, &g, 1);
    outbox_detach(s->o, id);
    attach(&back, s->o, true);
    await_carried(s, &back, 1);
    assert_string_equal(back.ids[0], g.ids[0]);
    assert_int_equal(back.attempts[0], 2);
    assert_int_equal(dead_letters(s, &a), 0);
}

static void another_node_takes_over_the_account(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true}, other = {.accept = true, .report = true, .state = SENT};
    struct node *two = node_ready(s->w, "two", "boot-2", NULL);
    struct outbox *o = outbox_new(s->w->loop, two->store, two->core);
    struct answer a;
    attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    await_carried(s, &g, 1);
    attach(&other, o, false);
    assert_false(other.owned);
    node_free(s->n); // dies with a delivery in hand
    outbox_free(s->o);
    world_await(s->w, is_owned, &other);
    s->n = two;
    s->o = o;
    await_news(s, 1);
    assert_int_equal(dead_letters(s, &a), 1);
    assert_int_equal(a.out[0].state, UNKNOWN);
    assert_int_equal(other.carried, 0); // not sent twice
}

static void failed_stays_for_a_person(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true, .report = true, .state = FAILED};
    struct answer a;
    attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    await_news(s, 1);
    assert_int_equal(dead_letters(s, &a), 1);
    g.state = SENT;
    struct answer again = {0};
    store_resend(s->n->store, TENANT, g.ids[0], answer_placed, &again, 7);
    world_answer(s->w, &again);
    await_carried(s, &g, 2);
    assert_int_equal(g.attempts[1], 2);
}

// Long enough for whatever would be carried to be carried: each is one way to Redis and back behind all that was asked before.
static void let_it_work(struct stage *s)
{
    for (int i = 0; i < 8; i++)
        node_await_folded(s->n, node_nothing(s->n));
}

static void what_pauses_is_not_overtaken(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true, .report = true, .state = QUEUED, .retry_ms = 600000}, back = {.accept = true};
    attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    await_news(s, 1);
    node_await_applied(s->n, ann_says(s, "s1", "one"));
    outbox_free(s->o); // whoever comes next knows only what Redis knows
    s->o = outbox_new(s->w->loop, s->n->store, s->n->core);
    attach(&back, s->o, false);
    world_await(s->w, is_owned, &back);
    let_it_work(s);
    assert_int_equal(back.carried, 0);
}

static void late_news_of_an_earlier_attempt_repeats_nothing(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true};
    attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    await_carried(s, &g, 1);
    struct store_report again = {.id = g.ids[0], .state = QUEUED, .attempt = 1, .retry_ms = -1};
    outbox_report(s->o, &again);
    await_carried(s, &g, 2);
    outbox_report(s->o, &again);
    let_it_work(s);
    assert_int_equal(g.carried, 2);
    outbox_report(s->o, &(struct store_report){.id = g.ids[0], .state = SENT});
    await_news(s, 2);
}

static void who_is_not_there_holds_up_nobody(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true, .report = true, .state = SENT, .handle = "tel:+4915112345679"};
    for (int i = 0; i < 140; i++) { // more than one scan shows
        char id[16];
        snprintf(id, sizeof id, "s%d", i);
        ann_says(s, id, "to nobody");
    }
    attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    let_it_work(s);
    node_await_folded(s->n, node_words(s->n, "m2", "tel:+4915112345679", "hello"));
    s->conversation = s->n->offered_conversation;
    node_accept(s->n, "session-0123456789", "c2", s->n->offered_work, s->n->offered_epoch);
    ann_says(s, "t0", "to somebody");
    await_carried(s, &g, 1);
    assert_string_equal(g.texts[0], "to somebody");
}

static bool is_not_owned(void *arg)
{
    return !((struct gateway *)arg)->owned;
}

static void what_is_in_hand_outlives_the_lease(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.accept = true};
    struct answer a;
    attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    await_carried(s, &g, 1);
    kill(redis_child_pid(s->w->child), SIGSTOP);
    world_await(s->w, is_not_owned, &g);
    kill(redis_child_pid(s->w->child), SIGCONT);
    world_await(s->w, is_owned, &g);
    world_await(s->w, node_is_ready, s->n);
    let_it_work(s);
    assert_int_equal(dead_letters(s, &a), 0); // it is not lost: its carrier is still there
    outbox_report(s->o, &(struct store_report){.id = g.ids[0], .state = SENT});
    await_news(s, 1);
    assert_int_equal(g.carried, 1);
}

static void what_was_never_taken_is_not_unknown(void **state)
{
    struct stage *s = *state;
    struct gateway g = {.report = true, .state = SENT};
    struct answer a;
    uint64_t id = attach(&g, s->o, false);
    world_await(s->w, is_owned, &g);
    ann_says(s, "s0", "zero");
    let_it_work(s); // claimed, and waiting for credit
    kill(redis_child_pid(s->w->child), SIGSTOP);
    world_await(s->w, is_not_owned, &g);
    kill(redis_child_pid(s->w->child), SIGCONT);
    world_await(s->w, is_owned, &g);
    g.accept = true;
    outbox_credit(s->o, id);
    await_carried(s, &g, 1);
    assert_int_equal(g.attempts[0], 2);
    let_it_work(s);
    assert_int_equal(dead_letters(s, &a), 0);
    assert_int_equal(g.carried, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(words_go_out_in_order),
        TEST(without_credit_nothing_goes),
        TEST(queued_again_is_tried_again),
        TEST(what_a_lost_carrier_had_is_unknown),
        TEST(who_never_repeats_gets_it_again),
        TEST(another_node_takes_over_the_account),
        TEST(failed_stays_for_a_person),
        TEST(what_pauses_is_not_overtaken),
        TEST(late_news_of_an_earlier_attempt_repeats_nothing),
        TEST(who_is_not_there_holds_up_nobody),
        TEST(what_is_in_hand_outlives_the_lease),
        TEST(what_was_never_taken_is_not_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
