// Every option of freshet-server: name, default, check, and whether CONFIG SET may change it. One
// table (options.cc) is read by the configuration file, the command line, CONFIG, --help and the
// man page.
//
// Any thread, but for load, which comes before there are others. Texts and numbers are guarded by a
// door; what hot paths read are atomics.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "freshet/engine/door.h"
#include "freshet/engine/settings.h"

namespace freshet {

struct OptionRow;
class OptionValues;

class Options {
 public:
  Options();  // all defaults
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  // Start-up: `freshet-server [file] [--option value …] [-]`, later ones win; Redis's grammar. ""
  // if all is well, else one line that names file, line and option: "freshet.conf:3: unknown option
  // 'foo'", and nothing is changed.
  std::string load(const std::vector<std::string>& arguments);

  // CONFIG GET: the options whose names match any of the globs, with their values, by name. Those
  // that may be given several times are not among them, as in Redis: they may hold secrets.
  std::vector<std::pair<std::string, std::string>> get(const std::vector<std::string>& globs) const;
  // CONFIG SET: all or none. "" or Redis 7.0's text, "ERR CONFIG SET failed (possibly …) - …" or
  // "ERR Unknown option …".
  std::string set(const std::vector<std::pair<std::string, std::string>>& changes);
  // CONFIG REWRITE: "" or the error's text. Comments, order and includes stay; a line changes only
  // if its option did.
  std::string rewrite();

  // By name; the option exists.
  std::string text(std::string_view name) const;
  int64_t number(std::string_view name) const;  // numbers, sizes (bytes), yes (1) and no (0)
  std::vector<std::string> list(std::string_view name) const;  // bind and the like, cut at spaces
  // Options that may be given several times, one entry a line (rename-command: name, new name;
  // source: name, address), and client-output-buffer-limit, one entry a class: name, hard, soft,
  // seconds.
  std::vector<std::vector<std::string>> many(std::string_view name) const;

  // The file that was loaded, absolute; "" if none.
  std::string file() const;
  // What --help prints: every option with default and meaning.
  static std::string help();

  // Called after start-up for each option that CONFIG SET changed, outside the door.
  std::function<void(const std::string& name)> changed;

  // What hot paths read.
  Settings settings;
  std::atomic<int64_t> maxclients{10000};
  std::atomic<int64_t> maxmemory_clients{0};  // bytes; negative: percent of maxmemory; 0: no limit
  std::atomic<int64_t> timeout{0};            // seconds idle; 0: for ever
  std::atomic<int64_t> proto_max_bulk_len{512ll << 20};
  std::atomic<int64_t> query_buffer_limit{1ll << 30};
  std::atomic<int64_t> output_hard_limit{1ll << 30};  // bytes; 0: none
  std::atomic<int64_t> output_soft_limit{256ll << 20}, output_soft_seconds{60};
  std::atomic<int64_t> slowlog_slower_than{10000};  // microseconds
  std::atomic<int64_t> slowlog_max_len{128};
  std::atomic<int64_t> latency_threshold{0};  // milliseconds; 0: off
  std::atomic<bool> needs_password{false};    // requirepass is not empty

 private:
  // Copies every value to its atomic.
  void publish();

  mutable Door door_;  // guards values_
  Door rewriting_;     // one CONFIG REWRITE at a time: the file shows the latest values
  std::unique_ptr<OptionValues> values_;
  std::string file_;  // absolute; constant after load
};

}  // namespace freshet
