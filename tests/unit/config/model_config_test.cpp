#include <aria/config/model_config.hpp>

#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using aria::ErrorCode;
using aria::ModelConfig;

constexpr std::string_view kJson =
    R"({"d_model": 64, "n_heads": 4, "n_layers": 3, "ff_mult": 4, "drop_p": 0.25, "max_seq_len": 128, )"
    R"("grad_checkpoint": true})";

// kJson with the one place that says `from` saying `to`.
std::string with(std::string_view from, std::string_view to) {
  std::string text(kJson);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(from, at + 1) == std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string fault_of(const std::string& json) {
  const aria::Error error = test::error_of([&] { ModelConfig::from_json(json); });
  CHECK(error.code() == ErrorCode::invalid_config);
  return error.message();
}

}  // namespace

TEST_CASE("ModelConfig reads the keys of the original", "[config]") {
  const ModelConfig wanted{64, 4, 3, 4, 0.25, 128, true};
  CHECK(ModelConfig::from_json(kJson) == wanted);
  CHECK(wanted.attention_drop_p == 0.1);
  CHECK(ModelConfig::from_json(with("0.25", "0")).drop_p == 0);
  CHECK(ModelConfig::from_json(with("true}", R"(true, "attention_drop_p": 0.5})")).attention_drop_p == 0.5);
  CHECK(ModelConfig::from_json(with("true}", R"(true, "vocab_size": 503, "pad_id": 2})")) == wanted);
  CHECK(ModelConfig::from_json(with("true}", R"(true, "training": {"recipe": "aria"}})")) == wanted);
  CHECK_FALSE(ModelConfig::from_json(with("128", "129")) == wanted);
}

TEST_CASE("the named model configurations are files beside config.json", "[config]") {
  const std::filesystem::path folder = ARIA_SOURCE_FOLDER "/examples/config/models";
  for (const std::string_view name : ModelConfig::names()) {
    CAPTURE(name);
    const std::string path = (folder / (std::string(name) + ".json")).string();
    const ModelConfig config = ModelConfig::find(std::string(name));
    CHECK_NOTHROW(config.validate());
    CHECK(config == ModelConfig::from_file(path));
    CHECK(config == ModelConfig::find(path));
    CHECK(config.to_json() == test::read_text(path));
  }
  CHECK(ModelConfig::find("large") == ModelConfig{768, 12, 64, 4, 0.1, 2048, true});
  CHECK(ModelConfig::find("xlarge").max_seq_len == 4096);
}

TEST_CASE("ModelConfig comes back from its JSON as it was", "[config]") {
  ModelConfig config{6, 3, 1, 1, 1.0 / 3, 1, false};
  CHECK(ModelConfig::from_json(config.to_json()) == config);
  CHECK(config.to_json().find("attention_drop_p") == std::string::npos);
  config.attention_drop_p = 0;
  CHECK(ModelConfig::from_json(config.to_json()) == config);
  config = {65536, 1024, 1024, 64, 0, 16777216, true, 0.999};
  CHECK(ModelConfig::from_json(config.to_json()) == config);
}

TEST_CASE("ModelConfig names the key and the value that are wrong", "[config]") {
  struct Wrong {
    std::string_view from, to, message;
  };
  for (const auto& [from, to, message] : std::vector<Wrong>{
           {"64", "0", "d_model must be a whole number from 1 to 65536, and is 0"},
           {"64", "65537", "d_model must be a whole number from 1 to 65536, and is 65537"},
           {"64", "-64", "d_model must be a whole number from 1 to 65536, and is -64"},
           {"64", "64.0", "d_model must be a whole number from 1 to 65536, and is 64.0"},
           {"64", "18446744073709551615",
            "d_model must be a whole number from 1 to 65536, and is 18446744073709551615"},
           {"64", "66", "d_model must be an even multiple of n_heads, which is 4, and is 66"},
           {"64", "12", "d_model must be an even multiple of n_heads, which is 4, and is 12"},
           {R"("n_heads": 4)", R"("n_heads": 0)", "n_heads must be a whole number from 1 to 1024, and is 0"},
           {R"("n_heads": 4)", R"("n_heads": 1025)", "n_heads must be a whole number from 1 to 1024, and is 1025"},
           {R"("n_layers": 3)", R"("n_layers": "3")", "n_layers must be a whole number from 1 to 1024, and is \"3\""},
           {R"("ff_mult": 4)", R"("ff_mult": null)", "ff_mult must be a whole number from 1 to 64, and is null"},
           {"128", "16777217", "max_seq_len must be a whole number from 1 to 16777216, and is 16777217"},
           {"0.25", "1", "drop_p must be a number of at least 0 and below 1, and is 1"},
           {"0.25", "-0.1", "drop_p must be a number of at least 0 and below 1, and is -0.1"},
           {"0.25", "[0.1]", "drop_p must be a number of at least 0 and below 1, and is [0.1]"},
           {"true", "1", "grad_checkpoint must be true or false, and is 1"},
           {"true}", R"(true, "attention_drop_p": 1.5})",
            "attention_drop_p must be a number of at least 0 and below 1, and is 1.5"},
           {"true}", R"(true, "dropout": 0.5})", "the key dropout with the value 0.5 is unknown"},
           {"true}", R"(true, "d_model": 64})", "the key d_model is there twice"},
           {R"("n_layers": 3, )", "", "the key n_layers is missing"},
           {R"(, "grad_checkpoint": true)", "", "the key grad_checkpoint is missing"},
       }) {
    CHECK(fault_of(with(from, to)) == message);
  }
  CHECK(fault_of("[]") == "the whole must be an object");
  CHECK(test::error_of([] { ModelConfig::from_json("{"); }).code() == ErrorCode::invalid_json);
}

TEST_CASE("a ModelConfig made by hand can be checked", "[config]") {
  ModelConfig config = ModelConfig::find("test");
  CHECK_NOTHROW(config.validate());
  config.drop_p = std::numeric_limits<double>::quiet_NaN();
  CHECK(test::error_of([&] { config.validate(); }).code() == ErrorCode::invalid_config);
  CHECK(test::error_of([] { ModelConfig{}.validate(); }).message() ==
        "d_model must be a whole number from 1 to 65536, and is 0");
}

TEST_CASE("ModelConfig::find takes a path, and says what it knows otherwise", "[config]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "mine.json").string();
  const aria::Error missing = test::error_of([&] { ModelConfig::find(path); });
  CHECK(missing.code() == ErrorCode::not_found);
  CHECK(std::string(missing.what()) ==
        path +
            ": is no model configuration: give one of test, small, small2048, medium, large, xlarge, or the path of a "
            "JSON file");
  CHECK(test::error_of([] { ModelConfig::find("Small"); }).code() == ErrorCode::not_found);
  CHECK(test::error_of([] { ModelConfig::find(""); }).code() == ErrorCode::not_found);
  CHECK(test::error_of([&] { ModelConfig::find(folder.path().string()); }).code() == ErrorCode::io);

  test::write_text(path, kJson);
  CHECK(ModelConfig::find(path).n_layers == 3);
  test::write_text(path, with("64", "63"));
  const aria::Error error = test::error_of([&] { ModelConfig::find(path); });
  CHECK(error.code() == ErrorCode::invalid_config);
  CHECK(error.place().path == path);
}
