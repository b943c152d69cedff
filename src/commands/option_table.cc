#include "commands/option_table.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <string>

#include "commands/option_checks.h"
#include "freshet/base/numbers.h"
#include "freshet/base/text.h"
#include "freshet/engine/leases.h"

namespace freshet {
namespace {

using enum OptionKind;
using enum OptionChange;

constexpr int64_t kMaxInt = INT32_MAX;
constexpr int64_t kMax = INT64_MAX;
constexpr int64_t kMebibyte = 1 << 20;

// Hooks: which atomic a value goes to.
template <auto kMember>
void store(Options& options, int64_t number, std::string_view) {
  (options.*kMember).store(number, std::memory_order_relaxed);
}

template <auto kMember>
void store_setting(Options& options, int64_t number, std::string_view) {
  auto& target = options.settings.*kMember;
  target.store(static_cast<decltype(target.load())>(number), std::memory_order_relaxed);
}

void store_policy(Options& options, int64_t, std::string_view text) {
  const auto* found = std::find(std::begin(kPolicyNames), std::end(kPolicyNames), text);
  options.settings.policy.store(static_cast<EvictionPolicy>(found - kPolicyNames),
                                std::memory_order_relaxed);
}

// Bytes, or percent of maxmemory as a negative number.
void store_client_memory(Options& options, int64_t, std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const int64_t number = parse_int(text).value_or(0);
  options.maxmemory_clients.store(percent ? -number : number, std::memory_order_relaxed);
}

void store_triggers(Options& options, int64_t, std::string_view text) {
  unsigned triggers = 0;
  if (text.find("overwrite") != std::string_view::npos) triggers |= kOnOverwrite;
  if (text.find("edit") != std::string_view::npos) triggers |= kOnEdit;
  if (text.find("delete") != std::string_view::npos) triggers |= kOnDelete;
  if (text.find("expire") != std::string_view::npos) triggers |= kOnExpire;
  options.settings.triggers.store(static_cast<uint8_t>(triggers), std::memory_order_relaxed);
}

void store_password(Options& options, int64_t, std::string_view text) {
  options.needs_password.store(!text.empty(), std::memory_order_relaxed);
}

// "normal hard soft seconds …": the first class comes first (check_output_limits).
void store_output_limits(Options& options, int64_t, std::string_view text) {
  const std::vector<std::string> words = cut_at_spaces(text);
  const auto limit = [&words](size_t at) { return parse_int(words[at]).value_or(0); };
  options.output_hard_limit.store(limit(1), std::memory_order_relaxed);
  options.output_soft_limit.store(limit(2), std::memory_order_relaxed);
  options.output_soft_seconds.store(limit(3), std::memory_order_relaxed);
}

constexpr OptionRow kRows[] = {
    // Network.
    {.name = "bind",
     .kind = kWords,
     .change = kAtStart,
     .initial = "127.0.0.1 -::1",
     .meaning = "The addresses to listen on; one after a '-' may be missing on this machine. '*' "
                "is all of "
                "IPv4, '::*' all of IPv6; none at all leaves the unix socket only.",
     .check = check_bind,
     .form = "[address ...]"},
    {.name = "port",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "6379",
     .meaning = "The TCP port; 0 listens on none.",
     .most = 65535},
    {.name = "unixsocket",
     .kind = kText,
     .change = kAtStart,
     .initial = "\"\"",
     .meaning = "The path of a unix socket to listen on as well; empty for none.",
     .form = "path"},
    {.name = "unixsocketperm",
     .kind = kOctal,
     .change = kAtStart,
     .initial = "0",
     .meaning = "The unix socket's mode, in octal; 0 leaves it to the umask.",
     .most = 0777},
    {.name = "tcp-backlog",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "511",
     .meaning = "Connections that may wait to be accepted; the kernel may lower it.",
     .most = kMaxInt},
    {.name = "tcp-keepalive",
     .kind = kNumber,
     .initial = "300",
     .meaning =
         "Seconds of silence after which a peer is asked whether it is still there; 0 never asks.",
     .most = kMaxInt},
    {.name = "protected-mode",
     .kind = kYesNo,
     .initial = "yes",
     .meaning = "Without a password, only clients on this machine are served."},
    // HTTP.
    {.name = "http-port",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "0",
     .meaning = "The TCP port of the HTTP API and of /metrics; 0 listens on none.",
     .most = 65535},
    {.name = "http-bind",
     .kind = kWords,
     .change = kAtStart,
     .initial = "127.0.0.1 -::1",
     .meaning = "The addresses of the HTTP API, spelled as for bind.",
     .check = check_bind,
     .form = "[address ...]"},
    {.name = "http-threads",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "4",
     .meaning = "HTTP requests that are worked on at the same time, each by a thread.",
     .least = 1,
     .most = 64},
    {.name = "http-max-connections",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "256",
     .meaning = "HTTP connections at one time; further ones are told so and closed.",
     .least = 1,
     .most = 65536},
    {.name = "http-max-body",
     .kind = kMemory,
     .change = kAtStart,
     .initial = "16mb",
     .meaning = "The longest body of an HTTP request.",
     .least = 1024,
     .most = 512 * kMebibyte},
    {.name = "http-timeout",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "10",
     .meaning = "Seconds within which an HTTP request has to come and its answer has to be taken; "
                "a second more for each 32 KB.",
     .least = 1,
     .most = 3600},
    {.name = "http-idle-timeout",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "60",
     .meaning = "Seconds after which an HTTP connection without a request is closed.",
     .least = 1,
     .most = 86400},
    {.name = "http-cors-origin",
     .kind = kText,
     .initial = "\"\"",
     .meaning = "The site whose pages may use the HTTP API from a browser, as https://example.com; "
                "* is any, empty none but the server's own.",
     .form = "origin"},
    // Clients.
    {.name = "requirepass",
     .kind = kText,
     .initial = "\"\"",
     .meaning = "The password that AUTH must give before any other command; empty for none.",
     .hook = store_password,
     .form = "password"},
    {.name = "rename-command",
     .kind = kMany,
     .change = kAtStart,
     .initial = "",
     .meaning =
         "Gives a command another name, or with \"\" none at all. May be given several times.",
     .check = check_rename,
     .form = "name new-name"},
    {.name = "maxclients",
     .kind = kNumber,
     .initial = "10000",
     .meaning = "Connections at one time; further ones are told so and closed.",
     .least = 1,
     .most = UINT32_MAX,
     .hook = store<&Options::maxclients>},
    {.name = "timeout",
     .kind = kNumber,
     .initial = "0",
     .meaning = "Seconds after which an idle connection is closed; 0 keeps it for ever.",
     .most = kMaxInt,
     .hook = store<&Options::timeout>},
    {.name = "client-output-buffer-limit",
     .kind = kWords,
     .initial = "normal 1gb 256mb 60 replica 256mb 64mb 60 pubsub 32mb 8mb 60",
     .meaning =
         "A client that leaves more than hard bytes of replies unread, or more than soft bytes for "
         "that many seconds, is closed; 0 is no limit. Only the class normal has clients.",
     .check = check_output_limits,
     .hook = store_output_limits,
     .form = "class hard soft seconds ..."},
    {.name = "client-query-buffer-limit",
     .kind = kMemory,
     .initial = "1gb",
     .meaning = "The most memory that a client's unfinished command may take.",
     .least = kMebibyte,
     .most = kMax,
     .hook = store<&Options::query_buffer_limit>},
    {.name = "proto-max-bulk-len",
     .kind = kMemory,
     .initial = "512mb",
     .meaning = "The longest argument, and so the longest value.",
     .least = kMebibyte,
     .most = kMax,
     .hook = store<&Options::proto_max_bulk_len>},
    // Memory.
    {.name = "databases",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "16",
     .meaning = "How many databases SELECT can choose from.",
     .least = 1,
     .most = 256},
    {.name = "maxmemory",
     .kind = kMemory,
     .initial = "0",
     .meaning = "Bytes that keys, values, declarations and buffers may take; 0 is no limit.",
     .most = kMax,
     .hook = store_setting<&Settings::maxmemory>},
    {.name = "maxmemory-clients",
     .kind = kText,
     .initial = "0",
     .meaning = "Bytes, or with a % a part of maxmemory, that the buffers of all clients together "
                "may take; over it the largest client is closed. 0 is no limit.",
     .check = check_client_memory,
     .hook = store_client_memory,
     .form = "bytes | percent%"},
    {.name = "maxmemory-policy",
     .kind = kEnum,
     .initial = "noeviction",
     .meaning =
         "What happens at maxmemory: noeviction refuses writes that need memory; the others evict "
         "keys: allkeys-lru those not used for long, -lfu those seldom used, -random any, "
         "-adaptive "
         "those whose next use is least likely by what was learned, -priority those of the lowest "
         "PRIORITY. So do volatile-lru and so on, among keys with a deadline only, and "
         "volatile-ttl "
         "those that expire soon.",
     .words = "volatile-lru, volatile-lfu, volatile-random, volatile-ttl, volatile-adaptive, "
              "volatile-priority, allkeys-lru, allkeys-lfu, allkeys-random, allkeys-adaptive, "
              "allkeys-priority, noeviction",
     .hook = store_policy,
     .form = "policy"},
    {.name = "maxmemory-samples",
     .kind = kNumber,
     .initial = "5",
     .meaning = "Keys looked at to choose one to evict: more choose better, and slower.",
     .least = 1,
     .most = kMostSamples,
     .hook = store_setting<&Settings::maxmemory_samples>},
    {.name = "maxmemory-size-weight",
     .kind = kNumber,
     .initial = "50",
     .meaning = "How much a key's size counts against it with the adaptive and priority policies, "
                "in percent: 100 hits most often, 0 hits most bytes.",
     .most = 100,
     .hook = store_setting<&Settings::size_weight>},
    {.name = "maxmemory-cost-weight",
     .kind = kNumber,
     .initial = "100",
     .meaning = "How much what a value costs to make (DEPSET ... COST ms) counts for it with the "
                "adaptive and priority policies, in percent: 100 saves most time, 0 hits most.",
     .most = 100,
     .hook = store_setting<&Settings::cost_weight>},
    {.name = "max-graph-memory-percent",
     .kind = kNumber,
     .initial = "20",
     .meaning = "While declarations take more of maxmemory than this, names of evicted keys are "
                "given up, the longest evicted first, and what was made from them is dropped.",
     .least = 1,
     .most = 100,
     .hook = store_setting<&Settings::graph_percent>},
    {.name = "maxmemory-waste-percent",
     .kind = kNumber,
     .initial = "4",
     .meaning =
         "How far the resident set may be over maxmemory, in percent of it, before keys make "
         "room for pages that the allocator can't use.",
     .most = 1000,
     .hook = store_setting<&Settings::waste_percent>},
    {.name = "activedefrag",
     .kind = kYesNo,
     .initial = "yes",
     .meaning = "Whether keys and values are moved out of pages that hold few, so that the pages "
                "can be given back.",
     .hook = store_setting<&Settings::compacts>},
    {.name = "active-defrag-ignore-bytes",
     .kind = kMemory,
     .initial = "8mb",
     .meaning = "Nothing is moved while the resident set is no more than this over what is used.",
     .most = kMax,
     .hook = store_setting<&Settings::compact_bytes>},
    {.name = "active-defrag-threshold-lower",
     .kind = kNumber,
     .initial = "2",
     .meaning = "Nothing is moved while the resident set is no more than this over what is used, "
                "in percent of it.",
     .most = 1000,
     .hook = store_setting<&Settings::compact_percent>},
    {.name = "lfu-log-factor",
     .kind = kNumber,
     .initial = "10",
     .meaning = "With an LFU policy: the higher, the more uses a key's counter stands for.",
     .most = kMaxInt,
     .hook = store_setting<&Settings::lfu_log_factor>},
    {.name = "lfu-decay-time",
     .kind = kNumber,
     .initial = "1",
     .meaning = "With an LFU policy: minutes in which a counter loses one; 0: it never does.",
     .most = kMaxInt,
     .hook = store_setting<&Settings::lfu_decay_time>},
    // Dependencies, tags, warming.
    {.name = "dependency-triggers",
     .kind = kWords,
     .initial = "overwrite edit delete expire",
     .meaning =
         "What counts as a change of a key, and so kills its dependents; none leaves that to "
         "INVALIDATE alone.",
     .check = check_triggers,
     .hook = store_triggers,
     .form = "none | [overwrite] [edit] [delete] [expire]"},
    {.name = "max-deps-per-key",
     .kind = kNumber,
     .initial = "1024",
     .meaning = "The most dependencies that one key may declare.",
     .least = 1,
     .most = UINT16_MAX,
     .hook = store_setting<&Settings::max_deps_per_key>},
    {.name = "max-tags-per-key",
     .kind = kNumber,
     .initial = "1024",
     .meaning = "The most tags that one key may carry.",
     .least = 1,
     .most = UINT16_MAX,
     .hook = store_setting<&Settings::max_tags_per_key>},
    {.name = "max-dependency-depth",
     .kind = kNumber,
     .initial = "0",
     .meaning = "The longest chain of dependencies below a key; 0 is no limit.",
     .most = kMaxInt,
     .hook = store_setting<&Settings::max_dependency_depth>},
    {.name = "loop-check-at-once",
     .kind = kNumber,
     .initial = "256",
     .meaning =
         "Names that the search for a loop looks at while all other commands wait; it looks at "
         "more in slices.",
     .most = 4096,
     .hook = store_setting<&Settings::loop_check_at_once>},
    {.name = "invalidate-at-once",
     .kind = kNumber,
     .initial = "64",
     .meaning = "Up to so many keys of a shard are removed by the INVALIDATE that kills them; more "
                "die at once as well, and are removed in the background.",
     .most = 4096,
     .hook = store_setting<&Settings::invalidate_at_once>},
    {.name = "lease-ms",
     .kind = kNumber,
     .initial = "3000",
     .meaning = "How long a FETCH leases a missing key if it does not say, in milliseconds.",
     .least = 1,
     .most = kLongestLease,
     .hook = store_setting<&Settings::lease_millis>},
    {.name = "fetch-wait-ms",
     .kind = kNumber,
     .initial = "50",
     .meaning = "The longest time that FETCH tells others to wait before they ask again.",
     .least = 1,
     .most = kLongestLease,
     .hook = store_setting<&Settings::fetch_wait_millis>},
    {.name = "lease-slots",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "4096",
     .meaning =
         "Leases that a shard keeps at once, 32 bytes each from the first on; a lease pushed "
         "out by others is over.",
     .least = 8,
     .most = 1 << 24,
     .hook = store_setting<&Settings::lease_slots>},
    {.name = "fence-slots",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "16384",
     .meaning = "Changes that a shard remembers while leases are out, 25 bytes each from the first "
                "on. Too few, and fills are refused without need.",
     .least = 8,
     .most = 1 << 24,
     .hook = store_setting<&Settings::fence_slots>},
    {.name = "stats-top-names",
     .kind = kNumber,
     .initial = "64",
     .meaning = "Prefixes and tags, each, that a shard keeps statistics of (CACHESTATS TOP); 0 is "
                "none.",
     .most = 256,
     .hook = store_setting<&Settings::stats_top_names>},
    {.name = "prefix-index",
     .kind = kYesNo,
     .initial = "no",
     .meaning = "Keeps the keys in order as well, at about 11 bytes each: INVALIDATE PATTERN, KEYS "
                "and SCAN MATCH then look only at keys with the pattern's literal beginning.",
     .hook = store_setting<&Settings::prefix_index>},
    {.name = "source",
     .kind = kMany,
     .change = kAtStart,
     .initial = "",
     .meaning =
         "A Redis server that WARM may read from, under a name. May be given several times; a "
         "client can never add one.",
     .check = check_source,
     .form = "name redis://[user:password@]host[:port][/database]"},
    {.name = "warm-maxmemory-percent",
     .kind = kNumber,
     .initial = "80",
     .meaning = "Warming stops when this much of maxmemory is taken: it never evicts.",
     .least = 1,
     .most = 100},
    {.name = "warm-max-jobs",
     .kind = kNumber,
     .initial = "4",
     .meaning = "WARM jobs that may run at the same time.",
     .least = 1,
     .most = 64},
    // Cores.
    {.name = "cores",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "0",
     .meaning = "Threads that serve clients; 0 is one for each cpu the process may use.",
     .most = 256},
    {.name = "shards-per-core",
     .kind = kNumber,
     .change = kAtStart,
     .initial = "8",
     .meaning = "Into how many shards each core's part of the keys is cut: more of them make it "
                "rarer that "
                "two cores want the same one.",
     .least = 1,
     .most = 64},
    // Watching it.
    {.name = "loglevel",
     .kind = kEnum,
     .initial = "notice",
     .meaning = "How much is logged, from everything to trouble only.",
     .words = "debug, verbose, notice, warning"},
    {.name = "logfile",
     .kind = kText,
     .change = kAtStart,
     .initial = "\"\"",
     .meaning = "The file to log to; empty for standard output.",
     .form = "path"},
    {.name = "pidfile",
     .kind = kText,
     .change = kAtStart,
     .initial = "\"\"",
     .meaning = "A file to write the process id to; empty for none.",
     .form = "path"},
    {.name = "slowlog-log-slower-than",
     .kind = kNumber,
     .initial = "10000",
     .meaning = "Commands that take more microseconds than this enter the slow log; -1 logs none.",
     .least = -1,
     .most = kMax,
     .hook = store<&Options::slowlog_slower_than>},
    {.name = "slowlog-max-len",
     .kind = kNumber,
     .initial = "128",
     .meaning = "Commands that the slow log remembers.",
     .most = kMax,
     .hook = store<&Options::slowlog_max_len>},
    {.name = "enable-debug-command",
     .kind = kEnum,
     .change = kAtStart,
     .initial = "local",
     .meaning = "Who may call DEBUG: nobody, clients on this machine, or everybody.",
     .words = "no, local, yes"},
    {.name = "invalidation-log-len",
     .kind = kNumber,
     .initial = "128",
     .meaning = "How many INVALIDATEs, and as many changes that killed dependents, CACHESTATS LOG "
                "remembers.",
     .most = 65536,
     .hook = store_setting<&Settings::invalidation_log>},
    {.name = "invalidation-origins",
     .kind = kNumber,
     .initial = "64",
     .meaning =
         "How many clients, by name and user, are told apart when invalidations are counted.",
     .least = 1,
     .most = 4096,
     .hook = store_setting<&Settings::invalidation_origins>},
    {.name = "latency-monitor-threshold",
     .kind = kNumber,
     .initial = "0",
     .meaning =
         "Events that take at least this many milliseconds are kept for LATENCY; 0 keeps none.",
     .most = kMax,
     .hook = store<&Options::latency_threshold>},
    // Redis's options that clients ask for and that change nothing here.
    {.name = "daemonize",
     .kind = kYesNo,
     .change = kAtStart,
     .initial = "no",
     .meaning = "Only no: a service manager keeps the server in the background.",
     .check = check_only_no},
    {.name = "save",
     .kind = kWords,
     .initial = "\"\"",
     .meaning =
         "Accepted and shown, without effect: Freshet is a cache and writes no data to disk.",
     .check = check_save,
     .joins = true,
     .form = "[seconds changes ...]"},
    {.name = "appendonly",
     .kind = kYesNo,
     .initial = "no",
     .meaning = "Only no: Freshet is a cache and writes no data to disk.",
     .check = check_only_no},
    {.name = "hz",
     .kind = kNumber,
     .initial = "10",
     .meaning =
         "Accepted and shown, without effect: cores run their background work when there is some.",
     .least = 1,
     .most = 500,
     .check = check_hz},
    {.name = "lazyfree-lazy-eviction",
     .kind = kYesNo,
     .initial = "no",
     .meaning =
         "Accepted and shown, without effect: no client waits longer than a slice for memory to be "
         "freed, and so for the four that follow."},
    {.name = "lazyfree-lazy-expire",
     .kind = kYesNo,
     .initial = "no",
     .meaning = "As lazyfree-lazy-eviction."},
    {.name = "lazyfree-lazy-server-del",
     .kind = kYesNo,
     .initial = "no",
     .meaning = "As lazyfree-lazy-eviction."},
    {.name = "lazyfree-lazy-user-del",
     .kind = kYesNo,
     .initial = "no",
     .meaning = "As lazyfree-lazy-eviction."},
    {.name = "lazyfree-lazy-user-flush",
     .kind = kYesNo,
     .initial = "no",
     .meaning = "As lazyfree-lazy-eviction."},
};

}  // namespace

std::span<const OptionRow> option_rows() { return kRows; }

const OptionRow* find_option(std::string_view name) {
  for (const OptionRow& row : kRows) {
    if (is_word(name, row.name)) return &row;
  }
  return nullptr;
}

int64_t option_number(const OptionRow& row, std::string_view text) {
  if (row.kind == kYesNo) return text == "yes" ? 1 : 0;
  if (row.kind == kOctal) {
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 8);
    return value;
  }
  return parse_int(text).value_or(0);
}

}  // namespace freshet
