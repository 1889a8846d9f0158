-- SPDX-License-Identifier: Apache-2.0
--
-- ingest_many: up to 32 events, one after the other, as if each came alone.
--
-- Redis spends more on a call of a function, and on each call out of it, than a message needs of work. So the ordinary ones (known
-- customer, open conversation, same channel, nothing beside) are taken in runs: as many as follow each other are read together and
-- have one note. Each is committed for itself; what a call left that failed on its way is the events from the first up to some one.

local run

do -- Lua bounds how many names a chunk may have, and the library is one
    local KNOWN_MAX = 4096 -- customers, of each tenant; about 1 kB each

    -- The events of a run, by position; used again by the next.
    local index, rule, known, agent, said, number, note = {}, {}, {}, {}, {}, {}, {}

    -- What follows from a customer's number and their `recent`, kept while that stays as it was: they often write again soon. Nil: no conversation.
    local function known_read(log, customer, recent)
        -- "id,word,wall,channel,closed;...": what follows the wall stays as it is.
        local id_end = find(recent, ",", 1, true)
        local word_end = id_end and find(recent, ",", id_end + 1, true)
        local wall_end = word_end and find(recent, ",", word_end + 1, true)
        if not wall_end then
            return nil
        end
        if not log.known or log.known_count == KNOWN_MAX then
            log.known, log.known_count = {}, 0
        end
        local id, author = sub(recent, 1, id_end - 1), varint(customer + 0)
        local c = {
            customer = customer,
            recent = recent,
            wall = sub(recent, word_end + 1, wall_end - 1) + 0,
            first = id .. ",", -- how `recent` begins and, after the wall, ends
            rest = sub(recent, wall_end),
            key = log.cust .. customer,
            timeline = log.conv .. id .. ":log",
            answer = "," .. id .. "," .. customer .. ",",
            author = pb_author(author),
            placed = "\8" .. varint(id + 0) .. "\16" .. author, -- as in pb_placed
        }
        log.known_count = log.known_count + (log.known[customer] and 0 or 1)
        log.known[customer] = c
        return c
    end

    -- Makes the i-th event the k-th of the run. False: it is not an ordinary one.
    local function run_add(k, i, log, now, named, rules, customer)
        local c = log.known and log.known[customer]
        local key = c and c.key or log.cust .. customer
        local f = named and call("HMGET", key, "recent", "last_agent", "attributes", "name")
            or call("HMGET", key, "recent", "last_agent", "attributes")
        local recent = f[1] -- not there where a handle is shared: that is nobody's number
        if not recent or named and not f[4] then
            return false
        end
        if not c or c.recent ~= recent then
            c = known_read(log, customer, recent)
        end
        if not c or sub(c.rest, 1, rules.open_len + 1) ~= rules.open or now.wall - c.wall > rules.join_ms then
            return false
        end
        index[k], rule[k], known[k], agent[k], said[k] = i, rules, c, f[2], f[3]
        return true
    end

    local function run_note(log, now, keys, m)
        local at = 3 * m
        for k = 1, m do
            local c = known[k]
            number[k] = digits(log.n + k)
            note[at - 2], note[at - 1], note[at] = keys[2 * index[k]], c.customer, c.recent
            at = at - 3
        end
        log_begin(log, number[m] .. now.clock .. log.gone_text .. "\0r\0" .. concat(note, "\0", 1, 3 * m) .. "\0")
    end

    -- Each event is committed for itself, right after its own writes. The bytes are those of pb_author and pb_placed.
    local function run_write(log, now, keys, args, m, answers)
        local inputs, wall, entry_time, input_times = log.inputs, now.wall_text, now.entry, now.input
        run_note(log, now, keys, m)
        for k = 1, m do
            local i, c, n = index[k], known[k], number[k]
            local at, placed = (i - 1) * EVENT_WORDS, agent[k] and c.placed .. pb_text("\50", agent[k]) or c.placed
            placed = said[k] and placed .. said[k] or placed
            local answer, entry, recent = n .. c.answer .. args[at + 1], args[at + 4], c.first .. n .. "," .. wall .. c.rest
            local size = varint(#placed)
            answers[i] = answer .. "\0" .. input_times .. "\26" .. size .. placed
            call("SETEX", keys[2 * i], rule[k].life, answer)
            call("HSET", c.key, "recent", recent)
            c.recent, c.wall = recent, now.wall
            if entry ~= "" then
                call("XADD", c.timeline, n, "e", entry .. entry_time .. c.author)
            end
            call("XADD", inputs, n, "i", args[at + 5] .. input_times .. "\26" .. size .. placed)
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
            run_write(log, now, keys, args, m, answers)
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
