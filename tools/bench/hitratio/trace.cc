#include "trace.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <unordered_map>

namespace freshet {

namespace {

// A file's text, straight or by way of xz. The child is waited for.
class Source {
 public:
  explicit Source(const std::string& path) {
    if (!path.ends_with(".xz")) {
      file_ = std::fopen(path.c_str(), "re");
      return;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    child_ = fork();
    if (child_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      execlp("xz", "xz", "-dc", "--", path.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    file_ = fdopen(ends[0], "r");
  }
  // False if the text did not end by itself, or never began.
  bool finish() {
    if (file_ == nullptr) return false;
    std::fclose(file_);
    file_ = nullptr;
    int status = 0;
    if (child_ > 0) waitpid(child_, &status, 0);
    return status == 0;
  }
  ~Source() { finish(); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::FILE* file() const { return file_; }

 private:
  std::FILE* file_ = nullptr;
  pid_t child_ = -1;
};

std::string name_of(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  for (const char* ending : {".xz", ".tr"}) {
    if (name.ends_with(ending)) name.resize(name.size() - std::string(ending).size());
  }
  return name;
}

}  // namespace

uint32_t Trace::distinct_within(size_t requests) const {
  // Keys are numbered in the order of first use, so the highest number tells.
  uint32_t most = 0;
  for (size_t i = 0; i < std::min(requests, keys.size()); ++i) most = std::max(most, keys[i] + 1);
  return most;
}

size_t capacity_of(const Trace& trace, double percent) {
  const double keys = trace.distinct_within(kSizingWindow) * percent / 100;
  return std::max<size_t>(1, static_cast<size_t>(keys));
}

Trace make_trace(std::string name, const std::vector<uint64_t>& keys) {
  Trace trace{.name = std::move(name)};
  std::unordered_map<uint64_t, uint32_t> numbers;
  trace.keys.reserve(keys.size());
  for (const uint64_t key : keys) {
    trace.keys.push_back(numbers.try_emplace(key, numbers.size()).first->second);
  }
  trace.distinct = static_cast<uint32_t>(numbers.size());
  return trace;
}

TraceFile read_trace(const std::string& path, size_t most) {
  Source source(path);
  if (source.file() == nullptr) return {{}, "cannot read " + path};
  std::vector<uint64_t> keys;
  char* line = nullptr;
  size_t capacity = 0;
  std::string error;
  while (keys.size() < most && getline(&line, &capacity, source.file()) >= 0) {
    char* end = nullptr;
    keys.push_back(std::strtoull(line, &end, 10));
    if (end != line) continue;
    error = path + ": line " + std::to_string(keys.size()) + " does not begin with a number";
    break;
  }
  std::free(line);
  const bool whole = keys.size() == most || source.finish();
  if (error.empty() && !whole) error = path + ": xz failed";
  if (error.empty() && keys.empty()) error = path + ": no requests";
  if (!error.empty()) return {{}, error};
  return {make_trace(name_of(path), keys), ""};
}

}  // namespace freshet
