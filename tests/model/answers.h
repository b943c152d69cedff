// The right answers: what each command asks of the reference, and what a cache must reply.
#pragma once

#include <string>

#include "reference.h"

namespace freshet::model {

class Answers {
 public:
  explicit Answers(Reference& reference) : r_(reference) {}

  // Runs a command that the cache under test answered with `reply`. Returns the right answer:
  // `reply` itself wherever it is one of several.
  std::string to(const Words& args, const std::string& reply);

  uint64_t fenced_fills() const { return fenced_fills_; }
  // Fenced fills that the cache refused without need.
  uint64_t false_refusals() const { return false_refusals_; }

 private:
  using Database = Reference::Database;
  using Value = Reference::Value;
  using Answer = std::string (Answers::*)(const Words& args, const std::string& reply);
  static const std::map<std::string, Answer>& all();

  std::string look(const Words& args, const std::string& reply);
  std::string count(const Words& args, const std::string& reply);
  std::string keys(const Words& args, const std::string& reply);
  std::string set(const Words& args, const std::string& reply);
  void fill(const std::string& key, const std::string& bytes, const Options& o);
  std::string assign(const Words& args, const std::string& reply);
  std::string edit(const Words& args, const std::string& reply);
  std::string limit(const Words& args, const std::string& reply);
  std::string remove(const Words& args, const std::string& reply);
  std::string carry(const Words& args, const std::string& reply);
  std::string depadd(const Words& args, const std::string& reply);
  std::string deprem(const Words& args, const std::string& reply);
  std::string whole(const Words& args, const std::string& reply);
  std::string invalidate(const Words& args, const std::string& reply);
  std::string fetch(const Words& args, const std::string& reply);
  std::string fetch_absent(const Words& args, const std::string& reply, Millis term);
  static bool spells_loop(const Database& d, const std::string& key, Names deps,
                          const std::string& reply);

  const Value* find(const std::string& key);

  Reference& r_;
  uint64_t fenced_fills_ = 0, false_refusals_ = 0;
};

}  // namespace freshet::model
