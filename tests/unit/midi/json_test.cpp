// MidiDict and its line of JSON: what is written, what is understood, and what is refused in which words.
#include <aria/midi.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

using namespace std::string_literals;

namespace {

using aria::MidiDict;
using aria::Ticks;

// The values of the seven keys, which a test replaces by others. `fields` puts them together in the order of writing.
struct Line {
  std::string meta = "[]";
  std::string tempos = R"([{"type": "tempo", "data": 500000, "tick": 0}])";
  std::string pedals = "[]";
  std::string instruments = R"([{"type": "instrument", "data": 0, "tick": 0, "channel": 0}])";
  std::string notes = "[]";
  std::string division = "480";
  std::string metadata = "{}";

  std::vector<std::string> fields() const {
    return {R"("meta_msgs": )" + meta,    R"("tempo_msgs": )" + tempos,
            R"("pedal_msgs": )" + pedals, R"("instrument_msgs": )" + instruments,
            R"("note_msgs": )" + notes,   R"("ticks_per_beat": )" + division,
            R"("metadata": )" + metadata};
  }
  static std::string join(const std::vector<std::string>& fields) {
    std::string text;
    for (const std::string& field : fields) text += (text.empty() ? "{" : ", ") + field;
    return text + '}';
  }
  std::string text() const { return join(fields()); }
};

std::string note(std::string_view data, std::string_view tick = "0", std::string_view channel = "0") {
  return R"([{"type": "note", "data": )" + std::string(data) + R"(, "tick": )" + std::string(tick) +
         R"(, "channel": )" + std::string(channel) + "}]";
}
std::string note_data(std::string_view pitch, std::string_view start, std::string_view end, std::string_view velocity) {
  return R"({"pitch": )" + std::string(pitch) + R"(, "start": )" + std::string(start) + R"(, "end": )" +
         std::string(end) + R"(, "velocity": )" + std::string(velocity) + "}";
}

std::string refusal_of(const std::string& json) {
  const aria::Error error = test::error_of([&] { (void)MidiDict::from_json(json); });
  CHECK(error.code() == aria::ErrorCode::invalid_json);
  return error.message();
}
std::string refusal_of(const Line& line) { return refusal_of(line.text()); }

bool is_refused(const std::string& json) {
  try {
    (void)MidiDict::from_json(json);
    return false;
  } catch (const aria::Error& error) {
    return error.code() == aria::ErrorCode::invalid_json;
  }
}

// A piece with something in every list.
Line full_line() {
  Line line;
  line.meta = R"([{"type": "text", "data": "a"}, {"type": "copyright", "data": "b"}])";
  line.pedals = R"([{"type": "pedal", "data": 1, "tick": 3, "channel": 4}])";
  line.notes = note(note_data("60", "5", "9", "64"), "5", "6");
  line.metadata = R"({"composer": "bach"})";
  return line;
}

// `text` and what a reader finds behind it: `behind`, cut or filled up to the size of the padding, in memory that ends
// there.
class PaddedText {
 public:
  PaddedText(std::string_view text, std::string_view behind) : size_(text.size()), bytes_(text.begin(), text.end()) {
    bytes_.resize(size_ + aria::MidiDictJsonReader::kPadding, ' ');
    behind = behind.substr(0, aria::MidiDictJsonReader::kPadding);
    std::copy(behind.begin(), behind.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
  }
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::size_t size_;
  std::vector<char> bytes_;
};

// The piece, or in which words it is refused.
struct Outcome {
  std::optional<MidiDict> piece;
  std::string refusal;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome_of(std::string_view text, std::string_view behind = {}) {
  static aria::MidiDictJsonReader reader;
  Outcome outcome;
  try {
    reader.read(PaddedText(text, behind).text(), outcome.piece.emplace());
  } catch (const aria::Error& error) {
    outcome = {std::nullopt, error.message()};
  }
  return outcome;
}

// The same text with a blank, which write_json does not write: simdjson reads it.
std::string spaced(std::string text) {
  if (const std::size_t brace = text.find('{'); brace != std::string::npos) text.insert(brace + 1, 1, ' ');
  return text;
}

// Whether the line is read without simdjson.
bool is_as_written(std::string_view text, std::string_view behind = {}) {
  MidiDict piece;
  return aria::detail::WrittenJsonReader(PaddedText(text, behind).text(), piece).read();
}

}  // namespace

TEST_CASE("A piece is written as the original writes it", "[midi]") {
  MidiDict piece;
  piece.meta.add(aria::MetaMsg::Type::text, "a");
  piece.meta.add(aria::MetaMsg::Type::copyright, "b");
  piece.tempos = {{Ticks{0}, 500'000}};
  piece.pedals = {{Ticks{3}, 4, true}};
  piece.instruments = {{Ticks{0}, 0, 0}};
  piece.notes = {{Ticks{5}, Ticks{9}, 60, 64, 6}};
  piece.metadata = {{"composer", "bach"}};
  CHECK(piece.to_json() == full_line().text());
  CHECK(MidiDict::from_json(full_line().text()) == piece);
  piece.ticks_per_beat = -6360;
  CHECK(piece.to_json().find(R"("ticks_per_beat": -6360,)") != std::string::npos);
}

TEST_CASE("Texts are escaped as Python does with ensure_ascii=False", "[midi]") {
  // Text and what stands between the quotation marks.
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"", ""},
      {"plain / text", "plain / text"},
      {"\"\\", R"(\"\\)"},
      {"\n\t\r\b\f", R"(\n\t\r\b\f)"},
      {"\0\x01\x0b\x1f"s, R"(\u0000\u0001\u000b\u001f)"},
      {"\x7f", "\x7f"},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9d\x84\x9e", "\xc3\xa4\xe2\x82\xac\xf0\x9d\x84\x9e"},
      {R"(\u0041)", R"(\\u0041)"},
  };
  for (const auto& [text, escaped] : texts) {
    MidiDict piece = MidiDict::from_json(Line().text());
    piece.meta.add(aria::MetaMsg::Type::text, text);
    piece.metadata = {{text, text}};
    Line line;
    line.meta = R"([{"type": "text", "data": ")" + escaped + R"("}])";
    line.metadata = R"({")" + escaped + R"(": ")" + escaped + R"("})";
    CHECK(piece.to_json() == line.text());
    CHECK(MidiDict::from_json(line.text()) == piece);
  }
}

TEST_CASE("All escapes of JSON are understood", "[midi]") {
  Line line;
  line.meta = R"([{"type": "\u0074ext", "data": "\u00e4\u20AC\ud834\udd1e\/\b\"\u0000"}])";
  CHECK(MidiDict::from_json(line.text()).meta[0].text == "\xc3\xa4\xe2\x82\xac\xf0\x9d\x84\x9e/\b\"\0"s);
}

TEST_CASE("Bytes of texts in MIDI files are Latin-1", "[midi]") {
  MidiDict piece = MidiDict::from_json(Line().text());
  std::string all, expected;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  piece.meta.add_latin1(aria::MetaMsg::Type::text, all);
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (byte >= 0x80) expected += static_cast<char>(byte < 0xc0 ? 0xc2 : 0xc3);
    expected += static_cast<char>(byte < 0x80 ? byte : 0x80 | (byte & 0x3f));
  }
  CHECK(piece.meta[0].text == expected);
  CHECK(MidiDict::from_json(piece.to_json()) == piece);
}

TEST_CASE("Keys may come in any order and with any white space", "[midi]") {
  const MidiDict piece = MidiDict::from_json(full_line().text());
  std::vector<std::string> fields = full_line().fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::rotate(fields.begin(), fields.begin() + 1, fields.end());
    CHECK(MidiDict::from_json(Line::join(fields)) == piece);
  }
  Line line = full_line();
  line.meta = R"([{"data":"a","type":"text"},{"data":"b","type":"copyright"}])";
  line.tempos = R"([{"tick":0,"type":"tempo","data":500000}])";
  line.pedals = R"([{"channel" : 4 , "tick" : 3 , "data" : 1 , "type" : "pedal"}])";
  line.instruments = R"([ { "channel":0, "data":0, "tick":0, "type":"instrument" } ])";
  line.notes = R"([{"channel":6,"data":{"end":9,"pitch":60,"start":5,"velocity":64},"tick":5,"type":"note"}])";
  line.division = " 480 ";
  CHECK(MidiDict::from_json("\t " + line.text() + " \r") == piece);
}

TEST_CASE("Unknown fields of messages are skipped over", "[midi]") {
  Line line = full_line();
  line.tempos =
      R"([{"type": "tempo", "more": {"tick": [1, {"data": 2}], "x": "}"}, "data": 500000, "tick": 0, "z": 1}])";
  line.notes = note(R"({"pitch": 60, "x": [[]], "start": 5, "end": 9, "velocity": 64, "tick": null})", "5", "6");
  CHECK(MidiDict::from_json(line.text()) == MidiDict::from_json(full_line().text()));
}

TEST_CASE("Lists are put into the order of ticks, equal ones as they come", "[midi]") {
  Line line;
  line.tempos = R"([{"type": "tempo", "data": 1, "tick": 9}, {"type": "tempo", "data": 2, "tick": 0},
                    {"type": "tempo", "data": 3, "tick": 0}])";
  line.notes = "[";
  for (const auto& [start, pitch] : {std::pair(7, 60), std::pair(2, 61), std::pair(7, 59), std::pair(2, 50)}) {
    const std::string at = std::to_string(start);
    const std::string one = note(note_data(std::to_string(pitch), at, "9", "64"), at);
    line.notes += (line.notes.size() > 1 ? "," : "") + one.substr(1, one.size() - 2);
  }
  line.notes += "]";
  const MidiDict piece = MidiDict::from_json(line.text());
  CHECK(piece.tempos == std::vector<aria::TempoMsg>{{Ticks{0}, 2}, {Ticks{0}, 3}, {Ticks{9}, 1}});
  REQUIRE(piece.notes.size() == 4);
  CHECK(piece.notes[0].pitch() == 61);
  CHECK(piece.notes[1].pitch() == 50);
  CHECK(piece.notes[2].pitch() == 60);
  CHECK(piece.notes[3].pitch() == 59);
}

TEST_CASE("Empty lists of tempo changes and instruments get the original's defaults", "[midi]") {
  Line line;
  line.tempos = line.instruments = "[]";
  CHECK(MidiDict::from_json(line.text()) == MidiDict::from_json(Line().text()));
}

TEST_CASE("A key that is missing, unknown or doubled is named", "[midi]") {
  const std::vector<std::string> fields = full_line().fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string name = fields[i].substr(1, fields[i].find('"', 1) - 1);
    std::vector<std::string> some = fields;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(refusal_of(Line::join(some)) == name + " is missing");
    some = fields;
    some.push_back(fields[i]);
    CHECK(refusal_of(Line::join(some)) == name + ": stands twice");
    some = fields;
    some.insert(some.begin() + static_cast<std::ptrdiff_t>(i), R"("tempo_msg": [])");
    CHECK(refusal_of(Line::join(some)) == "has the unknown key tempo_msg");
  }
}

TEST_CASE("A field that is missing, doubled or of the wrong kind is named with its message", "[midi]") {
  struct Case {
    std::string Line::*list;
    std::string message;  // the second one of its list
    std::string refusal;
  };
  const auto tempo = [](std::string fields, std::string refusal) {
    return Case{&Line::tempos, R"({"type": "tempo", )" + fields + "}", "tempo_msgs[1]: " + refusal};
  };
  const std::string whole = " must be a whole number of at least 0";
  const std::vector<Case> cases = {
      tempo(R"("tick": 0)", "data is missing"),
      tempo(R"("data": 1)", "tick is missing"),
      tempo(R"("data": 1, "tick": 0, "tick": 0)", "tick stands twice"),
      tempo(R"("data": "1", "tick": 0)", "data" + whole),
      tempo(R"("data": 1.0, "tick": 0)", "data" + whole),
      tempo(R"("data": -1, "tick": 0)", "data" + whole),
      tempo(R"("data": 1e3, "tick": 0)", "data" + whole),
      tempo(R"("data": null, "tick": 0)", "data" + whole),
      tempo(R"("data": true, "tick": 0)", "data" + whole),
      tempo(R"("data": [1], "tick": 0)", "data" + whole),
      tempo(R"("data": {}, "tick": 0)", "data" + whole),
      tempo(R"("data": 16777216, "tick": 0)", "data must be below 16777216"),
      tempo(R"("data": 1, "tick": 281474976710656)", "tick must be below 281474976710656"),
      tempo(R"("data": 1, "tick": 18446744073709551616)", "tick" + whole),
      {&Line::tempos, R"({"type": "pedal", "data": 1, "tick": 0})", "tempo_msgs[1]: type must be tempo"},
      {&Line::tempos, R"({"data": 1, "tick": 0})", "tempo_msgs[1]: type is missing"},
      {&Line::tempos, R"({"type": 1, "data": 1, "tick": 0})", "tempo_msgs[1]: type must be a text"},
      {&Line::tempos, "7", "tempo_msgs[1]: must be an object"},
      {&Line::instruments, R"({"type": "instrument", "data": 128, "tick": 0, "channel": 0})",
       "instrument_msgs[1]: data must be below 128"},
      {&Line::instruments, R"({"type": "instrument", "data": 1, "tick": 0, "channel": 16})",
       "instrument_msgs[1]: channel must be below 16"},
      {&Line::instruments, R"({"type": "instrument", "data": 1, "tick": 0})", "instrument_msgs[1]: channel is missing"},
      {&Line::meta, R"({"type": "lyric", "data": "a"})", "meta_msgs[1]: type must be text or copyright"},
      {&Line::meta, R"({"type": "text", "data": 1})", "meta_msgs[1]: data must be a text"},
      {&Line::meta, R"({"type": "text"})", "meta_msgs[1]: data is missing"},
      {&Line::pedals, R"({"type": "pedal", "data": 2, "tick": 0, "channel": 0})",
       "pedal_msgs[1]: data must be below 2"},
      {&Line::pedals, R"({"type": "pedal", "data": true, "tick": 0, "channel": 0})", "pedal_msgs[1]: data" + whole},
  };
  for (const Case& one : cases) {
    CAPTURE(one.message);
    Line line = full_line();
    std::string& list = line.*one.list;
    if (one.list == &Line::meta) list = R"([{"type": "text", "data": "a"}])";
    list.insert(list.size() - 1, ", " + one.message);
    CHECK(refusal_of(line) == one.refusal);
  }
}

TEST_CASE("A note that cannot be is refused", "[midi]") {
  const auto refusal = [](const std::string& notes) {
    Line line;
    line.notes = notes;
    return refusal_of(line);
  };
  CHECK(refusal(note(note_data("60", "9", "8", "64"), "9")) == "note_msgs[0]: ends before it starts");
  CHECK(refusal(note(note_data("60", "5", "8", "64"), "4")) == "note_msgs[0]: tick is not the start of the note");
  CHECK(refusal(note(note_data("128", "5", "8", "64"), "5")) == "note_msgs[0]: pitch must be below 128");
  CHECK(refusal(note(note_data("60", "5", "8", "128"), "5")) == "note_msgs[0]: velocity must be below 128");
  CHECK(refusal(note(note_data("60", "5", "8", "64"), "5", "16")) == "note_msgs[0]: channel must be below 16");
  CHECK(refusal(note(R"({"pitch": 60, "start": 5, "end": 8})", "5")) == "note_msgs[0]: velocity is missing");
  CHECK(refusal(note("7", "5")) == "note_msgs[0]: data must be an object");
  CHECK(refusal(note("[]", "5")) == "note_msgs[0]: data must be an object");
  Line line;
  line.notes = note(note_data("60", "9", "9", "0"), "9");  // short and silent, but possible
  CHECK(MidiDict::from_json(line.text()).notes.size() == 1);
}

TEST_CASE("A value of the wrong type is named with its key", "[midi]") {
  const auto refusal = [](std::string Line::*field, const char* value) {
    Line line;
    line.*field = value;
    return refusal_of(line);
  };
  for (const char* value : {"{}", "7", "null", "\"\""}) {
    CHECK(refusal(&Line::meta, value) == "meta_msgs: must be a list");
    CHECK(refusal(&Line::notes, value) == "note_msgs: must be a list");
  }
  for (const char* value : {"\"480\"", "480.0", "32768", "-32769", "null", "[]", "99999999999999999999"}) {
    CHECK(refusal(&Line::division, value) == "ticks_per_beat: must be a whole number of 16 bits");
  }
  CHECK(refusal(&Line::metadata, "[]") == "metadata: must be an object of texts");
  CHECK(refusal(&Line::metadata, R"({"composer": 1})") == "metadata: composer must be a text");
  for (const char* text : {"[]", "7", "\"\"", "null"}) CHECK(is_refused(text));
}

TEST_CASE("A line that is cut off anywhere is refused", "[midi]") {
  const std::string text = full_line().text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK(is_refused(text.substr(0, size)));
  }
}

TEST_CASE("A line with something behind its end is refused", "[midi]") {
  const std::string text = full_line().text();
  for (const std::string& more : {"}"s, "{}"s, text, "]"s, "x"s, "0"s, "\"\""s, " ,"s, "\0"s, "\xff"s}) {
    CAPTURE(more);
    CHECK(is_refused(text + more));
  }
}

TEST_CASE("What is no JSON is refused", "[midi]") {
  for (const std::string& text :
       {R"([{"type": "text", "data": "a)"s, R"([{"type": "text", "data": "\x"}])"s,
        R"([{"type": "text", "data": "\ud800"}])"s, R"([{"type": "text", "data": "\u12g4"}])"s,
        "[{\"type\": \"text\", \"data\": \"\n\"}]"s, "[{\"type\": \"text\", \"data\": \"\xff\"}]"s,
        "[{\"type\": \"text\", \"data\": \"\xed\xa0\x80\"}]"s, R"([{"type" "text", "data": "a"}])"s,
        R"([{"type": "text" "data": "a"}])"s, R"([{type: "text", "data": "a"}])"s,
        R"([{"type": "text", "data": "a"},])"s, R"([{"type": "text", "data": "a"}}])"s,
        R"([{"type": "text", "data": "a"])"s, "[,]"s, "[[]"s, "]"s, ""s}) {
    CAPTURE(text);
    Line line;
    line.meta = text;
    CHECK(is_refused(line.text()));
  }
  Line line;
  line.tempos = R"([{"type": "tempo", "data": 01, "tick": 0}])";
  CHECK(is_refused(line.text()));
  line.tempos = R"([{"type": "tempo", "data": 1x, "tick": 0}])";
  CHECK(is_refused(line.text()));
  // A comma is missing behind a nested object: simdjson 3.0's search for a key took this for impossible.
  line = Line();
  line.notes =
      R"([{"type": "note", "data": {"pitch": 1, "start": 2, "end": 4, "velocity": 9{"type": "x"}}, {"type": "note"}])";
  CHECK(is_refused(line.text()));
}

TEST_CASE("Deep nesting neither crashes nor passes for a message", "[midi]") {
  for (const std::size_t depth : {100U, 1'000U, 1'100U, 1'000'000U}) {
    CAPTURE(depth);
    const std::string lists = std::string(depth, '[') + std::string(depth, ']');
    std::string objects;
    for (std::size_t i = 0; i < depth; ++i) objects += R"({"":)";
    objects += "0" + std::string(depth, '}');
    for (const std::string& nested : {lists, objects, std::string(depth, '['), std::string(depth, ']')}) {
      Line line;
      line.notes = nested;
      CHECK(is_refused(line.text()));
      line = Line();
      line.notes = note(nested);
      CHECK(is_refused(line.text()));
      line = Line();
      line.metadata = R"({"composer": )" + nested + "}";
      CHECK(is_refused(line.text()));
    }
  }
}

TEST_CASE("A byte that is changed, lost or doubled makes another piece or a refusal, never anything else", "[midi]") {
  const std::string text = full_line().text();
  test::Dice dice(1);
  const auto try_out = [](const std::string& json) {
    if (is_refused(json)) return;
    const MidiDict piece = MidiDict::from_json(json);
    CHECK(MidiDict::from_json(piece.to_json()) == piece);
  };
  constexpr std::string_view kBytes = "\"\\{}[]:,0-1e.x \x01\x80";
  for (std::size_t i = 0; i < text.size(); ++i) {
    CAPTURE(i);
    try_out(std::string(text).erase(i, 1));
    try_out(std::string(text).erase(i, 1 + dice.below(40)));
    try_out(std::string(text).insert(i, text, i, 1 + dice.below(40)));
    for (const char byte : kBytes) try_out(std::string(text).replace(i, 1, 1, byte));
  }
}

TEST_CASE("A reader of lines forgets the line before", "[midi]") {
  aria::MidiDictJsonReader reader;
  MidiDict piece;
  const auto read = [&](std::string text) {
    const std::size_t size = text.size();
    text.resize(size + aria::MidiDictJsonReader::kPadding);
    reader.read(std::string_view(text).substr(0, size), piece);
  };
  read(full_line().text());
  CHECK_THROWS_AS(read("{"), aria::Error);
  read(Line().text());
  CHECK(piece == MidiDict::from_json(Line().text()));
  read(full_line().text());
  CHECK(piece == MidiDict::from_json(full_line().text()));
}

TEST_CASE("What is written is understood without simdjson, and means the same to it", "[midi]") {
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 60)));
  const bool far = seed % 3 == 0;
  const std::string text =
      test::random_piece(seed, {.ticks = far ? aria::kTickLimit - 5000 : 20'000, .texts = true}).to_json();
  CHECK(is_as_written(text));
  CHECK_FALSE(is_as_written(spaced(text)));
  CHECK(MidiDict::from_json(text) == MidiDict::from_json(spaced(text)));
  CHECK(MidiDict::from_json(text).to_json() == text);
}

TEST_CASE("Lines that are nearly as written mean what they mean to simdjson", "[midi]") {
  struct Case {
    std::string Line::*field;
    std::string value;
    bool as_written;
  };
  const auto tempo = [](const std::string& data, const std::string& tick, bool as_written) {
    return Case{&Line::tempos, R"([{"type": "tempo", "data": )" + data + R"(, "tick": )" + tick + "}]", as_written};
  };
  const auto pedal = [](const std::string& data, const std::string& channel, bool as_written) {
    return Case{&Line::pedals, R"([{"type": "pedal", "data": )" + data + R"(, "tick": 7, "channel": )" + channel + "}]",
                as_written};
  };
  const auto text = [](const std::string& content, bool as_written) {
    return Case{&Line::meta, R"([{"type": "copyright", "data": ")" + content + R"("}])", as_written};
  };
  const std::string last = "281474976710655", behind_last = "281474976710656";
  const std::vector<Case> cases = {
      tempo("16777215", last, true),
      tempo("16777216", "0", false),
      tempo("0", behind_last, false),
      tempo("0", "0000000000000001", false),
      tempo("0", "1234567890123456", false),
      tempo("0", "18446744073709551616", false),
      tempo("00", "0", false),
      tempo("07", "0", false),
      tempo("-0", "0", false),
      tempo("-1", "0", false),
      tempo("+1", "0", false),
      tempo("1.0", "0", false),
      tempo("1e1", "0", false),
      tempo("", "0", false),
      tempo("0", "0 ", false),
      pedal("0", "15", true),
      pedal("1", "9", true),
      pedal("2", "9", false),
      pedal("1", "16", false),
      {&Line::notes, note(note_data("127", last, last, "127"), last, "15"), true},
      {&Line::notes, note(note_data("60", "5", behind_last, "64"), "5"), false},
      {&Line::notes, note(note_data("60", behind_last, behind_last, "64"), behind_last), false},
      {&Line::notes, note(note_data("128", "5", "9", "64"), "5"), false},
      {&Line::notes, note(note_data("60", "5", "9", "128"), "5"), false},
      {&Line::notes, note(note_data("60", "5", "4", "64"), "5"), false},
      {&Line::notes, note(note_data("60", "5", "9", "64"), "6"), false},
      {&Line::notes, note(note_data("60", "5", "9", "64"), "05"), false},
      {&Line::notes, note(note_data("60", "5", "9", "64"), "5", "16"), false},
      {&Line::division, "32767", true},
      {&Line::division, "32768", false},
      {&Line::division, "-6360", true},
      {&Line::division, "-32768", true},
      {&Line::division, "-32769", false},
      {&Line::division, "-0", false},
      {&Line::division, "- 1", false},
      {&Line::division, "--1", false},
      text("\u0000\u001f\u0041\u007F", true),
      text("\"\\\\\\/\\b\\f\\n\\r\\t", false),
      text("\\\"\\\\\\/\\b\\f\\n\\r\\t", true),
      text("\\u0080", false),
      text("\\u00e9\\u20ac\\ud834\\udd1e", false),
      text("\\u00g0", false),
      text("\\u000", false),
      text("\\ud800", false),
      text("\\x", false),
      text("\\\xc3\xa9", false),
      text("\\", false),
      text("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true),
      text("\x80", false),
      text("\xc1\xbf", false),
      text("\xe0\x9f\xbf", false),
      text("\xed\xa0\x80", false),
      text("\xf0\x8f\xbf\xbf", false),
      text("\xf4\x90\x80\x80", false),
      text("\xe2\x82", false),
      text("\x1f", false),
      text("\t", false),
      {&Line::metadata, R"({"a": "1", "b": "", "a": "2"})", true},
      {&Line::metadata, R"({"a": "1",  "b": ""})", false},
      {&Line::metadata, R"({"a": "1", })", false},
      {&Line::metadata, R"({"a": 1})", false},
      {&Line::instruments, "[]", true},
      {&Line::tempos, "[]", true},
      {&Line::tempos, "[ ]", false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.value);
    Line line;
    line.*one.field = one.value;
    CHECK(is_as_written(line.text()) == one.as_written);
    CHECK(outcome_of(line.text()) == outcome_of(spaced(line.text())));
  }
}

TEST_CASE("Any change of a line means what it means to simdjson", "[midi]") {
  Line line = full_line();
  line.meta = R"([{"type": "text", "data": "\u0001\n)"
              "\u20ac"
              R"("}, {"type": "copyright", "data": "b"}])";
  const std::string text = line.text();
  REQUIRE(is_as_written(text));
  test::Dice dice(2);
  std::size_t as_written = 0;
  const auto try_out = [&](const std::string& changed) {
    if (is_as_written(changed)) ++as_written;
    CHECK(outcome_of(changed) == outcome_of(spaced(changed)));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    CAPTURE(i);
    for (int bit = 0; bit < 8; ++bit)
      try_out(std::string(text).replace(i, 1, 1, static_cast<char>(text[i] ^ 1 << bit)));
    for (const char byte : "\"\\{}[]:,019-e. u\xff"s) try_out(std::string(text).replace(i, 1, 1, byte));
    try_out(std::string(text).erase(i, 1));
    try_out(std::string(text).erase(i, 1 + dice.below(60)));
    try_out(std::string(text).insert(i, 1, text[i]));
    try_out(std::string(text).insert(i, text, i, 1 + dice.below(60)));
  }
  CHECK(as_written > text.size() / 4);  // other digits and letters
}

TEST_CASE("What stands behind a line does not count", "[midi]") {
  const std::string text = full_line().text();
  for (const std::string& behind : {text, std::string(100, '}'), std::string(100, '7'), std::string(100, '"')}) {
    CHECK(is_as_written(text, behind));
    CHECK(outcome_of(text, behind) == outcome_of(text));
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    const std::string start = text.substr(0, size);
    for (const std::string& behind : {text.substr(size), std::string(100, '7'), std::string(100, '"')}) {
      CHECK_FALSE(is_as_written(start, behind));
      CHECK(outcome_of(start, behind) == outcome_of(spaced(start), behind));
    }
  }
}

TEST_CASE("A reader of lines uses memory again, but not that of a large line for a small one", "[midi]") {
  const auto text_of = [](std::size_t notes) {
    MidiDict piece = MidiDict::from_json(Line().text());
    piece.notes.assign(notes, {Ticks{0}, Ticks{1}, 60, 64, 0});
    return PaddedText(piece.to_json(), "");
  };
  const PaddedText small = text_of(10), usual = text_of(1000), large = text_of(100'000);
  aria::MidiDictJsonReader reader;
  MidiDict piece;
  reader.read(usual.text(), piece);
  const aria::NoteMsg* memory = piece.notes.data();
  for (const PaddedText* line : {&small, &usual}) {
    reader.read(line->text(), piece);
    CHECK(piece == MidiDict::from_json(line->text()));
    CHECK(piece.notes.data() == memory);
  }
  reader.read(large.text(), piece);
  CHECK(piece.notes.size() == 100'000);
  reader.read(small.text(), piece);
  CHECK(piece.notes.capacity() < 1000);
}
