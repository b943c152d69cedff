// The small commands of a pipeline that were read together: all are cut, then their keys' buckets
// and entries are fetched from memory side by side, then they run. One a core.
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
  static constexpr size_t kMostPrefetched = 256;  // keys

  // Cuts what `input` starts with, as far as it is small commands that are all there. Views into
  // `input`. False if it is none.
  bool cut(std::string_view input);
  // Looks the commands up, hashes their keys, and fetches what these will touch.
  void prepare(Router& router, int db);

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
    size_t first_key = 0, keys = 0;
    CommandTable::Found found;
  };
  Args args(const Item& item) const { return Args(args_).subspan(item.first, item.count); }
  void find_keys(Item& item, const Hasher& hasher);
  void prefetch_declared(Router& router, int db) const;

  std::vector<std::string_view> args_;
  std::vector<Item> items_;
  std::vector<KeyArg> keys_;
};

}  // namespace freshet
