// Command lines in the spellings of the original tools.
#include "cli/arguments.hpp"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <aria/support/random.hpp>

#include "support/catch.hpp"

namespace {

using Words = std::vector<std::string>;

// Words between blanks.
Words words_of(const std::string& line) {
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

Words rewritten(const std::string& line, bool has_command = true) {
  return cli::rewrite_arguments(words_of(line), has_command);
}

}  // namespace

TEST_CASE("rewrite_arguments: the command lines of Aria's HOWTO, without the interpreter and the script's name") {
  CHECK(rewritten("midi-dataset -r <dir-containing-midi> <save-path>") ==
        words_of("midi-dataset -r <dir-containing-midi> <save-path>"));
  CHECK(rewritten("midi-dataset -r <dir-containing-midi> <save-path> --split 0.9") ==
        words_of("midi-dataset -r <dir-containing-midi> <save-path> --split 0.9"));
  CHECK(rewritten("tokenized_dataset <midi-dataset-load_path> <save_path>") ==
        words_of("tokenized-dataset <midi-dataset-load_path> <save_path>"));
  CHECK(rewritten("tokenized_dataset -s <midi-dataset-load_path> <save_path>") ==
        words_of("tokenized-dataset -s <midi-dataset-load_path> <save_path>"));
  CHECK(rewritten("pretrain <model-config-name> <train-data-path> <val-data-path>"
                  " -epochs <epochs> -bs <batch-size> -workers <workers>") ==
        words_of("pretrain <model-config-name> <train-data-path> <val-data-path>"
                 " --epochs <epochs> --bs <batch-size> --workers <workers>"));
  CHECK(rewritten("pretrain medium train.jsonl val.jsonl -epochs 10 -pdir my_project") ==
        words_of("pretrain medium train.jsonl val.jsonl --epochs 10 --pdir my_project"));
  CHECK(rewritten("finetune -h") == words_of("finetune -h"));
  CHECK(rewritten("resume -h") == words_of("resume -h"));
}

TEST_CASE("rewrite_arguments: what Aria's programs say of themselves with -h") {
  CHECK(rewritten("midi_dataset -r --split 0.5 midi_files midi_dataset.jsonl") ==
        words_of("midi-dataset -r --split 0.5 midi_files midi_dataset.jsonl"));
  CHECK(rewritten("sample small model_2.bin prompt_a.mid -var 4 -trunc 200 -e -l 1024") ==
        words_of("sample small model_2.bin prompt_a.mid --var 4 --trunc 200 -e -l 1024"));
  CHECK(rewritten("resume small pt train.jsonl val.jsonl -cdir checkpoints/epoch_3 -rstep 250 -epochs 5 -bs 16") ==
        words_of("resume small pt train.jsonl val.jsonl --cdir checkpoints/epoch_3 --rstep 250 --epochs 5 --bs 16"));
}

TEST_CASE("rewrite_arguments: the command lines of the Anticipatory Music Transformer's training README") {
  CHECK(rewritten("midi-preprocess $DATAPATH/lmd_full") == words_of("midi-preprocess $DATAPATH/lmd_full"));
  CHECK(rewritten("tokenize-lakh $DATAPATH/lmd_full --augment 1") ==
        words_of("tokenize-lakh $DATAPATH/lmd_full --augment 1"));
  CHECK(rewritten("tokenize-lakh $DATAPATH/lmd_full --augment 10 -i") ==
        words_of("tokenize-lakh $DATAPATH/lmd_full --augment 10 -i"));
  CHECK(rewritten("tokenize_lakh -k 10 -interarrival $DATAPATH/lmd_full") ==
        words_of("tokenize-lakh -k 10 --interarrival $DATAPATH/lmd_full"));
}

TEST_CASE("rewrite_arguments: names of options change, their values do not") {
  CHECK(rewritten("a --max_seq_len 2048") == words_of("a --max-seq-len 2048"));
  CHECK(rewritten("a --max_seq_len=2_048") == words_of("a --max-seq-len=2_048"));
  CHECK(rewritten("a -stride_len=7") == words_of("a --stride-len=7"));
  CHECK(rewritten("a --report out_a.tsv") == words_of("a --report out_a.tsv"));
  CHECK(rewritten("a --config=my_config.json") == words_of("a --config=my_config.json"));
  CHECK(rewritten("a --Max_Len 3 -PDIR x_y") == words_of("a --Max-Len 3 --PDIR x_y"));
}

TEST_CASE("rewrite_arguments: what is no name of an option stays") {
  for (const char* word : {"-r", "-k=3", "-", "-1", "-0.5", "-1e5", "-.5", "-4_000", "-r5", "-_x", "--1_a", "--=a_b",
                           "-\xc3\xa9t_\xc3\xa9", "a_b", "-/tmp/a_b"}) {
    CHECK(cli::rewrite_arguments({"command", word}, true) == Words{"command", word});
  }
  CHECK(cli::rewrite_arguments({"command", ""}, true) == Words{"command", ""});
  CHECK(cli::rewrite_arguments({}, true).empty());
}

TEST_CASE("rewrite_arguments: all that follows -- stays") {
  CHECK(rewritten("midi_dataset -split 0.5 -- -long_name --other_name a_b") ==
        words_of("midi-dataset --split 0.5 -- -long_name --other_name a_b"));
}

TEST_CASE("rewrite_arguments: only the first word is a command, and only where there is one") {
  CHECK(rewritten("midi_dataset midi_dataset") == words_of("midi-dataset midi_dataset"));
  CHECK(rewritten("midi_dataset -r x", false) == words_of("midi_dataset -r x"));
  CHECK(rewritten("--help midi_dataset") == words_of("--help midi-dataset"));
}

TEST_CASE("rewrite_arguments: twice is once, and no word is lost, whatever the line") {
  constexpr std::string_view kAlphabet = "--__==ab1.";
  std::uint64_t drawn = 0;
  const auto below = [&drawn](std::uint64_t limit) { return aria::random_bits(5, drawn++) % limit; };
  for (int round = 0; round < 2000; ++round) {
    Words line(below(5));
    for (std::string& word : line) {
      for (std::uint64_t length = below(8); length > 0; --length) word += kAlphabet[below(kAlphabet.size())];
    }
    const Words once = cli::rewrite_arguments(line, false);
    CAPTURE(line);
    CHECK(once.size() == line.size());
    CHECK(cli::rewrite_arguments(once, false) == once);
  }
}
