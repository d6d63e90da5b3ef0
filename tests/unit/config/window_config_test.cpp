#include <string>
#include <string_view>

#include <aria/config/default_config.hpp>
#include <aria/config/window_config.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using aria::WindowConfig;

std::string config(std::string_view args) { return R"({"data": {"dataset_gen_args": )" + std::string(args) + "}}"; }

}  // namespace

TEST_CASE("WindowConfig is by default that of config.json", "[config]") {
  for (const WindowConfig& windows : {WindowConfig{}, WindowConfig::from_json(aria::kDefaultConfig),
                                      WindowConfig::from_file(ARIA_SOURCE_FOLDER "/examples/config/config.json")}) {
    CHECK(windows.max_seq_len == 2048);
    CHECK(windows.stride_len == 1024);
  }
}

TEST_CASE("WindowConfig reads both numbers", "[config]") {
  const WindowConfig windows = WindowConfig::from_json(config(R"({"stride_len": 3, "max_seq_len": 4294967297})"));
  CHECK(windows.max_seq_len == 4'294'967'297);
  CHECK(windows.stride_len == 3);
}

TEST_CASE("WindowConfig names the key that is wrong", "[config]") {
  const auto why = [](const std::string& json) {
    const aria::Error error = test::error_of([&] { WindowConfig::from_json(json); });
    CHECK(error.code() == aria::ErrorCode::invalid_config);
    return error.message();
  };
  CHECK(why("{}") == "the key data is missing");
  CHECK(why(R"({"data": {}})") == "the key data.dataset_gen_args is missing");
  CHECK(why(config(R"({"stride_len": 3})")) == "the key data.dataset_gen_args.max_seq_len is missing");
  CHECK(why(config(R"({"max_seq_len": 3})")) == "the key data.dataset_gen_args.stride_len is missing");
  CHECK(why(config(R"({"max_seq_len": -3, "stride_len": 3})")) ==
        "data.dataset_gen_args.max_seq_len must be a whole number of at least 0");
  CHECK(why(config(R"({"max_seq_len": 3, "stride_len": 1.5})")) ==
        "data.dataset_gen_args.stride_len must be a whole number of at least 0");
}
