#include <aria/dataset/tokenized_dataset_build.hpp>

#include "../support/smallest_tokenizer.hpp"

struct MyTokenizer : test::SmallestTokenizer {
#ifdef BAD_LINE
  void tokenize(const aria::MidiDict&, aria::RandomStream, std::vector<aria::TokenId>&);
#endif
};

void build(aria::AtomicFile& out) { aria::build_tokenized_dataset(MyTokenizer(), aria::MidiDataset(), out); }
