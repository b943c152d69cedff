// A duet: the same steps played on both servers over two connections, compared as the replies
// come in. Knows how steps become bytes and batches; whether two replies are the same is the
// comparer's business.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "link.h"
#include "step.h"
#include "tally.h"

namespace freshet::compat {

struct Mismatch {
  size_t step;  // its place in the steps that were played
  // The last step that may have caused it. Where a reply is missing, that is the last one of the
  // batch: a server that ended or hangs has not sent the replies before that.
  size_t last;
  std::string expected;
  std::string actual;
  bool missing = false;  // a reply is, on either side
};

// One of the two servers, as a duet sees it.
struct Seat {
  Link link;
  std::string path;  // for scripts, which have connections of their own
};

class Duet {
 public:
  // `patience` is for one batch.
  Duet(Seat reference, Seat tested, std::chrono::milliseconds patience, Tally* tally)
      : reference_(std::move(reference)),
        tested_(std::move(tested)),
        patience_(patience),
        tally_(tally) {}

  // Stops at the first difference.
  std::optional<Mismatch> play(const std::vector<Step>& steps);

 private:
  struct Sent {
    size_t step;
    Args args;
  };

  void send(size_t step, const Args& args);
  std::optional<Mismatch> drain();
  std::optional<Mismatch> play_alone(size_t at, const Step& step);
  std::optional<Mismatch> scan(size_t at, const Args& args);
  std::optional<Mismatch> script(size_t at, const Step& step);

  Seat reference_;
  Seat tested_;
  std::chrono::milliseconds patience_;
  Tally* tally_;
  std::vector<Sent> batch_;
};

}  // namespace freshet::compat
