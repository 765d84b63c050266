-- For wrk: requests that differ from a template in their digits alone, and at the end one line of figures.
--
-- `wrk … -s wrk.lua URL -- TEMPLATE_FILE DIGITS FIRST_NUMBER`, with one thread.

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local template = file:read("*a")
  file:close()
  digits, parts, number, sent = args[2], {}, tonumber(args[3]), 0
  local from = 1
  while true do
    local at, till = template:find(digits, from, true)
    parts[#parts + 1] = template:sub(from, (at or 0) - 1)
    if not at then
      break
    end
    from = till + 1
  end
  form = "%0" .. #digits .. "d"
end

function request()
  sent = sent + 1
  return table.concat(parts, form:format(number + sent))
end

-- Microseconds, answers, failures, requests that were made (the last ones wait for no answer), and the latencies in
-- microseconds that 1, 2, … 999 in a thousand did not exceed, and none did.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local told = { summary.duration, summary.requests, failed, threads[1]:get("sent") }
  for permille = 1, 999 do
    told[#told + 1] = latency:percentile(permille / 10)
  end
  told[#told + 1] = latency.max
  io.write("told ", table.concat(told, " "), "\n")
end
