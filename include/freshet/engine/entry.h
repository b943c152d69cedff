// One key and its value, in one allocation.
//
//    0        4      5       6      7      8
//   | stamp  | kind | flags | klen | vlen | [klen vlen: 4+4] [deadline: 6|8] [born: 6]
//   [declarations: 4, hits: 4] key… value…
//
// What stands in brackets is there only when its flag is set. A key and a value of up to 255 bytes
// need no wide lengths; a deadline of less than 2^48 ms (the year 10889) takes 6 bytes. `born` is
// there if the value was stored while victims of a kill were still in the table (kills.h). `kind`
// is encoding (2 bits), cost (3) and type (3). The value is the bytes themselves, an int64, or a
// pointer to a Blob. An entry belongs to one shard and is touched under its door only; the stamp
// too.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "freshet/base/blob.h"
#include "freshet/base/time.h"

namespace freshet {

enum class Type : uint8_t { kString = 0, kList = 1, kSet = 2, kZset = 3, kHash = 4 };
enum class Encoding : uint8_t { kInline = 0, kInt = 1, kBlob = 2 };

// Values over this many bytes are kept in a Blob.
inline constexpr size_t kInlineLimit = 8192;

// What a string value is going to be. A Blob's reference passes to the entry.
struct Value {
  std::string_view bytes;  // kInline
  int64_t number = 0;      // kInt
  Blob* blob = nullptr;    // kBlob
  Encoding encoding = Encoding::kInline;
  bool raw = false;  // OBJECT ENCODING says "raw" whatever the length (edited in place)

  static Value of(std::string_view bytes) { return {.bytes = bytes}; }
  static Value of(int64_t number) { return {.number = number, .encoding = Encoding::kInt}; }
  static Value of(Blob* blob) { return {.blob = blob, .encoding = Encoding::kBlob}; }
  size_t stored_size() const { return encoding == Encoding::kInline ? bytes.size() : 8; }
};

// What an entry keeps beside key and value, if it has it.
struct Extras {
  Millis deadline = kNever;
  uint32_t declarations = 0;  // the graph's reference to what the value was made from; 0: nothing
  uint32_t hits = 0;          // counted only for values with declarations
  uint64_t born = 0;  // the database's count of kills when it was stored; 0: before them all
  uint8_t cost = 0;   // what it takes to make the value again: a step (reckoning.h)
};

class Entry {
 public:
  // Allocates. A kInline value over kInlineLimit becomes a Blob.
  static Entry* make(std::string_view key, Value value, const Extras& extras);
  // Frees the entry and its reference to a Blob. Declarations are the graph's to free.
  static void free(Entry* entry);

  // Copies the entry to a place in an older run of pages (alloc.h), Blob and all; then the place of
  // the old one is given back.
  static Entry* moved(const Entry* entry);
  static void give_back(Entry* entry);

  std::string_view key() const { return {tail() + key_offset(), key_size()}; }
  Type type() const { return static_cast<Type>(kind_ & 7); }
  Encoding encoding() const { return static_cast<Encoding>(kind_ >> kEncodingShift); }
  bool is_raw() const { return flags_ & kRaw; }

  // REQUIRES: encoding() == kInline, kInt, kBlob in turn.
  std::string_view inline_bytes() const { return {value_at(), stored_size()}; }
  int64_t number() const { return load<int64_t>(value_at()); }
  Blob* blob() const { return load<Blob*>(value_at()); }

  // The value for another entry; a Blob gains a reference. Holds while this entry does.
  Value share() const;

  // The value's bytes; an integer is written into `scratch` (kMaxIntDigits bytes).
  std::string_view bytes(char* scratch) const;
  size_t length() const;

  Millis deadline() const {
    if ((flags_ & kDeadlineMask) == 0) return kNever;
    const char* at = tail() + (flags_ & kWide ? 8 : 0);
    if (flags_ & kDeadline8) return load<Millis>(at);
    return static_cast<Millis>(load<uint32_t>(at)) | static_cast<Millis>(load<uint16_t>(at + 4))
                                                         << 32;
  }
  bool has_deadline() const { return flags_ & kDeadlineMask; }
  // Neither a deadline nor declarations.
  bool is_plain() const { return !(flags_ & (kDeadlineMask | kDeclared)); }
  bool expired(Millis now) const { return has_deadline() && deadline() <= now; }

  uint32_t declarations() const {
    return flags_ & kDeclared ? load<uint32_t>(tail() + key_offset() - 8) : 0;
  }
  uint32_t hits() const {
    return flags_ & kDeclared ? load<uint32_t>(tail() + key_offset() - 4) : 0;
  }
  // REQUIRES: there are declarations already.
  void set_declarations(uint32_t ref) { store(tail() + key_offset() - 8, ref); }
  void count_hit() {
    if (flags_ & kDeclared) store(tail() + key_offset() - 4, hits() + 1);
  }
  uint64_t born() const {
    if (!(flags_ & kBorn)) return 0;
    const char* at = tail() + key_offset() - (flags_ & kDeclared ? 14 : 6);
    return load<uint32_t>(at) | uint64_t{load<uint16_t>(at + 4)} << 32;
  }
  uint8_t cost() const { return (kind_ & kCostMask) >> kCostShift; }
  // step: less than 8.
  void set_cost(uint8_t step) {
    kind_ = static_cast<uint8_t>((kind_ & ~kCostMask) | step << kCostShift);
  }
  Extras extras() const { return {deadline(), declarations(), hits(), born(), cost()}; }

  // Some other key declares this one: a Name for it stands in this shard.
  bool named() const { return flags_ & kNamed; }
  void set_named(bool on) { set_flag(kNamed, on); }
  // Parity of the expiry wheel's last clean-up (expiry.h).
  bool wheel_mark() const { return flags_ & kWheelMark; }
  void set_wheel_mark(bool on) { set_flag(kWheelMark, on); }

  // In place, when the value fits the same allocation class and shape; false otherwise.
  bool try_assign(Value value);
  // REQUIRES: encoding() == kInt.
  void set_number(int64_t number) { store(value_at(), number); }
  // REQUIRES: the entry has a deadline of the width that this one needs.
  bool try_set_deadline(Millis deadline);
  void set_raw() { flags_ |= kRaw; }
  // The value's bytes, to be changed where they stand. REQUIRES: encoding() != kInt; a Blob is
  // sole().
  char* data() { return encoding() == Encoding::kBlob ? blob()->data() : value_at(); }
  // Makes an inline value `size` bytes long (no less than it is), new bytes 0, if the same
  // allocation holds it. REQUIRES: encoding() == kInline.
  bool try_grow(size_t size);
  // Puts another Blob in the place of the present one, whose reference is dropped.
  // REQUIRES: encoding() == kBlob.
  void set_blob(Blob* fresh) {
    blob()->unref();
    store(value_at(), fresh);
  }

  size_t total_size() const { return kHeader + key_offset() + key_size() + stored_size(); }
  // What the entry costs, with its Blob; without its declarations.
  size_t memory() const {
    return allocation_size(total_size()) + (encoding() == Encoding::kBlob ? blob()->memory() : 0);
  }

  uint32_t stamp;  // the evictor's word

 private:
  static constexpr size_t kHeader = 8;
  static constexpr int kEncodingShift = 6, kCostShift = 3;
  static constexpr uint8_t kCostMask = 7 << kCostShift;
  static constexpr uint8_t kDeadline6 = 1, kDeadline8 = 2, kDeadlineMask = 3;
  static constexpr uint8_t kDeclared = 4, kWide = 8, kBorn = 16;
  static constexpr uint8_t kNamed = 32, kWheelMark = 64, kRaw = 128;

  // By flags & 31: where the key starts behind the header.
  static constexpr uint8_t kKeyOffset[32] = {0,  6,  8,  0,  8,  14, 16, 0,  8,  14, 16,
                                             0,  16, 22, 24, 0,  6,  12, 14, 0,  14, 20,
                                             22, 0,  14, 20, 22, 0,  22, 28, 30, 0};

  template <class T>
  static T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  template <class T>
  static void store(char* at, T value) {
    std::memcpy(at, &value, sizeof value);
  }

  void set_flag(uint8_t flag, bool on) {
    flags_ = static_cast<uint8_t>(on ? flags_ | flag : flags_ & ~flag);
  }
  const char* tail() const { return reinterpret_cast<const char*>(this) + kHeader; }
  char* tail() { return reinterpret_cast<char*>(this) + kHeader; }
  size_t key_offset() const { return kKeyOffset[flags_ & 31]; }
  size_t key_size() const { return flags_ & kWide ? load<uint32_t>(tail()) : klen_; }
  size_t stored_size() const { return flags_ & kWide ? load<uint32_t>(tail() + 4) : vlen_; }
  char* value_at() { return tail() + key_offset() + key_size(); }
  const char* value_at() const { return tail() + key_offset() + key_size(); }
  bool holds_inline(size_t stored) const;
  void set_stored_size(size_t stored);
  void write_value(const Value& value);
  void write_deadline(Millis deadline);

  uint8_t kind_;
  uint8_t flags_;
  uint8_t klen_;
  uint8_t vlen_;
};
static_assert(sizeof(Entry) == 8);

}  // namespace freshet
