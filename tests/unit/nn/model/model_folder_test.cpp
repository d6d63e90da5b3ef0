#include <aria/nn.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/slow_safetensors.hpp"
#include "tiny.hpp"

using namespace aria::nn;
using aria::ErrorCode;
using aria::Gpt2Config;

namespace {

bool equal(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto left = state_of(a), right = state_of(b);
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].name != right[i].name || !torch::equal(left[i].tensor, right[i].tensor)) return false;
  }
  return true;
}

void write(const std::string& path, const std::vector<NamedTensor>& tensors) {
  aria::AtomicFile out(path, aria::IfExists::replace);
  write_tensors(out, tensors);
  out.commit();
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// A folder with a model, which can be replaced by other tensors.
struct Folder {
  test::TemporaryFolder parent;
  std::string path = (parent / "model").string();
  std::shared_ptr<Gpt2LM> model = test::small_gpt2();

  explicit Folder(const ModelFolderOptions& options = {}) { save_model_folder(*model, path, options); }

  std::string file(const std::string& name) const { return path + '/' + name; }
  std::string weights() const { return file("model.safetensors"); }

  void check_loads() const { CHECK(equal(*load_model_folder(path), *model)); }

  // Nothing of the folder is loaded; the error names this file.
  void check_refused(const std::string& in, ErrorCode code, const std::vector<std::string>& parts) const {
    const auto before = test::small_gpt2(), other = test::small_gpt2();
    const auto error = test::error_of([&] { load_model_weights(*other, path); });
    INFO(error.what());
    CHECK(error.code() == code);
    CHECK(error.place().path == in);
    for (const std::string& part : parts) {
      INFO(part);
      CHECK(error.message().find(part) != std::string::npos);
    }
    CHECK(equal(*before, *other));
  }
};

}  // namespace

TEST_CASE("A model folder that was written is read back to the byte", "[nn]") {
  const Folder folder;
  CHECK(names_in(folder.path) == std::vector<std::string>{"config.json", "model.safetensors"});
  const auto again = load_model_folder(folder.path);
  CHECK(equal(*again, *folder.model));
  CHECK(again->config() == folder.model->config());
  CHECK(read_folder_config(folder.path) == folder.model->config());
  const std::string second = (folder.parent / "second").string();
  save_model_folder(*again, second);
  for (const std::string name : {"/config.json", "/model.safetensors"}) {
    CHECK(test::read_text(second + name) == test::read_text(folder.path + name));
  }

  // The names and layouts of GPT2LMHeadModel, whose head is that of the embeddings.
  const test::SlowSafetensors file(test::read_text(folder.weights()));
  CHECK(file.metadata.at("format") == "pt");
  std::set<std::string> wanted = {"wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias"};
  for (const std::string layer : {"h.0.", "h.1.", "h.2."}) {
    for (const std::string part : {"ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"}) {
      for (const std::string kind : {".weight", ".bias"}) wanted.insert(layer + part + kind);
    }
  }
  REQUIRE(file.tensors.size() == wanted.size());
  for (const auto& [name, tensor] : file.tensors) {
    INFO(name);
    REQUIRE(name.starts_with("transformer."));
    CHECK(wanted.count(name.substr(12)) == 1);
    CHECK(tensor.dtype == "F32");
  }
  const auto shape = [&](const std::string& name) { return file.tensors.at("transformer." + name).shape; };
  using Shape = std::vector<long long>;
  CHECK(shape("wte.weight") == Shape{67, 32});
  CHECK(shape("wpe.weight") == Shape{48, 32});
  CHECK(shape("h.0.attn.c_attn.weight") == Shape{32, 96});
  CHECK(shape("h.0.attn.c_attn.bias") == Shape{96});
  CHECK(shape("h.2.mlp.c_fc.weight") == Shape{32, 128});
  CHECK(shape("h.2.mlp.c_proj.weight") == Shape{128, 32});
}

TEST_CASE("A model folder with the names of the bare model gives the same logits", "[nn]") {
  const Folder folder, bare({.is_bare = true});
  const test::SlowSafetensors file(test::read_text(bare.weights()));
  CHECK(file.tensors.count("wte.weight") == 1);
  CHECK(file.tensors.count("h.1.attn.c_attn.bias") == 1);
  const auto left = load_model_folder(folder.path), right = load_model_folder(bare.path);
  left->eval();
  right->eval();
  torch::manual_seed(2);
  const torch::Tensor ids = torch::randint(0, 67, {2, 48}, torch::kLong);
  CHECK(torch::equal(left->forward(ids), right->forward(ids)));
  bare.check_loads();
}

TEST_CASE("What transformers has written beside weights is passed over, and a head of its own is refused", "[nn]") {
  const Folder folder;
  for (const bool is_bare : {false, true}) {
    INFO(is_bare);
    std::vector<NamedTensor> tensors = state_of(*folder.model);
    for (NamedTensor& tensor : tensors) {
      if (is_bare) tensor.name.erase(0, 12);
    }
    const std::string prefix = is_bare ? "" : "transformer.";
    for (const std::string layer : {"h.0", "h.1", "h.2"}) {
      tensors.push_back({prefix + layer + ".attn.bias", torch::ones({1, 1, 48, 48}, torch::kByte).tril()});
      tensors.push_back({prefix + layer + ".attn.masked_bias", torch::tensor(-1e4)});
    }
    write(folder.weights(), tensors);
    folder.check_loads();
    // The head once more, with or without what torch.compile puts in front.
    tensors.push_back({"lm_head.weight", folder.model->head_weight().detach().clone()});
    write(folder.weights(), tensors);
    folder.check_loads();
    tensors.back().name = "_orig_mod.lm_head.weight";
    write(folder.weights(), tensors);
    folder.check_loads();
    tensors.back().tensor[66][31] += 1;
    write(folder.weights(), tensors);
    folder.check_refused(folder.weights(), ErrorCode::invalid_weights, {"lm_head.weight", "weights of its own"});
    tensors.back().tensor = torch::zeros({66, 32});
    write(folder.weights(), tensors);
    folder.check_refused(folder.weights(), ErrorCode::invalid_weights, {"lm_head.weight", "weights of its own"});
    tensors.back() = {"lm_head.bias", torch::zeros({67})};
    write(folder.weights(), tensors);
    folder.check_refused(folder.weights(), ErrorCode::invalid_weights, {"lm_head.bias", "is none of the model's"});
  }
}

TEST_CASE("A model folder whose weights are another model's is refused by the name of the tensor", "[nn]") {
  const Folder folder;
  const auto refuse = [&](const std::function<void(std::vector<NamedTensor>&)>& change,
                          const std::vector<std::string>& parts) {
    std::vector<NamedTensor> tensors = state_of(*folder.model);
    change(tensors);
    write(folder.weights(), tensors);
    folder.check_refused(folder.weights(), ErrorCode::invalid_weights, parts);
  };
  const auto named = [](std::vector<NamedTensor>& tensors, const std::string& name) -> NamedTensor& {
    return *std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) { return tensor.name == name; });
  };
  const std::string query = "transformer.h.1.attn.c_attn.weight";
  refuse(
      [&](auto& tensors) {
        named(tensors, query).tensor = torch::zeros({96, 32});
      },
      {query, "[96, 32]", "the model's is [32, 96]"});
  refuse(
      [&](auto& tensors) {
        named(tensors, "transformer.wte.weight").tensor = torch::zeros({68, 32});
      },
      {"transformer.wte.weight", "[68, 32]", "[67, 32]"});
  refuse(
      [&](auto& tensors) {
        named(tensors, "transformer.wpe.weight").tensor = torch::zeros({47, 32});
      },
      {"transformer.wpe.weight", "[47, 32]", "[48, 32]"});
  refuse(
      [&](auto& tensors) {
        named(tensors, query).tensor = torch::zeros({32, 96}, torch::kInt);
      },
      {query, "whole numbers"});
  refuse([&](auto& tensors) { tensors.pop_back(); }, {"transformer.ln_f.bias", "is missing"});
  refuse(
      [&](auto& tensors) {
        tensors.push_back({"h.3.ln_1.bias", torch::zeros({32})});
      },
      {"h.3.ln_1.bias", "is none of the model's"});
  refuse([&](auto& tensors) { tensors.push_back({"ln_f.bias", torch::zeros({32})}); }, {"ln_f.bias", "twice"});
}

TEST_CASE("A model folder of several files is read back, and lacks none of them unnoticed", "[nn]") {
  // The embeddings alone are larger than what a file may hold.
  const Folder folder({.most_bytes = 8000});
  const auto names = names_in(folder.path);
  REQUIRE(names.size() > 6);
  CHECK(std::find(names.begin(), names.end(), "model.safetensors") == names.end());
  CHECK(names.back() == "model.safetensors.index.json");
  folder.check_loads();

  const std::string index = folder.file("model.safetensors.index.json"), text = test::read_text(index);
  const aria::JsonDocument json(text);
  std::uint64_t bytes = 0;
  for (const NamedTensor& tensor : state_of(*folder.model)) {
    bytes += static_cast<std::uint64_t>(tensor.tensor.nbytes());
    const std::string file(json.root()["weight_map"][tensor.name].text());
    INFO(tensor.name << " in " << file);
    const test::SlowSafetensors shard(test::read_text(folder.file(file)));
    CHECK(shard.tensors.count(tensor.name) == 1);
    std::size_t size = 0;
    for (const auto& [name, part] : shard.tensors) size += part.bytes.size();
    CHECK((size <= 8000 || shard.tensors.size() == 1));
  }
  CHECK(json.root()["metadata"]["total_size"].whole_number() == bytes);

  const std::string shard = names[2];
  REQUIRE(shard.starts_with("model-00002-of-000"));
  const std::string whole = test::read_text(folder.file(shard));
  std::filesystem::remove(folder.file(shard));
  folder.check_refused(index, ErrorCode::not_found, {shard, "is missing"});
  test::write_text(folder.file(shard), whole.substr(0, whole.size() - 1));
  folder.check_refused(folder.file(shard), ErrorCode::invalid_weights, {});
  test::write_text(folder.file(shard), whole);
  folder.check_loads();

  // A tensor that is not where the index says, and one of which neither knows.
  const auto with = [&](const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    test::write_text(index, std::string(text).replace(at, from.size(), to));
  };
  with("\"transformer.ln_f.bias\"", "\"transformer.ln_f.bios\"");
  folder.check_refused(folder.file(names[names.size() - 2]), ErrorCode::invalid_weights,
                       {"transformer.ln_f.bios", "is missing", "index.json"});
  with("\"transformer.ln_f.bias\": \"" + names[names.size() - 2] + '"', "\"transformer.ln_f.bias\": \"" + shard + '"');
  folder.check_refused(folder.file(shard), ErrorCode::invalid_weights, {"transformer.ln_f.bias", "is missing"});
  // Only files beside the index are meant.
  std::filesystem::copy(folder.file(shard), folder.parent / shard);
  for (const std::string& path :
       {"../" + shard, (folder.parent / shard).string(), std::string(".."), std::string("")}) {
    INFO(path);
    with('"' + shard + '"', '"' + path + '"');
    folder.check_refused(index, ErrorCode::invalid_config, {"must be the name of a file"});
  }
  test::write_text(index, "{}");
  folder.check_refused(index, ErrorCode::invalid_config, {"weight_map"});
  test::write_text(index, text.substr(0, text.size() / 2));
  folder.check_refused(index, ErrorCode::invalid_json, {});
  test::write_text(index, R"({"weight_map": {}})");
  folder.check_refused(index, ErrorCode::invalid_weights, {"is missing"});
}

TEST_CASE("One file holds the weights that are as many bytes as it may have", "[nn]") {
  const auto model = test::small_gpt2();
  std::uint64_t bytes = 0;
  for (const NamedTensor& tensor : state_of(*model)) bytes += static_cast<std::uint64_t>(tensor.tensor.nbytes());
  const test::TemporaryFolder parent;
  save_model_folder(*model, (parent / "one").string(), {.most_bytes = bytes});
  CHECK(names_in(parent / "one").size() == 2);
  save_model_folder(*model, (parent / "two").string(), {.most_bytes = bytes - 1});
  CHECK(names_in(parent / "two") == std::vector<std::string>{"config.json", "model-00001-of-00002.safetensors",
                                                             "model-00002-of-00002.safetensors",
                                                             "model.safetensors.index.json"});
  CHECK(equal(*load_model_folder((parent / "two").string()), *model));
}

TEST_CASE("Weights of a model folder may be Python's, where there are no others", "[nn]") {
  const Folder folder;
  c10::Dict<std::string, torch::Tensor> dict;
  for (const NamedTensor& tensor : state_of(*folder.model)) dict.insert(tensor.name, tensor.tensor.detach() + 1);
  const std::vector<char> bytes = torch::pickle_save(dict);
  test::write_text(folder.file("pytorch_model.bin"), std::string_view(bytes.data(), bytes.size()));
  folder.check_loads();
  std::filesystem::remove(folder.weights());
  const auto loaded = load_model_folder(folder.path);
  CHECK(torch::equal(loaded->head_weight(), folder.model->head_weight() + 1));
}

TEST_CASE("A model folder is not replaced unless that is asked for", "[nn]") {
  const Folder folder;
  const std::string before = test::read_text(folder.weights());
  const auto other = test::small_gpt2();
  {
    const torch::NoGradGuard no_graph;
    other->parameters().front().add_(1);
  }
  const auto error = test::error_of([&] { save_model_folder(*other, folder.path); });
  CHECK(error.code() == ErrorCode::already_exists);
  CHECK(test::read_text(folder.weights()) == before);
  save_model_folder(*other, folder.path, {.if_exists = aria::IfExists::replace});
  CHECK(equal(*load_model_folder(folder.path), *other));
}

TEST_CASE("What is no model folder is told of", "[nn]") {
  const Folder folder;
  const auto refused = [&](const std::string& path, ErrorCode code, const std::string& in, const std::string& part) {
    const auto error = test::error_of([&] { load_model_folder(path); });
    INFO(error.what());
    CHECK(error.code() == code);
    CHECK(error.place().path == in);
    CHECK(error.message().find(part) != std::string::npos);
  };
  const std::string config = folder.file("config.json");
  refused(folder.path + "s", ErrorCode::not_found, folder.path + "s", "no such folder");
  refused(config, ErrorCode::not_found, config, "no such folder");
  test::write_text(config, R"({"model_type": "llama"})");
  refused(folder.path, ErrorCode::invalid_config, config, "model_type");
  std::filesystem::remove(config);
  refused(folder.path, ErrorCode::not_found, folder.path, "config.json is missing");
  test::write_text(config, folder.model->config().to_json());
  std::filesystem::remove(folder.weights());
  refused(folder.path, ErrorCode::not_found, folder.path, "model.safetensors is missing");
}

TEST_CASE("Folders of the same numbers are told from others, with both values", "[nn]") {
  const Folder folder;
  Gpt2Config config = folder.model->config();
  config.embd_pdrop = config.attn_pdrop = 0.5;
  config.gradient_checkpointing = true;
  config.initializer_range = 0.1;
  config.n_inner = 128;  // what it is anyway
  check_same_numbers(config, "mine", folder.path);
  const auto refused = [&](auto member, auto value, const std::string& difference) {
    Gpt2Config other = config;
    other.*member = value;
    const auto error = test::error_of([&] { check_same_numbers(other, "mine", folder.path); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(error.place().path == folder.path);
    CHECK(error.message() == "is another model than mine: " + difference);
  };
  refused(&Gpt2Config::n_head, 4, "n_head is 2 and not 4");
  refused(&Gpt2Config::n_layer, 2, "n_layer is 3 and not 2");
  refused(&Gpt2Config::scale_attn_by_inverse_layer_idx, false, "scale_attn_by_inverse_layer_idx is true and not false");
  refused(&Gpt2Config::scale_attn_weights, false, "scale_attn_weights is true and not false");
  refused(&Gpt2Config::layer_norm_epsilon, 1e-6, "layer_norm_epsilon is 1e-05 and not 1e-06");
  refused(&Gpt2Config::n_inner, 64, "n_inner is 128 and not 64");
}
