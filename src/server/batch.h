// The small commands of a pipeline that were read together. Each is cut, looked up and hashed, and
// the buckets of its keys are asked for from memory; then their entries are, side by side; then the
// commands run. One a core.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "freshet/commands/command_table.h"
#include "freshet/commands/router.h"

namespace freshet {

class Batch {
 public:
  static constexpr size_t kMost = 64;             // commands
  static constexpr size_t kMostPrefetched = 512;  // keys: more would push each other out

  // Takes what `input` starts with, as far as it is small commands that are all there, and fetches
  // what they will touch. Views into `input`. False if it is none.
  bool take(std::string_view input, Router& router, int db);

  size_t size() const { return items_.size(); }
  // Where in the input a command ends.
  size_t end(size_t i) const { return items_[i].end; }
  Request request(size_t i) const {
    const Item& item = items_[i];
    return {Args(args_).subspan(item.first, item.count), item.found,
            std::span(keys_).subspan(item.first_key, item.keys)};
  }

 private:
  struct Item {
    size_t first, count;
    size_t end;
    size_t first_key, keys = 0;
    CommandTable::Found found;
  };
  void look_up(Item& item, const CommandTable& table);
  void find_keys(Item& item, Router& router, int db);
  void prefetch_declared(Router& router, int db) const;

  std::vector<std::string_view> args_;
  std::vector<Item> items_;
  std::vector<KeyArg> keys_;
};

}  // namespace freshet
