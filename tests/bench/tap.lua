-- Taps on many links, each as likely as the next, from the browsers inside Instagram and Facebook. Arguments: how many links.
-- Every request is put together before the first is sent, so that this side of the wire costs the same for all servers.

local AGENTS = {
  "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A.%d; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.%d " ..
    "Mobile Safari/537.36 Instagram 336.0.0.35.90 Android (34/14; 420dpi; 1080x2205; Google/google; Pixel 8; shiba; shiba; en_GB; 613417)",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F%d " ..
    "Instagram 334.0.%d.25.89 (iPhone14,5; iOS 17_5_1; en_GB; en-GB; scale=3.00; 1170x2532; 608720130)",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 " ..
    "[FBAN/FBIOS;FBAV/466.%d.0.%d.106;FBBV/600000000;FBDV/iPhone14,2;FBMD/iPhone;FBSN/iOS;FBSV/17.4;FBSS/3;FBCR/;FBID/phone;FBLC/de_DE]",
}

local requests = {}
local mine = 0

function setup(thread)
  mine = mine + 1
  thread:set("seed", mine)
end

function init(args)
  math.randomseed(seed)
  for n = 0, tonumber(args[1]) - 1 do
    local agent = AGENTS[n % #AGENTS + 1]
    requests[n] = wrk.format("GET", string.format("/bench-%d?utm_source=ig&utm_medium=social&fbclid=PAZXh0bgNhZW0CMTEAAabc%08d_aem_xyz", n, n), {
      ["Host"] = "jobs.example.com",
      ["User-Agent"] = string.format(agent, n % 40, n % 7),
      ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
      ["Accept-Language"] = "en-GB,en-US;q=0.9,en;q=0.8",
      ["Accept-Encoding"] = "gzip, deflate",
      ["Referer"] = "http://instagram.com/",
      ["Sec-Fetch-Site"] = "none",
      ["Sec-Fetch-Mode"] = "navigate",
      ["Sec-Fetch-Dest"] = "document",
      ["Upgrade-Insecure-Requests"] = "1",
      ["X-Requested-With"] = "com.instagram.android",
    })
  end
end

function request()
  return requests[math.random(0, #requests)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"wrong":%d}\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
