#include <aria/nn/distributed/liveness_monitor.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <aria/nn/distributed/key_store.hpp>

#include "support/catch.hpp"

using aria::nn::KeyStore;
using aria::nn::LivenessMonitor;
using aria::nn::LivenessOptions;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPeriod{10}, kLimit{200};
constexpr milliseconds kPatience{30'000};  // of those who are not to find anything themselves

template <class Condition>
bool comes_true(Condition condition) {
  const auto until = Clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

// What all processes see. Notes how long each was silent, for tests that know only then whether all was well.
class Table {
 public:
  void set(const std::string& key, const std::string& value) {
    const std::lock_guard lock(mutex_);
    texts_[key] = value;
    if (!key.starts_with("alive/")) return;
    Signs& signs = signs_[key];
    const Clock::time_point now = Clock::now();
    signs.longest = std::max(signs.longest, now - signs.last);
    signs.last = now;
    signs.go_on = value != "done";
    ++signs.count;
  }
  std::optional<std::string> get(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = texts_.find(key);
    return found == texts_.end() ? std::nullopt : std::optional(found->second);
  }
  std::int64_t add(const std::string& key, std::int64_t amount) {
    const std::lock_guard lock(mutex_);
    return numbers_[key] += amount;
  }

  std::size_t signs_of(std::uint64_t rank) {
    const std::lock_guard lock(mutex_);
    return signs_["alive/" + std::to_string(rank)].count;
  }
  Clock::duration longest_silence() {
    const std::lock_guard lock(mutex_);
    Clock::duration longest{};
    for (const auto& [key, signs] : signs_) {
      longest = std::max({longest, signs.longest, signs.go_on ? Clock::now() - signs.last : Clock::duration{}});
    }
    return longest;
  }

 private:
  struct Signs {
    Clock::time_point last = Clock::now();
    Clock::duration longest{};
    std::size_t count = 0;
    bool go_on = true;
  };
  std::mutex mutex_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::int64_t> numbers_;
  std::map<std::string, Signs> signs_;
};

enum class Mood { answers, throws, hangs, hangs_in_get };

// How one process reaches the table.
class Connection : public KeyStore {
 public:
  explicit Connection(std::shared_ptr<Table> table) : table_(std::move(table)) {}

  void become(Mood mood) {
    const std::lock_guard lock(mutex_);
    mood_ = mood;
    changed_.notify_all();
  }
  bool holds_someone() {
    const std::lock_guard lock(mutex_);
    return held_ > 0;
  }

  void set(const std::string& key, const std::string& value) override {
    answer(false);
    table_->set(key, value);
  }
  std::optional<std::string> get(const std::string& key) override {
    answer(true);
    return table_->get(key);
  }
  std::int64_t add(const std::string& key, std::int64_t amount) override {
    answer(false);
    return table_->add(key, amount);
  }

 private:
  void answer(bool is_get) {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.wait(lock, [&] { return mood_ != Mood::hangs && !(is_get && mood_ == Mood::hangs_in_get); });
    --held_;
    if (mood_ == Mood::throws) throw std::runtime_error("the connection broke");
  }

  const std::shared_ptr<Table> table_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Mood mood_ = Mood::answers;
  int held_ = 0;
};

LivenessOptions options_of(std::uint64_t rank, std::uint64_t count, milliseconds limit, milliseconds period = kPeriod) {
  return {.rank = rank,
          .count = count,
          .name = "process " + std::to_string(rank),
          .keeper = "the keeper",
          .period = period,
          .limit = limit};
}

class Process {
 public:
  Process(const std::shared_ptr<Table>& table, const LivenessOptions& options, Mood mood = Mood::answers)
      : connection_(std::make_shared<Connection>(table)) {
    connection_->become(mood);
    monitor_.emplace(connection_, options, [this](const std::string& why) {
      const std::lock_guard lock(mutex_);
      heard_.push_back(why);
    });
  }

  LivenessMonitor& monitor() { return *monitor_; }
  Connection& connection() { return *connection_; }
  void end() { monitor_.reset(); }

  // Whether its threads have let go of the connection.
  bool has_no_threads() const { return connection_.use_count() == 1; }

  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

  // What it hears once it hears something; it stays the only thing.
  std::string waits_to_hear() {
    if (!comes_true([this] { return !heard().empty(); })) return "nothing";
    std::this_thread::sleep_for(3 * kPeriod);
    CHECK(heard().size() == 1);
    return heard().front();
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::shared_ptr<Connection> connection_;
  std::optional<LivenessMonitor> monitor_;
};

using Processes = std::vector<std::unique_ptr<Process>>;

Processes processes_of(const std::shared_ptr<Table>& table, std::uint64_t count, milliseconds limit) {
  Processes all;
  for (std::uint64_t rank = 0; rank < count; ++rank) {
    all.push_back(std::make_unique<Process>(table, options_of(rank, count, limit)));
  }
  return all;
}

// Runs `check` until the machine has let all processes show signs of life while it did.
template <class Check>
void while_all_are_well(Check check) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto table = std::make_shared<Table>();
    if (check(table)) return;
  }
  WARN("the machine stood still again and again: not tested");
}

// Nobody hears anything for longer than the limit, though those of `finished` are gone.
void check_quiet(std::uint64_t count, const std::vector<std::size_t>& finished) {
  while_all_are_well([&](const std::shared_ptr<Table>& table) {
    const Processes processes = processes_of(table, count, kLimit);
    REQUIRE(comes_true([&] {
      for (std::uint64_t rank = 0; rank < count; ++rank) {
        if (table->signs_of(rank) < 2) return false;
      }
      return true;
    }));
    for (const std::size_t rank : finished) processes[rank]->end();
    std::this_thread::sleep_for(3 * kLimit);
    std::size_t heard = 0;
    for (const auto& process : processes) heard += process->heard().size();
    if (table->longest_silence() > kLimit / 2) return false;
    CHECK(heard == 0);
    for (std::uint64_t rank = 0; rank < count; ++rank) {
      const bool has_finished = std::find(finished.begin(), finished.end(), rank) != finished.end();
      CHECK((table->get("alive/" + std::to_string(rank)) == "done") == has_finished);
    }
    return true;
  });
}

// Ranks 0 and 1 of three, of whom only 1 has little patience, with whoever is to be rank 2.
void check_rank_2_is_missed(const std::shared_ptr<Table>& table, std::string_view named) {
  Process far(table, options_of(0, 3, kPatience)), near(table, options_of(1, 3, kLimit, kLimit));
  const std::string why = near.waits_to_hear();
  CHECK(why.starts_with(std::string(named) + " has shown no sign of life for "));
  CHECK(far.waits_to_hear() == why);
  CHECK(far.monitor().wait_for_reason() == why);
  CHECK(near.monitor().wait_for_reason() == why);
  CHECK(table->get("end/why") == why);
}

}  // namespace

TEST_CASE("LivenessMonitor: who is well hears nothing", "[nn]") {
  for (const std::uint64_t count : {1U, 2U, 3U}) {
    CAPTURE(count);
    check_quiet(count, {});
  }
}

TEST_CASE("LivenessMonitor: who has finished is not missed", "[nn]") {
  check_quiet(2, {0});
  check_quiet(3, {1});
  check_quiet(3, {2, 1});
  check_quiet(2, {0, 1});
}

TEST_CASE("LivenessMonitor: who never came is missed", "[nn]") {
  check_rank_2_is_missed(std::make_shared<Table>(), "rank 2");
}

TEST_CASE("LivenessMonitor: who misses one says so itself where another one did not come to tell why", "[nn]") {
  const auto table = std::make_shared<Table>();
  REQUIRE(table->add("end/count", 1) == 1);
  Process near(table, options_of(1, 3, kLimit, kLimit)), far(table, options_of(0, 3, kPatience));
  const std::string why = near.waits_to_hear();
  CHECK(why.starts_with("rank 2 has shown no sign of life for "));
  CHECK(far.waits_to_hear() == why);
}

TEST_CASE("LivenessMonitor: a name is left where the store did not answer at first", "[nn]") {
  const auto table = std::make_shared<Table>();
  Process process(table, options_of(0, 2, kPatience), Mood::throws);
  std::this_thread::sleep_for(3 * kPeriod);
  process.connection().become(Mood::answers);
  CHECK(comes_true([&] { return table->get("name/0") == "process 0"; }));
}

TEST_CASE("LivenessMonitor: who shows no more signs of life is named to all", "[nn]") {
  const auto table = std::make_shared<Table>();
  table->set("name/2", "process 2");
  table->set("alive/2", "17");
  check_rank_2_is_missed(table, "rank 2 (process 2)");
}

TEST_CASE("LivenessMonitor: who is cut off is missed, and hears of it later", "[nn]") {
  const auto table = std::make_shared<Table>();
  Process cut(table, options_of(2, 3, kPatience));
  REQUIRE(comes_true([&] { return table->signs_of(2) >= 3; }));
  cut.connection().become(Mood::hangs);
  check_rank_2_is_missed(table, "rank 2 (process 2)");
  CHECK(cut.heard().empty());
  cut.connection().become(Mood::answers);
  CHECK(cut.waits_to_hear() == table->get("end/why"));
}

TEST_CASE("LivenessMonitor: what one announces first reaches all", "[nn]") {
  for (const std::uint64_t count : {1U, 2U, 4U}) {
    const auto table = std::make_shared<Table>();
    const Processes processes = processes_of(table, count, kPatience);
    CHECK(processes.back()->monitor().announce("the disk is full"));
    for (const auto& process : processes) CHECK_FALSE(process->monitor().announce("something else"));
    for (std::size_t rank = 0; rank < count; ++rank) {
      CHECK(processes[rank]->waits_to_hear() == "the disk is full");
      CHECK(processes[rank]->monitor().wait_for_reason() == "the disk is full");
      CHECK(comes_true([&] { return table->get("alive/" + std::to_string(rank)) == "done"; }));
    }
  }
}

TEST_CASE("LivenessMonitor: of many who announce at once, one is the first", "[nn]") {
  for (int round = 0; round < 10; ++round) {
    const auto table = std::make_shared<Table>();
    const Processes processes = processes_of(table, 4, kPatience);
    std::vector<std::future<bool>> firsts;
    for (std::size_t rank = 0; rank < 4; ++rank) {
      firsts.push_back(std::async(std::launch::async,
                                  [&, rank] { return processes[rank]->monitor().announce(std::to_string(rank)); }));
    }
    std::vector<std::string> first;
    for (std::size_t rank = 0; rank < 4; ++rank) {
      if (firsts[rank].get()) first.push_back(std::to_string(rank));
    }
    REQUIRE(first.size() == 1);
    for (const auto& process : processes) CHECK(process->waits_to_hear() == first.front());
  }
}

TEST_CASE("LivenessMonitor: who waits for a reason gets it when it comes", "[nn]") {
  const auto table = std::make_shared<Table>();
  const Processes processes = processes_of(table, 2, kPatience);
  auto waiting = std::async(std::launch::async, [&] { return processes[0]->monitor().wait_for_reason(); });
  CHECK(waiting.wait_for(3 * kPeriod) == std::future_status::timeout);
  CHECK(processes[1]->monitor().announce("the disk is full"));
  CHECK(waiting.get() == "the disk is full");
}

TEST_CASE("LivenessMonitor: there is no reason where all are well", "[nn]") {
  while_all_are_well([](const std::shared_ptr<Table>& table) {
    const Processes processes = processes_of(table, 2, kLimit);
    const Clock::time_point start = Clock::now();
    const std::optional<std::string> reason = processes[0]->monitor().wait_for_reason();
    const Clock::duration waited = Clock::now() - start;
    if (table->longest_silence() > kLimit / 2) return false;
    CHECK_FALSE(reason.has_value());
    CHECK(waited >= kLimit);
    return true;
  });
}

TEST_CASE("LivenessMonitor: a store that does not answer any more is reported once", "[nn]") {
  for (const Mood mood : {Mood::throws, Mood::hangs, Mood::hangs_in_get}) {
    CAPTURE(static_cast<int>(mood));
    const auto table = std::make_shared<Table>();
    Process process(table, options_of(0, 1, kLimit));
    REQUIRE(comes_true([&] { return table->signs_of(0) >= 3; }));
    process.connection().become(mood);
    const std::string why = process.waits_to_hear();
    CHECK(why.starts_with("the keeper has not answered for "));
    CHECK(process.monitor().wait_for_reason() == why);
    table->set("end/why", "too late");
    process.connection().become(Mood::answers);
    std::this_thread::sleep_for(5 * kPeriod);
    CHECK(process.heard() == std::vector{why});
  }
}

TEST_CASE("LivenessMonitor: a store that never answered is reported", "[nn]") {
  for (const Mood mood : {Mood::throws, Mood::hangs}) {
    CAPTURE(static_cast<int>(mood));
    Process process(std::make_shared<Table>(), options_of(0, 2, kLimit), mood);
    CHECK(process.waits_to_hear().starts_with("the keeper has not answered for "));
    process.connection().become(Mood::answers);
  }
}

TEST_CASE("LivenessMonitor: who cannot announce is told that it was the first", "[nn]") {
  Process process(std::make_shared<Table>(), options_of(0, 2, kPatience), Mood::throws);
  CHECK(process.monitor().announce("the disk is full"));
}

TEST_CASE("LivenessMonitor: a store that answers again in time is as good as before", "[nn]") {
  const auto table = std::make_shared<Table>();
  const Processes processes = processes_of(table, 2, kPatience);
  for (const Mood mood : {Mood::throws, Mood::hangs, Mood::hangs_in_get}) {
    CAPTURE(static_cast<int>(mood));
    processes[0]->connection().become(mood);
    std::this_thread::sleep_for(3 * kPeriod);
    processes[0]->connection().become(Mood::answers);
    const std::size_t signs = table->signs_of(0);
    CHECK(comes_true([&] { return table->signs_of(0) > signs + 3; }));
  }
  for (const auto& process : processes) CHECK(process->heard().empty());
  CHECK(processes[1]->monitor().announce("the disk is full"));
  CHECK(processes[0]->waits_to_hear() == "the disk is full");
}

TEST_CASE("LivenessMonitor: its end does not wait for a store that hangs", "[nn]") {
  for (const Mood mood : {Mood::hangs, Mood::hangs_in_get}) {
    CAPTURE(static_cast<int>(mood));
    const auto table = std::make_shared<Table>();
    Process process(table, options_of(0, 2, kPatience));
    REQUIRE(comes_true([&] { return table->signs_of(0) >= 3; }));
    process.connection().become(mood);
    REQUIRE(comes_true([&] { return process.connection().holds_someone(); }));
    const auto ending = std::async(std::launch::async, [&] { process.end(); });
    const bool has_ended = ending.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
    CHECK(has_ended);
    CHECK_FALSE(process.has_no_threads());
    table->set("end/why", "too late");
    process.connection().become(Mood::answers);
    CHECK(comes_true([&] { return process.has_no_threads(); }));
    CHECK(process.heard().empty());
    CHECK(table->get("alive/0") == "done");
  }
}

TEST_CASE("LivenessMonitor: its threads end with it", "[nn]") {
  const auto table = std::make_shared<Table>();
  Process process(table, options_of(0, 1, kPatience));
  CHECK_FALSE(process.has_no_threads());
  process.end();
  CHECK(comes_true([&] { return process.has_no_threads(); }));
  CHECK(table->get("alive/0") == "done");
}

TEST_CASE("LivenessMonitor: its end waits for the report that is under way", "[nn]") {
  for (const Mood mood : {Mood::answers, Mood::throws}) {
    CAPTURE(static_cast<int>(mood));
    const auto table = std::make_shared<Table>();
    table->set("end/why", "the disk is full");
    const auto connection = std::make_shared<Connection>(table);
    connection->become(mood);
    bool has_ended = false;
    std::promise<void> begun;
    {
      const LivenessMonitor monitor(connection, options_of(0, 1, kLimit), [&](const std::string&) {
        begun.set_value();
        std::this_thread::sleep_for(5 * kPeriod);
        has_ended = true;
      });
      begun.get_future().wait();
    }
    CHECK(has_ended);
  }
}

TEST_CASE("LivenessMonitor: nothing is reported after its end", "[nn]") {
  for (int round = 0; round < 100; ++round) {
    const auto table = std::make_shared<Table>();
    auto reports = std::make_unique<int>(0);
    {
      LivenessMonitor monitor(std::make_shared<Connection>(table), options_of(0, 1, kPatience, milliseconds(1)),
                              [&](const std::string&) { ++*reports; });
      CHECK(monitor.announce("the disk is full"));
      if (round % 2 == 0) CHECK(monitor.wait_for_reason() == "the disk is full");
    }
    CHECK(*reports <= 1);
    reports.reset();
  }
}

TEST_CASE("LivenessMonitor: nobody needs to be called", "[nn]") {
  LivenessMonitor monitor(std::make_shared<Connection>(std::make_shared<Table>()), options_of(0, 2, kPatience), {});
  CHECK(monitor.announce("the disk is full"));
  CHECK(monitor.wait_for_reason() == "the disk is full");
}
