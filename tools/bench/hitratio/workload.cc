#include "workload.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "freshet/base/rng.h"

namespace freshet {

namespace {

class Generator {
 public:
  explicit Generator(const WorkloadSpec& spec) : spec_(spec), rng_(spec.seed) {
    double sum = 0;
    cumulative_.reserve(spec.keys);
    for (uint32_t rank = 0; rank < spec.keys; ++rank) {
      sum += std::pow(rank + 1.0, -spec.alpha);
      cumulative_.push_back(sum);
    }
    key_of_rank_.resize(spec.keys);
    std::iota(key_of_rank_.begin(), key_of_rank_.end(), 0u);
    for (uint32_t i = spec.keys; i > 1; --i) {
      std::swap(key_of_rank_[i - 1], key_of_rank_[rng_.below(i)]);
    }
  }

  void zipf() {
    while (more()) add(popular());
  }

  void scan() {
    constexpr size_t kEvery = 50'000, kLength = 20'000;
    const uint64_t cold = uint64_t{10} * spec_.keys;
    for (uint64_t next = 0; more();) {
      if (out_.size() % kEvery == 0 && !out_.empty()) {
        for (size_t i = 0; i < kLength && more(); ++i) add(first_cold() + next++ % cold);
      }
      if (more()) add(popular());
    }
  }

  void shift() {
    constexpr size_t kEvery = 100'000;
    while (more()) {
      const uint64_t moved = out_.size() / kEvery * (spec_.keys / 20);
      add(key_of_rank_[(rank() + moved) % spec_.keys]);
    }
  }

  void one_hit_wonders() {
    for (uint64_t next = first_cold(); more();) {
      if (chance() < 0.5) {
        add(next++);
      } else {
        add(popular());
      }
    }
  }

  void loop() {
    while (more()) add(out_.size() % spec_.keys);
  }

  void phase() {
    const size_t third = spec_.requests / 3;
    const uint64_t looped = std::max<uint64_t>(1, spec_.keys * uint64_t{6} / 10);
    while (out_.size() < third) add(popular());
    while (out_.size() < 2 * third) add(first_cold() + out_.size() % looped);
    constexpr size_t kRecent = 1'000;
    std::vector<uint64_t> recent;
    for (size_t next = 0; more();) {
      if (!recent.empty() && chance() < 0.7) {
        add(recent[rng_.below(recent.size())]);
        continue;
      }
      add(popular());
      if (recent.size() < kRecent) recent.push_back(0);
      recent[next++ % kRecent] = out_.back();
    }
  }

  std::vector<uint64_t> take() { return std::move(out_); }

 private:
  bool more() const { return out_.size() < spec_.requests; }
  void add(uint64_t key) { out_.push_back(key); }
  double chance() { return static_cast<double>(rng_.next() >> 11) * 0x1p-53; }
  size_t rank() {
    const double at = chance() * cumulative_.back();
    const auto found = std::lower_bound(cumulative_.begin(), cumulative_.end(), at);
    return std::min<size_t>(static_cast<size_t>(found - cumulative_.begin()), spec_.keys - 1);
  }
  uint64_t popular() { return key_of_rank_[rank()]; }
  uint64_t first_cold() const { return spec_.keys; }

  WorkloadSpec spec_;
  Rng rng_;
  std::vector<double> cumulative_;  // by rank: how often this one or a more popular one is drawn
  std::vector<uint32_t> key_of_rank_;
  std::vector<uint64_t> out_;
};

using Maker = void (Generator::*)();

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> all = {
      {"zipf", &Generator::zipf},   {"scan", &Generator::scan},
      {"shift", &Generator::shift}, {"ohw", &Generator::one_hit_wonders},
      {"loop", &Generator::loop},   {"phase", &Generator::phase},
  };
  return all;
}

}  // namespace

const std::vector<std::string>& workload_names() {
  static const std::vector<std::string> names = {"zipf", "scan", "shift", "ohw", "loop", "phase"};
  return names;
}

Trace make_workload(const std::string& kind, const WorkloadSpec& spec) {
  Generator generator(spec);
  (generator.*makers().at(kind))();
  return make_trace("syn-" + kind, generator.take());
}

}  // namespace freshet
