// Sits the two servers down for a duet, run after run, and restarts the one that does not answer.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "duet.h"
#include "server_process.h"
#include "step.h"
#include "tally.h"

namespace freshet::compat {

class Runner {
 public:
  // Both servers outlive the runner.
  Runner(ServerProcess* reference, ServerProcess* tested)
      : reference_(reference), tested_(tested) {}

  // How long a batch may take. Sanitizers and LCS are slow.
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }

  // Plays `steps` on flushed servers and new connections. Ends the program when a server cannot
  // be restarted.
  std::optional<Mismatch> run(const std::vector<Step>& steps);

  const Tally& tally() const { return tally_; }

 private:
  ServerProcess* reference_;
  ServerProcess* tested_;
  std::chrono::milliseconds patience_{20'000};
  bool doubtful_ = false;  // the tested server left a reply out: it may hang
  Tally tally_;
};

}  // namespace freshet::compat
