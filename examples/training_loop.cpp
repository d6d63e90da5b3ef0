// A training loop of one's own on aria's data sets and model: what `#include <aria/nn.hpp>` gives to other programs.
//
//     training_loop train.jsonl      # made by: aria tokenized-dataset --max-seq-len 256 ... train.jsonl
#include <aria/augmentation.hpp>
#include <aria/dataset.hpp>
#include <aria/nn.hpp>
#include <aria/tokenizer.hpp>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: training_loop TRAIN\n", 2;
  const aria::LazyTokenizer tokenizer;
  const auto data = std::make_shared<aria::TokenizedDataset<aria::LazyTokenizer>>(argv[1], tokenizer);
  data->set_transform(aria::default_augmentations(tokenizer));

  torch::manual_seed(0);
  const auto config = aria::ModelConfig::find("test");
  aria::nn::TransformerLM model(config, static_cast<std::int64_t>(tokenizer.vocabulary().size()));
  torch::optim::AdamW optimizer(model.parameters(), torch::optim::AdamWOptions(1e-3));
  for (std::uint64_t epoch = 1; epoch <= 2; ++epoch) {
    auto loader = torch::data::make_data_loader(
        aria::nn::BatchDataset(data, {.seed = 0, .epoch = epoch}),
        aria::nn::EpochSampler(aria::EpochOrder(data->size(), {.seed = 0, .epoch = epoch})),
        torch::data::DataLoaderOptions(4).workers(2));
    for (const aria::nn::Batch& batch : *loader) {
      const torch::Tensor logits = model.forward(batch.source);  // (4, 256, vocabulary)
      const torch::Tensor loss = torch::nn::functional::cross_entropy(
          logits.flatten(0, 1), batch.target.flatten(),
          torch::nn::functional::CrossEntropyFuncOptions().ignore_index(tokenizer.vocabulary().pad()));
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      std::cout << "epoch " << epoch << "  loss " << loss.item<double>() << '\n';
    }
  }
  aria::nn::save_weights(model, "model.safetensors", aria::IfExists::replace);
}
