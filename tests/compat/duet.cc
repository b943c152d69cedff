#include "duet.h"

#include <set>
#include <thread>

#include "comparer.h"
#include "draw.h"
#include "escape.h"
#include "resp_reader.h"

namespace freshet::compat {
namespace {

using std::chrono::milliseconds;

constexpr size_t kDepth = 256;      // commands in one batch
constexpr milliseconds kPause(2);   // between the pieces of a script
constexpr int kScanTurns = 10'000;  // an iteration that takes longer does not end

bool is_scan(const Args& args) {
  const Normalisation* row = normalisation_of(args);
  return row != nullptr && row->rule == Rule::kScan;
}

std::string ask(Link* link, const Args& args, milliseconds patience) {
  link->queue(args);
  link->want(1);
  pump({link, link}, patience);
  const std::vector<std::string> replies = link->take();
  return replies.empty() ? link->state_name() : replies[0];
}

// The keys of a whole iteration as one text; or the first reply, when it is no page of a scan.
std::string whole_scan(Link* link, Args args, milliseconds patience) {
  std::set<std::string> keys;
  for (int turn = 0; turn < kScanTurns; ++turn) {
    std::string raw = ask(link, args, patience);
    if (link->state() != Link::State::kOpen) return raw;
    const Reply page = parse_reply(raw);
    if (page.items.size() != 2 || !page.items[1].is_array()) return raw;
    // From the middle of nowhere each server goes its own way.
    if (turn == 0 && args[1] != "0") return "a page";
    for (const Reply& key : page.items[1].items) keys.insert(flat(key));
    args[1] = page.items[0].text;
    if (args[1] != "0") continue;
    std::string text = std::to_string(keys.size()) + " keys:";
    for (const std::string& key : keys) text += ' ' + key;
    return text;
  }
  return "an iteration that does not end";
}

std::string reply_or_state(const std::vector<std::string>& replies, size_t i, const Link& link) {
  if (i < replies.size()) return replies[i];
  const bool broken = link.state() == Link::State::kBroken;
  return '(' + link.state_name() + ')' + (broken ? link.bytes() : "");
}

}  // namespace

std::optional<Mismatch> Duet::play(const std::vector<Step>& steps) {
  for (size_t at = 0; at < steps.size(); ++at) {
    const Step& step = steps[at];
    const bool pipelined = step.kind == Step::Kind::kCommand && !is_scan(step.args);
    if (pipelined) send(at, step.args);
    if (pipelined && batch_.size() < kDepth) continue;
    if (auto mismatch = drain()) return mismatch;
    if (pipelined) continue;
    if (auto mismatch = play_alone(at, step)) return mismatch;
  }
  return drain();
}

void Duet::send(size_t step, const Args& args) {
  if (needs_sweep(args)) {
    Args sweep = {"EXISTS"};
    for (const std::string& key : known_keys()) sweep.push_back(key);
    reference_.link.queue(sweep);
    tested_.link.queue(sweep);
    batch_.push_back({step, std::move(sweep)});
  }
  reference_.link.queue(args);
  tested_.link.queue(args);
  batch_.push_back({step, args});
}

std::optional<Mismatch> Duet::drain() {
  reference_.link.want(batch_.size());
  tested_.link.want(batch_.size());
  pump({&reference_.link, &tested_.link}, patience_);
  const std::vector<std::string> expected = reference_.link.take();
  const std::vector<std::string> actual = tested_.link.take();
  for (size_t i = 0; i < batch_.size(); ++i) {
    const bool both = i < expected.size() && i < actual.size();
    if (both) tally_->add(batch_[i].args, expected[i]);
    if (both && same_reply(batch_[i].args, expected[i], actual[i])) continue;
    return Mismatch{batch_[i].step, both ? batch_[i].step : batch_.back().step,
                    reply_or_state(expected, i, reference_.link),
                    reply_or_state(actual, i, tested_.link), !both};
  }
  batch_.clear();
  return std::nullopt;
}

// REQUIRES: the batch is drained.
std::optional<Mismatch> Duet::play_alone(size_t at, const Step& step) {
  if (step.kind == Step::Kind::kScript) return script(at, step);
  if (step.kind == Step::Kind::kCommand) return scan(at, step.args);
  std::this_thread::sleep_for(milliseconds(step.millis));
  return std::nullopt;
}

std::optional<Mismatch> Duet::scan(size_t at, const Args& args) {
  std::string expected = whole_scan(&reference_.link, args, patience_);
  std::string actual = whole_scan(&tested_.link, args, patience_);
  tally_->add(args, expected);
  if (expected == actual) return std::nullopt;
  return Mismatch{at, at, std::move(expected), std::move(actual)};
}

std::optional<Mismatch> Duet::script(size_t at, const Step& step) {
  std::optional<Link> reference = Link::open(reference_.path);
  std::optional<Link> tested = Link::open(tested_.path);
  if (!reference || !tested) {
    return Mismatch{at, at, reference ? "(connected)" : "(refused)",
                    tested ? "(connected)" : "(refused)"};
  }
  for (const std::string& piece : step.pieces) {
    if (&piece != &step.pieces.front()) std::this_thread::sleep_for(kPause);
    reference->queue(piece);
    tested->queue(piece);
    pump({&*reference, &*tested}, patience_);
  }
  if (!step.server_closes) reference->finish_sending();
  if (!step.server_closes) tested->finish_sending();
  reference->want(Link::kUntilClosed);
  tested->want(Link::kUntilClosed);
  pump({&*reference, &*tested}, patience_);
  tally_->add_script();
  std::string expected = reference->bytes() + '(' + reference->state_name() + ')';
  std::string actual = tested->bytes() + '(' + tested->state_name() + ')';
  if (expected == actual) return std::nullopt;
  return Mismatch{at, at, std::move(expected), std::move(actual)};
}

}  // namespace freshet::compat
