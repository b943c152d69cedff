#include "server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "link.h"

namespace freshet::compat {
namespace {

using std::chrono::milliseconds;
constexpr int kTurns = 1000;  // of ten milliseconds: ten seconds to start, five to end
constexpr milliseconds kTurn(10);

}  // namespace

ServerProcess::ServerProcess(std::string program, std::string directory,
                             std::vector<std::string> options)
    : program_(std::move(program)),
      directory_(std::move(directory)),
      options_(std::move(options)),
      socket_path_(directory_ + "/socket") {}

ServerProcess::~ServerProcess() { stop(); }

bool ServerProcess::start() {
  stop();
  ending_.clear();
  ::unlink(socket_path_.c_str());
  pid_ = ::fork();
  if (pid_ == 0) become_server();
  for (int turn = 0; turn < kTurns && alive(); ++turn) {
    if (answers()) return true;
    std::this_thread::sleep_for(kTurn);
  }
  return false;
}

void ServerProcess::become_server() const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a killed test leaves no server behind
  const int log = ::open((directory_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0);
  ::dup2(log, 1);
  ::dup2(log, 2);
  if (::chdir(directory_.c_str()) != 0) ::_exit(127);
  std::vector<std::string> words = {program_, "--port", "0", "--unixsocket", socket_path_};
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

bool ServerProcess::answers() const {
  std::optional<Link> link = Link::open(socket_path_);
  if (!link) return false;
  link->queue(Args{"PING"});
  link->want(1);
  pump({&*link, &*link}, milliseconds(1000));
  return link->take() == std::vector<std::string>{"+PONG\r\n"};
}

void ServerProcess::stop() {
  if (!alive()) return;
  ::kill(pid_, SIGTERM);
  for (int turn = 0; turn < kTurns / 2 && alive(); ++turn) std::this_thread::sleep_for(kTurn);
  kill();
}

void ServerProcess::kill() {
  if (!alive()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool ServerProcess::alive() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  ending_ = WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status))
                                : "exited with " + std::to_string(WEXITSTATUS(status));
  return false;
}

std::string ServerProcess::last_words() {
  constexpr size_t kLines = 20;
  std::vector<std::string> lines;
  std::ifstream log(directory_ + "/log");
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  std::ostringstream text;
  const size_t first = lines.size() > kLines ? lines.size() - kLines : 0;
  for (size_t i = first; i < lines.size(); ++i) text << "  | " << lines[i] << '\n';
  if (!alive()) text << "  " << program_ << ": " << ending_ << '\n';
  return text.str();
}

}  // namespace freshet::compat
