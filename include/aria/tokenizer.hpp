// Tokens: pieces of music <-> sequences of numbers that models learn.
//
//   lazy_tokenizer               the lazy tokenizer of Aria (EleutherAI)
//   lazy_vocabulary              its tokens; lazy_config_json, lazy_tokenize, lazy_detokenize: its parts
//   quantize                     numbers to the nearest one of a grid
#pragma once

#include <aria/midi.hpp>
#include <aria/token.hpp>
#include <aria/tokenizer/lazy_config_json.hpp>
#include <aria/tokenizer/lazy_detokenize.hpp>
#include <aria/tokenizer/lazy_tokenize.hpp>
#include <aria/tokenizer/lazy_tokenizer.hpp>
#include <aria/tokenizer/lazy_vocabulary.hpp>
#include <aria/tokenizer/quantize.hpp>
