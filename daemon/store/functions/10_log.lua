-- SPDX-License-Identifier: Apache-2.0
--
-- The log's end: numbers, times, and how a call that failed half-way is taken back.
--
-- A call that appends goes log_open, log_now, its own reading, log_note (first write), its own writes, log_commit (last).
-- The clock says what was begun, the stream what was committed. log_open finds a note without its input and undoes it; so nothing
-- of a failed call outlives the next call. A clock that this very Redis committed last needs no comparing.
-- What fails: a log that does not match its clock by more than a failed call can explain is an error to every caller.

local TOGETHER = 32 -- most inputs that one call appends

-- by key: {inputs, t, clock; handle, cust, conv: how such keys begin; n, at, wall, gone, text: as of the last commit; gone_text;
-- now: the latest log_now}
local logs = {}

local function log_make_now(at, wall)
    return {
        at = at,
        wall = wall,
        wall_text = wall .. "",
        clock = " " .. at .. " " .. wall .. " ",
        input = pb_times(wall, at),
        entry = pb_entry_time(wall),
    }
end

-- The times of this call. One object serves all calls of a millisecond.
local function log_now(log)
    local time = call("TIME")
    local wall = time[1] * 1000 + floor(time[2] / 1000)
    local step = wall - log.wall
    if step < 0 then
        step = 0
    elseif step > 2000 then
        step = 2000
    end
    local at, now = log.at + step, log.now
    if not now or now.wall ~= wall or now.at ~= at then
        now = log_make_now(at, wall)
        log.now = now
    end
    return now
end

local function log_add(log, n, bytes)
    call("XADD", log.inputs, n .. "-0", "i", bytes)
end

-- How many inputs were trimmed; kept as text too, since every note says it.
local function log_gone(log, gone)
    log.gone, log.gone_text = gone, gone .. ""
end

-- The first write of a call: number, times, how many are gone, note.
local function log_begin(log, text)
    log.noted = text
    call("SET", log.clock, text)
end

local function log_note(log, number, now, note)
    log_begin(log, number .. now.clock .. log.gone_text .. "\0" .. note)
end

-- The last write of a call. id: "<n>-0".
local function log_commit(log, n, id, now, bytes)
    call("XADD", log.inputs, id, "i", bytes)
    log.n, log.at, log.wall, log.text = n, now.at, now.wall, log.noted
end

-- A note that begins with RUN is of ordinary events (see 40_ingest.lua), each an input of its own: for the last number and on downwards
-- seen-key, customer and what their field `recent` was. Those up to `last` are committed.
local RUN = "r"

local function log_undo_run(log, words, last)
    local number = log.n
    for i = 2, #words, 3 do
        local seen, customer, recent = words[i], words[i + 1], words[i + 2]
        if number > last then
            call("DEL", seen)
            call("XDEL", log.conv .. match(recent, "^%d+") .. ":log", number .. "-0")
            call("HSET", log.cust .. customer, "recent", recent)
        end
        number = number - 1
    end
end

local function log_undo(log, note, last)
    local words = {}
    for word in gmatch(note, "([^%z]*)%z") do
        words[#words + 1] = word
    end
    if words[1] == RUN then
        log_undo_run(log, words, last)
        return
    end
    local i = 1
    while words[i] do
        local count = tonumber(words[i])
        call(unpack(words, i + 1, i + count))
        i = i + 1 + count
    end
end

-- Takes back what was begun after `last` and fills its numbers. Each step may be repeated.
local function log_repair(log, last, note)
    if last > log.n or log.n - last > TOGETHER then
        error("TL the log ends at " .. last .. ", its clock at " .. log.n)
    end
    local now = log
    if last < log.n then
        log_undo(log, note, last)
        now = log_now(log)
    end
    log_gone(log, last - call("XLEN", log.inputs))
    log_note(log, log.n, log_make_now(now.at, now.wall), "")
    for missing = last + 1, log.n do
        log_add(log, missing, PB_TICK .. pb_times(now.wall, now.at))
    end
    log.at, log.wall, log.text = now.at, now.wall, log.noted
end

-- The clock is not the one that this Redis committed last: read it, and compare it with the stream. True: something was taken back.
local function log_read(log, text)
    local n, at, wall, gone, note = match(text or "0 0 0 0", "^(%d+) (%d+) (%d+) (%-?%d+)%z?(.*)$")
    log.n, log.at, log.wall, log.text = tonumber(n), tonumber(at), tonumber(wall), nil
    log_gone(log, tonumber(gone))
    if log.n - call("XLEN", log.inputs) == log.gone then
        log.text = text
        return false
    end
    local newest = call("XREVRANGE", log.inputs, "+", "-", "COUNT", 1)[1]
    log_repair(log, newest and tonumber(match(newest[1], "^%d+")) or 0, note)
    return true
end

local function log_of(inputs)
    local log = logs[inputs]
    if not log then
        local t = prefix_of(inputs)
        log = {
            inputs = inputs,
            t = t,
            clock = t .. "clock",
            handle = t .. "handle:",
            cust = t .. "cust:",
            conv = t .. "conv:",
        }
        logs[inputs] = log
    end
    return log
end

-- text: what the clock holds. True: something was taken back, and what was read before may be gone.
local function log_check(log, text)
    return (not text or text ~= log.text) and log_read(log, text)
end

local function log_open(inputs)
    local log = log_of(inputs)
    log_check(log, call("GET", log.clock))
    return log
end

-- The committed clock, but for how many inputs are gone.
local function log_trimmed(log, removed)
    log_gone(log, log.gone + removed)
    log_note(log, log.n, log_make_now(log.at, log.wall), "")
    log.text = log.noted
end
