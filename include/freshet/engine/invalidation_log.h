// Who killed what: the last invalidations and changes that took keys with them, counts by kind, and
// counts by client. One for the process. Any thread: its door guards it, entered once for each
// INVALIDATE and each cascade, never for a key.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/base/time.h"
#include "freshet/engine/door.h"
#include "freshet/engine/settings.h"

namespace freshet {

// The one user that there is (Redis's ACLs know it by this name).
inline constexpr std::string_view kUser = "default";

// On whose behalf something is done. A connection's session is one; id 0 is the server itself.
struct Origin {
  uint64_t id = 0;   // CLIENT ID; never used twice
  std::string name;  // CLIENT SETNAME
};

// The selectors of INVALIDATE; kUnion: several of them in one; kChange: a dependency was
// overwritten, edited, deleted or expired.
enum class KillKind : uint8_t { kKey, kPattern, kTag, kDeps, kUnion, kChange };
inline constexpr int kKillKinds = 6;

struct LoggedKill {
  uint32_t number = 0;  // InvalidationLog::next
  Millis time = 0;      // when it began
  Origin origin;
  KillKind kind = KillKind::kKey;
  std::string what;    // the names, or of a change the first name that changed; cut
  uint64_t keys = 0;   // killed, cascade included
  uint32_t depth = 0;  // levels of its cascade
  uint64_t ticks = 0;  // from its begin to its end
};

class InvalidationLog {
 public:
  static constexpr size_t kMostWhat = 128;  // bytes of `what`

  struct Counts {
    uint64_t calls = 0, keys = 0;
  };
  struct OriginCounts {
    std::string name;
    std::string_view user;  // empty: several clients' together
    Counts counts;
  };

  explicit InvalidationLog(const Settings& settings) : settings_(settings) {}

  // A number for an event that begins; never 0 (which stands for none).
  uint32_t next();
  void add(LoggedKill kill);

  // The newest first.
  std::vector<LoggedKill> newest(size_t most) const;
  std::optional<LoggedKill> find(uint32_t number) const;
  std::array<Counts, kKillKinds> by_kind() const;
  // The most keys first. Beyond Settings::invalidation_origins they are counted as one, "(others)".
  std::vector<OriginCounts> by_origin() const;
  // Counts begin anew; what is logged stays.
  void reset();

 private:
  void count(const LoggedKill& kill);

  const Settings& settings_;
  std::atomic<uint32_t> last_{0};
  mutable Door door_;
  // Guarded by door_. Changes have a ring of their own: a flood of them pushes no INVALIDATE out.
  std::deque<LoggedKill> commands_, changes_;  // the newest last
  std::array<Counts, kKillKinds> by_kind_;
  std::vector<OriginCounts> origins_;
};

}  // namespace freshet
