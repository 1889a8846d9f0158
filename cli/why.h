// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_WHY_H
#define THROUGHLINE_CLI_WHY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"

// Decisions in plain words, from their records as the API gives them (JSON of the messages Decision and Candidate).

// Every reason that keeps the candidate out, the first one first: "is away; does not take chat; billing needs 3, has 2".
void why_reasons(const json_t *candidate);
// "billing 3, 2 units more room": what would have had to differ.
void why_changes(const json_t *candidate);
// Why another goes before: "ann has been idle 7 s longer". Nothing where nobody does; false then.
bool why_behind(const json_t *decision, const json_t *candidate);
// "entered gold: channel voice, attribute plan = gold (customer)", and where the decision was taken once more, why not a queue before. Nothing if
// the record does not say, or there was but one queue.
void why_entry(const json_t *decision);
// "decision 212.0 (new, queue billing, chat): ann" and what was required. holder: who has the work already, "" = nobody.
void why_heading(const json_t *decision, const char *heading, const char *holder);
// The whole record, a line for each candidate.
void why_decision(const json_t *decision, const char *heading, const char *holder);

void why_time(json_int_t ms);           // "42 s"
void why_room(const json_t *candidate); // "load 1 + 1 of 4"
bool why_qualified(const json_t *candidate);
const json_t *why_find(const json_t *decision, const char *agent); // NULL = the record does not name them

// A decision by its id, "212.0", with every agent named, or (of the daemon) only `agent` and the chosen one. archive: a folder to take it from, NULL =
// the daemon is asked; then "212" will do, for the last decision of that input about `work`. *out: a new reference. A sysexits code.
int why_full(struct cli *cli, const char *id, uint64_t work, const char *archive, const char *agent, json_t **out);
bool why_id(const char *text, uint64_t *input, uint32_t *index, bool *whole);

#endif
