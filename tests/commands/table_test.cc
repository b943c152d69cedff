// What must hold of every row, whichever family it is from.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "commands/command_info.h"
#include "commands/syntax.h"
#include "freshet/base/text.h"
#include "harness.h"

namespace freshet {
namespace {

template <class F>
void each_row(F&& f) {
  const CommandTable& table = CommandTable::all();
  for (size_t i = 0; i < table.count(); ++i) {
    const std::string name(table.row(i).name);
    CAPTURE(name);
    f(table.row(i));
  }
}

bool is_subcommand(const Command& row) { return row.name.find('|') != std::string_view::npos; }

// All the family tests of this folder, but not this file; in lower case.
std::string all_tests() {
  std::string text;
  for (const auto& file : std::filesystem::directory_iterator(FRESHET_COMMAND_TESTS)) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with("_test.cc") || name == "table_test.cc") continue;
    std::ifstream in(file.path());
    text.append(std::istreambuf_iterator<char>(in), {});
  }
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// As the first word of a string literal: "del a b" or "del".
bool called_in(const std::string& tests, std::string_view name) {
  const std::string start = '"' + std::string(name);
  for (size_t at = tests.find(start); at != std::string::npos; at = tests.find(start, at + 1)) {
    const char behind = tests[at + start.size()];
    if (behind == ' ' || behind == '"') return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every row has a lower-case name of its own") {
  std::set<std::string_view> names;
  each_row([&](const Command& row) {
    CHECK_FALSE(row.name.empty());
    CHECK_EQ(to_lower(row.name), row.name);
    CHECK(names.insert(row.name).second);
  });
}

TEST_CASE("every row says what it does, since when and in which group") {
  each_row([](const Command& row) {
    CHECK_FALSE(row.summary.empty());
    CHECK_FALSE(row.group.empty());
    CHECK_FALSE(row.since.empty());
  });
}

TEST_CASE("every row has exactly one handler, but for containers that only hold others") {
  each_row([](const Command& row) {
    const int handlers = (row.data != nullptr ? 1 : 0) + (row.session != nullptr ? 1 : 0);
    if (row.flags & kContainer) {
      CHECK_FALSE(CommandTable::all().subcommands(row.name).empty());
      if (handlers == 0) CHECK(row.arity <= -2);  // alone it is a wrong number of arguments
    } else {
      CHECK_EQ(handlers, 1);
    }
  });
}

TEST_CASE("every row's arity counts its name, and its keys lie within") {
  each_row([](const Command& row) {
    const int least = row.arity < 0 ? -row.arity : row.arity;
    CHECK(least >= (is_subcommand(row) ? 2 : 1));
    CHECK(row.keys.first < least);
    CHECK((row.keys.first == 0) == (row.keys.step == 0));
    if (row.verb == Verb::kAt) CHECK(row.keys.first > 0);
  });
}

TEST_CASE("a row that takes arguments shows them") {
  each_row([](const Command& row) {
    const int bare = is_subcommand(row) ? 2 : 1;
    if (row.arity > bare || row.arity < -bare) {
      if (!(row.flags & kContainer)) CHECK_FALSE(parse_syntax(row.syntax).empty());
    } else if (row.arity == bare) {
      CHECK(row.syntax.empty());
    }
  });
}

TEST_CASE("a row either reads or writes, and a subcommand has its container") {
  each_row([](const Command& row) {
    CHECK_FALSE(((row.flags & kWrite) && (row.flags & kReadOnly)));
    if (!is_subcommand(row)) return;
    const Command* container =
        CommandTable::all().find_name(row.name.substr(0, row.name.find('|')));
    REQUIRE(container != nullptr);
    CHECK((container->flags & kContainer));
  });
}

TEST_CASE("every command is called in a test") {
  const std::string tests = all_tests();
  REQUIRE_FALSE(tests.empty());
  each_row([&](const Command& row) {
    if (!is_subcommand(row)) CHECK(called_in(tests, row.name));
  });
}

}  // namespace freshet
