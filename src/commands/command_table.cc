#include "freshet/commands/command_table.h"

#include <algorithm>
#include <bit>

#include "freshet/base/check.h"
#include "freshet/base/text.h"
#include "freshet/commands/stats.h"

namespace freshet {
namespace {

// Up to eight bytes of a name as one word, ASCII letters in lower case (all eight at once: a byte
// is a capital if adding makes its high bit tell "at least A" from "above Z").
uint64_t lower_word(std::string_view name) {
  uint64_t word = 0;
  const size_t size = name.size();
  if (size >= 8) {
    std::memcpy(&word, name.data(), 8);
  } else if (size >= 4) {  // two halves that overlap
    uint32_t first, last;
    std::memcpy(&first, name.data(), 4);
    std::memcpy(&last, name.data() + size - 4, 4);
    word = first | uint64_t{last} << (8 * (size - 4));
  } else {
    for (size_t i = 0; i < size; ++i) word |= uint64_t{static_cast<uint8_t>(name[i])} << (8 * i);
  }
  constexpr uint64_t kOnes = 0x0101010101010101ull;
  const uint64_t low = word & (0x7f * kOnes);
  const uint64_t above_z = low + (0x7f - 'Z') * kOnes;
  const uint64_t from_a = low + (0x80 - 'A') * kOnes;
  const uint64_t capital = (from_a ^ above_z) & ~word & (0x80 * kOnes);
  return word | capital >> 2;
}

size_t hash_word(uint64_t word, size_t size) {
  return static_cast<size_t>(((word + size) * 0x9e3779b97f4a7c15ull) >> 40);
}

}  // namespace

void Command::find_keys(Args args, std::vector<KeyArg>& found) const {
  if (keys.find != nullptr) {
    keys.find(args, found);
    return;
  }
  if (keys.first == 0) return;
  const int count = static_cast<int>(args.size());
  const int last = keys.last < 0 ? count + keys.last : keys.last;
  for (int i = keys.first; i <= last && i < count; i += keys.step) {
    found.push_back({static_cast<size_t>(i)});
  }
}

void Command::hash_keys(Args args, const Hasher& hasher, std::vector<KeyArg>& found) const {
  const auto first = static_cast<ptrdiff_t>(found.size());
  find_keys(args, found);
  if (keys.find != nullptr) {
    std::sort(found.begin() + first, found.end(),
              [](const KeyArg& a, const KeyArg& b) { return a.arg < b.arg; });
  }
  for (auto at = found.begin() + first; at != found.end(); ++at) at->hash = hasher(args[at->arg]);
}

CommandTable& CommandTable::all() {
  static CommandTable table;
  return table;
}

CommandTable::CommandTable() {
  for (const auto rows : {string_commands(), bit_commands(), key_commands(), graph_commands(),
                          session_commands(), server_commands(), warm_commands()}) {
    for (const Command& row : rows) {
      rows_.push_back(&row);
      if (row.name.find('|') == std::string_view::npos) commands_.push_back(&row);
      names_.emplace_back(std::string(row.name), &row);
    }
  }
  for (const Command* row : rows_)
    families_.push_back(static_cast<uint8_t>(family_index(row->group)));
  build();
}

void CommandTable::build() {
  slots_.assign(std::bit_ceil(names_.size() * 4), Slot{});
  for (const auto& [name, command] : names_) add(name, command);
}

void CommandTable::add(std::string name, const Command* command) {
  const uint64_t word = lower_word(name);
  size_t at = hash_word(word, name.size()) & (slots_.size() - 1);
  while (!slots_[at].empty()) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = Slot{word, std::move(name), command, static_cast<uint32_t>(index_of(command)),
                    command->name.find('|') != std::string_view::npos};
}

const CommandTable::Slot* CommandTable::find_slot(std::string_view name) const {
  const uint64_t word = lower_word(name);
  size_t at = hash_word(word, name.size()) & (slots_.size() - 1);
  for (; !slots_[at].empty(); at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.word != word || slot.name.size() != name.size()) continue;
    if (name.size() <= 8 || is_word(name.substr(8), std::string_view(slot.name).substr(8)))
      return &slot;
  }
  return nullptr;
}

const Command* CommandTable::find_name(std::string_view name) const {
  const Slot* slot = find_slot(name);
  return slot == nullptr ? nullptr : slot->command;
}

CommandTable::Found CommandTable::find(Args args) const {
  const Slot* slot = find_slot(args[0]);
  if (slot == nullptr || slot->is_subcommand) return {};
  const Command* command = slot->command;
  if (!(command->flags & kContainer) || args.size() < 2) return {command, nullptr, slot->index};
  std::string full(command->name);
  full += '|';
  full += args[1];
  slot = find_slot(full);
  if (slot == nullptr) return {nullptr, command, 0};
  return {slot->command, command, slot->index};
}

std::vector<const Command*> CommandTable::subcommands(std::string_view container) const {
  std::vector<const Command*> found;
  const std::string prefix = std::string(container) + "|";
  for (const Command* row : rows_) {
    if (row->name.substr(0, prefix.size()) == prefix) found.push_back(row);
  }
  return found;
}

bool CommandTable::rename(std::string_view from, std::string_view to) {
  const std::string old = to_lower(from), fresh = to_lower(to);
  if (!fresh.empty() && find_slot(fresh) != nullptr) return false;
  for (auto it = names_.begin(); it != names_.end(); ++it) {
    if (it->first != old) continue;
    if (fresh.empty()) {
      names_.erase(it);
    } else {
      it->first = fresh;
    }
    build();
    return true;
  }
  return false;
}

size_t CommandTable::index_of(const Command* command) const {
  size_t index = 0;
  while (rows_[index] != command) ++index;
  return index;
}

}  // namespace freshet
