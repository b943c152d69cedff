#include "server/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "freshet/base/ticks.h"
#include "server/core.h"
#include "server/server_host.h"

namespace freshet {
namespace {

constexpr size_t kReadsPerTurn = 64 << 10;  // bytes; then the others have their turn
constexpr size_t kSmallKept = 8 << 10;  // up to here, kept bytes are put before what is read next
constexpr size_t kOwnTail = 16 << 10;   // room to read behind larger ones
constexpr Millis kLinger = 10'000;      // for a client that does not read the reply before its end

}  // namespace

void Connection::open(Core& core, const Socket& socket) {
  auto* connection = new Connection(core, socket);
  if (uv_poll_init_socket(core.loop(), &connection->socket_, socket.fd) == 0) {
    connection->socket_.data = connection;
    connection->watch();
  } else {  // the kernel has no room to watch one more
    ::close(socket.fd);
    core.forget(*connection, connection->name_);
    delete connection;
  }
}

Connection::Connection(Core& core, const Socket& socket)
    : core_(core), session_(socket.id, core.host()) {
  session_.authenticated = !core.options().needs_password.load(std::memory_order_relaxed);
  session_.local = socket.peer.is_local();
  card_.id = socket.id;
  card_.fd = socket.fd;
  card_.peer = socket.peer;
  card_.local = Address::local(socket.fd);
  card_.created = core.now();
  card_.touched.store(core.now(), std::memory_order_relaxed);
  card_.connection = this;
  name_ = core.roster().add(&card_);
  account();
}

Connection::~Connection() { count(0); }

// A few bytes more, and each takes the allocator's next class.
static_assert(sizeof(Connection) <= 640);

// Asks the loop to tell what it waits for now.
void Connection::watch() {
  if (state_ == State::kClosed) return;
  const int events = (running() ? UV_READABLE : 0) | (flight_ != nullptr ? UV_WRITABLE : 0);
  if (events == watched_) return;
  watched_ = events;
  if (events == 0) {
    uv_poll_stop(&socket_);
  } else {
    uv_poll_start(&socket_, events, on_ready);
  }
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  count(0);  // it is gone in a moment: nobody else has to go for its sake
  core_.forget(*this, name_);
  uv_close(reinterpret_cast<uv_handle_t*>(&socket_),
           [](uv_handle_t* handle) { delete static_cast<Connection*>(handle->data); });
  ::close(card_.fd);
}

void Connection::evict() {
  core_.log().write(Log::Level::kNotice, "Evicting client: " + line());
  close();
}

// --- Reading -------------------------------------------------------------------------------------

void Connection::on_ready(uv_poll_t* poll, int status, int events) {
  auto* self = static_cast<Connection*>(poll->data);
  if (status < 0) [[unlikely]] {  // recv() or send() tells which error, after what came before it
    self->watched_ = 0;
    events = self->running() ? UV_READABLE : UV_WRITABLE;
  }
  if (events & UV_WRITABLE) self->send_more();
  if ((events & UV_READABLE) && self->running()) self->receive();
  self->watch();
}

void Connection::receive() {
  const std::span<char> room = read_into();
  if (room.empty()) return;
  const ssize_t size = recv(card_.fd, room.data(), room.size(), MSG_DONTWAIT);
  if (size > 0) {
    received(room.data(), static_cast<size_t>(size));
  } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
    close();
  }
}

// Where the next bytes go. Nowhere, if it has had its share of this turn: the socket stays
// readable.
std::span<char> Connection::read_into() {
  if (to_go_on || gathered) return {};
  if (read_turn_ == core_.turn() && read_bytes_ >= kReadsPerTurn) return {};
  std::span<char> room = core_.read_buffer();
  const std::span<char> wanted = parser_ == nullptr ? std::span<char>() : parser_->wants();
  if (!wanted.empty()) {
    room = wanted;
  } else if (fed_ || kept_.size() > kSmallKept) {
    room = kept_.tail(kOwnTail);
  } else if (!kept_.empty()) {
    std::memcpy(room.data(), kept_.view().data(), kept_.size());
    room = room.subspan(kept_.size());
  }
  return room;
}

void Connection::received(const char* at, size_t size) {
  const Millis now = core_.now();
  session_.now = now;
  card_.touched.store(now, std::memory_order_relaxed);
  core_.stats().input_bytes.add(size);
  if (read_turn_ != core_.turn()) read_bytes_ = 0;
  read_turn_ = core_.turn();
  read_bytes_ += size;
  if (card_.killed.load(std::memory_order_relaxed)) [[unlikely]]
    return close();
  const std::span<char> room = core_.read_buffer();
  if (at >= room.data() && at < room.data() + room.size()) {
    const std::string_view input(room.data(), static_cast<size_t>(at - room.data()) + size);
    kept_.release();
    if (!gather(input)) take(input);
  } else if (at == kept_.view().data() + kept_.size()) {
    kept_.commit(size);
    take(kept_.view());
  } else {
    fed_ = true;
    parser_->filled(size);
    over_query_limit();
  }
}

// True: the input waits until the core has read what the others sent.
bool Connection::gather(std::string_view input) {
  if (parser_ != nullptr || !session_.authenticated) return false;
  gathered = true;  // first: the gathering may be full, and run
  const bool waits = core_.gathering().add(*this, input, session_.db);
  if (!waits) gathered = false;
  return waits;
}

void Connection::run_gathered(const Batch& batch, size_t first, size_t last,
                              std::string_view input) {
  gathered = false;
  if (card_.killed.load(std::memory_order_relaxed)) [[unlikely]]
    return close();  // by one that ran before it
  if (out_ == nullptr) out_ = core_.take_output();
  size_t used = run_batch(batch, first, last);
  if (pending() >= kFlushAt) take_off();
  if (used < input.size()) used += consume(input.substr(used), core_.parser());
  settle(input, used, core_.parser());
}

// Runs what is complete, and keeps the rest.
void Connection::take(std::string_view input) {
  Parser& parser = parser_ != nullptr ? *parser_ : core_.parser();
  const size_t used = consume(input, parser);
  settle(input, used, parser);
}

// Keeps what was not used, and has the replies sent.
void Connection::settle(std::string_view input, size_t used, Parser& parser) {
  if (state_ == State::kOpen) {
    keep(input, used);
    if (!kept_.empty() && over_query_limit()) return;
  } else {
    parser.reset();
    kept_.release();
  }
  reply();
}

// Runs commands from `input` until it has no complete one, or has to stop; how many bytes they
// took.
size_t Connection::consume(std::string_view input, Parser& parser) {
  const uint64_t started = ticks();
  size_t at = 0;
  while (at < input.size() && running()) {
    if (out_ == nullptr) out_ = core_.take_output();
    const std::string_view rest = input.substr(at);
    const bool small = !fed_ && parser.idle() && session_.authenticated &&
                       core_.batch().take(rest, core_.router(), session_.db);
    const size_t used =
        small ? run_batch(core_.batch(), 0, core_.batch().size()) : run_parsed(rest, parser);
    at += used;
    if (pending() >= kFlushAt) take_off();
    if (used == 0) return at;
    if (at < input.size() && ticks() - started > core_.share_of_turn() && running()) {
      core_.go_on_later(*this);
      return at;
    }
  }
  return at;
}

// Commands [first, last) of a batch. How many bytes they took.
size_t Connection::run_batch(const Batch& batch, size_t first, size_t last) {
  size_t at = 0;
  uint64_t clock = ticks();
  for (size_t i = first; i < last; ++i) {
    if (!run(batch.request(i), nullptr, clock)) return at;
    at = batch.end(i);
    if (!running() || out_->pending() >= kFlushAt) return at;
  }
  return at;
}

// One command of any kind. How many bytes it took: 0 if it is not complete, or can't run.
size_t Connection::run_parsed(std::string_view input, Parser& parser) {
  size_t used = 0;
  const Parser::Status status = parser.next(input, limits(), used);
  if (status == Parser::Status::kMore) return 0;
  if (status == Parser::Status::kError) {
    refuse(parser.error());
    return 0;
  }
  if (parser.args().empty()) return used;
  uint64_t clock = ticks();
  if (run({parser.args(), core_.table().find(parser.args())}, &parser, clock)) {
    fed_ = false;
    return used;
  }
  if (fed_) {
    held_end_ = used;
  } else {
    parser.reset();  // it will be parsed again
  }
  return 0;
}

// False: it has to wait, nothing was done. `clock`: when it began, and then when it ended.
bool Connection::run(const Request& request, const Parser* parser, uint64_t& clock) {
  if (core_.host().pausing() && must_wait(request)) [[unlikely]] {
    hold(Hold::kPause);
    return false;
  }
  const CommandTable::Found& found = request.found;
  const auto row = found.command == nullptr ? 0 : static_cast<uint32_t>(found.index) + 1;
  card_.command.store(row, std::memory_order_relaxed);
  clock = core_.dispatcher().run(session_, request, *out_, parser, clock);
  if (session_.close_after_reply | session_.suspended) [[unlikely]] {
    if (session_.close_after_reply) {
      end_after_reply();
    } else {
      hold(Hold::kSuspended);
    }
  }
  return true;
}

// As in Redis, what would only be refused is refused at once.
bool Connection::must_wait(const Request& request) const {
  const Command* command = request.found.command;
  if (command == nullptr || !command->arity_fits(request.args.size())) return false;
  if (!session_.authenticated && !(command->flags & kNoAuth)) return false;
  return core_.host().paused(core_.now(), command->flags & kWrite);
}

// Remembers what was not used, and borrows or returns the parser.
void Connection::keep(std::string_view input, size_t used) {
  if (!kept_.empty()) {
    kept_.drop(used);
  } else if (used < input.size()) {
    kept_.assign(input.substr(used));
  }
  if (parser_ == nullptr) {
    if (!core_.parser().idle()) {
      parser_ = core_.take_parser();
    } else if (used >= Parser::kBigBulk) {
      core_.parser().reset();  // it may still hold Blobs
    }
  } else if (parser_->idle() && held_end_ == 0) {
    core_.give_parser(std::move(parser_));
  }
  if (!kept_.empty() || accounted_ != own_bytes()) account();
}

Parser::Limits Connection::limits() const {
  return {core_.options().proto_max_bulk_len.load(std::memory_order_relaxed),
          session_.authenticated};
}

bool Connection::over_query_limit() {
  const size_t size = kept_.size() + (parser_ == nullptr ? 0 : parser_->blob_memory());
  const auto limit = core_.options().query_buffer_limit.load(std::memory_order_relaxed);
  if (size <= static_cast<size_t>(limit)) return false;
  core_.log().warning("closing client " + line() +
                      ": its query buffer is over client-query-buffer-limit");
  close();
  return true;
}

// --- Waiting -------------------------------------------------------------------------------------

void Connection::hold(Hold why) {
  hold_ = why;
  watch();
  if (why == Hold::kOutput) return;  // flush() knows when it is over
  core_.held(*this);
  card_.held.store(true, std::memory_order_relaxed);
}

bool Connection::may_go_on() const {
  return hold_ == Hold::kPause ? !core_.host().paused(core_.now(), true) : !session_.suspended;
}

void Connection::answer(const std::function<void(Reply&)>& write) {
  if (state_ != State::kOpen || !session_.suspended) return;
  const bool wanted = session_.resume();
  if (out_ == nullptr) out_ = core_.take_output();
  Reply reply(*out_, session_.resp);
  if (wanted) write(reply);
}

void Connection::go_on() {
  if (state_ != State::kOpen) return;
  const bool was_held = held();
  hold_ = Hold::kNone;
  card_.held.store(false, std::memory_order_relaxed);
  session_.now = core_.now();
  if (held_end_ != 0) {  // a large command, complete in the parser
    if (out_ == nullptr) out_ = core_.take_output();
    uint64_t clock = ticks();
    const Request request{parser_->args(), core_.table().find(parser_->args())};
    if (!run(request, parser_.get(), clock)) return;
    fed_ = false;
    keep(kept_.view(), std::exchange(held_end_, 0));
  }
  if (!kept_.empty() && running()) {
    take(kept_.view());
  } else {
    reply();
  }
  if (was_held) watch();
}

void Connection::refuse(std::string_view error) {
  if (out_ == nullptr) out_ = core_.take_output();
  Reply reply(*out_, session_.resp);
  reply.error(error);
  core_.stats().errors.add();
  core_.stats().errors_by_code[error_code_index(reply.error_code())].add();
  core_.log().write(Log::Level::kVerbose, std::string(error) + " from client " + line());
  end_after_reply();
}

void Connection::end_after_reply() {
  state_ = State::kLastWords;
  watch();
  card_.closing.store(true, std::memory_order_relaxed);
}

std::string Connection::line() { return client_line(card_, core_.now(), core_.host().unix_path()); }

// --- Upkeep --------------------------------------------------------------------------------------

void Connection::sweep(Millis now) {
  if (state_ == State::kClosed || over_output_limit(now)) return;
  const Millis idle = now - card_.touched.load(std::memory_order_relaxed);
  const Millis limit = core_.options().timeout.load(std::memory_order_relaxed) * 1000;
  const bool waits = hold_ == Hold::kPause || hold_ == Hold::kSuspended;
  if (limit != 0 && idle > limit && !waits) {
    core_.log().write(Log::Level::kVerbose,
                      "closing idle client " + card_.peer.text(core_.host().unix_path()));
    close();
  } else if (state_ == State::kLastWords && idle > kLinger) {
    close();
  }
}

// Tells the meter, and those who look at the card, what this connection takes.
void Connection::account() {
  size_t query = kept_.memory(), output = 0;
  if (parser_ != nullptr) query += parser_->blob_memory();
  if (out_ != nullptr) output += out_->memory();
  if (flight_ != nullptr) output += flight_->memory();
  card_.query.store(kept_.size(), std::memory_order_relaxed);
  card_.query_memory.store(query, std::memory_order_relaxed);
  card_.output.store(pending(), std::memory_order_relaxed);
  card_.output_memory.store(output, std::memory_order_relaxed);
  count(own_bytes() + query + output);
}

void Connection::count(size_t bytes) {
  for (Meter* meter : {&core_.meter(), &core_.client_meter()}) {
    meter->sub(accounted_);
    meter->add(bytes);
  }
  accounted_ = bytes;
}

}  // namespace freshet
