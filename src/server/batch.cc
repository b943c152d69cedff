#include "server/batch.h"

namespace freshet {

void Batch::prepare(Router& router, int db) {
  const CommandTable& table = CommandTable::all();
  for (size_t i = 0; i < items_.size(); ++i) {
    Item& item = items_[i];
    if (item.count == 0) continue;
    item.found = table.find(args(i));
    const Command* command = item.found.command;
    if (command == nullptr || command->keys.first == 0) continue;
    const auto key = static_cast<size_t>(command->keys.first);
    if (key >= item.count) continue;
    item.hash = router.hasher()(args(i)[key]);
    router.prefetch_bucket(db, item.hash);
  }
  bool declares = false;
  for (const Item& item : items_) {
    if (item.hash == 0) continue;
    router.prefetch_item(db, item.hash);
    declares |= is_graph(item);
  }
  // What the old values declare is several misses further on.
  for (int step = 0; declares && step < Graph::kPrefetchSteps; ++step) {
    for (const Item& item : items_) {
      if (item.hash != 0 && is_graph(item)) router.prefetch_declared(db, item.hash, step);
    }
  }
}

// DEPSET, DEPADD, DEPREM.
bool Batch::is_graph(const Item& item) { return item.found.command->flags & kMovableKeys; }

}  // namespace freshet
