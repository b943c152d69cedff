// The handlers of string commands that stand in files of their own; strings.cc has all the rows.
#pragma once

#include "freshet/commands/context.h"

namespace freshet {

// ranges.cc
void append(Context& c);
void getrange(Context& c);
void setrange(Context& c);
void string_length(Context& c);

// lcs.cc
void lcs(Context& c);

// counters.cc
void incr(Context& c);
void decr(Context& c);
void incrby(Context& c);
void decrby(Context& c);
void incrbyfloat(Context& c);

}  // namespace freshet
