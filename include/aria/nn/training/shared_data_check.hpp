// A data set that several processes train on, looked through beside the training.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <aria/dataset/data_check.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/training/run_state.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// A DataCheck that one of the processes on each machine makes for all of them, and that sees whether they have the
/// same file.
class SharedDataCheck {
 public:
  /// Keeps a reference to the group.
  SharedDataCheck(std::shared_ptr<const SequenceSource> data, ProcessGroup& group)
      : data_(std::move(data)), group_(group) {
    if (group.local_rank() == 0) check_.emplace(data_);
  }

  /// Throws what was found wrong so far, where it was looked for here.
  void throw_if_bad() const {
    if (check_) check_->throw_if_bad();
  }

  /// Waits until all of the file was read, and writes its hash to `identity` unless it has one. Called by all
  /// processes. Throws what was found wrong, and invalid_argument, with both hashes, where it is another file than that
  /// of rank 0.
  void identify(DataIdentity& identity) const {
    if (check_) check_->wait();
    if (!identity.hash.empty()) return;
    const std::string hash = check_ ? DataIdentity::hash_text(check_->fingerprint()) : "";
    identity.hash = group_.said_by(0, hash);
    if (check_ && hash != identity.hash) {
      throw Error(ErrorCode::invalid_argument,
                  "is another file than that of rank 0: its hash is " + hash + ", and that one's " + identity.hash,
                  {.path = data_->path()});
    }
  }

 private:
  std::shared_ptr<const SequenceSource> data_;
  ProcessGroup& group_;
  std::optional<DataCheck> check_;
};

}  // namespace aria::nn
