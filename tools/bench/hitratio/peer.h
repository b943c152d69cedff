// A server under test, as its only client sees it: started on a unix socket in a folder of its own,
// asked by RESP, and ended with this object.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

class Peer {
 public:
  struct Started {
    std::unique_ptr<Peer> peer;  // nullptr: `error` tells why
    std::string error;
  };
  // `program` is found on PATH if it has no slash. `environment`: NAME=value, beside our own.
  static Started start(const std::string& program, const std::vector<std::string>& options,
                       const std::vector<std::string>& environment = {});
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Adds a request to what flush() sends.
  void ask(std::initializer_list<std::string_view> words);
  // False if the server is gone.
  bool flush();

  // One reply, in the order of the requests; REQUIRES: flushed.
  struct Answer {
    char type = '!';  // as RESP2 has it; '!': the server is gone
    bool nil = false;
    int64_t number = 0;  // of an integer
    std::string text;    // of a bulk if it was wanted, of an error
  };
  enum class Body { kKept, kDropped };
  Answer answer(Body body);
  // The same for one request.
  Answer call(std::initializer_list<std::string_view> words);

 private:
  Peer(pid_t pid, std::string folder) : pid_(pid), folder_(std::move(folder)) {}
  bool connect();
  bool running() const;
  bool fill();
  std::string line();

  pid_t pid_;
  std::string folder_;
  int fd_ = -1;
  std::string out_, in_;
  size_t read_ = 0;  // of in_
};

}  // namespace freshet
