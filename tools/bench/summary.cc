// The README's tables: a few rows of the report, in its own words.
#include <optional>

#include "report.h"
#include "rows.h"

namespace freshet {

namespace {

struct Shown {
  const char* work;
  Line line;
  const char* table;
  const char* metric;  // of Freshet and of Redis
  const char* ratio;   // that of the two; "": none
  int digits;
};

// A table of the summary: its heading cells, and its rows.
struct Part {
  const char* heading;
  std::vector<Shown> rows;
};

Shown command(const char* work, const char* row) {
  return {work, {row, "freshet"}, "throughput", "cpu_us", "cpu_vs_redis", 2};
}

Shown memory(const char* work, const char* row) {
  return {work, {row, "freshet"}, "memory", "bytes", "bytes_vs_redis", 1};
}

Shown kill(const char* work, const char* row) {
  return {work, {row, "freshet"}, "invalidation", "ms", "sooner", 2};
}

const std::vector<Part>& parts() {
  static const std::vector<Part> all = {
      {"work, CPU µs/op | Freshet | redis-server | ratio",
       {command("GET, pipeline 1", "GET p1"),
        command("SET, pipeline 1", "SET p1"),
        command("GET, pipeline 32", "GET p32"),
        command("SET, pipeline 32", "SET p32"),
        command("GET, pipeline 128", "GET p128"),
        command("SET, pipeline 128", "SET p128"),
        command("MGET of 10, pipeline 8", "MGET 10 p8"),
        command("GET of 1 MB", "GET 1 MB p1"),
        command("`DEPSET` with two tags, pipeline 32 (Redis: `SET` and two `SADD`)", kTaggedRow),
        {"GET, pipeline 32, `--cores 2`",
         {"GET p32", "freshet-2"},
         "throughput",
         "cpu_us",
         "cpu_vs_redis",
         2}}},
      {"memory, bytes | Freshet | redis-server | ratio",
       {memory("a key of 16 and a value of 32", kPlainKey),
        memory("the same with a deadline", kMortalKey),
        memory("the same with two tags of 10,000 (Redis: two `SADD`)", kTaggedKey),
        memory("an idle connection", kIdleConnection)}},
      {"invalidation, ms until the reply | Freshet | redis-server | times sooner",
       {kill("kill a tag of a million keys (Redis: Lua, `SMEMBERS` and `UNLINK`)", kTagRow),
        kill("kill `user:*`, a million of two (Redis: `SCAN` and `UNLINK`)", kPatternRow)}}};
  return all;
}

std::string shown(std::optional<double> value, int digits) {
  return value ? number_text(*value, digits) : "";
}

std::string table_of(const Part& part, const Results& results) {
  std::string rows;
  for (const Shown& row : part.rows) {
    const auto own = results.get(row.table, row.line, row.metric);
    if (!own) continue;
    const auto redis = results.get(row.table, {row.line.row, "redis"}, row.metric);
    const auto ratio = results.get(row.table, row.line, row.ratio);
    rows += "| " + std::string(row.work) + " | " + shown(own, row.digits) + " | " +
            shown(redis, row.digits) + " | " + shown(ratio, 2) + " |\n";
  }
  if (rows.empty()) return {};
  return "| " + std::string(part.heading) + " |\n|---|--:|--:|--:|\n" + rows + "\n";
}

}  // namespace

std::string markdown_summary(const Facts& facts, const Results& results) {
  std::string out = "\n";
  for (const Part& part : parts()) out += table_of(part, results);
  std::string where;
  for (const auto& [name, value] : facts) {
    const bool told = name == "machine" || name == "redis" || name == "commit" || name == "date";
    if (told) where += (where.empty() ? "" : "; ") + name + ": " + value;
  }
  return out + where + ".\n\n";
}

}  // namespace freshet
