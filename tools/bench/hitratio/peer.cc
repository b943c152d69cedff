#include "peer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace freshet {

namespace {

constexpr int kTurns = 1500;  // of ten milliseconds, to start or to end
constexpr useconds_t kTurnMicros = 10'000;

[[noreturn]] void become(const std::string& program, const std::string& folder,
                         const std::vector<std::string>& options,
                         const std::vector<std::string>& environment) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no server outlives the measurement
  const int log = open((folder + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  for (const std::string& one : environment) {
    const size_t end = one.find('=');
    setenv(one.substr(0, end).c_str(), one.substr(end + 1).c_str(), 1);
  }
  if (chdir(folder.c_str()) != 0) _exit(127);
  std::vector<std::string> words = {program, "--port", "0", "--unixsocket", folder + "/socket"};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

}  // namespace

Peer::Started Peer::start(const std::string& program, const std::vector<std::string>& options,
                          const std::vector<std::string>& environment) {
  std::string folder = std::filesystem::temp_directory_path() / "freshet-peer-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return {nullptr, "no folder for " + program};
  const pid_t pid = fork();
  if (pid == 0) become(program, folder, options, environment);
  std::unique_ptr<Peer> peer(new Peer(pid, folder));
  for (int turn = 0; turn < kTurns && peer->running(); ++turn, usleep(kTurnMicros)) {
    if (peer->connect() && peer->call({"PING"}).type == '+') return {std::move(peer), ""};
  }
  return {nullptr, program + " does not start"};
}

Peer::~Peer() {
  if (fd_ >= 0) close(fd_);
  kill(pid_, SIGTERM);
  for (int turn = 0; turn < kTurns && running(); ++turn) usleep(kTurnMicros);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool Peer::running() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

bool Peer::connect() {
  if (fd_ >= 0) close(fd_);
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder_ + "/socket";
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof address.sun_path - 1));
  timeval patience{.tv_sec = 30, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

void Peer::ask(std::initializer_list<std::string_view> words) {
  out_ += '*' + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    out_ += '$' + std::to_string(word.size()) + "\r\n";
    out_.append(word) += "\r\n";
  }
}

bool Peer::flush() {
  for (size_t sent = 0; sent < out_.size();) {
    const ssize_t now = send(fd_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += static_cast<size_t>(now);
  }
  out_.clear();
  return true;
}

bool Peer::fill() {
  char chunk[16'384];
  const ssize_t got = recv(fd_, chunk, sizeof chunk, 0);
  if (got <= 0) return false;
  in_.erase(0, std::exchange(read_, 0));
  in_.append(chunk, static_cast<size_t>(got));
  return true;
}

// The next line without its end; "" if the server is gone.
std::string Peer::line() {
  size_t end;
  while ((end = in_.find("\r\n", read_)) == std::string::npos) {
    if (!fill()) return "";
  }
  const std::string text = in_.substr(read_, end - read_);
  read_ = end + 2;
  return text;
}

Peer::Answer Peer::answer(Body body) {
  const std::string head = line();
  if (head.empty()) return {};
  Answer answer{.type = head[0], .text = head.substr(1)};
  std::from_chars(head.data() + 1, head.data() + head.size(), answer.number);
  if (answer.type != '$') return answer;
  answer.nil = answer.number < 0;
  answer.text.clear();
  if (answer.nil) return answer;
  const auto size = static_cast<size_t>(answer.number);
  while (in_.size() - read_ < size + 2) {
    if (!fill()) return {};
  }
  if (body == Body::kKept) answer.text = in_.substr(read_, size);
  read_ += size + 2;
  return answer;
}

Peer::Answer Peer::call(std::initializer_list<std::string_view> words) {
  ask(words);
  return flush() ? answer(Body::kKept) : Answer{};
}

}  // namespace freshet
