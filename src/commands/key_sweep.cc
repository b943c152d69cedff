#include "key_sweep.h"

#include <algorithm>

namespace freshet {

bool KeySweep::indexed(const Database& db, const std::vector<KeyPattern>& patterns) {
  return db.prefix_complete() &&
         std::none_of(patterns.begin(), patterns.end(),
                      [](const KeyPattern& pattern) { return pattern.literal().empty(); });
}

bool KeySweep::next(Space& space, const std::vector<KeyPattern>& patterns, size_t most) {
  const Database& db = space.db();
  found_.clear();
  looked_ = 0;
  // If the index goes half-way, the table is walked from its beginning.
  const bool over = indexed(db, patterns) && position_ == 0 ? by_index(db, patterns, most)
                                                            : by_table(db, patterns, most);
  space.shard().stats.keys_examined += looked_;
  begun_ = !over;
  if (over) reached_.clear(), pattern_ = 0, position_ = 0;
  return over;
}

bool KeySweep::by_index(const Database& db, const std::vector<KeyPattern>& patterns, size_t most) {
  const KeyPattern& pattern = patterns[pattern_];
  const Entry* last = nullptr;
  const bool more = db.prefix->visit(pattern.literal(), reached_, most, [&](Entry* entry) {
    ++looked_;
    last = entry;
    if (pattern.matches(entry->key())) found_.push_back(entry);
  });
  if (last != nullptr) reached_ = last->key();
  if (more) return false;
  reached_.clear();
  return ++pattern_ == patterns.size();
}

bool KeySweep::by_table(const Database& db, const std::vector<KeyPattern>& patterns, size_t most) {
  do {
    position_ = db.keys.scan(position_, [&](Entry* entry) {
      ++looked_;
      const auto hit = [&](const KeyPattern& pattern) { return pattern.matches(entry->key()); };
      if (std::any_of(patterns.begin(), patterns.end(), hit)) found_.push_back(entry);
    });
  } while (position_ != 0 && looked_ < most);
  return position_ == 0;
}

}  // namespace freshet
