// A library to preload into redis-server, whose wall clock then runs FRESHET_CLOCK_FACTOR times as
// fast. Its LRU stamps keys with seconds: at the speed of a replay a whole cache would come and go
// within one of them, and LRU would be as good as random. With 500 and `hz 500` a second is two
// milliseconds. Timers use another clock, and stay as they are.
#include <dlfcn.h>
#include <sys/time.h>

#include <cstdint>
#include <cstdlib>

namespace {

using GetTime = int (*)(timeval*, void*);

int64_t micros_of(const timeval& time) { return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; }

int64_t real_micros() {
  static const auto real = reinterpret_cast<GetTime>(dlsym(RTLD_NEXT, "gettimeofday"));
  timeval now{};
  real(&now, nullptr);
  return micros_of(now);
}

}  // namespace

extern "C" int gettimeofday(timeval* time, void*) noexcept {
  static const char* const text = std::getenv("FRESHET_CLOCK_FACTOR");
  static const int64_t factor = text == nullptr ? 1 : std::atoll(text);
  static const int64_t start = real_micros();
  const int64_t now = start + (real_micros() - start) * factor;
  time->tv_sec = now / 1'000'000;
  time->tv_usec = now % 1'000'000;
  return 0;
}
