#include "living.h"

#include <utility>

namespace freshet {
namespace {

constexpr uint32_t kAtOnce = 256;  // members that are looked at one by one
constexpr size_t kSlice = 64;      // victims that are buried instead, where there are more

// Those in one shard, if they can be counted now. REQUIRES: its door held.
std::optional<size_t> count_in(const Space& space, const Key& name, bool of_tag) {
  const Graph& graph = space.db().graph;
  const Node* node = of_tag ? graph.tag(name) : graph.dependency(name);
  if (node == nullptr) return 0;
  if (space.db().kills.pending() && node->count > kAtOnce) return std::nullopt;
  return space.living(node);
}

// Counts shard by shard; helps to bury where too many are dead, so that it ends.
class Living : public Task {
 public:
  Living(Members members, uint8_t db, WriteCount write, int version)
      : members_(std::move(members)), db_(db), write_(std::move(write)), reply_(output_, version) {}

  void step(Router& router, Millis now) override {
    if (at_ < router.keyspace().size()) look(router, now);
    cascade_.deliver(router, now, kSlice);
    if (at_ < router.keyspace().size() || !cascade_.empty()) return;
    write_({router, db_, now, keys_}, reply_);
    done_ = true;
  }
  bool done() const override { return done_; }
  void reply(Reply& reply) const override { reply.append(reply_); }

 private:
  void look(Router& router, Millis now) {
    const Router::Collecting collecting(router, cascade_);
    const Key name = router.hasher().key(members_.name);
    router.at(at_, [&](Shard& shard) {
      Space space(shard, shard.index_of(db_), now, true);
      if (const auto counted = count_in(space, name, members_.of_tag)) {
        keys_ += *counted;
        ++at_;
      } else if (const Kill* kill = space.db().kills.first_uncounted()) {
        space.count_slice(kill->number, kSlice);
      } else {
        space.bury_slice(kSlice);
      }
    });
  }

  const Members members_;
  const uint8_t db_;
  const WriteCount write_;
  Output output_;
  Reply reply_;
  Cascade cascade_;
  uint32_t at_ = 0;
  size_t keys_ = 0;
  bool done_ = false;
};

}  // namespace

void reply_living(Context& c, Members members, WriteCount write) {
  const Key name = c.router.hasher().key(members.name);
  size_t keys = 0;
  bool known = true;
  uint8_t db = 0;
  c.each([&](Space& space) {
    db = space.db().id;
    const auto counted = count_in(space, name, members.of_tag);
    known &= counted.has_value();
    keys += counted.value_or(0);
  });
  if (known) return write({c.router, db, c.now, keys}, c.reply);
  c.task = std::make_unique<Living>(std::move(members), db, std::move(write), c.reply.version());
}

}  // namespace freshet
