#include "draw.h"

namespace freshet::compat {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kKeys[] = {
    "k0",
    "k1",
    "k2",
    "k3",
    "k4",
    "k5",
    "k6",
    "k7",
    "",
    "{t}:a",
    "{t}:b",
    "k\0\xff"sv,
    "key of words",
    "a:key:of:more:than:forty:four:bytes:xxxxxxxx:1",
};
constexpr std::string_view kBigKeys[] = {"big0", "big1", "big2"};
constexpr std::string_view kDbs[] = {"0", "1", "2", "15"};

constexpr std::string_view kNasty[] = {
    "",
    "-1",
    "0",
    "-0",
    "+1",
    "01",
    " 1",
    "1 ",
    "1.5",
    "1e3",
    "0x10",
    "abc",
    "nan",
    "inf",
    "*",
    "\0"sv,
    "a\0b"sv,
    "\r\n",
    "\xff\xfe",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
};

constexpr std::string_view kEdges[] = {
    "9223372036854775807",  "9223372036854775806",  "9223372036854775800", "-9223372036854775808",
    "-9223372036854775807", "-9223372036854775800", "4611686018427387904", "2147483647",
    "2147483648",           "-2147483649",          "4294967295",          "4294967296",
};

constexpr std::string_view kReals[] = {
    "1.5",    "-2.25", "0.1",  "3.0",   "5.0e3",  "1e-10", "-0.0",  "1e17", "3.14159265358979",
    "1e300",  ".5",    "5.",   "10e-2", "1e4000", "-1e17", "0x1p3", "100",  "1234567890.125",
    "1e5000", "inf",   "-inf", "nan",   "1.5x",   " 1.5",  "1,5",   "--1",  "0.30000000000000004",
};

constexpr uint64_t kYear2100 = 4102444800;

}  // namespace

// splitmix64, by Sebastiano Vigna (public domain algorithm).
uint64_t Draw::below(uint64_t n) {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (z ^ (z >> 31)) % n;
}

long Draw::between(long low, long high) {
  return low + static_cast<long>(below(static_cast<uint64_t>(high - low) + 1));
}

std::string Draw::one_of(std::initializer_list<std::string_view> choices) {
  return one_of(std::span(choices.begin(), choices.size()));
}

std::string Draw::one_of(std::span<const std::string_view> choices) {
  return std::string(choices[below(choices.size())]);
}

std::string Draw::key() { return big_ ? one_of(kBigKeys) : one_of(kKeys); }

Args Draw::keys(int low, int high) {
  Args drawn;
  for (long left = between(low, high); left > 0; --left) drawn.push_back(key());
  return drawn;
}

std::string Draw::text(size_t length) {
  std::string drawn;
  while (drawn.size() < length) drawn += static_cast<char>('a' + below(6));
  return drawn;
}

std::string Draw::bytes(size_t length) {
  std::string drawn;
  while (drawn.size() < length) drawn += static_cast<char>(below(256));
  return drawn;
}

std::string Draw::value() {
  if (big_ && chance(20)) return std::string(static_cast<size_t>(between(1, 100'000)), 'x');
  const uint64_t kind = below(100);
  if (kind < 38) return number(-20, 12'000);
  if (kind < 46) return one_of(kEdges);
  if (kind < 56) return one_of(kReals);
  if (kind < 74) return text(below(16));
  if (kind < 78) return "";
  if (kind < 86) return bytes(below(24));
  if (kind < 90) return text(static_cast<size_t>(between(43, 46)));  // embstr ends at 44
  if (kind < 96) return text(below(300));
  return nasty();
}

std::string Draw::integer() {
  const uint64_t kind = below(100);
  if (kind < 70) return number(-100, 100);
  if (kind < 90) return one_of(kEdges);
  return nasty();
}

std::string Draw::real() {
  const uint64_t kind = below(100);
  if (kind < 70) return one_of(kReals);
  if (kind < 90) return number(-1000, 1000);
  return nasty();
}

std::string Draw::index() {
  const uint64_t kind = below(100);
  if (kind < 75) return number(-12, 40);
  if (kind < 85) return number(-400, 400);
  if (kind < 93) return one_of(kEdges);
  return nasty();
}

// 512 MB is where Redis says no; what lies below but near would only cost memory.
std::string Draw::byte_offset() {
  const uint64_t kind = below(100);
  if (big_ && kind < 30) return number(0, 100'000);
  if (kind < 80) return number(0, 60);
  if (kind < 90) return one_of({"-1", "536870912", "4294967296", "9223372036854775807"});
  return nasty();
}

std::string Draw::bit_offset() {
  const uint64_t kind = below(100);
  if (big_ && kind < 30) return number(0, 800'000);
  if (kind < 82) return number(0, 500);
  if (kind < 90) return one_of({"-1", "4294967296", "9223372036854775807"});
  return nasty();
}

std::string Draw::db() {
  if (chance(85)) return one_of(kDbs);
  return chance(50) ? one_of({"16", "-1", "99999999999"}) : nasty();
}

std::string Draw::pattern() {
  return one_of({"*",   "k*",     "k?",  "k[0-3]", "k[^0-3]", "*:*",    "{t}:?", "[",
                 "k[",  "k[0-",   "\\*", "",       "k\\0",    "*words", "*[k]*", "b*g?",
                 "**0", "k[3-0]", "\\",  "?",      "K*",      "k\0*"sv});
}

std::string Draw::nasty() { return one_of(kNasty); }

// Three bands far apart, so that a later deadline is longer or shorter than an earlier one.
uint64_t Draw::far_seconds() {
  constexpr uint64_t kBands[] = {10'000, 1'000'000, 100'000'000};
  ++deadlines_;
  return kBands[below(3)] + 10 * deadlines_;
}

std::string Draw::ttl_seconds() {
  const uint64_t kind = below(100);
  if (kind < 80) return std::to_string(far_seconds());
  if (kind < 90) return nasty();
  return one_of({"0", "-1", "-100000", "9223372036854775", "9223372036854776",
                 "9223372036854775807", "-9223372036854775808"});
}

std::string Draw::ttl_millis() {
  const uint64_t kind = below(100);
  if (kind < 76) return std::to_string(1000 * far_seconds());
  if (kind < 80) return std::to_string(9'000'000'000'000'000'000 + 10'000 * ++deadlines_);
  if (kind < 90) return nasty();
  return one_of({"0", "-1", "-100000", "9223372036854775000", "-9223372036854775808"});
}

std::string Draw::at_seconds() {
  const uint64_t kind = below(100);
  if (kind < 70) return std::to_string(kYear2100 + below(20));
  if (kind < 80) return number(1, 1'000'000'000);
  if (kind < 90) return nasty();
  return one_of({"0", "-1", "9223372036854775", "9223372036854776", "9223372036854775807",
                 "-9223372036854775", "-9223372036854776"});
}

std::string Draw::at_millis() {
  const uint64_t kind = below(100);
  if (kind < 70) return std::to_string(kYear2100 * 1000 + below(20));
  if (kind < 80) return number(1, 1'000'000'000'000);
  if (kind < 90) return nasty();
  return one_of({"0", "-1", "9223372036854775807", "9223372036854775808"});
}

std::string Draw::cased(std::string_view name) {
  std::string drawn(name);
  if (chance(80)) return drawn;
  for (char& c : drawn) {
    if (c >= 'A' && c <= 'Z' && chance(60)) c = static_cast<char>(c + 32);
  }
  return drawn;
}

Args known_keys() {
  Args keys;
  for (const std::string_view key : kKeys) keys.emplace_back(key);
  for (const std::string_view key : kBigKeys) keys.emplace_back(key);
  for (const std::string_view key : kNasty) keys.emplace_back(key);
  return keys;
}

std::span<const std::string_view> known_dbs() { return kDbs; }

}  // namespace freshet::compat
