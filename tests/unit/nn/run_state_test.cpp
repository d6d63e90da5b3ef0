#include <aria/nn/training/run_state.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/config/json_view.hpp>
#include <aria/config/model_config.hpp>
#include <aria/nn/json_object.hpp>
#include <aria/nn/training/settings.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

using aria::ErrorCode;
using aria::JsonView;
using aria::nn::DataIdentity;
using aria::nn::JsonObject;
using aria::nn::LossAverages;
using aria::nn::RunState;
using aria::nn::TrainSettings;
using test::Dice;

namespace {

bool mentions(const aria::Error& error, std::string_view part) {
  return error.message().find(part) != std::string::npos;
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

// In [0, 1), with all bits that a double has there.
double fraction(Dice& dice) { return std::ldexp(static_cast<double>(dice.below(1ULL << 53)), -53); }

// Any double but infinity and what is no number.
double any_double(Dice& dice) {
  for (;;) {
    const double number = std::bit_cast<double>(dice.below(~0ULL));
    if (std::isfinite(number)) return number;
  }
}

std::uint64_t any_size(Dice& dice) { return dice.below(~0ULL) >> dice.below(64); }

std::string any_text(Dice& dice) {
  static const std::vector<std::string> kParts = {"/",    "a", "\"", "\\", "\n", "\t", "\x01",
                                                  "\x7f", " ", "ü",  "€",  "😀",  "{"};
  std::string text;
  for (std::uint64_t left = dice.below(12); left > 0; --left) text += kParts[dice.below(kParts.size())];
  return text;
}

aria::AnyModelConfig any_model(Dice& dice) {
  if (dice.one_in(2)) {
    aria::Gpt2Config config;
    config.n_head = 1 + static_cast<std::int64_t>(dice.below(8));
    config.n_embd = config.n_head * (1 + static_cast<std::int64_t>(dice.below(80)));
    config.embd_pdrop = fraction(dice);
    config.scale_attn_by_inverse_layer_idx = dice.one_in(2);
    return config;
  }
  aria::ModelConfig config = aria::ModelConfig::find(std::string(aria::ModelConfig::names()[dice.below(6)]));
  config.drop_p = fraction(dice);
  config.attention_drop_p = dice.one_in(2) ? 0.1 : fraction(dice);
  return config;
}

TrainSettings random_settings(Dice& dice) {
  TrainSettings settings;
  settings.mode = dice.one_in(2) ? "pretrain" : "finetune";
  settings.model_name = any_text(dice);
  settings.model = any_model(dice);
  settings.epochs = 1 + dice.below(1 << 24);
  settings.batch_size = 1 + dice.below(1 << 24);
  settings.accumulate = 1 + dice.below(65536);
  settings.processes = 1 + dice.below(65536);
  settings.seed = any_size(dice);
  settings.precision = dice.one_in(2) ? aria::nn::Precision::bf16 : aria::nn::Precision::fp32;
  settings.shuffle = dice.one_in(2);
  settings.augment = dice.one_in(2);
  settings.deterministic = dice.one_in(2);
  settings.device = any_text(dice);
  settings.threads = 1 + dice.below(4096);
  settings.peak_rate = fraction(dice) * (dice.one_in(2) ? 1e6 : 1e-3);
  settings.end_ratio = fraction(dice);
  settings.recipe = static_cast<aria::nn::Recipe>(dice.below(3));
  settings.steps = dice.below(std::uint64_t{1} << 40);
  settings.validate_every = dice.below(std::uint64_t{1} << 40);
  settings.warmup = dice.below(std::uint64_t{1} << 40);
  settings.optimizer = {fraction(dice), fraction(dice), fraction(dice) * 1e-5, fraction(dice) * 1e6, dice.one_in(2)};
  settings.clip = fraction(dice) * (dice.one_in(2) ? 1e30 : 1);
  return settings;
}

RunState random_state(std::uint64_t seed) {
  Dice dice(seed);
  RunState state;
  state.settings = random_settings(dice);
  state.vocabulary = any_size(dice);
  state.tokenizer = any_text(dice);
  state.tokenizer_config = JsonObject().add("name", any_text(dice)).add("step", any_size(dice)).text();
  state.train = {any_text(dice), any_text(dice), any_size(dice)};
  state.validation = {any_text(dice), any_text(dice), any_size(dice)};
  state.next = {any_size(dice), any_size(dice), any_size(dice)};
  // Losses as they are, and whatever else a double can be.
  const bool usual = dice.one_in(2);
  for (std::uint64_t left = dice.below(300); left > 0; --left) {
    state.averages.add(usual ? 10 * fraction(dice) : any_double(dice) / 1024);
  }
  state.rows = {any_size(dice), any_size(dice), any_size(dice)};
  return state;
}

void check_equal(const TrainSettings& a, const TrainSettings& b) {
  CHECK(a.mode == b.mode);
  CHECK(a.model_name == b.model_name);
  CHECK(a.model == b.model);
  CHECK(a.epochs == b.epochs);
  CHECK(a.steps == b.steps);
  CHECK(a.validate_every == b.validate_every);
  CHECK(a.recipe == b.recipe);
  CHECK(a.batch_size == b.batch_size);
  CHECK(a.accumulate == b.accumulate);
  CHECK(a.processes == b.processes);
  CHECK(a.seed == b.seed);
  CHECK(a.precision == b.precision);
  CHECK(a.shuffle == b.shuffle);
  CHECK(a.augment == b.augment);
  CHECK(a.deterministic == b.deterministic);
  CHECK(a.device == b.device);
  CHECK(a.threads == b.threads);
  CHECK(same_bits(a.peak_rate, b.peak_rate));
  CHECK(same_bits(a.end_ratio, b.end_ratio));
  CHECK(a.warmup == b.warmup);
  CHECK(a.optimizer == b.optimizer);
  CHECK(same_bits(a.clip, b.clip));
}

void check_equal(const DataIdentity& a, const DataIdentity& b) {
  CHECK(a.path == b.path);
  CHECK(a.hash == b.hash);
  CHECK(a.sequences == b.sequences);
}

// Also that they go on alike: a loss that leaves the trailing ones must be the same.
void check_equal(LossAverages a, LossAverages b) {
  for (std::size_t n = 0; n <= LossAverages::kTrailing; ++n) {
    CHECK(same_bits(a.epoch_mean(), b.epoch_mean()));
    CHECK(same_bits(a.trailing_mean(), b.trailing_mean()));
    a.add(0.1);
    b.add(0.1);
  }
}

void check_equal(const RunState& a, const RunState& b) {
  check_equal(a.settings, b.settings);
  CHECK(a.vocabulary == b.vocabulary);
  CHECK(a.tokenizer == b.tokenizer);
  const aria::JsonDocument config_a(a.tokenizer_config), config_b(b.tokenizer_config);
  CHECK(config_a.root().to_json() == config_b.root().to_json());
  check_equal(a.train, b.train);
  check_equal(a.validation, b.validation);
  CHECK(a.next == b.next);
  check_equal(a.averages, b.averages);
  CHECK(a.rows == b.rows);
}

// The text of a JSON value with something else, or nothing, in place of the value to which there is this way.
std::string changed(const JsonView& view, std::string_view way, std::string_view replacement) {
  if (view.way() == way) return std::string(replacement);
  if (!view.element().is_object()) return view.to_json();
  std::string text;
  view.for_each_member([&](std::string_view key, const JsonView& value) {
    const std::string inner = changed(value, way, replacement);
    if (!inner.empty()) text += (text.empty() ? "" : ", ") + ('"' + std::string(key)) + "\": " + inner;
  });
  return '{' + text + '}';
}

// The ways to all values of an object and of those in it.
std::vector<std::string> ways_in(const JsonView& object) {
  std::vector<std::string> ways;
  object.for_each_member([&](std::string_view, const JsonView& value) {
    ways.push_back(value.way());
    if (!value.element().is_object()) return;
    for (std::string& way : ways_in(value)) ways.push_back(std::move(way));
  });
  return ways;
}

std::string last_key(const std::string& way) { return way.substr(way.rfind('.') + 1); }

// A small state of which the tests below change the text.
RunState small_state() {
  RunState state;
  state.settings.model_name = "test";
  state.settings.model = aria::ModelConfig::find("test");
  state.tokenizer = "lazy";
  state.train = {"/data/train.jsonl", std::string(32, 'a'), 100};
  state.validation = {"/data/val.jsonl", std::string(32, 'b'), 10};
  state.averages.add(9.5);
  return state;
}

aria::Error error_of(const std::string& text) {
  return test::error_of([&] { RunState::from_json(text); });
}

}  // namespace

TEST_CASE("RunState: any state comes back to the bit", "[nn]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    const RunState state = random_state(seed);
    const std::string text = state.to_json();
    const RunState again = RunState::from_json(text);
    check_equal(state, again);
    CHECK(again.to_json() == text);
  }
  check_equal(RunState::from_json(small_state().to_json()), small_state());
}

TEST_CASE("RunState: doubles that are easily lost", "[nn]") {
  using Limits = std::numeric_limits<double>;
  for (const double loss : {0.1, 1 / 3.0, -0.0, 0.0, 1.0, 100000.0, 9007199254740993.0, 0x1p63, 0x1p64, -0x1p63,
                            -0x1p64, 1.2345678901234567e20, -1e19, 1e300, 5e-324, Limits::min(), Limits::max() / 2}) {
    CAPTURE(loss);
    const JsonObject object = JsonObject().add("one", loss).add("list", std::vector<double>{loss, loss});
    const std::string text = object.text();
    const aria::JsonDocument document(text);
    CHECK(same_bits(document.root()["one"].number(), loss));
    for (const double item : document.root()["list"].numbers()) CHECK(same_bits(item, loss));
    RunState state = small_state();
    state.averages.begin_epoch();
    state.averages.add(loss);
    check_equal(RunState::from_json(state.to_json()).averages, state.averages);
  }
}

TEST_CASE("RunState: paths with all kinds of characters", "[nn]") {
  RunState state = small_state();
  for (const std::string path :
       {"", "/a \"b\"/c.jsonl", "C:\\x\\\"", "/new\nline\ttab\x01\x1f\x7f", "/Übung/€/😀", R"(/","hash":"0)"}) {
    state.train.path = state.settings.model_name = state.settings.device = state.tokenizer = path;
    check_equal(RunState::from_json(state.to_json()), state);
  }
  // The system does not ask for UTF-8, JSON does. Such a path must be given again, but the checkpoint can be read.
  state.train.path = "/m\xfcsik/\xe2\x82.jsonl\xff";
  CHECK(RunState::from_json(state.to_json()).train.path == "/m\ufffdsik/\ufffd\ufffd.jsonl\ufffd");
}

TEST_CASE("RunState: a key that is missing is named", "[nn]") {
  const std::string text = small_state().to_json();
  const aria::JsonDocument document(text);
  const std::vector<std::string> ways = ways_in(document.root());
  CHECK(ways.size() > 40);
  for (const std::string& way : ways) {
    const aria::Error error = error_of(changed(document.root(), way, ""));
    CAPTURE(way, error.what());
    CHECK(error.code() == ErrorCode::invalid_config);
    const bool of_model = way.starts_with("settings.model.");
    CHECK(mentions(error, of_model ? "settings.model: the key " + last_key(way) + " is missing"
                                   : "the key " + way + " is missing"));
  }
}

TEST_CASE("RunState: a value of another type is named", "[nn]") {
  const std::string text = small_state().to_json();
  const aria::JsonDocument document(text);
  REQUIRE(changed(document.root(), "nothing", "") != "");
  check_equal(RunState::from_json(changed(document.root(), "nothing", "")), small_state());
  for (const std::string& way : ways_in(document.root())) {
    // Null is nothing's type; each of the others is right for some.
    for (const std::string value : {"null", "5", "-1", "0.5", "\"x\"", "true", "[]", "[\"x\"]", "{}"}) {
      const std::string other = changed(document.root(), way, value);
      CAPTURE(way, value);
      try {
        RunState::from_json(other);
        CHECK(value != "null");
        CHECK((value != "{}" || way == "tokenizer_config"));
        CHECK(value != "[\"x\"]");
      } catch (const aria::Error& error) {
        CAPTURE(error.what());
        CHECK(error.code() == ErrorCode::invalid_config);
        // Some values are of the right type, and still none that can be; those that go by another name are named by it.
        if (value == "\"x\"" && way == "format") continue;
        CHECK(mentions(error, last_key(way)));
      }
    }
  }
  for (const std::string whole : {"null", "[]", "5", "\"x\""}) {
    CHECK(error_of(whole).code() == ErrorCode::invalid_config);
  }
  CHECK(error_of("{}").code() == ErrorCode::invalid_config);
}

TEST_CASE("RunState: numbers that are none for a count", "[nn]") {
  const std::string text = small_state().to_json();
  const aria::JsonDocument document(text);
  for (const std::string way : {"vocabulary", "next.epoch", "next.step", "next.total_steps", "loss_rows", "epoch_rows",
                                "validation_rows", "train.sequences", "averages.count", "settings.seed"}) {
    for (const std::string value : {"-1", "0.5", "1.0", "\"1\""}) {
      const aria::Error error = error_of(changed(document.root(), way, value));
      CHECK(error.code() == ErrorCode::invalid_config);
      CHECK(mentions(error, way + " must be a whole number of at least 0"));
    }
    CHECK_NOTHROW(RunState::from_json(changed(document.root(), way, "18446744073709551615")));
    CHECK(error_of(changed(document.root(), way, "18446744073709551616")).code() != ErrorCode::io);
  }
  const aria::Error error = error_of(changed(document.root(), "averages.trailing", "[1, \"x\"]"));
  CHECK(mentions(error, "averages.trailing[1] must be a number"));
}

TEST_CASE("RunState: of another version, and what is none", "[nn]") {
  const std::string text = small_state().to_json();
  const aria::JsonDocument document(text);
  const aria::Error newer = error_of(changed(document.root(), "version", "4"));
  CHECK(newer.code() == ErrorCode::invalid_config);
  CHECK(mentions(newer, "has version 4, and this program knows 3"));
  CHECK(mentions(error_of(changed(document.root(), "version", "0")), "has version 0"));
  const aria::Error other = error_of(changed(document.root(), "format", "\"something\""));
  CHECK(other.code() == ErrorCode::invalid_config);
  CHECK(mentions(other, "is no training state of aria"));
  // What a later version has instead of a key is not asked for before its version is known.
  CHECK(mentions(error_of(R"({"format": "aria training state", "version": 4})"), "has version 4"));
}

TEST_CASE("RunState: a text that is cut off anywhere", "[nn]") {
  const std::string text = random_state(3).to_json();
  REQUIRE(text.ends_with("}\n"));
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    CAPTURE(size);
    CHECK(error_of(text.substr(0, size)).code() == ErrorCode::invalid_json);
  }
  CHECK_NOTHROW(RunState::from_json(text.substr(0, text.size() - 1)));
}

TEST_CASE("RunState: a text with other bytes gives a state or an error", "[nn]") {
  const std::string text = random_state(4).to_json();
  Dice dice(1);
  std::size_t errors = 0;
  for (int n = 0; n < 3000; ++n) {
    std::string other = text;
    for (std::uint64_t left = 1 + dice.below(3); left > 0; --left) {
      other[dice.below(other.size())] =
          dice.one_in(2) ? static_cast<char>(dice.below(256)) : "{}[]\",:0-e"[dice.below(10)];
    }
    try {
      RunState::from_json(other);
    } catch (const aria::Error&) {
      ++errors;
    }
  }
  CHECK(errors > 1000);
}

TEST_CASE("RunState: errors of a file name it", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "state.json").string();
  CHECK(test::error_of([&] { RunState::from_file(path); }).code() == ErrorCode::not_found);
  test::write_text(path, small_state().to_json());
  check_equal(RunState::from_file(path), small_state());
  test::write_text(path, "{");
  const aria::Error error = test::error_of([&] { RunState::from_file(path); });
  CHECK(error.code() == ErrorCode::invalid_json);
  CHECK(error.place().path == path);
}

TEST_CASE("TrainSettings: what is out of range is named", "[nn]") {
  const auto check = [](auto change, std::string_view name) {
    TrainSettings settings = small_state().settings;
    settings.validate();
    change(settings);
    const aria::Error error = test::error_of([&] { settings.validate(); });
    CAPTURE(error.what());
    CHECK(error.code() == ErrorCode::invalid_config);
    CHECK(mentions(error, name));
    RunState state = small_state();
    state.settings = settings;
    if (std::isfinite(settings.peak_rate)) CHECK(mentions(error_of(state.to_json()), name));
  };
  constexpr std::uint64_t kMost = 1 << 24;
  check([](TrainSettings& s) { s.mode = "train"; }, "mode");
  check([](TrainSettings& s) { s.epochs = 0; }, "epochs");
  check([](TrainSettings& s) { s.epochs = kMost + 1; }, "epochs");
  check([](TrainSettings& s) { s.batch_size = 0; }, "batch_size");
  check([](TrainSettings& s) { s.batch_size = kMost + 1; }, "batch_size");
  check([](TrainSettings& s) { s.accumulate = 0; }, "accumulate");
  check([](TrainSettings& s) { s.accumulate = 65537; }, "accumulate");
  check([](TrainSettings& s) { s.processes = 0; }, "processes");
  check([](TrainSettings& s) { s.processes = 65537; }, "processes");
  check([](TrainSettings& s) { s.threads = 0; }, "threads");
  check([](TrainSettings& s) { s.threads = 4097; }, "threads");
  check([](TrainSettings& s) { s.peak_rate = -1e-9; }, "peak_rate");
  check([](TrainSettings& s) { s.peak_rate = 1e6 + 1; }, "peak_rate");
  check([](TrainSettings& s) { s.peak_rate = std::nan(""); }, "peak_rate");
  check([](TrainSettings& s) { s.end_ratio = -0.1; }, "end_ratio");
  check([](TrainSettings& s) { s.end_ratio = 1.1; }, "end_ratio");
  check([](TrainSettings& s) { s.optimizer.beta1 = 1; }, "beta1");
  check([](TrainSettings& s) { s.optimizer.beta1 = -0.1; }, "beta1");
  check([](TrainSettings& s) { s.optimizer.beta2 = 1; }, "beta2");
  check([](TrainSettings& s) { s.optimizer.beta2 = -0.1; }, "beta2");
  check([](TrainSettings& s) { s.optimizer.eps = -1; }, "eps");
  check([](TrainSettings& s) { s.optimizer.eps = 1.5; }, "eps");
  check([](TrainSettings& s) { s.optimizer.weight_decay = -1; }, "weight_decay");
  check([](TrainSettings& s) { s.optimizer.weight_decay = 1e6 + 1; }, "weight_decay");
  check([](TrainSettings& s) { s.clip = -1; }, "clip");
  check([](TrainSettings& s) { s.clip = 1e31; }, "clip");

  TrainSettings most = small_state().settings;
  most.epochs = most.batch_size = kMost;
  most.accumulate = most.processes = 65536;
  most.threads = 4096;
  most.peak_rate = most.optimizer.weight_decay = 1e6;
  most.end_ratio = most.optimizer.eps = 1;
  most.clip = 1e30;
  CHECK_NOTHROW(most.validate());
  CHECK(most.sequences_a_step() == std::uint64_t{1} << 56);
  TrainSettings least = small_state().settings;
  least.epochs = least.batch_size = least.accumulate = least.processes = least.threads = 1;
  least.peak_rate = least.end_ratio = least.clip = 0;
  least.optimizer = {0, 0, 0, 0};
  CHECK_NOTHROW(least.validate());
  least.batch_size = 2;
  least.accumulate = 3;
  least.processes = 5;
  CHECK(least.sequences_a_step() == 30);
}

TEST_CASE("TrainSettings: a precision that there is not", "[nn]") {
  const std::string text = small_state().to_json();
  const aria::JsonDocument document(text);
  CHECK(RunState::from_json(changed(document.root(), "settings.precision", R"("bf16")")).settings.precision ==
        aria::nn::Precision::bf16);
  const aria::Error error = error_of(changed(document.root(), "settings.precision", R"("fp16")"));
  CHECK(error.code() == ErrorCode::invalid_config);
  CHECK(mentions(error, "settings.precision must be fp32 or bf16"));
}

TEST_CASE("LossAverages: the mean of the epoch, and that of the last steps", "[nn]") {
  LossAverages averages;
  CHECK(averages.epoch_mean() == 0);
  CHECK(averages.trailing_mean() == 0);
  for (int loss = 1; loss <= 500; ++loss) {
    averages.add(loss);
    CHECK(averages.epoch_mean() == (1 + loss) / 2.0);
    const int first = loss > 200 ? loss - 199 : 1;
    CHECK(averages.trailing_mean() == (first + loss) / 2.0);
  }
  averages.begin_epoch();
  CHECK(averages.epoch_mean() == 0);
  CHECK(averages.trailing_mean() == 0);
  averages.add(3);
  CHECK(averages.epoch_mean() == 3);
  CHECK(averages.trailing_mean() == 3);
}

TEST_CASE("LossAverages: more trailing losses than there can be are refused", "[nn]") {
  const auto read = [](std::size_t count) {
    const std::string text =
        JsonObject().add("sum", 1.0).add("count", 1000).add("trailing", std::vector<double>(count, 0.5)).text();
    const aria::JsonDocument document(text);
    return LossAverages::from_json(document.root());
  };
  CHECK(read(LossAverages::kTrailing).trailing_mean() == 0.5);
  const aria::Error error = test::error_of([&] { read(LossAverages::kTrailing + 1); });
  CHECK(error.code() == ErrorCode::invalid_config);
  CHECK(mentions(error, "trailing"));
}

TEST_CASE("DataIdentity: a hash is 32 hexadecimal digits", "[nn]") {
  CHECK(DataIdentity::hash_text({}) == std::string(32, '0'));
  CHECK(DataIdentity::hash_text({.low = 1, .high = 0xabc}) == "0000000000000abc0000000000000001");
  CHECK(DataIdentity::hash_text({.low = ~0ULL, .high = 0x0123456789abcdef}) == "0123456789abcdefffffffffffffffff");
}

TEST_CASE("JsonObject: a member a line, in the order in which they came", "[nn]") {
  CHECK(JsonObject().text() == "{\n}");
  JsonObject inner;
  inner.add("b", true).add("a", "text");
  JsonObject object;
  object.add("epochs", 3).add("most", ~std::uint64_t{0}).add("least", std::numeric_limits<std::int64_t>::min());
  object.add("loss", 0.25).add("view", std::string_view("x\"y")).add("no", false).add("inner", inner);
  object.add("list", std::vector<double>{0.1, 2.5}).add("none", std::vector<double>{}).add_raw("raw", "[null]");
  object.add("key \"\n", 1);
  CHECK(object.text() == R"({
  "epochs": 3,
  "most": 18446744073709551615,
  "least": -9223372036854775808,
  "loss": 0.25,
  "view": "x\"y",
  "no": false,
  "inner": {
    "b": true,
    "a": "text"
  },
  "list": [0.1, 2.5],
  "none": [],
  "raw": [null],
  "key \"\n": 1
})");
}
