// A figure of CACHESTATS as JSON.
#pragma once

#include "freshet/resp/reply_reader.h"
#include "http/json_value.h"

namespace freshet {

// RESP2 has rates and times as texts: they become numbers again. What nobody knows is null.
Json figure_of(const ReplyValue& value);

}  // namespace freshet
