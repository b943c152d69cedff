// Another client, which only reads: one GET after the other, on a connection of its own, and how
// long it has to wait. With DEBUG TURNS it also knows what the server itself did meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "client.h"
#include "process.h"
#include "thread_watch.h"

namespace freshet {

// What it reads, one after the other: enough keys to see every shard. REQUIRES: they are stored.
const Space& watched_keys();

// How long GETs took, in ms.
struct Waits {
  double longest = 0;         // as the client saw it
  double unqueued = 0;        // the longest without what server and client waited for a cpu
  double behind_its_own = 0;  // the longest that the server's thread waited for another of its own
  // Cpu time of the server's longest two turns in a row. Nothing: the server can't tell.
  std::optional<double> turns;

  // The longest that one of them waited for the server, at most: what is left when the waits for a
  // cpu are taken off bounds it, and so do two turns, with what its other threads took.
  double own() const;
};

// The longer of each.
Waits longer(const Waits& one, const Waits& other);

class Watcher {
 public:
  // Whether a value that it reads may be gone: evicted.
  enum class Values { kAreThere, kMayBeGone };
  explicit Watcher(const Server& server, Values values = Values::kAreThere);

  bool ok() const { return client_ != nullptr && control_ != nullptr; }
  int fd() const { return client_->fd(); }

  // Begins to watch. False if the server is gone.
  bool begin();
  // Call when readable; false if the server is gone or answered something else than the value.
  bool answer_came();
  // Since begin(), a GET under way included; watches no more.
  Waits end();

 private:
  bool is_right(const Reply& reply) const;
  bool ask();
  void note_wait();

  const Values values_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Client> control_;
  ThreadWatch server_threads_;
  ThreadWatch own_thread_;
  bool asked_before_ = false;  // and the answer is still to come
  uint64_t asked_ = 0;
  uint64_t asked_at_ = 0;
  uint64_t longest_ns_ = 0;
  uint64_t unqueued_ns_ = 0;
  uint64_t behind_its_own_ns_ = 0;
};

}  // namespace freshet
