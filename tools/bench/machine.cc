#include "machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>

#include "clock.h"

namespace freshet {

namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown cpu";
}

uint64_t meminfo(const std::string& wanted) {
  std::ifstream info("/proc/meminfo");
  std::string word;
  while (info >> word) {
    uint64_t kilobytes = 0;
    if (word == wanted && info >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

std::string first_line_of(const char* command) {
  FILE* out = popen(command, "r");
  if (out == nullptr) return "unknown";
  char line[256] = "";
  if (fgets(line, sizeof line, out) == nullptr) line[0] = '\0';
  pclose(out);
  std::string text = line;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.empty() ? "unknown" : text;
}

std::string today() {
  const time_t now = time(nullptr);
  tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
  return text;
}

std::string machine() {
  utsname system{};
  uname(&system);
  char text[512];
  std::snprintf(text, sizeof text, "%s, %ld cpus, %.1f GiB, %s %s", cpu_model().c_str(),
                sysconf(_SC_NPROCESSORS_ONLN),
                static_cast<double>(meminfo("MemTotal:")) / (1 << 30), system.sysname,
                system.release);
  return text;
}

// Of all cpus, in ticks of a hundredth of a second.
uint64_t stolen_ticks() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  uint64_t ticks[8] = {};
  stat >> cpu;
  for (uint64_t& tick : ticks) stat >> tick;
  return ticks[7];
}

std::string text_of(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

Stopwatch::Stopwatch() : began_ns_(now_ns()), stolen_(stolen_ticks()) {}

Facts Stopwatch::facts() const {
  const double seconds = static_cast<double>(now_ns() - began_ns_) / 1e9;
  const double stolen = static_cast<double>(stolen_ticks() - stolen_) / 100;
  const auto cpus = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  return {{"took", text_of("%.1f minutes", seconds / 60)},
          {"taken by the hypervisor",
           text_of("%.2f %% of the cpus' time", 100 * stolen / (seconds * cpus))}};
}

uint64_t available_memory() { return meminfo("MemAvailable:"); }

Facts facts_of_run(const std::vector<Seat>& seats, const std::string& scale) {
  Facts facts = {{"machine", machine()}};
  for (const Seat& seat : seats) facts.push_back({seat.name, seat.version});
  facts.push_back({"compiler", FRESHET_BENCH_COMPILER});
  facts.push_back({"commit", first_line_of("git describe --always --dirty 2>/dev/null")});
  facts.push_back({"date", today()});
  facts.push_back({"scale", scale});
  return facts;
}

}  // namespace freshet
