// One invalidation of what several selectors find, taken step by step.
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "commands/invalidate.h"
#include "harness.h"

namespace freshet {

class Union {
 public:
  // Each line is an INVALIDATE; their options are the same.
  Union(Router& router, Millis now, const std::vector<std::string>& lines)
      : router_(router), now_(now), host_(options_), reply_(out_, 2) {
    std::vector<InvalidateRequest> parts;
    for (const std::string& line : lines) {
      std::vector<std::string_view> args;
      for (size_t at = 0, end = 0; end < line.size(); at = end + 1) {
        end = std::min(line.find(' ', at), line.size());
        args.push_back(std::string_view(line).substr(at, end - at));
      }
      const std::string error = parse_invalidate(args, router.hasher(), parts.emplace_back());
      if (!error.empty()) throw std::runtime_error(line + ": " + error);
    }
    Context context({}, reply_, router, host_, 0, now, false);
    begin_invalidation(context, std::move(parts));
    task_ = std::move(context.task);
  }

  bool done() const { return task_->done(); }
  void step() { task_->step(router_, now_); }
  // The reply's bytes, after all steps that are left.
  std::string reply() {
    while (!done()) step();
    task_->reply(reply_);
    return out_.text();
  }

 private:
  Router& router_;
  const Millis now_;
  Options options_;
  TestHost host_;
  Output out_;
  Reply reply_;
  std::unique_ptr<Task> task_;
};

}  // namespace freshet
