// Redis's glob: * ? [abc] [a-z] [^x] \x, with the exact meaning of stringmatchlen (Redis 7.0), but
// in time linear in text times pattern: a '*' remembers one place to go back to, never a tree of
// them.
#pragma once

#include <string_view>

namespace freshet {

// True if the whole of `text` matches `pattern`. Case counts. As in Redis, the empty text matches
// the empty pattern only: that KEYS * lists an empty key is the shortcut KEYS takes for "*".
bool glob_match(std::string_view pattern, std::string_view text);

// The same, ASCII case folded: CONFIG GET and COMMAND LIST use it.
bool glob_match_nocase(std::string_view pattern, std::string_view text);

// True if the pattern has no special character, so that it names one text only.
bool glob_is_literal(std::string_view pattern);

// What all texts that match begin with, as far as the pattern says it plainly: its bytes before the
// first special character. All of it if it has none.
std::string_view literal_prefix(std::string_view pattern);

}  // namespace freshet
