#include <aria/nn/training/loss_curve.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/xml.hpp"

namespace {

const std::string kLossHeader = "epoch,step,loss\n", kEpochHeader = "epoch,avg_train_loss,avg_val_loss\n";

const std::string kEventHeader = "epoch,step,loss,event_ppl,onset_ppl,dur_ppl,note_ppl\n";

// A project directory with both files, and perhaps that of validations after steps.
class Project {
 public:
  Project(std::string_view losses, std::string_view epochs) {
    test::write_text(losses_, losses);
    test::write_text(epochs_, epochs);
  }
  Project(std::string_view losses, std::string_view epochs, std::string_view validations) : Project(losses, epochs) {
    validations_ = (folder_ / "validation.csv").string();
    test::write_text(validations_, validations);
  }

  std::string svg(std::string_view title = "title") const {
    std::string text = aria::nn::loss_curve_svg({losses_, epochs_, validations_}, title);
    CHECK(test::xml_fault(text) == "");
    return text;
  }

  aria::Error error() const {
    return test::error_of([&] { aria::nn::loss_curve_svg({losses_, epochs_, validations_}, ""); });
  }

  const std::string& losses() const { return losses_; }
  const std::string& epochs() const { return epochs_; }
  const std::string& validations() const { return validations_; }

 private:
  test::TemporaryFolder folder_;
  std::string losses_ = (folder_ / "loss.csv").string();
  std::string epochs_ = (folder_ / "epoch.csv").string();
  std::string validations_{};
};

bool has(const std::string& svg, const std::string& part) { return svg.find(part) != svg.npos; }

// The marks of a drawing: "2.5 at 3, 2.25 at 6".
std::string marks_of(const std::string& svg, const std::string& name = "validation, after an epoch") {
  const std::string before = "<title>" + name + ": ";
  std::string marks;
  for (std::size_t at = svg.find(before); at != svg.npos; at = svg.find(before, at + 1)) {
    const std::size_t begin = at + before.size();
    marks += (marks.empty() ? "" : ", ") + svg.substr(begin, svg.find('<', begin) - begin);
  }
  return marks;
}

// How many points the line of this name has.
std::size_t points_of(const std::string& svg, const std::string& name) {
  const std::size_t end = svg.find("><title>" + name + "</title>"), begin = svg.rfind(" d=\"", end);
  std::size_t count = 0;
  for (std::size_t at = begin; at < end && at < svg.size(); ++at) count += svg[at] == 'M' || svg[at] == 'L' ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("a loss curve has the losses of all steps and marks at the ends of epochs", "[nn]") {
  const Project project(kLossHeader + "0,0,9.5\n0,1,8\n0,2,7e0\n1,0,6.25\n1,1,5\n1,2,4.5\n2,0,4\n",
                        kEpochHeader + "0,8.1,7.5\n1,5.2,5.75\n");
  const std::string svg = project.svg("small & <large>");
  CAPTURE(svg);
  CHECK(has(svg, "<title>small &amp; &lt;large&gt;</title>"));
  CHECK(has(svg, ">7 steps; training loss 4; validation loss 5.75</text>"));
  CHECK(points_of(svg, "training") == 7);
  CHECK(marks_of(svg) == "7.5 at 3, 5.75 at 6");
  CHECK_FALSE(has(svg, "mean of"));  // of so few steps
  CHECK_FALSE(has(svg, "logarithmic"));
}

TEST_CASE("a loss curve shows the trailing mean of losses", "[nn]") {
  std::string losses = kLossHeader;
  for (int i = 0; i < 250; ++i) losses += "0," + std::to_string(i) + ',' + (i % 2 == 0 ? "1" : "5") + '\n';
  losses += "1,0,nan\n1,1,inf\n";
  const std::string svg = Project(losses, kEpochHeader + "0,3,2.5\n").svg();
  CHECK(has(svg, "<title>training, mean of 5 steps</title>"));
  CHECK(has(svg, "252 steps; training loss 3.667; validation loss 2.5<"));  // of 5 1 5
  CHECK(has(svg, "loss (logarithmic)"));
  CHECK(marks_of(svg) == "2.5 at 250");
}

TEST_CASE("the trailing mean is that of the last values", "[nn]") {
  aria::nn::detail::TrailingMean mean(3);
  const double nan = std::nan("");
  CHECK(mean.add(1) == 1);
  CHECK(mean.add(2) == 1.5);
  CHECK(mean.add(6) == 3);
  CHECK(mean.add(1) == 3);
  CHECK(mean.add(nan) == 3.5);
  CHECK(mean.add(1e300) == Approx(5e299));
  CHECK(std::isfinite(mean.add(nan)));
  CHECK(mean.add(nan) == 1e300);
  CHECK(std::isnan(mean.add(nan)));
  for (const double value : {4.0, 4.0, 4.0, 7.0}) mean.add(value);
  CHECK(mean.add(7) == 6);  // what was huge has left no trace
}

TEST_CASE("the least validation loss is named where it is not the last", "[nn]") {
  const std::string losses = kLossHeader + "3,0,5\n4,0,5\n5,0,5\n6,0,5\n";
  const auto summary = [&](const std::string& epochs) {
    const std::string svg = Project(losses, kEpochHeader + epochs).svg();
    const std::size_t begin = svg.find("4 steps; training loss 5") + 24;
    return svg.substr(begin, svg.find('<', begin) - begin);
  };
  CHECK(summary("") == "");
  CHECK(summary("3,1,7\n4,1,6.5\n5,1,6.75\n") == "; validation loss 6.75, least 6.5 after epoch 4");
  CHECK(summary("3,1,nan\n4,1,6\n5,1,inf\n") == "; validation loss not finite, least 6 after epoch 4");
  CHECK(summary("3,1,7\n4,1,6\n5,1,5\n") == "; validation loss 5");
  CHECK(summary("0,1,3\n2,1,3\n9,1,3\n") == "");  // epochs without a step have no place
}

TEST_CASE("a training that went on from a checkpoint replaces what it does again", "[nn]") {
  // Killed in epoch 1 behind step 2, gone on from step 1; killed behind epoch 1, gone on from its step 2.
  const std::string svg =
      Project(kLossHeader + "0,0,9\n0,1,8\n1,0,7\n1,1,6\n1,2,100\n1,1,6\n1,2,5\n2,0,200\n1,2,5\n2,0,4\n",
              kEpochHeader + "0,8,8\n1,6,6\n1,6,6.5\n")
          .svg();
  CHECK(has(svg, "6 steps; training loss 4; validation loss 6.5<"));
  CHECK(points_of(svg, "training") == 6);
  CHECK(marks_of(svg) == "8 at 2, 6.5 at 5");

  // A project directory that begins in the middle of an epoch.
  const Project resumed(kLossHeader + "3,1000,2\n3,1001,2.5\n4,0,2\n", kEpochHeader + "3,2,2.25\n");
  CHECK(marks_of(resumed.svg()) == "2.25 at 1002");
}

TEST_CASE("validations after steps are marks where these steps end", "[nn]") {
  const std::string losses = kLossHeader + "0,0,9\n0,1,8\n0,2,7\n1,0,6\n1,1,5\n1,2,4\n",
                    epochs = kEpochHeader + "0,8,7.5\n";
  const std::string plain = Project(losses, epochs, kLossHeader + "0,1,8.25\n1,0,6.25\n1,2,6.5\n").svg();
  CHECK(marks_of(plain, "validation") == "8.25 at 2, 6.25 at 4, 6.5 at 6");
  CHECK(marks_of(plain) == "");  // those after epochs are not drawn, too
  CHECK(has(plain, ">6 steps; training loss 4; validation loss 6.5, least 6.25 after step 4</text>"));
  // With perplexities, and gone on from a checkpoint behind step 0 of epoch 1.
  const std::string events =
      Project(
          losses, epochs,
          kEventHeader + "0,1,8.25,1,2,3,4\n1,0,6.25,1e5,1,1,inf\n1,1,3,1,1,1,1\n1,0,6.25,nan,1,1,1\n1,2,6.5,1,1,1,1\n")
          .svg();
  CHECK(marks_of(events, "validation") == "8.25 at 2, 6.25 at 4, 6.5 at 6");
  // Without a row in it, those after epochs are.
  for (const std::string& none : {kLossHeader, kEventHeader, std::string(), kLossHeader + "0,1,8"}) {
    const std::string svg = Project(losses, epochs, none).svg();
    CHECK(marks_of(svg) == "7.5 at 3");
    CHECK(has(svg, "validation loss 7.5</text>"));
  }
}

TEST_CASE("a validation after a step that is not in loss.csv has no place", "[nn]") {
  const std::string losses = kLossHeader + "1,1,9\n1,2,8\n1,4,7\n2,0,6\n";
  const auto marks = [&](const std::string& rows) {
    return marks_of(Project(losses, kEpochHeader, kLossHeader + rows).svg(), "validation");
  };
  CHECK(marks("0,7,1\n1,0,2\n1,2,3\n1,3,4\n1,4,5\n1,5,6\n2,0,7\n2,1,8\n9,0,9\n") == "3 at 3, 5 at 5, 7 at 6");
  CHECK(marks("0,7,1\n") == "");
  CHECK(marks("3,0,1\n") == "");
  const std::string svg = Project(losses, kEpochHeader, kLossHeader + "1,2,nan\n1,4,3\n2,0,inf\n").svg();
  CHECK(has(svg, ">4 steps; training loss 6; validation loss not finite, least 3 after step 5</text>"));
}

TEST_CASE("a long training names the step of its least validation loss with its thousands", "[nn]") {
  std::string losses = kLossHeader, rows = kEventHeader;
  for (int i = 0; i < 5000; ++i) {
    losses += "0," + std::to_string(i) + ",2\n";
    if (i % 1000 == 999) rows += "0," + std::to_string(i) + ',' + (i == 2999 ? "1.5" : "1.75") + ",1,1,1,1\n";
  }
  const std::string svg = Project(losses, kEpochHeader, rows).svg();
  CHECK(has(svg, ">5,000 steps; training loss 2; validation loss 1.75, least 1.5 after step 3,000</text>"));
  CHECK(marks_of(svg, "validation") == "1.75 at 1000, 1.75 at 2000, 1.5 at 3000, 1.75 at 4000, 1.75 at 5000");
}

TEST_CASE("a table of validations that is none is refused with its file and line", "[nn]") {
  const std::string losses = kLossHeader + "0,0,9\n";
  for (const char* row : {"", "0,0", "0,0,1,2", "0,0,1,2,3,4", "0,0,1,2,3,4,5,6", "0,0,1,2,3,4,x", "a,0,1"}) {
    CAPTURE(row);
    const Project project(losses, kEpochHeader, kEventHeader + "0,0,1,1,1,1,1\n" + row + '\n');
    const aria::Error error = project.error();
    CHECK(error.code() == aria::ErrorCode::invalid_text);
    CHECK(error.place().path == project.validations());
    CHECK(error.place().line == 3);
  }
  for (const char* header : {"epoch,step,loss,event_ppl", "epoch,step,losses", "epoch,step,loss,", "step,loss"}) {
    CAPTURE(header);
    const aria::Error error = Project(losses, kEpochHeader, std::string(header) + '\n').error();
    CHECK(error.code() == aria::ErrorCode::invalid_text);
    CHECK(error.place().line == 1);
  }
  // The steps' own table has no perplexities.
  CHECK(Project(kEventHeader, kEpochHeader).error().place().line == 1);
  const Project project(losses, kEpochHeader);
  CHECK(test::error_of([&] {
          aria::nn::loss_curve_svg({project.losses(), project.epochs(), project.losses() + "x"}, "");
        }).code() == aria::ErrorCode::not_found);
}

TEST_CASE("a last line that is cut off is passed over", "[nn]") {
  const std::string losses = kLossHeader + "0,0,9\r\n0,1,8\r\n", epochs = kEpochHeader + "0,8,7\r\n";
  for (const char* rest : {"", "0", "0,", "0,2", "0,2,", "0,2,7.1", "x"}) {
    const std::string svg = Project(losses + rest, epochs + rest).svg();
    CHECK(has(svg, "2 steps; training loss 8; validation loss 7<"));
  }
  for (const std::string& text : {std::string(), std::string("epo"), kLossHeader}) {
    const std::string svg = Project(text, kEpochHeader).svg();
    CHECK(has(svg, ">no step yet</text>"));
    CHECK(has(svg, ">no values</text>"));
  }
}

TEST_CASE("a row that is none is refused with its file and line", "[nn]") {
  for (const char* row :
       {"", "0", "0,1", "0,1,", "0,1,x", "0,1,2,3", "0,1,2 ", " 0,1,2", "0;1;2", "-1,1,2", "0,1.5,2", "0,-1,2",
        "0,1,+2", "0,1,1e999", "0,,2", ",1,2", "18446744073709551616,1,2", "epoch,step,loss"}) {
    CAPTURE(row);
    const Project project(kLossHeader + "0,0,9\n" + row + "\n0,2,7\n", kEpochHeader);
    const aria::Error error = project.error();
    CHECK(error.code() == aria::ErrorCode::invalid_text);
    CHECK(error.place().path == project.losses());
    CHECK(error.place().line == 3);
    CHECK(error.message() == '"' + std::string(row) + "\" is not a row of epoch,step,loss");
  }
  const Project project(kLossHeader, kEpochHeader + "0,1\n");
  CHECK(std::string(project.error().what()) ==
        project.epochs() + ": line 2: \"0,1\" is not a row of epoch,avg_train_loss,avg_val_loss");
  CHECK(Project("step,loss\n0,1\n", kEpochHeader).error().message() == "\"step,loss\" is not the line epoch,step,loss");
  CHECK(Project(kEpochHeader, kLossHeader).error().place().line == 1);
}

TEST_CASE("a loss curve needs both files", "[nn]") {
  const Project project(kLossHeader, kEpochHeader);
  const auto code = [](const std::string& losses, const std::string& epochs) {
    return test::error_of([&] { aria::nn::loss_curve_svg({losses, epochs, ""}, ""); }).code();
  };
  CHECK(code(project.losses() + "x", project.epochs()) == aria::ErrorCode::not_found);
  CHECK(code(project.losses(), project.epochs() + "x") == aria::ErrorCode::not_found);
}

TEST_CASE("the loss curve of a long training is a small file", "[nn]") {
  std::string losses = kLossHeader;
  for (int i = 0; i < 300'000; ++i) {
    losses += std::to_string(i / 100'000) + ',' + std::to_string(i % 100'000) + ',' +
              std::to_string(1 + 1e5 / (i + 1e4)) + '\n';
  }
  const std::string svg = Project(losses, kEpochHeader + "0,3,2.5\n1,2,1.75\n2,1.5,1.5\n").svg();
  CHECK(svg.size() < 100'000);
  CHECK(has(svg, "300,000 steps"));
  CHECK(has(svg, "mean of 200 steps"));
  CHECK(marks_of(svg) == "2.5 at 100000, 1.75 at 200000, 1.5 at 300000");
}
