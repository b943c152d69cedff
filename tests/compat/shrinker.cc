#include "shrinker.h"

#include <algorithm>

namespace freshet::compat {
namespace {

using Clock = std::chrono::steady_clock;

class Shrinker {
 public:
  Shrinker(Runner* runner, std::vector<Step> steps, Clock::time_point deadline)
      : runner_(runner), steps_(std::move(steps)), deadline_(deadline) {}

  std::vector<Step> shortest() {
    for (size_t before = steps_.size() + 1; steps_.size() < before && !late();) {
      before = steps_.size();
      for (size_t chunk = std::max<size_t>(before / 2, 1); chunk > 0; chunk /= 2) drop(chunk);
    }
    for (size_t at = 0; at < steps_.size(); ++at) drop_arguments(at);
    for (size_t at = 0; at < steps_.size(); ++at) shorten_arguments(at);
    return std::move(steps_);
  }

 private:
  bool late() const { return Clock::now() > deadline_; }

  // Keeps `candidate`, as far as it went, if it fails too.
  bool keep_if_failing(std::vector<Step> candidate) {
    const std::optional<Mismatch> mismatch = runner_->run(candidate);
    if (!mismatch) return false;
    candidate.resize(mismatch->last + 1);
    steps_ = std::move(candidate);
    return true;
  }

  // From the end, so that what depends on earlier steps goes first.
  void drop(size_t chunk) {
    size_t end = steps_.size();
    while (end > 0 && !late()) {
      const size_t begin = end > chunk ? end - chunk : 0;
      std::vector<Step> candidate = steps_;
      candidate.erase(candidate.begin() + static_cast<long>(begin),
                      candidate.begin() + static_cast<long>(end));
      keep_if_failing(std::move(candidate));
      end = std::min(begin, steps_.size());
    }
  }

  void drop_arguments(size_t at) {
    for (size_t i = 1; at < steps_.size() && i < steps_[at].args.size() && !late();) {
      std::vector<Step> candidate = steps_;
      candidate[at].args.erase(candidate[at].args.begin() + static_cast<long>(i));
      if (!keep_if_failing(std::move(candidate))) ++i;
    }
  }

  void shorten_arguments(size_t at) {
    constexpr size_t kShort = 16;
    for (size_t i = 0; at < steps_.size() && i < steps_[at].args.size(); ++i) {
      while (at < steps_.size() && steps_[at].args[i].size() > kShort && !late()) {
        std::vector<Step> candidate = steps_;
        std::string& arg = candidate[at].args[i];
        arg.resize(arg.size() / 2);
        if (!keep_if_failing(std::move(candidate))) break;
      }
    }
  }

  Runner* runner_;
  std::vector<Step> steps_;
  Clock::time_point deadline_;
};

}  // namespace

std::vector<Step> shrink(Runner* runner, std::vector<Step> steps, const Mismatch& mismatch,
                         std::chrono::seconds patience) {
  steps.resize(mismatch.last + 1);
  return Shrinker(runner, std::move(steps), Clock::now() + patience).shortest();
}

}  // namespace freshet::compat
