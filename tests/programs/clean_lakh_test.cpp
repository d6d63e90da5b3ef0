// clean-lakh: what a stage left goes, and nothing else.
#include <set>

#include <aria/dataset/work_state.hpp>

#include "workplace.hpp"

namespace fs = std::filesystem;
using test::mentions;
using test::ProgramRun;
using test::Workplace;

namespace {

using Names = std::set<std::string>;

// All paths below a folder but the folders.
Names files_in(const fs::path& folder) {
  Names names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || !entry.is_directory()) names.insert(entry.path().lexically_relative(folder).string());
  }
  return names;
}

const Names kMusic = {"0/a.mid", "0/b.KAR", "deep/er/c.midi", "top.mid"};
const Names kCompound = {"0/a.mid.compound.txt", "0/b.KAR.compound.txt", "deep/er/c.midi.compound.txt",
                         "top.mid.compound.txt"};
const Names kUnfinished = {"0/.a.mid.compound.txt.aria-123-4", "deep/.gone.mid.compound.txt.aria-9-99.old"};
const Names kEvents = {"tokenized-events-0.txt", "tokenized-events-9.txt", "tokenized-events-a.txt",
                       "tokenized-events-f.txt", ".tokenized-events-b.txt.aria-5-6"};
const Names kLookAlikes = {"notes.txt",
                           "my.compound.txt",
                           "0/a.mid.compound.txt.bak",
                           "0/b.KAR.compound.text",
                           "compound.txt",
                           ".compound.txt",
                           "0/a.mid.compound.txt.aria-1-2",
                           ".a.mid.compound.txt.aria-1-x",
                           "0/.a.mid.compound.txt.aria-1-2.new",
                           "0/.a.mid.compound.txt.swp",
                           "folder.mid.compound.txt/inside.txt",
                           "lonely.mid.compound.txt",
                           "tokenized-events-g.txt",
                           "tokenized-events-A.txt",
                           "tokenized-events-00.txt",
                           "tokenized-events-.txt",
                           "0/tokenized-events-0.txt",
                           "my-tokenized-events-0.txt",
                           "tokenized-events-0.txt~",
                           "tokenized-events-1.txt/inside.txt",
                           ".tokenized-events-b.txt.aria-5",
                           "train-ordered.txt"};

void fill(const Workplace& place) {
  for (const Names& names : {kMusic, kCompound, kUnfinished, kEvents, kLookAlikes}) {
    for (const std::string& name : names) place.add(name, "12345");
  }
  test::write_text(place / "elsewhere/x.mid", "");
  test::write_text(place / "elsewhere/x.mid.compound.txt", "");
  fs::create_directory_symlink("../elsewhere", place.dir() / "linked");
  fs::create_symlink("../../elsewhere/x.mid", place.dir() / "0/link.mid");
  fs::create_symlink("../../elsewhere/x.mid.compound.txt", place.dir() / "0/link.mid.compound.txt");
}

Names without(Names all, std::initializer_list<Names> parts) {
  for (const Names& part : parts) {
    for (const std::string& name : part) all.erase(name);
  }
  return all;
}

}  // namespace

TEST_CASE("clean-lakh removes what a stage left and nothing else") {
  const Workplace place;
  fill(place);
  const Names all = files_in(place.dir());
  const ProgramRun compound = place.aria({"clean-lakh", "--stage", "compound", "DIR"});
  CAPTURE(compound.output, compound.complaints);
  CHECK(compound.status == 0);
  CHECK(compound.output ==
        "removed 6 files, 30 bytes\nleft alone 1 files named like outputs that no MIDI file lies beside\n");
  CHECK(files_in(place.dir()) == without(all, {kCompound, kUnfinished}));
  CHECK(files_in(place / "elsewhere").size() == 2);

  const ProgramRun events = place.aria({"clean-lakh", "--stage=events", "DIR"});
  CAPTURE(events.output, events.complaints);
  CHECK(events.status == 0);
  CHECK(events.output == "removed 5 files, 25 bytes\n");
  CHECK(files_in(place.dir()) == without(all, {kCompound, kUnfinished, kEvents}));

  for (const std::string stage : {"compound", "events"}) {
    const ProgramRun again = place.aria({"clean-lakh", "--stage", stage, "DIR"});
    CHECK(again.status == 0);
    CHECK(again.output.starts_with("nothing to remove\n"));
  }
  CHECK(files_in(place.dir()) == without(all, {kCompound, kUnfinished, kEvents}));
}

TEST_CASE("clean-lakh: the journal tells of outputs whose MIDI file has gone, and loses the stage's entries") {
  const Workplace place;
  place.add("0/gone.mid.compound.txt", "1");
  place.add("0/mine.mid.compound.txt", "1");
  place.add("tokenized-events-0.txt", "1");
  const std::string dir = place.dir().string();
  aria::WorkState(dir, "midi-preprocess", "any options").finished("0/gone.mid.compound.txt", {1, 2}, "kept");
  aria::WorkState(dir, "tokenize-lakh", "k=1").finished("tokenized-events-0.txt", {1, 2}, "note");

  CHECK(place.aria({"clean-lakh", "--stage", "compound", "DIR"}).status == 0);
  CHECK(files_in(place.dir()) == Names{".aria-state", "0/mine.mid.compound.txt", "tokenized-events-0.txt"});
  CHECK(aria::WorkState(dir, "tokenize-lakh", "k=1").is_done("tokenized-events-0.txt", {1, 2}));
  CHECK_FALSE(mentions(test::read_text(place.dir() / ".aria-state"), "midi-preprocess"));

  CHECK(place.aria({"clean-lakh", "--stage", "events", "DIR"}).status == 0);
  CHECK(files_in(place.dir()) == Names{"0/mine.mid.compound.txt"});
}

TEST_CASE("clean-lakh: outputs go also where the journal is damaged") {
  const Workplace place;
  place.add("a.mid", "");
  place.add("a.mid.compound.txt", "1");
  place.add(".aria-state", "garbage\n\n");
  place.add("..aria-state.aria-1-2", "unfinished");
  CHECK(place.aria({"clean-lakh", "--stage", "compound", "DIR"}).output == "removed 2 files, 11 bytes\n");
  CHECK(files_in(place.dir()) == Names{"a.mid"});
}

TEST_CASE("clean-lakh: not while a command works in the folder") {
  const Workplace place;
  place.add("a.mid", "");
  place.add("a.mid.compound.txt", "1");
  const aria::WorkState state(place.dir().string(), "midi-preprocess", "");
  const ProgramRun run = place.aria({"clean-lakh", "--stage", "compound", "DIR"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "another program works in this folder"));
  CHECK(files_in(place.dir()) == Names{".aria-state", "a.mid", "a.mid.compound.txt"});
}

TEST_CASE("clean-lakh: command lines and folders that are wrong") {
  const Workplace place;
  using Words = std::vector<std::string>;
  for (const Words& words : {Words{"clean-lakh", "DIR"},
                             {"clean-lakh", "--stage", "all", "DIR"},
                             {"clean-lakh", "--stage", "compound"},
                             {"clean-lakh", "--stage", "", "DIR"}}) {
    CHECK(place.aria(words).status == 2);
  }
  const ProgramRun run = place.aria({"clean-lakh", "--stage", "events", "absent"});
  CHECK(run.status == 1);
  CHECK(mentions(run.complaints, "absent: cannot list the folder"));
  CHECK(mentions(place.aria({"clean-lakh", "--help"}).output, "train-ordered.txt never exists here"));
  CHECK(place.outputs().empty());
}
