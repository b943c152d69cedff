// Cuts a small command that has come whole: the common case of Parser, without its memory. What is
// unusual in any way (inline, unfinished, large, malformed) is left to the Parser.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace freshet {

// Reads the digits behind `at` up to a '\r', at most `most` of them; where the line ends, or
// nullptr if it is not such a number, or does not end before `end`. No leading zeros but "0".
inline const char* cut_number(const char* at, const char* end, int most, uint32_t& value) {
  if (end - at < most + 2) return nullptr;  // so that no digit needs a look at the end
  uint32_t digit = static_cast<uint8_t>(*at) - uint32_t{'0'};
  if (digit > 9) return nullptr;
  value = digit;
  for (int digits = 1; *++at != '\r'; ++digits) {
    digit = static_cast<uint8_t>(*at) - uint32_t{'0'};
    if (digit > 9 || digits == most || value == 0) return nullptr;
    value = value * 10 + digit;
  }
  return at + 2;
}

// Appends the arguments of the command that `input` starts with, and returns how many bytes it
// took; 0, and nothing appended, if it is not an array of 1 … 99,999 bulk strings of up to 9,999
// bytes that are all there. The views are into `input`.
inline size_t cut_command(std::string_view input, std::vector<std::string_view>& args) {
  const char* const end = input.data() + input.size();
  if (input.empty() || input[0] != '*') return 0;
  uint32_t count = 0;
  const char* at = cut_number(input.data() + 1, end, 5, count);
  if (at == nullptr || count == 0) return 0;
  const size_t before = args.size();
  for (; count != 0; --count) {
    uint32_t size = 0;
    const char* const body = at < end && *at == '$' ? cut_number(at + 1, end, 4, size) : nullptr;
    if (body == nullptr || static_cast<size_t>(end - body) < size + 2) {
      args.resize(before);
      return 0;
    }
    args.emplace_back(body, size);
    at = body + size + 2;
  }
  return static_cast<size_t>(at - input.data());
}

}  // namespace freshet
