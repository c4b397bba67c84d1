-- Says that an instance is alive, and counts those that are. KEYS: the set of all. ARGV: its name, for how long a beat
-- counts, in milliseconds.
local time, life = redis.call('TIME'), tonumber(ARGV[2])
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - life)
redis.call('PEXPIRE', KEYS[1], life)
return redis.call('ZCARD', KEYS[1])
