// WARM's jobs as JSON.
#pragma once

#include "freshet/resp/reply_reader.h"
#include "http/json_value.h"

namespace freshet {

// Of WARM STATUS' reply.
Json jobs_of(const ReplyValue& list);

}  // namespace freshet
