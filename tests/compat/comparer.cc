#include "comparer.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <vector>

#include "resp_reader.h"

namespace freshet::compat {
namespace {

constexpr std::string_view kAny = "*";
constexpr long kMillisApart = 200;
constexpr long kSecondsApart = 2;

constexpr Normalisation kNormalisations[] = {
    {"KEYS", kAny, Rule::kSet, "the order of a hash table is the server's own"},
    {"SCAN", kAny, Rule::kScan, "cursors are the server's own; the union is promised"},
    {"RANDOMKEY", kAny, Rule::kKind, "chance"},
    {"DBSIZE", kAny, Rule::kSweptExact, "counts expired keys until somebody meets them"},
    {"PTTL", kAny, Rule::kMillis, "time passes between the two servers"},
    {"PEXPIRETIME", kAny, Rule::kMillis, "time passes between the two servers"},
    {"TTL", kAny, Rule::kSeconds, "time passes between the two servers"},
    {"EXPIRETIME", kAny, Rule::kSeconds, "time passes between the two servers"},
    {"OBJECT", "IDLETIME", Rule::kKind, "in Redis small integers share one object and its clock"},
    {"OBJECT", "REFCOUNT", Rule::kKind, "whether small integers are shared is not promised"},
    {"TIME", kAny, Rule::kKind, "the time"},
    {"HELLO", kAny, Rule::kHello, "the server's version and the connection's id"},
    {"CLIENT", "ID", Rule::kKind, "ids are the server's own"},
    {"CLIENT", "INFO", Rule::kKind, "ids, ages and sizes"},
    {"CLIENT", "LIST", Rule::kKind, "ids, ages and sizes"},
    {"CONFIG", "GET", Rule::kPairs, "the order of a hash table is the server's own"},
    {"COMMAND", "", Rule::kKind, "Redis has commands that Freshet has not"},
    {"COMMAND", "COUNT", Rule::kKind, "Redis has commands that Freshet has not"},
    {"COMMAND", "LIST", Rule::kSet, "the order of a hash table is the server's own"},
    {"COMMAND", "INFO", Rule::kInfo, "subcommands are in a hash table's order; notes are prose"},
    {"SLOWLOG", "GET", Rule::kKind, "how long a command took"},
    {"SLOWLOG", "LEN", Rule::kKind, "how long a command took"},
    {"LATENCY", "DOCTOR", Rule::kKind, "prose about this server's speed"},
    {"MEMORY", "USAGE", Rule::kSweptKind, "bytes depend on the layout"},
    {"MEMORY", "STATS", Rule::kKind, "bytes depend on the layout"},
    {"MEMORY", "DOCTOR", Rule::kKind, "prose about this server's memory"},
};

constexpr Exception kExceptions[] = {
    {"CLIENT", "SETINFO", "came with Redis 7.2; 7.0 answers an error"},
    {"CLIENT", "NO-TOUCH", "came with Redis 7.2; 7.0 answers an error"},
    {"MEMORY", "MALLOC-STATS", "the allocator's own report"},
    {"CLIENT", "HELP", "Freshet has no client-side caching, pub/sub and blocking commands yet"},
    {"LATENCY", "HELP", "Freshet has no LATENCY GRAPH and HISTOGRAM"},
    {"LATENCY", "GRAPH", "not in Freshet"},
    {"LATENCY", "HISTOGRAM", "not in Freshet"},
};

template <typename Row>
const Row* find(std::span<const Row> rows, const Args& args) {
  const std::string_view name = args.empty() ? std::string_view() : args[0];
  const std::string_view subcommand = args.size() > 1 ? args[1] : std::string_view();
  for (const Row& row : rows) {
    if (!same_name(row.command, name)) continue;
    if (row.subcommand == kAny || same_name(row.subcommand, subcommand)) return &row;
  }
  return nullptr;
}

bool close_integers(const Reply& a, const Reply& b, long apart) {
  if (a.type != ':' || b.type != ':') return false;
  const long x = std::strtol(a.text.c_str(), nullptr, 10);
  const long y = std::strtol(b.text.c_str(), nullptr, 10);
  return x >= 0 && y >= 0 && std::labs(x - y) <= apart;
}

std::vector<std::string> sorted_items(const Reply& reply, size_t group) {
  std::vector<std::string> items;
  for (size_t i = 0; i < reply.items.size(); i += group) {
    std::string item;
    for (size_t j = i; j < std::min(i + group, reply.items.size()); ++j) {
      item += flat(reply.items[j]) + ' ';
    }
    items.push_back(item);
  }
  std::ranges::sort(items);
  return items;
}

bool same_unordered(const Reply& a, const Reply& b, size_t group) {
  return a.is_array() && a.type == b.type && a.null == b.null &&
         sorted_items(a, group) == sorted_items(b, group);
}

bool same_kind(const Reply& a, const Reply& b) {
  return a.type == b.type && !a.null && !b.null && !a.is_error();
}

void mask_hello(Reply* reply) {
  for (size_t i = 0; i + 1 < reply->items.size(); i += 2) {
    const std::string& field = reply->items[i].text;
    if (field == "version" || field == "id") reply->items[i + 1].text = "(masked)";
  }
}

// Key specs without their notes: prose of Redis's.
void drop_notes(Reply* key_specs) {
  for (Reply& spec : key_specs->items) {
    spec.text.clear();  // the count, which the notes are part of
    if (spec.items.size() > 1 && spec.items[0].text == "notes") {
      spec.items.erase(spec.items.begin(), spec.items.begin() + 2);
    }
  }
}

void tidy_info(Reply* reply) {
  constexpr size_t kKeySpecs = 8, kSubcommands = 9;
  for (Reply& row : reply->items) {
    if (row.items.size() <= kSubcommands) continue;
    drop_notes(&row.items[kKeySpecs]);
    for (Reply& subcommand : row.items[kSubcommands].items) {
      if (subcommand.items.size() > kKeySpecs) drop_notes(&subcommand.items[kKeySpecs]);
    }
    std::ranges::sort(row.items[kSubcommands].items, {}, flat);
  }
}

bool same_after(void (*change)(Reply*), Reply a, Reply b) {
  change(&a);
  change(&b);
  return flat(a) == flat(b);
}

}  // namespace

std::span<const Normalisation> normalisations() { return kNormalisations; }
std::span<const Exception> exceptions() { return kExceptions; }

const Normalisation* normalisation_of(const Args& args) { return find(normalisations(), args); }
bool needs_sweep(const Args& args) {
  const Normalisation* row = normalisation_of(args);
  return row != nullptr && (row->rule == Rule::kSweptExact || row->rule == Rule::kSweptKind);
}

bool is_exception(const Args& args) { return find(exceptions(), args) != nullptr; }

bool same_reply(const Args& args, std::string_view expected, std::string_view actual) {
  if (expected == actual || is_exception(args)) return true;
  const Normalisation* row = normalisation_of(args);
  if (row == nullptr) return false;
  const Reply a = parse_reply(expected);
  const Reply b = parse_reply(actual);
  switch (row->rule) {
    case Rule::kSet:
      // COMMAND LIST without a filter is about all commands, and Redis has more.
      if (same_name(args[0], "COMMAND") && args.size() == 2) return same_kind(a, b);
      return same_unordered(a, b, 1);
    case Rule::kPairs:
      return same_unordered(a, b, 2);
    case Rule::kMillis:
      return close_integers(a, b, kMillisApart);
    case Rule::kSeconds:
      return close_integers(a, b, kSecondsApart);
    case Rule::kKind:
    case Rule::kSweptKind:
      return same_kind(a, b);
    case Rule::kHello:
      return same_after(mask_hello, a, b);
    case Rule::kInfo:
      // Without names it is about all commands, and Redis has more.
      return args.size() == 2 ? same_kind(a, b) : same_after(tidy_info, a, b);
    case Rule::kScan:
    case Rule::kSweptExact:
      return false;
  }
  return false;
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace freshet::compat
