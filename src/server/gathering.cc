#include "server/gathering.h"

#include "server/connection.h"

namespace freshet {

bool Gathering::add(Connection& connection, std::string_view input, int db) {
  if (input.size() > kMostInput) return false;
  const size_t first = batch_.size();
  if (batch_.add(input, router_, db) == 0) return false;
  inputs_.push_back({&connection, input, first, db});
  used_ += input.size();
  const bool full = batch_.size() == Batch::kMost || batch_.keys() >= kMostKeys ||
                    used_ > kMostGathered - kMostInput;
  if (full) run();
  return true;
}

void Gathering::run() {
  const auto last = [this](size_t i) {
    return i + 1 == inputs_.size() ? batch_.size() : inputs_[i + 1].first;
  };
  for (size_t i = 0; i < inputs_.size(); ++i) {
    batch_.fetch(inputs_[i].first, last(i), router_, inputs_[i].db);
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    if (input.connection == nullptr) continue;
    input.connection->run_gathered(batch_, input.first, last(i), input.bytes);
  }
  inputs_.clear();
  batch_.clear();
  used_ = 0;
}

void Gathering::forget(const Connection& connection) {
  for (Input& input : inputs_) {
    if (input.connection == &connection) input.connection = nullptr;
  }
}

}  // namespace freshet
