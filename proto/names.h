// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_NAMES_H
#define THROUGHLINE_PROTO_NAMES_H

// Enum values as short lower-case words, for people, the command line and metrics: CHANNEL_SMS is "sms". The words are
// the contract's own names without their prefix, taken from the descriptors.
//
//   const char *channel_name(Throughline__V1__Channel value);   "sms"; "?" for a number without a name
//   Throughline__V1__Channel channel_from_name(const char *word);  UNSPECIFIED (0) when there is no such word
//
// and likewise for every line below. Safe from any thread.

#include "throughline/v1/customer.pb-c.h"
#include "throughline/v1/decision.pb-c.h"
#include "throughline/v1/event.pb-c.h"
#include "throughline/v1/log.pb-c.h"
#include "throughline/v1/supervise.pb-c.h"

// function prefix, C type, descriptor, prefix of the values in the .proto
#define NAMES_ENUMS(X)                                                                                                 \
    X(channel, Throughline__V1__Channel, throughline__v1__channel__descriptor, "CHANNEL_")                             \
    X(authentication, Throughline__V1__Authentication, throughline__v1__authentication__descriptor, "AUTHENTICATION_") \
    X(event_status, Throughline__V1__EventStatus, throughline__v1__event_status__descriptor, "EVENT_STATUS_")          \
    X(delivery_state, Throughline__V1__DeliveryState, throughline__v1__delivery_state__descriptor, "DELIVERY_STATE_")  \
    X(presence, Throughline__V1__PresenceState, throughline__v1__presence_state__descriptor, "PRESENCE_STATE_")        \
    X(work_state, Throughline__V1__WorkState, throughline__v1__work_state__descriptor, "WORK_STATE_")                  \
    X(reason, Throughline__V1__Reason, throughline__v1__reason__descriptor, "REASON_")                                 \
    X(refusal, Throughline__V1__Refusal, throughline__v1__refusal__descriptor, "REFUSAL_")                             \
    X(exclusion, Throughline__V1__Exclusion, throughline__v1__exclusion__descriptor, "EXCLUSION_")                     \
    X(change, Throughline__V1__ChangeKind, throughline__v1__change_kind__descriptor, "CHANGE_KIND_")                   \
    X(behind, Throughline__V1__Behind, throughline__v1__behind__descriptor, "BEHIND_")                                 \
    X(evidence, Throughline__V1__Evidence, throughline__v1__evidence__descriptor, "EVIDENCE_")                         \
    X(happened_kind, Throughline__V1__HappenedKind, throughline__v1__happened_kind__descriptor, "HAPPENED_KIND_")      \
    X(role, Throughline__V1__Role, throughline__v1__role__descriptor, "ROLE_")                                         \
    X(supervision, Throughline__V1__Supervision, throughline__v1__supervision__descriptor, "SUPERVISION_")

#define NAMES_DECLARE(name, type, descriptor, prefix)                                                                  \
    const char *name##_name(type value);                                                                               \
    type name##_from_name(const char *word);
NAMES_ENUMS(NAMES_DECLARE)
#undef NAMES_DECLARE

#endif
