#include <aria/nn/distributed/process_place.hpp>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/random_piece.hpp"

using aria::ErrorCode;
using aria::nn::first_host;
using aria::nn::place_in;
using aria::nn::ProcessPlace;
using test::Dice;

namespace {

using Variables = std::map<std::string, std::string>;

aria::nn::Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

Variables without(Variables variables, const std::string& name) {
  REQUIRE(variables.erase(name) == 1);
  return variables;
}

// "1 of 8, 1 of 2 here, rank 0 at host:29500"
std::string place_of(const Variables& variables) {
  const std::optional<ProcessPlace> place = place_in(environment_of(variables));
  if (!place) return "none";
  return std::to_string(place->rank) + " of " + std::to_string(place->count) + ", " +
         std::to_string(place->local_rank) + " of " + std::to_string(place->local_count) + " here, " +
         (place->launcher_answers ? "the launcher" : "rank 0") + " at " + place->address + ':' +
         std::to_string(place->port);
}

void check_error(const Variables& variables, const std::vector<std::string>& parts) {
  const aria::Error error = test::error_of([&] { place_in(environment_of(variables)); });
  CHECK(error.code() == ErrorCode::invalid_argument);
  for (const std::string& part : parts) {
    CAPTURE(error.message(), part);
    CHECK(error.message().find(part) != std::string::npos);
  }
}

const Variables kTorchrun = {{"RANK", "5"},
                             {"WORLD_SIZE", "8"},
                             {"LOCAL_RANK", "1"},
                             {"LOCAL_WORLD_SIZE", "4"},
                             {"MASTER_ADDR", "node1"},
                             {"MASTER_PORT", "1234"}};
const Variables kOpenMpi = {{"OMPI_COMM_WORLD_RANK", "6"},
                            {"OMPI_COMM_WORLD_SIZE", "8"},
                            {"OMPI_COMM_WORLD_LOCAL_RANK", "2"},
                            {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                            {"MASTER_ADDR", "node2"}};
const Variables kMpich = {
    {"PMI_RANK", "6"}, {"PMI_SIZE", "8"}, {"MPI_LOCALRANKID", "2"}, {"MPI_LOCALNRANKS", "4"}, {"MASTER_ADDR", "node3"}};
const Variables kSlurm = {{"SLURM_PROCID", "5"},           {"SLURM_STEP_NUM_TASKS", "8"},
                          {"SLURM_LOCALID", "1"},          {"SLURM_STEP_TASKS_PER_NODE", "4(x2)"},
                          {"SLURM_JOB_ID", "1234567"},     {"SLURM_STEP_NODELIST", "gpu[07-09,12],b1"},
                          {"SLURM_JOB_NODELIST", "x[1-9]"}};

}  // namespace

TEST_CASE("ProcessPlace: none where no launcher set anything", "[nn]") {
  CHECK(place_of({}) == "none");
  CHECK(place_of({{"MASTER_ADDR", "node1"}, {"MASTER_PORT", "no port"}, {"LOCAL_RANK", "no number"}}) == "none");
}

TEST_CASE("ProcessPlace: torchrun says everything", "[nn]") {
  CHECK(place_of(kTorchrun) == "5 of 8, 1 of 4 here, rank 0 at node1:1234");
  CHECK(place_of(with(kTorchrun, "TORCHELASTIC_USE_AGENT_STORE", "True")) ==
        "5 of 8, 1 of 4 here, the launcher at node1:1234");
  CHECK(place_of(with(kTorchrun, "TORCHELASTIC_USE_AGENT_STORE", "False")) == place_of(kTorchrun));
}

TEST_CASE("ProcessPlace: RANK and WORLD_SIZE by hand, without the local ones", "[nn]") {
  const Variables by_hand = {{"RANK", "2"}, {"WORLD_SIZE", "3"}, {"MASTER_ADDR", "node1"}};
  CHECK(place_of(by_hand) == "2 of 3, 0 of 1 here, rank 0 at node1:29500");
  CHECK(place_of(with(by_hand, "LOCAL_RANK", "1")) == "2 of 3, 1 of 2 here, rank 0 at node1:29500");
  CHECK(place_of(with(by_hand, "LOCAL_WORLD_SIZE", "2")) == "2 of 3, 0 of 2 here, rank 0 at node1:29500");
  CHECK(place_of(with(by_hand, "MASTER_PORT", "1")) == "2 of 3, 0 of 1 here, rank 0 at node1:1");
  CHECK(place_of(with(by_hand, "MASTER_PORT", "65535")) == "2 of 3, 0 of 1 here, rank 0 at node1:65535");
  CHECK(place_of(with(by_hand, "MASTER_ADDR", "127.0.0.1")) == "2 of 3, 2 of 3 here, rank 0 at 127.0.0.1:29500");
  CHECK(place_of(with(by_hand, "MASTER_ADDR", "localhost")) == "2 of 3, 2 of 3 here, rank 0 at localhost:29500");
  const Variables second = with(by_hand, "RANK", "1");
  CHECK(place_of(with(second, "MASTER_ADDR", "localhost")) == "1 of 3, 1 of 3 here, rank 0 at localhost:29500");
}

TEST_CASE("ProcessPlace: one process, or all on this machine, need no address", "[nn]") {
  CHECK(place_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}) == "0 of 1, 0 of 1 here, rank 0 at 127.0.0.1:29500");
  CHECK(place_of({{"RANK", "1"}, {"WORLD_SIZE", "3"}, {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "3"}}) ==
        "1 of 3, 1 of 3 here, rank 0 at 127.0.0.1:29500");
}

TEST_CASE("ProcessPlace: Open MPI", "[nn]") {
  CHECK(place_of(kOpenMpi) == "6 of 8, 2 of 4 here, rank 0 at node2:29500");
  CHECK(place_of(with(kOpenMpi, "MASTER_PORT", "77")) == "6 of 8, 2 of 4 here, rank 0 at node2:77");
  CHECK(place_of({{"OMPI_COMM_WORLD_RANK", "1"},
                  {"OMPI_COMM_WORLD_SIZE", "2"},
                  {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                  {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}}) == "1 of 2, 1 of 2 here, rank 0 at 127.0.0.1:29500");
}

TEST_CASE("ProcessPlace: MPICH and Intel MPI", "[nn]") {
  CHECK(place_of(kMpich) == "6 of 8, 2 of 4 here, rank 0 at node3:29500");
  CHECK(place_of({{"PMI_RANK", "3"}, {"PMI_SIZE", "4"}, {"MASTER_ADDR", "a"}}) ==
        "3 of 4, 0 of 1 here, rank 0 at a:29500");
  CHECK(place_of({{"PMI_RANK", "3"}, {"PMI_SIZE", "4"}, {"MPI_LOCALRANKID", "1"}, {"MASTER_ADDR", "a"}}) ==
        "3 of 4, 1 of 2 here, rank 0 at a:29500");
  CHECK(place_of({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MPI_LOCALRANKID", "0"}, {"MPI_LOCALNRANKS", "2"}}) ==
        "0 of 2, 0 of 2 here, rank 0 at 127.0.0.1:29500");
}

TEST_CASE("ProcessPlace: srun of Slurm", "[nn]") {
  CHECK(place_of(kSlurm) == "5 of 8, 1 of 4 here, rank 0 at gpu07:34567");
  CHECK(place_of(without(kSlurm, "SLURM_JOB_ID")) == "5 of 8, 1 of 4 here, rank 0 at gpu07:20000");
  CHECK(place_of(with(kSlurm, "SLURM_JOB_ID", "39999")) == "5 of 8, 1 of 4 here, rank 0 at gpu07:39999");
  CHECK(place_of(with(kSlurm, "SLURM_JOB_ID", "40000")) == "5 of 8, 1 of 4 here, rank 0 at gpu07:20000");
  CHECK(place_of(with(with(kSlurm, "MASTER_ADDR", "node1"), "MASTER_PORT", "5")) ==
        "5 of 8, 1 of 4 here, rank 0 at node1:5");
  CHECK(place_of(with(kSlurm, "SLURM_STEP_NODELIST", "login,gpu[1-2]")) ==
        "5 of 8, 1 of 4 here, rank 0 at login:34567");
}

TEST_CASE("ProcessPlace: how many Slurm runs on a machine", "[nn]") {
  for (const auto& [tasks, count] : std::map<std::string, std::string>{
           {"4", "4"}, {"3,5", "3"}, {"2(x3),1", "2"}, {"1(x8)", "2"}, {"", "2"}, {"none", "2"}}) {
    CAPTURE(tasks);
    CHECK(place_of(with(kSlurm, "SLURM_STEP_TASKS_PER_NODE", tasks)) ==
          "5 of 8, 1 of " + count + " here, rank 0 at gpu07:34567");
  }
  const Variables unknown = without(kSlurm, "SLURM_STEP_TASKS_PER_NODE");
  CHECK(place_of(unknown) == "5 of 8, 1 of 2 here, rank 0 at gpu07:34567");
  CHECK(place_of(without(unknown, "SLURM_LOCALID")) == "5 of 8, 0 of 1 here, rank 0 at gpu07:34567");
}

TEST_CASE("ProcessPlace: a batch script of Slurm is no step of it", "[nn]") {
  CHECK(place_of(without(kSlurm, "SLURM_STEP_NUM_TASKS")) == "none");
}

TEST_CASE("ProcessPlace: where launchers start each other, the innermost counts", "[nn]") {
  Variables all = kSlurm;
  all.merge(Variables(kMpich));
  CHECK(place_of(all) == "6 of 8, 2 of 4 here, rank 0 at node3:29500");
  all.merge(Variables(kOpenMpi));
  all["OMPI_COMM_WORLD_RANK"] = "7";
  CHECK(place_of(all) == "7 of 8, 2 of 4 here, rank 0 at node3:29500");
  all.merge(Variables(kTorchrun));
  CHECK(place_of(all) == "5 of 8, 1 of 4 here, rank 0 at node3:1234");
}

TEST_CASE("ProcessPlace: a variable that is missing is named", "[nn]") {
  check_error(without(kTorchrun, "WORLD_SIZE"), {"WORLD_SIZE is not set"});
  check_error(without(kTorchrun, "RANK"), {"RANK is not set"});
  check_error(without(kOpenMpi, "OMPI_COMM_WORLD_RANK"), {"OMPI_COMM_WORLD_RANK is not set"});
  check_error(without(kMpich, "PMI_RANK"), {"PMI_RANK is not set"});
  check_error(without(kSlurm, "SLURM_PROCID"), {"SLURM_PROCID is not set"});
}

TEST_CASE("ProcessPlace: several machines need the address of one", "[nn]") {
  check_error(without(kTorchrun, "MASTER_ADDR"), {"WORLD_SIZE is 8", "MASTER_ADDR is not set"});
  check_error({{"RANK", "0"}, {"WORLD_SIZE", "2"}}, {"WORLD_SIZE is 2", "MASTER_ADDR is not set"});
  check_error(without(kOpenMpi, "MASTER_ADDR"), {"OMPI_COMM_WORLD_SIZE is 8", "MASTER_ADDR is not set"});
  check_error(without(kMpich, "MASTER_ADDR"), {"PMI_SIZE is 8", "MASTER_ADDR is not set"});
  check_error(without(kSlurm, "SLURM_STEP_NODELIST"), {"SLURM_STEP_NUM_TASKS is 8", "MASTER_ADDR is not set"});
}

TEST_CASE("ProcessPlace: a rank that there cannot be, with both values", "[nn]") {
  for (const char* rank : {"8", "9", "18446744073709551615"}) {
    const std::string said = std::string("the rank is ") + rank;
    check_error(with(kTorchrun, "RANK", rank), {"WORLD_SIZE is 8", said});
    check_error(with(kOpenMpi, "OMPI_COMM_WORLD_RANK", rank), {"OMPI_COMM_WORLD_SIZE is 8", said});
    check_error(with(kMpich, "PMI_RANK", rank), {"PMI_SIZE is 8", said});
    check_error(with(kSlurm, "SLURM_PROCID", rank), {"SLURM_STEP_NUM_TASKS is 8", said});
  }
  check_error({{"RANK", "0"}, {"WORLD_SIZE", "0"}}, {"WORLD_SIZE is 0", "the rank is 0"});
  CHECK(place_of(with(kTorchrun, "RANK", "7")) == "7 of 8, 1 of 4 here, rank 0 at node1:1234");
}

TEST_CASE("ProcessPlace: a local rank that there cannot be, with both values", "[nn]") {
  const std::vector<std::string> said = {"of the 4 processes on this machine it is number 4"};
  check_error(with(kTorchrun, "LOCAL_RANK", "4"), said);
  check_error(with(kOpenMpi, "OMPI_COMM_WORLD_LOCAL_RANK", "4"), said);
  check_error(with(kMpich, "MPI_LOCALRANKID", "4"), said);
  check_error(with(kTorchrun, "LOCAL_WORLD_SIZE", "0"), {"of the 0 processes", "number 1"});
}

TEST_CASE("ProcessPlace: ports lie between 1 and 65535", "[nn]") {
  for (const char* port : {"0", "65536", "4294968530", "18446744073709551615"}) {
    for (const Variables& variables : {kTorchrun, kOpenMpi, kMpich, kSlurm}) {
      check_error(with(variables, "MASTER_PORT", port),
                  {"MASTER_PORT must lie between 1 and 65535", std::string("is ") + port});
    }
  }
}

TEST_CASE("ProcessPlace: a text that is no number is shown beside its variable", "[nn]") {
  const std::map<std::string, Variables> numbers = {{"RANK", kTorchrun},
                                                    {"WORLD_SIZE", kTorchrun},
                                                    {"LOCAL_RANK", kTorchrun},
                                                    {"LOCAL_WORLD_SIZE", kTorchrun},
                                                    {"MASTER_PORT", kTorchrun},
                                                    {"OMPI_COMM_WORLD_RANK", kOpenMpi},
                                                    {"OMPI_COMM_WORLD_SIZE", kOpenMpi},
                                                    {"OMPI_COMM_WORLD_LOCAL_RANK", kOpenMpi},
                                                    {"OMPI_COMM_WORLD_LOCAL_SIZE", kOpenMpi},
                                                    {"PMI_RANK", kMpich},
                                                    {"PMI_SIZE", kMpich},
                                                    {"MPI_LOCALRANKID", kMpich},
                                                    {"MPI_LOCALNRANKS", kMpich},
                                                    {"SLURM_PROCID", kSlurm},
                                                    {"SLURM_STEP_NUM_TASKS", kSlurm},
                                                    {"SLURM_LOCALID", kSlurm},
                                                    {"SLURM_JOB_ID", kSlurm}};
  for (const auto& [name, variables] : numbers) {
    for (const std::string text :
         {"", " ", "x", "-1", "+1", "1 ", " 1", "1x", "0x1", "1.0", "1e0", "18446744073709551616"}) {
      check_error(with(variables, name, text), {name + " must be a whole number from 0", "and is \"" + text + '"'});
    }
  }
}

TEST_CASE("The first machine of a list of Slurm's", "[nn]") {
  for (const auto& [list, host] : std::map<std::string, std::string>{
           {"gpu[07-09,12],b1", "gpu07"},
           {"gpu[12,07-09],b1", "gpu12"},
           {"b1,gpu[07-09,12]", "b1"},
           {"node01", "node01"},
           {"node01,node02", "node01"},
           {"node[3]", "node3"},
           {"node[001-128]", "node001"},
           {"[5-6]", "5"},
           {"rack[1-2]node[03,05],other", "rack1node03"},
           {"node[1-3]-ib,other", "node1-ib"},
           {"a-b.example.org,c", "a-b.example.org"},
           {"", ""},
       }) {
    CAPTURE(list);
    CHECK(first_host(list) == host);
  }
}

TEST_CASE("A list of machines that is damaged gives some text, too", "[nn]") {
  Dice dice(1);
  for (int n = 0; n < 20'000; ++n) {
    std::string list;
    for (std::uint64_t left = dice.below(9); left > 0; --left) list += "[[]],-a0"[dice.below(8)];
    const std::string host = first_host(list);
    CAPTURE(list, host);
    CHECK(host.size() <= list.size());
    CHECK(host.find(',') == std::string::npos);
  }
}

TEST_CASE("Variables are those of this process where nobody says otherwise", "[nn]") {
  const char* name = "ARIA_TEST_OF_PROCESS_PLACE";
  REQUIRE(::unsetenv(name) == 0);
  CHECK_FALSE(aria::nn::process_environment(name).has_value());
  REQUIRE(::setenv(name, "", 1) == 0);
  CHECK(aria::nn::process_environment(name) == "");
  REQUIRE(::setenv(name, "4", 1) == 0);
  CHECK(aria::nn::process_environment(name) == "4");
  REQUIRE(::unsetenv(name) == 0);
}

TEST_CASE("Slurm sets the variables of PMI for every program, and is not taken for MPI") {
  const auto place = place_in(environment_of({{"SLURM_PROCID", "3"},
                                              {"SLURM_STEP_NUM_TASKS", "4"},
                                              {"SLURM_LOCALID", "1"},
                                              {"SLURM_STEP_TASKS_PER_NODE", "2(x2)"},
                                              {"SLURM_STEP_NODELIST", "gpu[1-2]"},
                                              {"SLURM_JOB_ID", "7"},
                                              {"PMI_RANK", "3"},
                                              {"PMI_SIZE", "4"}}));
  REQUIRE(place);
  CHECK(place->address == "gpu1");
  CHECK(place->local_rank == 1);
  CHECK(place->local_count == 2);
}
