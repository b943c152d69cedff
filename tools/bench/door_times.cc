#include "door_times.h"

#include <algorithm>
#include <charconv>
#include <fstream>

namespace freshet {
namespace {

constexpr DoorTime kTimes[] = {
    {"door", &DoorTimes::door, "a door entered and left, held by this core before"},
    {"line", &DoorTimes::line, "+ held by another core before"},
    {"pause", &DoorTimes::pause, "between two looks of a core that waits"},
    {"yield", &DoorTimes::yield, "the same after 100 looks: sched_yield"},
    {"bucket", &DoorTimes::bucket, "prefetch of a bucket behind its door"},
    {"bucket_moved", &DoorTimes::bucket_moved, "+ another core was there before"},
    {"item", &DoorTimes::item, "prefetch of an entry behind its door"},
    {"item_moved", &DoorTimes::item_moved, "+ another core was there before"},
    {"get", &DoorTimes::get, "GET behind its door, prefetched"},
    {"get_moved", &DoorTimes::get_moved, "+ another core was there before"},
    {"set", &DoorTimes::set, "SET behind its door, prefetched"},
    {"set_moved", &DoorTimes::set_moved, "+ another core was there before"},
    {"mget", &DoorTimes::mget, "ten prefetched keys behind their doors; without the doors"},
    {"lone_bucket", &DoorTimes::lone_bucket, "one core, no doors: prefetch of a bucket"},
    {"lone_item", &DoorTimes::lone_item, "one core, no doors: prefetch of an entry"},
    {"lone_get", &DoorTimes::lone_get, "one core, no doors: GET"},
    {"lone_set", &DoorTimes::lone_set, "one core, no doors: SET"},
    {"tend", &DoorTimes::tend, "upkeep of a shard with nothing to do"},
    {"expiry", &DoorTimes::expiry, "upkeep, each key that expired"},
    {"visit", &DoorTimes::visit, "INVALIDATE TAG in a shard without such keys"},
    {"kill", &DoorTimes::kill, "INVALIDATE TAG, each key"},
    {"get_lines", &DoorTimes::get_lines, "counted: cache lines of the shard that a GET writes"},
    {"set_lines", &DoorTimes::set_lines, "counted: cache lines of the shard that a SET writes"},
    {"outside", &DoorTimes::outside, "given: a command outside the doors"},
    {"mget_outside", &DoorTimes::mget_outside, "given: a MGET of ten outside the doors"},
    {"far", &DoorTimes::far, "given: a cache line from another core, for the forecasts"},
};

}  // namespace

std::span<const DoorTime> door_times() { return kTimes; }

bool set_door_time(DoorTimes& times, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = assignment.substr(0, equals), text = assignment.substr(equals + 1);
  for (const DoorTime& time : kTimes) {
    if (time.name != name) continue;
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return false;
    if (!(value >= 0 && value <= 1e9)) return false;
    times.*time.member = value;
    return true;
  }
  return false;
}

bool read_door_times(DoorTimes& times, const std::string& path) {
  constexpr std::string_view kStart = "time,";
  std::ifstream file(path);
  size_t found = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kStart)) continue;
    line.erase(0, kStart.size());
    if (const size_t comma = line.find(','); comma != std::string::npos) line[comma] = '=';
    if (!set_door_time(times, line)) return false;
    ++found;
  }
  return found == std::size(kTimes);
}

DoorTimes apart(DoorTimes times) {
  times.line = std::max(times.line, times.far);
  times.bucket_moved = std::max(times.bucket_moved, times.line);
  times.item_moved = std::max(times.item_moved, times.line);
  times.get_moved = std::max(times.get_moved, times.get_lines * times.line);
  times.set_moved = std::max(times.set_moved, times.set_lines * times.line);
  return times;
}

}  // namespace freshet
