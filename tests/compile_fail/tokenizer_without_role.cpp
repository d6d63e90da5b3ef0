#include <aria/dataset/tokenized_dataset.hpp>

#include "../support/smallest_tokenizer.hpp"

struct MyTokenizer : private test::SmallestTokenizer {
  using SmallestTokenizer::config_json, SmallestTokenizer::detokenize, SmallestTokenizer::name;
  using SmallestTokenizer::tokenize, SmallestTokenizer::vocabulary;
#ifndef BAD_LINE
  using SmallestTokenizer::role;
#endif
};

void open() { aria::TokenizedDataset("train.jsonl", MyTokenizer()); }
