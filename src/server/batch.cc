#include "server/batch.h"

#include <algorithm>

#include "freshet/resp/cut.h"

namespace freshet {
namespace {

// DEPSET, DEPADD, DEPREM.
bool is_graph(const Command* command) {
  return command != nullptr && (command->flags & kMovableKeys);
}

}  // namespace

bool Batch::take(std::string_view input, Router& router, int db) {
  const CommandTable& table = CommandTable::all();
  args_.clear();
  items_.clear();
  keys_.clear();
  bool declares = false;
  for (size_t at = 0; at < input.size() && items_.size() < kMost;) {
    const size_t first = args_.size();
    const size_t used = cut_command(input.substr(at), args_);
    if (used == 0) break;
    at += used;
    items_.push_back({first, args_.size() - first, at, keys_.size(), 0, {}});
    Item& item = items_.back();
    look_up(item, table);
    find_keys(item, router, db);
    declares |= is_graph(item.found.command);
  }
  for (size_t i = 0; i < std::min(keys_.size(), kMostPrefetched); ++i) {
    router.prefetch_item(db, keys_[i].hash);
  }
  if (declares) prefetch_declared(router, db);
  return !items_.empty();
}

// Commands of a pipeline are often of one kind.
void Batch::look_up(Item& item, const CommandTable& table) {
  const Item* before = items_.size() > 1 ? &item - 1 : nullptr;
  const bool again = before != nullptr && before->found.container == nullptr &&
                     args_[before->first] == args_[item.first];
  item.found = again ? before->found : table.find(Args(args_).subspan(item.first));
}

void Batch::find_keys(Item& item, Router& router, int db) {
  const Command* command = item.found.command;
  if (command == nullptr || command->data == nullptr || !command->arity_fits(item.count)) return;
  command->hash_keys(Args(args_).subspan(item.first, item.count), router.hasher(), keys_);
  item.keys = keys_.size() - item.first_key;
  for (size_t i = item.first_key; i < std::min(keys_.size(), kMostPrefetched); ++i) {
    router.prefetch_bucket(db, keys_[i].hash);
  }
}

// What the old values declare is several misses further on.
void Batch::prefetch_declared(Router& router, int db) const {
  for (int step = 0; step < Graph::kPrefetchSteps; ++step) {
    for (const Item& item : items_) {
      if (item.keys != 0 && is_graph(item.found.command))
        router.prefetch_declared(db, keys_[item.first_key].hash, step);
    }
  }
}

}  // namespace freshet
