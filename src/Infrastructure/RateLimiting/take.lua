-- Takes one of each window, or none of any, in one step that nothing interrupts (ADR 0034).
-- KEYS: one list of instants, oldest first, for each limit. ARGV: the window's length, then each limit.
-- Answers: the instant if taken, else 0; then for each window: remaining, time until its oldest leaves, time to wait.
-- All times are microseconds of this server's clock, which is the only one that instances share.
local time = redis.call('TIME')
local now, length = time[1] * 1000000 + time[2], tonumber(ARGV[1])

local function instant(key, index)
  return tonumber(redis.call('LINDEX', key, index))
end

local waits, taken = {}, true
for i, key in ipairs(KEYS) do
  local at = instant(key, 0)
  -- What lies in the future was written before the clock was set back: it must not count until then.
  while at and (at > now or now - at >= length) do
    redis.call('LPOP', key)
    at = instant(key, 0)
  end

  local count, most = redis.call('LLEN', key), tonumber(ARGV[i + 1])
  waits[i] = count < most and 0 or instant(key, count - most) + length - now
  taken = taken and waits[i] == 0
end

local answer = { taken and now or 0 }
for i, key in ipairs(KEYS) do
  if taken then
    redis.call('RPUSH', key, string.format('%.0f', now))
    -- No key lives for ever: a minute without a request, and it is gone.
    redis.call('PEXPIRE', key, math.ceil(length / 1000))
  end

  local oldest = instant(key, 0)
  answer[3 * i - 1] = math.max(0, tonumber(ARGV[i + 1]) - redis.call('LLEN', key))
  answer[3 * i] = oldest and oldest + length - now or 0
  answer[3 * i + 1] = waits[i]
end

return answer
