// A request encoded once: only the digits of its names change from one use to the next, so
// composing one costs a memcpy and a few stores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "picker.h"

namespace freshet {

using Args = std::vector<std::string>;

std::string encode(const Args& args);

// Where keys come from: `prefix` and twelve digits make a name.
struct Space {
  std::string prefix;
  uint64_t keys = 0;
  size_t value_bytes = 0;
};

constexpr uint64_t kTagNames = 10000;

// The name that a request built for `space` gives key number `key`.
std::string name_of(const Space& space, uint64_t key);

// Arguments that are filled in:
//   %k the operation's key   %n the key after it     %r another random key   %t a random tag
//   %v a value of the space's size
class Request {
 public:
  Request(const Args& args, const Space& space);

  void append_to(std::string& out, uint64_t key, KeyPicker& picker) const;

 private:
  struct Hole {
    size_t offset;
    char kind;
  };

  std::string bytes_;
  std::vector<Hole> holes_;
};

// What a client does again and again. Either all requests in order, on one key, are one operation;
// or, if `second_percent` is not 0, each operation is the second request that often and else the
// first.
struct Operation {
  std::vector<Args> requests;
  int second_percent = 0;
};

}  // namespace freshet
