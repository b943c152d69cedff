#include "harness.h"

namespace freshet {

TEST_CASE("a value that was set is read back") {
  Cache cache;
  CHECK_EQ(cache("GET a"), "$-1\r\n");
  CHECK_EQ(cache("SET a hello"), "+OK\r\n");
  CHECK_EQ(cache("GET a"), "$5\r\nhello\r\n");
  CHECK_EQ(cache("SET a 12"), "+OK\r\n");
  CHECK_EQ(cache("get a"), "$2\r\n12\r\n");
}

}  // namespace freshet
