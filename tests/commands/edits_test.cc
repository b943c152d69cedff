// Values that are changed where they stand: who else sees it, what it costs, what it kills.
#include "harness.h"

namespace freshet {
namespace {

int64_t memory(Cache& cache) {
  int64_t bytes = 0;
  cache.router.each([&](Shard& shard) { bytes += shard.meter.bytes(); });
  return bytes;
}

std::string drain(Output& out) {
  std::string bytes;
  iovec parts[16];
  while (out.pending() != 0) {
    const int count = out.gather(parts, 16);
    size_t total = 0;
    for (int i = 0; i < count; ++i) {
      bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
      total += parts[i].iov_len;
    }
    if (total == 0) break;  // a Blob that shrank behind the output's back: the bytes will differ
    out.sent(total);
  }
  return bytes;
}

const Entry* find(Cache& cache, std::string_view name) {
  const Key key = cache.keyspace.hasher.key(name);
  return Space(cache.keyspace.home(key), 0, cache.session.now).peek(key);
}

// Stores `name`, made from the key "base".
void store_dependent(Cache& cache, std::string_view name) {
  const Key key = cache.keyspace.hasher.key(name), base = cache.keyspace.hasher.key("base");
  Shard& shard = cache.keyspace.home(key);
  Space space(shard, 0, cache.session.now);
  const Millis bound = Space(cache.keyspace.home(base), 0, cache.session.now).attach(base, shard);
  const Pool::Ref made = space.db().graph.declare({&base, 1}, {}, {cache.session.now, bound});
  space.assign(key, Value::of("v"), kNever, space.peek(key), {made});
}

}  // namespace

TEST_CASE("a reply still to be sent keeps the bytes it was given") {
  Cache cache;
  const std::string large(20000, 'x');
  for (const char* line : {"APPEND a y", "SETRANGE a 5 yyy", "SETBIT a 8 0", "SETRANGE a 30000 y",
                           "BITFIELD a SET u8 #9 1", "SET a 1", "GETDEL a"}) {
    cache.run({"SET", "a", large});
    Output out;
    const std::vector<std::string_view> get = {"GET", "a"};
    cache.dispatcher.run(cache.session, get, out);
    cache(line);
    CHECK_EQ(drain(out), "$20000\r\n" + large + "\r\n");
  }
}

TEST_CASE("a large value that nobody else holds is edited without a copy") {
  Cache cache;
  cache("SETBIT a 800000 1");
  const Blob* blob = find(cache, "a")->blob();
  cache("SETBIT a 7 1");
  cache("SETRANGE a 500 abc");
  cache("BITFIELD a INCRBY u32 #3 7");
  CHECK_EQ(find(cache, "a")->blob(), blob);
}

TEST_CASE("a value that grows byte by byte is copied seldom") {
  Cache cache;
  cache.run({"SET", "a", std::string(10000, 'x')});
  int copies = 0;
  const Blob* blob = find(cache, "a")->blob();
  for (int i = 0; i < 90000; ++i) {
    cache("APPEND a y");
    if (find(cache, "a")->blob() == blob) continue;
    blob = find(cache, "a")->blob();
    ++copies;
  }
  CHECK_LE(copies, 12);  // a quarter more each time, from 10,000 bytes to 100,000
}

TEST_CASE("memory is counted exactly through every way to grow") {
  Cache cache;
  CHECK_EQ(memory(cache), 0);
  cache("SET a 1");
  const int64_t small = memory(cache);
  for (size_t size : {10, 100, 300, 5000, 8191, 1, 1, 9000, 70000}) {
    cache.run({"APPEND", "a", std::string(size, 'x')});
  }
  cache("SETBIT b 7 1");
  cache("SETBIT b 70000 1");
  cache("SETRANGE c 10000 x");
  cache("BITFIELD d SET u8 #20 1");
  cache("BITOP NOT e a");
  CHECK_GE(memory(cache), small + 2 * 90000);
  for (const char* key : {"a", "b", "c", "d", "e"}) cache.run({"GETDEL", key});
  CHECK_EQ(memory(cache), 0);
}

TEST_CASE("an edited value is marked raw, a stored or counted one is not") {
  Cache cache;
  for (const char* line :
       {"APPEND a 1", "SETRANGE a 0 x", "SETBIT a 1 0", "BITOP OR a a", "BITFIELD a SET u1 0 0"}) {
    cache("SET a 12");
    cache(line);
    CHECK(find(cache, "a")->is_raw());
  }
  cache("SETRANGE new 0 x");
  cache("SETBIT new2 0 1");
  CHECK(find(cache, "new")->is_raw());
  CHECK(find(cache, "new2")->is_raw());
  cache("SET a abc");
  CHECK_FALSE(find(cache, "a")->is_raw());
  cache("SET a 12");
  cache("APPEND a 3");
  cache("INCR a");
  CHECK_EQ(find(cache, "a")->encoding(), Encoding::kInt);
  cache("INCRBYFLOAT a 1");
  CHECK_EQ(find(cache, "a")->encoding(), Encoding::kInline);
  CHECK_FALSE(find(cache, "a")->is_raw());
  cache("APPEND fresh 12");
  CHECK_EQ(find(cache, "fresh")->encoding(), Encoding::kInt);
}

TEST_CASE("an edit kills what was made from the value") {
  for (const char* line :
       {"APPEND base x", "SETRANGE base 0 9", "SETBIT base 1 1", "SETBIT base 99 0", "INCR base",
        "INCRBYFLOAT base 0.5", "BITFIELD base SET u8 0 1", "BITOP NOT base base", "SET base 9",
        "MSET base 9", "GETSET base 9", "GETDEL base", "GETEX base EXAT 1"}) {
    Cache cache(7);
    cache("SET base 12");
    store_dependent(cache, "page");
    cache(line);
    CHECK_EQ(cache("GET page"), "$-1\r\n");
  }
}

TEST_CASE("what changes nothing kills nothing") {
  for (const char* line :
       {"SETBIT base 0 0", "BITFIELD base SET u8 0 49", "BITFIELD base GET u8 0", "SET base 12",
        "SETNX base 9", "GETRANGE base 0 -1", "GETEX base EX 100", "SET base 9 NX", "INCRBY base x",
        "BITFIELD base OVERFLOW FAIL SET u4 0 99", "MSETNX base 9"}) {
    Cache cache(7);
    cache("SET base 12");
    store_dependent(cache, "page");
    cache(line);
    CHECK_EQ(cache("GET page"), "$1\r\nv\r\n");
  }
}

TEST_CASE("the first fill of a name by an edit is no change") {
  for (const char* line : {"APPEND base x", "SETRANGE base 3 x", "SETBIT base 9 1", "INCR base",
                           "BITFIELD base SET u8 0 1"}) {
    Cache cache(7);
    store_dependent(cache, "page");
    cache(line);
    CHECK_EQ(cache("GET page"), "$1\r\nv\r\n");
  }
}

}  // namespace freshet
