-- SPDX-License-Identifier: Apache-2.0
--
-- Leases: one field each of the hash `leases`, "<epoch> <nonce> <beat> <holder> <detail>"; holder "-" = free.
--
-- No clock and no expiry in here: who wants a lease watches its beat and takes it when that stood still for long enough by
-- their own clock. Each call writes one field, so there is nothing half-done.

local function lease_read(t, name)
    local record = call("HGET", t .. "leases", name) or ""
    local epoch, nonce, beat, holder = match(record, "^(%d+) (%d+) (%d+) (%S+)")
    return record, epoch or "0", nonce or "0", beat or "0", holder or "-"
end

local function lease_write(t, name, epoch, nonce, beat, holder, detail)
    local record = epoch .. " " .. nonce .. " " .. beat .. " " .. holder .. " " .. detail
    call("HSET", t .. "leases", name, record)
    return { OK, record }
end

local function lease_take(keys, args)
    local t, name, new_holder, new_nonce = prefix_of(keys[1]), args[1], args[5], args[6]
    if not find(new_holder, "^[^%s]+$") or new_holder == "-" or not find(new_nonce, "^%d+$") then
        return redis.error_reply("TL a holder or nonce that cannot be written")
    end
    local record, epoch, nonce, beat, holder = lease_read(t, name)
    if holder == new_holder and nonce == new_nonce then
        return { OK, record }
    end
    if holder ~= "-" and not (epoch == args[2] and nonce == args[3] and beat == args[4]) then
        return { FENCED, record }
    end
    return lease_write(t, name, tonumber(epoch) + 1, new_nonce, 1, new_holder, args[7])
end

local function lease_beat(keys, args)
    local t, name = prefix_of(keys[1]), args[1]
    local record, epoch, nonce, beat, holder = lease_read(t, name)
    if holder == "-" or epoch ~= args[2] or nonce ~= args[3] then
        return { FENCED, record }
    end
    return lease_write(t, name, epoch, nonce, tonumber(beat) + 1, holder, args[4])
end

local function lease_give(keys, args)
    local t, name = prefix_of(keys[1]), args[1]
    local record, epoch, nonce, beat, holder = lease_read(t, name)
    if epoch ~= args[2] or nonce ~= args[3] then
        return { FENCED, record }
    end
    if holder == "-" then
        return { OK, record }
    end
    return lease_write(t, name, epoch, nonce, beat, "-", "")
end

register("lease_take", lease_take, WHEN_FULL)
register("lease_beat", lease_beat, WHEN_FULL)
register("lease_give", lease_give, WHEN_FULL)
