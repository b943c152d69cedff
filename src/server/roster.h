// What the process publishes of a core's clients. Each core keeps one roster; any core may read it.
//
// A card's texts are written by the owner core behind the roster's door; its figures are relaxed
// atomics with one writer, so that the path of a command stores them without a lock. Clients are
// named across cores by {slot, generation}, never by pointer.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/engine/door.h"
#include "server/address.h"

namespace freshet {

class Connection;

struct Card {
  // Guarded by the door.
  uint64_t id = 0;
  int fd = -1;
  Address peer, local;
  Millis created = 0;
  std::string name;
  int db = 0;
  int resp = 2;
  bool no_evict = false;
  Connection* connection = nullptr;  // for the owner core only

  std::atomic<bool> killed{false};   // by another core; the owner is on its way to close it
  std::atomic<bool> held{false};     // CLIENT PAUSE and the like
  std::atomic<bool> closing{false};  // after its last reply
  std::atomic<uint32_t> command{0};  // CommandTable's row + 1; 0: none yet
  std::atomic<Millis> touched{0};
  std::atomic<uint64_t> query{0};  // bytes kept of an incomplete command
  std::atomic<uint64_t> query_memory{0};
  std::atomic<uint64_t> output{0};  // bytes not sent yet
  std::atomic<uint64_t> output_memory{0};
};

// What a client's buffers take, for who chooses one to evict; 0: it may not be, or is going anyway.
inline uint64_t evictable_bytes(const Card& card) {
  if (card.no_evict || card.closing.load(std::memory_order_relaxed)) return 0;
  return 1 + card.query_memory.load(std::memory_order_relaxed) +
         card.output_memory.load(std::memory_order_relaxed);
}

class Roster {
 public:
  struct Name {
    uint32_t slot = 0;
    uint32_t generation = 0;
  };

  // Owner only.
  Name add(Card* card);
  void remove(Name name);
  // Owner only: the card, or nullptr if that client is gone.
  Card* find(Name name) const;

  // Calls f(Card&) behind the door for the client of that id; false if it isn't here. Any thread.
  template <class F>
  bool with(uint64_t id, F&& f) {
    door_.enter();
    const auto found = by_id_.find(id);
    const bool here = found != by_id_.end();
    if (here) f(*slots_[found->second].card);
    door_.leave();
    return here;
  }
  // Calls f(const Card&, Name) for every client, a slice of them behind the door at a time. Any
  // thread.
  template <class F>
  void each(F&& f) {
    for (size_t from = 0; visit(from, f); from += kSlice) {
    }
  }
  // The owner's own walk, without the door. `f` may not add or remove.
  template <class F>
  void each_own(F&& f) {
    for (const Slot& slot : slots_) {
      if (slot.card != nullptr) f(*slot.card);
    }
  }
  size_t size() const { return by_id_.size(); }  // owner only

 private:
  struct Slot {
    Card* card = nullptr;
    uint32_t generation = 0;
  };
  static constexpr size_t kSlice = 64;

  template <class F>
  bool visit(size_t from, F&& f) {
    door_.enter();
    for (size_t i = from; i < from + kSlice && i < slots_.size(); ++i) {
      if (slots_[i].card != nullptr)
        f(*slots_[i].card, Name{static_cast<uint32_t>(i), slots_[i].generation});
    }
    const bool more = from + kSlice < slots_.size();
    door_.leave();
    return more;
  }

  Door door_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::unordered_map<uint64_t, uint32_t> by_id_;
};

// A client's line, as CLIENT LIST shows it (Redis 7.0, catClientInfoString), without the line
// break.
std::string client_line(const Card& card, Millis now, const std::string& unix_path);

}  // namespace freshet
