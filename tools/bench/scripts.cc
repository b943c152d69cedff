#include "scripts.h"

namespace freshet {

namespace {

// UNLINK in chunks, since Lua's unpack has a limit.
constexpr char kUnlinkMembers[] =
    "local keys = redis.call('SMEMBERS', KEYS[1]) "
    "for i = 1, #keys, 5000 do "
    "redis.call('UNLINK', unpack(keys, i, math.min(i + 4999, #keys))) "
    "end "
    "redis.call('UNLINK', KEYS[1]) "
    "return #keys";

}  // namespace

Script once(const Args& args) {
  return [bytes = encode(args)](const Reply* last) -> std::optional<Step> {
    if (last != nullptr) return std::nullopt;
    return Step{bytes};
  };
}

Script unlink_members(const std::string& set) { return once({"EVAL", kUnlinkMembers, "1", set}); }

Script scan_and_unlink(const std::string& pattern) {
  return [pattern](const Reply* last) -> std::optional<Step> {
    std::string cursor = "0";
    Step step;
    if (last != nullptr) {
      if (last->items.size() != 2) return std::nullopt;
      cursor = last->items[0].text;
      Args unlink = {"UNLINK"};
      for (const Reply& key : last->items[1].items) unlink.push_back(key.text);
      if (unlink.size() > 1) step = {encode(unlink), 2};
      if (cursor == "0") {
        step.replies = 1;
        return unlink.size() > 1 ? std::optional(step) : std::nullopt;
      }
    }
    step.bytes += encode({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"});
    return step;
  };
}

}  // namespace freshet
