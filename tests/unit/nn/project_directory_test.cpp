#include <aria/nn/training/project_directory.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <aria/nn/evaluation/loss_tally.hpp>
#include <aria/nn/training/table_rows.hpp>

#include "support/catch.hpp"
#include "support/data.hpp"

namespace fs = std::filesystem;
using aria::ErrorCode;
using aria::nn::ProjectDirectory;
using aria::nn::RowFile;

namespace {

const std::string kLossHeader = "epoch,step,loss\n", kEpochHeader = "epoch,avg_train_loss,avg_val_loss\n";

bool mentions(const aria::Error& error, std::string_view part) {
  return error.message().find(part) != std::string::npos;
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

// What `work` returns in a process of its own whose current folder is `folder`; 99 where it throws.
int in_child(const fs::path& folder, const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    int result = 99;
    try {
      if (::chdir(folder.c_str()) == 0) result = work();
    } catch (...) {
    }
    ::_exit(result);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// The code of the error that `work` throws, 0 for none.
int code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const aria::Error& error) {
    return static_cast<int>(error.code());
  }
  return 0;
}

struct Place {
  std::string path(const std::string& name = "run") const { return (folder / name).string(); }
  std::string text(const std::string& name) const { return test::read_text(folder / "run" / name); }
  aria::Error error(const std::string& name) const {
    return test::error_of([&] { ProjectDirectory::create(path(name)); });
  }

  test::TemporaryFolder folder;
};

}  // namespace

TEST_CASE("ProjectDirectory: a new one has all that a run writes to", "[nn]") {
  const Place place;
  const ProjectDirectory project = ProjectDirectory::create(place.path("a/b/run"));
  CHECK(project.path() == place.path("a/b/run"));
  CHECK(project.checkpoints() == place.path("a/b/run/checkpoints"));
  CHECK(project.loss_csv() == place.path("a/b/run/loss.csv"));
  CHECK(project.epoch_csv() == place.path("a/b/run/epoch.csv"));
  CHECK(project.loss_svg() == place.path("a/b/run/loss.svg"));
  CHECK(names_in(project.path()) == std::set<std::string>{"checkpoints", "logs.txt", "loss.csv", "epoch.csv"});
  CHECK(fs::is_directory(project.checkpoints()));
  CHECK(test::read_text(project.loss_csv()) == kLossHeader);
  CHECK(test::read_text(project.epoch_csv()) == kEpochHeader);
  CHECK(test::read_text(project.path() + "/logs.txt").empty());
}

TEST_CASE("ProjectDirectory: an empty folder is used, whatever else is there is refused", "[nn]") {
  const Place place;
  fs::create_directories(place.path("empty"));
  CHECK(ProjectDirectory::create(place.path("empty") + '/').path() == place.path("empty") + '/');
  CHECK(fs::exists(place.path("empty/loss.csv")));

  test::write_text(place.path("full/.hidden"), "");
  const aria::Error full = place.error("full");
  CHECK(full.code() == ErrorCode::already_exists);
  CHECK(full.place().path == place.path("full"));
  CHECK(mentions(full, "is not empty"));
  CHECK(names_in(place.path("full")) == std::set<std::string>{".hidden"});
  CHECK(place.error("empty").code() == ErrorCode::already_exists);  // by now a run's

  test::write_text(place.path("file"), "text");
  const aria::Error file = place.error("file");
  CHECK(file.code() == ErrorCode::already_exists);
  CHECK(file.place().path == place.path("file"));
  CHECK(mentions(file, "is a file"));
  CHECK(test::read_text(place.path("file")) == "text");

  // What the system refuses are errors of ours, too.
  CHECK(place.error("file/run").code() == ErrorCode::io);
  CHECK(place.error(std::string(300, 'x')).code() == ErrorCode::io);
  fs::create_directory_symlink("loop", place.path("loop"));
  CHECK(place.error("loop/run").code() == ErrorCode::io);
  fs::create_directory_symlink("nowhere", place.path("dangling"));
  CHECK(place.error("dangling").code() != ErrorCode::invalid_argument);
}

TEST_CASE("ProjectDirectory: without a name it is experiments/N with the first N that is free", "[nn]") {
  const Place place;
  const fs::path folder = place.folder.path(), experiments = folder / "experiments";
  const auto create_is = [&](const std::string& expected) {
    return in_child(folder, [&] { return ProjectDirectory::create("").path() == expected ? 0 : 1; }) == 0;
  };
  CHECK(create_is("experiments/0"));
  CHECK(create_is("experiments/1"));
  test::write_text(experiments / "2", "a file");
  fs::create_directories(experiments / "3");
  fs::create_directories(experiments / "5");
  test::write_text(experiments / "notes.txt", "");
  CHECK(create_is("experiments/4"));
  CHECK(create_is("experiments/6"));
  fs::remove_all(experiments / "1");
  CHECK(create_is("experiments/1"));
  for (int n = 7; n < 12; ++n) CHECK(create_is("experiments/" + std::to_string(n)));
  CHECK(test::read_text(experiments / "10/loss.csv") == kLossHeader);
  CHECK(fs::is_empty(experiments / "3"));
  CHECK(test::read_text(experiments / "2") == "a file");

  // Two that begin at the same time.
  CHECK(in_child(folder, [] {
          const ProjectDirectory first = ProjectDirectory::create(""), second = ProjectDirectory::create("");
          return first.path() == "experiments/12" && second.path() == "experiments/13" ? 0 : 1;
        }) == 0);

  const Place other;
  test::write_text(other.path("experiments"), "a file");
  CHECK(in_child(other.folder.path(), [] { return code_of([] { ProjectDirectory::create(""); }); }) ==
        static_cast<int>(ErrorCode::io));
}

TEST_CASE("ProjectDirectory: one run at a time", "[nn]") {
  const Place place;
  std::optional<ProjectDirectory> project = ProjectDirectory::create(place.path());
  const auto reopen = [&] { ProjectDirectory::reopen(place.path()); };
  const aria::Error error = test::error_of(reopen);
  CHECK(error.code() == ErrorCode::already_exists);
  CHECK(error.place().path == place.path());
  CHECK(mentions(error, "is in use"));
  const auto in_other_process = [&] { return in_child("/", [&] { return code_of(reopen); }); };
  CHECK(in_other_process() == static_cast<int>(ErrorCode::already_exists));
  std::optional<ProjectDirectory> moved = std::move(*project);
  project.reset();
  CHECK(in_other_process() == static_cast<int>(ErrorCode::already_exists));
  moved.reset();
  CHECK(in_other_process() == 0);
  CHECK_NOTHROW(reopen());
  CHECK(place.text("loss.csv") == kLossHeader);
}

TEST_CASE("ProjectDirectory: one that goes on keeps what is there", "[nn]") {
  const Place place;
  {
    ProjectDirectory project = ProjectDirectory::create(place.path());
    project.add_loss(1, 0, 9.5);
    project.add_epoch(1, 9.5, 9.25);
    project.log("first");
    project.sync();
  }
  {
    ProjectDirectory project = ProjectDirectory::reopen(place.path());
    CHECK(project.path() == place.path());
    project.add_loss(1, 1, 9.125);
    project.add_epoch(2, 9.0, 8.0);
    project.log("second");
  }
  CHECK(place.text("loss.csv") == kLossHeader + "1,0,9.5\n1,1,9.125\n");
  CHECK(place.text("epoch.csv") == kEpochHeader + "1,9.5,9.25\n2,9.0,8.0\n");
  const std::string logs = place.text("logs.txt");
  CHECK(logs.find("first\n") < logs.find("second\n"));
  // A run that was killed before it had written a header.
  fs::resize_file(place.path("run/loss.csv"), 0);
  fs::remove(place.path("run/epoch.csv"));
  ProjectDirectory::reopen(place.path()).keep_rows({0, 0});
  CHECK(place.text("loss.csv") == kLossHeader);
  CHECK(place.text("epoch.csv") == kEpochHeader);
}

TEST_CASE("ProjectDirectory: a folder that is none of a run", "[nn]") {
  const Place place;
  fs::create_directories(place.path("other"));
  test::write_text(place.path("file"), "");
  for (const std::string& name :
       {std::string("none"), std::string("other"), std::string("file"), std::string(300, 'x')}) {
    const aria::Error error = test::error_of([&] { ProjectDirectory::reopen(place.path(name)); });
    CHECK(error.code() == ErrorCode::not_found);
    CHECK(error.place().path == place.path(name));
  }
  CHECK(fs::is_empty(place.path("other")));
}

TEST_CASE("ProjectDirectory: what came after a checkpoint is cut off", "[nn]") {
  const Place place;
  ProjectDirectory project = ProjectDirectory::create(place.path());
  std::vector<std::string> losses = {kLossHeader};
  for (std::uint64_t step = 0; step < 50; ++step) {
    project.add_loss(1, step, 1.5);
    losses.push_back(losses.back() + "1," + std::to_string(step) + ",1.5\n");
  }
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) project.add_epoch(epoch, 2.5, 3.5);
  const std::string epochs = kEpochHeader + "1,2.5,3.5\n2,2.5,3.5\n3,2.5,3.5\n";
  project.keep_rows({50, 3});
  CHECK(place.text("loss.csv") == losses[50]);
  CHECK(place.text("epoch.csv") == epochs);
  project.keep_rows({49, 3});
  CHECK(place.text("loss.csv") == losses[49]);
  CHECK(place.text("epoch.csv") == epochs);
  project.keep_rows({20, 1});
  CHECK(place.text("loss.csv") == losses[20]);
  CHECK(place.text("epoch.csv") == kEpochHeader + "1,2.5,3.5\n");
  project.add_loss(1, 20, 1.5);
  CHECK(place.text("loss.csv") == losses[21]);
  project.keep_rows({0, 0});
  CHECK(place.text("loss.csv") == kLossHeader);
  CHECK(place.text("epoch.csv") == kEpochHeader);
}

TEST_CASE("ProjectDirectory: a row that a kill has cut off is no row", "[nn]") {
  const Place place;
  fs::create_directories(place.path("run/checkpoints"));
  const std::string whole = kLossHeader + "1,0,9.5\n1,1,9.25\n";
  for (const std::string rest : {"", "1", "1,2,9.", "1,2,9.125"}) {
    test::write_text(place.path("run/loss.csv"), whole + rest);
    ProjectDirectory project = ProjectDirectory::reopen(place.path());
    const aria::Error error = test::error_of([&] { project.keep_rows({3, 0}); });
    CHECK(error.code() == ErrorCode::invalid_text);
    CHECK(place.text("loss.csv") == whole + rest);
    project.keep_rows({2, 0});
    CHECK(place.text("loss.csv") == whole);
    project.add_loss(1, 2, 9.0);
    CHECK(place.text("loss.csv") == whole + "1,2,9.0\n");
  }
}

TEST_CASE("ProjectDirectory: a table with too few rows is named", "[nn]") {
  const Place place;
  ProjectDirectory project = ProjectDirectory::create(place.path());
  project.add_loss(1, 0, 9.5);
  project.add_epoch(1, 9.5, 9.25);
  const auto check = [&](std::uint64_t losses, std::uint64_t epochs, const std::string& file) {
    const aria::Error error = test::error_of([&] { project.keep_rows({losses, epochs}); });
    CHECK(error.code() == ErrorCode::invalid_text);
    CHECK(error.place().path == file);
    CHECK(mentions(error, "has fewer than the 2 rows"));
    CHECK(place.text("loss.csv") == kLossHeader + "1,0,9.5\n");
    CHECK(place.text("epoch.csv") == kEpochHeader + "1,9.5,9.25\n");
  };
  check(2, 1, project.loss_csv());
  check(1, 2, project.epoch_csv());
}

TEST_CASE("ProjectDirectory: a line of the log has the time, as Python's logging writes it", "[nn]") {
  const Place place;
  ProjectDirectory project = ProjectDirectory::create(place.path());
  // Early in a second, so that there are milliseconds with a 0 in front.
  const auto milliseconds = [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() % 1000;
  };
  while (milliseconds() > 50) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (int n = 0; n < 50; ++n) project.log("EPOCH 1/2: text with [brackets], 100 %");
  project.log("It failed", "ERROR");
  // Digits become 0.
  std::string logs = place.text("logs.txt"), expected;
  for (char& c : logs) c = c >= '0' && c <= '9' ? '0' : c;
  const std::string time = "[0000-00-00 00:00:00,000] aria: ";
  for (int n = 0; n < 50; ++n) expected += time + "[INFO] EPOCH 0/0: text with [brackets], 000 %\n";
  CHECK(logs == expected + time + "[ERROR] It failed\n");
}

TEST_CASE("ProjectDirectory: numbers of the tables are what Python writes for them", "[nn]") {
  const Place place;
  ProjectDirectory project = ProjectDirectory::create(place.path());
  using Limits = std::numeric_limits<double>;
  // python3 -c 'print(repr(...))'
  const std::vector<std::pair<double, std::string>> cases = {
      {9.87, "9.87"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {6.996381759643555, "6.996381759643555"},
      {1, "1.0"},
      {0, "0.0"},
      {-0.0, "-0.0"},
      {10, "10.0"},
      {-2.5, "-2.5"},
      {100000, "100000.0"},
      {123456, "123456.0"},
      {123456789.125, "123456789.125"},
      {1e15, "1000000000000000.0"},
      {0x1p53, "9007199254740992.0"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e16, "1e+16"},
      {1.5e16, "1.5e+16"},
      {1.2345678901234568e+17, "1.2345678901234568e+17"},
      {0x1p64, "1.8446744073709552e+19"},
      {1e22, "1e+22"},
      {1e100, "1e+100"},
      {0.0001, "0.0001"},
      {0.00012345, "0.00012345"},
      {0.00009999, "9.999e-05"},
      {1e-05, "1e-05"},
      {-1e-05, "-1e-05"},
      {1.5e-07, "1.5e-07"},
      {Limits::denorm_min(), "5e-324"},
      {Limits::max(), "1.7976931348623157e+308"},
      {Limits::infinity(), "inf"},
      {-Limits::infinity(), "-inf"},
      {Limits::quiet_NaN(), "nan"},
      {std::copysign(Limits::quiet_NaN(), -1.0), "nan"},
  };
  std::string losses = kLossHeader, epochs = kEpochHeader;
  std::uint64_t step = 0;
  for (const auto& [number, text] : cases) {
    losses += "7," + std::to_string(step) + ',' + text + '\n';
    epochs += std::to_string(step) + ',' + text + ",0.5\n" + std::to_string(step) + ",0.5," + text + '\n';
    project.add_loss(7, step, number);
    project.add_epoch(step, number, 0.5);
    project.add_epoch(step++, 0.5, number);
  }
  CHECK(place.text("loss.csv") == losses);
  CHECK(place.text("epoch.csv") == epochs);
}

TEST_CASE("ProjectDirectory: validations between epochs have a table of their own, where they are asked for", "[nn]") {
  using aria::nn::LossTally;
  const std::vector<std::int64_t> targets = {0, 0, 0};
  const auto tally_of = [&](std::size_t parts, const std::vector<float>& losses) {
    LossTally tally(parts);
    tally.add(losses, targets, -1);
    return tally;
  };
  const Place place;
  ProjectDirectory project = ProjectDirectory::create(place.path());
  CHECK(project.validation_csv() == place.path("run/validation.csv"));
  project.add_validation(1, 2, tally_of(1, {1, 2, 3}));
  CHECK_FALSE(fs::exists(project.validation_csv()));
  project.open_validations(1);
  CHECK(place.text("validation.csv") == kLossHeader);
  project.add_validation(1, 2, tally_of(1, {1, 2, 4.5}));
  project.add_validation(1, 5, tally_of(1, {std::nanf(""), 2, 4}));
  CHECK(place.text("validation.csv") == kLossHeader + "1,2,2.5\n1,5,nan\n");

  const Place other;
  ProjectDirectory events = ProjectDirectory::create(other.path());
  events.open_validations(3);
  const std::string header = "epoch,step,loss,event_ppl,onset_ppl,dur_ppl,note_ppl\n";
  CHECK(other.text("validation.csv") == header);
  events.add_validation(3, 999, tally_of(3, {0, 0, 0}));
  events.add_validation(3, 1999, tally_of(3, {0, 0, 1000}));
  events.sync();
  const std::string text = other.text("validation.csv");
  CHECK(text.starts_with(header + "3,999,0.0,1.0,1.0,1.0,1.0\n3,1999,333.3333333333333,"));
  CHECK(text.ends_with(",1.0,1.0,inf\n"));
}

TEST_CASE("ProjectDirectory: validations that came after a checkpoint are cut off, too", "[nn]") {
  const Place place;
  aria::nn::LossTally tally;
  {
    ProjectDirectory project = ProjectDirectory::create(place.path());
    project.open_validations(1);
    for (std::uint64_t step = 0; step < 6; ++step) {
      project.add_loss(1, step, 1.5);
      if (step % 2 == 1) project.add_validation(1, step, tally);
    }
    project.sync();
  }
  const std::vector<std::string> rows = {kLossHeader, "1,1,0.0\n", "1,3,0.0\n", "1,5,0.0\n"};
  ProjectDirectory project = ProjectDirectory::reopen(place.path());
  project.open_validations(1);
  CHECK(place.text("validation.csv") == rows[0] + rows[1] + rows[2] + rows[3]);
  // Nothing is cut where a table has too few rows.
  for (const aria::nn::TableRows& wanted : {aria::nn::TableRows{4, 0, 4}, {7, 0, 2}, {4, 1, 2}}) {
    const aria::Error error = test::error_of([&] { project.keep_rows(wanted); });
    CHECK(error.code() == ErrorCode::invalid_text);
    CHECK(test::error_of([&] { project.check_rows(wanted); }).place().path == error.place().path);
    if (wanted.validations == 4) {
      CHECK(error.place().path == project.validation_csv());
      CHECK(mentions(error, "has fewer than the 4 rows"));
    }
    CHECK(place.text("validation.csv") == rows[0] + rows[1] + rows[2] + rows[3]);
    CHECK(place.text("loss.csv").ends_with("1,5,1.5\n"));
  }
  project.keep_rows({4, 0, 2});
  CHECK(place.text("validation.csv") == rows[0] + rows[1] + rows[2]);
  CHECK(place.text("loss.csv").ends_with("1,3,1.5\n"));
  project.add_validation(1, 4, tally);
  CHECK(place.text("validation.csv") == rows[0] + rows[1] + rows[2] + "1,4,0.0\n");
  project.keep_rows({0, 0, 0});
  CHECK(place.text("validation.csv") == kLossHeader);
}

TEST_CASE("ProjectDirectory: without validations between epochs their rows are not looked at", "[nn]") {
  const Place place;
  ProjectDirectory project = ProjectDirectory::create(place.path());
  CHECK_NOTHROW(project.keep_rows({0, 0, 7}));
  CHECK_NOTHROW(project.sync());
  CHECK_FALSE(fs::exists(project.validation_csv()));
}

TEST_CASE("RowFile: rows are behind each other, and reach the file at once", "[nn]") {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "rows").string();
  std::string expected = "header\n";
  for (const std::size_t size : {0, 1, 100, 100'000, 3'000'000}) {
    RowFile file(path, "header");
    file.add(std::string(size, 'x'));
    expected += std::string(size, 'x') + '\n';
    CHECK((test::read_text(path) == expected));
  }
  RowFile file(path, "header");
  file.cut(file.end_of(2));
  CHECK(test::read_text(path) == "header\n\nx\n");
  file.cut(0);
  CHECK(test::read_text(path).empty());
  CHECK(test::error_of([&] { RowFile((folder / "none/rows").string(), ""); }).code() == ErrorCode::not_found);
  CHECK(test::error_of([&] { RowFile(folder.path().string(), ""); }).code() == ErrorCode::io);
}
