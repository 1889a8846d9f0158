#!lua name=tl1
-- SPDX-License-Identifier: Apache-2.0
--
-- Library tl1: what must happen as one step in Redis. Keys, arguments and replies: docs/reference/redis.md.
--
-- These files are joined in the order of their numbers into one chunk. This one owns what all others use: the statuses, the
-- names of keys and the few protobuf fields that functions append to bytes the daemon gives (protobuf may be joined so).
-- Nothing in the library reads a body.

-- Redis shows its call and Lua's libraries to a running function only, not while the library loads.
local call
local char, concat, find, floor, format, gmatch, gsub, match, rep, sort, sub, tonumber, unpack
local last, more = {}, {} -- a varint's bytes, by their seven bits: the last one, those before
local thousandths = {} -- 0 .. 999 as three digits

local function base_open()
    call = redis.call
    char, find, gmatch, gsub, match = string.char, string.find, string.gmatch, string.gsub, string.match
    format, rep, sub = string.format, string.rep, string.sub
    concat, sort, floor = table.concat, table.sort, math.floor
    tonumber, unpack = _G.tonumber, _G.unpack
    for bits = 0, 127 do
        last[bits], more[bits] = char(bits), char(bits + 128)
    end
    for n = 0, 999 do
        thousandths[n] = format("%03d", n)
    end
end

local WHEN_FULL, READS = "allow-oom", "no-writes"

local function register(name, run, flag)
    redis.register_function({
        function_name = "tl1_" .. name,
        callback = function(keys, args)
            if not call then
                base_open()
            end
            return run(keys, args)
        end,
        flags = { flag },
    })
end

local OK, AGAIN, CONFLICT, FENCED, ABSENT = 0, 1, 2, 3, 4

local DAY = 86400
local DONE_LIFE = 2 * DAY
local THREAD_LIFE = 30 * DAY

local thousands, thousands_text

-- A whole number's text. Lua's own takes ten times as long; numbers that come one after the other share all but their end.
local function digits(n)
    if n < 1000 then
        return format("%d", n)
    end
    local low = n % 1000
    local high = (n - low) / 1000
    if high ~= thousands then
        thousands, thousands_text = high, format("%.0f", high)
    end
    return thousands_text .. thousandths[low]
end

-- "tl:{tenant}:inputs" -> "tl:{tenant}:"
local function prefix_of(inputs)
    return sub(inputs, 1, -7)
end

local function placed(status, input, conversation, customer)
    return { status, input, tonumber(conversation) or 0, tonumber(customer) or 0 }
end

-- The first answer to something that was done before.
local function placed_before(status, packed)
    local input, conversation, customer = match(packed, "^(%d+),(%d+),(%d+),")
    return { status, tonumber(input), tonumber(conversation), tonumber(customer) }
end

-- One command as it stands in a note: how many words, then the words.
local function undo(...)
    return select("#", ...) .. "\0" .. concat({ ... }, "\0") .. "\0"
end

-- A plan is what a call writes beside the ordinary: commands in order, and how to take them back.
local function plan_new()
    return { undo = "" }
end

local function plan_add(plan, back, ...)
    plan[#plan + 1] = { ... }
    plan.undo = plan.undo .. back
end

local function plan_run(plan)
    for i = 1, #plan do
        call(unpack(plan[i]))
    end
end

-- ---- protobuf ----

-- Exact up to 2^53: only division by powers of two and remainders.
local function varint(v)
    if v < 128 then
        return last[v]
    end
    local a = v % 128
    v = (v - a) / 128
    if v < 128 then
        return more[a] .. last[v]
    end
    local b = v % 128
    v = (v - b) / 128
    if v < 128 then
        return more[a] .. more[b] .. last[v]
    end
    return more[a] .. more[b] .. varint(v)
end

local function pb_number(tag, v)
    return v == 0 and "" or tag .. varint(v)
end

local function pb_text(tag, s)
    return s == "" and "" or tag .. varint(#s) .. s
end

local function pb_times(wall, at) -- Input.wall_ms, at_ms
    return "\8" .. varint(wall) .. "\16" .. varint(at)
end

local function pb_entry_time(wall) -- Entry.wall_ms
    return "\16" .. varint(wall)
end

local function pb_author(customer) -- Entry.author.customer; customer: varint
    return "\26" .. last[#customer + 1] .. "\8" .. customer
end

local function pb_participant(handle) -- Entry.author.participant
    return pb_text("\26", pb_text("\34", handle))
end

-- Input.placed. conversation, customer: varints; opened and reopened are booleans; follows is a number; attributes: packed, as a
-- customer's hash has them.
local function pb_placed(conversation, customer, opened, reopened, follows, last_agent, participant, attributes)
    local p = "\8" .. conversation .. "\16" .. customer
    if opened then
        p = p .. "\24\1"
    end
    if reopened then
        p = p .. "\32\1"
    end
    if follows ~= 0 then
        p = p .. "\40" .. varint(follows)
    end
    if last_agent then
        p = p .. pb_text("\50", last_agent)
    end
    if participant then
        p = p .. "\56\1"
    end
    if attributes then
        p = p .. attributes
    end
    return "\26" .. varint(#p) .. p
end

local PB_TICK = "\122\0" -- Input.tick

local function pb_customer_changed(customer, other) -- Input.customer_changed, by evidence
    return pb_text("\202\1", pb_number("\8", customer) .. pb_number("\16", other))
end

local function pb_delivery_news(id, conversation, entry, state, reason) -- Input.delivery
    return pb_text("\194\1", pb_text("\10", id) .. pb_number("\16", conversation) .. pb_number("\24", entry)
        .. pb_number("\32", state) .. pb_text("\42", reason))
end
