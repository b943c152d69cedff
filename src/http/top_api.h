// Where hits come from, and what another memory limit would bring, as JSON.
#pragma once

#include "freshet/resp/reply_reader.h"
#include "http/json_value.h"

namespace freshet {

// Of CACHESTATS TOP's reply: at most `most` prefixes and as many tags.
Json top_of(const ReplyValue& map, size_t most);
// Of CACHESTATS MRC's reply.
Json curve_of(const ReplyValue& map);

}  // namespace freshet
