#include <aria/nn.hpp>

#include <fstream>

#include "../model/tiny.hpp"
#include "support/catch.hpp"
#include "support/slow_safetensors.hpp"

using namespace aria::nn;

namespace {

std::vector<NamedTensor> renamed(std::vector<NamedTensor> tensors, const std::string& prefix) {
  for (NamedTensor& tensor : tensors) tensor.name = prefix + tensor.name;
  return tensors;
}

void write(const std::string& path, const std::vector<NamedTensor>& tensors) {
  aria::AtomicFile out(path, aria::IfExists::replace);
  write_tensors(out, tensors);
  out.commit();
}

bool equal(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto left = state_of(a), right = state_of(b);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].name != right[i].name || !torch::equal(left[i].tensor, right[i].tensor)) return false;
  }
  return left.size() == right.size();
}

// A model with other weights than small_model().
std::shared_ptr<TransformerLM> other_model() {
  const auto model = test::small_model();
  const torch::NoGradGuard no_graph;
  for (torch::Tensor parameter : model->parameters()) parameter.add_(1);
  return model;
}

aria::Error refusal(const std::vector<NamedTensor>& tensors) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "model.safetensors").string();
  write(path, tensors);
  const auto model = test::small_model();
  const auto error = test::error_of([&] { load_weights(*model, path); });
  CHECK(error.code() == aria::ErrorCode::invalid_weights);
  CHECK(error.place().path == path);
  CHECK(equal(*model, *test::small_model()));  // nothing of it was loaded
  return error;
}

}  // namespace

TEST_CASE("Weights are written for anybody to read, and come back to the bit", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "model.safetensors").string();
  const auto model = other_model();
  save_weights(*model, path, aria::IfExists::refuse);

  const test::SlowSafetensors file(test::read_text(path));
  const auto state = state_of(*model);
  REQUIRE(file.tensors.size() == state.size());
  for (const NamedTensor& tensor : state) {
    INFO(tensor.name);
    const auto& written = file.tensors.at(tensor.name);
    CHECK(written.dtype == "F32");
    CHECK(written.shape == std::vector<long long>(tensor.tensor.sizes().begin(), tensor.tensor.sizes().end()));
    const auto bytes = bytes_of(tensor.tensor);
    CHECK(written.bytes == std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  const auto again = test::small_model();
  load_weights(*again, path);
  CHECK(equal(*again, *model));
}

TEST_CASE("Names may have the prefixes of torch.compile and of distributed training", "[nn]") {
  for (const std::string prefix : {"_orig_mod.", "module.", "module._orig_mod.", "_orig_mod.module."}) {
    const test::TemporaryFolder folder;
    const std::string path = (folder / "model.safetensors").string();
    const auto model = other_model();
    write(path, renamed(state_of(*model), prefix));
    const auto again = test::small_model();
    load_weights(*again, path);
    CHECK(equal(*again, *model));
  }
}

TEST_CASE("Frequencies may be absent, and are checked where they are present", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "model.safetensors").string();
  const auto model = other_model();
  auto tensors = state_of(*model);
  std::erase_if(tensors, [](const NamedTensor& tensor) { return tensor.name.ends_with("inv_freq"); });
  write(path, tensors);
  const auto again = test::small_model();
  load_weights(*again, path);
  CHECK(equal(*again, *model));

  tensors = state_of(*model);
  for (NamedTensor& tensor : tensors) {  // as after `model.half()`
    if (tensor.name.ends_with("inv_freq")) tensor.tensor = tensor.tensor.to(torch::kHalf);
  }
  write(path, tensors);
  load_weights(*again, path);

  for (NamedTensor& tensor : tensors) {
    if (tensor.name == "model.encode_layers.1.rotary_emb.inv_freq")
      tensor.tensor = tensor.tensor.to(torch::kFloat) * 1.1;
  }
  CHECK(
      refusal(tensors).message() ==
      "tensor \"model.encode_layers.1.rotary_emb.inv_freq\" has other values than the model computes: it was made with "
      "another base or head size");
}

TEST_CASE("Weights of another model are refused by the name of the tensor, and nothing is resized", "[nn]") {
  auto tensors = state_of(*other_model());
  tensors.back().tensor = torch::zeros({68, 32});
  CHECK(refusal(tensors).message() == "tensor \"lm_head.weight\" has shape [68, 32], and the model's is [67, 32]");

  tensors = state_of(*other_model());
  tensors.pop_back();
  CHECK(refusal(tensors).message() == "tensor \"lm_head.weight\" is missing");

  tensors = state_of(*other_model());
  tensors.push_back({"lm_head.bias", torch::zeros({67})});
  CHECK(refusal(tensors).message() == "tensor \"lm_head.bias\" is none of the model's");

  tensors = state_of(*other_model());
  tensors.push_back({"module.lm_head.weight", torch::zeros({67, 32})});
  CHECK(refusal(tensors).message() == "tensor \"lm_head.weight\" is there twice, once with a prefix");
}

TEST_CASE("Weights in another precision are converted", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "model.safetensors").string();
  const auto model = other_model();
  for (const auto type : {torch::kBFloat16, torch::kHalf, torch::kDouble}) {
    auto tensors = state_of(*model);
    for (NamedTensor& tensor : tensors) tensor.tensor = tensor.tensor.to(type);
    write(path, tensors);
    const auto again = test::small_model();
    load_weights(*again, path);
    CHECK(test::max_difference(again->head_weight(), model->head_weight()) < 1e-2);
    CHECK(again->head_weight().scalar_type() == torch::kFloat);
  }
}

TEST_CASE("A dict of tensors that torch.save wrote is read", "[nn]") {
  // Written by libtorch as Python's torch.save writes it; tests/data/pickle has files of Python's own.
  const test::TemporaryFolder folder;
  const auto model = other_model();
  c10::Dict<std::string, torch::Tensor> dict;
  for (const NamedTensor& tensor : state_of(*model)) dict.insert(tensor.name, tensor.tensor.detach().clone());
  const std::vector<char> bytes = torch::pickle_save(dict);
  for (const char* name : {"model.pt", "model.bin", "model.pth"}) {
    const std::string path = (folder / name).string();
    test::write_text(path, std::string_view(bytes.data(), bytes.size()));
    const auto again = test::small_model();
    load_weights(*again, path);
    CHECK(equal(*again, *model));
  }
}

TEST_CASE("Files of Python's torch.save", "[nn]") {
  const std::filesystem::path folder = test::data_folder() / "pickle";
  const TensorOffers dict = read_pickle_file((folder / "dict.pt").string());
  REQUIRE(dict.offers.size() == 2);
  CHECK(dict.offers[0].name == "module.weight");
  CHECK(dict.offers[0].shape == std::vector<std::int64_t>{2, 3});
  CHECK(torch::equal(dict.offers[0].read(), torch::arange(6, torch::kFloat).reshape({2, 3})));
  CHECK(dict.offers[1].name == "module.bias");

  for (const char* name : {"ordered_dict.pt", "nested.pt", "list.pt"}) {
    INFO(name);
    const auto error = test::error_of([&] { read_pickle_file((folder / name).string()); });
    CHECK(error.code() == aria::ErrorCode::invalid_weights);
    CHECK(error.message().find("import torch; from safetensors.torch import save_file\n") != std::string::npos);
  }
}

TEST_CASE("What is no file of torch.save is refused with the lines that convert one", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "model.pt").string();
  const std::string good = test::read_text(test::data_folder() / "pickle" / "dict.pt");
  std::vector<std::string> texts = {"", "not a pickle", std::string(1000, '\0'), "PK\x03\x04"};
  for (std::size_t size = 1; size < good.size(); size += 97) texts.push_back(good.substr(0, size));
  for (const std::string& text : texts) {
    test::write_text(path, text);
    const auto error = test::error_of([&] { read_pickle_file(path); });
    CHECK(error.code() == aria::ErrorCode::invalid_weights);
  }
  CHECK(test::error_of([&] { read_pickle_file((folder / "missing.pt").string()); }).code() ==
        aria::ErrorCode::not_found);
}
