// Small commands that were read together, of one connection's pipeline or of several connections.
// They are cut, looked up and hashed; then the buckets of their keys are asked for from memory, and
// then the entries, each side by side; then the commands run. Owned by its core.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "freshet/commands/command_table.h"
#include "freshet/commands/router.h"
#include "freshet/resp/cut.h"

namespace freshet {

class Batch {
 public:
  static constexpr size_t kMost = 64;             // commands
  static constexpr size_t kMostPrefetched = 512;  // keys: more would push each other out

  // Takes what `input` starts with, as far as it is small commands that are all there, and fetches
  // what they will touch. Views into `input`. False if it is none.
  bool take(std::string_view input, Router& router, int db);

  // The same in two steps, for several inputs. add() takes such commands behind those that are
  // there; the count of bytes that they took. fetch() fetches for all. clear() forgets them.
  size_t add(std::string_view input, const Hasher& hasher, int db);
  void fetch(Router& router) const;
  void clear();

  size_t size() const { return filled_.commands; }
  size_t keys() const { return filled_.keys; }
  // Where in its input a command ends.
  size_t end(size_t i) const { return items_[i].end; }
  const Request& request(size_t i) const { return items_[i].request; }

 private:
  struct Item {
    Request request;
    size_t end = 0;
  };
  // How much of the places below is taken.
  struct Filled {
    size_t commands = 0, args = 0, keys = 0;
  };
  // Commands of one database, behind those of the span before.
  struct Span {
    int db;
    Filled end;
  };
  const char* cut(const char* at, const char* end, Filled& filled);
  std::span<KeyArg> hash_keys(const Request& request, const Hasher& hasher, Filled& filled);
  bool make_room(size_t args, Filled filled);
  void look_up(Args args);
  template <class F>
  void each_key(F&& f) const;
  void prefetch_declared(Router& router) const;

  std::array<Item, kMost> items_;
  Filled filled_;
  std::vector<Span> spans_;
  bool declare_ = false;  // perhaps one of them is DEPSET, DEPADD or DEPREM
  // Neither moves while a batch is taken: what would not fit waits for the next.
  std::unique_ptr<std::string_view[]> args_;
  std::unique_ptr<KeyArg[]> keys_;
  size_t room_ = 0;
  std::vector<KeyArg> found_keys_;
  // What the last command was, for the next may begin as it did.
  CommandHead head_;
  bool known_ = false;
  CommandTable::Found found_;
  size_t only_key_ = 0;    // Command::only_key
  bool hashes_ = false;    // its keys can be told
  bool declares_ = false;  // DEPSET, DEPADD, DEPREM
};

}  // namespace freshet
