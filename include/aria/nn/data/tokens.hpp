// Between tokens and tensors: what the original's encode and decode do where tensors are asked for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aria/nn/torch.hpp>
#include <aria/support/error.hpp>
#include <aria/token/token.hpp>
#include <aria/token/tokenizer.hpp>

namespace aria::nn {

/// Tokens as a model sees them: a tensor (count) of int64. Tokens outside of the vocabulary become the unknown one.
///
///     const torch::Tensor ids = aria::nn::encode(tokenizer, tokenizer.tokenize(piece));
template <Tokenizer T>
torch::Tensor encode(const T& tokenizer, std::span<const TokenId> tokens) {
  torch::Tensor ids = torch::empty({static_cast<std::int64_t>(tokens.size())}, torch::kLong);
  auto* out = ids.data_ptr<std::int64_t>();
  for (const TokenId token : tokens) *out++ = tokenizer.vocabulary().encode(token);
  return ids;
}

/// The same for tokens given as texts; one that no token has becomes the unknown one.
template <Tokenizer T>
torch::Tensor encode(const T& tokenizer, std::span<const std::string_view> texts) {
  return encode(tokenizer, std::span<const TokenId>(aria::encode(tokenizer, texts)));
}

/// The tokens in a one-dimensional tensor of whole numbers, wherever it lies. Throws invalid_argument for a tensor of
/// another shape or kind, and for a number that is no token of the tokenizer.
template <Tokenizer T>
std::vector<TokenId> decode(const T& tokenizer, const torch::Tensor& ids) {
  if (ids.dim() != 1 || !torch::isIntegralType(ids.scalar_type(), /*includeBool=*/false)) {
    throw Error(ErrorCode::invalid_argument, "ids must be a one-dimensional tensor of whole numbers");
  }
  const torch::Tensor on_cpu = ids.to(torch::kCPU, torch::kLong).contiguous();
  const std::span<const std::int64_t> numbers(on_cpu.data_ptr<std::int64_t>(),
                                              static_cast<std::size_t>(on_cpu.numel()));
  std::vector<TokenId> tokens;
  tokens.reserve(numbers.size());
  for (const std::int64_t number : numbers) {
    if (number < 0 || static_cast<std::uint64_t>(number) >= tokenizer.vocabulary().token_count()) {
      throw Error(ErrorCode::invalid_argument, std::to_string(number) + " at place " + std::to_string(tokens.size()) +
                                                   " is no token of " + std::string(tokenizer.name()));
    }
    tokens.push_back(static_cast<TokenId>(number));
  }
  return tokens;
}

/// The texts of these tokens: `["piano", 60, 45]`, as they stand in a data set.
template <Tokenizer T>
std::vector<std::string_view> decode_texts(const T& tokenizer, const torch::Tensor& ids) {
  return aria::decode(tokenizer, std::span<const TokenId>(decode(tokenizer, ids)));
}

}  // namespace aria::nn
