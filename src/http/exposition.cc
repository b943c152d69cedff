#include "http/exposition.h"

#include <cmath>
#include <cstdio>

namespace freshet {
namespace {

std::string number(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[40];
  const bool whole = value == std::floor(value) && std::fabs(value) < 1e15;
  std::snprintf(text, sizeof text, whole ? "%.0f" : "%.9g", value);
  return text;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void Exposition::begin(Kind kind, std::string_view name, std::string_view help) {
  name_ = name;
  kind_ = kind;
  const bool counter = kind == Kind::kCounter, info = kind == Kind::kInfo;
  // Prometheus's own format names the samples; OpenMetrics names the family, and ends it.
  std::string family(name);
  if (!open_metrics_ && counter) family += "_total";
  if (!open_metrics_ && info) family += "_info";
  const char* type = counter                    ? "counter"
                     : kind == Kind::kHistogram ? "histogram"
                     : info && open_metrics_    ? "info"
                                                : "gauge";
  text_ += "# HELP " + family + " " + std::string(help) + "\n# TYPE " + family + " " + type + "\n";
}

void Exposition::counter(std::string_view name, std::string_view help) {
  begin(Kind::kCounter, name, help);
}
void Exposition::gauge(std::string_view name, std::string_view help) {
  begin(Kind::kGauge, name, help);
}
void Exposition::histogram(std::string_view name, std::string_view help) {
  begin(Kind::kHistogram, name, help);
}
void Exposition::info(std::string_view name, std::string_view help) {
  begin(Kind::kInfo, name, help);
}

void Exposition::line(std::string_view suffix, double value, const Labels& labels) {
  text_ += name_;
  text_ += suffix;
  if (!labels.empty()) {
    text_ += '{';
    for (size_t i = 0; i < labels.size(); ++i) {
      if (i != 0) text_ += ',';
      text_ += std::string(labels[i].first) + "=\"" + escaped(labels[i].second) + '"';
    }
    text_ += '}';
  }
  text_ += ' ';
  text_ += number(value);
  text_ += '\n';
}

void Exposition::sample(double value, const Labels& labels) {
  line(kind_ == Kind::kCounter ? "_total" : kind_ == Kind::kInfo ? "_info" : "", value, labels);
}

void Exposition::distribution(const std::vector<std::pair<double, uint64_t>>& up_to, uint64_t count,
                              double sum, const Labels& labels) {
  Labels with_bound = labels;
  with_bound.emplace_back("le", "");
  for (const auto& [bound, below] : up_to) {
    with_bound.back().second = number(bound);
    line("_bucket", static_cast<double>(below), with_bound);
  }
  with_bound.back().second = "+Inf";
  line("_bucket", static_cast<double>(count), with_bound);
  line("_sum", sum, labels);
  line("_count", static_cast<double>(count), labels);
}

std::string Exposition::text() && {
  if (open_metrics_) text_ += "# EOF\n";
  return std::move(text_);
}

std::string_view Exposition::content_type() const {
  return open_metrics_ ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                       : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace freshet
