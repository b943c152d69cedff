#include "server/roster.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "freshet/commands/command_table.h"
#include "freshet/engine/invalidation_log.h"

namespace freshet {

Roster::Name Roster::add(Card* card) {
  door_.enter();
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].card = card;
  by_id_.emplace(card->id, slot);
  const Name name{slot, slots_[slot].generation};
  door_.leave();
  return name;
}

void Roster::remove(Name name) {
  door_.enter();
  Slot& slot = slots_[name.slot];
  by_id_.erase(slot.card->id);
  slot.card = nullptr;
  ++slot.generation;
  free_.push_back(name.slot);
  door_.leave();
}

Card* Roster::find(Name name) const {
  const Slot& slot = slots_[name.slot];
  return slot.generation == name.generation ? slot.card : nullptr;
}

namespace {

std::string flags_of(const Card& card) {
  std::string flags;
  if (card.held.load(std::memory_order_relaxed)) flags += 'b';
  if (card.closing.load(std::memory_order_relaxed)) flags += 'c';
  if (card.peer.is_unix()) flags += 'U';
  if (card.no_evict) flags += 'e';
  return flags.empty() ? "N" : flags;
}

constexpr uint64_t kOwnMemory = 1024;  // a connection with nothing to keep, about

}  // namespace

std::string client_line(const Card& card, Millis now, const std::string& unix_path) {
  const auto get = [](const auto& figure) { return figure.load(std::memory_order_relaxed); };
  const uint32_t row = get(card.command);
  const std::string command =
      row == 0 ? "NULL" : std::string(CommandTable::all().row(row - 1).name);
  const uint64_t query_memory = get(card.query_memory), output_memory = get(card.output_memory);
  char tail[256];
  std::snprintf(tail, sizeof tail,
                " sub=0 psub=0 ssub=0 multi=-1 qbuf=%" PRIu64 " qbuf-free=%" PRIu64
                " argv-mem=0 multi-mem=0 rbs=%" PRIu64 " rbp=%" PRIu64 " obl=%" PRIu64
                " oll=0 omem=0 tot-mem=%" PRIu64 " events=%s",
                get(card.query), query_memory - std::min(query_memory, get(card.query)),
                output_memory, output_memory, get(card.output),
                kOwnMemory + query_memory + output_memory, get(card.output) != 0 ? "rw" : "r");
  return "id=" + std::to_string(card.id) + " addr=" + card.peer.text(unix_path) +
         " laddr=" + card.local.text(unix_path) + " fd=" + std::to_string(card.fd) +
         " name=" + card.name + " age=" + std::to_string((now - card.created) / 1000) +
         " idle=" + std::to_string((now - get(card.touched)) / 1000) + " flags=" + flags_of(card) +
         " db=" + std::to_string(card.db) + tail + " cmd=" + command +
         " user=" + std::string(kUser) + " redir=-1 resp=" + std::to_string(card.resp);
}

}  // namespace freshet
