// The history checker itself: what it blames and what it lets pass.
#include "history.h"

#include <doctest/doctest.h>

namespace freshet {
namespace {

Stored stored(uint64_t start, uint64_t end, const std::string& key) {
  Stored store;
  store.span = {start, end};
  store.born = end;
  store.key = key;
  store.tags = {"t", "u"};
  store.deps = {"d"};
  return store;
}

// A value stored in 10-20, killed in 30-40, read in `seen`.
Verdict verdict(const std::string& kill, Span seen) {
  History history;
  history.stores = {stored(10, 20, "item:1")};
  history.kills = {{{30, 40}, kill}};
  history.reads = {{seen, "item:1", 10}};
  return check(history);
}

}  // namespace

TEST_CASE("a read that began after the reply of what killed its value is blamed") {
  for (const char* kill :
       {"key item:1", "tag t", "tag u", "all t u", "dep d", "pattern item:*", "over item:1"}) {
    CAPTURE(kill);
    CHECK(verdict(kill, {41, 42}).stale == 1);
    CHECK(verdict(kill, {39, 42}).clean());
  }
}

TEST_CASE("what does not concern the value kills nothing") {
  for (const char* kill : {"key item:2", "tag v", "all t v", "dep e", "pattern other:*"}) {
    CAPTURE(kill);
    CHECK(verdict(kill, {41, 42}).clean());
  }
}

TEST_CASE("a value stored while the invalidation ran may live, unless its fence is older") {
  History history;
  history.stores = {stored(10, 35, "k")};
  history.kills = {{{30, 40}, "tag t"}};
  history.reads = {{{41, 42}, "k", 10}};
  CHECK(check(history).clean());
  history.stores[0].born = 9;
  CHECK(check(history).stale == 1);
}

TEST_CASE("a fill that began after the change it had to know of is a false accept") {
  History history;
  history.stores = {stored(50, 60, "k")};
  history.stores[0].born = 20;
  history.kills = {{{30, 40}, "dep d"}};
  CHECK(check(history).false_accepts == 1);
  history.stores[0].accepted = false;
  CHECK(check(history).clean());
  history.reads = {{{70, 71}, "k", 50}};
  CHECK(check(history).unknown == 1);
}

TEST_CASE("what kills the dependency's value kills the dependent, once all killers are answered") {
  History history;
  history.stores = {stored(10, 20, "mid"), stored(22, 24, "leaf")};
  history.stores[1].tags.clear();
  history.stores[1].deps = {"mid"};
  history.stores[1].under = 10;
  history.kills = {{{30, 40}, "tag t"}};
  history.reads = {{{45, 46}, "leaf", 22}};
  CHECK(check(history).stale == 1);
  history.kills.push_back({{29, 50}, "dep d"});  // may have got there first, and is still at it
  CHECK(check(history).clean());
  history.kills = {{{30, 40}, "tag t"}, {{29, 50}, "over mid"}};
  CHECK(check(history).clean());
  history.kills = {{{30, 40}, "tag t"}, {{21, 23}, "tag u"}};  // mid may have been dead at once
  CHECK(check(history).clean());
}

}  // namespace freshet
