// The text formats of Prometheus: its own (0.0.4) and OpenMetrics 1.0. A page is a list of
// families, each with its help and its samples.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freshet {

class Exposition {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  explicit Exposition(bool open_metrics) : open_metrics_(open_metrics) {}

  // Begins a family. `name` of a counter is without its _total.
  void counter(std::string_view name, std::string_view help);
  void gauge(std::string_view name, std::string_view help);
  void histogram(std::string_view name, std::string_view help);
  void info(std::string_view name, std::string_view help);

  // A sample of the present family.
  void sample(double value, const Labels& labels = {});
  // One histogram of the present family: counts of up to each bound, ascending; the total and the
  // sum.
  void distribution(const std::vector<std::pair<double, uint64_t>>& up_to, uint64_t count,
                    double sum, const Labels& labels = {});

  // The whole page.
  std::string text() &&;
  std::string_view content_type() const;

 private:
  enum class Kind { kCounter, kGauge, kHistogram, kInfo };
  void begin(Kind kind, std::string_view name, std::string_view help);
  void line(std::string_view suffix, double value, const Labels& labels);

  const bool open_metrics_;
  std::string text_;
  std::string name_;
  Kind kind_ = Kind::kGauge;
};

}  // namespace freshet
