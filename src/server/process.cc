#include "server/process.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "freshet/base/check.h"
#include "freshet/commands/options.h"
#include "server/log.h"

namespace freshet {
namespace {

constexpr rlim_t kOtherFiles = 32;  // CONFIG_MIN_RESERVED_FDS: log, listeners, event loops …

}  // namespace

int64_t raise_file_limit(int64_t maxclients) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return maxclients;
  const rlim_t wanted = static_cast<rlim_t>(maxclients) + kOtherFiles;
  if (limit.rlim_cur >= wanted) return maxclients;
  rlimit raised{wanted, std::max(limit.rlim_max, wanted)};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return maxclients;
  raised = {std::min(limit.rlim_max, wanted), limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  if (limit.rlim_cur >= wanted) return maxclients;
  return limit.rlim_cur <= kOtherFiles ? 1 : static_cast<int64_t>(limit.rlim_cur - kOtherFiles);
}

void fit_maxclients(Options& options, Log& log) {
  const int64_t wanted = options.maxclients.load(std::memory_order_relaxed);
  const int64_t possible = raise_file_limit(wanted);
  if (possible == wanted) return;
  options.set({{"maxclients", std::to_string(possible)}});
  options.maxclients.store(possible, std::memory_order_relaxed);
  log.warning("maxclients lowered from " + std::to_string(wanted) + " to " +
              std::to_string(possible) +
              ": the limit of open files can't be raised. Increase 'ulimit -n' for more");
}

uint64_t random_seed() {
  uint64_t seed = 0;
  CHECK(getrandom(&seed, sizeof seed, 0) == sizeof seed);
  return seed;
}

PidFile::PidFile(const std::string& path, Log& log) : path_(path) {
  if (path_.empty()) return;
  if (FILE* file = std::fopen(path_.c_str(), "we")) {
    std::fprintf(file, "%d\n", static_cast<int>(getpid()));
    std::fclose(file);
  } else {
    log.warning("can't write the pid file " + path_ + ": " + std::strerror(errno));
    path_.clear();
  }
}

PidFile::~PidFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Signals::Signals(uv_loop_t* loop, std::function<void()> asked) : asked_(std::move(asked)) {
  std::signal(SIGPIPE, SIG_IGN);
  const int signals[2] = {SIGTERM, SIGINT};
  for (int i = 0; i < 2; ++i) {
    uv_signal_init(loop, &handles_[i]);
    handles_[i].data = this;
    uv_signal_start(&handles_[i], on_signal, signals[i]);
    uv_unref(reinterpret_cast<uv_handle_t*>(&handles_[i]));
  }
}

void Signals::on_signal(uv_signal_t* handle, int signal) {
  auto* self = static_cast<Signals*>(handle->data);
  if (std::exchange(self->seen_, true)) _exit(128 + signal);
  self->asked_();
}

}  // namespace freshet
