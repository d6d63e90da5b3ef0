// aria inspect: what a MIDI file, a folder of them or a data set holds, as a table and as histograms.
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aria/dataset/inspection.hpp>
#include <aria/dataset/token_statistics.hpp>
#include <aria/dataset/tokenized_dataset.hpp>
#include <aria/support/atomic_file.hpp>

#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/token_lines.hpp"
#include "../cli/tokenizers.hpp"
#include "commands.hpp"
#include "inspect_drawing.hpp"
#include "inspect_kind.hpp"
#include "inspect_lines.hpp"
#include "inspect_lines_table.hpp"
#include "inspect_table.hpp"
#include "inspect_tokens.hpp"
#include "inspect_tokens_drawing.hpp"

namespace {

constexpr const char* kAbout =
    R"(Says what a MIDI file, a folder of MIDI files or a MidiDataset holds: pieces, durations,
notes, instruments, tempo and use of the pedal; and what a TokenizedDataset does: lengths of
its sequences, kinds of tokens, instruments, padding and unknown tokens. Of a file of lines of
ids as `aria lakh` writes it, it says how much of it are controls.

Files of a folder that cannot be read are counted, with the reasons of the first ones.

Example:
  aria inspect --svg music.svg music.jsonl
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria inspect", kAbout);
  options.positional_help("PATH").custom_help("[OPTION...]");
  options.add_options()("r,recursive", "search subfolders, too")(
      "svg", "draw histograms", cxxopts::value<std::string>(), "FILE")("encoding", token_lines::kEncodingHelp,
                                                                       cxxopts::value<std::string>(), "NAME")(
      "reference", "read MIDI files as the original Python tools do, faults included")("overwrite",
                                                                                       "replace an existing FILE");
  options.add_options("positional")("path", "", cxxopts::value<std::string>());
  return options;
}

// The last part of a path, also of one that ends in a slash.
std::string name_of(const std::string& path) {
  const std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

// The file that --svg names. Where it names none, nothing is drawn.
class Picture {
 public:
  // What cannot be written is said before the work, not after it.
  Picture(const cxxopts::ParseResult& arguments, const std::string& input) : input_(input) {
    if (arguments.count("svg") == 0) return;
    const auto path = cli::value_of<std::string>(arguments, "svg");
    std::error_code ignored;
    if (std::filesystem::equivalent(input, path, ignored)) throw cli::UsageError("--svg names the input: " + input);
    file_.emplace(path, arguments.count("overwrite") != 0 ? aria::IfExists::replace : aria::IfExists::refuse);
  }

  // `draw` gets the name of the input and gives the page.
  template <class Draw>
  void write(Draw draw) {
    if (!file_) return;
    file_->write(draw(name_of(input_)));
    file_->commit();
    std::cout << "\nwrote " << cli::printable(file_->path()) << '\n';
  }

  void write(const aria::DatasetStatistics& about) {
    write([&about](const std::string& name) {
      const std::string summary = aria::grouped_number(about.pieces) + (about.pieces == 1 ? " piece, " : " pieces, ") +
                                  aria::grouped_number(about.notes) + " notes, " +
                                  inspect::duration_text(about.seconds.sum());
      return inspect::draw_statistics(about, name, summary);
    });
  }

 private:
  std::string input_;
  std::optional<aria::AtomicFile> file_;
};

aria::DatasetStatistics inspect_one(const std::string& path, aria::Reading reading) {
  const aria::MidiFileInspection file = aria::inspect_midi_file(path, reading);
  aria::DatasetStatistics about;
  about.add(file.statistics);
  std::cout << cli::printable(path) << ": a MIDI file\n\n";
  inspect::print_midi_file(file, about, std::cout);
  return about;
}

aria::DatasetStatistics inspect_folder(const std::string& path, bool recursive, aria::Reading reading) {
  aria::FolderInspection folder;
  {
    cli::ProgressBar bar("files");
    folder = aria::inspect_folder(path, {.recursive = recursive, .reading = reading, .on_progress = bar.callback()});
  }
  if (folder.found == 0) {
    throw aria::Error(aria::ErrorCode::empty_result,
                      recursive ? "holds no MIDI files" : "holds no MIDI files (its subfolders were not searched)",
                      {.path = path});
  }
  std::cout << cli::printable(path) << ": a folder\n\n";
  inspect::print_files(folder, std::cout);
  std::cout << '\n';
  if (folder.statistics.pieces == 0) {
    throw aria::Error(aria::ErrorCode::empty_result,
                      "none of the " + std::to_string(folder.found) + " MIDI files could be read", {.path = path});
  }
  inspect::print_statistics(folder.statistics, std::cout);
  return folder.statistics;
}

aria::DatasetStatistics inspect_midi_dataset(const std::string& path) {
  aria::DatasetStatistics about;
  {
    cli::ProgressBar bar("MB");
    about = aria::inspect_dataset(path, cli::in_megabytes(bar.callback()));
  }
  if (about.pieces == 0) throw aria::Error(aria::ErrorCode::empty_result, "holds no pieces", {.path = path});
  std::cout << cli::printable(path) << ": a MidiDataset\n\n";
  inspect::print_statistics(about, std::cout);
  return about;
}

template <aria::Tokenizer T>
void inspect_tokens(const std::string& path, const T& tokenizer, Picture& picture) {
  const aria::TokenizedDataset<T> data(path, tokenizer);
  if (data.size() == 0) throw aria::Error(aria::ErrorCode::empty_result, "holds no sequences", {.path = path});
  aria::TokenStatistics about;
  {
    cli::ProgressBar bar("sequences");
    about = aria::token_statistics(data, {.on_progress = bar.callback()});
  }
  const aria::TokenizedDatasetHeader& header = data.file().header();
  std::cout << cli::printable(path) << ": a TokenizedDataset\n\n";
  inspect::print_tokens(header, about, tokenizer.vocabulary(), data.tokens(0), std::cout);
  picture.write([&](const std::string& name) {
    const std::string summary = aria::grouped_number(about.sequences) + " sequences of up to " +
                                aria::grouped_number(header.windows.max_seq_len) + " tokens, tokenizer " +
                                header.tokenizer_name;
    return inspect::draw_tokens(about, tokenizer, name, summary);
  });
}

template <aria::Tokenizer T>
void inspect_lines(const std::string& path, const T& tokenizer, Picture& picture) {
  const aria::LineDataset<T> data(path, tokenizer);
  inspect::LineStatistics about;
  {
    cli::ProgressBar bar("sequences");
    about = inspect::line_statistics(data, {.on_progress = bar.callback()});
  }
  std::cout << cli::printable(path) << ": lines of ids, " << tokenizer.name() << " encoding\n\n";
  inspect::print_lines(about, data.tokens(0), tokenizer, std::cout);
  picture.write([&](const std::string& name) {
    const std::string summary = aria::grouped_number(about.all.sequences) + " sequences of " +
                                aria::grouped_number(data.max_seq_len()) + " ids, " + std::string(tokenizer.name()) +
                                " encoding";
    return inspect::draw_lines(about, name, summary);
  });
}

}  // namespace

int inspect_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"path"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto path = cli::value_of<std::string>(arguments, "path");
  const auto reading = arguments.count("reference") != 0 ? aria::Reading::reference : aria::Reading::standard;
  const inspect::Kind kind = inspect::kind_of(path);
  token_lines::check_encoding_option(arguments, kind == inspect::Kind::token_lines);
  Picture picture(arguments, path);
  switch (kind) {
    case inspect::Kind::midi_file:
      picture.write(inspect_one(path, reading));
      break;
    case inspect::Kind::folder:
      picture.write(inspect_folder(path, arguments.count("recursive") != 0, reading));
      break;
    case inspect::Kind::midi_dataset:
      picture.write(inspect_midi_dataset(path));
      break;
    case inspect::Kind::tokenized_dataset:
      tokenizers::of_file(path, [&](const auto& tokenizer) { inspect_tokens(path, tokenizer, picture); });
      break;
    case inspect::Kind::token_lines:
      token_lines::with_tokenizer(path, token_lines::encoding_of(arguments),
                                  [&](const auto& tokenizer) { inspect_lines(path, tokenizer, picture); });
      break;
  }
  return cli::kDone;
}
