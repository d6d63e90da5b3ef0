// aria-train: trains models on the data sets that aria builds.
#include "../cli/program.hpp"
#include "arguments.hpp"
#include "processes.hpp"
#include "run.hpp"

namespace {

template <class Arguments>
int work_on(const Arguments& arguments, const std::string& command, const std::vector<std::string>& words) {
  return train::in_processes(arguments.options, command, words,
                             [&](const auto& group) { return train::run(arguments, group); });
}

int pretrain(const std::vector<std::string>& words) {
  const auto arguments = train::read_new_run("pretrain", words);
  return arguments ? work_on(*arguments, "pretrain", words) : cli::kDone;
}
int finetune(const std::vector<std::string>& words) {
  const auto arguments = train::read_new_run("finetune", words);
  return arguments ? work_on(*arguments, "finetune", words) : cli::kDone;
}
int resume(const std::vector<std::string>& words) {
  const auto arguments = train::read_resumed_run(words);
  return arguments ? work_on(*arguments, "resume", words) : cli::kDone;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run_command("aria-train", "Trains transformers on symbolic music.",
                          {{"pretrain", "a model from nothing", pretrain},
                           {"finetune", "a trained model, on other data", finetune},
                           {"resume", "goes on with a run that was interrupted", resume}},
                          argc, argv);
}
