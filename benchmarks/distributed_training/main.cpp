// Two processes on this machine against one, with the same batch of all of them and one thread each: the model "small",
// fp32 and bf16.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <aria/nn/distributed/torch_group.hpp>

#include "../support/corpus.hpp"
#include "../support/measure.hpp"
#include "../support/process.hpp"
#include "../support/training.hpp"

namespace {

using namespace aria::nn;

constexpr std::uint64_t kBatch = 8;  // sequences of a step, of all processes
constexpr int kSteps = 4;            // and one before them that does not count

struct Speed {
  double step = 0;           // seconds
  double communication = 0;  // share of them
};

struct Enough {};

// Trains as one of `place.count` processes.
Speed train(const ProcessPlace& place, const std::string& data, Precision precision) {
  at::set_num_threads(1);
  TrainSettings settings;
  settings.model = aria::ModelConfig::find("small");
  settings.batch_size = kBatch / place.count;
  settings.processes = place.count;
  settings.precision = precision;
  TrainerOptions options{.workers = 1};
  if (place.count > 1)
    options.group = std::make_shared<TorchGroup>(
        place, [] { return torch::Device(torch::kCPU); }, TorchGroupOptions());
  TrainEvents events;
  events.should_stop = [left = kSteps]() mutable -> bool {
    if (left-- == 0) throw Enough();
    return false;
  };
  const auto trainer = benchmark::make_trainer(data, data, settings, RunRecord::of_another("nowhere"), options, events);
  try {
    trainer->run();
  } catch (const Enough&) {
  }
  return {trainer->seconds_per_step(), trainer->communication_share()};
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("no port is free");
  return ntohs(address.sin_port);
}

// Each process is a new one: libtorch's threads do not survive a fork.
Speed train_in(std::uint64_t processes, const std::string& data, Precision precision) {
  std::vector<pid_t> children;
  int pipe[2];
  if (::pipe(pipe) != 0) throw std::runtime_error("no pipe");
  const int port = free_port();
  for (std::uint64_t rank = 0; rank < processes; ++rank) {
    const std::string words[] = {"--rank",
                                 std::to_string(rank),
                                 std::to_string(processes),
                                 std::to_string(port),
                                 data,
                                 precision == Precision::bf16 ? "bf16" : "fp32",
                                 std::to_string(pipe[1])};
    std::vector<char*> argv = {const_cast<char*>("benchmark_distributed_training")};
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      ::execv("/proc/self/exe", argv.data());
      ::_exit(1);
    }
    children.push_back(child);
  }
  ::close(pipe[1]);
  Speed speed;
  const bool read = ::read(pipe[0], &speed, sizeof speed) == sizeof speed;
  ::close(pipe[0]);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  if (!read) throw std::runtime_error("training failed");
  return speed;
}

int be_a_child(char** argv) {
  const ProcessPlace place{.rank = std::stoull(argv[2]),
                           .count = std::stoull(argv[3]),
                           .local_rank = std::stoull(argv[2]),
                           .local_count = std::stoull(argv[3]),
                           .port = static_cast<std::uint16_t>(std::stoi(argv[4]))};
  const Speed speed = train(place, argv[5], std::string(argv[6]) == "bf16" ? Precision::bf16 : Precision::fp32);
  if (place.rank == 0 && ::write(std::stoi(argv[7]), &speed, sizeof speed) != sizeof speed) return 1;
  std::_Exit(0);  // the other one may be gone first
}

void run(const std::string& corpus) {
  const benchmark::MemoryFolder folder;
  const std::string data = benchmark::build(corpus, folder.path, 512, 200);
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    std::vector<double> ratios, ones, twos, shares;
    for (int round = 0; round < 3; ++round) {
      const Speed one = train_in(1, data, precision), two = train_in(2, data, precision);
      ones.push_back(one.step);
      twos.push_back(two.step);
      ratios.push_back(one.step / two.step);
      shares.push_back(100 * two.communication);
    }
    std::printf(
        "small, %s, %llu sequences a step, a thread each: one process %.2f s, two %.2f s   %.2f times as fast   (at "
        "least 1.5, aim 1.9)\n    %.2f %% of the step is exposed communication   (below 8, aim 2)\n",
        precision == Precision::bf16 ? "bf16" : "fp32", static_cast<unsigned long long>(kBatch),
        benchmark::median(ones), benchmark::median(twos), benchmark::median(ratios), benchmark::median(shares));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 8 && std::string(argv[1]) == "--rank") return be_a_child(argv);
  return benchmark::run_on_corpus(argc, argv, run);
}
