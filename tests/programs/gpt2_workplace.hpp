// A folder with lines of ids of the arrival-time encoding and small GPT-2 models, and the programs that take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/random_piece.hpp"
#include "support/slow_safetensors.hpp"
#include "train_workplace.hpp"

namespace test {

/// Ids of the arrival-time encoding, as its paper has them: nothing here asks the library.
inline constexpr unsigned kDurations = 10'000, kNotes = 11'000, kControls = 27'513, kSeparator = 55'025,
                          kAutoregress = 55'026, kAnticipate = 55'027, kArrivalSize = 55'028;

/// A line of 1 + 3 n ids: events of few different kinds, so that there is something to learn. Every second one has
/// controls, and every third one ends a piece in its middle.
inline std::vector<unsigned> event_line(std::uint64_t number, std::size_t length) {
  Dice dice(number);
  const bool anticipates = number % 2 == 1;
  std::vector<unsigned> ids = {anticipates ? kAnticipate : kAutoregress};
  unsigned time = 0;
  while (ids.size() < length) {
    if (number % 3 == 2 && ids.size() == 1 + 3 * (length / 6)) {
      ids.insert(ids.end(), 3, kSeparator);
      time = 0;
      continue;
    }
    const unsigned note = 128 * (dice.one_in(3) ? 33 : 0) + 60 + dice.small(8), duration = 20 + 10 * dice.small(4);
    const bool is_control = anticipates && dice.one_in(5);
    const unsigned block = is_control ? kControls : 0, ahead = is_control ? 400 + dice.small(100) : 0;
    ids.insert(ids.end(), {block + time + ahead, block + kDurations + duration, block + kNotes + note});
    time += 5 * dice.small(5);
  }
  return ids;
}

inline std::string line_text(const std::vector<unsigned>& ids) {
  std::string text;
  for (const unsigned id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text + '\n';
}

struct SmallGpt2 {
  unsigned width = 8, layers = 2, heads = 2;
  std::size_t length = 49;
  double dropout = 0.1;
  unsigned vocabulary = kArrivalSize;
  std::string more{};  ///< further keys, each with a comma in front
};

/// The text of a model's file.
inline std::string gpt2_json(const SmallGpt2& model) {
  const std::string dropout = std::to_string(model.dropout);
  return R"({"model_type": "gpt2", "vocab_size": )" + std::to_string(model.vocabulary) + R"(, "n_positions": )" +
         std::to_string(model.length) + R"(, "n_embd": )" + std::to_string(model.width) + R"(, "n_layer": )" +
         std::to_string(model.layers) + R"(, "n_head": )" + std::to_string(model.heads) + R"(, "embd_pdrop": )" +
         dropout + R"(, "resid_pdrop": )" + dropout + R"(, "attn_pdrop": )" + dropout + model.more + "}\n";
}

/// How the small models are trained: so fast that every step shows.
inline std::string training_json(unsigned batch = 2, const std::string& recipe = "split_lakh") {
  return R"(, "training": {"recipe": ")" + recipe +
         R"(", "learning_rate": 1e-2, "warmup_ratio": 0.25, "num_train_steps": 12, "train_batch_size": )" +
         std::to_string(batch) + R"(, "steps_per_eval": 5})";
}

/// Holds train.txt and valid.txt, with eight steps of two lines an epoch, and model.json, which has dropout.
class Gpt2Workplace : public TrainWorkplace {
 public:
  static constexpr std::size_t kTrain = 16, kValidation = 3, kLength = 49;

  Gpt2Workplace() : TrainWorkplace(Empty()) {
    add_lines("train.txt", kTrain, 100);
    add_lines("valid.txt", kValidation, 900);
    write("model.json", gpt2_json({.more = training_json()}));
  }

  /// Lines of these numbers.
  void add_lines(const std::string& name, std::size_t count, std::uint64_t first, std::size_t length = kLength) const {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += line_text(event_line(first + i, length));
    write(name, text);
  }
};

/// The words of a run of these data.
inline Words gpt2_run(const std::string& project, const Words& more = {}, const std::string& model = "model.json") {
  Words words = {"pretrain", model, "train.txt", "valid.txt", "--threads", "1", "--pdir", project};
  if (std::find(more.begin(), more.end(), "--bs") == more.end()) words.insert(words.end(), {"--bs", "2"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The cells of a table, its header first.
inline std::vector<Words> cells_of(const std::string& text) {
  std::vector<Words> rows;
  for (std::string line : lines_of(text)) {
    if (line.ends_with('\r')) line.pop_back();
    std::istringstream stream(line);
    Words& row = rows.emplace_back();
    for (std::string cell; std::getline(stream, cell, ',');) row.push_back(cell);
  }
  return rows;
}

inline std::map<std::string, SlowTensor> tensors_of(const TrainWorkplace& place, const std::string& file) {
  return SlowSafetensors(place.text(file)).tensors;
}

}  // namespace test
