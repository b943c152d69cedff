// The parts of the benchmark that could lie without anyone noticing: the histogram, the skipper,
// the requests it sends, and the comparison with a baseline.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "churn.h"
#include "client.h"
#include "csv.h"
#include "histogram.h"
#include "insert.h"
#include "picker.h"
#include "report.h"
#include "request.h"
#include "results.h"
#include "rows.h"
#include "scripts.h"
#include "skipper.h"
#include "targets.h"
#include "thread_watch.h"
#include "watcher.h"

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
  out.clear();
  Request({"DEPSET", "%n", "%v", "DEPS", "1", "%k"}, space).append_to(out, 9, picker);
  CHECK(out == encode({"DEPSET", "key:000000000010", "vvv", "DEPS", "1", "key:000000000009"}));
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

TEST_CASE("SCAN goes on from each cursor, and what it found is unlinked, to the last page") {
  const Script script = scan_and_unlink("u:*");
  const auto scan = [](const char* cursor) {
    return encode({"SCAN", cursor, "MATCH", "u:*", "COUNT", "1000"});
  };
  CHECK(script(nullptr)->bytes == scan("0"));
  const Reply found = parse_reply("*2\r\n$1\r\n7\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  CHECK(script(&found)->bytes == encode({"UNLINK", "a", "b"}) + scan("7"));
  CHECK(script(&found)->replies == 2);
  const Reply nothing = parse_reply("*2\r\n$1\r\n9\r\n*0\r\n");
  CHECK(script(&nothing)->bytes == scan("9"));
  CHECK(script(&nothing)->replies == 1);
  const Reply end = parse_reply("*2\r\n$1\r\n0\r\n*1\r\n$1\r\nz\r\n");
  CHECK(script(&end)->bytes == encode({"UNLINK", "z"}));
  CHECK(script(&end)->replies == 1);
  const Reply unlinked = parse_reply(":1\r\n");
  CHECK_FALSE(script(&unlinked));
  const Reply empty_end = parse_reply("*2\r\n$1\r\n0\r\n*0\r\n");
  CHECK_FALSE(script(&empty_end));
}

TEST_CASE("a script of one request ends with its reply") {
  const Script script = once({"INVALIDATE", "TAG", "hot"});
  CHECK(script(nullptr)->bytes == encode({"INVALIDATE", "TAG", "hot"}));
  const Reply reply = parse_reply(":3\r\n");
  CHECK_FALSE(script(&reply));
}

TEST_CASE("a target is met at its bound and missed beyond it") {
  const Line line{"row", "freshet"};
  const Target least{"sooner", line, "invalidation", "sooner", Bound::kAtLeast, 100, 0};
  CHECK(meets(least, 100));
  CHECK_FALSE(meets(least, 99.9));
  const Target most{"bytes", line, "memory", "bytes", Bound::kAtMost, 130, 1};
  CHECK(meets(most, 130));
  CHECK_FALSE(meets(most, 130.1));
}

TEST_CASE("every target names a table, and a metric that the invalidation table shows") {
  for (const Target& target : targets()) {
    const auto table = std::find_if(tables().begin(), tables().end(), [&](const Table& one) {
      return one.id == std::string(target.table);
    });
    REQUIRE(table != tables().end());
    if (table->id != std::string("invalidation")) continue;
    CHECK(std::any_of(table->columns.begin(), table->columns.end(), [&](const Column& column) {
      return column.metric == std::string(target.metric);
    }));
  }
}

TEST_CASE("the verdicts say what was met, missed and n/a, and leave out what was not run") {
  Results results;
  results.set({kTagRow, "freshet"}, "invalidation", "sooner", 1234.4);
  results.set({kTagRow, "freshet"}, "invalidation", "shorter", 199);
  results.set({kTagRow, "freshet-2"}, "invalidation", "own_ms", 1);
  results.absent({kTaggedRow, "freshet"}, "throughput", "ERR unknown command");
  const std::vector<VerdictText> texts = verdict_texts(results);
  REQUIRE(texts.size() == 3);
  CHECK(texts[0].target == "≥ 100");
  CHECK(texts[0].measured == "1 234");
  CHECK(texts[0].met == "yes");
  CHECK(texts[1].met == "NO");
  CHECK(texts[2].row == kTaggedRow);
  CHECK(texts[2].measured == "n/a");
  CHECK(texts[2].met == "NO");
  CHECK(markdown({}, results).find("≥ 200 | 199 | NO |") != std::string::npos);
  CHECK(html({}, results).find("<td>≥ 200</td>") != std::string::npos);
  CHECK(markdown({}, Results()).find("Targets") == std::string::npos);
}

TEST_CASE("schedstat's first two numbers are time on a cpu and time waiting for one") {
  const auto times = parse_schedstat("123456789 42 7\n");
  REQUIRE(times);
  CHECK(times->ran_ns == 123456789);
  CHECK(times->queued_ns == 42);
  CHECK_FALSE(parse_schedstat(""));
  CHECK_FALSE(parse_schedstat("12"));
  CHECK_FALSE(parse_schedstat("12 x"));
}

TEST_CASE("a thread that runs is seen to run, by the kernel's own count") {
  ThreadWatch watch = ThreadWatch::of_this_thread();
  CHECK(watch.take().others_ran_ns == 0);  // there is but one
  CHECK(ThreadWatch::of_process(getpid()).take().queued_ns < 60'000'000'000);
}

TEST_CASE("a spell is that of the thread that was queued longest, and what the others ran") {
  const Spell spell = spell_of({{10, 5}, {20, 5}, {7, 7}}, {{11, 8}, {26, 105}, {0, 0}});
  CHECK(spell.queued_ns == 100);
  CHECK(spell.others_ran_ns == 1);
  const Spell single = spell_of({{10, 5}}, {{500, 5}});
  CHECK(single.queued_ns == 0);
  CHECK(single.others_ran_ns == 0);
}

TEST_CASE(
    "of a wait, what the machine queued is excused, and what the server queued itself is not") {
  CHECK(unqueued_ns(1000, {}, {}) == 1000);
  CHECK(unqueued_ns(1000, {.queued_ns = 600}, {.queued_ns = 300}) == 100);
  CHECK(unqueued_ns(1000, {.queued_ns = 600, .others_ran_ns = 250}, {}) == 650);
  CHECK(unqueued_ns(1000, {.queued_ns = 600, .others_ran_ns = 9000}, {}) == 1000);
  CHECK(unqueued_ns(1000, {.queued_ns = 900}, {.queued_ns = 900}) == 0);
}

TEST_CASE("the server's share of a wait is bounded by its turns and by what was not queued") {
  CHECK(Waits{.longest = 9, .unqueued = 3}.own() == 3);
  CHECK(Waits{.longest = 9, .unqueued = 3, .turns = 1.5}.own() == 1.5);
  CHECK(Waits{.longest = 9, .unqueued = 3, .behind_its_own = 1, .turns = 1.5}.own() == 2.5);
  CHECK(Waits{.longest = 9, .unqueued = 3, .behind_its_own = 4, .turns = 1.5}.own() == 3);
}

TEST_CASE("sections of a document are replaced, and all else stays") {
  const std::string document = "a\n<!-- bench: one -->\nold\n<!-- bench: end -->\nb\n";
  const Inserted once = insert(document, {{"one", "new\n"}, {"two", "x"}});
  CHECK(once.error.empty());
  CHECK(once.text == "a\n<!-- bench: one -->\nnew\n<!-- bench: end -->\nb\n");
  CHECK(insert(once.text, {{"one", "new\n"}}).text == once.text);
  CHECK(insert(document, {{"two", "x"}}).error == "no section 'one'");
  CHECK_FALSE(insert("nothing", {{"one", "x"}}).error.empty());
  CHECK_FALSE(insert("<!-- bench: one -->", {{"one", "x"}}).error.empty());
}

TEST_CASE("a run that was written as CSV is reported again as it was") {
  Results results;
  results.set({"GET p32", "freshet"}, "throughput", "cpu_us", 0.75);
  results.set({"GET p32", "freshet"}, "throughput", "cpu_vs_redis", 0.375);
  results.set({"GET p32", "redis"}, "throughput", "cpu_us", 2);
  results.absent({"INCR", "freshet"}, "throughput", "ERR a, b");
  const Facts facts = {{"machine", "two cpus"}, {"date", "today: 12:00"}};
  const std::string path = "bench_test_run.csv";
  REQUIRE(write_file(path, csv(facts, results)));
  const Run run = read_run(path);
  std::remove(path.c_str());
  CHECK(run.facts == facts);
  CHECK(markdown_body(run.facts, run.results).find("- INCR, freshet: ERR a; b") !=
        std::string::npos);
  CHECK(markdown_summary(run.facts, run.results) ==
        "\n| work, CPU µs/op | Freshet | redis-server | ratio |\n|---|--:|--:|--:|\n"
        "| GET, pipeline 32 | 0.75 | 2.00 | 0.38 |\n\nmachine: two cpus; date: today: 12:00.\n\n");
}

TEST_CASE("log-uniform sizes stay in their bounds, and half of them are under the middle") {
  const Sizes sizes{64, 64 << 10};
  Random random(7);
  int small = 0;
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const size_t size = sizes.draw(random);
    REQUIRE(size >= sizes.least);
    REQUIRE(size < sizes.most);
    small += size < 2048;  // the geometric middle
    sum += static_cast<double>(size);
  }
  CHECK(small > 49000);
  CHECK(small < 51000);
  CHECK(sum / 100000 > 0.97 * sizes.mean());
  CHECK(sum / 100000 < 1.03 * sizes.mean());
}

TEST_CASE("the default scale runs a row for every target of commands but that with 20M keys") {
  const std::vector<CommandRow> rows = command_rows(normal_scale());
  for (const Target& target : targets()) {
    if (target.table != std::string("throughput") || target.line.row == "GET 20M keys p32")
      continue;
    CHECK_MESSAGE(std::any_of(rows.begin(), rows.end(),
                              [&](const CommandRow& row) { return row.name == target.line.row; }),
                  target.line.row);
  }
  CHECK(rows.size() < command_rows(full_scale()).size());
}

TEST_CASE("no row's name would break a line of CSV") {
  for (const char* name : {kTagRow, kPatternRow, kFanRow, kChainRow, kLoopRow, kManyRow, kGrowthRow,
                           kKeysRow, kKillRow, kChurnRow, kAdaptiveRow, kLruRow, kLfuRow}) {
    CHECK(std::string(name).find(',') == std::string::npos);
  }
}

TEST_CASE("a target shows as many decimals as it has") {
  Results results;
  results.set({kChurnRow, "freshet"}, "churn", "rss_ratio", 1.05);
  results.set({kAdaptiveRow, "freshet"}, "eviction", "eviction_us", 1.5);
  const std::vector<VerdictText> texts = verdict_texts(results);
  REQUIRE(texts.size() == 2);
  CHECK(texts[0].target == "≤ 1.1");
  CHECK(texts[1].target == "≤ 2");
}

TEST_CASE("DEPSET with two tags is beside a SET and two SADD, over keys filled the same way") {
  const std::vector<CommandRow> rows = command_rows(quick_scale());
  const auto tagged = std::find_if(rows.begin(), rows.end(),
                                   [](const CommandRow& row) { return row.name == kTaggedRow; });
  REQUIRE(tagged != rows.end());
  CHECK(tagged->redis.requests.size() == 3);
  CHECK(tagged->filling == Filling::kOperation);
  CHECK(tagged->spec.pipeline == 32);
  CHECK(tagged->spec.connections == quick_scale().connections);
}

}  // namespace
}  // namespace freshet
