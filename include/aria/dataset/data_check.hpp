// Looks through a whole data set beside other work: its fingerprint, and whether all of its lines can be read.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aria/dataset/sequence_source.hpp>
#include <aria/support/file.hpp>
#include <aria/support/hash128.hpp>
#include <aria/token/token.hpp>

namespace aria {

/// The hash of all bytes of a file, 16 MiB at a time, each part's hash the seed of the next one's. With a flag that
/// becomes true it gives up and returns what it has. Throws not_found or io.
inline Hash128 file_fingerprint(const std::string& path, const std::atomic<bool>* stop = nullptr) {
  constexpr std::size_t kPart = std::size_t{16} << 20;
  const MappedFile file(path);
  Hash128 hash;
  for (auto rest = file.bytes(); !rest.empty(); rest = rest.subspan(std::min(kPart, rest.size()))) {
    if (stop != nullptr && *stop) break;
    file.check_unchanged(path);
    hash = hash128(rest.first(std::min(kPart, rest.size())), hash);
  }
  return hash;
}

/// Starts at once, on a thread of its own, so that training need not wait for it; ends early where it is destroyed
/// before.
///
///     DataCheck check(source);
///     ...                       // train
///     check.throw_if_bad();     // an error with file and line, as soon as it is found
///     check.fingerprint();      // waits for it
class DataCheck {
 public:
  explicit DataCheck(std::shared_ptr<const SequenceSource> data) : data_(std::move(data)) {
    hash_ = hashed_.get_future().share();
    lines_ = read_.get_future().share();
    thread_ = std::thread([this] { run(); });
  }
  DataCheck(const DataCheck&) = delete;
  DataCheck& operator=(const DataCheck&) = delete;
  ~DataCheck() {
    stop_ = true;
    thread_.join();
  }

  /// The fingerprint of the file. Waits until it is known; throws io.
  Hash128 fingerprint() const { return hash_.get(); }

  /// Throws what was found wrong so far, as SequenceSource::read does.
  void throw_if_bad() const {
    if (lines_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) lines_.get();
  }

  /// The same once all lines were read.
  void wait() const { lines_.get(); }

 private:
  void run() {
    try {
      hashed_.set_value(file_fingerprint(data_->path(), &stop_));
    } catch (...) {
      hashed_.set_exception(std::current_exception());
    }
    try {
      std::vector<TokenId> tokens;
      for (std::size_t i = 0; i < data_->size() && !stop_; ++i) data_->read(i, tokens);
      read_.set_value();
    } catch (...) {
      read_.set_exception(std::current_exception());
    }
  }

  std::shared_ptr<const SequenceSource> data_;
  std::atomic<bool> stop_{false};
  std::promise<Hash128> hashed_;
  std::promise<void> read_;
  std::shared_future<Hash128> hash_;
  std::shared_future<void> lines_;
  std::thread thread_;
};

}  // namespace aria
