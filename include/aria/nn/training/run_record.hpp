// What a training run writes as it goes, beside its checkpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aria/nn/evaluation/loss_tally.hpp>
#include <aria/nn/training/loss_curve.hpp>
#include <aria/nn/training/project_directory.hpp>
#include <aria/nn/training/run_state.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// The tables, the log and the curve of a project directory; of several processes one writes them, and the others only
/// know where they are.
class RunRecord {
 public:
  /// Writes.
  RunRecord(ProjectDirectory project)  // NOLINT: a project directory is the record of a run
      : path_(project.path()), project_(std::move(project)) {}

  /// That of another process, which writes to `path`: nothing is written.
  static RunRecord of_another(std::string path) { return RunRecord(std::move(path)); }

  bool writes() const noexcept { return project_.has_value(); }
  const std::string& path() const noexcept { return path_; }
  std::string checkpoints() const { return path_ + "/checkpoints"; }
  std::string loss_svg() const { return path_ + "/loss.svg"; }

  /// Whom `say` tells, beside the log. May be empty.
  void set_listener(std::function<void(const std::string&)> listener) { listener_ = std::move(listener); }

  /// A line of the log that people want to see, too.
  void say(const std::string& message, std::string_view level = "INFO") {
    if (!project_) return;
    project_->try_log(message, level);
    if (listener_) listener_(message);
  }
  void log_error(const std::string& message) noexcept {
    if (project_) project_->try_log(message, "ERROR");
  }

  /// A step that was made with this learning rate; `averages` have its loss already. Throws io.
  void add_step(const RunPosition& made, double rate, double loss, const LossAverages& averages) {
    if (!project_) return;
    project_->add_loss(made.epoch, made.step, loss);
    char text[200];
    std::snprintf(text, sizeof text, "EPOCH %llu STEP %llu: lr=%.2e, loss=%.4f, trailing_loss=%.4f, average_loss=%.4f",
                  static_cast<unsigned long long>(made.epoch), static_cast<unsigned long long>(made.step), rate, loss,
                  averages.trailing_mean(), averages.epoch_mean());
    project_->log(text, "DEBUG");
  }

  /// Has `add_validation` write a table, see ProjectDirectory. Throws io.
  void open_validations(std::size_t event_size) {
    if (project_) project_->open_validations(event_size);
    has_validations_ = true;
  }

  /// The losses on the validation data after a step. Returns how many rows that is. Throws io.
  std::uint64_t add_validation(const RunPosition& made, const LossTally& tally) {
    if (project_) project_->add_validation(made.epoch, made.step, tally);
    return has_validations_ ? 1 : 0;
  }

  /// An epoch that has ended. Throws io.
  void add_epoch(std::uint64_t epoch, double train_loss, double validation_loss) {
    if (project_) project_->add_epoch(epoch, train_loss, validation_loss);
  }

  /// Draws the curve of all losses anew; what goes wrong there is only told.
  void draw() {
    if (!project_) return;
    try {
      AtomicFile file(project_->loss_svg(), IfExists::replace);
      file.write(loss_curve_svg({.losses = project_->loss_csv(),
                                 .epochs = project_->epoch_csv(),
                                 .validations = has_validations_ ? project_->validation_csv() : ""},
                                project_->name()));
      file.commit();
    } catch (const Error& error) {
      say(std::string("No drawing of the losses: ") + error.what(), "WARNING");
    }
  }

  /// Has all rows reach the disk, so that a checkpoint may rely on them. Throws io.
  void sync() {
    if (project_) project_->sync();
  }

  /// As those of ProjectDirectory.
  void check_rows(const TableRows& rows) const {
    if (project_) project_->check_rows(rows);
  }
  void keep_rows(const TableRows& rows) {
    if (project_) project_->keep_rows(rows);
  }

 private:
  explicit RunRecord(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::optional<ProjectDirectory> project_;
  bool has_validations_ = false;
  std::function<void(const std::string&)> listener_;
};

}  // namespace aria::nn
