// aria-eval: losses and perplexities of models of the Anticipatory Music Transformer.
#include <string>
#include <vector>

#include "../cli/program.hpp"
#include "../cli/torch_program.hpp"
#include "arguments.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  return cli::run_program("aria-eval", [&] {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    const auto arguments = eval::read_arguments(cli::rewrite_arguments(words, false));
    return arguments ? cli::in_a_line([&] { return eval::run(*arguments); }) : cli::kDone;
  });
}
