// Runs the command rows: all servers stay up, and take turns round by round.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "load.h"
#include "options.h"
#include "process.h"
#include "results.h"
#include "rows.h"

namespace freshet {

// Stores every key of `space` once, with `operation`; empty if that worked, else why not. In order
// if over one connection.
std::string fill(const Server& server, const Operation& operation, const Space& space,
                 int connections = 8);

// The answer to one request built for key 0; a "-..." reply counts as an answer.
std::string answer_to(const Server& server, const Args& args, const Space& space);

class Throughput {
 public:
  Throughput(const Options& options, const std::vector<Seat>& seats, Results& results)
      : options_(options), seats_(seats), results_(results) {}

  void run();

 private:
  struct Sample {
    double ops, cpu_us, p50_us, p99_us, p999_us;
  };

  // A server that takes part in a row.
  struct Contender {
    const Seat* seat;
    Server* server;
    std::unique_ptr<Load> load;
    std::vector<Sample> samples;
  };

  void start_servers();
  bool fits(const Space& space) const;
  void run_row(const CommandRow& row);
  std::vector<Contender> contenders_for(const CommandRow& row);
  std::string prepare(Contender& contender, const CommandRow& row, const std::string& constant);
  double half_capacity(std::vector<Contender>& contenders);
  // False, and the row marked absent, if the server failed.
  bool take_sample(Contender& contender, const CommandRow& row, double per_second);
  void report(const CommandRow& row, const std::vector<Contender>& contenders);
  void report_cores(const CommandRow& row, const std::vector<Contender>& contenders);

  const Options& options_;
  const std::vector<Seat>& seats_;
  Results& results_;
  std::map<const Seat*, std::unique_ptr<Server>> servers_;
  std::set<std::pair<const Server*, std::string>> filled_;  // with the prefix of a space
};

}  // namespace freshet
