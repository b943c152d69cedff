#include "server/warm_job.h"

#include <algorithm>

#include "freshet/commands/context.h"

namespace freshet {
namespace {

constexpr size_t kBatch = 256;         // keys asked for at once
constexpr uint64_t kSilence = 10'000;  // ms without a reply end the job
constexpr std::string_view kScanCount = "256";

}  // namespace

WarmJob::WarmJob(uint64_t id, WarmRequest request, SourceAddress source, uv_loop_t* loop,
                 Router& router, Clock clock, int memory_percent,
                 std::function<void(const WarmStatus&)> on_progress)
    : request_(std::move(request)),
      source_(std::move(source)),
      loop_(loop),
      router_(router),
      clock_(std::move(clock)),
      memory_percent_(memory_percent),
      on_progress_(std::move(on_progress)),
      timer_(new uv_timer_t) {
  status_.job = id;
  status_.source = request_.source;
  status_.state = "running";
  status_.started = clock_();
  uv_timer_init(loop_, timer_);
  timer_->data = this;
  for (std::string& key : request_.keys) keys_.push_back(std::move(key));
  scanned_all_ = !keys_.empty();
}

WarmJob::~WarmJob() {
  if (link_ != nullptr) link_->close();
  if (fence_open_) router_.keyspace().fences.close();
  uv_close(reinterpret_cast<uv_handle_t*>(timer_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

void WarmJob::arm(uint64_t wait_ms, void (*call)(uv_timer_t*)) {
  uv_update_time(loop_);
  uv_timer_start(timer_, call, wait_ms, 0);
}

void WarmJob::start() {
  link_ = new SourceLink(
      loop_, [this](const ReplyValue& value) { replied(value); },
      [this](const std::string& reason) {
        link_ = nullptr;
        end("failed", reason);
      });
  greet();
  link_->connect(source_);
}

// AUTH and SELECT go out with the first turn of the connection.
void WarmJob::greet() {
  const std::string db = std::to_string(source_.db);
  if (!source_.user.empty()) {
    link_->add({"AUTH", source_.user, source_.password});
  } else if (!source_.password.empty()) {
    link_->add({"AUTH", source_.password});
  }
  link_->add({"SELECT", db});
  greetings_ = source_.password.empty() ? 1 : 2;
  arm(kSilence, [](uv_timer_t* timer) {
    static_cast<WarmJob*>(timer->data)->end("failed", "the source does not answer");
  });
}

void WarmJob::replied(const ReplyValue& value) {
  if (ended()) return;
  if (step_ == Step::kFetch) {
    fetched(value);
  } else if (value.kind == ReplyValue::Kind::kError) {
    end("failed", "the source says: " + std::string(value.text));
  } else if (step_ == Step::kScan) {
    scanned(value);
  } else if (--greetings_ == 0) {
    next_batch();
  }
}

void WarmJob::next_batch() {
  const uint64_t limit = request_.limit == 0 ? UINT64_MAX : static_cast<uint64_t>(request_.limit);
  if (memory_is_short()) {
    end("done", "warm-maxmemory-percent of maxmemory is in use");
  } else if (status_.counts.read >= limit || (keys_.empty() && scanned_all_)) {
    end("done", "");
  } else if (keys_.empty()) {
    scan();
  } else {
    std::vector<std::string> keys;
    size_t most = std::min<uint64_t>(kBatch, limit - status_.counts.read);
    if (request_.rate > 0)
      most = std::min<size_t>(most, static_cast<size_t>(std::max<int64_t>(1, request_.rate / 10)));
    while (!keys_.empty() && keys.size() < most) {
      keys.push_back(std::move(keys_.front()));
      keys_.pop_front();
    }
    fetch(std::move(keys));
  }
}

void WarmJob::scan() {
  step_ = Step::kScan;
  link_->add({"SCAN", cursor_, "MATCH", request_.match, "COUNT", kScanCount});
  link_->flush();
  arm(kSilence, [](uv_timer_t* timer) {
    static_cast<WarmJob*>(timer->data)->end("failed", "the source does not answer");
  });
}

void WarmJob::scanned(const ReplyValue& value) {
  if (value.items.size() != 2 || value.items[1].kind != ReplyValue::Kind::kArray) {
    end("failed", "the source's SCAN reply is not one");
    return;
  }
  cursor_ = value.items[0].text;
  scanned_all_ = cursor_ == "0";
  for (const ReplyValue& key : value.items[1].items) keys_.emplace_back(key.text);
  next_batch();
}

void WarmJob::fetch(std::vector<std::string> keys) {
  step_ = Step::kFetch;
  fence_ = router_.keyspace().fences.open();
  fence_open_ = true;
  asked_at_ = clock_();
  batch_.clear();
  deadlines_.clear();
  replies_ = 0;
  for (std::string& key : keys) {
    link_->add({"GET", key});
    link_->add({"PTTL", key});
    batch_.push_back({std::move(key), "", false, true});
  }
  deadlines_.resize(batch_.size(), kNever);
  link_->flush();
  arm(kSilence, [](uv_timer_t* timer) {
    static_cast<WarmJob*>(timer->data)->end("failed", "the source does not answer");
  });
}

// Replies come in pairs: the value, then its remaining time.
void WarmJob::fetched(const ReplyValue& value) {
  const size_t at = replies_ / 2;
  Asked& asked = batch_[at];
  if (replies_ % 2 == 0) {
    asked.is_string = value.kind == ReplyValue::Kind::kBulk || value.kind == ReplyValue::Kind::kNil;
    asked.present = value.kind == ReplyValue::Kind::kBulk;
    if (asked.present) asked.value = value.text;
  } else {
    if (value.kind != ReplyValue::Kind::kInteger) asked.is_string = false;
    if (value.integer == -2) asked.present = false;
    if (value.integer >= 0) deadlines_[at] = asked_at_ + value.integer;
  }
  if (++replies_ == 2 * batch_.size()) store_batch();
}

void WarmJob::store_batch() {
  for (size_t i = 0; i < batch_.size(); ++i) {
    ++status_.counts.read;
    if (!batch_[i].is_string) {
      ++status_.counts.failed;
    } else if (!batch_[i].present) {
      ++status_.counts.skipped;
    } else {
      store(batch_[i], request_.ttl ? clock_() + *request_.ttl : deadlines_[i]);
    }
  }
  router_.keyspace().fences.close();
  fence_open_ = false;
  settle();
}

// What was replaced may have dependents, and those others: a slice at a time.
void WarmJob::settle() {
  constexpr size_t kSlice = 256;
  cascade_.deliver(router_, clock_(), kSlice);
  if (!cascade_.empty()) {
    arm(0, [](uv_timer_t* timer) { static_cast<WarmJob*>(timer->data)->settle(); });
    return;
  }
  on_progress_(status_);
  if (!ended()) pause_for_rate();
}

void WarmJob::store(const Asked& asked, Millis deadline) {
  const Key key = router_.hasher().key(asked.key);
  const Millis now = clock_();
  const Router::Collecting collecting(router_, cascade_);
  router_.at(router_.keyspace().id_of(key.hash), [&](Shard& shard) {
    Space space(shard, request_.db, now);
    if (!shard.changes.admits_key(space.db().id, key, {fence_})) {
      ++status_.counts.fenced;
      return;
    }
    Entry* existing = space.peek(key);
    if ((existing != nullptr && !request_.replace) || deadline <= now || memory_is_short()) {
      ++status_.counts.skipped;
      return;
    }
    if (existing != nullptr) space.written(key);
    space.assign(key, encode(asked.value), deadline, existing);
    ++status_.counts.stored;
  });
}

bool WarmJob::memory_is_short() const {
  Keyspace& keyspace = router_.keyspace();
  const int64_t limit = keyspace.settings.maxmemory.load(std::memory_order_relaxed);
  return limit > 0 && keyspace.budget.used() >= limit / 100 * memory_percent_;
}

// Goes on at once, or when what was read so far fits the rate.
void WarmJob::pause_for_rate() {
  uint64_t wait = 0;
  if (request_.rate > 0) {
    const Millis due = status_.started + static_cast<Millis>(status_.counts.read * 1000 /
                                                             static_cast<uint64_t>(request_.rate));
    wait = static_cast<uint64_t>(std::max<Millis>(0, due - clock_()));
  }
  if (wait == 0) {
    next_batch();
  } else {
    arm(wait, [](uv_timer_t* timer) { static_cast<WarmJob*>(timer->data)->next_batch(); });
  }
}

void WarmJob::end(std::string_view state, std::string reason) {
  if (ended()) return;
  while (!cascade_.empty()) cascade_.deliver(router_, clock_(), SIZE_MAX);  // nobody else would
  status_.state = state;
  status_.reason = std::move(reason);
  status_.ended = clock_();
  uv_timer_stop(timer_);
  if (link_ != nullptr) link_->close();
  link_ = nullptr;
  if (fence_open_) router_.keyspace().fences.close();
  fence_open_ = false;
  on_progress_(status_);
}

}  // namespace freshet
