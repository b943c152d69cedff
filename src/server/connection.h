// A client's connection: reads bytes, cuts them into commands, has them run, sends the replies. It
// knows nothing of shards, nor of what a command means.
//
// A connection that waits for its client owns no buffer: it reads into its core's shared one, and
// borrows a parser and an output from its core for as long as it has something in them. Replies
// leave once a turn, when the core calls flush(). Owned by one core and touched by its thread only,
// but for its Card.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "freshet/commands/command_table.h"
#include "freshet/commands/session.h"
#include "freshet/resp/output.h"
#include "freshet/resp/parser.h"
#include "freshet/resp/reply.h"
#include "server/byte_buffer.h"
#include "server/roster.h"

namespace freshet {

class Batch;
class Core;

class Connection {
 public:
  // Takes the socket over and starts to read. It deletes itself once it is closed.
  static void open(Core& core, const Socket& socket);

  // Sends what has gathered; what the socket does not take goes out when it can.
  void flush();
  // Goes on with the bytes it has kept, after a hold or in its next turn.
  void go_on();
  // Runs commands [first, last) of the batch, which `input` begins with, then what follows them.
  void run_gathered(const Batch& batch, size_t first, size_t last, std::string_view input);
  // Writes the reply that the suspended session waits for; what it was sent meanwhile is run by
  // go_on().
  void answer(const std::function<void(Reply&)>& write);
  // True if what it was held for has passed.
  bool may_go_on() const;
  // Closes at once.
  void close();
  // The same, since clients take too much memory.
  void evict();
  // Once a second: closes it if it was idle or slow to read for too long.
  void sweep(Millis now);

  bool held() const { return hold_ != Hold::kNone; }
  bool sending() const { return flight_ != nullptr; }
  bool to_be_flushed = false;  // the core's note: it is in the list
  bool to_go_on = false;       // likewise
  bool gathered = false;       // what it sent waits in the core's gathering

 private:
  enum class State : uint8_t { kOpen, kLastWords, kClosed };  // kLastWords: closes once all is sent
  enum class Hold : uint8_t { kNone, kPause, kSuspended, kOutput };

  Connection(Core& core, const Socket& socket);
  ~Connection();

  static void on_ready(uv_poll_t* poll, int status, int events);

  void watch();
  std::span<char> read_into();
  void receive();
  void received(const char* at, size_t size);
  void take(std::string_view input);
  size_t consume(std::string_view input, Parser& parser);
  void settle(std::string_view input, size_t used, Parser& parser);
  bool gather(std::string_view input);
  size_t run_batch(const Batch& batch, size_t first, size_t last);
  size_t run_parsed(std::string_view input, Parser& parser);
  bool run(const Request& request, const Parser* parser, uint64_t& clock);
  bool must_wait(const Request& request) const;
  bool over_query_limit();
  void keep(std::string_view input, size_t used);
  void hold(Hold why);
  void refuse(std::string_view error);
  void end_after_reply();
  std::string line();
  void reply();
  bool send();
  bool send_once(Output& output);
  void send_more();
  void take_off();
  bool over_output_limit(Millis now);
  void account();
  void count(size_t bytes);
  Parser::Limits limits() const;
  size_t pending() const;
  // What a connection takes that has nothing in flight.
  static size_t own_bytes() { return allocation_size(sizeof(Connection)); }
  bool running() const { return state_ == State::kOpen && hold_ == Hold::kNone; }

  uv_poll_t socket_;
  int watched_ = 0;  // for UV_READABLE, UV_WRITABLE
  Core& core_;
  Session session_;
  State state_ = State::kOpen;
  Hold hold_ = Hold::kNone;
  bool fed_ = false;        // the unfinished command has bytes that are in its Blob only
  uint64_t read_turn_ = 0;  // the turn that read_bytes_ counts
  size_t read_bytes_ = 0;
  size_t held_end_ = 0;  // parser_ holds a complete command that waits; it ends there in kept_
  std::unique_ptr<Parser> parser_;  // while a command is unfinished
  std::unique_ptr<Output> out_;     // while there are replies
  std::unique_ptr<Output> flight_;  // replies that the socket did not take at once
  ByteBuffer kept_;
  size_t accounted_ = 0;  // bytes that the core's meter has counted for it
  Millis over_soft_limit_since_ = 0;
  Roster::Name name_;
  Card card_;
};

}  // namespace freshet
