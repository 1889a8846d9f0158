-- SPDX-License-Identifier: Apache-2.0
--
-- Whether a handle may be written to: what its owner said (STOP), what vendors said of it (it does not exist).
--
-- reach:<handle> is a hash: "stop:<account>" -> "<wall> <keyword>" for one account, "gone" -> "<wall> <reason>" for all. A handle
-- of which nothing is known has none. It belongs to the handle, not to a customer: merges leave it alone.

local reach_key, reach_refusal, reach_clear, reach_mark
do
    local STOP, START = 1, 2 -- ConsentState
    local REACH_STOPPED, REACH_GONE = 1, 2 -- what a report says beside its state

    function reach_key(t, handle)
        return t .. "reach:" .. handle
    end

    -- Why nothing may be sent to this handle: class and reason. Nil: it may.
    function reach_refusal(t, handle, account)
        if handle == "" then
            return nil
        end
        local f = call("HMGET", reach_key(t, handle), "stop:" .. account, "gone")
        if f[1] then
            return "stopped", "the customer stopped messages from this account: " .. match(f[1], "^%d+ (.*)$")
        end
        if f[2] then
            return "gone", "this handle does not exist any more: " .. match(f[2], "^%d+ (.*)$")
        end
        return nil
    end

    local function reach_set(plan, key, field, text)
        plan_field(plan, key, field, call("HGET", key, field), text)
    end

    function reach_clear(plan, key, field)
        plan_drop(plan, key, field, call("HGET", key, field))
    end

    -- What a report says of the handle itself.
    function reach_mark(plan, t, handle, account, mark, wall, why)
        if handle == "" then
            return
        end
        local key = reach_key(t, handle)
        if mark == REACH_STOPPED then
            reach_set(plan, key, "stop:" .. account, wall .. " " .. why)
        elseif mark == REACH_GONE then
            reach_set(plan, key, "gone", wall .. " " .. why)
        end
    end

    -- Ingest of a customer's word about messages. word: {account key, state, keyword}.
    local function consent_one(keys, args, word)
        local log = log_open(keys[1])
        local first = call("GET", keys[2])
        if first then
            return seen_before(first, args[1])
        end
        return ingest_one(log, keys, 1, args, function(e)
            local key = reach_key(log.t, e.handle)
            if word.state == STOP then
                reach_set(ingest_plan(e), key, "stop:" .. word.account, e.wall .. " " .. word.keyword)
            elseif word.state == START then
                reach_clear(ingest_plan(e), key, "stop:" .. word.account)
                reach_clear(ingest_plan(e), key, "gone")
            end
        end)
    end

    local function consent(keys, args)
        local word = {}
        word.keyword, word.state, word.account = table.remove(args), tonumber(table.remove(args)), table.remove(args)
        return lane_run(function(k, a)
            return consent_one(k, a, word)
        end, keys, args, args[6])
    end

    register("consent", consent)
end
