#include <aria/dataset/tokenized_dataset_build.hpp>

#include "support/smallest_tokenizer.hpp"

struct MyTokenizer : test::SmallestTokenizer {
#ifdef BAD_LINE
  void tokenize(const aria::MidiDict& piece, aria::RandomStream random, std::vector<aria::TokenId>& out);
#endif
};

void build() { aria::build_tokenized_dataset(MyTokenizer(), "music.jsonl", "train.jsonl"); }
