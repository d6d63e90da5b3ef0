// The training loop: epochs of steps, validation, tables, checkpoints.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aria/dataset/epoch_order.hpp>
#include <aria/dataset/sequence_source.hpp>
#include <aria/nn/data/batch_stream.hpp>
#include <aria/nn/distributed/gradient_buckets.hpp>
#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/evaluation/evaluate.hpp>
#include <aria/nn/float_text.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/torch.hpp>
#include <aria/nn/training/adamw.hpp>
#include <aria/nn/training/checkpoint.hpp>
#include <aria/nn/training/run_record.hpp>
#include <aria/nn/training/run_state.hpp>
#include <aria/nn/training/shared_data_check.hpp>
#include <aria/nn/training/step_clock.hpp>
#include <aria/nn/training/train_events.hpp>
#include <aria/nn/training/train_report.hpp>
#include <aria/nn/training/train_step.hpp>
#include <aria/support/error.hpp>

namespace aria::nn {

/// What changes neither the result nor the checkpoints of a run.
struct TrainerOptions {
  std::size_t workers = 1;  ///< threads that prepare batches; 0: the one that trains
  std::shared_ptr<ProcessGroup> group = std::make_shared<SingleProcess>();  ///< with whom the model is trained
};

enum class TrainOutcome : std::uint8_t { finished, stopped };

/// Trains a model as EleutherAI's Aria does, from the state of a new run or of a checkpoint on.
///
///     RunState state{.settings = settings, ...};
///     Trainer trainer(model, train, validation, state, ProjectDirectory::create(""), options, events);
///     trainer.run();
///
/// The mean of a step is over all targets of all its batches, of all processes. A last batch of an epoch that is not
/// full is left out. Run again from a checkpoint, the tables and the weights are equal to the bit (on a GPU: with
/// `deterministic`).
class Trainer {
 public:
  /// Model and state must fit; see check_run. Throws invalid_argument where the data set has less than a step.
  Trainer(std::shared_ptr<CausalTransformer> model, std::shared_ptr<const SequenceSource> train,
          std::shared_ptr<const SequenceSource> validation, RunState state, RunRecord record, TrainerOptions options,
          TrainEvents events)
      : model_(std::move(model)),
        train_(std::move(train)),
        validation_(std::move(validation)),
        state_(std::move(state)),
        record_(std::move(record)),
        options_(std::move(options)),
        events_(std::move(events)),
        optimizer_(*model_, state_.settings.optimizer),
        train_check_(train_, group()),
        validation_check_(validation_, group()),
        steps_per_epoch_(train_->size() / state_.settings.sequences_a_step()),
        rate_(state_.settings.schedule(total_steps())) {
    if (settings().processes != group().size()) {
      throw Error(ErrorCode::invalid_argument, "the run has " + std::to_string(settings().processes) +
                                                   " processes, and here are " + std::to_string(group().size()));
    }
    if (steps_per_epoch_ == 0) {
      throw Error(ErrorCode::invalid_argument,
                  "has " + std::to_string(train_->size()) + " sequences, fewer than the " +
                      std::to_string(state_.settings.sequences_a_step()) + " of a step",
                  {.path = train_->path()});
    }
    if (settings().steps != 0) state_.settings.epochs = (settings().steps - 1) / steps_per_epoch_ + 1;
    record_.set_listener(events_.on_message);
    if (settings().validate_every != 0 || validation_->event_size() > 1) {
      record_.open_validations(validation_->event_size());
    }
    if (group().size() > 1) buckets_.emplace(*model_, options_.group);
  }

  /// Loads weights and moments of the checkpoint from which the state is, cuts off the rows that came after it, and
  /// renames the checkpoints that did (see supersede_after). Throws invalid_config where the state contradicts itself,
  /// and as read_checkpoint and ProjectDirectory::keep_rows do; nothing is cut then.
  void load(const std::string& checkpoint) {
    try {
      state_.check_position(steps_per_epoch_);
    } catch (const Error& error) {
      throw error.in_file(CheckpointFiles::state(checkpoint));
    }
    read_checkpoint(checkpoint, *model_, optimizer_, state_);
    record_.check_rows(state_.rows);
    supersede();  // before rows are cut: a kill in between leaves what still fits the tables
    record_.keep_rows(state_.rows);
    last_checkpoint_ = checkpoint;
  }

  std::uint64_t steps_per_epoch() const noexcept { return steps_per_epoch_; }
  std::uint64_t total_steps() const noexcept { return settings().total_steps(steps_per_epoch_); }
  const RunState& state() const noexcept { return state_; }
  RunRecord& record() noexcept { return record_; }

  /// The newest whole checkpoint of this run; empty where there is none yet.
  const std::string& last_checkpoint() const noexcept { return last_checkpoint_; }

  /// The share of the time of all steps so far that was spent waiting for batches.
  double waiting_share() const noexcept { return clock_.waiting_share(); }

  /// The share that was spent waiting for other processes, beside which nothing was computed.
  double communication_share() const noexcept { return clock_.communication_share(); }

  double seconds_per_step() const noexcept { return clock_.seconds_per_step(); }

  /// Trains until all steps are made or the events ask to stop. Throws not_finite with step, sequences and the last
  /// checkpoint where the loss is no number; what the data sets throw; io; process_lost.
  TrainOutcome run() {
    try {
      if (record_.writes()) AtomicFolder::remove_unfinished(record_.checkpoints());
      share_weights();
      while (!is_done()) {
        if (train_epoch() == TrainOutcome::stopped) return TrainOutcome::stopped;
        if (state_.next.step == steps_per_epoch_) {
          finish_epoch();
        } else {
          finish_run();
        }
        if (!is_done() && stops_) return TrainOutcome::stopped;
      }
      return TrainOutcome::finished;
    } catch (const std::exception& error) {
      record_.log_error(error.what());
      throw;
    }
  }

 private:
  const TrainSettings& settings() const noexcept { return state_.settings; }
  torch::Device device() const { return model_->head_weight().device(); }
  std::int64_t pad() const { return train_->vocabulary().pad(); }

  ProcessGroup& group() const noexcept { return *options_.group; }
  // At the end of an epoch that is no step's: its validation and its checkpoint are still to be made.
  bool is_done() const noexcept {
    return state_.next.total_steps >= total_steps() && state_.next.step != steps_per_epoch_;
  }

  void say(const std::string& message, std::string_view level = "INFO") { record_.say(message, level); }
  std::string epoch_text() const { return epoch_text(state_.next.epoch); }
  std::string epoch_text(std::uint64_t epoch) const {
    return "EPOCH " + std::to_string(epoch) + '/' + std::to_string(settings().epochs) + ": ";
  }

  // The checkpoints behind the state get other names.
  void supersede() {
    if (!record_.writes()) return;
    const bool at_end = state_.next.step == 0;
    const CheckpointName last{state_.next.epoch - (at_end ? 1 : 0),
                              at_end ? std::nullopt : std::optional(state_.next.step - 1)};
    const std::size_t count = supersede_after(record_.checkpoints(), last);
    if (count == 0) return;
    say("Checkpoints behind this one, now called superseded_*: " + std::to_string(count));
  }

  // All processes stop where one is asked to.
  bool asked_to_stop() const { return group().any(events_.should_stop && events_.should_stop()); }

  // All processes begin with those of the first one, whatever machines drew or read them.
  void share_weights() {
    if (group().size() == 1) return;
    for (const AdamW::State& state : optimizer_.states()) {
      for (const torch::Tensor& tensor : {state.weight.detach(), state.mean, state.square}) group().broadcast(tensor);
    }
  }

  TrainOutcome train_epoch() {
    const std::size_t sequences = settings().batch_size * settings().accumulate;
    const EpochDraw draw{settings().seed, state_.next.epoch};
    BatchStream batches(BatchDataset(train_, draw, device().is_cuda()),
                        EpochSampler(EpochOrder(train_->size(), {.seed = draw.seed,
                                                                 .epoch = draw.epoch,
                                                                 .shuffle = settings().shuffle,
                                                                 .rank = rank_in(group())}),
                                     {.first = state_.next.step * sequences, .end = steps_per_epoch_ * sequences}),
                        {.batch_size = settings().batch_size, .workers = options_.workers});
    model_->train();
    while (state_.next.step < steps_per_epoch_ && state_.next.total_steps < total_steps()) {
      step(batches);
      if (asked_to_stop() && state_.next.total_steps < total_steps()) {
        checkpoint({state_.next.epoch, state_.next.step - 1}, /*is_result=*/true);
        return TrainOutcome::stopped;
      }
    }
    if (state_.next.step == steps_per_epoch_) say_waste();
    return TrainOutcome::finished;
  }

  void step(BatchStream& batches) {
    clock_.begin();
    const double waited_for_others = group().waited();
    const double waited = batches.waited();
    std::vector<Batch> parts;
    for (std::uint64_t i = 0; i < settings().accumulate; ++i) parts.push_back(std::move(*batches.next()));
    const double wait = batches.waited() - waited;
    // Counted before they go to a device that would have to be waited for.
    const std::uint64_t targets = sum_of_all(target_count(parts, pad()));
    for (Batch& part : parts) part = part.to(device());
    const double rate = rate_(state_.next.total_steps);
    const double loss = sum_of_all(gradients_of(parts, targets));
    if (!std::isfinite(loss)) refuse(loss, parts);
    const double norm = settings().clip > 0 ? optimizer_.gradient_norm().item<double>() : 0;
    if (!std::isfinite(norm)) refuse(norm, parts, "the norm of the gradients");
    optimizer_.step(rate, clip_scale(norm, settings().clip));
    optimizer_.zero_grad();
    clock_.end(wait, group().waited() - waited_for_others);
    finish_step(rate, loss);
  }

  // Adds up the gradients of all processes, and returns the share of the loss that this one has.
  double gradients_of(const std::vector<Batch>& parts, std::uint64_t targets) {
    const auto add = [&](const std::function<void()>& before_last) {
      return add_gradients(*model_, parts, pad(), targets, state_.next.total_steps, settings(), group().rank(),
                           before_last);
    };
    if (!buckets_) return add({}).item<double>();
    buckets_->begin();
    const torch::Tensor loss = add([this] { buckets_->send_when_ready(); });
    buckets_->finish();
    return loss.item<double>();
  }

  template <class Number>
  Number sum_of_all(Number number) {
    double sum = static_cast<double>(number);
    group().sum({&sum, 1});
    return static_cast<Number>(sum);
  }

  void finish_step(double rate, double loss) {
    const RunPosition made = state_.next;
    state_.averages.add(loss);
    record_.add_step(made, rate, loss, state_.averages);
    ++state_.rows.losses;
    ++state_.next.step;
    ++state_.next.total_steps;
    if (clock_.steps() == kMeasuredSteps || (clock_.steps() < kMeasuredSteps && state_.next.step == steps_per_epoch_)) {
      say_speed();
    }
    if (events_.on_step) events_.on_step(progress(made, rate, loss));
    train_check_.throw_if_bad();
    validation_check_.throw_if_bad();
    // What ends an epoch or the run has its own.
    const bool ends_epoch = state_.next.step == steps_per_epoch_;
    const bool ends_run = !ends_epoch && state_.next.total_steps == total_steps();
    if (is_due(settings().validate_every) && !ends_epoch && !ends_run) {
      (void)validate();
      record_.draw();
    }
    const std::uint64_t every = state_.checkpoints.every;
    if (every != 0 && made.step % every == 0 && made.step != 0 && !ends_run) {
      checkpoint({made.epoch, made.step}, false);
    }
  }

  // Whether the last step was one of those that come every so many.
  bool is_due(std::uint64_t every) const noexcept { return every != 0 && state_.next.total_steps % every == 0; }

  // The loss on the validation data after the last step.
  double validate() {
    const RunPosition made{state_.next.epoch, state_.next.step - 1, state_.next.total_steps - 1};
    const LossTally tally = evaluate(*model_, validation_,
                                     {.batch_size = settings().batch_size,
                                      .workers = options_.workers,
                                      .precision = settings().precision,
                                      .on_progress = events_.on_validation},
                                     group());
    const double loss = tally.mean();
    if (!std::isfinite(loss)) {
      throw Error(ErrorCode::not_finite, "the validation loss of epoch " + std::to_string(made.epoch) + ", step " +
                                             std::to_string(made.step) + " is " + float_text(loss) + "; " + way_back());
    }
    state_.rows.validations += record_.add_validation(made, tally);
    say(epoch_text() + "Finished evaluation - average_loss=" + loss_text(loss) + perplexity_text(tally));
    return loss;
  }

  void finish_epoch() {
    say(epoch_text() + "Finished training - average_loss=" + loss_text(state_.averages.epoch_mean()));
    const double loss = validate();
    record_.add_epoch(state_.next.epoch, state_.averages.epoch_mean(), loss);
    record_.draw();
    ++state_.rows.epochs;
    const CheckpointName name{state_.next.epoch};
    ++state_.next.epoch;
    state_.next.step = 0;
    state_.averages.begin_epoch();
    stops_ = asked_to_stop();
    checkpoint(name, is_done() || stops_);
  }

  // The end of all steps within an epoch.
  void finish_run() {
    (void)validate();
    record_.draw();
    checkpoint({state_.next.epoch, state_.next.step - 1}, /*is_result=*/true);
  }

  void checkpoint(const CheckpointName& name, bool is_result) {
    // None is made of data that turn out to be bad.
    train_check_.identify(state_.train);
    validation_check_.identify(state_.validation);
    check_weights(name);
    const std::string path = record_.checkpoints() + '/' + name.text();
    const bool written = group().any(record_.writes() && write(path, name, is_result));
    if (!written) return;
    last_checkpoint_ = path;
    say(epoch_text(name.epoch) + "Saved checkpoint - " + path);
    if (record_.writes() && state_.checkpoints.keep != 0) {
      keep_last(record_.checkpoints(), name, state_.checkpoints.keep);
    }
  }

  // A checkpoint that has no room is told of; whether the run goes on is for its policy to say. One that is the result
  // of the run must be there.
  bool write(const std::string& path, const CheckpointName& name, bool is_result) {
    try {
      record_.sync();
      write_checkpoint(path, *model_, optimizer_, state_);
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::io || state_.checkpoints.stop_if_disk_is_full || is_result) throw;
      say(epoch_text(name.epoch) + "No checkpoint " + name.text() + ", the run goes on without it. " + error.what(),
          "WARNING");
      return false;
    }
  }

  // A loss that was a number may have led to weights that are none.
  void check_weights(const CheckpointName& name) const {
    for (const auto& parameter : model_->named_parameters()) {
      if (torch::isfinite(parameter.value()).all().item<bool>()) continue;
      throw Error(ErrorCode::not_finite, "the weights \"" + parameter.key() +
                                             "\" are no numbers any more, so there is no checkpoint " + name.text() +
                                             "; " + way_back());
    }
  }

  [[noreturn]] void refuse(double loss, const std::vector<Batch>& parts, const char* what = "the loss") const {
    std::string sequences;
    for (const Batch& part : parts) {
      for (const std::size_t index : part.indices) sequences += (sequences.empty() ? "" : ", ") + std::to_string(index);
    }
    throw Error(ErrorCode::not_finite, std::string(what) + " of epoch " + std::to_string(state_.next.epoch) +
                                           ", step " + std::to_string(state_.next.step) + " is " + float_text(loss) +
                                           ", made of the sequences " + sequences + " of " + train_->path() + "; " +
                                           way_back());
  }

  std::string way_back() const {
    return (last_checkpoint_.empty() ? "there is no checkpoint yet"
                                     : "the last good checkpoint is " + last_checkpoint_) +
           "; a lower --lr, or --clip 1, may help";
  }

  TrainProgress progress(const RunPosition& made, double rate, double loss) const {
    const double tokens = static_cast<double>(settings().sequences_a_step() * train_->max_seq_len());
    const double seconds = clock_.seconds_per_step();
    return {.done = made,
            .epochs = settings().epochs,
            .steps_per_epoch = steps_per_epoch_,
            .total_steps = total_steps(),
            .rate = rate,
            .loss = loss,
            .trailing_loss = state_.averages.trailing_mean(),
            .tokens_per_second = seconds > 0 ? tokens / seconds : 0,
            .seconds_left = seconds * static_cast<double>(total_steps() - state_.next.total_steps)};
  }

  void say_speed() {
    say(speed_text(step_flops(model_->sizes(), settings()), clock_.seconds_per_step(), device(), settings().precision,
                   settings().processes));
  }

  void say_waste() {
    const std::uint64_t left = train_->size() - steps_per_epoch_ * settings().sequences_a_step();
    if (left != 0) say(epoch_text() + left_out_text(left));
    say(epoch_text() + percent_text(waiting_share()) + " of the time was spent waiting for data");
    if (group().size() == 1) return;
    say(epoch_text() + percent_text(communication_share()) + " of the time was spent waiting for other processes");
  }

  // The first steps are slower than others; so many are enough to tell the speed.
  static constexpr std::uint64_t kMeasuredSteps = 10;

  std::shared_ptr<CausalTransformer> model_;
  std::shared_ptr<const SequenceSource> train_, validation_;
  RunState state_;
  RunRecord record_;
  TrainerOptions options_;
  TrainEvents events_;
  AdamW optimizer_;
  std::optional<GradientBuckets> buckets_;  // where there are several processes
  SharedDataCheck train_check_, validation_check_;
  std::uint64_t steps_per_epoch_;
  std::function<double(std::uint64_t)> rate_;
  std::string last_checkpoint_;
  StepClock clock_;
  bool stops_ = false;  // asked to at the end of an epoch
};

}  // namespace aria::nn
