// aria detokenize: a sequence of tokens -> a MIDI file, augmented as in training where wanted.
#include <cstdint>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aria/augmentation.hpp>
#include <aria/drawing/axis.hpp>
#include <aria/midi/midi_writer.hpp>
#include <aria/midi/piece_statistics.hpp>

#include "../cli/data_sets.hpp"
#include "../cli/program.hpp"
#include "../cli/table.hpp"
#include "../cli/token_lines.hpp"
#include "commands.hpp"
#include "inspect_table.hpp"

namespace {

using aria::grouped_number;

constexpr const char* kAbout =
    R"(Writes sequence N of a data set, from 0, as a MIDI file. DATASET is a TokenizedDataset, or a
file of lines of ids as `aria lakh` writes it: of these, every instrument gets a track.

The sequence can be augmented as in training: --augment does all that its tokens allow, by the
usual amounts, and the other options do one thing or set its amount. What is drawn belongs to
(seed, epoch, N).

Example:
  aria detokenize --augment --seed 1 train.jsonl 17 seventeen.mid
)";

cxxopts::Options describe() {
  cxxopts::Options options("aria detokenize", kAbout);
  options.positional_help("DATASET N OUT.mid").custom_help("[OPTION...]");
  const auto text = [] { return cxxopts::value<std::string>(); };
  cxxopts::OptionAdder add = options.add_options();
  add("augment", "--chord-mixup --velocity 1 --pitch 5 --tempo 0.2, as far as the tokens allow");
  add("chord-mixup", "put the notes of chords into random order");
  add("velocity", "louder or softer by up to N steps of the tokenizer", text(), "N");
  add("pitch", "transpose by up to N semitones", text(), "N");
  add("tempo", "faster or slower by up to this part, below 1", text(), "F");
  add("seed", "decides what is drawn", text()->default_value("0"), "N");
  add("epoch", "of the training whose draws are wanted", text()->default_value("0"), "N");
  add("encoding", token_lines::kEncodingHelp, text(), "NAME");
  add("reference", "read and augment tokens as the original Python tools do, faults included");
  add("overwrite", "replace an existing OUT.mid");
  options.add_options("positional")("dataset", "", text())("sequence", "", text())("out", "", text());
  return options;
}

// What is wanted; an amount that is absent is not wanted.
struct Wanted {
  bool all = false;  // that the tokens allow
  bool chord_mixup = false;
  std::optional<int> velocity;
  std::optional<int> pitch;
  std::optional<double> tempo;
};

std::optional<int> range_of(const cxxopts::ParseResult& arguments, const char* name) {
  if (arguments.count(name) == 0) return std::nullopt;
  return static_cast<int>(cli::number_within<unsigned>(arguments, name, 0, 127));
}

std::optional<double> tempo_of(const cxxopts::ParseResult& arguments) {
  if (arguments.count("tempo") == 0) return std::nullopt;
  const auto range = cli::number_of<double>(arguments, "tempo");
  if (!(range >= 0 && range < 1)) throw cli::UsageError("--tempo must be at least 0 and below 1");
  return range;
}

Wanted wanted_of(const cxxopts::ParseResult& arguments) {
  Wanted wanted{arguments.count("augment") != 0, arguments.count("chord-mixup") != 0, range_of(arguments, "velocity"),
                range_of(arguments, "pitch"), tempo_of(arguments)};
  if (!wanted.all) return wanted;
  // The amounts of default_augmentations.
  wanted.chord_mixup = true;
  wanted.velocity = wanted.velocity.value_or(1);
  wanted.pitch = wanted.pitch.value_or(5);
  wanted.tempo = wanted.tempo.value_or(0.2);
  return wanted;
}

std::uint64_t sequence_of(const cxxopts::ParseResult& arguments) {
  try {
    return cli::number_of<std::uint64_t>(arguments, "sequence");
  } catch (const cli::UsageError&) {
    throw cli::UsageError("N must be a whole number from 0, and is " +
                          cli::value_of<std::string>(arguments, "sequence"));
  }
}

// Transforms and what they are called.
struct Augmentations {
  std::vector<aria::Transform> transforms;
  std::string names;

  void add(const char* name, aria::Transform transform) {
    transforms.push_back(std::move(transform));
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
};

template <aria::Tokenizer T>
Augmentations augmentations_of(const T& tokenizer, const Wanted& wanted, aria::Reading reading) {
  Augmentations all;
  const auto refuse = [&](const char* option) {
    if (wanted.all) return;
    throw aria::Error(aria::ErrorCode::invalid_argument,
                      "the tokens of the tokenizer " + std::string(tokenizer.name()) + " do not allow " + option);
  };
  if (wanted.chord_mixup) {
    if constexpr (aria::NoteTokenizer<T>) {
      all.add("chord mix-up", aria::ChordMixup(tokenizer));
    } else {
      refuse("--chord-mixup");
    }
  }
  if constexpr (aria::TypedTokenizer<T>) {
    if (wanted.velocity) all.add("velocity", aria::VelocityAugmentation(tokenizer, *wanted.velocity));
    if (wanted.pitch) all.add("pitch", aria::PitchAugmentation(tokenizer, *wanted.pitch));
    if (wanted.tempo) all.add("tempo", aria::TempoAugmentation(tokenizer, *wanted.tempo, reading));
  } else if (wanted.velocity || wanted.pitch || wanted.tempo) {
    refuse("any augmentation");
  }
  return all;
}

// "skipped: 1 unknown token, 2 misplaced tokens"
void print(const aria::SkippedTokens& skipped, std::ostream& out) {
  if (skipped.total() == 0) return;
  const char* separator = "skipped: ";
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count == 0) return;
    out << separator << grouped_number(count) << ' ' << what << (count == 1 ? "" : "s");
    separator = ", ";
  };
  add(skipped.unknown, "unknown token");
  add(skipped.misplaced, "misplaced token");
  add(skipped.silent, "silent note");
  out << '\n';
}

// Both encodings of the Lakh recipe have more instruments than a MidiDict has channels, so their tokens are written
// without one; but a file without a track could not be read.
template <aria::Tokenizer T>
void write_music(const T& tokenizer, std::span<const aria::TokenId> tokens, const aria::MidiDict& piece,
                 aria::Reading reading, aria::AtomicFile& out) {
  const auto sink = [&out](std::span<const std::byte> bytes) {
    out.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  if constexpr (token_lines::kIsEncoding<T>) {
    if (!piece.notes.empty()) return token_lines::write_tracks(tokenizer, tokens, reading, sink);
  }
  aria::write_midi(piece, sink);
}

}  // namespace

int detokenize_command(const std::vector<std::string>& words) {
  cxxopts::Options description = describe();
  const cxxopts::ParseResult arguments = cli::parse(description, words, {"dataset", "sequence", "out"});
  if (arguments.count("help") != 0) {
    std::cout << description.help({""});
    return cli::kDone;
  }
  const auto path = cli::value_of<std::string>(arguments, "dataset");
  const auto out = cli::value_of<std::string>(arguments, "out");
  const std::uint64_t number = sequence_of(arguments);
  const Wanted wanted = wanted_of(arguments);
  const auto seed = cli::number_of<std::uint64_t>(arguments, "seed");
  const auto epoch = cli::number_of<std::uint64_t>(arguments, "epoch");
  const auto if_exists = arguments.count("overwrite") != 0 ? aria::IfExists::replace : aria::IfExists::refuse;
  const auto reading = arguments.count("reference") != 0 ? aria::Reading::reference : aria::Reading::standard;
  const auto encoding = token_lines::encoding_of(arguments);
  cli::refuse_same_path({path, out});

  const auto write = [&](auto& data) {
    const auto& tokenizer = data.tokenizer();
    Augmentations augmentations = aria::at_place([&] { return aria::Place{.path = path}; },
                                                 [&] { return augmentations_of(tokenizer, wanted, reading); });
    data.set_transform(std::move(augmentations.transforms));
    const std::vector<aria::TokenId> tokens = data.tokens(number, {.seed = seed, .epoch = epoch});
    aria::SkippedTokens skipped;
    const aria::MidiDict piece = tokenizer.detokenize(tokens, &skipped);
    aria::AtomicFile file(out, if_exists);
    write_music(tokenizer, tokens, piece, reading, file);
    file.commit();
    const aria::PieceStatistics about = aria::piece_statistics(piece);
    if (!augmentations.names.empty()) std::cout << "augmented: " << augmentations.names << '\n';
    print(skipped, std::cout);
    std::cout << "wrote " << cli::printable(out) << ": " << grouped_number(about.notes)
              << (about.notes == 1 ? " note, " : " notes, ") << inspect::duration_text(about.seconds) << '\n';
  };
  data_sets::open(path, encoding, reading, write);
  return cli::kDone;
}
