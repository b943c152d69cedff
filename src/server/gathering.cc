#include "server/gathering.h"

#include "server/connection.h"

namespace freshet {

bool Gathering::add(Connection& connection, std::string_view input, int db) {
  if (input.size() > kMostInput) return false;
  inputs_.push_back({&connection, input, db, 0});
  used_ += input.size();
  if (used_ > kMostGathered - kMostInput) run();
  return true;
}

void Gathering::run() {
  size_t first = 0;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    input.first = batch_.size();
    if (input.connection != nullptr) batch_.add(input.bytes, router_.hasher(), input.db);
    if (batch_.size() == Batch::kMost || batch_.keys() >= kMostKeys) {
      run(first, i + 1);
      first = i + 1;
    }
  }
  run(first, inputs_.size());
  inputs_.clear();
  used_ = 0;
}

// Inputs [first, last), which are those of the batch. What it did not take, since it is full or no
// small command follows, the connection takes care of.
void Gathering::run(size_t first, size_t last) {
  batch_.fetch(router_);
  for (size_t i = first; i < last; ++i) {
    const Input& input = inputs_[i];
    if (input.connection == nullptr) continue;
    const size_t end = i + 1 == last ? batch_.size() : inputs_[i + 1].first;
    input.connection->run_gathered(batch_, input.first, end, input.bytes);
  }
  batch_.clear();
}

void Gathering::forget(const Connection& connection) {
  for (Input& input : inputs_) {
    if (input.connection == &connection) input.connection = nullptr;
  }
}

}  // namespace freshet
