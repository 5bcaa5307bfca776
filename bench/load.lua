-- A script for wrk. It sends GET requests for random paths of the file BENCH_PATHS. A response with a status of 400 or
-- more counts as wrong.
local paths, headers = {}, { ["X-Auth-Token"] = os.getenv("BENCH_TOKEN"), ["OpenStack-API-Version"] = "compute 2.93" }

function init()
  for line in io.lines(os.getenv("BENCH_PATHS")) do
    table.insert(paths, wrk.format("GET", line, headers))
  end
end

function request()
  return paths[math.random(#paths)]
end

function done(summary, latency)
  local wrong = 0
  for _, errors in pairs(summary.errors) do wrong = wrong + errors end
  io.write(string.format(
    '\nRESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "wrong": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), wrong))
end
