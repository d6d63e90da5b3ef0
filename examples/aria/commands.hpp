// The commands of the program `aria`, one source file each. They get the words behind their name and return the exit
// status.
#pragma once

#include <string>
#include <vector>

int midi_dataset_command(const std::vector<std::string>& words);
int tokenized_dataset_command(const std::vector<std::string>& words);
int detokenize_command(const std::vector<std::string>& words);
int piano_roll_command(const std::vector<std::string>& words);
int export_command(const std::vector<std::string>& words);
int midi_preprocess_command(const std::vector<std::string>& words);
int tokenize_lakh_command(const std::vector<std::string>& words);
int lakh_command(const std::vector<std::string>& words);
int lakh_layout_command(const std::vector<std::string>& words);
int lakh_splits_command(const std::vector<std::string>& words);
int clean_lakh_command(const std::vector<std::string>& words);
int shuffle_command(const std::vector<std::string>& words);
int inspect_command(const std::vector<std::string>& words);
