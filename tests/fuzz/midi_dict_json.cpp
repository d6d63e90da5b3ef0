// text, by either of two readers -> MidiDict or an error -> JSON -> the same MidiDict -> the same JSON.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aria/midi.hpp>

#include "expect.hpp"
#include "support/through_midi.hpp"

namespace {

using aria::MidiDict;
using fuzz::expect;

// The piece, or in which words it is refused.
struct Outcome {
  std::optional<MidiDict> piece;
  std::string refusal;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view text) {
  try {
    return {MidiDict::from_json(text), {}};
  } catch (const aria::Error& error) {
    expect(error.code() == aria::ErrorCode::invalid_json, "what is no MidiDict is called so");
    return {std::nullopt, error.message()};
  }
}

// The same text with a blank that write_json does not write.
std::string spaced(std::string_view text) {
  const std::size_t brace = text.find('{');
  if (brace == std::string_view::npos) return std::string(text);
  return std::string(text).insert(brace + 1, 1, ' ');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto [piece, refusal] = read(text);
  expect(read(spaced(text)) == Outcome{piece, refusal}, "a blank between the pieces of JSON does not matter");
  if (!piece) return 0;

  const std::string json = piece->to_json();
  expect(json.find('\n') == std::string::npos, "a piece is one line");
  const MidiDict again = MidiDict::from_json(json);
  expect(again == *piece, "JSON and back is the identity");
  expect(again.to_json() == json, "equal pieces have equal texts");
  expect(aria::content_hash(again) == aria::content_hash(*piece), "equal pieces have equal hashes");

  const MidiDict from_midi = MidiDict::from_midi(piece->to_midi());
  if (test::all_notes_sound(*piece)) {
    expect(from_midi == test::through_midi(*piece), "MIDI and back is the identity for what MIDI can hold");
  }
  return 0;
}
