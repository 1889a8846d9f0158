-- SPDX-License-Identifier: Apache-2.0
--
-- ingest: one event of a customer becomes one timeline entry and one input, in the right conversation of the right person.
--
-- The only write that a customer's message costs. This is an event of any kind, by a plan; the ordinary ones, and those that come
-- together, pass through 42_ingest_many.lua. `e` holds what is known of the event so far.
-- What was stored is answered as the text that the seen-key now holds, "input,conversation,customer,digest", NUL, and what was added to the
-- input: who sent the event need not read it from the log.

-- Of each event: its seen-key and its handle's among the keys; among the arguments digest, rules, display_name, entry, input.
local EVENT_WORDS = 5

local CONTACT_FLAG, DRY_FLAG = { [1] = true, [3] = true }, { [2] = true, [3] = true }
local RULES_MAX = 1000

local rules_known, rules_count = {}, 0

-- "channel,flags,join_ms,reopen_ms,seen_seconds": an account has few of them, so they are read once.
local function rules_read(text)
    local channel, flags, join_ms, reopen_ms, life = match(text, "^(%d+),(%d+),(%-?%d+),(%-?%d+),(%d+)$")
    if not channel then
        error("TL rules of an event: " .. text)
    end
    flags = tonumber(flags)
    if rules_count == RULES_MAX then
        rules_known, rules_count = {}, 0
    end
    local rules = {
        channel = channel,
        channel_number = tonumber(channel),
        contact = CONTACT_FLAG[flags] or false,
        dry = DRY_FLAG[flags] or false,
        join_ms = tonumber(join_ms),
        reopen_ms = tonumber(reopen_ms),
        life = life,
    }
    rules.plain = rules.contact and not rules.dry
    rules.open = "," .. channel .. ",0" -- how a recent conversation ends that is open on this channel
    rules.open_len = #rules.open - 1
    rules_known[text], rules_count = rules, rules_count + 1
    return rules
end

local function ingest_plan(e)
    local plan = e.plan or plan_new()
    e.plan = plan
    return plan
end

local function ingest_list(args, from, count)
    local list = {}
    for i = 1, count do
        list[i] = args[from + i]
    end
    return list
end

-- References become keys; one that names a conversation is none to look up.
local function ingest_threads(e, account, list)
    local keys = {}
    for _, reference in ipairs(list) do
        local conversation = match(reference, "^conversation:([1-9]%d*)$")
        if conversation and #conversation <= 15 then
            e.named = e.named or conversation
        else
            keys[#keys + 1] = e.t .. "thread:" .. account .. ":" .. reference
        end
    end
    e.threads = keys[1] and keys
end

-- What follows the event's words and its turn: account, how many of each list, the lists.
local function ingest_lists(e, args)
    local threads, verified, claimed = tonumber(args[8]), tonumber(args[9]), tonumber(args[10])
    if threads > 0 then
        ingest_threads(e, args[7], ingest_list(args, 10, threads))
    end
    if verified > 0 then
        e.verified = ingest_list(args, 10 + threads, verified)
    end
    if claimed > 0 then
        e.claimed = ingest_list(args, 10 + threads + verified, claimed)
    end
end

-- Proven handles: joins the sender to whom they name, merges, links. One CustomerChanged for each that others may be looking at.
local function ingest_evidence(e)
    local t, before = e.t, e.customer
    local who, merge, free = evidence_weigh(t, before, e.handle, e.verified)
    merge = who and evidence_apart(t, who, merge, before)
    if not merge then
        e.links = free
        if before or not who then
            return
        end
        merge = {}
    end
    local news = #merge
    if news == 0 and (not before or #free > 0) then
        news = 1
    end
    e.number, e.news, e.merged, e.customer = e.log.n + news + 1, {}, {}, who
    local plan, recent = ingest_plan(e)
    for i = 1, news do
        e.news[i] = { tonumber(who), tonumber(merge[i] or 0) }
    end
    for _, other in ipairs(merge) do
        e.merged[other] = true
        local joined = plan_merge(plan, t, who, other, e.number)
        recent = recent and recent_join(recent, joined) or joined
    end
    e.recent_joined = recent and recent_pack(recent)
    if not before then
        plan_link(plan, t, who, e.handle, VERIFIED, e.number)
    end
    e.links = free
end

-- What stands about the customer; a new one is only planned once there is a place for the event.
local function ingest_customer(e)
    if e.verified and not e.shared then
        ingest_evidence(e)
    end
    if e.customer then
        local f = call("HMGET", e.t .. "cust:" .. e.customer, "recent", "last_agent", "attributes", "name")
        e.recent_old = f[1]
        e.recent, e.last_agent, e.name = e.recent_joined or f[1] or "", f[2], f[4]
        e.attributes = f[3]
    end
end

local function ingest_recent_first(e, list, c)
    recent_take(list, c.id)
    table.insert(list, 1, c)
    e.recent_new = recent_pack(list)
end

-- The customer's own word in a conversation that was found otherwise than as the first of the list.
local function ingest_contact(e, list, c)
    local conv = e.t .. "conv:" .. c.id
    if c.channel ~= e.channel then
        plan_field(ingest_plan(e), conv, "channel", c.channel, e.channel)
    end
    if c.closed ~= 0 then
        e.reopened = true
        plan_field(ingest_plan(e), conv, "closed", c.closed, 0)
    end
    c.word, c.wall, c.channel, c.closed = e.number, e.wall, e.channel, 0
    ingest_recent_first(e, list, c)
end

-- An explicit reference. Whose conversation it is decides whether the sender is its customer or a participant.
local function ingest_by_thread(e)
    local id, conv = place_by_name(e.named, e.t)
    local referred, theirs, bound = place_by_thread(e.threads, e.t)
    e.bound = bound
    if not id then
        id, conv = referred, theirs
    end
    if not id then
        return false
    end
    local owner = customer_root(e.t, conv[1])
    e.conversation = id
    if owner == e.customer or e.merged[owner] then
        if e.contact then
            local list = recent_parse(e.recent)
            local c = recent_take(list, id) or { id = id }
            c.channel, c.closed = tonumber(conv[2]), tonumber(conv[3]) or 0
            ingest_contact(e, list, c)
        end
    else
        e.participant, e.contact, e.customer = true, false, owner
        e.plan, e.news, e.links, e.claimed, e.name, e.last_agent = nil, nil, nil, nil, true, nil
        e.recent_joined, e.attributes, e.number = nil, nil, e.log.n + 1
    end
    return true
end

local function ingest_open(e, list)
    local plan, t, number = ingest_plan(e), e.t, e.number
    local conv = t .. "conv:" .. number
    e.conversation, e.opened = number, true
    e.follows = list[1] and tonumber(list[1].id) or 0
    plan_add(plan, undo("DEL", conv, conv .. ":log"), "HSET", conv, "customer", e.customer, "opened", e.wall,
        "channel", e.channel, "follows", e.follows, "closed", 0)
    plan_add(plan, undo("ZREM", t .. "convs", number), "ZADD", t .. "convs", number, number)
    local convs = t .. "cust:" .. e.customer .. ":convs"
    plan_add(plan, undo("LREM", convs, 1, number), "LPUSH", convs, number)
    ingest_recent_first(e, list, { id = number, word = number, wall = e.wall, channel = e.channel, closed = 0 })
end

local function ingest_new_customer(e)
    local plan, t, number = ingest_plan(e), e.t, e.number
    local key, handle = t .. "cust:" .. number, t .. "handle:" .. e.handle
    e.customer, e.recent, e.new = number, "", true
    plan_add(plan, undo("DEL", key, key .. ":convs"), "HSET", key, "since", e.wall,
        "h:" .. e.handle, FIRST_SEEN .. ",0," .. number .. ",0")
    plan_add(plan, undo("DEL", handle), "SET", handle, number)
end

-- False: dry, and there is no place.
local function ingest_place(e)
    if (e.threads or e.named) and ingest_by_thread(e) then
        return true
    end
    if not e.customer then
        if e.dry then
            return false
        end
        ingest_new_customer(e)
    end
    local list = recent_parse(e.recent)
    local c = place_by_recent(list, e.channel, e.contact, e.join_ms, e.reopen_ms, e.wall)
    if c then
        e.conversation = c.id
        if e.contact then
            ingest_contact(e, list, c)
        end
        return true
    end
    if not e.dry then
        ingest_open(e, list)
    end
    return not e.dry
end

local function ingest_bind(e)
    local plan = ingest_plan(e)
    for i, key in ipairs(e.threads) do
        local old = e.bound[i]
        if not old then
            plan_add(plan, undo("DEL", key), "SET", key, e.conversation, "EX", THREAD_LIFE)
        elseif old == tostring(e.conversation) then
            plan_add(plan, "", "EXPIRE", key, THREAD_LIFE)
        elseif not e.participant then
            plan_add(plan, undo("SET", key, old, "EX", THREAD_LIFE), "SET", key, e.conversation, "EX", THREAD_LIFE)
        end
    end
end

local function ingest_suggest(e)
    local key = e.t .. "cust:" .. e.customer
    for _, handle in ipairs(e.claimed) do
        local f = call("HMGET", key, "h:" .. handle, "c:" .. handle, "d:" .. handle)
        if handle ~= e.handle and not (f[1] or f[2] or f[3]) then
            plan_field(ingest_plan(e), key, "c:" .. handle, nil, e.number)
        end
    end
end

-- Plans what does not change the place.
local function ingest_extras(e, name)
    for _, handle in ipairs(e.links or {}) do
        plan_link(ingest_plan(e), e.t, e.customer, handle, VERIFIED, e.number)
    end
    if e.claimed then
        ingest_suggest(e)
    end
    if e.threads then
        ingest_bind(e)
    end
    if name ~= "" and not e.name then
        plan_field(ingest_plan(e), e.t .. "cust:" .. e.customer, "name", nil, name)
    end
end

local function ingest_write(e, args)
    local log, t, number, now, plan = e.log, e.t, e.number, e.now, e.plan
    local seen = e.seen
    local who, timeline = t .. "cust:" .. e.customer, t .. "conv:" .. e.conversation .. ":log"
    local recent = e.recent_new or e.recent_joined
    local note = undo("DEL", seen) .. undo("XDEL", timeline, number .. "-0") .. (plan and plan.undo or "")
    if recent and not e.new then
        note = note .. field_undo(who, "recent", e.recent_old)
    end
    log_note(log, number, now, note)
    local answer = number .. "," .. e.conversation .. "," .. e.customer .. "," .. args[1]
    call("SET", seen, answer, "EX", e.life)
    if plan then
        plan_run(plan)
    end
    if recent then
        call("HSET", who, "recent", recent)
    end
    local entry, customer, conversation = args[4], varint(tonumber(e.customer)), varint(tonumber(e.conversation))
    if entry ~= "" then
        call("XADD", timeline, number .. "-0", "e", entry .. now.entry
            .. (e.participant and pb_participant(e.handle) or pb_author(customer)))
    end
    for i, news in ipairs(e.news or {}) do
        log_add(log, log.n + i, now.input .. pb_customer_changed(news[1], news[2]))
    end
    local added = now.input .. pb_placed(conversation, customer, e.opened, e.reopened, e.follows, e.last_agent,
        e.participant, e.attributes)
    log_commit(log, number, number .. "-0", now, args[5] .. added)
    return answer .. "\0" .. added
end

local function seen_before(first, digest)
    return placed_before(match(first, "[^,]*$") == digest and AGAIN or CONFLICT, first)
end

local NOBODY = {} -- merged by this call; never written to: ingest_evidence gives its own

local function ingest_event(log, now, keys, i, rules, who)
    local e = {
        log = log,
        now = now,
        t = log.t,
        number = log.n + 1,
        wall = now.wall,
        seen = keys[2 * i],
        handle = sub(keys[2 * i + 1], #log.handle + 1),
        channel = rules.channel_number,
        contact = rules.contact,
        dry = rules.dry,
        join_ms = rules.join_ms,
        reopen_ms = rules.reopen_ms,
        life = rules.life,
        follows = 0,
        merged = NOBODY,
    }
    if who then
        local shared = match(who, "^(%d+):s$")
        e.customer, e.shared = shared or who, shared
    end
    return e
end

-- The i-th, whatever it is, but not seen before. args: its own. more(e): plans what else belongs to it; may be nil.
local function ingest_one(log, keys, i, args, more)
    local who, rules = call("GET", keys[2 * i + 1]), rules_known[args[2]] or rules_read(args[2])
    local e = ingest_event(log, log_now(log), keys, i, rules, who)
    if args[7] then
        ingest_lists(e, args)
    end
    ingest_customer(e)
    if not ingest_place(e) then
        return { ABSENT, 0, 0, 0 }
    end
    ingest_extras(e, args[3])
    if more then
        more(e)
    end
    return ingest_write(e, args)
end

local function ingest_alone(keys, args)
    local log = log_open(keys[1])
    local first = call("GET", keys[2])
    return first and seen_before(first, args[1]) or ingest_one(log, keys, 1, args)
end

local function ingest(keys, args)
    return lane_run(ingest_alone, keys, args, args[6])
end

register("ingest", ingest)
