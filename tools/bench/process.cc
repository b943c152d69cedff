#include "process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client.h"
#include "clock.h"

namespace freshet {

namespace {

constexpr int kStartTries = 3;
constexpr double kStartSeconds = 15;
constexpr int kStopMs = 5000;

void sleep_ms(int ms) { usleep(static_cast<useconds_t>(ms) * 1000); }

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

void unpin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); ++cpu) CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

// Threads that help, such as an allocator's, would be on another cpu than the one that serves
// wherever there is one; pinned together they would take turns. Those that come later go where the
// one that makes them is.
void pin_threads(pid_t pid) {
  const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  cpu_set_t serving, helping;
  CPU_ZERO(&serving);
  CPU_ZERO(&helping);
  CPU_SET(0, &serving);
  for (long cpu = cpus > 1 ? 1 : 0; cpu < cpus; ++cpu) CPU_SET(cpu, &helping);
  std::error_code ignored;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
    const pid_t thread = std::atoi(task.path().filename().c_str());
    sched_setaffinity(thread, sizeof serving, thread == pid ? &serving : &helping);
  }
}

// Free a moment ago; whoever takes it in between makes the start fail, and it is tried again. 0 if
// the system has none to give: no server starts there either.
int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0;
  if (bound) getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

std::vector<std::string> command_line(const Seat& seat, int port) {
  std::vector<std::string> line = {seat.binary, "--port", std::to_string(port)};
  const auto add = [&line](std::initializer_list<std::string> more) {
    line.insert(line.end(), more);
  };
  if (seat.kind == Kind::kPing) return line;
  add({"--bind", "127.0.0.1", "--protected-mode", "no", "--logfile", "", "--maxmemory", "0"});
  if (seat.is_freshet) {
    add({"--cores", std::to_string(seat.cores)});
  } else {
    // A script longer than 5 s would get other clients an error at once instead of a wait.
    add({"--save", "", "--appendonly", "no", "--lua-time-limit", "0"});
  }
  return line;
}

// Runs in the child between fork and exec.
[[noreturn]] void become(const std::vector<std::string>& line, const std::string& folder) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no server outlives the benchmark
  unpin();
  std::vector<char*> argv;
  for (const std::string& arg : line) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  const int log = open((folder + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (log < 0 || chdir(folder.c_str()) != 0) _exit(127);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(argv[0], argv.data());
  _exit(127);
}

std::string make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "freshet-bench-XXXXXX").string();
  return mkdtemp(name.data()) == nullptr ? std::string() : name;
}

}  // namespace

std::string version_of(const std::string& binary) {
  FILE* out = popen(("'" + binary + "' --version 2>/dev/null").c_str(), "r");
  if (out == nullptr) return {};
  char line[256] = "";
  if (fgets(line, sizeof line, out) == nullptr) line[0] = '\0';
  pclose(out);
  std::string version = line;
  while (!version.empty() && (version.back() == '\n' || version.back() == ' ')) version.pop_back();
  return version;
}

void pin_load_generator() { pin_to(static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1); }

Server::Server(pid_t pid, int port, std::string folder, int cores)
    : pid_(pid), port_(port), cores_(cores), folder_(std::move(folder)) {
  clock_getcpuclockid(pid, &cpu_clock_);
}

Server::~Server() {
  kill(pid_, SIGTERM);
  for (int waited = 0; waited < kStopMs; waited += 10) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) {
      pid_ = -1;
      break;
    }
    sleep_ms(10);
  }
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Server::last_words() const {
  std::ifstream log(folder_ + "/log");
  std::string line;
  std::string last;
  while (std::getline(log, line)) {
    if (!line.empty()) last = line;
  }
  return last;
}

// Empty once PING is answered, else why it never was.
std::string Server::await_ready() const {
  const uint64_t give_up = now_ns() + static_cast<uint64_t>(kStartSeconds * 1e9);
  while (now_ns() < give_up) {
    siginfo_t info{};  // looks without reaping: the destructor waits for the pid
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid == pid_) return "it exited: " + last_words();
    if (const auto client = Client::connect(port_)) {
      const auto reply = client->call({"PING"});
      if (reply && !reply->is_error()) return {};
    }
    sleep_ms(10);
  }
  return "it did not answer PING: " + last_words();
}

Server::Started Server::start(const Seat& seat) {
  std::string why;
  for (int attempt = 0; attempt < kStartTries; ++attempt) {
    const int port = free_port();
    const std::string folder = make_folder();
    if (folder.empty()) return {nullptr, "cannot make a temporary folder"};
    const std::vector<std::string> line = command_line(seat, port);
    const pid_t pid = fork();
    if (pid < 0) return {nullptr, "cannot fork"};
    if (pid == 0) become(line, folder);
    std::unique_ptr<Server> server(new Server(pid, port, folder, seat.cores));
    why = server->await_ready();
    if (why.empty() && seat.cores == 1) pin_threads(pid);
    if (why.empty()) return {std::move(server), ""};
  }
  return {nullptr, seat.binary + ": " + why};
}

double Server::cpu_seconds() const {
  timespec used{};
  clock_gettime(cpu_clock_, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

uint64_t Server::rss_bytes() const {
  std::ifstream rollup("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  std::string word;
  while (rollup >> word) {
    uint64_t kilobytes = 0;
    if (word == "Rss:" && rollup >> kilobytes) return kilobytes * 1024;
  }
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// An allocator gives pages back after a pause, so a short rest proves nothing.
uint64_t Server::settled_rss_bytes() const {
  constexpr int kLooks = 60, kAlike = 10;
  uint64_t last = rss_bytes();
  for (int look = 0, alike = 0; look < kLooks && alike < kAlike; ++look) {
    sleep_ms(100);
    const uint64_t now = rss_bytes();
    const uint64_t change = now > last ? now - last : last - now;
    alike = change * 1000 < now ? alike + 1 : 0;
    last = now;
  }
  return last;
}

}  // namespace freshet
