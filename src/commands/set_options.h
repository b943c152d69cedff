// SET's options, and what SET does with them: DEPSET is SET with declarations.
#pragma once

#include <span>
#include <string_view>

#include "freshet/commands/context.h"

namespace freshet {

struct SetOptions {
  bool nx = false, xx = false, get = false, keep_ttl = false;
  Millis deadline = kNever;
};

// False: the reply is the error. `command` is named in it.
bool parse_set_options(const Context& c, std::span<const std::string_view> words,
                       std::string_view command, SetOptions& options);

// Stores args[2] at `key` as the options say, and replies. `declare(Space&)` is called only if the value is
// going to be stored; it returns the value's Declarations or nullptr.
template <class F>
void store(const Context& c, const Key& key, const SetOptions& options, F&& declare) {
  Space space = c.space(key);
  Entry* existing = options.get ? space.read(key) : space.write(key);
  if (options.get) {
    if (existing == nullptr) c.reply.nil();
    else c.reply_value(existing);
  }
  if ((options.nx && existing != nullptr) || (options.xx && existing == nullptr)) {
    if (!options.get) c.reply.nil();
    return;
  }
  const Millis deadline =
      options.keep_ttl && existing != nullptr ? existing->deadline() : options.deadline;
  Declarations* declarations = declare(space);
  space.assign(key, c.value(2), deadline, existing, declarations);
  if (!options.get) c.reply.ok();
}

}  // namespace freshet
