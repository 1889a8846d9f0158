-- SPDX-License-Identifier: Apache-2.0
--
-- Which conversation an event belongs to, from the references it carries and the customer's recent conversations.
-- Reads only. What is found is a place: {id, channel (now), closed, reopened, participant, owner}.

-- The conversation that was named, if there is one of this number.
local function place_by_name(id, t)
    local conv = id and call("HMGET", t .. "conv:" .. id, "customer", "channel", "closed")
    if conv and conv[1] then
        return id, conv
    end
end

-- The first reference that is bound decides. Returns conversation, its fields, and what each reference is bound to.
local function place_by_thread(keys, t)
    if not keys then
        return nil
    end
    local bound = call("MGET", unpack(keys))
    for i = 1, #keys do
        if bound[i] then
            local conv = call("HMGET", t .. "conv:" .. bound[i], "customer", "channel", "closed")
            if conv[1] then
                return bound[i], conv, bound
            end
        end
    end
    return nil, nil, bound
end

-- The open conversation whose last word is recent enough, the same channel first; else the one closed last.
-- The list is in order of the last word, so the first that fits is the latest.
local function place_by_recent(list, channel, contact, join_ms, reopen_ms, now)
    local other, closed
    for _, c in ipairs(list) do
        if c.closed ~= 0 then
            if now - c.closed <= reopen_ms and (not closed or c.closed > closed.closed) then
                closed = c
            end
        elseif now - c.wall <= join_ms then
            if c.channel == channel then
                return c, false
            end
            other = other or c
        end
    end
    if other then
        return other, false
    end
    if not contact then
        return list[1], false
    end
    return closed, closed ~= nil
end
