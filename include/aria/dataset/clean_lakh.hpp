// Removes from a tree what a stage of the Lakh pipeline left there, and nothing else.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/anticipation/compound.hpp>
#include <aria/dataset/lakh_tree.hpp>
#include <aria/dataset/midi_files.hpp>
#include <aria/dataset/work_journal.hpp>
#include <aria/dataset/work_state.hpp>
#include <aria/support/directory_walk.hpp>
#include <aria/support/error.hpp>
#include <aria/support/file.hpp>
#include <aria/support/file_stamp.hpp>

namespace aria {

/// The stages that leave files in the tree.
enum class LakhStage : bool {
  compound,  ///< `aria midi-preprocess`: <file>.compound.txt beside each MIDI file
  events,    ///< `aria tokenize-lakh`: tokenized-events-<0..f>.txt in DIR
};

/// The name of the command whose entries in the journal belong to a stage.
constexpr std::string_view command_of(LakhStage stage) noexcept {
  return stage == LakhStage::compound ? "midi-preprocess" : "tokenize-lakh";
}

struct CleanLakhSummary {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t kept =
      0;  ///< files with the name of an output, but no MIDI file beside them and unknown to the journal
};

namespace detail {

// The name of the output that a killed run was writing under the temporary name ".<output>.aria-12-3" or
// ".<output>.aria-12-3.old", as AtomicFile makes them; nothing where this is no such name.
inline std::optional<std::string_view> unfinished_output(std::string_view name) {
  const auto drop_number = [&name] {
    const std::size_t digits = name.size() - 1 - std::min(name.find_last_not_of("0123456789"), name.size() - 1);
    name.remove_suffix(digits);
    return digits != 0;
  };
  const auto drop = [&name](std::string_view ending) {
    if (!name.ends_with(ending)) return false;
    name.remove_suffix(ending.size());
    return true;
  };
  if (!name.starts_with('.')) return std::nullopt;
  drop(".old");
  if (!drop_number() || !drop("-") || !drop_number() || !drop(".aria-") || name.size() < 2) return std::nullopt;
  return name.substr(1);
}

class CleanLakh {
 public:
  CleanLakh(std::string folder, LakhStage stage) : folder_(std::move(folder)), stage_(stage) {}

  CleanLakhSummary run() {
    std::vector<std::string> outputs = find_outputs();
    const bool has_state = FileStamp::of(work_state_path(folder_)).has_value();
    if (outputs.empty() && !has_state) return summary_;
    if (has_state) journal_.read(read_work_state(folder_));
    // Nobody may be at work here. Entries go last: what they speak of is looked at anyway.
    WorkState state(folder_, command_of(stage_), "");
    for (const std::string& output : outputs) {
      if (belongs_to_stage(output)) remove(output);
    }
    state.forget();
    return summary_;
  }

 private:
  static constexpr std::string_view kCompoundEnding = anticipation::kCompoundEnding;

  static std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

  static bool is_midi(std::string_view name) {
    return is_midi_name(name, Reading::standard) || is_midi_name(name, Reading::reference);
  }

  bool is_output_name(std::string_view name) const {
    if (stage_ == LakhStage::compound) {
      return name.ends_with(kCompoundEnding) && is_midi(name.substr(0, name.size() - kCompoundEnding.size()));
    }
    return std::any_of(kLakhSplits.begin(), kLakhSplits.end(),
                       [name](char split) { return name == tokenized_events_name(split); });
  }

  // The journal's own temporary files are nobody's else, so any stage may remove them.
  bool is_wanted(std::string_view name) const {
    const auto unfinished = unfinished_output(name);
    return is_output_name(name) || (unfinished && (is_output_name(*unfinished) || *unfinished == kWorkStateName));
  }

  // All of them are found before the first is removed: a folder that changes while it is listed may hide some.
  std::vector<std::string> find_outputs() const {
    const bool recursive = stage_ == LakhStage::compound;
    DirectoryWalk walk(folder_, {.recursive = recursive, .hidden = true, .accepts = [this](std::string_view name) {
                                   return is_wanted(name);
                                 }});
    std::vector<std::string> outputs;
    while (auto file = walk.next()) {
      if (file->path.ends_with('/')) throw Error(ErrorCode::io, file->failure, {.path = folder_ + '/' + file->path});
      outputs.push_back(std::move(file->path));
    }
    return outputs;
  }

  // Somebody's own text may have such a name, too; what was made of a MIDI file has that beside it, or the journal
  // knows of it.
  bool belongs_to_stage(const std::string& path) {
    const std::string_view name = name_of(path);
    const auto unfinished = unfinished_output(name);
    if (stage_ == LakhStage::events || (unfinished && !is_output_name(name))) return true;
    struct stat status {};
    const std::string midi = folder_ + '/' + path.substr(0, path.size() - kCompoundEnding.size());
    if (::lstat(midi.c_str(), &status) == 0 || journal_.find(command_of(stage_), path) != nullptr) return true;
    ++summary_.kept;
    return false;
  }

  // A link is nothing that a stage leaves.
  void remove(const std::string& output) {
    const std::string path = folder_ + '/' + output;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (::unlink(path.c_str()) != 0) {
      if (errno == ENOENT) return;
      throw system_error("cannot remove", path);
    }
    ++summary_.files;
    summary_.bytes += static_cast<std::uint64_t>(status.st_size);
  }

  const std::string folder_;
  const LakhStage stage_;
  WorkJournal journal_;
  CleanLakhSummary summary_;
};

}  // namespace detail

/// Removes the outputs of a stage, what a killed run of it left under temporary names, and its entries in the journal,
/// which goes, too, where no others are left. Links are not followed and stay.
///
///     aria::clean_lakh("lmd_full", aria::LakhStage::compound);
///
/// Throws not_found or io, and already_exists while a command works in the folder.
inline CleanLakhSummary clean_lakh(const std::string& folder, LakhStage stage) {
  return detail::CleanLakh(folder, stage).run();
}

}  // namespace aria
