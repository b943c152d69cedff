#include "served.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>

#include "freshet/base/rng.h"
#include "peer.h"
#include "replay.h"

namespace freshet {

namespace {

constexpr size_t kMostBytes = 1 << 20, kLeastBytes = 16;
constexpr int64_t kEmptyServer = 1 << 20, kFarLimit = 1 << 30;

std::string key_name(uint32_t key) { return "key:" + std::to_string(key); }

// Bytes that do not compress, to cut values from.
const std::string& value_bytes() {
  static const std::string bytes = [] {
    Rng rng(1);
    std::string drawn(kMostBytes, '\0');
    for (char& one : drawn) one = static_cast<char>(rng.next());
    return drawn;
  }();
  return bytes;
}

using SizeOf = size_t (*)(uint32_t key);
size_t one_size(uint32_t) { return 64; }

int64_t bytes_of(const Trace& trace, SizeOf size_of) {
  int64_t bytes = 0;
  const uint32_t keys = trace.distinct_within(kSizingWindow);
  for (uint32_t key = 0; key < keys; ++key) {
    bytes += static_cast<int64_t>(size_of(key) + key_name(key).size());
  }
  return bytes;
}

// Replays one trace at one server.
class ServedReplay {
 public:
  ServedReplay(Peer& peer, const Trace& trace, SizeOf size_of, size_t batch)
      : peer_(peer), trace_(trace), size_of_(size_of), batch_(batch) {}

  Served run() {
    while (at_ < trace_.keys.size() && served_.error.empty()) {
      begin();
      finish();
      watch();
    }
    served_.keys = looks_ == 0 ? held() : sum_ / static_cast<double>(looks_);
    return served_;
  }

 private:
  // The SETs of the last batch's misses, then GETs up to the first key that is in the batch
  // already: its SET has to come first.
  void begin() {
    sets_ = missed_.size();
    for (const uint32_t key : missed_) {
      peer_.ask({"SET", key_name(key), std::string_view(value_bytes()).substr(0, size_of_(key))});
    }
    missed_.clear();
    asked_.clear();
    for (; at_ < trace_.keys.size() && asked_.size() < batch_; ++at_) {
      const uint32_t key = trace_.keys[at_];
      if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) break;
      asked_.push_back(key);
      peer_.ask({"GET", key_name(key)});
    }
    if (!peer_.flush()) served_.error = "the server is gone";
  }

  void finish() {
    for (size_t i = 0; i < sets_ + asked_.size() && served_.error.empty(); ++i) {
      const Peer::Answer answer = peer_.answer(Peer::Body::kDropped);
      if (answer.type == '!' || answer.type == '-') {
        served_.error = answer.type == '-' ? answer.text : "the server is gone";
      } else if (i >= sets_ && answer.nil) {
        missed_.push_back(asked_[i - sets_]);
      } else if (i >= sets_) {
        ++served_.hits;
      }
    }
  }

  double held() { return static_cast<double>(peer_.call({"DBSIZE"}).number); }

  // How many keys it holds, now and then, once it holds fewer than it was given; the last ones may
  // be on their way.
  void watch() {
    constexpr size_t kEvery = 20'000;
    if (at_ < next_look_) return;
    next_look_ = at_ + kEvery;
    const double keys = held();
    if (keys + static_cast<double>(batch_) >= trace_.distinct_within(at_)) return;
    sum_ += keys;
    ++looks_;
  }

  Peer& peer_;
  const Trace& trace_;
  SizeOf size_of_;
  size_t batch_;
  size_t at_ = 0, sets_ = 0, next_look_ = 0, looks_ = 0;
  double sum_ = 0;
  std::vector<uint32_t> asked_, missed_;
  Served served_;
};

std::vector<std::string> freshet_options(const ServedSpec& spec, int64_t memory) {
  return {"--cores",
          "1",
          "--shards-per-core",
          std::to_string(spec.shards),
          "--maxmemory",
          std::to_string(memory),
          "--maxmemory-policy",
          spec.policy};
}

std::vector<std::string> redis_options(const std::string& policy, int64_t memory) {
  return {"--save",
          "",
          "--appendonly",
          "no",
          "--hz",
          "500",
          "--maxmemory",
          std::to_string(memory),
          "--maxmemory-policy",
          policy};
}

Ratio ratio_of(const Trace& trace, const std::string& size, const std::string& column,
               const Served& served) {
  if (!served.error.empty()) {
    std::fprintf(stderr, "hitratio: %s %s %s: %s\n", trace.name.c_str(), size.c_str(),
                 column.c_str(), served.error.c_str());
  }
  const size_t references = served.error.empty() ? trace.keys.size() : 0;
  Ratio ratio{trace.name, size,       column, static_cast<uint64_t>(served.keys),
              references, served.hits};
  std::fprintf(stderr, "hitratio: %s %s %s: %.2f %%, %.0f keys held\n", trace.name.c_str(),
               size.c_str(), column.c_str(), ratio.percent(), served.keys);
  return ratio;
}

Served serve(const Trace& trace, SizeOf size_of, size_t batch, const std::string& program,
             const std::vector<std::string>& options,
             const std::vector<std::string>& environment = {}) {
  const Peer::Started started = Peer::start(program, options, environment);
  if (started.peer == nullptr) return {.error = started.error};
  return ServedReplay(*started.peer, trace, size_of, batch).run();
}

// used_memory of Freshet with that many keys, and with what a policy that learns holds beside them:
// the limit is out of reach.
std::optional<int64_t> memory_of(size_t keys, const ServedSpec& spec) {
  const Peer::Started started = Peer::start(spec.freshet, freshet_options(spec, kFarLimit));
  if (started.peer == nullptr) return std::nullopt;
  for (uint32_t key = 0; key < keys; ++key) {
    started.peer->ask(
        {"SET", key_name(key), std::string_view(value_bytes()).substr(0, one_size(key))});
    if (!started.peer->flush() || started.peer->answer(Peer::Body::kDropped).type != '+') {
      return std::nullopt;
    }
  }
  const std::string info = started.peer->call({"INFO", "memory"}).text;
  const size_t at = info.find("used_memory:");
  if (at == std::string::npos) return std::nullopt;
  return std::atoll(info.c_str() + at + 12);
}

// The middle one of three: each process hashes with a seed of its own, which moves a ratio by some
// tenths of a point.
Served median_run(const Trace& trace, const ServedSpec& spec, int64_t memory) {
  std::array<Served, 3> runs;
  for (Served& run : runs) {
    run = serve(trace, one_size, spec.batch, spec.freshet, freshet_options(spec, memory));
    if (!run.error.empty()) return run;
  }
  std::sort(runs.begin(), runs.end(),
            [](const Served& a, const Served& b) { return a.hits < b.hits; });
  return runs[1];
}

}  // namespace

size_t value_size(uint32_t key) {
  Rng rng(key);
  const auto uniform = [&rng] { return (static_cast<double>(rng.next() >> 11) + 0.5) * 0x1p-53; };
  const double normal =
      std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
  const double size = 200 * std::exp(1.3 * normal);
  return std::clamp(static_cast<size_t>(size), kLeastBytes, kMostBytes);
}

std::vector<Ratio> race_at_equal_memory(const Trace& trace, const std::string& percent,
                                        const ServedSpec& spec) {
  const double share = std::atof(percent.c_str()) / 100;
  const int64_t memory =
      kEmptyServer + static_cast<int64_t>(share * static_cast<double>(bytes_of(trace, value_size)));
  char size[64];
  std::snprintf(size, sizeof size, "%s%% %.1f MB", percent.c_str(),
                static_cast<double>(memory) / 1e6);
  const std::string library = spec.fast_clock;
  const std::vector<std::string> fast = {"LD_PRELOAD=" + library, "FRESHET_CLOCK_FACTOR=500"};
  std::vector<Ratio> ratios;
  ratios.push_back(
      ratio_of(trace, size, "freshet " + spec.policy,
               serve(trace, value_size, spec.batch, spec.freshet, freshet_options(spec, memory))));
  ratios.push_back(ratio_of(trace, size, "redis allkeys-lru",
                            serve(trace, value_size, spec.batch, spec.redis,
                                  redis_options("allkeys-lru", memory), fast)));
  ratios.push_back(ratio_of(
      trace, size, "redis allkeys-lfu",
      serve(trace, value_size, spec.batch, spec.redis, redis_options("allkeys-lfu", memory))));
  const uint64_t requests = trace.keys.size();
  ratios.push_back(
      {trace.name, size, kCeiling, trace.distinct, requests, requests - trace.distinct});
  return ratios;
}

std::vector<Ratio> server_beside_process(const Trace& trace, const std::string& percent,
                                         const ServedSpec& spec) {
  const size_t wanted = capacity_of(trace, std::atof(percent.c_str()));
  const std::optional<int64_t> memory = memory_of(wanted, spec);
  const std::string size = percent + "% " + std::to_string(wanted);
  const Served served =
      memory ? median_run(trace, spec, *memory) : Served{.error = "cannot start " + spec.freshet};
  std::vector<Ratio> ratios = {ratio_of(trace, size, "server " + spec.policy, served)};
  const ReplaySpec same{.policy = spec.policy,
                        .capacity = std::max<size_t>(1, static_cast<size_t>(served.keys)),
                        .memory = memory.value_or(1),
                        .shards = spec.shards};
  ratios.push_back(
      ratio_of(trace, size, "in process " + spec.policy,
               {replay_hits(trace, same).count, static_cast<double>(same.capacity), ""}));
  return ratios;
}

std::string miss_table(const std::vector<Ratio>& ratios) {
  std::string out =
      "| trace | size | keys held: Freshet | Redis LRU | Redis LFU | misses by the better of Redis "
      "| first uses by it |\n"
      "|---|---|--:|--:|--:|--:|--:|\n";
  for (size_t i = 0; i + 3 < ratios.size(); i += 4) {
    const auto missed = [&](size_t at) {
      return static_cast<double>(ratios[at].references - ratios[at].hits);
    };
    const double better = std::max(1.0, std::min(missed(i + 1), missed(i + 2)));
    char row[256];
    std::snprintf(row, sizeof row, "| %s | %s | %lu | %lu | %lu | %.3f | %.3f |\n",
                  ratios[i].trace.c_str(), ratios[i].size.c_str(),
                  static_cast<unsigned long>(ratios[i].capacity),
                  static_cast<unsigned long>(ratios[i + 1].capacity),
                  static_cast<unsigned long>(ratios[i + 2].capacity), missed(i) / better,
                  missed(i + 3) / better);
    out += row;
  }
  return out;
}

}  // namespace freshet
