// The handlers of bit commands that stand in files of their own, and what they share; bits.cc has
// all the rows.
#pragma once

#include <optional>

#include "freshet/commands/context.h"

namespace freshet {

// bits.cc: args[arg] as the offset of a bit, within the largest string allowed; nullopt after the
// error.
std::optional<size_t> bit_offset(const Context& c, size_t arg);
// The same for a field of `width` bits, where "#n" is the n-th such field.
std::optional<size_t> field_offset(const Context& c, size_t arg, int width);

// bitop.cc
void bitop(Context& c);

// bitfield.cc
void bitfield(Context& c);
void bitfield_ro(Context& c);

}  // namespace freshet
