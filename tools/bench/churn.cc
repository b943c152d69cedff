#include "churn.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "client.h"
#include "clock.h"
#include "info.h"
#include "machine.h"
#include "progress.h"
#include "rows.h"

namespace freshet {

namespace {

constexpr char kTable[] = "churn";
constexpr int kBatch = 64;
constexpr uint64_t kSeed = 20240229, kLookNs = 100'000'000;
constexpr double kKeysPerRoom = 3;  // so many times the keys that have room come and go
constexpr double kMib = 1024.0 * 1024.0;

// The traffic changes its sizes as a day's does: what small values left behind, large ones need.
constexpr Sizes kPhases[] = {
    {64, 64 << 10}, {64, 1 << 10}, {16 << 10, 64 << 10}, {64, 1 << 10}, {64, 64 << 10}};

// The highest figures seen, in bytes.
struct Peaks {
  double used = 0, rss = 0;
  double evicted = 0, commands = 0, written = 0;
  double used_at_end = 0, rss_at_end = 0;
  std::string error;
};

class Churn {
 public:
  Churn(const Server& server, const Scale& scale)
      : server_(server),
        scale_(scale),
        client_(Client::connect(server.port())),
        looker_(Client::connect(server.port())),
        value_(64 << 10, 'v') {}

  Peaks run() {
    if (client_ == nullptr || looker_ == nullptr) return {.error = "cannot connect"};
    const double volume = scale_.churn_memory * scale_.churn_times;
    double goal = 0;
    for (const Sizes& sizes : kPhases) {
      goal += volume;
      while (peaks_.error.empty() && peaks_.written < goal) {
        batch(sizes);
        if (now_ns() >= next_look_) look();
      }
    }
    look();
    peaks_.used_at_end = used_;
    peaks_.rss_at_end = rss_;
    peaks_.evicted = info_figure(*looker_, "stats", "evicted_keys");
    return peaks_;
  }

 private:
  // Of a hundred commands: 60 SETs, 15 of them with a deadline, 10 DELs, 30 GETs.
  void batch(const Sizes& sizes) {
    const auto keys = static_cast<uint64_t>(kKeysPerRoom * scale_.churn_memory / sizes.mean()) + 1;
    out_.clear();
    for (int i = 0; i < kBatch; ++i) {
      const std::string key = name_of({"churn:"}, random_.below(keys));
      const uint64_t dice = random_.below(100);
      if (dice < 60) {
        const std::string value = value_.substr(0, sizes.draw(random_));
        peaks_.written += static_cast<double>(value.size());
        out_ += dice < 15
                    ? encode({"SET", key, value, "PX", std::to_string(1 + random_.below(5000))})
                    : encode({"SET", key, value});
      } else {
        out_ += encode({dice < 70 ? "DEL" : "GET", key});
      }
    }
    peaks_.commands += kBatch;
    if (!client_->exchange(out_, kBatch)) peaks_.error = "connection lost";
    if (client_->errors() > 0) peaks_.error = client_->first_error();
  }

  void look() {
    next_look_ = now_ns() + kLookNs;
    used_ = info_figure(*looker_, "memory", "used_memory");
    rss_ = static_cast<double>(server_.rss_bytes());
    peaks_.used = std::max(peaks_.used, used_);
    peaks_.rss = std::max(peaks_.rss, rss_);
  }

  const Server& server_;
  const Scale& scale_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Client> looker_;
  const std::string value_;
  std::string out_;
  Random random_{kSeed};
  Peaks peaks_;
  double used_ = 0, rss_ = 0;
  uint64_t next_look_ = 0;
};

// jemalloc's own count of it: pages that hold something against what they hold; 0: unknown.
double fragmentation(Client& client) {
  const auto stats = client.call({"MEMORY", "STATS"});
  if (!stats) return 0;
  for (size_t i = 0; i + 1 < stats->items.size(); i += 2) {
    if (stats->items[i].text == "allocator-fragmentation.ratio") {
      return std::atof(stats->items[i + 1].text.c_str());
    }
  }
  return 0;
}

void run_seat(const Seat& seat, const Options& options, Results& results) {
  const Line line{kChurnRow, seat.name};
  const Server::Started started = Server::start(seat);
  if (started.server == nullptr) return results.absent(line, kTable, started.why);
  const auto client = Client::connect(started.server->port());
  if (client == nullptr) return results.absent(line, kTable, "the server is gone");
  const double limit = options.scale.churn_memory;
  const char* policy = seat.is_freshet ? "allkeys-adaptive" : "allkeys-lru";
  if (!set_option(*client, "maxmemory-policy", policy) ||
      !set_option(*client, "maxmemory", std::to_string(static_cast<uint64_t>(limit)))) {
    return results.absent(line, kTable, "cannot set a limit");
  }
  const Peaks peaks = Churn(*started.server, options.scale).run();
  if (!peaks.error.empty()) return results.absent(line, kTable, peaks.error);
  const auto set = [&](const char* metric, double value) {
    results.set(line, kTable, metric, value);
  };
  set("limit_mib", limit / kMib);
  set("commands", peaks.commands);
  set("written_mib", peaks.written / kMib);
  set("evicted", peaks.evicted);
  set("used_ratio", peaks.used / limit);
  set("rss_ratio", peaks.rss / limit);
  set("rss_end", peaks.rss_at_end / peaks.used_at_end);
  set("fragmentation", fragmentation(*client));
}

}  // namespace

// Of log-uniform sizes: each power of two has the same share.
size_t Sizes::draw(Random& random) const {
  const double share = static_cast<double>(random.below(1u << 24)) / (1u << 24);
  const double ratio = static_cast<double>(most) / static_cast<double>(least);
  return static_cast<size_t>(static_cast<double>(least) * std::pow(ratio, share));
}

double Sizes::mean() const {
  return static_cast<double>(most - least) /
         std::log(static_cast<double>(most) / static_cast<double>(least));
}

void measure_churn(const Options& options, const std::vector<Seat>& seats, Results& results) {
  if (!options.selects(kTable, kChurnRow)) return;
  for (const Seat& seat : seats) {
    if (seat.kind == Kind::kPing || seat.cores > 1 || !options.selects_seat(seat.name)) continue;
    if (seat.kind == Kind::kRedis && !options.scale.all_rows) continue;
    progress("churn under maxmemory: " + seat.name);
    run_seat(seat, options, results);
  }
}

}  // namespace freshet
