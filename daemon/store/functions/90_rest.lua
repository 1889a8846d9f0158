-- SPDX-License-Identifier: Apache-2.0
--
-- What nodes need beside: proof of place, snapshots, trimming, audit, and a few reads that follow aliases.

local function place(keys, args)
    local inputs, log = keys[1], log_open(keys[1])
    local t = log.t
    call("HSETNX", t .. "meta", "incarnation", args[2])
    local there = call("XRANGE", inputs, args[1] .. "-0", args[1] .. "-0")[1]
    local first = call("XRANGE", inputs, "-", "+", "COUNT", 1)[1]
    return {
        OK,
        call("HGET", t .. "meta", "incarnation"),
        log.n,
        tonumber(call("GET", t .. "applied") or 0),
        tonumber(call("HGET", t .. "snapshots", "newest") or 0),
        first and tonumber(match(first[1], "^%d+")) or 0,
        there and there[2][2] or "",
    }
end

local function snapshot_keys(t, input, chunks)
    local list = {}
    for i = 1, tonumber(chunks) do
        list[i] = t .. "snapshot:" .. input .. ":" .. i - 1
    end
    return list
end

-- Chunks that fell out at the last seal; again here, should that have failed.
local function snapshot_drop(t, drop)
    local input, chunks = match(drop or "", "^(%d+),(%d+)$")
    for _, key in ipairs(input and snapshot_keys(t, input, chunks) or {}) do
        call("UNLINK", key)
    end
end

local function snapshot_seal(keys, args)
    local t, input, chunks = prefix_of(keys[1]), args[4], args[5]
    local pointer = t .. "snapshots"
    if not lease_held(t, args[1], args[2], args[3]) then
        return { FENCED }
    end
    local old = call("HMGET", pointer, "newest", "newest_chunks", "newest_meta", "before", "before_chunks", "drop")
    local newest = tonumber(old[1]) or 0
    if newest >= tonumber(input) then
        snapshot_drop(t, old[6])
        return { newest == tonumber(input) and AGAIN or CONFLICT }
    end
    local parts = snapshot_keys(t, input, chunks)
    for _, key in ipairs(parts) do
        if call("EXISTS", key) == 0 then
            return { ABSENT }
        end
    end
    snapshot_drop(t, old[6])
    for _, key in ipairs(parts) do
        call("PERSIST", key)
    end
    local drop = old[4] and old[4] ~= "" and old[4] .. "," .. old[5] or ""
    call("HSET", pointer, "newest", input, "newest_chunks", chunks, "newest_meta", args[6], "before", old[1] or "",
        "before_chunks", old[2] or "", "before_meta", old[3] or "", "drop", drop)
    snapshot_drop(t, drop)
    return { OK }
end

local TRIM_SLICE = 10000

local function trim(keys, args)
    local log = log_open(keys[1])
    local upto = math.min(tonumber(args[1]), log.n - 1, tonumber(call("HGET", log.t .. "snapshots", "newest") or 0))
    if upto < 1 then
        return { OK, 0 }
    end
    local removed = call("XTRIM", log.inputs, "MINID", "~", upto + 1 .. "-0", "LIMIT", TRIM_SLICE)
    if removed > 0 then
        log_trimmed(log, removed)
    end
    return { OK, removed }
end

local AUDIT_KEPT = 100000

local function audit(keys, args)
    local key = prefix_of(keys[1]) .. "audit"
    local newest = call("XREVRANGE", key, "+", "-", "COUNT", 1)[1]
    local k = newest and tonumber(match(newest[1], "^%d+")) or 0
    if newest and newest[2][2] == args[1] then
        return { AGAIN, k }
    end
    call("XADD", key, "MAXLEN", "~", AUDIT_KEPT, k + 1 .. "-0", "a", args[1])
    return { OK, k + 1 }
end

-- ---- reads ----

local CONVS_SHOWN = 50

-- Conversations of a customer and of those merged into them, newest first.
local function customer_convs(t, id, fields)
    local all = {}
    for member in pairs(customer_family(t, id, fields, {})) do
        for _, conv in ipairs(call("LRANGE", t .. "cust:" .. member .. ":convs", 0, CONVS_SHOWN - 1)) do
            all[#all + 1] = conv
        end
    end
    sort(all, function(a, b)
        return tonumber(a) > tonumber(b)
    end)
    return concat(all, ",", 1, #all < CONVS_SHOWN and #all or CONVS_SHOWN)
end

local function customer(keys, args)
    local t = prefix_of(keys[1])
    local id = customer_root(t, args[1])
    local flat = call("HGETALL", t .. "cust:" .. id)
    if #flat == 0 then
        return { ABSENT }
    end
    local out, fields = { OK, "id", id }, {}
    for i = 1, #flat, 2 do
        fields[flat[i]] = flat[i + 1]
        out[#out + 1], out[#out + 2] = flat[i], flat[i + 1]
    end
    out[#out + 1], out[#out + 2] = "convs", customer_convs(t, id, fields)
    for _, handle in ipairs(fields_with(fields, "h:")) do
        local reach = call("HGETALL", reach_key(t, handle))
        for i = 1, #reach, 2 do
            out[#out + 1], out[#out + 2] = "r:" .. handle .. " " .. reach[i], reach[i + 1]
        end
    end
    return out
end

local function conversation(keys, args)
    local t, id = prefix_of(keys[1]), args[1]
    local fields = fields_of(t .. "conv:" .. id)
    if not fields.customer then
        return { ABSENT }
    end
    fields.id, fields.customer, fields.last = id, customer_root(t, fields.customer), "0"
    for _, c in ipairs(recent_parse(call("HGET", t .. "cust:" .. fields.customer, "recent") or "")) do
        if c.id == id then
            fields.last = tostring(c.wall)
        end
    end
    local out = { OK }
    for name, value in pairs(fields) do
        out[#out + 1], out[#out + 2] = name, value
    end
    return out
end

local function decisions(keys, args)
    local t, work, cursor, limit = prefix_of(keys[1]), args[1], args[2], args[3]
    local out = { OK }
    local function list(entries)
        for _, entry in ipairs(entries) do
            out[#out + 1], out[#out + 2] = tonumber(match(entry[1], "^%d+")), entry[2][2]
        end
    end
    if work == "0" then
        local from = cursor == "0" and "+" or "(" .. cursor .. "-0"
        list(call("XREVRANGE", t .. "decisions", from, "-", "COUNT", limit))
        return out
    end
    local from = cursor == "0" and "+inf" or "(" .. cursor
    for _, k in ipairs(call("ZRANGE", t .. "decisions:" .. work, from, "-inf", "BYSCORE", "REV", "LIMIT", 0, limit)) do
        list(call("XRANGE", t .. "decisions", k .. "-0", k .. "-0"))
    end
    return out
end

register("place", place, WHEN_FULL)
register("trim", trim, WHEN_FULL)
register("snapshot_seal", snapshot_seal)
register("audit", audit)
register("customer", customer, READS)
register("conversation", conversation, READS)
register("decisions", decisions, READS)
