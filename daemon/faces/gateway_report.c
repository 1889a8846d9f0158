// SPDX-License-Identifier: Apache-2.0
// GET /v1/gateway, reports: what became of a delivery. A report is acknowledged when it is durable, like an event; one that names no
// delivery of ours, or a state that is not a gateway's to tell, is refused.
#include <string.h>

#include "daemon/faces/gateway.h"
#include "throughline/v1/gateway.pb-c.h"

static void refuse(struct gateway *g, uint64_t sequence, const char *code, const char *field, const char *detail)
{
    Throughline__V1__Error error = THROUGHLINE__V1__ERROR__INIT;
    error.code = (char *)code;
    error.field = (char *)field;
    error.detail = (char *)detail;
    Throughline__V1__EventResult r = THROUGHLINE__V1__EVENT_RESULT__INIT;
    r.status = THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED;
    r.error = &error;
    ack_ring_settle(&g->ring, sequence, &r);
}

static void on_reported(void *module, uint64_t token, enum tl_err e, const struct store_placed *p)
{
    struct gateways *all = module;
    struct gateway *g = table_get(&all->table, token >> 32);
    Throughline__V1__Error error = THROUGHLINE__V1__ERROR__INIT;
    Throughline__V1__EventResult r = THROUGHLINE__V1__EVENT_RESULT__INIT;
    bool unknown = e == TL_UNKNOWN || e == TL_UNAVAILABLE || e == TL_FULL;
    (void)p;
    if (!g)
        return;
    r.status = unknown      ? THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_UNKNOWN
               : e == TL_OK ? THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_STORED
                            : THROUGHLINE__V1__EVENT_STATUS__EVENT_STATUS_REFUSED;
    error.code = (char *)(unknown ? "unavailable" : "unknown_delivery");
    error.field = (char *)"report.delivery";
    r.error = e == TL_OK ? NULL : &error;
    gateway_on_outcome(all, token, &r);
}

static bool reportable(Throughline__V1__DeliveryState s)
{
    return s == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_QUEUED ||
           s == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_SENT ||
           s == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_DELIVERED ||
           s == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_READ ||
           s == THROUGHLINE__V1__DELIVERY_STATE__DELIVERY_STATE_FAILED;
}

void gateway_take_report(struct gateway *g, Throughline__V1__GatewayUp *up)
{
    const Throughline__V1__Report *r = up->report;
    if (!gateway_take_sequence(g, up->sequence))
        return;
    if (!*r->delivery || strlen(r->delivery) > 40)
        refuse(g, up->sequence, "invalid_field", "report.delivery", "must be the id of a delivery");
    else if (!reportable(r->state))
        refuse(g, up->sequence, "invalid_field", "report.state", "must be SENT, DELIVERED, READ, FAILED or QUEUED");
    else if (strlen(r->external_id) > 200 || strlen(r->reason) > 200)
        refuse(g, up->sequence, "too_long", "report", "external_id and reason hold up to 200 bytes");
    else if (!triage_is_line(r->external_id, strlen(r->external_id)) || !triage_is_line(r->reason, strlen(r->reason)))
        refuse(g, up->sequence, "invalid_field", "report", "external_id and reason hold no control characters");
    else {
        outbox_report_once(g->all->face->outbox,
                           &(struct store_report){
                               .tenant = g->all->face->tenant,
                               .id = r->delivery,
                               .external_id = r->external_id,
                               .reason = r->reason,
                               .account = "",
                               .state = r->state,
                               .attempt = r->attempt,
                               .retry_ms = (int64_t)r->retry_after * 1000,
                           },
                           on_reported, g->all, g->id << 32 | (uint32_t)up->sequence);
        return;
    }
    gateway_mark_dirty(g);
}
