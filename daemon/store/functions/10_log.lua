-- SPDX-License-Identifier: Apache-2.0
--
-- The log's end: numbers, times, and how a call that failed half-way is taken back.
--
-- A call that appends goes log_begin, log_times, its own reading, log_note (first write), its own writes, log_commit (last).
-- log_begin finds a note without its input and undoes it; so nothing of a failed call outlives the next call.
-- What fails: a log that does not match its clock by more than a failed call can explain is an error to every caller.

local TOGETHER = 32 -- most inputs that one call appends

local function log_times(at, wall)
    local now = call("TIME")
    local ms = now[1] * 1000 + floor(now[2] / 1000)
    local step = ms - wall
    if step < 0 then
        step = 0
    elseif step > 2000 then
        step = 2000
    end
    return at + step, ms
end

local function log_commit(inputs, n, bytes)
    call("XADD", inputs, n .. "-0", "i", bytes)
end

local function log_undo(note)
    local words = {}
    for word in gmatch(note, "([^%z]*)%z") do
        words[#words + 1] = word
    end
    local i = 1
    while words[i] do
        local count = tonumber(words[i])
        call(unpack(words, i + 1, i + count))
        i = i + 1 + count
    end
end

-- Called when the log's length is not what the clock says. Each step may be repeated.
local function log_repair(inputs, t, n, at, wall)
    local newest = call("XREVRANGE", inputs, "+", "-", "COUNT", 1)[1]
    local last = newest and tonumber(match(newest[1], "^%d+")) or 0
    if last > n or n - last > TOGETHER then
        error("TL the log ends at " .. last .. ", its clock at " .. n)
    end
    if last < n then
        log_undo(call("HGET", t .. "clock", "undo") or "")
        at, wall = log_times(at, wall)
    end
    call("HSET", t .. "clock", "at", at, "wall", wall, "gone", last - call("XLEN", inputs), "undo", "")
    for missing = last + 1, n do
        log_commit(inputs, missing, PB_TICK .. pb_times(wall, at))
    end
    return n, at, wall
end

-- The last number and its times.
local function log_begin(inputs, t)
    local clock = call("HMGET", t .. "clock", "n", "at", "wall", "gone")
    local n, at, wall = tonumber(clock[1]) or 0, tonumber(clock[2]) or 0, tonumber(clock[3]) or 0
    if n - call("XLEN", inputs) ~= (tonumber(clock[4]) or 0) then
        return log_repair(inputs, t, n, at, wall)
    end
    return n, at, wall
end

local function log_note(t, n, at, wall, note)
    call("HSET", t .. "clock", "n", n, "at", at, "wall", wall, "undo", note)
end
