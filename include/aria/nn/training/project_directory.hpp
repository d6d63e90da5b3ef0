// The folder of a training run: logs.txt, loss.csv, epoch.csv, validation.csv and checkpoints/.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <aria/nn/evaluation/loss_tally.hpp>
#include <aria/nn/float_text.hpp>
#include <aria/nn/training/table_rows.hpp>
#include <aria/support/byte_buffer.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>

namespace aria::nn {

/// A text file that only grows, a row at a time; every row reaches the system before `add` returns.
class RowFile {
 public:
  /// Opens the file, with `header` as its first row where it is new. Throws io.
  RowFile(std::string path, std::string_view header) : path_(std::move(path)) {
    descriptor_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!descriptor_) throw system_error("cannot write", path_);
    struct stat status {};
    if (::fstat(descriptor_.get(), &status) == 0 && status.st_size == 0 && !header.empty()) add(header);
  }

  void add(std::string_view row) {
    std::string line(row);
    line += '\n';
    for (std::string_view rest = line; !rest.empty();) {
      const ssize_t wrote = ::write(descriptor_.get(), rest.data(), rest.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) throw system_error("cannot write", path_);
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }

  /// Has all rows reach the disk.
  void sync() {
    if (::fsync(descriptor_.get()) != 0) throw system_error("cannot write", path_);
  }

  /// Where the first `rows` rows below the header end. Throws invalid_text where there are fewer.
  std::uint64_t end_of(std::uint64_t rows) const {
    ByteBuffer buffer;
    read_file(path_, buffer);
    const std::string_view text = buffer.view();
    std::size_t end = 0;
    for (std::uint64_t row = 0; row <= rows; ++row) {
      const std::size_t feed = text.find('\n', end);
      if (feed == std::string_view::npos) {
        throw Error(ErrorCode::invalid_text,
                    "has fewer than the " + std::to_string(rows) + " rows that the checkpoint knows of",
                    {.path = path_});
      }
      end = feed + 1;
    }
    return end;
  }

  /// Cuts off everything from there on. Throws io.
  void cut(std::uint64_t end) {
    if (::ftruncate(descriptor_.get(), static_cast<off_t>(end)) != 0) throw system_error("cannot write", path_);
  }

  const FileDescriptor& descriptor() const noexcept { return descriptor_; }

 private:
  std::string path_;
  FileDescriptor descriptor_;
};

/// Laid out as the original's (EleutherAI/aria, aria/train.py). One process at a time may use it.
///
///     ProjectDirectory project = ProjectDirectory::create("");  // experiments/0, or the first number that is free
///     project.log("Starting pretrain job");
///     project.add_loss(1, 0, 9.87);
class ProjectDirectory {
 public:
  /// Makes `path`, or uses it where it is an empty folder. An empty path means experiments/N with the first N that is
  /// free. Throws already_exists where it is not empty or no folder, and io.
  static ProjectDirectory create(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::string folder = path;
    if (path.empty()) {
      fs::create_directories("experiments", error);
      if (error) throw Error(ErrorCode::io, "cannot make the folder: " + error.message(), {.path = "experiments"});
      for (unsigned i = 0;; ++i) {
        folder = "experiments/" + std::to_string(i);
        if (::mkdir(folder.c_str(), 0777) == 0) break;
        if (errno != EEXIST) throw system_error("cannot make the folder", folder);
      }
    } else {
      std::error_code unknown;
      fs::create_directories(folder, error);
      if (error && !fs::exists(folder, unknown))
        throw Error(ErrorCode::io, "cannot make the folder: " + error.message(), {.path = path});
      if (!fs::is_directory(folder, unknown))
        throw Error(ErrorCode::already_exists, "is a file, not a folder", {.path = path});
      const bool is_empty = fs::is_empty(folder, error);
      if (error) throw Error(ErrorCode::io, "cannot read the folder: " + error.message(), {.path = path});
      if (!is_empty) {
        throw Error(ErrorCode::already_exists,
                    "is not empty; name another project directory, go on with `aria-train resume`, or remove it",
                    {.path = path});
      }
    }
    if (::mkdir((folder + "/checkpoints").c_str(), 0777) != 0) throw system_error("cannot make the folder", folder);
    return ProjectDirectory(folder);
  }

  /// That of a run that goes on. Throws not_found where it is none.
  static ProjectDirectory reopen(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(path + "/checkpoints", ignored)) {
      throw Error(ErrorCode::not_found, "is no project directory: it has no folder checkpoints", {.path = path});
    }
    return ProjectDirectory(path);
  }

  /// Has `add_validation` write to validation.csv, with the perplexities of an event and its parts where events have
  /// three tokens. Throws io.
  void open_validations(std::size_t event_size) {
    validations_.emplace(validation_csv(), event_size == 3 ? kEventHeader : kLossHeader);
  }

  /// Throws invalid_text where a table has fewer rows below its header.
  void check_rows(const TableRows& rows) const {
    (void)losses_.end_of(rows.losses);
    (void)epochs_.end_of(rows.epochs);
    if (validations_) (void)validations_->end_of(rows.validations);
  }

  /// Cuts off what came after a checkpoint: the tables keep so many rows below their header. Throws invalid_text where
  /// one has fewer.
  void keep_rows(const TableRows& rows) {
    check_rows(rows);
    losses_.cut(losses_.end_of(rows.losses));
    epochs_.cut(epochs_.end_of(rows.epochs));
    if (validations_) validations_->cut(validations_->end_of(rows.validations));
  }

  const std::string& path() const noexcept { return path_; }
  /// Its last folder alone.
  std::string name() const { return std::filesystem::absolute(path_).lexically_normal().filename().string(); }
  std::string checkpoints() const { return path_ + "/checkpoints"; }
  std::string loss_csv() const { return path_ + "/loss.csv"; }
  std::string epoch_csv() const { return path_ + "/epoch.csv"; }
  std::string validation_csv() const { return path_ + "/validation.csv"; }
  std::string loss_svg() const { return path_ + "/loss.svg"; }

  /// A line of logs.txt, with the time, as Python's logging writes it.
  void log(std::string_view message, std::string_view level = "INFO") {
    struct timeval now {};
    ::gettimeofday(&now, nullptr);
    std::tm local{};
    ::localtime_r(&now.tv_sec, &local);
    std::array<char, 32> date;
    std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M:%S", &local);
    const std::string milliseconds = std::to_string(1000 + now.tv_usec / 1000).substr(1);
    log_.add('[' + std::string(date.data()) + ',' + milliseconds + "] aria: [" + std::string(level) + "] " +
             std::string(message));
  }

  /// The same where a full disk must not hide what is told, or end what goes on without a log.
  void try_log(std::string_view message, std::string_view level = "INFO") noexcept {
    try {
      log(message, level);
    } catch (const std::exception&) {
    }
  }

  void add_loss(std::uint64_t epoch, std::uint64_t step, double loss) {
    losses_.add(std::to_string(epoch) + ',' + std::to_string(step) + ',' + float_text(loss));
  }
  void add_epoch(std::uint64_t epoch, double train_loss, double validation_loss) {
    epochs_.add(std::to_string(epoch) + ',' + float_text(train_loss) + ',' + float_text(validation_loss));
  }

  /// After a step of an epoch; `tally` are the losses of the validation data.
  void add_validation(std::uint64_t epoch, std::uint64_t step, const LossTally& tally) {
    if (!validations_) return;
    std::string row = std::to_string(epoch) + ',' + std::to_string(step) + ',' + float_text(tally.mean());
    if (tally.parts() == 3) {
      row += ',' + float_text(tally.event_perplexity());
      for (std::size_t part = 0; part < 3; ++part) row += ',' + float_text(tally.part_perplexity(part));
    }
    validations_->add(row);
  }

  /// Has all rows reach the disk, so that a checkpoint may rely on them.
  void sync() {
    losses_.sync();
    epochs_.sync();
    if (validations_) validations_->sync();
  }

 private:
  explicit ProjectDirectory(std::string path)
      : path_(std::move(path)),
        log_(locked(path_)),
        losses_(loss_csv(), "epoch,step,loss"),
        epochs_(epoch_csv(), "epoch,avg_train_loss,avg_val_loss") {}

  // The log, which also keeps others out: before anything else is opened.
  static RowFile locked(const std::string& path) {
    RowFile log(path + "/logs.txt", "");
    if (::flock(log.descriptor().get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return log;
    throw Error(ErrorCode::already_exists, "is in use: another run writes to it", {.path = path});
  }

  static constexpr std::string_view kLossHeader = "epoch,step,loss",
                                    kEventHeader = "epoch,step,loss,event_ppl,onset_ppl,dur_ppl,note_ppl";

  std::string path_;
  RowFile log_, losses_, epochs_;
  std::optional<RowFile> validations_;
};

}  // namespace aria::nn
