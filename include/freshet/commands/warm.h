// What WARM asks of the host: jobs that fill the cache from a named source, in the background.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/base/time.h"

namespace freshet {

struct WarmRequest {
  std::string source;
  std::string match = "*";        // of SCAN
  std::vector<std::string> keys;  // instead of SCAN, if not empty
  std::optional<Millis> ttl;      // EX: instead of the source's deadlines
  bool replace = false;
  int64_t rate = 0;   // keys a second; 0: as fast as it goes
  int64_t limit = 0;  // keys to read; 0: all
  bool sync = false;
  int db = 0;  // where the keys go
};

struct WarmCounts {
  uint64_t read = 0;  // keys asked for
  uint64_t stored = 0;
  uint64_t skipped = 0;  // a live value won, the key was gone, memory was short
  uint64_t fenced = 0;   // changed or invalidated here while being read
  uint64_t failed = 0;   // not a string, or the source's error
};

struct WarmStatus {
  uint64_t job = 0;
  std::string source;
  std::string_view state;  // "running", "done", "cancelled", "failed"
  std::string reason;      // of a failure
  Millis started = 0, ended = 0;
  WarmCounts counts;
};

struct WarmSource {
  std::string name;
  std::string address;  // without the password
};

}  // namespace freshet
