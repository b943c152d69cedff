// The commands of a pipeline that were read together: all are parsed, then their keys' buckets and
// entries are fetched from memory side by side, then they run. One a core.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "freshet/commands/command_table.h"
#include "freshet/commands/router.h"

namespace freshet {

class Batch {
 public:
  static constexpr size_t kMost = 64;

  void clear() {
    args_.clear();
    items_.clear();
  }
  // `args` are views that hold until the batch has run; the command ends at `end` of its input.
  void add(const std::vector<std::string_view>& args, size_t end) {
    items_.push_back({args_.size(), args.size(), end, 0, {}});
    args_.insert(args_.end(), args.begin(), args.end());
  }
  bool full() const { return items_.size() == kMost; }
  size_t size() const { return items_.size(); }
  size_t end(size_t i) const { return items_[i].end; }
  Args args(size_t i) const { return Args(args_).subspan(items_[i].first, items_[i].count); }
  const CommandTable::Found& found(size_t i) const { return items_[i].found; }

  // Looks the commands up, and fetches what their first keys will touch.
  void prepare(Router& router, int db);

 private:
  struct Item {
    size_t first, count;
    size_t end;
    uint64_t hash;  // of the first key; 0: none
    CommandTable::Found found;
  };
  static bool is_graph(const Item& item);

  std::vector<std::string_view> args_;
  std::vector<Item> items_;
};

}  // namespace freshet
