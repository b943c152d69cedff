// The option table: defaults, checks, CONFIG GET and SET, files, the command line, CONFIG REWRITE,
// and that the shipped configuration file says what the table says.
#include "freshet/commands/options.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "commands/option_table.h"
#include "freshet/resp/split_args.h"

namespace freshet {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// A directory of files that goes when the test ends.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/freshet-options-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }

 private:
  std::string path_;
};

std::string failed(const std::string& name, const std::string& why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + why;
}

std::string value(const Options& options, const std::string& name) {
  const Pairs found = options.get({name});
  REQUIRE(found.size() == 1);
  return found[0].second;
}

}  // namespace

TEST_CASE("every option starts with its default, in the atomics too") {
  const Options options;
  CHECK(options.list("bind") == std::vector<std::string>{"127.0.0.1", "-::1"});
  CHECK(options.number("port") == 6379);
  CHECK(options.number("protected-mode") == 1);
  CHECK(options.number("proto-max-bulk-len") == 512ll << 20);
  CHECK(options.text("requirepass").empty());
  CHECK(options.text("maxmemory-policy") == "noeviction");
  CHECK(options.many("source").empty());
  CHECK(options.file().empty());
  // A hook that doesn't fit would show here: each member's own initial value is the default as
  // well.
  struct {
    std::atomic<int64_t> maxclients{10000}, bulk{512ll << 20}, query{1ll << 30}, slower{10000};
  } expected;
  CHECK(options.maxclients == expected.maxclients);
  CHECK(options.proto_max_bulk_len == expected.bulk);
  CHECK(options.query_buffer_limit == expected.query);
  CHECK(options.slowlog_slower_than == expected.slower);
  CHECK(options.slowlog_max_len == 128);
  CHECK(options.latency_threshold == 0);
  CHECK(options.timeout == 0);
  CHECK_FALSE(options.needs_password);
  CHECK(options.output_hard_limit == 1ll << 30);
  CHECK(options.output_soft_limit == 256ll << 20);
  CHECK(options.output_soft_seconds == 60);
  CHECK(options.settings.maxmemory == 0);
  CHECK(options.settings.triggers == kOnAll);
  CHECK(options.settings.max_deps_per_key == 1024);
  CHECK(options.settings.max_tags_per_key == 1024);
  CHECK(options.settings.max_dependency_depth == 0);
  CHECK_FALSE(options.settings.prefix_index);
  CHECK(options.settings.maxmemory_samples == 5);
}

TEST_CASE("CONFIG GET finds options by glob in any case, each once, by name") {
  const Options options;
  CHECK(options.get({"MAXMEM*", "timeout", "maxmemory"}) ==
        Pairs{{"maxmemory", "0"},
              {"maxmemory-clients", "0"},
              {"maxmemory-cost-weight", "100"},
              {"maxmemory-policy", "noeviction"},
              {"maxmemory-samples", "5"},
              {"maxmemory-size-weight", "50"},
              {"maxmemory-waste-percent", "4"},
              {"timeout", "0"}});
  CHECK(options.get({"nothing"}).empty());
  CHECK(options.get({}).empty());
  CHECK(value(options, "save").empty());
  CHECK(value(options, "appendonly") == "no");
  CHECK(value(options, "client-output-buffer-limit") ==
        "normal 1073741824 268435456 60 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
}

TEST_CASE("CONFIG GET never shows what may stand several times, for it may hold secrets") {
  Options options;
  REQUIRE(options.load({"--source", "main", "redis://u:secret@h:1/2", "--rename-command",
                        "FLUSHALL", ""}) == "");
  for (const auto& [name, text] : options.get({"*"})) {
    CHECK(name != "source");
    CHECK(name != "rename-command");
    CHECK(text.find("secret") == std::string::npos);
  }
  CHECK(options.many("source") ==
        std::vector<std::vector<std::string>>{{"main", "redis://u:secret@h:1/2"}});
  CHECK(options.many("rename-command") == std::vector<std::vector<std::string>>{{"FLUSHALL", ""}});
}

TEST_CASE("CONFIG SET changes values and the atomics, and tells of each that differs") {
  Options options;
  std::vector<std::string> told;
  options.changed = [&told](const std::string& name) { told.push_back(name); };
  CHECK(options.set({{"MaxMemory", "10mb"},
                     {"maxmemory-policy", "ALLKEYS-LRU"},
                     {"timeout", "0"},
                     {"requirepass", "a b"},
                     {"dependency-triggers", "Expire delete"},
                     {"maxmemory-samples", "7"},
                     {"slowlog-log-slower-than", "-1"}}) == "");
  CHECK(told == std::vector<std::string>{"maxmemory", "maxmemory-policy", "requirepass",
                                         "dependency-triggers", "maxmemory-samples",
                                         "slowlog-log-slower-than"});
  CHECK(value(options, "maxmemory") == "10485760");
  CHECK(options.number("maxmemory") == 10485760);
  CHECK(options.settings.maxmemory == 10485760);
  CHECK(options.settings.policy == EvictionPolicy::kAllKeysLru);
  CHECK(value(options, "maxmemory-policy") == "allkeys-lru");
  CHECK(options.needs_password);
  CHECK(options.text("requirepass") == "a b");
  CHECK(value(options, "dependency-triggers") == "delete expire");
  CHECK(options.settings.triggers == (kOnDelete | kOnExpire));
  CHECK(options.settings.maxmemory_samples == 7);
  CHECK(options.slowlog_slower_than == -1);

  CHECK(options.set({{"requirepass", ""}, {"dependency-triggers", "none"}}) == "");
  CHECK_FALSE(options.needs_password);
  CHECK(options.settings.triggers == 0);
}

TEST_CASE("CONFIG SET changes all or nothing") {
  Options options;
  bool told = false;
  options.changed = [&told](const std::string&) { told = true; };
  CHECK(options.set({{"maxmemory", "1"}, {"timeout", "x"}}) ==
        failed("timeout", "argument couldn't be parsed into an integer"));
  CHECK(options.number("maxmemory") == 0);
  CHECK(options.settings.maxmemory == 0);
  CHECK_FALSE(told);
}

TEST_CASE("CONFIG SET's errors are Redis's, the first wrong name before any wrong value") {
  Options options;
  const auto set = [&options](Pairs changes) { return options.set(changes); };
  CHECK(set({{"FOO", "1"}}) == "ERR Unknown option or number of arguments for CONFIG SET - 'FOO'");
  CHECK(set({{"rename-command", "a b"}}) ==
        "ERR Unknown option or number of arguments for CONFIG SET - 'rename-command'");
  CHECK(set({{"maxmemory-polic?", "x"}}) ==
        "ERR Unknown option or number of arguments for CONFIG SET - 'maxmemory-polic?'");
  CHECK(set({{"DATABASES", "16"}}) == failed("DATABASES", "can't set immutable config"));
  CHECK(set({{"maxmemory", "1"}, {"MAXMEMORY", "2"}}) ==
        failed("MAXMEMORY", "duplicate parameter"));
  CHECK(set({{"databases", "1"}, {"foo", "x"}}) ==
        failed("databases", "can't set immutable config"));
  CHECK(set({{"foo", "1"}, {"databases", "3"}}) ==
        "ERR Unknown option or number of arguments for CONFIG SET - 'foo'");
  CHECK(set({{"timeout", "x"}, {"foo", "3"}}) ==
        "ERR Unknown option or number of arguments for CONFIG SET - 'foo'");
  CHECK(set({{"timeout", "abc"}, {"timeout", "abc"}}) == failed("timeout", "duplicate parameter"));
}

TEST_CASE("a value that does not fit is refused in Redis's words") {
  Options options;
  const auto check = [&options](const char* name, const char* text, const char* why) {
    CAPTURE(name);
    CAPTURE(text);
    CHECK(options.set({{name, text}}) == failed(name, why));
  };
  check("maxmemory", "abc", "argument must be a memory value");
  check("maxmemory", "-1", "argument must be a memory value");
  check("maxmemory", "50%", "argument must be a memory value");
  check("timeout", "99999999999", "argument must be between 0 and 2147483647 inclusive");
  check("timeout", "-1", "argument must be between 0 and 2147483647 inclusive");
  for (const char* text : {"", "0x10", "010", "+1", "1 "}) {
    check("timeout", text, "argument couldn't be parsed into an integer");
  }
  check("loglevel", "x",
        "argument(s) must be one of the following: debug, verbose, notice, warning");
  check("loglevel", "notice warning",
        "argument(s) must be one of the following: debug, verbose, notice, warning");
  check("maxmemory-policy", "sometimes",
        "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, "
        "volatile-ttl, volatile-adaptive, volatile-priority, allkeys-lru, allkeys-lfu, "
        "allkeys-random, allkeys-adaptive, allkeys-priority, noeviction");
  check("maxmemory-clients", "-5", "argument must be a memory or percent value");
  check("maxmemory-clients", "105%", "percentage argument must be less or equal to 100");
  check("lfu-log-factor", "-1", "argument must be between 0 and 2147483647 inclusive");
  check("protected-mode", "maybe", "argument must be 'yes' or 'no'");
  check("maxclients", "0", "argument must be between 1 and 4294967295 inclusive");
  check("proto-max-bulk-len", "100",
        "argument must be between 1048576 and 9223372036854775807 inclusive");
  check("slowlog-log-slower-than", "-2",
        "argument must be between -1 and 9223372036854775807 inclusive");
  for (const char* text : {"1", "x y", "900  1", "-5 1", "0 1", "5 -1", " "}) {
    check("save", text, "Invalid save parameters");
  }
  check("appendonly", "x", "argument must be 'yes' or 'no'");
  check("appendonly", "yes", "Freshet can't do this, only 'no' is accepted");
  check("dependency-triggers", "edit x",
        "argument(s) must be 'none' or some of the following: overwrite, edit, delete, expire");
  check("hz", "abc", "argument couldn't be parsed into an integer");
}

TEST_CASE("an output buffer limit names classes, and the others keep theirs") {
  Options options;
  const std::string name = "client-output-buffer-limit";
  CHECK(options.set({{name, "normal 1 2 3 NORMAL 4 5 6 replica 1kb 1k 1"}}) == "");
  CHECK(value(options, name) == "normal 4 5 6 slave 1024 1000 1 pubsub 33554432 8388608 60");
  CHECK(options.output_hard_limit == 4);
  CHECK(options.output_soft_limit == 5);
  CHECK(options.output_soft_seconds == 6);
  CHECK(options.many(name) ==
        std::vector<std::vector<std::string>>{{"normal", "4", "5", "6"},
                                              {"slave", "1024", "1000", "1"},
                                              {"pubsub", "33554432", "8388608", "60"}});
  CHECK(options.set({{name, ""}}) == "");
  for (const char* text : {"normal 1 2", "normal  1 2 3", "\"normal 1", "normal 1 2 3 slave 1 1"}) {
    CHECK(options.set({{name, text}}) ==
          failed(name, "Wrong number of arguments in buffer limit configuration."));
  }
  for (const char* text : {"foo 1 2 3", "master 1 2 3", "4 1 2 3"}) {
    CHECK(options.set({{name, text}}) ==
          failed(name, "Invalid client class specified in buffer limit configuration."));
  }
  for (const char* text : {"normal x 2 3", "normal -1 2 3", "replica 1 2 -3"}) {
    CHECK(
        options.set({{name, text}}) ==
        failed(name, "Error in hard, soft or soft_seconds setting in buffer limit configuration."));
  }
  CHECK(options.output_hard_limit == 4);
}

TEST_CASE("hz is held between 1 and 500 without a word, as in Redis") {
  Options options;
  CHECK(options.set({{"hz", "9999"}}) == "");
  CHECK(value(options, "hz") == "500");
  CHECK(options.set({{"hz", "0"}}) == "");
  CHECK(value(options, "hz") == "1");
}

TEST_CASE("the command line overrides the file, and the file the defaults") {
  const Folder folder;
  const std::string file = folder.write("f.conf",
                                        "# a comment\n\n  PORT   7000\r\nmaxmemory 100mb\n"
                                        "requirepass \"a b\\x41\"\nbind \"127.0.0.1 ::1\"\n"
                                        "save 900 1\nsave 300 10\nunixsocketperm 700\n"
                                        "maxmemory 200mb\nrename-command KEYS k2");
  Options options;
  REQUIRE(options.load({file, "--port", "7001", "--timeout 5", "--bind", "::1", "10.0.0.1"}) == "");
  CHECK(options.number("port") == 7001);
  CHECK(options.settings.maxmemory == 200ll << 20);
  CHECK(options.text("requirepass") == "a bA");
  CHECK(options.needs_password);
  CHECK(options.timeout == 5);
  CHECK(options.list("bind") == std::vector<std::string>{"::1", "10.0.0.1"});
  CHECK(value(options, "save") == "900 1 300 10");
  CHECK(options.number("unixsocketperm") == 0700);
  CHECK(value(options, "unixsocketperm") == "700");
  CHECK(options.many("rename-command") == std::vector<std::vector<std::string>>{{"KEYS", "k2"}});
  CHECK(options.file() == file);
}

TEST_CASE("the word after an option is its value, even if it looks like an option") {
  Options options;
  REQUIRE(options.load({"--requirepass", "--port", "--save", "--port", "7002", "--save"}) == "");
  CHECK(options.text("requirepass") == "--port");
  CHECK(options.number("port") == 7002);
  CHECK(options.text("save").empty());
}

TEST_CASE("a relative file name is remembered as an absolute one") {
  const Folder folder;
  folder.write("f.conf", "port 1\n");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  Options options;
  const std::string error = options.load({"./f.conf"});
  std::filesystem::current_path(before);
  REQUIRE(error == "");
  CHECK(options.file() == folder.path("f.conf"));
}

TEST_CASE("a dash reads more from standard input") {
  const Folder folder;
  const std::string input = folder.write("input", "port 7003\nbogus 1\n");
  const int kept = ::dup(0);
  const auto load_with = [&](const std::vector<std::string>& arguments) {
    const int file = ::open(input.c_str(), O_RDONLY);
    ::dup2(file, 0);
    ::close(file);
    Options options;
    std::string result = options.load(arguments);
    return result.empty() ? std::to_string(options.number("port")) : result;
  };
  const std::string broken = load_with({"-"});
  folder.write("input", "port 7003\n");
  const std::string first = load_with({"-"});
  const std::string last = load_with({folder.write("f.conf", "port 1\n"), "-"});
  const std::string overridden = load_with({"-", "--port", "7004"});
  ::dup2(kept, 0);
  ::close(kept);
  CHECK(broken == "standard input:2: unknown option 'bogus'");
  CHECK(first == "7003");
  CHECK(last == "7003");
  CHECK(overridden == "7004");
}

TEST_CASE("include reads files and globs, in place") {
  const Folder folder;
  folder.write("d1.conf", "port 7010\ntimeout 9\n");
  folder.write("d2.conf", "port 7011\n");
  folder.write("bad.conf", "\nport zz\n");
  Options options;
  REQUIRE(options.load({folder.write("f.conf", "include " + folder.path("d*.conf") + "\ninclude " +
                                                   folder.path("none*") + "\nport 7012\n")}) == "");
  CHECK(options.number("port") == 7012);
  CHECK(options.timeout == 9);
  CHECK(options.load({folder.write("g.conf", "include " + folder.path("bad.conf") + "\n")}) ==
        folder.path("bad.conf") + ":2: port: argument couldn't be parsed into an integer");
  CHECK(options.load({folder.write("h.conf", "include " + folder.path("none") + "\n")}) ==
        folder.path("none") + ": can't be read: No such file or directory");
  const std::string self = folder.path("self.conf");
  folder.write("self.conf", "include " + self + "\n");
  CHECK(options.load({self}) == self + ":1: include: files include each other too deeply");
}

TEST_CASE("a start-up error is one line that names the place, and changes nothing") {
  const Folder folder;
  Options options;
  const auto load = [&](const std::string& text) {
    const std::string file = folder.write("f.conf", text);
    const std::string error = options.load({file});
    REQUIRE(error.starts_with(file + ":"));
    return error.substr(file.size() + 1);
  };
  CHECK(load("port 1\n\nfoo bar\n") == "3: unknown option 'foo'");
  CHECK(load("port 70000\n") == "1: port: argument must be between 0 and 65535 inclusive");
  CHECK(load("port\n") == "1: port: wrong number of arguments");
  CHECK(load("port 1 2\n") == "1: port: wrong number of arguments");
  CHECK(load("requirepass \"a\n") == "1: unbalanced quotes");
  CHECK(load("\f\nrename-command a\n") == "2: rename-command: wrong number of arguments");
  CHECK(load("unixsocketperm 999") ==
        "1: unixsocketperm: argument couldn't be parsed as an octal number");
  CHECK(load("unixsocketperm 1777") ==
        "1: unixsocketperm: argument must be between 0 and 777 inclusive");
  CHECK(load("daemonize yes") == "1: daemonize: Freshet can't do this, only 'no' is accepted");
  CHECK(load("source a http://x") ==
        "1: source: argument must be redis://[user:password@]host[:port][/database]");
  CHECK(load("source a") == "1: source: wrong number of arguments");
  CHECK(load("bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17") ==
        "1: bind: Too many bind addresses specified.");
  CHECK(load("include") == "1: unknown option 'include'");
  CHECK(options.load({"--port", "99999"}) ==
        "command line: port: argument must be between 0 and 65535 inclusive");
  CHECK(options.load({"--timeout", "3", "--nope"}) == "command line: unknown option 'nope'");
  CHECK(options.load({"--"}) == "command line: unbalanced quotes, or no name, in '--'");
  CHECK(options.load({folder.write("g.conf", ""), "stray"}) ==
        "command line: unknown option 'stray'");
  CHECK(options.load({folder.path("")}) == folder.path("") + ": can't be read: Is a directory");
  CHECK(options.number("port") == 6379);
  CHECK(options.timeout == 0);
  CHECK(options.file().empty());
}

TEST_CASE("CONFIG REWRITE needs a file") {
  Options options;
  CHECK(options.rewrite() == "ERR The server is running without a config file");
}

TEST_CASE("CONFIG REWRITE keeps comments, order and what did not change") {
  const Folder folder;
  const std::string file = folder.write("f.conf",
                                        "# hello\nport 0\n   timeout    5\n# mid\nmaxmemory 100mb\n"
                                        "MAXMEMORY 200mb\nrename-command FLUSHALL \"\"\n\n"
                                        "client-query-buffer-limit 3mb\nhz 10");
  Options options;
  REQUIRE(options.load({file, "--maxclients", "77"}) == "");
  REQUIRE(options.set({{"maxmemory", "3gb"},
                       {"requirepass", "a \"b\""},
                       {"client-output-buffer-limit", "normal 1mb 2kb 3"},
                       {"slowlog-max-len", "99"},
                       {"save", ""}}) == "");
  REQUIRE(options.rewrite() == "");
  CHECK(folder.read("f.conf") ==
        "# hello\nport 0\n   timeout    5\n# mid\nmaxmemory 3gb\nrename-command FLUSHALL \"\"\n\n"
        "client-query-buffer-limit 3mb\nhz 10\n\n# Added by CONFIG REWRITE\n"
        "requirepass \"a \\\"b\\\"\"\nmaxclients 77\n"
        "client-output-buffer-limit normal 1048576 2048 3 slave 268435456 67108864 60 pubsub "
        "33554432 "
        "8388608 60\nslowlog-max-len 99\n");

  Options again;
  REQUIRE(again.load({file}) == "");
  CHECK(again.get({"*"}) == options.get({"*"}));

  const std::string text = folder.read("f.conf");
  REQUIRE(options.rewrite() == "");
  CHECK(folder.read("f.conf") == text);

  REQUIRE(options.set({{"slowlog-max-len", "128"}, {"latency-monitor-threshold", "5"}}) == "");
  REQUIRE(options.rewrite() == "");
  CHECK(folder.read("f.conf") == text.substr(0, text.find("slowlog-max-len")) +
                                     "slowlog-max-len 128\nlatency-monitor-threshold 5\n");
}

TEST_CASE("CONFIG REWRITE leaves included files alone and overrides them") {
  const Folder folder;
  folder.write("inner.conf", "timeout 1\nmaxmemory 5mb\nsave 900 1\n");
  const std::string file =
      folder.write("f.conf", "timeout 3\ninclude " + folder.path("inner.conf") + "\nhz 11\n");
  Options options;
  REQUIRE(options.load({file}) == "");
  REQUIRE(options.set({{"timeout", "8"}, {"hz", "12"}, {"save", "60 7"}}) == "");
  REQUIRE(options.rewrite() == "");
  CHECK(folder.read("inner.conf") == "timeout 1\nmaxmemory 5mb\nsave 900 1\n");
  Options again;
  REQUIRE(again.load({file}) == "");
  CHECK(again.get({"*"}) == options.get({"*"}));
  CHECK(folder.read("f.conf") == "include " + folder.path("inner.conf") +
                                     "\nhz 12\n\n# Added by CONFIG REWRITE\ntimeout 8\nsave \"\"\n"
                                     "save 60 7\n");
}

TEST_CASE("CONFIG REWRITE replaces the file in one step, with its mode, behind its link") {
  const Folder folder;
  const std::string file = folder.write("f.conf", "timeout 1\n");
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  REQUIRE(::symlink("f.conf", folder.path("link").c_str()) == 0);
  Options options;
  REQUIRE(options.load({folder.path("link")}) == "");
  struct stat before {
  }, after{}, link{};
  REQUIRE(::stat(file.c_str(), &before) == 0);
  REQUIRE(options.set({{"timeout", "2"}}) == "");
  const int reader =
      ::open(file.c_str(), O_RDONLY);  // whoever has the old file open keeps it whole
  REQUIRE(options.rewrite() == "");
  char text[32];
  CHECK(::read(reader, text, sizeof text) == 10);
  ::close(reader);
  REQUIRE(::stat(file.c_str(), &after) == 0);
  CHECK(before.st_ino != after.st_ino);
  CHECK((after.st_mode & 07777) == 0640);
  REQUIRE(::lstat(folder.path("link").c_str(), &link) == 0);
  CHECK(S_ISLNK(link.st_mode));
  CHECK(folder.read("f.conf") == "timeout 2\n");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path("")), {}) == 2);
}

TEST_CASE("CONFIG REWRITE makes a file that is gone, and touches none that it can't read") {
  const Folder folder;
  const std::string file = folder.write("f.conf", "timeout 1\n");
  Options options;
  REQUIRE(options.load({file}) == "");
  folder.write("f.conf", "timeout 1\nnonsense\n");
  CHECK(options.rewrite() ==
        "ERR Rewriting config file: " + file + ":2: unknown option 'nonsense'");
  CHECK(folder.read("f.conf") == "timeout 1\nnonsense\n");
  std::filesystem::remove(file);
  REQUIRE(options.rewrite() == "");
  CHECK(folder.read("f.conf") == "\n# Added by CONFIG REWRITE\ntimeout 1\n");
}

TEST_CASE("two threads may set and read options at once") {
  Options options;
  constexpr int kRounds = 2000;
  const auto work = [&options](const char* text) {
    for (int i = 0; i < kRounds; ++i) {
      if (!options.set({{"maxmemory", text}, {"requirepass", text}}).empty()) std::abort();
      const std::string seen = options.text("requirepass");
      if (seen != "1000" && seen != "2000" && !seen.empty()) std::abort();
    }
  };
  std::thread other(work, "1000");
  work("2000");
  other.join();
  CHECK(options.number("maxmemory") == options.settings.maxmemory);
  CHECK(value(options, "maxmemory") == options.text("requirepass"));
}

TEST_CASE("--help lists every option") {
  const std::string help = Options::help();
  for (const OptionRow& row : option_rows()) {
    CAPTURE(row.name);
    CHECK(help.find("  --" + std::string(row.name) + ' ') != std::string::npos);
    CHECK_FALSE(row.meaning.empty());
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
}

TEST_CASE("the shipped file is accepted and gives every option its default, but for http-port") {
  Options shipped;
  REQUIRE(shipped.load({FRESHET_SOURCE_DIR "/conf/freshet.conf"}) == "");
  CHECK(shipped.number("http-port") == 8080);
  REQUIRE(shipped.load({FRESHET_SOURCE_DIR "/conf/freshet.conf", "--http-port", "0"}) == "");
  CHECK(shipped.get({"*"}) == Options().get({"*"}));
  CHECK(shipped.many("source").empty());
  CHECK(shipped.many("rename-command").empty());
}

TEST_CASE("every option stands in the shipped file, and those given several times as an example") {
  std::ifstream file(FRESHET_SOURCE_DIR "/conf/freshet.conf");
  std::set<std::string, std::less<>> stated, shown;
  std::vector<std::string> words;
  for (std::string line; std::getline(file, line);) {
    const bool comment = line.starts_with("# ");
    if (!split_args(comment ? std::string_view(line).substr(2) : line, words) || words.empty())
      continue;
    (comment ? shown : stated).insert(words[0]);
  }
  for (const OptionRow& row : option_rows()) {
    CAPTURE(row.name);
    CHECK((row.kind == OptionKind::kMany ? shown : stated).contains(row.name));
  }
}

}  // namespace freshet
