#include "server/roster.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>

#include "threads.h"

namespace freshet {

TEST_CASE("a roster is read by others while its owner adds, removes and counts") {
  constexpr int kRounds = 2'000;
  Roster roster;
  std::vector<std::pair<std::unique_ptr<Card>, Roster::Name>> cards;  // the owner's
  std::atomic<bool> ended{false};
  std::atomic<int> strange{0};
  run_threads(3, [&](int thread) {
    if (thread != 0) {
      while (!ended) {
        roster.each([&](const Card& card, Roster::Name) {
          if (client_line(card, 1'000, "").find(" cmd=NULL") == std::string::npos)
            strange.fetch_add(1);
        });
        roster.with(7, [](Card& card) { card.killed = true; });
        std::this_thread::sleep_for(std::chrono::microseconds(50));  // or the owner seldom gets in
      }
      return;
    }
    for (uint64_t id = 1; id <= kRounds; ++id) {
      auto card = std::make_unique<Card>();
      card->id = id;
      card->name = "client";
      const Roster::Name name = roster.add(card.get());
      card->touched.store(static_cast<Millis>(id), std::memory_order_relaxed);
      cards.emplace_back(std::move(card), name);
      if (cards.size() < 100) continue;
      roster.remove(cards.front().second);
      cards.erase(cards.begin());
    }
    ended = true;
  });
  CHECK(strange == 0);
  CHECK(roster.size() == 99);
}

TEST_CASE("a name outlives its client, and never means the next one in its slot") {
  Roster roster;
  Card first, second;
  first.id = 1;
  second.id = 2;
  const Roster::Name name = roster.add(&first);
  CHECK(roster.find(name) == &first);
  roster.remove(name);
  const Roster::Name next = roster.add(&second);
  CHECK(next.slot == name.slot);
  CHECK(roster.find(name) == nullptr);
  CHECK(roster.find(next) == &second);
}

}  // namespace freshet
