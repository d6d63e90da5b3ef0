// What an application with a model of its own does: notes to tokens, and these through the model.
#include <aria/nn/data/tokens.hpp>
#include <aria/nn/model/transformer_lm.hpp>
#include <aria/tokenizer.hpp>

#include <iostream>

int main() {
  aria::MidiDict piece;
  piece.ticks_per_beat = 96;
  piece.tempos = {{{0}, 500'000}};
  piece.notes = {{{0}, {96}, 60, 64, 0}};
  const aria::LazyTokenizer tokenizer;
  const torch::Tensor ids = aria::nn::encode(tokenizer, tokenizer.tokenize(piece)).unsqueeze(0);
  const auto vocabulary = static_cast<std::int64_t>(tokenizer.vocabulary().size());
  aria::nn::TransformerLM model(aria::ModelConfig::find("test"), vocabulary);
  if (model.forward(ids).sizes() != at::IntArrayRef({1, ids.size(1), vocabulary})) return 1;
  for (const aria::NoteMsg& note : piece.notes) {
    std::cout << "pitch " << int(note.pitch()) << ", ticks " << note.start().count << " to " << note.end().count << '\n';
  }
}
