#include "set_options.h"

#include "freshet/base/numbers.h"
#include "freshet/base/text.h"

namespace freshet {

bool parse_set_options(const Context& c, std::span<const std::string_view> words,
                       std::string_view command, SetOptions& options) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool free = options.deadline == kNever && !options.keep_ttl;
    const bool seconds = is_word(word, "ex") || is_word(word, "exat");
    const bool millis = is_word(word, "px") || is_word(word, "pxat");
    if (is_word(word, "nx") && !options.xx) options.nx = true;
    else if (is_word(word, "xx") && !options.nx) options.xx = true;
    else if (is_word(word, "get")) options.get = true;
    else if (is_word(word, "keepttl") && free) options.keep_ttl = true;
    else if ((seconds || millis) && free && i + 1 < words.size()) {
      const auto number = parse_int(words[++i]);
      if (!number) {
        c.reply.error("ERR value is not an integer or out of range");
        return false;
      }
      Millis deadline = 0;
      bool bad = *number <= 0 || __builtin_mul_overflow(*number, seconds ? 1000 : 1, &deadline);
      if (word.size() == 2) bad = bad || __builtin_add_overflow(deadline, c.now, &deadline);
      if (bad) {
        c.reply.error("ERR invalid expire time in '" + std::string(command) + "' command");
        return false;
      }
      options.deadline = deadline;
    } else {
      c.reply.error("ERR syntax error");
      return false;
    }
  }
  return true;
}

}  // namespace freshet
