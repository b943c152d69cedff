#include "rerun.h"

namespace freshet {
namespace {

Blob* lent(const Context& context, size_t arg) {
  return context.blob_of == nullptr ? nullptr : context.blob_of(context.parser, arg);
}

}  // namespace

Rerun::Rerun(const Context& context)
    : found_(CommandTable::all().find(context.args)),
      host_(context.host),
      origin_(context.origin == nullptr ? Origin{} : *context.origin),
      db_(context.db),
      no_touch_(context.no_touch),
      copies_(context.args.size()),
      reply_(output_, context.reply.version()) {
  for (size_t arg = 0; arg < context.args.size(); ++arg) {
    Blob* blob = lent(context, arg);
    blobs_.push_back(blob);
    if (blob == nullptr) {
      copies_[arg] = context.args[arg];
      args_.emplace_back(copies_[arg]);
    } else {
      blob->ref();
      args_.push_back(blob->view());
    }
  }
}

Rerun::~Rerun() {
  for (Blob* blob : blobs_) {
    if (blob != nullptr) blob->unref();
  }
}

std::unique_ptr<Task> Rerun::run(Router& router, Millis now, Ancestry* ancestry) {
  Context context(args_, reply_, router, host_, db_, now, no_touch_, &origin_);
  context.ancestry = ancestry;
  context.parser = &blobs_;
  context.blob_of = [](const void* blobs, size_t arg) {
    return (*static_cast<const std::vector<Blob*>*>(blobs))[arg];
  };
  router.run(*found_.command, context, {});
  return std::move(context.task);
}

void Rerun::count(CoreStats& stats) const {
  if (reply_.errors() == 0) return;
  stats.errors.add();
  stats.errors_by_code[error_code_index(reply_.error_code())].add();
  stats.by_command[found_.index].failed.add();
}

}  // namespace freshet
