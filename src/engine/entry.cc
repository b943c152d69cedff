#include "freshet/engine/entry.h"

#include "freshet/base/check.h"
#include "freshet/base/numbers.h"

namespace freshet {
namespace {

constexpr Millis kDeadline6Limit = Millis{1} << 48;

Blob* blob_of(std::string_view bytes) {
  Blob* blob = Blob::make(bytes.size());
  std::memcpy(blob->data(), bytes.data(), bytes.size());
  blob->set_size(bytes.size());
  return blob;
}

}  // namespace

Entry* Entry::make(std::string_view key, Value value, const Extras& extras) {
  if (value.encoding == Encoding::kInline && value.bytes.size() > kInlineLimit) {
    const bool raw = value.raw;
    value = Value::of(blob_of(value.bytes));
    value.raw = raw;
  }
  const size_t stored = value.stored_size();
  uint8_t flags = 0;
  if (extras.deadline != kNever) {
    const bool narrow = extras.deadline >= 0 && extras.deadline < kDeadline6Limit;
    flags |= narrow ? kDeadline6 : kDeadline8;
  }
  if (extras.declarations != 0) flags |= kDeclared;
  if (extras.born != 0) flags |= kBorn;
  if (key.size() > 255 || stored > 255) flags |= kWide;

  const size_t size = kHeader + kKeyOffset[flags & 31] + key.size() + stored;
  auto* entry = static_cast<Entry*>(allocate(size));
  entry->stamp = 0;
  entry->kind_ = 0;
  entry->set_cost(extras.cost);
  entry->flags_ = flags;
  entry->klen_ = static_cast<uint8_t>(key.size());
  entry->vlen_ = static_cast<uint8_t>(stored);
  if (flags & kWide) {
    store(entry->tail(), static_cast<uint32_t>(key.size()));
    store(entry->tail() + 4, static_cast<uint32_t>(stored));
  }
  if (extras.deadline != kNever) entry->write_deadline(extras.deadline);
  char* const key_at = entry->tail() + entry->key_offset();
  if (extras.declarations != 0) {
    store(key_at - 8, extras.declarations);
    store(key_at - 4, extras.hits);
  }
  if (extras.born != 0) {
    char* const at = key_at - (extras.declarations != 0 ? 14 : 6);
    store(at, static_cast<uint32_t>(extras.born));
    store(at + 4, static_cast<uint16_t>(extras.born >> 32));
  }
  std::memcpy(entry->tail() + entry->key_offset(), key.data(), key.size());
  entry->write_value(value);
  return entry;
}

void Entry::free(Entry* entry) {
  if (entry->encoding() == Encoding::kBlob) entry->blob()->unref();
  deallocate(entry, entry->total_size());
}

Entry* Entry::moved(const Entry* entry) {
  const size_t size = entry->total_size();
  return static_cast<Entry*>(std::memcpy(allocate_in_run(size), entry, size));
}

void Entry::give_back(Entry* entry) { deallocate_in_run(entry, entry->total_size()); }

Value Entry::share() const {
  Value value;
  if (encoding() == Encoding::kInt) {
    value = Value::of(number());
  } else if (encoding() == Encoding::kBlob) {
    blob()->ref();
    value = Value::of(blob());
  } else {
    value = Value::of(inline_bytes());
  }
  value.raw = is_raw();
  return value;
}

std::string_view Entry::bytes(char* scratch) const {
  switch (encoding()) {
    case Encoding::kInline:
      return inline_bytes();
    case Encoding::kBlob:
      return blob()->view();
    case Encoding::kInt:
      break;
  }
  return {scratch, format_int(scratch, number())};
}

size_t Entry::length() const {
  char scratch[kMaxIntDigits];
  return bytes(scratch).size();
}

// True if the allocation and its lengths' width suit a value that takes `stored` bytes of it.
bool Entry::holds_inline(size_t stored) const {
  if (!(flags_ & kWide) && stored > 255) return false;
  const size_t size = total_size() - stored_size() + stored;
  return size == total_size() || allocation_size(size) == allocation_size(total_size());
}

void Entry::set_stored_size(size_t stored) {
  vlen_ = static_cast<uint8_t>(stored);
  if (flags_ & kWide) store(tail() + 4, static_cast<uint32_t>(stored));
}

bool Entry::try_assign(Value value) {
  if (value.encoding == Encoding::kInline && value.bytes.size() > kInlineLimit) return false;
  if (!holds_inline(value.stored_size())) return false;
  if (encoding() == Encoding::kBlob) blob()->unref();
  set_stored_size(value.stored_size());
  write_value(value);
  return true;
}

bool Entry::try_grow(size_t size) {
  const size_t before = stored_size();
  if (size > kInlineLimit || !holds_inline(size)) return false;
  set_stored_size(size);
  std::memset(value_at() + before, 0, size - before);
  return true;
}

void Entry::write_value(const Value& value) {
  constexpr uint8_t kRest = (1 << kEncodingShift) - 1;
  kind_ =
      static_cast<uint8_t>((kind_ & kRest) | static_cast<int>(value.encoding) << kEncodingShift);
  set_flag(kRaw, value.raw);
  switch (value.encoding) {
    // memmove: the new bytes may be a part of the old ones.
    case Encoding::kInline:
      std::memmove(value_at(), value.bytes.data(), value.bytes.size());
      break;
    case Encoding::kInt:
      store(value_at(), value.number);
      break;
    case Encoding::kBlob:
      store(value_at(), value.blob);
      break;
  }
}

bool Entry::try_set_deadline(Millis deadline) {
  if (deadline == kNever) return !has_deadline();
  const bool narrow = deadline >= 0 && deadline < kDeadline6Limit;
  if ((flags_ & kDeadlineMask) != (narrow ? kDeadline6 : kDeadline8)) return false;
  write_deadline(deadline);
  return true;
}

void Entry::write_deadline(Millis deadline) {
  char* at = tail() + (flags_ & kWide ? 8 : 0);
  if (flags_ & kDeadline8) {
    store(at, deadline);
  } else {
    store(at, static_cast<uint32_t>(deadline));
    store(at + 4, static_cast<uint16_t>(deadline >> 32));
  }
}

}  // namespace freshet
