#include <aria/dataset/windows.hpp>

#include "support/smallest_tokenizer.hpp"

struct MyTokenizer : test::SmallestTokenizer {
#ifdef BAD_LINE
  std::vector<aria::TokenId> tokenize(const aria::MidiDict& piece) const;
#endif
};

void cut(const MyTokenizer& tokenizer) { aria::WindowCutter(tokenizer, {}); }
