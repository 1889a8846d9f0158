-- SPDX-License-Identifier: Apache-2.0
--
-- The outbox: entries that apply made, claimed by the owner of their account, reported on until they are final.
--
-- An entry's state moves to anything but SENDING only in outbox_move, which tells the log. due:* is the index of what is
-- open, queued or being sent, in the order in which it was written; what it says is checked against the entry, and what is
-- stale in it is removed by who finds it. Only a pause is a matter of the clock, and no clock makes one longer than PAUSE_MOST.

local outbox_member, outbox_life -- the others of these names end with this file: Lua has room for 200 of them in a chunk

local QUEUED, SENDING, UNKNOWN, SENT, FAILED, DELIVERED, READ = 1, 2, 3, 4, 5, 6, 7
do
    local OUTBOX_LIFE = {
        [UNKNOWN] = 30 * DAY,
        [FAILED] = 30 * DAY,
        [SENT] = 2 * DAY,
        [DELIVERED] = 2 * DAY,
        [READ] = 2 * DAY,
    }
    local SIMULATED_LIFE = DAY -- nobody may be there to take it
    local PAUSE_MOST = 3600 * 1000
    local EXPIRE_LOOK = 32 -- entries that one call looks at
    local DEAD = { [UNKNOWN] = true, [FAILED] = true }

    function outbox_member(id)
        local input, effect = match(id, "^(%d+)%.(%d+)$")
        return input and rep("0", 14 - #input) .. input .. "." .. rep("0", 6 - #effect) .. effect
    end

    local function outbox_id(member)
        return (gsub(gsub(member, "^0+", ""), "%.0*(%d)", ".%1"))
    end

    local function outbox_read(t, id)
        local f = call("HMGET", t .. "outbox:" .. id, "state", "attempt", "due", "owner", "account", "reason", "external",
            "d", "conversation", "entry", "to", "born", "class")
        if not f[1] then
            return nil
        end
        return {
            id = id,
            key = t .. "outbox:" .. id,
            member = outbox_member(id),
            state = tonumber(f[1]),
            attempt = tonumber(f[2]),
            due = tonumber(f[3]),
            owner = f[4],
            account = f[5],
            reason = f[6],
            external = f[7],
            delivery = f[8],
            conversation = tonumber(f[9]),
            entry = tonumber(f[10]),
            to = f[11] or "",
            born = tonumber(f[12] or 0),
            class = f[13] or "",
        }
    end

    function outbox_life(state, account)
        return OUTBOX_LIFE[state] or sub(account, 1, 1) == "~" and SIMULATED_LIFE
    end

    local function outbox_applied(t, id)
        return tonumber(match(id, "^%d+") or 0) <= tonumber(call("GET", t .. "applied") or 0)
    end

    local OUTBOX_WORDS = 10

    local function outbox_list(out, o)
        for _, v in ipairs({ o.id, o.state, o.attempt, o.due, o.owner, o.account, o.reason, o.external, o.delivery, o.class }) do
            out[#out + 1] = v
        end
    end

    -- The indexes that an entry in this state stands in, as commands; the same take it back there.
    local function outbox_index(t, o, state, wall)
        local commands = {}
        local function index(key, score)
            if score then
                commands[#commands + 1] = { "ZADD", t .. key, score, o.member }
            else
                commands[#commands + 1] = { "ZREM", t .. key, o.member }
            end
        end
        index("due:" .. o.account, (state == QUEUED or state == SENDING) and 0)
        index("dead", DEAD[state] and wall)
        local life = outbox_life(state, o.account)
        commands[#commands + 1] = life and { "EXPIRE", o.key, life } or { "PERSIST", o.key }
        return commands
    end

    -- Moves the entry and tells the log. pause: ms until it may go, 0 = at once. class: why in one word, for what is dead.
    -- more(plan, wall): plans what else belongs to it; may be nil. Returns the number of the input.
    local function outbox_move(log, o, state, reason, external, pause, class, more)
        local t, n, now = log.t, log.n + 1, log_now(log)
        local wall = now.wall
        local due = o.due
        if pause then
            due = pause > 0 and wall + math.min(pause, PAUSE_MOST) or 0
        end
        local plan = plan_new()
        plan_add(plan, undo("HSET", o.key, "state", o.state, "due", o.due, "owner", o.owner, "reason", o.reason,
            "external", o.external, "class", o.class), "HSET", o.key, "state", state, "due", due, "owner", state == QUEUED and "" or o.owner, "reason", reason,
            "external", external ~= "" and external or o.external, "class", class or "")
        local back = outbox_index(t, o, o.state, wall)
        for i, forth in ipairs(outbox_index(t, o, state, wall)) do
            plan_add(plan, undo(unpack(back[i])), unpack(forth))
        end
        if external ~= "" then
            local key = t .. "external:" .. o.account .. ":" .. external
            plan_add(plan, undo("DEL", key), "SET", key, o.id, "EX", OUTBOX_LIFE[SENT])
        end
        if more then
            more(plan, wall)
        end
        log_note(log, n, now, plan.undo)
        plan_run(plan)
        log_commit(log, n, n .. "-0", now, now.input .. pb_delivery_news(o.id, o.conversation, o.entry, state, reason))
        return n
    end

    -- How long it still pauses. A time further ahead than any pause was written by a clock that has been set back since.
    local function outbox_pause(o, wall)
        local pause = o.state == QUEUED and o.due - wall or 0
        return pause > 0 and pause <= PAUSE_MOST and pause or 0
    end

    -- Lists up to `limit` of what is open after `from`. Returns where to go on, nil at the end.
    local function due_some(out, t, index, from, limit, wall)
        local members = call("ZRANGE", index, from, "+", "BYLEX", "LIMIT", 0, limit)
        for _, member in ipairs(members) do
            local id = outbox_id(member)
            local o = outbox_read(t, id)
            if not o or o.state > SENDING then
                call("ZREM", index, member)
            elseif outbox_applied(t, id) then
                o.due = outbox_pause(o, wall)
                outbox_list(out, o)
            end
        end
        return members[tonumber(limit)]
    end

    -- Fewer than limit are answered only where there are no more.
    local function due(keys, args)
        local t, account, limit, after = prefix_of(keys[1]), args[1], args[2], args[3]
        local time, out, index = call("TIME"), { OK }, t .. "due:" .. account
        local wall = time[1] * 1000 + floor(time[2] / 1000)
        local last = after ~= "" and outbox_member(after)
        repeat
            last = due_some(out, t, index, last and "(" .. last or "-", limit, wall)
        until not last or (#out - 1) / OUTBOX_WORDS >= tonumber(limit)
        return out
    end

    -- Why it is not sent at all. life: ms after which what was not sent has expired, 0 = never.
    local function outbox_refusal(log, o, life)
        if life > 0 and o.born > 0 and log_now(log).wall - o.born > life then
            return "expired", "not delivered in time" .. (o.reason ~= "" and ": " .. o.reason or "")
        end
        return reach_refusal(log.t, o.to, o.account)
    end

    local function claim(keys, args)
        local log, id = log_open(keys[1]), args[1]
        local t = log.t
        local holder = lease_held(t, args[2], args[3], args[4])
        if not holder then
            return { FENCED }
        end
        local o = outbox_read(t, id)
        if not o or o.state > SENDING or not outbox_applied(t, id) then
            return { ABSENT }
        end
        if o.state == SENDING and o.owner ~= holder and args[5] ~= "1" then
            outbox_move(log, o, UNKNOWN, "the sender was lost", "", nil, "unknown")
            return { CONFLICT }
        end
        local class, why
        if o.state == QUEUED then
            class, why = outbox_refusal(log, o, tonumber(args[6] or 0))
        end
        if class then
            outbox_move(log, o, FAILED, why, "", nil, class)
            return { CONFLICT }
        end
        if o.state == QUEUED or o.owner ~= holder then
            o.state, o.owner, o.attempt = SENDING, holder, o.attempt + 1
            call("HSET", o.key, "state", SENDING, "owner", holder, "attempt", o.attempt)
        end
        local out = { OK }
        outbox_list(out, o)
        return out
    end

    -- Of what is not final, only the latest attempt counts (0 = whichever it is). Nil: it counts for nothing.
    local function report_retries(o, state, attempt)
        local named = attempt > 0
        if named and state <= UNKNOWN and (attempt ~= o.attempt or state == UNKNOWN and o.state ~= SENDING) then
            return nil
        end
        return state == QUEUED and (o.state == SENDING or named and o.state == UNKNOWN)
    end

    -- What a report tells that comes too late to move the entry: the id at the vendor, and what is known of the handle.
    local function report_late(log, o, external, more)
        local plan = plan_new()
        more(plan, log_now(log).wall)
        if external ~= "" and o.external == "" then
            plan_add(plan, "", "SET", log.t .. "external:" .. o.account .. ":" .. external, o.id, "EX", OUTBOX_LIFE[SENT])
            plan_field(plan, o.key, "external", o.external, external) -- the last: until it stands there, all is done again
        end
        plan_run(plan)
    end

    local function report(keys, args)
        local id, account, state, external = args[1], args[2], tonumber(args[3]), args[5]
        local log = log_open(keys[1])
        if id == "" then
            id = call("GET", log.t .. "external:" .. account .. ":" .. external) or ""
        end
        local o = id ~= "" and outbox_read(log.t, id)
        if not o then
            return placed(ABSENT, 0)
        end
        local retry = report_retries(o, state, tonumber(args[7]))
        if state == SENDING or not OUTBOX_LIFE[state] and state ~= QUEUED then
            return redis.error_reply("TL a state that is not reported")
        end
        local mark = tonumber(args[8] or 0)
        local function more(plan, wall)
            reach_mark(plan, log.t, o.to, o.account, mark, wall, args[4])
            if state >= DELIVERED and o.to ~= "" then
                reach_clear(plan, reach_key(log.t, o.to), "gone")
            end
        end
        if retry == nil or state <= o.state and not retry then
            report_late(log, o, external, more)
            return placed(AGAIN, 0, o.conversation)
        end
        local class = DEAD[state] and (args[9] or "") or ""
        return placed(OK, outbox_move(log, o, state, args[4], external, retry and tonumber(args[6]), class, more), o.conversation)
    end

    -- Gives up what has expired of an account's queue. Answers with how many were, and whether there may be more.
    local function expire(keys, args)
        local log, account, life = log_open(keys[1]), args[1], tonumber(args[2])
        local t, gone, wall = log.t, 0, log_now(log).wall
        for _, member in ipairs(call("ZRANGE", t .. "due:" .. account, 0, EXPIRE_LOOK - 1)) do
            local o = outbox_read(t, outbox_id(member))
            if o and o.state == QUEUED and o.born > 0 and wall - o.born > life and outbox_applied(t, o.id) then
                local class, why = outbox_refusal(log, o, life)
                outbox_move(log, o, FAILED, why, "", nil, class)
                gone = gone + 1
            end
        end
        return placed(OK, gone)
    end

    local function dead_letters(keys, args)
        local t = prefix_of(keys[1])
        local out, index = { OK }, t .. "dead"
        local dead = call("ZRANGE", index, 0, args[1] - 1, "REV", "WITHSCORES")
        for i = 1, #dead, 2 do
            local o = outbox_read(t, outbox_id(dead[i]))
            if o and DEAD[o.state] then
                o.due = dead[i + 1]
                outbox_list(out, o)
            else
                call("ZREM", index, dead[i])
            end
        end
        return out
    end

    local function resend(keys, args)
        local log = log_open(keys[1])
        local o = outbox_read(log.t, args[1])
        if not o then
            return placed(ABSENT, 0)
        end
        if not DEAD[o.state] then
            return placed(o.state == QUEUED and AGAIN or CONFLICT, 0, o.conversation)
        end
        -- A person decides: its time begins anew, and a handle that was thought gone is tried. A customer's STOP stays.
        local function anew(plan, wall)
            plan_field(plan, o.key, "born", o.born, wall)
            if o.class == "gone" then
                reach_clear(plan, reach_key(log.t, o.to), "gone")
            end
        end
        return placed(OK, outbox_move(log, o, QUEUED, "", "", 0, "", anew), o.conversation)
    end

    local function backlog(keys, args)
        local t, out = prefix_of(keys[1]), { OK }
        for i = 1, #args do
            out[i + 1] = call("ZCARD", t .. "due:" .. args[i])
        end
        return out
    end

    register("backlog", backlog, READS)
    register("due", due, WHEN_FULL)
    register("claim", claim, WHEN_FULL)
    register("report", report, WHEN_FULL)
    register("expire", expire, WHEN_FULL)
    register("dead_letters", dead_letters, WHEN_FULL)
    register("resend", resend)
end
