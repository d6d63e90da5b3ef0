#include <aria/dataset/tokenized_dataset.hpp>

struct MyTokenizer {
  std::string_view name() const;
  std::string config_json() const;
  const aria::Vocabulary& vocabulary() const;
#ifndef BAD_LINE
  aria::TokenRole role(aria::TokenId token) const;
#endif
  void tokenize(const aria::MidiDict& piece, aria::RandomStream random, std::vector<aria::TokenId>& out) const;
  aria::MidiDict detokenize(std::span<const aria::TokenId> tokens, aria::SkippedTokens* skipped) const;
};

void open() { aria::TokenizedDataset("train.jsonl", MyTokenizer()); }
