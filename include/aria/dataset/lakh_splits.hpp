// The last step of the Lakh recipe: sequences of sixteen splits -> train.txt, shuffled, valid.txt and test.txt.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <aria/dataset/announced_outputs.hpp>
#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/line_shuffle.hpp>
#include <aria/dataset/work_state.hpp>
#include <aria/support/atomic_file.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/file_copy.hpp>
#include <aria/support/file_stamp.hpp>
#include <aria/support/ordered_map.hpp>
#include <aria/support/progress.hpp>

namespace aria {

struct LakhSplitsOptions {
  std::string valid = "e";  ///< splits for validation, of kLakhSplits
  std::string test = "f";   ///< splits for the test; all others are for training
  std::uint64_t seed = 0;   ///< of the shuffle
  std::uint64_t memory = LineShuffleOptions().memory;
  unsigned workers = default_workers();
  bool move = false;  ///< remove the files of the splits when the outputs are there
  IfExists if_exists = IfExists::refuse;
  ProgressCallback on_progress{};  ///< of the shuffle, in bytes
};

struct LakhSplitsSummary {
  std::uint64_t train_lines = 0;
  std::uint64_t train_bytes = 0;
  std::uint64_t valid_bytes = 0;
  std::uint64_t test_bytes = 0;
  std::uint64_t freed_bytes = 0;  ///< of files that were removed
  bool resumed = false;           ///< an earlier run had written the outputs and was cut short while it removed files
};

/// Throws invalid_argument unless both are made of different hexadecimal digits, at least one each, and leave some for
/// training.
inline void check(const LakhSplitsOptions& options) {
  const auto fail = [](const std::string& what) { throw Error(ErrorCode::invalid_argument, what); };
  std::string seen;
  for (const std::string* splits : {&options.valid, &options.test}) {
    if (splits->empty()) fail("a list of splits is empty");
    for (const char split : *splits) {
      if (kLakhSplits.find(split) == std::string_view::npos) {
        fail("the splits are 0 to 9 and a to f, not " + std::string(1, split));
      }
      if (seen.find(split) != std::string::npos) fail(std::string("the split ") + split + " is named twice");
      seen += split;
    }
  }
  if (seen.size() == kLakhSplits.size()) fail("no split is left for training");
}

namespace detail {

// What the outputs were made of, as a line of text in the journal.
struct LakhSplitsRecord {
  std::uint64_t train_lines = 0;
  std::array<FileStamp, kLakhSplits.size()> sources{};

  std::string text() const {
    std::string text = std::to_string(train_lines);
    for (const FileStamp& source : sources) {
      text += ' ' + std::to_string(source.size) + ' ' + std::to_string(source.time);
    }
    return text;
  }

  static std::optional<LakhSplitsRecord> of(std::string_view text) {
    LakhSplitsRecord record;
    const auto read = [&text](std::uint64_t& number) {
      if (text.starts_with(' ')) text.remove_prefix(1);
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
      return error == std::errc();
    };
    bool good = read(record.train_lines);
    for (FileStamp& source : record.sources) good = good && read(source.size) && read(source.time);
    return good && text.empty() ? std::optional(record) : std::nullopt;
  }
};

// The order of things, so that a run that is killed anywhere can be repeated: (1) the three files are written without
// names, (2) the journal in OUT gets the size and time of each and the stamps of what they were made of, (3) they take
// their names, (4) sources are removed, (5) the journal goes. A rerun that finds some of the announced files replaces
// them; one that finds all of them goes on with (4).
class LakhSplits {
 public:
  LakhSplits(std::string folder, std::string out, const LakhSplitsOptions& options)
      : folder_(std::move(folder)), out_(std::move(out)), options_(options) {
    std::sort(options_.valid.begin(), options_.valid.end());
    std::sort(options_.test.begin(), options_.test.end());
  }

  LakhSplitsSummary run() {
    check(options_);
    if (!FileStamp::of(work_state_path(out_))) {
      find_sources();
      refuse_existing();
    }
    make_folder();
    WorkState state(out_, "lakh-splits", description());
    if (!finish_earlier(state)) write(state);
    if (options_.move) remove_sources();
    state.forget();
    return summary_;
  }

 private:
  static constexpr std::array<const char*, 3> kOutputs = {"valid.txt", "test.txt", "train.txt"};

  std::string source(std::size_t split) const { return folder_ + '/' + tokenized_events_name(kLakhSplits[split]); }
  std::string output(const char* name) const { return out_ + '/' + name; }

  std::string description() const {
    std::error_code failed;
    const std::string folder = std::filesystem::weakly_canonical(std::filesystem::absolute(folder_), failed).string();
    return "valid=" + options_.valid + " test=" + options_.test + " seed=" + std::to_string(options_.seed) + " of " +
           folder;
  }

  void make_folder() const {
    std::error_code failed;
    std::filesystem::create_directories(out_, failed);
    if (failed) throw Error(ErrorCode::io, "cannot make the folder: " + failed.message(), {.path = out_});
  }

  void find_sources() {
    std::string missing;
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) {
      if (const auto stamp = FileStamp::of(source(split))) {
        record_.sources[split] = *stamp;
      } else {
        missing += (missing.empty() ? "" : ", ") + tokenized_events_name(kLakhSplits[split]);
      }
    }
    if (missing.empty()) return;
    throw Error(ErrorCode::not_found, "has no " + missing + "; `aria tokenize-lakh` makes them", {.path = folder_});
  }

  void refuse_existing() const {
    if (!FileStamp::of(out_)) return;
    for (const char* name : kOutputs) AtomicFile(output(name), options_.if_exists);
  }

  // Whether an earlier run wrote all outputs from what is here, or was and has been removed.
  bool finish_earlier(const WorkState& state) {
    std::optional<std::string> note;
    for (const char* name : kOutputs) {
      note = state.is_done(name, {});
      if (!note) return false;
    }
    const auto record = LakhSplitsRecord::of(*note);
    if (!record) return false;
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) {
      const auto stamp = FileStamp::of(source(split));
      if (stamp && *stamp != record->sources[split]) return false;
    }
    record_ = *record;
    summary_.resumed = true;
    summarize();
    return true;
  }

  void write(WorkState& state) {
    find_sources();
    const auto open = [&](const char* name) {
      return AtomicFile(output(name), if_exists(state, name, options_.if_exists));
    };
    AtomicFile valid = open("valid.txt"), test = open("test.txt"), train = open("train.txt");
    concatenate(options_.valid, valid);
    concatenate(options_.test, test);
    shuffle(train);
    refuse_changed();
    announce_and_commit(state, {&valid, &test, &train}, record_.text());
    summarize();
  }

  void concatenate(const std::string& splits, AtomicFile& out) const {
    for (const char& split : splits) {
      const std::string path = source(kLakhSplits.find(split));
      append_file(out, path);
      if (&split != &splits.back() && lacks_line_feed(path)) out.write("\n");
    }
  }

  // Whether the last line of the file would run into the next one.
  static bool lacks_line_feed(const std::string& path) {
    const OpenFile file = open_file(path);
    char last = '\n';
    if (file.size != 0) read_at(file.descriptor, &last, 1, file.size - 1, path);
    return last != '\n';
  }

  void shuffle(AtomicFile& out) {
    LineShuffleOptions options;
    options.seed = options_.seed;
    options.memory = options_.memory;
    options.workers = options_.workers;
    options.folder = out_;
    options.on_progress = options_.on_progress;
    LineShuffle shuffle(options);
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) {
      if (is_for_training(kLakhSplits[split])) shuffle.add_file({.path = source(split)});
    }
    record_.train_lines = shuffle.write(out).checksum.lines;
  }

  bool is_for_training(char split) const {
    return options_.valid.find(split) == std::string::npos && options_.test.find(split) == std::string::npos;
  }

  void refuse_changed() const {
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) {
      if (FileStamp::of(source(split)) == record_.sources[split]) continue;
      throw Error(ErrorCode::io, "has changed while it was read", {.path = source(split)});
    }
  }

  void summarize() {
    const auto bytes = [this](const char* name) { return FileStamp::of(output(name)).value_or(FileStamp()).size; };
    summary_.train_lines = record_.train_lines;
    summary_.train_bytes = bytes("train.txt");
    summary_.valid_bytes = bytes("valid.txt");
    summary_.test_bytes = bytes("test.txt");
  }

  void remove_sources() {
    for (std::size_t split = 0; split < kLakhSplits.size(); ++split) {
      const std::string path = source(split);
      if (FileStamp::of(path) != record_.sources[split]) continue;  // gone, or made anew
      if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw system_error("cannot remove", path);
      summary_.freed_bytes += record_.sources[split].size;
    }
  }

  const std::string folder_;
  const std::string out_;
  LakhSplitsOptions options_;
  LakhSplitsRecord record_;
  LakhSplitsSummary summary_;
};

}  // namespace detail

/// Writes the sequences that tokenize_lakh left in `folder` to `out`, which is made where it is missing: valid.txt and
/// test.txt in the order of the splits and of their lines, as reflinks where the disk has them, and train.txt shuffled
/// (see LineShuffle). All of them appear, or none. With `move`, the files of the splits are removed when the three are
/// there. A run that was killed can be repeated with the same options and ends as it would have.
///
///     aria::split_lakh("lmd_full", "data", {.seed = 1, .move = true});
///
/// Throws invalid_argument as `check` does, not_found where a file of a split is missing, already_exists where an
/// output is there that may not be replaced, and io, also where there is too little room on the disk.
inline LakhSplitsSummary split_lakh(const std::string& folder, const std::string& out,
                                    const LakhSplitsOptions& options = {}) {
  return detail::LakhSplits(folder, out, options).run();
}

}  // namespace aria
