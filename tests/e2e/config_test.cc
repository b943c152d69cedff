// Start-up: the configuration file's format, options over the file, and one clear line for what is
// wrong.
#include <doctest/doctest.h>

#include <algorithm>

#include "client.h"
#include "wire.h"

namespace freshet::e2e {
namespace {

// One line of the output that holds all of `words`; empty if there is none.
std::string line_with(const std::string& output, const Words& words) {
  std::size_t start = 0;
  while (start < output.size()) {
    const std::size_t end = std::min(output.find('\n', start), output.size());
    const std::string line = output.substr(start, end - start);
    const auto holds = [&line](const std::string& word) {
      return line.find(word) != std::string::npos;
    };
    if (std::all_of(words.begin(), words.end(), holds)) return line;
    start = end + 1;
  }
  return "";
}

void check_refused(const Ending& ending, const Words& words) {
  CHECK(ending.code == 1);
  CHECK_MESSAGE(!line_with(ending.output, words).empty(), words.front(), " in:\n", ending.output);
}

}  // namespace

TEST_CASE("the configuration file is Redis's: comments, blank lines, quotes, units, any case") {
  const TestServer server({},
                          "# a comment\n\n   \n"
                          "MaxMemory 64mb\n"
                          "  timeout   300\n"
                          "requirepass \"with space \\x41\"\n"
                          "maxmemory-policy allkeys-lru\r\n");
  Client client(server);
  REQUIRE(show(client.call({"AUTH", "with space A"})) == "OK");
  CHECK(client("CONFIG GET maxmemory") == "[maxmemory 67108864]");
  CHECK(client("CONFIG GET timeout") == "[timeout 300]");
  CHECK(client("CONFIG GET maxmemory-policy") == "[maxmemory-policy allkeys-lru]");
}

TEST_CASE("an option on the command line wins over the file") {
  const TestServer server({"--timeout", "20"}, "timeout 10\n");
  Client client(server);
  CHECK(client("CONFIG GET timeout") == "[timeout 20]");
}

TEST_CASE("CONFIG SET changes a setting for every connection and refuses what it does not know") {
  const TestServer server;
  Client client(server);
  Client other(server);
  CHECK(client("CONFIG SET timeout 42") == "OK");
  CHECK(other("CONFIG GET timeout") == "[timeout 42]");
  CHECK(client("CONFIG SET nosuch 1").starts_with("(error) ERR Unknown option or number of"));
  CHECK(client("CONFIG SET timeout abc").starts_with("(error) ERR CONFIG SET failed"));
  CHECK(other("CONFIG GET timeout") == "[timeout 42]");
}

TEST_CASE("a configuration that makes no sense ends the start with code 1") {
  CHECK(run_to_end({}, "port 1\nnosuch yes\n").code == 1);
  CHECK(run_to_end({"--nosuch", "yes"}).code == 1);
  CHECK(run_to_end({"--timeout", "abc"}).code == 1);
}

TEST_SUITE("freshet") {
  TEST_CASE("a bad line of the file is named by file, line and option, on one line") {
    check_refused(run_to_end({}, "port 1\n\nfoo bar\n"), {"freshet.conf", "3", "foo"});
    check_refused(run_to_end({}, "# first\ntimeout abc\n"), {"freshet.conf", "2", "timeout"});
    check_refused(run_to_end({}, "timeout\n"), {"freshet.conf", "1", "timeout"});
    check_refused(run_to_end({}, "requirepass \"open\n"), {"freshet.conf", "1"});
    check_refused(run_to_end({}, "maxmemory-policy sometimes\n"),
                  {"freshet.conf", "1", "maxmemory-policy"});
  }

  TEST_CASE("a bad option of the command line is named on one line") {
    check_refused(run_to_end({"--nosuch", "yes"}), {"nosuch"});
    check_refused(run_to_end({"--timeout", "abc"}), {"timeout", "integer"});
  }

  TEST_CASE("a port that is taken ends the start with code 1 and a line that names it") {
    const TestServer server;
    const std::string port = std::to_string(server.port());
    check_refused(run_to_end({"--port", port}), {port});
  }

  TEST_CASE("a configuration file that is not there ends the start with code 1") {
    const TempDir dir;
    const std::string missing = dir.file("missing.conf");
    Process process({seat_under_test().program, missing}, dir.path(), dir.file("output"));
    const std::optional<int> code = process.wait(milliseconds(10'000));
    check_refused({code, read_file(dir.file("output"))}, {"missing.conf"});
  }
}

}  // namespace freshet::e2e
