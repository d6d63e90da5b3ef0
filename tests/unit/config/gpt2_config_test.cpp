#include <aria/config/gpt2_config.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aria/support/random.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace {

using aria::ErrorCode;
using aria::Gpt2Config;

Gpt2Config with(const std::string& members) { return Gpt2Config::from_json('{' + members + '}'); }

std::string fault_of(const std::string& members) {
  const aria::Error error = test::error_of([&] { with(members); });
  CHECK(error.code() == ErrorCode::invalid_config);
  return error.message();
}

// What transformers 4.38 writes for the smallest published GPT-2.
constexpr std::string_view kPublished = R"({
  "_name_or_path": "gpt2",
  "activation_function": "gelu_new",
  "architectures": ["GPT2LMHeadModel"],
  "attn_pdrop": 0.1,
  "bos_token_id": 50256,
  "embd_pdrop": 0.1,
  "eos_token_id": 50256,
  "initializer_range": 0.02,
  "layer_norm_epsilon": 1e-05,
  "model_type": "gpt2",
  "n_ctx": 1024,
  "n_embd": 768,
  "n_head": 12,
  "n_inner": null,
  "n_layer": 12,
  "n_positions": 1024,
  "reorder_and_upcast_attn": false,
  "resid_pdrop": 0.1,
  "scale_attn_by_inverse_layer_idx": false,
  "scale_attn_weights": true,
  "summary_activation": null,
  "summary_first_dropout": 0.1,
  "summary_proj_to_labels": true,
  "summary_type": "cls_index",
  "summary_use_proj": true,
  "task_specific_params": {"text-generation": {"do_sample": true, "max_length": 50}},
  "torch_dtype": "float32",
  "transformers_version": "4.38.1",
  "use_cache": true,
  "vocab_size": 50257
})";

}  // namespace

TEST_CASE("Gpt2Config: what is missing has the values of the smallest published model", "[config]") {
  const Gpt2Config config = Gpt2Config::from_json("{}");
  CHECK(config == Gpt2Config());
  CHECK(config == Gpt2Config::from_json(kPublished));
  CHECK(config.vocab_size == 50257);
  CHECK(config.n_positions == 1024);
  CHECK(config.n_embd == 768);
  CHECK(config.n_layer == 12);
  CHECK(config.n_head == 12);
  CHECK(config.n_inner == 0);
  CHECK(config.inner_width() == 3072);
  CHECK(config.embd_pdrop == 0.1);
  CHECK(config.resid_pdrop == 0.1);
  CHECK(config.attn_pdrop == 0.1);
  CHECK(config.layer_norm_epsilon == 1e-5);
  CHECK(config.initializer_range == 0.02);
  CHECK(config.scale_attn_weights);
  CHECK_FALSE(config.scale_attn_by_inverse_layer_idx);
  CHECK_FALSE(config.gradient_checkpointing);
}

TEST_CASE("Gpt2Config: every key that it knows is read", "[config]") {
  const Gpt2Config config = with(
      R"("vocab_size": 55028, "n_positions": 2048, "n_embd": 96, "n_layer": 3, "n_head": 6, "n_inner": 100,
         "embd_pdrop": 0, "resid_pdrop": 0.25, "attn_pdrop": 0.5, "layer_norm_epsilon": 1e-6, "initializer_range": 1,
         "scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true, "gradient_checkpointing": true)");
  CHECK(config == Gpt2Config{55028, 2048, 96, 3, 6, 100, 0, 0.25, 0.5, 1e-6, 1, false, true, true});
  CHECK(config.inner_width() == 100);
}

TEST_CASE("Gpt2Config: sizes under the names that other models have for them", "[config]") {
  const Gpt2Config config =
      with(R"("max_position_embeddings": 64, "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4)");
  CHECK(config.n_positions == 64);
  CHECK(config.n_embd == 48);
  CHECK(config.n_layer == 2);
  CHECK(config.n_head == 4);
  CHECK(with(R"("hidden_size": 48, "n_embd": 48)").n_embd == 48);
  CHECK(fault_of(R"("hidden_size": 48, "n_embd": 96)") == "hidden_size must be equal to n_embd, and is 48");
  CHECK(fault_of(R"("n_layer": 1, "num_hidden_layers": 12)") ==
        "num_hidden_layers must be equal to n_layer, and is 12");
  CHECK(fault_of(R"("hidden_size": "48")") == "hidden_size must be a whole number from 1 to 65536, and is \"48\"");
  CHECK(with(R"("hidden_size": null)").n_embd == 768);
}

TEST_CASE("Gpt2Config: keys that change no number may have any value, or null", "[config]") {
  for (const char* value :
       {"1", "-0.5", "null", "true", "\"text\"", "[]", "[[1], {}]", "{}", R"({"a": {"b": null}})"}) {
    for (const char* key :
         {"architectures", "transformers_version", "torch_dtype", "use_cache", "bos_token_id", "summary_type", "n_ctx",
          "task_specific_params", "reorder_and_upcast_attn", "vocab", "", "d_model", "training"}) {
      CAPTURE(key, value);
      CHECK(with('"' + std::string(key) + "\": " + value) == Gpt2Config());
    }
  }
  for (const char* key : {"vocab_size",
                          "n_positions",
                          "n_embd",
                          "n_layer",
                          "n_head",
                          "n_inner",
                          "embd_pdrop",
                          "resid_pdrop",
                          "attn_pdrop",
                          "layer_norm_epsilon",
                          "initializer_range",
                          "scale_attn_weights",
                          "scale_attn_by_inverse_layer_idx",
                          "gradient_checkpointing",
                          "model_type",
                          "activation_function",
                          "tie_word_embeddings",
                          "add_cross_attention",
                          "quantization_config",
                          "pruned_heads"}) {
    CAPTURE(key);
    CHECK(with('"' + std::string(key) + "\": null") == Gpt2Config());
  }
}

TEST_CASE("Gpt2Config: what would change the numbers and is not known is an error", "[config]") {
  struct Case {
    std::string_view members, message;
  };
  for (const auto& [members, message] : std::vector<Case>{
           {R"("model_type": "llama")", R"(model_type must be "gpt2", and is "llama")"},
           {R"("model_type": 2)", R"(model_type must be "gpt2", and is 2)"},
           {R"("activation_function": "gelu")",
            R"(activation_function must be "gelu_new": nothing else is supported, and is "gelu")"},
           {R"("activation_function": "relu")",
            R"(activation_function must be "gelu_new": nothing else is supported, and is "relu")"},
           {R"("activation_function": ["gelu_new"])",
            R"(activation_function must be "gelu_new": nothing else is supported, and is ["gelu_new"])"},
           {R"("tie_word_embeddings": false)",
            "tie_word_embeddings must be true: nothing else is supported, and is false"},
           {R"("tie_word_embeddings": 1)", "tie_word_embeddings must be true: nothing else is supported, and is 1"},
           {R"("add_cross_attention": true)",
            "add_cross_attention must be false: nothing else is supported, and is true"},
           {R"("quantization_config": {"bits": 4})",
            R"(quantization_config must be absent: it is not supported, and is {"bits":4})"},
           {R"("pruned_heads": {"0": [1]})", R"(pruned_heads must be absent: it is not supported, and is {"0":[1]})"},
           {R"("pruned_heads": [])", "pruned_heads must be absent: it is not supported, and is []"},
       }) {
    CHECK(fault_of(std::string(members)) == message);
  }
  for (const char* same : {R"("model_type": "gpt2")", R"("activation_function": "gelu_new")",
                           R"("activation_function": "gelu_pytorch_tanh")", R"("activation_function": "gelu_fast")",
                           R"("tie_word_embeddings": true)", R"("add_cross_attention": false)", R"("pruned_heads": {})",
                           R"("quantization_config": {  })"}) {
    CAPTURE(same);
    CHECK(with(same) == Gpt2Config());
  }
}

TEST_CASE("Gpt2Config: values that no model has are named", "[config]") {
  struct Case {
    std::string_view members, message;
  };
  for (const auto& [members, message] : std::vector<Case>{
           {R"("vocab_size": 0)", "vocab_size must be a whole number from 1 to 67108864, and is 0"},
           {R"("vocab_size": 67108865)", "vocab_size must be a whole number from 1 to 67108864, and is 67108865"},
           {R"("vocab_size": -5)", "vocab_size must be a whole number from 1 to 67108864, and is -5"},
           {R"("vocab_size": 1024.0)", "vocab_size must be a whole number from 1 to 67108864, and is 1024.0"},
           {R"("n_positions": 16777217)", "n_positions must be a whole number from 1 to 16777216, and is 16777217"},
           {R"("n_embd": true)", "n_embd must be a whole number from 1 to 65536, and is true"},
           {R"("n_embd": 65537)", "n_embd must be a whole number from 1 to 65536, and is 65537"},
           {R"("n_embd": 770)", "n_embd must be a multiple of n_head, which is 12, and is 770"},
           {R"("n_head": 7)", "n_embd must be a multiple of n_head, which is 7, and is 768"},
           {R"("n_head": 0)", "n_head must be a whole number from 1 to 1024, and is 0"},
           {R"("n_layer": 1025)", "n_layer must be a whole number from 1 to 1024, and is 1025"},
           {R"("n_layer": 18446744073709551615)",
            "n_layer must be a whole number from 1 to 1024, and is 18446744073709551615"},
           {R"("n_inner": 0)", "n_inner must be a whole number from 1 to 4194304, or null, and is 0"},
           {R"("n_inner": -1)", "n_inner must be a whole number from 1 to 4194304, and is -1"},
           {R"("n_inner": 4194305)", "n_inner must be a whole number from 1 to 4194304, and is 4194305"},
           {R"("n_inner": "4")", "n_inner must be a whole number from 1 to 4194304, or null, and is \"4\""},
           {R"("embd_pdrop": 1)", "embd_pdrop must be a number of at least 0 and below 1, and is 1"},
           {R"("resid_pdrop": -0.1)", "resid_pdrop must be a number of at least 0 and below 1, and is -0.1"},
           {R"("attn_pdrop": "0")", "attn_pdrop must be a number of at least 0 and below 1, and is \"0\""},
           {R"("layer_norm_epsilon": 0)", "layer_norm_epsilon must be a number above 0 and at most 1, and is 0"},
           {R"("layer_norm_epsilon": [])", "layer_norm_epsilon must be a number above 0 and at most 1, and is []"},
           {R"("initializer_range": 1.5)", "initializer_range must be a number above 0 and at most 1, and is 1.5"},
           {R"("scale_attn_weights": 1)", "scale_attn_weights must be true or false, and is 1"},
           {R"("scale_attn_by_inverse_layer_idx": "yes")",
            "scale_attn_by_inverse_layer_idx must be true or false, and is \"yes\""},
           {R"("gradient_checkpointing": 0)", "gradient_checkpointing must be true or false, and is 0"},
       }) {
    CHECK(fault_of(std::string(members)) == message);
  }
  const auto not_an_object = test::error_of([] { Gpt2Config::from_json("[]"); });
  CHECK(not_an_object.code() == ErrorCode::invalid_config);
  CHECK(not_an_object.message() == "the whole must be an object");
  for (const char* text : {"", "{", "{\"n_embd\" 3}", "nul"}) {
    CHECK(test::error_of([&] { Gpt2Config::from_json(text); }).code() == ErrorCode::invalid_json);
  }
}

TEST_CASE("Gpt2Config: of a key that is there twice the first one counts", "[config]") {
  CHECK(with(R"("n_layer": 3, "n_layer": 4)").n_layer == 3);
  CHECK(with(R"("model_type": "gpt2", "model_type": "llama")") == Gpt2Config());
}

TEST_CASE("Gpt2Config: it comes back from its JSON as it was", "[config]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    aria::RandomStream random(seed);
    const auto number = [&](std::uint32_t most) { return std::int64_t{1 + random.below(most)}; };
    Gpt2Config config;
    config.vocab_size = number(1 << 26);
    config.n_positions = number(1 << 24);
    config.n_head = number(64);
    config.n_embd = config.n_head * number(1024);
    config.n_layer = number(1024);
    config.n_inner = random.below(2) == 0 ? 0 : number(1 << 22);
    config.embd_pdrop = random.uniform();
    config.resid_pdrop = random.below(2) == 0 ? 0 : random.uniform();
    config.attn_pdrop = random.uniform();
    config.layer_norm_epsilon = 1e-300 + std::pow(random.uniform(), 30);
    config.initializer_range = 1 - random.uniform();
    config.scale_attn_weights = random.below(2) == 0;
    config.scale_attn_by_inverse_layer_idx = random.below(2) == 0;
    config.gradient_checkpointing = random.below(2) == 0;
    REQUIRE(Gpt2Config::from_json(config.to_json()) == config);
  }
  CHECK(Gpt2Config().to_json() == R"({
  "architectures": ["GPT2LMHeadModel"],
  "model_type": "gpt2",
  "vocab_size": 50257,
  "n_positions": 1024,
  "n_embd": 768,
  "n_layer": 12,
  "n_head": 12,
  "n_inner": null,
  "activation_function": "gelu_new",
  "embd_pdrop": 0.1,
  "resid_pdrop": 0.1,
  "attn_pdrop": 0.1,
  "layer_norm_epsilon": 1e-05,
  "initializer_range": 0.02,
  "scale_attn_weights": true,
  "scale_attn_by_inverse_layer_idx": false,
  "gradient_checkpointing": false,
  "tie_word_embeddings": true
}
)");
}

TEST_CASE("Gpt2Config: what is for training alone does not change the numbers", "[config]") {
  Gpt2Config config;
  config.embd_pdrop = config.resid_pdrop = config.attn_pdrop = 0.3;
  config.initializer_range = 0.5;
  config.gradient_checkpointing = true;
  config.n_inner = 4 * config.n_embd;
  CHECK_FALSE(config == Gpt2Config());
  CHECK(config.numbers() == Gpt2Config().numbers());
  const auto differs = [](auto change) {
    Gpt2Config other;
    change(other);
    return !(other.numbers() == Gpt2Config().numbers());
  };
  CHECK(differs([](Gpt2Config& c) { c.vocab_size = 7; }));
  CHECK(differs([](Gpt2Config& c) { c.n_positions = 7; }));
  CHECK(differs([](Gpt2Config& c) { c.n_embd = 24; }));
  CHECK(differs([](Gpt2Config& c) { c.n_layer = 7; }));
  CHECK(differs([](Gpt2Config& c) { c.n_head = 6; }));
  CHECK(differs([](Gpt2Config& c) { c.n_inner = 7; }));
  CHECK(differs([](Gpt2Config& c) { c.layer_norm_epsilon = 1e-6; }));
  CHECK(differs([](Gpt2Config& c) { c.scale_attn_weights = false; }));
  CHECK(differs([](Gpt2Config& c) { c.scale_attn_by_inverse_layer_idx = true; }));
}

TEST_CASE("Gpt2Config: one made by hand can be checked", "[config]") {
  CHECK_NOTHROW(Gpt2Config().validate());
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0}) {
    Gpt2Config config;
    config.attn_pdrop = value;
    CHECK(test::error_of([&] { config.validate(); }).message().starts_with("attn_pdrop must be"));
    config = {};
    config.layer_norm_epsilon = value;
    CHECK(test::error_of([&] { config.validate(); }).message().starts_with("layer_norm_epsilon must be"));
  }
}

TEST_CASE("Gpt2Config: errors of a file have its name", "[config]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "config.json").string();
  CHECK(test::error_of([&] { Gpt2Config::from_file(path); }).code() == ErrorCode::not_found);
  test::write_text(path, kPublished);
  CHECK(Gpt2Config::from_file(path) == Gpt2Config());
  test::write_text(path, R"({"n_layer": 0})");
  const aria::Error error = test::error_of([&] { Gpt2Config::from_file(path); });
  CHECK(error.code() == ErrorCode::invalid_config);
  CHECK(error.place().path == path);
}

TEST_CASE("Gpt2Config: the reference models' own files", "[config]") {
  const auto folder = test::conformance_folder();
  if (!folder) return;
  const Gpt2Config tiny = Gpt2Config::from_file((*folder / "models/gpt2_tiny/config.json").string());
  CHECK(tiny.vocab_size == 55028);
  CHECK(tiny.n_embd == 32);
  CHECK(tiny.n_layer == 2);
  CHECK(tiny.n_head == 2);
  CHECK(tiny.inner_width() == 128);
  CHECK(tiny.scale_attn_by_inverse_layer_idx);
  CHECK(Gpt2Config::from_file((*folder / "models/amt_sampling/config.json").string()).n_embd == 24);
}
