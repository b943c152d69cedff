// How the cache does, as JSON; what an answer and the dashboard's events share.
#pragma once

#include "freshet/commands/host.h"
#include "freshet/resp/reply_reader.h"
#include "http/json_value.h"

namespace freshet {

// Of the reply of CACHESTATS, of CACHESTATS LOG, and of SLOWLOG GET.
Json stats_of(const ReplyValue& map);
Json kills_of(const ReplyValue& list);
Json slow_of(const ReplyValue& list);
// Commands per second and latencies in milliseconds, of the last `seconds`.
Json lately(Host& host, int seconds);

}  // namespace freshet
