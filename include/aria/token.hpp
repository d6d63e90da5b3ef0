// What a token, a vocabulary and a tokenizer are; for those who write a tokenizer of their own.
//
//   token                        ids, the part they play, typed views
//   vocabulary token_text        which tokens there are; their texts
//   tokenizer                    the concept of a tokenizer and its refinements
//   transform                    changes of sequences, with random draws
#pragma once

#include <aria/token/token.hpp>
#include <aria/token/token_text.hpp>
#include <aria/token/tokenizer.hpp>
#include <aria/token/transform.hpp>
#include <aria/token/vocabulary.hpp>
