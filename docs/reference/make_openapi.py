#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes openapi.yaml: the paths below, the schemas from the contract's own comments and types. With --check it compares instead."""
import os
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

PAGE = ("limit", "cursor")
# path, method, who may, what for, query, body, answer (status, message or media type)
PATHS = [
    ("/v1/events", "post", "gateway, admin", "Take in what happened: one event or a batch (an object with the member `events`).", (), "Event|EventBatch", (200, "EventResult|EventBatchResult")),
    ("/v1/status", "get", "supervisor, admin", "How this node stands.", (), None, (200, "Status")),
    ("/v1/agents", "get", "supervisor, admin", "Agents in order of id.", PAGE, None, (200, "AgentList")),
    ("/v1/agents/{id}", "get", "supervisor, admin", "One agent.", (), None, (200, "AgentStatus")),
    ("/v1/agents/{id}", "put", "admin", "Make or replace an agent.", (), "Agent", (200, "Agent")),
    ("/v1/agents/{id}", "delete", "admin", "Remove an agent; their work goes back to its queue.", (), None, (204, None)),
    ("/v1/agents/{id}/learned", "get", "agent, supervisor, admin", "What was learned of an agent, and the closes that can still turn out otherwise; an agent reads their own.", (), None, (200, "Learned")),
    ("/v1/agents/{id}/learned/reset", "post", "supervisor, admin", "Forget it: in one queue, or in all.", (), "LearnedReset", (204, None)),
    ("/v1/agents/{id}/learned/{work}/contest", "post", "agent, supervisor, admin", "The close of this work does not count; an agent contests their own.", (), None, (204, None)),
    ("/v1/agents/{id}/learned/{work}/restore", "post", "supervisor, admin", "It counts after all.", (), None, (204, None)),
    ("/v1/agents/{id}/log-out", "post", "supervisor, admin", "Log an agent out: every desk of theirs ends, their work goes back.", (), "Supervise", (200, "AgentStatus")),
    ("/v1/agents/{id}/drain", "post", "supervisor, admin", "Have an agent finish what is at hand, and then be away.", (), "Supervise", (200, "AgentStatus")),
    ("/v1/queues", "get", "supervisor, admin", "Queues in the order of their entry rules.", PAGE, None, (200, "QueueList")),
    ("/v1/queues/{name}", "get", "supervisor, admin", "One queue.", (), None, (200, "QueueStatus")),
    ("/v1/queues/{name}", "put", "admin", "Make or replace a queue.", (), "Queue", (200, "Queue")),
    ("/v1/queues/{name}", "delete", "admin", "Remove a queue.", (), None, (204, None)),
    ("/v1/queues/{name}/close", "post", "supervisor, admin", "Close a queue: what comes to it and waits there goes elsewhere, until a time or until it is opened.", (), "Supervise", (200, "QueueStatus")),
    ("/v1/queues/{name}/open", "post", "supervisor, admin", "Open a queue that was closed so.", (), "Supervise", (200, "QueueStatus")),
    ("/v1/work", "get", "supervisor, admin", "Open work in order of id.", PAGE, None, (200, "WorkList")),
    ("/v1/work/{id}", "get", "supervisor, admin", "One open work.", (), None, (200, "Work")),
    ("/v1/work/{id}/why", "get", "supervisor, admin", "Why its agents were chosen, and how every agent stands to it now.", (), None, (200, "Why")),
    ("/v1/work/{id}/assign", "post", "supervisor, admin", "Give work to the agent of the body, past the queue's choice.", (), "Supervise", (200, "Work")),
    ("/v1/work/{id}/pull", "post", "supervisor, admin", "Take work from its agent, back to its queue.", (), "Supervise", (200, "Work")),
    ("/v1/work/{id}/requeue", "post", "supervisor, admin", "Move work to the queue of the body.", (), "Supervise", (200, "Work")),
    ("/v1/work/{id}/priority", "post", "supervisor, admin", "Give work that waits the class of the body, 1 to 9; 0 = its queue's.", (), "Supervise", (200, "Work")),
    ("/v1/work/{id}/listen", "post", "supervisor, admin", "Listen to work that an agent has at hand: the token's agent, or the one of the body where it has none.", (), "Supervise", (200, "Work")),
    ("/v1/work/{id}/whisper", "post", "supervisor, admin", "Likewise, heard by the agents only.", (), "Supervise", (200, "Work")),
    ("/v1/work/{id}/barge", "post", "supervisor, admin", "Likewise, heard by the customer too.", (), "Supervise", (200, "Work")),
    ("/v1/work/{id}/take-over", "post", "supervisor, admin", "Have the work from now on, instead of its agent.", (), "Supervise", (200, "Work")),
    ("/v1/decisions", "get", "supervisor, admin", "Decisions, newest first.", PAGE, None, (200, "DecisionList")),
    ("/v1/decisions/{id}", "get", "supervisor, admin", "One decision, by INPUT.INDEX, with every agent named, taken once more from the log.", ("agent",), None, (200, "Decision")),
    ("/v1/conversations", "get", "supervisor, admin", "Conversations, newest first.", PAGE, None, (200, "ConversationList")),
    ("/v1/conversations/{id}", "get", "supervisor, admin", "One conversation.", (), None, (200, "Conversation")),
    ("/v1/conversations/{id}/timeline", "get", "supervisor, admin", "Its latest entries before a number, oldest first.", ("before", "limit"), None, (200, "Timeline")),
    ("/v1/customers/{id}", "get", "supervisor, admin", "One customer; the id of a merged one finds whom they were merged into.", (), None, (200, "Customer")),
    ("/v1/customers/{id}/merge", "post", "admin", "Merge another customer into this one.", (), "CustomerChange", (200, "Customer")),
    ("/v1/customers/{id}/unmerge", "post", "admin", "Undo that.", (), "CustomerChange", (200, "Customer")),
    ("/v1/customers/{id}/link", "post", "admin", "Link a handle to this customer.", (), "CustomerChange", (200, "Customer")),
    ("/v1/customers/{id}/attributes", "put", "admin", "Say what is known of this customer, for entry rules; it replaces what was said.", (), "CustomerAttributes", (200, "Customer")),
    ("/v1/channels", "get", "supervisor, admin", "How each account stands: who delivers, what waits, what went wrong.", (), None, (200, "ChannelList")),
    ("/v1/dead-letters", "get", "supervisor, admin", "Messages that could not be delivered, newest first.", PAGE, None, (200, "DeadLetterList")),
    ("/v1/dead-letters/{id}/resend", "post", "supervisor, admin", "Deliver one again.", (), None, (204, None)),
    ("/v1/tokens", "get", "admin", "Bearer tokens, without their secrets.", (), None, (200, "TokenList")),
    ("/v1/tokens", "post", "admin", "Make a token; the answer alone holds its secret.", (), "Token", (201, "Token")),
    ("/v1/tokens/{id}", "delete", "admin", "Remove a token that was made here.", (), None, (204, None)),
    ("/v1/audit", "get", "admin", "Who changed what, newest first.", PAGE, None, (200, "AuditList")),
    ("/v1/config", "get", "admin", "The configuration of routing in force.", (), None, (200, "RoutingConfig")),
    ("/v1/config/lint", "get", "admin", "What is legal in the configuration in force, but cannot be meant.", (), None, (200, "ConfigLint")),
    ("/v1/config/diff", "get", "admin", "How this node's file differs from what is in force.", (), None, (200, "ConfigDiff")),
    ("/v1/config/apply", "post", "admin", "Put a configuration in force: the body's, or without one this node's file.", (), "RoutingConfig", (200, "ConfigApplied")),
    ("/v1/log", "get", "admin", "The router's inputs: frames of number (8 bytes, little-endian), length (4; its highest bit: void, skip it), packed Input.", ("after", "limit"), None, (200, "application/octet-stream")),
    ("/v1/log/snapshot", "get", "admin", "The router's state in the newest snapshot, to begin a fold of the log with: length of a packed Snapshot (4 bytes, little-endian), the Snapshot, the state's bytes.", (), None, (200, "application/octet-stream")),
    ("/v1/log/skipped", "get", "admin", "The inputs that every node skips.", (), None, (200, "SkippedList")),
    ("/v1/log/{input}/skip", "post", "admin", "Have every node skip an input; not one that a snapshot holds.", (), "Skipped", (200, "Skipped")),
    ("/v1/media", "post", "gateway, agent, supervisor, admin", "Keep a file, of the type in Content-Type, to be named in a message by the `url` of the answer.", (), "application/octet-stream", (201, "Attachment")),
    ("/v1/media/{sha256}", "get", "anybody", "An attachment, by the signed link that its entry shows; in ranges if asked so.", ("tenant", "until", "type", "name", "mac"), None, (200, "application/octet-stream")),
    ("/v1/media/of/{entry}/{index}", "get", "anybody", "An attachment that a vendor keeps, by the signed link that its entry shows: leads to it when it has been fetched.", ("tenant", "account", "until", "type", "name", "url", "mac"), None, (302, None)),
    ("/hooks/{adapter}/{account}", "post", "anybody", "What a vendor tells of an account, in the vendor's own form; genuine by its own proof, not by a bearer token.", (), "application/octet-stream", ("2XX", "*/*")),
    ("/hooks/{adapter}/{account}", "get", "anybody", "The same, of vendors that call so.", (), None, ("2XX", "*/*")),
    ("/livez", "get", "anybody", "The process answers. Never asks Redis.", (), None, (200, "text/plain")),
    ("/readyz", "get", "anybody", "Ready to serve; 503 and, with ?verbose, what is missing.", ("verbose",), None, (200, "text/plain")),
    ("/metrics", "get", "anybody", "Prometheus metrics.", (), None, (200, "text/plain")),
]
QUERY = {"limit": "At most so many.", "cursor": "The `next` of the page before.", "before": "Entries with smaller numbers; absent = the latest.",
         "after": "Inputs with greater numbers.", "agent": "Only this agent, and the chosen one.", "verbose": "Say what is missing.", "tenant": "Of the link.", "account": "Of the link.", "url": "Of the link.", "until": "Of the link: when it ends, Unix time.", "type": "Of the link.",
         "name": "Of the link: the file's name.", "mac": "Of the link: its signature."}
F = descriptor_pb2.FieldDescriptorProto
TYPES = {F.TYPE_STRING: "{type: string}", F.TYPE_BOOL: "{type: boolean}", F.TYPE_UINT32: "{type: integer, minimum: 0, maximum: 4294967295}",
         F.TYPE_UINT64: "{type: string, format: uint64}", F.TYPE_INT64: "{type: string, format: int64}",
         F.TYPE_FIXED64: "{type: string, format: uint64}", F.TYPE_BYTES: "{type: string, format: byte}"}


def messages():
    """Every message and enum of the contract by short name, with the comments of the source."""
    names = sorted(n for n in os.listdir(f"{ROOT}/proto/throughline/v1") if n.endswith(".proto"))
    with tempfile.NamedTemporaryFile() as f:
        subprocess.run(["protoc", "-I", f"{ROOT}/proto", "-I", "/usr/include", f"--descriptor_set_out={f.name}",
                        *(f"throughline/v1/{n}" for n in names)], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(f.read()).file
    return {m.name: m for f in files for m in f.message_type}, {e.name: e for f in files for e in f.enum_type}


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def field_schema(field, maps):
    short = field.type_name.rsplit(".", 1)[-1]
    if short in maps:
        return "{type: object, additionalProperties: {type: string}}"
    if field.type_name == ".google.protobuf.Timestamp":
        one = "{type: string, format: date-time}"
    elif field.type in (F.TYPE_MESSAGE, F.TYPE_ENUM):
        one = f'{{$ref: "#/components/schemas/{short}"}}'
    else:
        one = TYPES[field.type]
    return f"{{type: array, items: {one}}}" if field.label == F.LABEL_REPEATED else one


def schemas(all_messages, all_enums, roots):
    """The schemas reachable from these."""
    out, todo, seen = [], sorted(roots), set()
    while todo:
        name = todo.pop(0)
        if name in seen:
            continue
        seen.add(name)
        if name in all_enums:
            out.append(f"    {name}: {{type: string, enum: [{', '.join(v.name for v in all_enums[name].value)}]}}")
            continue
        message = all_messages[name]
        maps = {n.name for n in message.nested_type if n.options.map_entry}
        out.append(f"    {name}:\n      type: object\n      additionalProperties: false" + ("\n      properties:" if message.field else ""))
        for field in message.field:
            out.append(f"        {camel(field.name)}: {field_schema(field, maps)}")
            short = field.type_name.rsplit(".", 1)[-1]
            if field.type_name.startswith(".throughline") and short not in maps:
                todo.append(short)
    return out


def ref(names):
    refs = [f'{{$ref: "#/components/schemas/{n}"}}' for n in names.split("|")]
    return refs[0] if len(refs) == 1 else f"{{oneOf: [{', '.join(refs)}]}}"


def operation(path, method, roles, summary, query, body, answer):
    out = [f"    {method}:", f'      summary: "{summary}"', f"      x-roles: [{roles}]"]
    if roles.startswith("anybody"):
        out.append("      security: []")
    parameters = [p[1:-1] for p in path.split("/") if p.startswith("{")]
    if parameters or query:
        out.append("      parameters:")
    out += [f"        - {{name: {p}, in: path, required: true, schema: {{type: string}}}}" for p in parameters]
    out += [f'        - {{name: {q}, in: query, schema: {{type: string}}, description: "{QUERY[q]}"}}' for q in query]
    if body and "/" in body:
        out += ["      requestBody:", "        required: true", "        content:", '          "*/*": {schema: {type: string, format: binary}}']
    elif body:
        required = "false" if path == "/v1/config/apply" else "true"
        out += ["      requestBody:", f"        required: {required}", "        content:",
                f"          application/json: {{schema: {ref(body)}}}",
                "          application/x-protobuf: {schema: {type: string, format: binary}}"]
    status, what = answer
    out += ["      responses:", f'        "{status}":', f"          description: {'done' if not what else 'the answer'}"]
    if what and "/" in what:
        out += ["          content:", f'            "{what}": {{schema: {{type: string}}}}']
    elif what:
        out += ["          content:", f"            application/json: {{schema: {ref(what)}}}",
                "            application/x-protobuf: {schema: {type: string, format: binary}}"]
    if path == "/v1/events":
        out += ['        "503":', "          description: the fate of at least one event is unknown; send all again", "          content:",
                f"            application/json: {{schema: {ref(what)}}}"]
    return out + ["        default:", '          $ref: "#/components/responses/Problem"']


def document():
    out = ["# SPDX-License-Identifier: Apache-2.0", "# Made by make_openapi.py from its table and proto/throughline/v1; do not edit.",
           "openapi: 3.1.0", "info:", "  title: throughline", "  version: v1", "  license: {name: Apache-2.0, identifier: Apache-2.0}",
           "  description: HTTP interface. The WebSockets stand in asyncapi.yaml, the meaning of every field in proto/throughline/v1.",
           "security: [{bearer: []}]", "paths:"]
    last = None
    for row in PATHS:
        if row[0] != last:
            out.append(f"  {row[0]}:")
        last = row[0]
        out += operation(*row)
    roots = {n for row in PATHS for names in (row[5], row[6][1]) if names and "/" not in names for n in names.split("|")}
    out += ["components:", "  securitySchemes:", "    bearer: {type: http, scheme: bearer}", "  responses:", "    Problem:",
            "      description: what is wrong, as RFC 9457 says it", "      content:",
            '        application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}', "  schemas:", "    Problem:",
            "      type: object", "      required: [type, title, status, code]", "      properties:",
            "        type: {type: string}", "        title: {type: string}", "        status: {type: integer}", "        code: {type: string}",
            "        detail: {type: string}", "        field: {type: string}"]
    return "\n".join(out + schemas(*messages(), roots)) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        with open(f"{HERE}/openapi.yaml", encoding="utf-8") as f:
            sys.exit(0 if f.read() == document() else "openapi.yaml is stale: run docs/reference/make_openapi.py")
    with open(f"{HERE}/openapi.yaml", "w", encoding="utf-8") as f:
        f.write(document())
