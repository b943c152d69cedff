#include "machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>

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

}  // namespace

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
