-- SPDX-License-Identifier: Apache-2.0
--
-- Customers: who a handle is, links and merges, and the short list of recent conversations by which ingest chooses.
--
-- Everything here reads at once but only plans its writes (see plan_add). A merge moves the handles and the recent
-- conversations to the customer that stays; what the other had remains in its hash untouched, and that is what un-merging
-- gives back. Nothing here merges conversations or moves work.

local RECENT_MAX = 8

local FIRST_SEEN, VERIFIED, BY_AGENT = 1, 2, 3 -- Evidence

-- ---- recent conversations: "id,word,wall,channel,closed;..." latest own word first ----

local function recent_parse(text)
    local list = {}
    for id, word, wall, channel, closed in gmatch(text or "", "(%d+),(%d+),(%d+),(%d+),(%d+)") do
        list[#list + 1] = {
            id = id,
            word = tonumber(word),
            wall = tonumber(wall),
            channel = tonumber(channel),
            closed = tonumber(closed),
        }
    end
    return list
end

local function recent_pack(list)
    local out = {}
    for i = 1, #list < RECENT_MAX and #list or RECENT_MAX do
        local c = list[i]
        out[i] = c.id .. "," .. c.word .. "," .. c.wall .. "," .. c.channel .. "," .. c.closed
    end
    return concat(out, ";")
end

-- The conversation, taken out of the list.
local function recent_take(list, id)
    for i = 1, #list do
        if list[i].id == id then
            return table.remove(list, i)
        end
    end
    return nil
end

local function recent_join(a, b)
    local list, have = {}, {}
    for _, from in ipairs({ a, b }) do
        for _, c in ipairs(from) do
            if not have[c.id] then
                have[c.id] = true
                list[#list + 1] = c
            end
        end
    end
    sort(list, function(x, y)
        return x.word > y.word
    end)
    return list
end

-- ---- customers ----

local function fields_of(key)
    local flat, map = call("HGETALL", key), {}
    for i = 1, #flat, 2 do
        map[flat[i]] = flat[i + 1]
    end
    return map
end

-- Fields in the order of their names: a merge writes the same commands wherever it is carried out.
local function fields_with(map, prefix)
    local out = {}
    for name in pairs(map) do
        if sub(name, 1, #prefix) == prefix then
            out[#out + 1] = sub(name, #prefix + 1)
        end
    end
    sort(out)
    return out
end

-- Who this customer is by now, through merges.
local function customer_root(t, id)
    for _ = 1, 64 do
        local alias = call("HGET", t .. "cust:" .. id, "alias")
        if not alias then
            return id
        end
        id = alias
    end
    error("TL customer " .. id .. " is an alias of itself")
end

local function field_undo(key, field, old)
    return old and undo("HSET", key, field, old) or undo("HDEL", key, field)
end

local function plan_field(plan, key, field, old, new)
    plan_add(plan, field_undo(key, field, old), "HSET", key, field, new)
end

local function plan_drop(plan, key, field, old)
    if old then
        plan_add(plan, undo("HSET", key, field, old), "HDEL", key, field)
    end
end

-- A handle nobody has becomes this customer's.
local function plan_link(plan, t, customer, handle, evidence, number)
    local key = t .. "cust:" .. customer
    plan_add(plan, undo("DEL", t .. "handle:" .. handle), "SET", t .. "handle:" .. handle, customer)
    plan_add(plan, undo("HDEL", key, "h:" .. handle), "HSET", key, "h:" .. handle, evidence .. ",0," .. number .. ",0")
    local old = call("HMGET", key, "c:" .. handle, "d:" .. handle)
    plan_drop(plan, key, "c:" .. handle, old[1])
    plan_drop(plan, key, "d:" .. handle, old[2])
end

local function handle_value(customer, shared)
    return shared == "1" and customer .. ":s" or customer
end

-- Handles of `from` point at `to`. `keep`: to whom they are entered (merge) or from whom removed (un-merge).
local function plan_handles(plan, t, from, fields, to, keep, enter)
    for _, handle in ipairs(fields_with(fields, "h:")) do
        local evidence, shared, since = match(fields["h:" .. handle], "^(%d+),(%d+),(%d+),")
        local key, name = t .. "handle:" .. handle, "h:" .. handle
        plan_add(plan, undo("SET", key, handle_value(from, shared)), "SET", key, handle_value(to, shared))
        if enter then
            plan_field(plan, keep, name, nil, evidence .. "," .. shared .. "," .. since .. "," .. from)
        else
            plan_drop(plan, keep, name, call("HGET", keep, name))
        end
    end
end

-- Plans that `other` becomes an alias of `into`, both known and apart. Returns the recent list of both, for the caller
-- to write.
local function plan_merge(plan, t, into, other, number)
    local key, other_key = t .. "cust:" .. into, t .. "cust:" .. other
    local mine = call("HMGET", key, "recent", "last_agent", "x:" .. other, "attributes")
    local theirs = fields_of(other_key)
    plan_handles(plan, t, other, theirs, into, key, true)
    plan_field(plan, other_key, "alias", nil, into)
    plan_field(plan, key, "m:" .. other, nil, number)
    plan_drop(plan, key, "x:" .. other, mine[3])
    plan_drop(plan, other_key, "x:" .. into, theirs["x:" .. into])
    if not mine[2] and theirs.last_agent then
        plan_field(plan, key, "last_agent", nil, theirs.last_agent)
    end
    if not mine[4] and theirs.attributes then
        plan_field(plan, key, "attributes", nil, theirs.attributes)
    end
    return recent_join(recent_parse(mine[1]), recent_parse(theirs.recent))
end

-- Customers that stand behind `id` by earlier merges, itself included.
local function customer_family(t, id, fields, family)
    family[id] = true
    for _, merged in ipairs(fields_with(fields, "m:")) do
        customer_family(t, merged, fields_of(t .. "cust:" .. merged), family)
    end
    return family
end

-- What `into` got by conversations of the other's goes back with it, as it is now.
local function recent_split(t, mine, theirs, family)
    local stay, back = {}, {}
    for _, c in ipairs(mine) do
        local owner = call("HGET", t .. "conv:" .. c.id, "customer")
        local list = family[owner] and back or stay
        list[#list + 1] = c
    end
    back = recent_join(back, theirs)
    for _, c in ipairs(back) do
        c.closed = tonumber(call("HGET", t .. "conv:" .. c.id, "closed")) or 0
    end
    return stay, back
end

local function plan_unmerge(plan, t, into, other)
    local key, other_key = t .. "cust:" .. into, t .. "cust:" .. other
    local mine, theirs = fields_of(key), fields_of(other_key)
    local stay, back = recent_split(t, recent_parse(mine.recent), recent_parse(theirs.recent),
        customer_family(t, other, theirs, {}))
    -- The handles point at `into` now; the undo of giving them back must say so.
    plan_handles(plan, t, into, theirs, other, key, false)
    plan_drop(plan, other_key, "alias", into)
    plan_drop(plan, key, "m:" .. other, mine["m:" .. other])
    plan_field(plan, key, "x:" .. other, mine["x:" .. other], "1")
    plan_field(plan, other_key, "x:" .. into, theirs["x:" .. into], "1")
    plan_field(plan, key, "recent", mine.recent, recent_pack(stay))
    plan_field(plan, other_key, "recent", theirs.recent, recent_pack(back))
end

-- ---- evidence ----

-- What proven handles say: who it is (nil = somebody new), whom to merge into them, which handles to link.
local function evidence_weigh(t, customer, handle, verified)
    local keys = {}
    for i, h in ipairs(verified) do
        keys[i] = t .. "handle:" .. h
    end
    local values, known, free, have = call("MGET", unpack(keys)), {}, {}, {}
    for i, value in ipairs(values) do
        if not value then
            if verified[i] ~= handle and not have[verified[i]] then
                have[verified[i]] = true
                free[#free + 1] = verified[i]
            end
        elseif not find(value, ":", 1, true) and value ~= customer and not have["=" .. value] then
            have["=" .. value] = true
            known[#known + 1] = value
        end
    end
    sort(known, function(a, b)
        return tonumber(a) < tonumber(b)
    end)
    local who, merge = customer, {}
    if not who then
        who = table.remove(known, 1)
    elseif known[1] and tonumber(known[1]) < tonumber(who) then
        merge[1], who = who, table.remove(known, 1)
    end
    for _, other in ipairs(known) do
        merge[#merge + 1] = other
    end
    return who, merge, free
end

-- An agent said that these are two: evidence does not overrule them.
local function evidence_apart(t, who, merge, customer)
    local together = {}
    for _, other in ipairs(merge) do
        if call("HGET", t .. "cust:" .. who, "x:" .. other) then
            if other == customer then
                return nil -- the sender is not whom the evidence names: leave all as it is
            end
        else
            together[#together + 1] = other
        end
    end
    return together
end
