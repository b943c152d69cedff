// Small inputs of several connections, read in one turn. They wait until the last one is read: then
// they are cut one after the other, which keeps that code in the cache, and all keys are asked for
// from memory before the first command runs. At a pipeline depth of 1 that is what a batch is to a
// pipeline. Replies leave at the end of the turn anyway, so nobody waits longer for his.
//
// Owned by its core.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "freshet/commands/router.h"
#include "server/batch.h"

namespace freshet {

class Connection;

class Gathering {
 public:
  explicit Gathering(Router& router) : router_(router), buffer_(new char[kMostGathered + kRead]) {}

  // Where the next input is read into: behind those that wait.
  std::span<char> room() { return {buffer_.get() + used_, kRead}; }
  // True: `input`, the first bytes of room(), is small and waits for run().
  bool add(Connection& connection, std::string_view input, int db);
  // Runs what waits, in the order in which it came.
  void run();
  // The connection is gone.
  void forget(const Connection& connection);

 private:
  static constexpr size_t kRead = 64 << 10;          // bytes of one read
  static constexpr size_t kMostInput = 2 << 10;      // larger ones are a batch by themselves
  static constexpr size_t kMostGathered = 16 << 10;  // bytes that wait
  static constexpr size_t kMostKeys = 128;           // more would push each other out
  struct Input {
    Connection* connection;  // nullptr: gone
    std::string_view bytes;
    int db;
    size_t first;  // command of the batch
  };
  void run(size_t first, size_t last);

  Router& router_;
  Batch batch_;
  std::vector<Input> inputs_;
  size_t used_ = 0;  // bytes of the buffer
  std::unique_ptr<char[]> buffer_;
};

}  // namespace freshet
