// The parts of the benchmark that could lie without anyone noticing: the histogram, the skipper,
// the requests it sends, and the comparison with a baseline.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdio>
#include <set>

#include "client.h"
#include "csv.h"
#include "histogram.h"
#include "picker.h"
#include "report.h"
#include "request.h"
#include "results.h"
#include "skipper.h"

namespace freshet {
namespace {

constexpr char kNested[] = "*3\r\n$5\r\nhe\r\no\r\n*2\r\n:1\r\n$-1\r\n%1\r\n+a\r\n*0\r\n";

TEST_CASE("every value is in the bucket that claims it") {
  for (uint64_t value = 0; value < 100000; ++value) {
    const size_t bucket = Histogram::bucket_of(value);
    REQUIRE(value <= Histogram::highest_of(bucket));
    REQUIRE((bucket == 0 || value > Histogram::highest_of(bucket - 1)));
  }
}

TEST_CASE("a bucket is never wider than a 128th of its values") {
  for (uint64_t value = 1; value < UINT64_MAX / 3; value = value * 2 + value / 7 + 1) {
    const uint64_t highest = Histogram::highest_of(Histogram::bucket_of(value));
    CHECK(highest >= value);
    CHECK(highest - value <= value / 128);
  }
  Histogram histogram;
  histogram.record(UINT64_MAX);
  CHECK(histogram.quantile(1) == UINT64_MAX);
}

TEST_CASE("quantiles of one to a thousand are where they should be") {
  Histogram histogram;
  for (uint64_t value = 1; value <= 1000; ++value) histogram.record(value);
  CHECK(histogram.count() == 1000);
  CHECK(histogram.max() == 1000);
  CHECK(histogram.quantile(0) == 1);
  CHECK(histogram.quantile(0.1) == 100);
  CHECK(histogram.quantile(0.5) >= 500);
  CHECK(histogram.quantile(0.5) <= 504);
  CHECK(histogram.quantile(0.999) >= 999);
  CHECK(histogram.quantile(1) == 1000);
}

TEST_CASE("a merged histogram has the values of both") {
  Histogram one;
  Histogram other;
  one.record(10, 99);
  other.record(1000);
  one.merge(other);
  CHECK(one.count() == 100);
  CHECK(one.quantile(0.99) == 10);
  CHECK(one.quantile(0.995) == 1000);
}

TEST_CASE("an empty histogram has quantile zero") { CHECK(Histogram().quantile(0.5) == 0); }

TEST_CASE("a reply is skipped whole, however it is cut") {
  const std::string stream = std::string(kNested) + "+OK\r\n-ERR no\r\n$3\r\nabc\r\n_\r\n";
  for (size_t cut = 1; cut <= stream.size(); ++cut) {
    Skipper skipper;
    int replies = 0;
    for (size_t at = 0; at < stream.size(); at += cut) {
      std::string_view in = std::string_view(stream).substr(at, cut);
      while (!in.empty()) {
        const Skipper::Skipped skipped = skipper.skip(in);
        in.remove_prefix(skipped.bytes);
        replies += skipped.complete;
      }
    }
    CHECK(replies == 5);
    CHECK(skipper.errors() == 1);
    CHECK(skipper.first_error() == "ERR no");
  }
}

TEST_CASE("the skipper stops at the end of a reply") {
  Skipper skipper;
  const Skipper::Skipped skipped = skipper.skip("*1\r\n$2\r\nab\r\n+next\r\n");
  CHECK(skipped.complete);
  CHECK(skipped.bytes == 12);
}

TEST_CASE("a nested reply is parsed to its tree") {
  const Reply reply = parse_reply(kNested);
  REQUIRE(reply.items.size() == 3);
  CHECK(reply.items[0].text == "he\r\no");
  CHECK(reply.items[1].items[0].number() == 1);
  CHECK(reply.items[1].items[1].type == '_');
  CHECK(reply.items[2].items.size() == 2);
}

TEST_CASE("a request carries the names that its holes ask for") {
  const Space space{"key:", 1000, 3};
  KeyPicker picker(Pick::kSequence, 1000, 1);
  std::string out;
  Request({"SET", "%k", "%v"}, space).append_to(out, 42, picker);
  CHECK(out == encode({"SET", "key:000000000042", "vvv"}));
  out.clear();
  Request({"MGET", "%r", "%r"}, space).append_to(out, 42, picker);
  CHECK(out == encode({"MGET", "key:000000000000", "key:000000000001"}));
  CHECK(name_of(space, 999999999999) == "key:999999999999");
}

TEST_CASE("uniform keys reach both ends of their space and no further") {
  KeyPicker picker(Pick::kUniform, 10, 7);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(picker.next());
  CHECK(seen.size() == 10);
  CHECK(*seen.rbegin() == 9);
}

TEST_CASE("Zipf prefers few keys: the first of 1000 has a seventh") {
  KeyPicker picker(Pick::kZipf, 1000, 7);
  int first = 0;
  for (int i = 0; i < 100000; ++i) first += picker.next() == 0;
  CHECK(first > 12000);  // 1 / (the sum of k^-0.99 for k to 1000) = 0.1303
  CHECK(first < 14100);
}

TEST_CASE("the median of an even number is the middle of two") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 2, 3}) == 2.5);
}

TEST_CASE("only a checked metric that is more than a tenth above its baseline is worse") {
  const std::vector<Cell> baseline = {{"throughput", "GET p1", "freshet", "cpu_vs_redis", 0.80},
                                      {"throughput", "SET p1", "freshet", "cpu_vs_redis", 0.80},
                                      {"throughput", "SET p1", "freshet", "cpu_us", 1.0},
                                      {"throughput", "INCR", "freshet", "cpu_vs_redis", 0.80},
                                      {"throughput", "MGET", "freshet", "cpu_vs_redis", 0.80}};
  Results results;
  results.set({"GET p1", "freshet"}, "throughput", "cpu_vs_redis", 0.87);
  results.set({"SET p1", "freshet"}, "throughput", "cpu_vs_redis", 0.92);
  results.set({"SET p1", "freshet"}, "throughput", "cpu_us", 9.0);
  results.absent({"INCR", "freshet"}, "throughput", "ERR unknown command");
  const std::vector<Worse> worse = worse_than(baseline, results);
  REQUIRE(worse.size() == 2);
  CHECK(worse[0].text == "throughput/SET p1, freshet, cpu_vs_redis: 0.92, was 0.80 (+15 %)");
  CHECK(worse[1].text == "throughput/INCR, freshet, cpu_vs_redis: is now n/a");
}

TEST_CASE("CSV comes back as it was written, and n/a has no number") {
  Results results;
  results.set({"GET p1", "redis"}, "throughput", "cpu_us", 1.25);
  results.absent({"INCR", "redis"}, "throughput", "no");
  const std::string path = "bench_test.csv";  // in the build tree, where tests run
  REQUIRE(write_file(path, csv({{"machine", "a, b"}}, results)));
  const std::vector<Cell> cells = read_csv(path);
  std::remove(path.c_str());
  REQUIRE(cells.size() == 1);
  CHECK(cells[0].row == "GET p1");
  CHECK(cells[0].value == 1.25);
}

TEST_CASE("what a server could not run is n/a in both reports, with its words") {
  Results results;
  results.absent({"INCR", "freshet"}, "throughput", "ERR unknown command '<b>'");
  CHECK(markdown({}, results).find("| INCR | freshet | n/a |") != std::string::npos);
  CHECK(markdown({}, results).find("ERR unknown command") != std::string::npos);
  CHECK(html({}, results).find("&lt;b&gt;") != std::string::npos);
}

}  // namespace
}  // namespace freshet
