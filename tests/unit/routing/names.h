// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_UNIT_ROUTING_NAMES_H
#define THROUGHLINE_TESTS_UNIT_ROUTING_NAMES_H

// The words in which stories are told what came of it, by the values of the router. For fixture.c alone.

#include "routing/router_words.h"

static const char *const names_of_state[] = {"NONE",    "QUEUED", "OFFERED", "ASSIGNED",
                                             "WRAP_UP", "CLOSED", "SNOOZED", "RECORDING"};
static const char *const names_of_presence[] = {"NONE", "OFFLINE", "AVAILABLE", "AWAY", "LOST", "FOCUS", "DRAINING"};
static const char *const names_of_channel[] = {"none", "chat", "sms", "email", "voice", "social"};
static const char *const names_of_reason[] = {"-",
                                              "NEW",
                                              "REOPENED",
                                              "ACCEPTED",
                                              "DECLINED",
                                              "TIMED_OUT",
                                              "DESK_LOST",
                                              "ABANDONED",
                                              "TRANSFERRED",
                                              "CLOSED",
                                              "WRAPPED_UP",
                                              "CHANNEL_SWITCH",
                                              "WENT_AWAY",
                                              "REMOVED",
                                              "TAKEN",
                                              "CUSTOMER_BACK",
                                              "OVERFLOWED",
                                              "SNOOZED",
                                              "WOKEN",
                                              "SUPERVISED",
                                              "LEFT",
                                              "DISMISSED",
                                              "SILENT",
                                              "CALLBACK_UNREACHED",
                                              "CALLBACK_CANCELLED",
                                              "CALLBACK_CLOSED",
                                              "VOICEMAIL"};
static const char *const names_of_refusal[] = {
    "-",
    "UNKNOWN_WORK",
    "NOT_YOURS",
    "OFFER_PAST",
    "UNKNOWN_AGENT",
    "UNKNOWN_QUEUE",
    "UNKNOWN_SESSION",
    "WRONG_STATE",
    "NO_CHANNEL",
    "FULL",
    "INVALID",
    "NO_DISPOSITION",
    "UNKNOWN_TEAM",
    "AGENT_ABSENT",
    "AGENT_CHANNEL",
    "AGENT_UNFIT",
    "AGENT_FULL",
    "NOBODY",
};

static const char *const names_of_cause[ROUTER_CAUSES] = {"",       "full",           "waited", "target",
                                                          "breach", "closed by hand", "closed", "would wait"};

#endif
