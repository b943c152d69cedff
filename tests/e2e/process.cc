#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace freshet::e2e {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "freshet-e2e-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(const std::vector<std::string>& argv, const std::string& directory,
                 const std::string& output_file) {
  std::vector<char*> raw;
  for (const std::string& arg : argv) raw.push_back(const_cast<char*>(arg.c_str()));
  raw.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;

  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int output = ::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (output < 0 || ::chdir(directory.c_str()) != 0) ::_exit(126);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(raw[0], raw.data());
  ::_exit(127);
}

Process::~Process() {
  if (ended()) return;
  signal(SIGKILL);
  wait();
}

bool Process::ended() {
  if (code_) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return true;
}

void Process::signal(int number) {
  if (!ended()) ::kill(pid_, number);
}

std::optional<int> Process::wait(milliseconds patience) {
  eventually([this] { return ended(); }, patience);
  return code_;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string env(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

bool slow_server() { return !env("FRESHET_SLOW", "").empty(); }

void pause_briefly() { std::this_thread::sleep_for(milliseconds(2)); }

}  // namespace freshet::e2e
