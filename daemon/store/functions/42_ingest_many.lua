-- SPDX-License-Identifier: Apache-2.0
--
-- ingest_many: up to 32 events, one after the other, as if each came alone.
--
-- Redis spends more on a call of a function, and on each call out of it, than a message needs of work. So the ordinary ones (known
-- customer, open conversation, same channel, nothing beside) are taken in runs: as many as follow each other are read together and
-- have one note. Each is committed for itself; what a call left that failed on its way is the events from the first up to some one.

local FEW = 8 -- events in a call are answered with their inputs; of more it is cheaper to read them from the log, at once

local run

do -- Lua bounds how many names a chunk may have, and the library is one
    -- The events of a run, by position; used again by the next.
    local index, rule, who, place, former, rest, agent, number, note = {}, {}, {}, {}, {}, {}, {}, {}, {}

    -- Makes the i-th event the k-th of the run. False: it is not an ordinary one.
    local function run_add(k, i, log, now, named, rules, customer)
        local f = named and call("HMGET", log.cust .. customer, "recent", "last_agent", "name")
            or call("HMGET", log.cust .. customer, "recent", "last_agent")
        local recent = f[1] -- not there where a handle is shared: that is nobody's number
        if not recent or named and not f[3] then
            return false
        end
        -- "id,word,wall,channel,closed;...": what follows the wall stays as it is.
        local id_end = find(recent, ",", 1, true)
        local word_end = id_end and find(recent, ",", id_end + 1, true)
        local wall_end = word_end and find(recent, ",", word_end + 1, true)
        if not wall_end or sub(recent, wall_end, wall_end + rules.open_len) ~= rules.open
            or now.wall - sub(recent, word_end + 1, wall_end - 1) > rules.join_ms then
            return false
        end
        index[k], rule[k], who[k], place[k] = i, rules, customer, sub(recent, 1, id_end - 1)
        former[k], rest[k], agent[k] = recent, sub(recent, wall_end), f[2]
        return true
    end

    local function run_note(log, now, keys, m)
        local n = log.n
        for k = 1, m do
            number[k] = digits(n + k)
            note[m + 1 - k] = keys[2 * index[k]] .. "\0" .. who[k] .. "\0" .. former[k] .. "\0"
        end
        log_begin(log, number[m] .. now.clock .. log.gone_text .. "\0r\0" .. concat(note, "", 1, m))
    end

    -- Each event is committed for itself, right after its own writes. The bytes are those of pb_author and pb_placed.
    local function run_write(log, now, keys, args, m, answers, few)
        local cust, conv, inputs, wall, entry_time, input_times = log.cust, log.conv, log.inputs, now.wall_text, now.entry, now.input
        run_note(log, now, keys, m)
        for k = 1, m do
            local i, customer, id, n = index[k], who[k], place[k], number[k]
            local at, entry_id = (i - 1) * EVENT_WORDS, n .. "-0"
            local author, conversation, resolver = varint(customer + 0), varint(id + 0), agent[k] and pb_text("\50", agent[k]) or ""
            local answer, entry = n .. "," .. id .. "," .. customer .. "," .. args[at + 1], args[at + 4]
            local input = args[at + 5] .. input_times .. "\26"
                .. varint(#conversation + #author + #resolver + 2) .. "\8" .. conversation .. "\16" .. author .. resolver
            answers[i] = few and answer .. "\0" .. input or answer
            call("SETEX", keys[2 * i], rule[k].life, answer)
            call("HSET", cust .. customer, "recent", id .. "," .. n .. "," .. wall .. rest[k])
            if entry ~= "" then
                call("XADD", conv .. id .. ":log", entry_id, "e", entry .. entry_time .. "\26" .. last[#author + 1] .. "\8" .. author)
            end
            call("XADD", inputs, entry_id, "i", input)
        end
        log.n, log.at, log.wall, log.text = log.n + m, now.at, now.wall, log.noted
    end

    -- The clock, then for each event what its seen-key and its handle's hold.
    local function run_read(log, keys, first, count)
        return call("MGET", log.clock, unpack(keys, 2 * first, 2 * (first + count) - 1))
    end

    -- Takes up to `count` events from the `first` on: what was there before is answered, what is ordinary is written, up to one that is
    -- neither, or whose customer or id the run has already. Returns how many that were.
    function run(log, keys, args, first, count, answers)
        local values = run_read(log, keys, first, count)
        if log_check(log, values[1]) then
            values = run_read(log, keys, first, count)
        end
        local now, m, taken, done = log_now(log), 0, count > 1 and {}, count
        for j = 1, count do
            local i = first + j - 1
            local at, seen, before, customer = (i - 1) * EVENT_WORDS, keys[2 * i], values[2 * j], values[2 * j + 1]
            local rules = rules_known[args[at + 2]] or rules_read(args[at + 2])
            if before then
                answers[i] = seen_before(before, args[at + 1])
            elseif not customer or taken and (taken[customer] or taken[seen]) or not rules.plain
                or not run_add(m + 1, i, log, now, args[at + 3] ~= "", rules, customer) then
                done = j - 1
                break
            else
                m = m + 1
                if taken then
                    taken[customer], taken[seen] = true, true
                end
            end
        end
        if m > 0 then
            run_write(log, now, keys, args, m, answers, #keys <= 1 + 2 * FEW)
        end
        return done
    end
end

-- Events one after the other, as if each came alone. After one that is not ordinary it looks ahead by one, two, four ...: what was read
-- before that no longer holds.
local function ingest_all(keys, args)
    local log, count, answers = log_of(keys[1]), (#keys - 1) / 2, {}
    local i, ahead = 1, count
    while i <= count do
        local asked = ahead <= count - i and ahead or count - i + 1
        local done = run(log, keys, args, i, asked, answers)
        if done == 0 then
            local at = (i - 1) * EVENT_WORDS
            answers[i], done = ingest_one(log, keys, i, { unpack(args, at + 1, at + EVENT_WORDS) }), 1
            ahead = 1
        else
            ahead = done < asked and 1 or ahead * 2
        end
        i = i + done
    end
    return answers
end

local function ingest_many(keys, args)
    local count = (#keys - 1) / 2
    if count < 1 or count > TOGETHER or #args ~= count * EVENT_WORDS + 1 then
        return redis.error_reply("TL not 1 to 32 events")
    end
    return lane_run(ingest_all, keys, args, args[#args])
end

register("ingest_many", ingest_many)
