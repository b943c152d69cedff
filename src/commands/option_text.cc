#include "commands/option_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "freshet/base/text.h"

namespace freshet {
namespace {

// 0 or errno.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

std::string real_path(const std::string& path) {
  char* const resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;  // it doesn't exist yet
  std::string result(resolved);
  std::free(resolved);
  return result;
}

// The new name is safe only when the directory is.
void sync_directory(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

FileText read_file_text(const std::string& path) {
  FileText result;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    result.error = errno;
    return result;
  }
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t size = ::read(file, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) result.error = errno;
    if (size <= 0) break;
    result.text.append(buffer.data(), static_cast<size_t>(size));
  }
  ::close(file);
  return result;
}

std::vector<std::string_view> option_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

bool is_option_comment(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

std::string option_word(std::string_view word) {
  const auto plain = [](char c) {
    return c > ' ' && c < 127 && c != '"' && c != '\'' && c != '\\';
  };
  if (!word.empty() && word[0] != '#' && std::all_of(word.begin(), word.end(), plain)) {
    return std::string(word);
  }
  return quoted(word);
}

int replace_file(const std::string& path, std::string_view text) {
  const std::string target = real_path(path);
  std::string draft = target + ".XXXXXX";
  const int file = ::mkostemp(draft.data(), O_CLOEXEC);
  if (file < 0) return errno;
  struct stat old {};
  int error = 0;
  // Without an old file the new one stays as private as it was made: it may hold a password.
  if (::stat(target.c_str(), &old) == 0 && ::fchmod(file, old.st_mode & 07777) != 0) error = errno;
  if (error == 0) error = write_all(file, text);
  ::close(file);
  if (error == 0 && ::rename(draft.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(draft.c_str());
    return error;
  }
  sync_directory(target);
  return 0;
}

}  // namespace freshet
