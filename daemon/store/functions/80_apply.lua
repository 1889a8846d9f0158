-- SPDX-License-Identifier: Apache-2.0
--
-- apply: what the leader writes once because of inputs it has folded: decisions, read models, outbox entries.
--
-- It appends no input but for what the queue says by itself. Every write may be repeated with the same effect, and `applied` is written last; so a call that failed
-- half-way is simply sent again, by this leader or by the next. Outbox entries above `applied` are not carried out.

local DECISIONS_KEPT = 1000000
local DECISIONS_LIFE = 30 * DAY

-- The end of the chain, read once for a call.
local function chain_end(t)
    local newest = call("XREVRANGE", t .. "decisions", "+", "-", "COUNT", 1)[1]
    if not newest then
        return { k = 0, h = "", input = 0, effect = -1 }
    end
    local f = newest[2] -- d, p, h in this order
    local input, effect = match(f[4], "^(%d+)%.(%d+)$")
    return { k = tonumber(match(newest[1], "^%d+")), h = f[6], input = tonumber(input), effect = tonumber(effect) }
end

local function apply_decision(a, op)
    a.chain = a.chain or chain_end(a.t)
    local c = a.chain
    if op.input < c.input or op.input == c.input and op.effect <= c.effect then
        return -- written by a call that failed later
    end
    local k, h = c.k + 1, redis.sha1hex(c.h .. op.bytes)
    call("ZADD", a.t .. "decisions:" .. op.id, k, k)
    call("XADD", a.t .. "decisions", "MAXLEN", "~", DECISIONS_KEPT, k .. "-0", "d", op.bytes,
        "p", op.input .. "." .. op.effect, "h", h)
    a.chain = { k = k, h = h, input = op.input, effect = op.effect }
end

local function apply_work(a, op)
    local work, conv = a.t .. "work:" .. op.id, a.t .. "conv:" .. op.conversation
    if op.flag then
        call("DEL", work)
        call("HDEL", conv, "work", "agent")
        call("HSET", conv, "ended", op.text2)
        if op.text2 == "abandoned" or op.text2 == "unreached" or op.text2 == "cancelled" then -- nobody has said what came of it
            call("HSET", conv, "disposition", "", "resolved", 0)
        end
        call("EXPIRE", a.t .. "decisions:" .. op.id, DECISIONS_LIFE)
    else
        call("SET", work, op.bytes)
        call("HSET", conv, "work", op.id, "agent", op.text)
        call("HDEL", conv, "ended")
    end
end

local function apply_outbox(a, op)
    local id = op.input .. "." .. op.effect
    local key = a.t .. "outbox:" .. id
    local state = call("HGET", key, "state")
    if not state then
        call("HSET", key, "d", op.bytes, "state", QUEUED, "attempt", 0, "owner", "", "account", op.text,
            "conversation", op.conversation, "entry", op.id, "due", 0, "reason", "", "external", "", "to", op.text2,
            "born", a.wall, "class", "")
    end
    if not state or tonumber(state) == QUEUED then
        call("ZADD", a.t .. "due:" .. op.text, "NX", 0, outbox_member(id))
    end
    local life = not state and outbox_life(QUEUED, op.text)
    if life then
        call("EXPIRE", key, life)
    end
end

-- Who wrote again after the close was logged, but before it is applied, keeps the conversation open.
local function apply_closed(a, op)
    local conv = a.t .. "conv:" .. op.conversation
    local owner = call("HGET", conv, "customer")
    if not owner then
        return
    end
    local key, closed = a.t .. "cust:" .. customer_root(a.t, owner), a.wall
    local list = recent_parse(call("HGET", key, "recent") or "")
    for _, c in ipairs(list) do
        if c.id == op.conversation then
            closed = c.word > op.input and 0 or closed
            c.closed = closed
        end
    end
    call("HSET", conv, "closed", closed, "disposition", op.text, "resolved", op.flag and 1 or 0)
    local fields = { "recent", recent_pack(list) }
    if op.flag and op.text2 ~= "" then
        fields[3], fields[4] = "last_agent", op.text2
    end
    call("HSET", key, unpack(fields))
end

local function apply_take_back(a, op)
    call("XDEL", a.t .. "conv:" .. op.conversation .. ":log", op.id .. "-0")
end

-- The one write that appends an input: what the queue says by itself. Noted and committed like any other, and once for each effect.
local function apply_notice(a, op)
    local done = a.t .. "done:notice:" .. op.input .. "." .. op.effect
    local owner = call("HGET", a.t .. "conv:" .. op.conversation, "customer")
    if not owner or call("EXISTS", done) == 1 then
        return
    end
    local log, timeline = a.log, a.t .. "conv:" .. op.conversation .. ":log"
    local now, n, cut = log_now(log), log.n + 1, tonumber(op.id)
    local customer = customer_root(a.t, owner)
    log_note(log, n, now, undo("DEL", done) .. undo("XDEL", timeline, n .. "-0"))
    call("SET", done, n .. "," .. op.conversation .. "," .. customer .. ",", "EX", DONE_LIFE)
    call("XADD", timeline, n .. "-0", "e", sub(op.bytes, 1, cut) .. now.entry)
    log_commit(log, n, n .. "-0", now, sub(op.bytes, cut + 1) .. now.input
        .. pb_placed(varint(tonumber(op.conversation)), varint(tonumber(customer)), false, false, 0))
end

local APPLY = { apply_decision, apply_work, apply_outbox, apply_closed, apply_take_back, apply_notice }
local OP_WORDS, OP_FIRST = 10, 6

-- Nil when one of them is not an operation.
local function apply_parse(args)
    local ops = {}
    if (#args - OP_FIRST + 1) % OP_WORDS ~= 0 then
        return nil
    end
    for i = OP_FIRST, #args, OP_WORDS do
        local op = {
            write = APPLY[tonumber(args[i])],
            input = tonumber(args[i + 1]),
            effect = tonumber(args[i + 2]),
            id = args[i + 3],
            conversation = args[i + 4],
            text = args[i + 6],
            text2 = args[i + 7],
            flag = args[i + 8] == "1",
            bytes = args[i + 9],
        }
        if not (op.write and op.input and op.effect) then
            return nil
        end
        ops[#ops + 1] = op
    end
    return ops
end

local function apply(keys, args)
    local expected, upto = tonumber(args[4]), tonumber(args[5])
    local ops = apply_parse(args)
    if not ops then
        return redis.error_reply("TL not an operation")
    end
    local log = log_open(keys[1])
    local t = log.t
    local applied = tonumber(call("GET", t .. "applied") or 0)
    if not lease_held(t, args[1], args[2], args[3]) then
        return { FENCED, applied }
    end
    if applied ~= expected or upto < expected or upto > log.n then
        return { applied == upto and AGAIN or CONFLICT, applied }
    end
    local a = { t = t, log = log, wall = log_now(log).wall }
    for i = 1, #ops do
        ops[i].write(a, ops[i])
    end
    call("SET", t .. "applied", upto)
    return { OK, upto }
end

register("apply", apply)
