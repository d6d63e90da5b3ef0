// Which one of several processes this is, from the environment that launchers set.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <aria/support/error.hpp>

namespace aria::nn {

/// One of `count` processes that train together, and where they find each other.
struct ProcessPlace {
  std::uint64_t rank = 0;  ///< from 0 to count - 1
  std::uint64_t count = 1;
  std::uint64_t local_rank = 0;  ///< among those on the same machine
  std::uint64_t local_count = 1;
  std::string address = "127.0.0.1";  ///< the machine where rank 0, or the launcher, answers
  std::uint16_t port = 29500;
  bool launcher_answers = false;  ///< else rank 0 does

  friend bool operator==(const ProcessPlace&, const ProcessPlace&) = default;
};

/// Gives the value of a variable of the environment, or nothing.
using Environment = std::function<std::optional<std::string>(const char* name)>;

inline std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// The first machine of a list as Slurm writes them: "node01" of "node[01-03,07],other".
inline std::string first_host(std::string_view list) {
  std::string host;
  for (std::size_t i = 0; i < list.size() && list[i] != ','; ++i) {
    if (list[i] != '[') {
      host += list[i];
      continue;
    }
    const std::size_t end = std::min(list.find_first_of(",-]", i + 1), list.size());
    host += list.substr(i + 1, end - i - 1);
    i = std::min(list.find(']', end), list.size() - 1);
  }
  return host;
}

namespace detail {

// Reads the variables of one launcher.
class PlaceReader {
 public:
  explicit PlaceReader(const Environment& environment) : environment_(environment) {}

  std::optional<ProcessPlace> read() const {
    if (has("WORLD_SIZE") || has("RANK")) return torchrun();
    if (has("OMPI_COMM_WORLD_SIZE")) {
      return mpi("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
                 "OMPI_COMM_WORLD_LOCAL_SIZE");
    }
    if (has("PMI_SIZE") && !is_slurm_alone()) return mpi("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS");
    if (has("SLURM_STEP_NUM_TASKS")) return slurm();
    return std::nullopt;
  }

 private:
  // Slurm sets variables of PMI, too, for every program; an mpirun below it counts the processes itself.
  bool is_slurm_alone() const {
    return environment_("PMI_SIZE") == environment_("SLURM_STEP_NUM_TASKS") &&
           environment_("PMI_RANK") == environment_("SLURM_PROCID") && !has("MPI_LOCALRANKID");
  }

  bool has(const char* name) const { return environment_(name).has_value(); }

  std::uint64_t number(const char* name) const {
    const std::optional<std::string> text = environment_(name);
    if (!text) throw Error(ErrorCode::invalid_argument, std::string(name) + " is not set");
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || text->empty()) {
      throw Error(ErrorCode::invalid_argument,
                  std::string(name) + " must be a whole number from 0, and is \"" + *text + '"');
    }
    return value;
  }
  std::uint64_t number(const char* name, std::uint64_t otherwise) const { return has(name) ? number(name) : otherwise; }

  // `size` is the variable that says how many there are; `address` where rank 0 is unless MASTER_ADDR says it.
  ProcessPlace placed(ProcessPlace place, const char* size, std::string address = "") const {
    if (place.rank >= place.count || place.local_rank >= place.local_count) {
      throw Error(ErrorCode::invalid_argument,
                  std::string(size) + " is " + std::to_string(place.count) + ", and the rank is " +
                      std::to_string(place.rank) + "; of the " + std::to_string(place.local_count) +
                      " processes on this machine it is number " + std::to_string(place.local_rank));
    }
    if (const auto said = environment_("MASTER_ADDR")) address = *said;
    if (address.empty() && place.count == place.local_count) address = place.address;
    if (address.empty()) {
      throw Error(ErrorCode::invalid_argument,
                  std::string(size) + " is " + std::to_string(place.count) +
                      ", and MASTER_ADDR is not set: it names the machine of rank 0, which all of them must reach");
    }
    place.address = address;
    const std::uint64_t port = number("MASTER_PORT", place.port);
    if (port < 1 || port > 65535) {
      throw Error(ErrorCode::invalid_argument,
                  "MASTER_PORT must lie between 1 and 65535, and is " + std::to_string(port));
    }
    place.port = static_cast<std::uint16_t>(port);
    return place;
  }

  // torchrun, and shells in which somebody set the variables by hand: these may leave out the local ones.
  ProcessPlace torchrun() const {
    ProcessPlace place{.rank = number("RANK"), .count = number("WORLD_SIZE")};
    const bool one_machine = environment_("MASTER_ADDR") == "127.0.0.1" || environment_("MASTER_ADDR") == "localhost";
    place.local_rank = number("LOCAL_RANK", one_machine ? place.rank : 0);
    place.local_count = number("LOCAL_WORLD_SIZE", one_machine ? place.count : place.local_rank + 1);
    place.launcher_answers = environment_("TORCHELASTIC_USE_AGENT_STORE") == "True";
    return placed(place, "WORLD_SIZE");
  }

  ProcessPlace mpi(const char* rank, const char* size, const char* local_rank, const char* local_size) const {
    ProcessPlace place{.rank = number(rank), .count = number(size)};
    place.local_rank = number(local_rank, 0);
    place.local_count = number(local_size, place.local_rank + 1);
    return placed(place, size);
  }

  // Of a step that srun started; other variables of Slurm are there in batch scripts, too.
  ProcessPlace slurm() const {
    ProcessPlace place{.rank = number("SLURM_PROCID"), .count = number("SLURM_STEP_NUM_TASKS")};
    place.local_rank = number("SLURM_LOCALID", 0);
    // "2(x3),1": of the first machine, but all are alike where it matters.
    const std::string tasks = environment_("SLURM_STEP_TASKS_PER_NODE").value_or("");
    place.local_count = 0;
    std::from_chars(tasks.data(), tasks.data() + tasks.size(), place.local_count);
    place.local_count = std::max(place.local_count, place.local_rank + 1);
    // Jobs that share a machine have ports of their own.
    place.port = static_cast<std::uint16_t>(20'000 + number("SLURM_JOB_ID", 0) % 20'000);
    return placed(place, "SLURM_STEP_NUM_TASKS", first_host(environment_("SLURM_STEP_NODELIST").value_or("")));
  }

  const Environment& environment_;
};

}  // namespace detail

/// The place that torchrun, mpirun (Open MPI, MPICH) or Slurm's srun gave this process, or whoever set RANK,
/// WORLD_SIZE and MASTER_ADDR (MASTER_PORT: 29500); nothing where there was none of these. Throws invalid_argument,
/// naming the variables, where they contradict each other or lack one.
inline std::optional<ProcessPlace> place_in(const Environment& environment = process_environment) {
  return detail::PlaceReader(environment).read();
}

}  // namespace aria::nn
