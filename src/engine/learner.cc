#include "freshet/engine/learner.h"

#include <cmath>

namespace freshet {

using namespace reuse;

namespace {

constexpr float kMemory = 0.97f;   // of what was seen, when each shard has told once
constexpr float kPriorWeight = 8;  // keys that the mean over gap classes counts as
constexpr float kFewest = 16;      // keys seen at an age, to say anything about it
constexpr float kMostHazard = 0.999f;
constexpr float kMostGuess = 0.5f;
constexpr int kMostApart = 2;  // doublings that a shard's tick may be off the one of all

// The age at which a bin begins, in ticks.
float start(size_t bin) { return bin == 0 ? 0 : std::exp2(static_cast<float>(bin - 1) / 2); }

Row make_widths() {
  Row widths;
  for (size_t bin = 0; bin < kBins; ++bin) widths[bin] = start(bin + 1) - start(bin);
  return widths;
}
const Row kWidths = make_widths();

void add_to(Counts& sum, const Counts& counts) {
  for (size_t cls = 0; cls < kClasses; ++cls) {
    for (size_t bin = 0; bin < kBins; ++bin) sum[cls][bin] += counts[cls][bin];
  }
}

void scale(Counts& counts, float factor) {
  for (Row& row : counts) {
    for (float& count : row) count *= factor;
  }
}

// A key counts as exposed at each age that it has passed; at the one it is at, by half.
Counts exposures(const Counts& reused, const Counts& unfinished) {
  Counts exposed;
  for (size_t cls = 0; cls < kClasses; ++cls) {
    float older = 0;
    for (size_t bin = kBins; bin-- > 0;) {
      older += reused[cls][bin];
      exposed[cls][bin] = older + unfinished[cls][bin] / 2;
      older += unfinished[cls][bin];
    }
  }
  return exposed;
}

Row index_of(const Row& hazards) {
  Row index;
  for (size_t from = 0; from < kBins; ++from) {
    float alive = 1, uses = 0, time = 0, best = 0;
    for (size_t bin = from; bin < kBins; ++bin) {
      uses += alive * hazards[bin];
      time += alive * kWidths[bin] * (1 - hazards[bin] / 2);
      best = std::max(best, uses / time);
      alive *= 1 - hazards[bin];
    }
    index[from] = best;
  }
  return index;
}

// Of ages that nobody was followed to the guess is high: it keeps those that came so far.
void guess_from(size_t known, Row& hazards) {
  const size_t first = known > 3 ? known - 3 : 0;
  float rate = 0;
  for (size_t bin = first; bin < known; ++bin) rate += hazards[bin] / kWidths[bin];
  if (known > first) rate /= static_cast<float>(known - first);
  for (size_t bin = known; bin < kBins; ++bin)
    hazards[bin] = std::min(kMostGuess, 2 * rate * kWidths[bin]);
}

// The classes of one frequency lend each other what they know.
void learn_frequency(size_t first, const Counts& reused, const Counts& exposed, Counts& index) {
  Row all_reused = {}, all_exposed = {};
  size_t known = 0;  // bins of which enough is known
  for (size_t bin = 0; bin < kBins; ++bin) {
    for (size_t cls = first; cls < first + kGaps; ++cls) {
      all_reused[bin] += reused[cls][bin];
      all_exposed[bin] += exposed[cls][bin];
    }
    if (all_exposed[bin] >= kFewest) known = bin + 1;
  }
  for (size_t cls = first; cls < first + kGaps; ++cls) {
    Row hazards;
    for (size_t bin = 0; bin < kBins; ++bin) {
      const float prior = (all_reused[bin] + 0.02f) / (all_exposed[bin] + 1);
      hazards[bin] = std::min(kMostHazard, (reused[cls][bin] + kPriorWeight * prior) /
                                               (exposed[cls][bin] + kPriorWeight));
    }
    guess_from(known, hazards);
    index[cls] = index_of(hazards);
  }
}

// Before anything is known: frequency by age.
Counts first_index() {
  Counts index;
  for (size_t cls = 0; cls < kClasses; ++cls) {
    const auto often = static_cast<float>(std::pow(3, cls / kGaps));
    for (size_t bin = 0; bin < kBins; ++bin) index[cls][bin] = often / (start(bin) + 1);
  }
  return index;
}

}  // namespace

Counts reuse::rescaled(const Counts& counts, int doublings) {
  Counts moved = {};
  for (size_t cls = 0; cls < kClasses; ++cls) {
    for (int bin = 0; bin < kBins; ++bin) {
      const int to = std::clamp(bin - 2 * doublings, 0, kBins - 1);
      moved[cls][static_cast<size_t>(to)] += counts[cls][static_cast<size_t>(bin)];
    }
  }
  return moved;
}

// --- Lessons -------------------------------------------------------------------------------------

Lessons::Lessons(uint32_t shards, Budget& budget)
    : memory_(std::pow(kMemory, 1 / static_cast<float>(shards))),
      budget_(budget),
      shards_(shards) {}

Lessons::~Lessons() { budget_.add(-static_cast<int64_t>(open_.size() * sizeof(Counts))); }

void Lessons::add(uint32_t shard, const Counts& reused, const Counts& lost, const Counts& open,
                  int shift) {
  door_.enter();
  if (open_.empty()) {
    open_.resize(shards_);
    budget_.add(static_cast<int64_t>(shards_ * sizeof(Counts)));
    shift_ = shift;
  }
  if (std::abs(shift - shift_) >= kMostApart) set_shift(shift);
  scale(reused_, memory_);
  scale(lost_, memory_);
  add_to(reused_, rescaled(reused, shift_ - shift));
  add_to(lost_, rescaled(lost, shift_ - shift));
  open_[shard] = rescaled(open, shift_ - shift);
  Counts unfinished = lost_;
  for (const Counts& one : open_) add_to(unfinished, one);
  const Counts learned = reused_;
  const int unit = shift_;
  door_.leave();

  const Counts exposed = exposures(learned, unfinished);
  Counts index;
  for (size_t cls = 0; cls < kClasses; cls += kGaps) learn_frequency(cls, learned, exposed, index);
  door_.enter();
  if (unit == shift_) index_ = index;
  number_.fetch_add(1, std::memory_order_relaxed);
  door_.leave();
}

void Lessons::set_shift(int shift) {
  const int doublings = shift - shift_;
  reused_ = rescaled(reused_, doublings);
  lost_ = rescaled(lost_, doublings);
  for (Counts& one : open_) one = rescaled(one, doublings);
  shift_ = shift;
}

uint32_t Lessons::index(int shift, Counts& out) {
  door_.enter();
  const uint32_t number = this->number();
  for (size_t cls = 0; cls < kClasses; ++cls) {
    for (int bin = 0; bin < kBins; ++bin) {
      const int from = std::clamp(bin + 2 * (shift - shift_), 0, kBins - 1);
      out[cls][static_cast<size_t>(bin)] = index_[cls][static_cast<size_t>(from)];
    }
  }
  door_.leave();
  return number;
}

// --- Learner -------------------------------------------------------------------------------------

Learner::Learner(uint32_t shard, Lessons& lessons)
    : shard_(shard), lessons_(lessons), index_(first_index()) {}

void Learner::rescale(int doublings) {
  reused_ = rescaled(reused_, doublings);
  lost_ = rescaled(lost_, doublings);
  if (number_ != 0) --number_;  // the index has to be taken anew
}

void Learner::learn(const Counts& open, int shift) {
  lessons_.add(shard_, reused_, lost_, open, shift);
  reused_ = lost_ = {};
}

}  // namespace freshet
