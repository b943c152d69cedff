#include "harness.h"

namespace freshet {

TEST_CASE("WARM hands its grammar to the host") {
  Cache cache;
  cache("SELECT 0");
  CHECK_EQ(cache("WARM FROM known MATCH a* EX 10 REPLACE RATE 100 LIMIT 5"), ":1\r\n");
  const WarmRequest& request = cache.host.warm_requests.at(0);
  CHECK_EQ(request.match, "a*");
  CHECK_EQ(request.ttl.value(), 10000);
  CHECK(request.replace);
  CHECK_EQ(request.rate, 100);
  CHECK_EQ(request.limit, 5);
  CHECK_EQ(cache("WARM FROM known KEYS 2 a b"), ":2\r\n");
  CHECK_EQ(cache.host.warm_requests.at(1).keys.size(), 2u);
}

TEST_CASE("WARM refuses what it can't read, and starts nothing") {
  Cache cache;
  for (const char* bad :
       {"WARM FROM known MATCH", "WARM FROM known KEYS 0", "WARM FROM known KEYS 2 a",
        "WARM FROM known EX 0", "WARM FROM known RATE x", "WARM FROM known FOO",
        "WARM FROM known MATCH a KEYS 1 b", "WARM FROM", "WARM", "WARM NONSENSE",
        "WARM FROM known EX 9223372036854775807"}) {
    CAPTURE(bad);
    CHECK_EQ(cache(bad).substr(0, 4), "-ERR");
  }
  CHECK(cache.host.warm_requests.empty());
  CHECK_EQ(cache("WARM FROM other"), "-ERR no such source 'other'\r\n");
}

TEST_CASE("WARM STATUS, CANCEL and SOURCES say what the host knows") {
  Cache cache;
  CHECK_EQ(cache("WARM STATUS"), "*0\r\n");
  CHECK_EQ(cache("WARM STATUS 7"), "$-1\r\n");
  CHECK_EQ(cache("WARM CANCEL 1"), ":1\r\n");
  CHECK_EQ(cache("WARM CANCEL 2"), ":0\r\n");
  CHECK_EQ(cache("WARM SOURCES"), "*2\r\n$5\r\nknown\r\n$16\r\n127.0.0.1:6380/0\r\n");
}

}  // namespace freshet
