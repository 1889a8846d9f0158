-- SPDX-License-Identifier: Apache-2.0
--
-- lane: the order of events.
--
-- A node has many events under way on one connection. When one of them is refused (memory is full, say), those behind it must not be
-- stored, or a customer's words would change places. So a node numbers them: lane * 2^40 + 1, 2, 3 ... What does not follow the last
-- one answered is refused as well, until the node begins another lane. It is kept in memory only: who knows of no lane refuses too much.

local LANE, LANES_MAX = 1099511627776, 1000

local lanes, lanes_count = {}, 0 -- by lane: the last turn that was answered

local function lane_move(lane, turn)
    if not lanes[lane] then
        if lanes_count == LANES_MAX then
            lanes, lanes_count = {}, 0
        end
        lanes_count = lanes_count + 1
    end
    lanes[lane] = turn
end

-- Runs it if its turn has come. order: lane and turn as text; empty or nil = whenever.
local function lane_run(run, keys, args, order)
    order = tonumber(order or "")
    if not order then
        return run(keys, args)
    end
    local turn = order % LANE
    local lane = order - turn
    if turn ~= 1 and lanes[lane] ~= turn - 1 then
        return redis.error_reply("BEHIND an event that was not stored")
    end
    local answer = run(keys, args)
    lane_move(lane, turn)
    return answer
end
