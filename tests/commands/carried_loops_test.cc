// Values that take another name or go to another database, and may close no loop there.
#include "edges.h"
#include "probe.h"

namespace freshet {

TEST_CASE("a value that takes another name may close no loop either") {
  for (const uint32_t shards : {1u, 8u}) {
    for (const uint32_t at_once : {0u, 256u}) {
      Cache cache(shards);
      cache.options.settings.loop_check_at_once = at_once;
      cache("DEPSET page v DEPS 1 part");
      cache("DEPSET part v DEPS 1 row");
      cache("DEPSET other w DEPS 2 page signal");
      CHECK_EQ(cache("RENAME other row"), "-CYCLE row <- page <- part <- row\r\n");
      CHECK_EQ(cache("COPY other row"), "-CYCLE row <- page <- part <- row\r\n");
      CHECK_EQ(cache("RENAMENX other row"), "-CYCLE row <- page <- part <- row\r\n");
      CHECK_EQ(cache("EXISTS row other page part"), integer(3));
      cache("SET row 1");
      CHECK_EQ(cache("COPY other row"), integer(0));
      CHECK_EQ(cache("COPY other row REPLACE"), "-CYCLE row <- page <- part <- row\r\n");
      CHECK_EQ(cache("GET row"), bulk("1"));
      CHECK_EQ(cache("COPY other else"), integer(1));
      CHECK_EQ(cache("COPY page page DB 1"), integer(1));
      CHECK_EQ(cache("COPY part row DB 1"), integer(1));
      CHECK_EQ(cache("COPY other part DB 1"), "-CYCLE part <- page <- part\r\n");
      CHECK_FALSE(has_loop(cache.keyspace, 0));
      CHECK_EQ(figure(cache, "DEPINFO other", "hits"), 2);  // by the two that were not refused
    }
  }
}

TEST_CASE("a value that goes to another database may close no loop there") {
  for (const uint32_t shards : {1u, 8u}) {
    Cache cache(shards);
    cache("DEPSET a v DEPS 1 b");
    cache.session.db = 1;
    cache("DEPSET b v DEPS 1 a");
    CHECK_EQ(cache("COPY b b DB 0"), "-CYCLE b <- a <- b\r\n");
    CHECK_EQ(cache("MOVE b 0"), "-CYCLE b <- a <- b\r\n");
    CHECK_EQ(cache("EXISTS b"), integer(1));
    CHECK_FALSE(has_loop(cache.keyspace, 0));
  }
}

}  // namespace freshet
