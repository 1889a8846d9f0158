-- SPDX-License-Identifier: Apache-2.0
--
-- What the house itself appends: desk commands, plain inputs, and what agents decide about identity.

-- The lease's holder if (epoch, nonce) are those that stand there, else nil. Record: see 60_lease.lua.
local function lease_held(t, name, epoch, nonce)
    local record = call("HGET", t .. "leases", name)
    local e, o, holder = match(record or "", "^(%d+) (%d+) %d+ (%S+)")
    if e == epoch and o == nonce and holder ~= "-" then
        return holder
    end
    return nil
end

local function command(keys, args)
    local log = log_open(keys[1])
    local t, key, conversation, entry = log.t, args[1], args[2], args[3]
    local done = key ~= "" and t .. "done:" .. key
    local first = done and call("GET", done)
    if first then
        return placed_before(AGAIN, first)
    end
    local customer, place = "0", ""
    if conversation ~= "0" then
        local owner = call("HGET", t .. "conv:" .. conversation, "customer")
        if not owner then
            return placed(ABSENT, 0)
        end
        customer = customer_root(t, owner)
        place = pb_placed(varint(tonumber(conversation)), varint(tonumber(customer)), false, false, 0)
    elseif entry ~= "" then
        return redis.error_reply("TL an entry without a conversation")
    end
    local now, n = log_now(log), log.n + 1
    local timeline = t .. "conv:" .. conversation .. ":log"
    log_note(log, n, now, (done and undo("DEL", done) or "")
        .. (entry ~= "" and undo("XDEL", timeline, n .. "-0") or ""))
    if done then
        call("SET", done, n .. "," .. conversation .. "," .. customer .. ",", "EX", DONE_LIFE)
    end
    if entry ~= "" then
        call("XADD", timeline, n .. "-0", "e", entry .. now.entry)
    end
    log_commit(log, n, n .. "-0", now, args[4] .. now.input .. place)
    return placed(OK, n, conversation, customer)
end

local function append(keys, args)
    local log = log_open(keys[1])
    local n, lease, expect = log.n, args[1], tonumber(args[4])
    if lease ~= "" and not lease_held(log.t, lease, args[2], args[3]) then
        return placed(FENCED, n)
    end
    if expect ~= 0 and expect ~= n + 1 then
        return placed(CONFLICT, n)
    end
    local now = log_now(log)
    log_note(log, n + 1, now, "")
    log_commit(log, n + 1, n + 1 .. "-0", now, args[5] .. now.input)
    return placed(OK, n + 1)
end

-- ---- identity: each act plans and returns status and whose the matter is now ----

local function act_link(plan, t, number, a)
    local who = call("GET", t .. "handle:" .. a.handle)
    if who then
        local holder = match(who, "^%d+")
        return holder == a.customer and AGAIN or CONFLICT, holder
    end
    plan_link(plan, t, a.customer, a.handle, BY_AGENT, number)
    return OK, a.customer
end

local function act_dismiss(plan, t, number, a)
    local key = t .. "cust:" .. a.customer
    local f = call("HMGET", key, "c:" .. a.handle, "d:" .. a.handle)
    if not f[1] then
        return f[2] and AGAIN or ABSENT, a.customer
    end
    plan_drop(plan, key, "c:" .. a.handle, f[1])
    plan_field(plan, key, "d:" .. a.handle, f[2], number)
    return OK, a.customer
end

local function act_merge(plan, t, number, a)
    local other = call("EXISTS", t .. "cust:" .. a.other) == 1 and customer_root(t, a.other)
    if not other then
        return ABSENT, a.customer
    end
    if other == a.customer then
        return AGAIN, a.customer
    end
    local key = t .. "cust:" .. a.customer
    local recent = plan_merge(plan, t, a.customer, other, number)
    plan_field(plan, key, "recent", call("HGET", key, "recent"), recent_pack(recent))
    return OK, a.customer
end

local function act_unmerge(plan, t, _, a)
    if call("HGET", t .. "cust:" .. a.other, "alias") ~= a.customer then
        local apart = call("HGET", t .. "cust:" .. a.other, "x:" .. a.customer)
        return apart and AGAIN or ABSENT, a.customer
    end
    plan_unmerge(plan, t, a.customer, a.other)
    return OK, a.customer
end

local function act_attributes(plan, t, _, a)
    local key = t .. "cust:" .. a.customer
    local old = call("HGET", key, "attributes")
    if a.attributes == (old or "") then
        return AGAIN, a.customer
    end
    if a.attributes == "" then
        plan_drop(plan, key, "attributes", old)
    else
        plan_field(plan, key, "attributes", old, a.attributes)
    end
    return OK, a.customer
end

local ACTS = { act_link, act_dismiss, act_merge, act_unmerge, act_attributes }

local function identity(keys, args)
    local act = ACTS[tonumber(args[2])]
    if not act then
        return redis.error_reply("TL no such act")
    end
    local log = log_open(keys[1])
    local t, n = log.t, log.n + 1
    local done = args[1] ~= "" and t .. "done:" .. args[1]
    local first = done and call("GET", done)
    if first then
        return placed_before(AGAIN, first)
    end
    if call("EXISTS", t .. "cust:" .. args[3]) == 0 then
        return placed(ABSENT, 0)
    end
    local plan = plan_new()
    local status, customer = act(plan, t, n, {
        customer = act == act_unmerge and args[3] or customer_root(t, args[3]),
        other = args[4],
        handle = args[5],
        attributes = args[8],
    })
    if status ~= OK then
        return placed(status, 0, 0, customer)
    end
    local now = log_now(log)
    log_note(log, n, now, (done and undo("DEL", done) or "") .. plan.undo)
    if done then
        call("SET", done, n .. ",0," .. customer .. ",", "EX", DONE_LIFE)
    end
    plan_run(plan)
    log_commit(log, n, n .. "-0", now, args[7] .. now.input)
    return placed(OK, n, 0, customer)
end

register("command", command)
register("append", append)
register("identity", identity)
