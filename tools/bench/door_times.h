// What the model of the doors is fed with: nanoseconds, each measured by door_probe.cc but for the
// few that are given. "Moved" is what is added if another core was the last behind that door.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace freshet {

struct DoorTimes {
  // A door alone: entered and left.
  double door = 0;
  double line = 0;  // more, if another core had it last
  double pause = 0;
  double yield = 0;
  // Steps of a command in a batch; the door included.
  double bucket = 0, bucket_moved = 0;  // prefetch of the key's bucket
  double item = 0, item_moved = 0;      // prefetch of the entry
  double get = 0, get_moved = 0;
  double set = 0, set_moved = 0;
  double mget = 0;  // ten prefetched keys behind their doors; no door included
  // The same steps with one core, which touches no door.
  double lone_bucket = 0, lone_item = 0, lone_get = 0, lone_set = 0;
  // Slices.
  double tend = 0;    // upkeep of a shard that has nothing to do
  double expiry = 0;  // one expired key
  double visit = 0;   // a shard's part of INVALIDATE TAG if it has no such key
  double kill = 0;    // one key that it has
  // Cache lines of a shard that a step writes, the door's among them: counted.
  double get_lines = 0;
  double set_lines = 0;
  // Given, not measured: a command's share of everything that is not behind a door.
  double outside = 350;
  double mget_outside = 1000;
  // Given: `line` between two cores that share no cache but the last one. Virtual cpus are often
  // two threads of one core, and measure something else.
  double far = 70;
};

struct DoorTime {
  std::string_view name;
  double DoorTimes::*member;
  std::string_view meaning;
};
std::span<const DoorTime> door_times();

// "name=value". False if there is no such time, or no such number.
bool set_door_time(DoorTimes& times, std::string_view assignment);

// Reads the lines `time,NAME,VALUE` of an earlier run's CSV. False if some time is missing.
bool read_door_times(DoorTimes& times, const std::string& path);

// The same with cores as far apart as `far` says, if they are not farther anyway: what another core
// wrote comes one cache line after another.
DoorTimes apart(DoorTimes times);

}  // namespace freshet
