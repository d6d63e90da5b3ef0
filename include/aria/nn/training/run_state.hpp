// Where a training run stands: what a checkpoint has beside weights and moments.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/json_object.hpp>
#include <aria/nn/training/settings.hpp>
#include <aria/nn/training/table_rows.hpp>
#include <aria/support/error.hpp>
#include <aria/support/hash128.hpp>

namespace aria::nn {

/// The next step of a run. Epochs count from 1, steps from 0 in each of them, as in the original's files.
struct RunPosition {
  std::uint64_t epoch = 1;
  std::uint64_t step = 0;
  std::uint64_t total_steps = 0;  ///< made before, in all epochs

  friend bool operator==(const RunPosition&, const RunPosition&) = default;
};

/// The data set of a run: what it must still be when the run goes on.
struct DataIdentity {
  std::string path;  ///< absolute
  std::string hash;  ///< 32 hexadecimal digits, see file_fingerprint
  std::uint64_t sequences = 0;

  static std::string hash_text(const Hash128& hash) {
    std::array<char, 33> text;
    std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(hash.high),
                  static_cast<unsigned long long>(hash.low));
    return text.data();
  }

  JsonObject to_json() const {
    JsonObject json;
    json.add("path", path).add("hash", hash).add("sequences", sequences);
    return json;
  }
  static DataIdentity from_json(const JsonView& json) {
    return {std::string(json["path"].text()), std::string(json["hash"].text()), json["sequences"].whole_number()};
  }
};

/// The losses that a run has seen: the mean of the epoch so far, and that of the last steps.
class LossAverages {
 public:
  static constexpr std::size_t kTrailing = 200;  ///< steps of the trailing mean, as in the original

  void begin_epoch() noexcept {
    sum_ = 0;
    count_ = 0;
    trailing_.clear();
  }
  void add(double loss) {
    sum_ += loss;
    ++count_;
    if (trailing_.size() == kTrailing) trailing_.erase(trailing_.begin());
    trailing_.push_back(loss);
  }

  std::uint64_t count() const noexcept { return count_; }

  /// Of all steps of the epoch alike. The original's running mean leaves the first step out.
  double epoch_mean() const noexcept { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  double trailing_mean() const noexcept {
    double sum = 0;
    for (const double loss : trailing_) sum += loss;
    return trailing_.empty() ? 0 : sum / static_cast<double>(trailing_.size());
  }

  JsonObject to_json() const {
    JsonObject json;
    json.add("sum", sum_).add("count", count_).add("trailing", trailing_);
    return json;
  }
  static LossAverages from_json(const JsonView& json) {
    LossAverages averages;
    averages.sum_ = json["sum"].number();
    averages.count_ = json["count"].whole_number();
    averages.trailing_ = json["trailing"].numbers();
    if (averages.trailing_.size() > kTrailing) {
      throw Error(ErrorCode::invalid_config,
                  json.way() + ".trailing must have at most " + std::to_string(kTrailing) + " numbers");
    }
    return averages;
  }

 private:
  double sum_ = 0;
  std::uint64_t count_ = 0;
  std::vector<double> trailing_;
};

/// When checkpoints are made, and which are kept: no part of the result, but of what was asked for.
struct CheckpointPolicy {
  std::uint64_t every = 0;            ///< steps from one to the next; 0: only at the end of each epoch
  std::uint64_t keep = 0;             ///< so many at most; 0: all of them
  bool stop_if_disk_is_full = false;  ///< else one that has no room is left out

  JsonObject to_json() const {
    JsonObject json;
    json.add("every", every).add("keep", keep).add("stop_if_disk_is_full", stop_if_disk_is_full);
    return json;
  }
  static CheckpointPolicy from_json(const JsonView& json) {
    return {json["every"].whole_number(), json["keep"].whole_number(), json["stop_if_disk_is_full"].boolean()};
  }
};

/// Everything that a run needs to go on but its tensors. Random numbers need no state: those of every step are named by
/// the seed and the step.
struct RunState {
  TrainSettings settings;
  std::uint64_t vocabulary = 0;
  std::string tokenizer;                ///< its name,
  std::string tokenizer_config = "{}";  ///< and the settings that decide its tokens: a JSON object
  DataIdentity train, validation;
  CheckpointPolicy checkpoints;
  RunPosition next;
  LossAverages averages;
  TableRows rows;  ///< those that belong to the steps before `next`

  static constexpr std::string_view kFormat = "aria training state";
  static constexpr std::uint64_t kVersion = 3;

  std::string to_json() const {
    JsonObject position, json;
    position.add("epoch", next.epoch).add("step", next.step).add("total_steps", next.total_steps);
    json.add("format", kFormat).add("version", kVersion).add("settings", settings.to_json());
    json.add("vocabulary", vocabulary).add("tokenizer", tokenizer);
    // Written in one way, however it was spelt: a run that goes on writes the same bytes.
    json.add_raw("tokenizer_config", JsonDocument(tokenizer_config).root().to_json());
    json.add("train", train.to_json()).add("validation", validation.to_json());
    json.add("checkpoints", checkpoints.to_json());
    json.add("next", position).add("averages", averages.to_json());
    json.add("loss_rows", rows.losses).add("epoch_rows", rows.epochs).add("validation_rows", rows.validations);
    return json.text() + '\n';
  }

  /// Throws invalid_json, or invalid_config naming the key; also for a file of another version.
  static RunState from_json(std::string_view text) {
    const JsonDocument document(text);
    const JsonView json = document.root();
    if (json["format"].text() != kFormat) throw Error(ErrorCode::invalid_config, "is no training state of aria");
    if (const std::uint64_t version = json["version"].whole_number(); version != kVersion) {
      throw Error(ErrorCode::invalid_config,
                  "has version " + std::to_string(version) + ", and this program knows " + std::to_string(kVersion));
    }
    RunState state;
    state.settings = TrainSettings::from_json(json["settings"]);
    state.vocabulary = json["vocabulary"].whole_number();
    state.tokenizer = json["tokenizer"].text();
    (void)json["tokenizer_config"].keys();  // an object
    state.tokenizer_config = json["tokenizer_config"].to_json();
    state.train = DataIdentity::from_json(json["train"]);
    state.validation = DataIdentity::from_json(json["validation"]);
    state.checkpoints = CheckpointPolicy::from_json(json["checkpoints"]);
    const JsonView position = json["next"];
    state.next = {position["epoch"].whole_number(), position["step"].whole_number(),
                  position["total_steps"].whole_number()};
    state.averages = LossAverages::from_json(json["averages"]);
    state.rows = {json["loss_rows"].whole_number(), json["epoch_rows"].whole_number(),
                  json["validation_rows"].whole_number()};
    return state;
  }

  /// Throws invalid_config where position and counts cannot be those of a run with so many steps an epoch.
  void check_position(std::uint64_t steps_per_epoch) const {
    const bool right = next.epoch >= 1 && next.epoch - 1 <= settings.epochs && next.step <= steps_per_epoch &&
                       next.total_steps == (next.epoch - 1) * steps_per_epoch + next.step &&
                       rows.losses == next.total_steps && rows.epochs == next.epoch - 1 &&
                       averages.count() == next.step;
    if (!right) {
      throw Error(ErrorCode::invalid_config, "contradicts itself: epoch " + std::to_string(next.epoch) + " and step " +
                                                 std::to_string(next.step) + " of " + std::to_string(steps_per_epoch) +
                                                 " do not fit " + std::to_string(next.total_steps) + " steps, " +
                                                 std::to_string(rows.losses) + " rows of loss.csv and " +
                                                 std::to_string(rows.epochs) + " of epoch.csv");
    }
  }

  static RunState from_file(const std::string& path) { return read_json_file(path, from_json); }
};

}  // namespace aria::nn
