// SPDX-License-Identifier: Apache-2.0
// Snapshots from anywhere: refused with a reason, or a router whose invariants hold, that goes on and that can be written again. The first
// byte chooses: even, the rest are changes (two bytes where, one byte what) to a good snapshot; odd, the rest is all. Its last bit but one:
// the hash at the end is made right, so that what lies behind it is reached.
#include "routing/snapshot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void step(struct router *r, struct router_input in)
{
    struct router_stats stats;
    router_stats(r, &stats);
    in.number = stats.input + 1;
    in.at = stats.at + 500;
    struct router_effects effects;
    bool placed = router_step(r, &in, &effects);
    assert(placed);
}

static const char session[] = "0123456789abcdef";

static struct router_input command(enum router_act act, const char *client_id)
{
    return (struct router_input){.kind = ROUTER_IN_COMMAND,
                                 .command = {.session = session,
                                             .client_id = client_id,
                                             .agent = "ann",
                                             .act = act,
                                             .presence = ROUTER_AVAILABLE,
                                             .account = "",
                                             .handle = "",
                                             .to = "",
                                             .text = ""}};
}

// A little of everything: an agent with work held and offered, work that waits, timers, outcomes.
static unsigned char *make_good(size_t *len)
{
    static const struct router_skill billing[] = {{"billing", 3}};
    static const char *const intents[] = {"billing"};
    struct router_queue queues[] = {{.name = "billing",
                                     .priority = 3,
                                     .requires = billing,
                                     .requires_n = 1,
                                     .intents = intents,
                                     .intents_n = 1,
                                     .offer_ms = 30000,
                                     .wrap_up_ms = 30000},
                                    {.name = "all", .priority = 5, .select = ROUTER_LONGEST_IDLE, .offer_ms = 30000}};
    struct router_agent agents[] = {{.id = "ann", .name = "Ann", .skills = billing, .skills_n = 1, .capacity = 2},
                                    {.id = "bo", .name = "", .capacity = 4}};
    struct router_input config = {.kind = ROUTER_IN_CONFIG,
                                  .config = {.queues = queues,
                                             .queues_n = 2,
                                             .agents = agents,
                                             .agents_n = 2,
                                             .grace_ms = 30000,
                                             .timeouts_to_away = 3,
                                             .decline_max = 3}};
    for (size_t i = 1; i < ROUTER_CHANNELS; i++)
        config.config.channels[i] = (struct router_channel_rules){.units = 1, .idle_ms = 3600000};
    struct router *r = router_new();
    step(r, config);
    step(r, (struct router_input){.kind = ROUTER_IN_DESK_OPENED, .desk_opened = {session, "ann", "boot"}});
    step(r, command(ROUTER_ACT_PRESENCE, "1"));
    for (uint64_t n = 4; n < 8; n++)
        step(r, (struct router_input){.kind = ROUTER_IN_HAPPENED,
                                      .has_entry = true,
                                      .happened = {.kind = ROUTER_WORDS,
                                                   .channel = ROUTER_SMS,
                                                   .account = "sms",
                                                   .handle = "tel:+49",
                                                   .call = "",
                                                   .language = "",
                                                   .intent = n % 2 ? "" : "billing",
                                                   .conversation = n,
                                                   .customer = n,
                                                   .last_agent = ""}});
    struct router_work_view w;
    struct router_input accept = command(ROUTER_ACT_ACCEPT, "2");
    bool there = router_work(r, 4, &w);
    assert(there);
    accept.command.work = w.id;
    accept.command.epoch = w.epoch;
    step(r, accept);
    assert(!router_check(r));
    unsigned char *bytes = router_snapshot_bytes(r, len);
    router_free(r);
    return bytes;
}

static void seal(uint8_t *bytes, size_t len)
{
    struct snapshot_hash h = {0};
    if (len < 8)
        return;
    snapshot_hash_add(&h, bytes, len - 8);
    uint64_t hash = snapshot_hash_end(&h);
    for (unsigned i = 0; i < 8; i++)
        bytes[len - 8 + i] = (uint8_t)(hash >> 8 * i);
}

static void check(const void *bytes, size_t len)
{
    const char *why = NULL;
    struct router *r = router_restore(bytes, len, &why);
    if (!r) {
        assert(why && why[0]);
        return;
    }
    assert(!router_check(r));
    step(r, (struct router_input){.kind = ROUTER_IN_TICK});
    assert(!router_check(r));
    unsigned char *again = router_snapshot_bytes(r, &len);
    assert(len > 0);
    free(again);
    router_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char *good;
    static size_t good_n;
    if (!good)
        good = make_good(&good_n);
    if (size == 0)
        return 0;
    bool raw = data[0] & 1;
    size_t n = raw ? size - 1 : good_n;
    unsigned char *all = malloc(n + 1);
    assert(all);
    memcpy(all, raw ? data + 1 : good, n);
    for (size_t i = 1; !raw && i + 2 < size; i += 3)
        all[((size_t)data[i] << 8 | data[i + 1]) % n] = data[i + 2];
    if (data[0] & 2)
        seal(all, n);
    check(all, n);
    free(all);
    return 0;
}
