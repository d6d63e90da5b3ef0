// aria piano-roll: a MIDI file, a piece of a MidiDataset or a sequence of tokens -> a drawing.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aria/dataset.hpp>
#include <aria/drawing.hpp>
#include <aria/drawing/piano_roll.hpp>
#include <aria/midi/piece_statistics.hpp>

#include "../cli/data_sets.hpp"
#include "../cli/program.hpp"
#include "../cli/progress_bar.hpp"
#include "../cli/table.hpp"
#include "../cli/token_lines.hpp"
#include "commands.hpp"
#include "inspect_kind.hpp"

namespace {

constexpr const char* kAbout = R"(Draws a piano roll, as SVG: time to the right, pitch upwards, a rectangle a note.

INPUT is a MIDI file, a MidiDataset (--piece N), a TokenizedDataset or a file of lines of ids
as `aria lakh` writes it (--sequence N). Colours tell instruments apart, lighter shades are
softer; controls, which a model is given, are yellow. Browsers show what a note is where the
pointer rests. Time signatures are not read: bars of another length than 4 beats need --beats.

Example:
  aria piano-roll --beats 3 --from 60 --to 90 waltz.mid waltz.svg
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria piano-roll", kAbout);
  options.positional_help("INPUT OUT.svg").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("piece", "which piece of a MidiDataset, from 0 (default: 0)", text(), "N");
  add("sequence", "which sequence of tokens, from 0 (default: 0)", text(), "N");
  add("encoding", token_lines::kEncodingHelp, text(), "NAME");
  add("beats", "beats of a bar", text()->default_value("4"), "N");
  add("bars", "bars of a row (default: as many as last 16 seconds or so)", text(), "N");
  add("from", "draw only what sounds from here on", text(), "SECONDS");
  add("to", "draw only what sounds before", text(), "SECONDS");
  add("width", "of the drawing, in pixels", text()->default_value("1280"), "N");
  add("reference", "read as the original Python tools do, faults included");
  add("overwrite", "replace an existing OUT.svg");
  options.add_options("positional")("input", "", text())("out", "", text());
  return options;
}

aria::PianoRollOptions drawing_options(const cxxopts::ParseResult& arguments) {
  aria::PianoRollOptions options;
  options.beats_per_bar = cli::number_within<unsigned>(arguments, "beats", 1, 64);
  options.width = cli::number_within<unsigned>(arguments, "width", 400, 10'000);
  if (arguments.count("bars") != 0) options.bars_per_row = cli::number_within<unsigned>(arguments, "bars", 1, 1000);
  constexpr double kMostSeconds = 1e12;
  if (arguments.count("from") != 0) {
    options.from = cli::number_of<double>(arguments, "from");
    if (!(*options.from >= 0 && *options.from < kMostSeconds))
      throw cli::UsageError("--from must be 0 seconds or more");
  }
  if (arguments.count("to") != 0) {
    options.to = cli::number_of<double>(arguments, "to");
    if (!(*options.to > options.from.value_or(0))) throw cli::UsageError("--to must lie behind --from");
  }
  return options;
}

/// What is drawn, and its name.
struct Input {
  aria::MidiDict piece;
  std::string name;
  std::vector<bool> controls{};  // notes of the piece
};

aria::MidiDict piece_of_dataset(const std::string& path, std::uint64_t number) {
  aria::MidiDatasetFile file(path);
  cli::ProgressBar bar("MB");
  const aria::ProgressCallback draw = cli::in_megabytes(bar.callback());
  aria::MidiDict piece;
  std::uint64_t count = 0;
  while (file.next(piece)) {
    if (count++ == number) return piece;
    if (draw) draw({file.offset(), file.size()});
  }
  throw aria::Error(aria::ErrorCode::invalid_argument,
                    "has " + std::to_string(count) + (count == 1 ? " piece" : " pieces") + ", there is no number " +
                        std::to_string(number),
                    {.path = path});
}

template <aria::Tokenizer T>
std::vector<bool> controls_of(const T& tokenizer, const std::vector<aria::TokenId>& tokens) {
  if constexpr (std::is_same_v<T, token_lines::ArrivalTokenizer>) return token_lines::controls_of(tokenizer, tokens);
  return {};
}

Input music_of_sequence(const std::string& path, std::uint64_t number, std::optional<aria::LakhEncoding> encoding,
                        aria::Reading reading) {
  return data_sets::open(path, encoding, reading, [&](const auto& data) -> Input {
    const std::vector<aria::TokenId> tokens = data.tokens(static_cast<std::size_t>(number));
    return {data.tokenizer().detokenize(tokens, nullptr), "", controls_of(data.tokenizer(), tokens)};
  });
}

// The number that names a part of a data set; 0 by default. `other` names one of another kind of file.
std::uint64_t number_of_part(const cxxopts::ParseResult& arguments, const char* name, const char* other,
                             const std::string& kind) {
  if (arguments.count(other) != 0) throw cli::UsageError(std::string("--") + other + ": the input is " + kind);
  return arguments.count(name) != 0 ? cli::number_of<std::uint64_t>(arguments, name) : 0;
}

Input read_input(const std::string& path, const cxxopts::ParseResult& arguments) {
  const auto reading = arguments.count("reference") != 0 ? aria::Reading::reference : aria::Reading::standard;
  const std::string name = std::filesystem::path(path).filename().string();
  const inspect::Kind kind = inspect::kind_of(path);
  token_lines::check_encoding_option(arguments, kind == inspect::Kind::token_lines);
  switch (kind) {
    case inspect::Kind::midi_file:
      for (const char* option : {"piece", "sequence"}) {
        if (arguments.count(option) != 0)
          throw cli::UsageError(std::string("--") + option + ": the input is a MIDI file");
      }
      return {aria::MidiDict::from_midi(path, {.reading = reading}), name};
    case inspect::Kind::midi_dataset: {
      const auto number =
          number_of_part(arguments, "piece", "sequence", "a MidiDataset; its pieces are named by --piece");
      return {piece_of_dataset(path, number), name + ", piece " + std::to_string(number)};
    }
    case inspect::Kind::tokenized_dataset:
    case inspect::Kind::token_lines: {
      const auto number =
          number_of_part(arguments, "sequence", "piece", "a data set of sequences, which are named by --sequence");
      Input input = music_of_sequence(path, number, token_lines::encoding_of(arguments), reading);
      input.name = name + ", sequence " + std::to_string(number);
      return input;
    }
    case inspect::Kind::folder:
      break;
  }
  throw aria::Error(aria::ErrorCode::io, "is a folder, not a file", {.path = path});
}

// "chopin, 1,234 notes in 3:05"
std::string subtitle_of(const aria::MidiDict& piece) {
  const aria::PieceStatistics about = aria::piece_statistics(piece);
  std::string text = about.composer.empty() ? "" : about.composer + ", ";
  text += aria::grouped_number(about.notes) + (about.notes == 1 ? " note" : " notes");
  if (about.seconds > 0) text += " in " + aria::clock_label(about.seconds);
  return text;
}

}  // namespace

int piano_roll_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"input", "out"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto path = cli::value_of<std::string>(arguments, "input");
  const auto out = cli::value_of<std::string>(arguments, "out");
  cli::refuse_same_path({path, out});
  aria::PianoRollOptions options = drawing_options(arguments);

  // What cannot be written is said before the work, not after it.
  aria::AtomicFile svg(out, arguments.count("overwrite") != 0 ? aria::IfExists::replace : aria::IfExists::refuse);
  const Input input = read_input(path, arguments);
  options.title = input.name;
  options.subtitle = subtitle_of(input.piece);
  options.marked = input.controls;
  options.mark_name = "control";
  svg.write(aria::piano_roll_svg(input.piece, options));
  svg.commit();
  std::cout << "wrote " << cli::printable(out) << ": " << cli::printable(options.subtitle) << '\n';
  return cli::kDone;
}
