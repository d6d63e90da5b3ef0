#include <aria/dataset/line_dataset.hpp>
#include <aria/nn.hpp>

#include <algorithm>
#include <set>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/numbers_tokenizer.hpp"
#include "support/toy_tokenizer.hpp"

using namespace aria::nn;

namespace {

using Lines = aria::LineDataset<test::NumbersTokenizer>;

// Sequence i is i, i + 1, ... i + 4, in a file of lines.
struct Place {
  std::shared_ptr<Lines> open(std::size_t count, const std::string& behind = "") {
    std::string text;
    for (aria::TokenId i = 0; i < count; ++i) {
      text += test::number_line(std::vector<aria::TokenId>{i, i + 1, i + 2, i + 3, i + 4});
    }
    test::write_text(folder / "data.txt", text + behind);
    return std::make_shared<Lines>((folder / "data.txt").string(), test::NumbersTokenizer());
  }
  test::TemporaryFolder folder;
};

// All batches of a stream: their indices, sources and targets.
std::vector<Batch> all_of(BatchStream stream) {
  std::vector<Batch> batches;
  while (std::optional<Batch> batch = stream.next()) batches.push_back(std::move(*batch));
  return batches;
}

std::vector<std::size_t> indices_of(const std::vector<Batch>& batches) {
  std::vector<std::size_t> indices;
  for (const Batch& batch : batches) indices.insert(indices.end(), batch.indices.begin(), batch.indices.end());
  return indices;
}

}  // namespace

TEST_CASE("Any data set is a data set of libtorch's loaders and samplers", "[nn]") {
  Place place;
  const auto data = place.open(11);
  auto loader = torch::data::make_data_loader(BatchDataset(data), torch::data::samplers::SequentialSampler(11),
                                              torch::data::DataLoaderOptions(4).workers(2));
  std::size_t first = 0;
  for (const Batch& batch : *loader) {
    const std::int64_t rows = first == 8 ? 3 : 4;
    CHECK(batch.source.sizes() == at::IntArrayRef({rows, 5}));
    CHECK(batch.source.scalar_type() == torch::kLong);
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto i = static_cast<std::int64_t>(first) + row;
      CHECK(batch.indices[static_cast<std::size_t>(row)] == static_cast<std::size_t>(i));
      CHECK(torch::equal(batch.source[row], torch::arange(i, i + 5)));
      CHECK(torch::equal(batch.target[row].narrow(0, 0, 4), torch::arange(i + 1, i + 5)));
      CHECK(batch.target[row][4].item<std::int64_t>() == 100);  // padding, which stands outside of the vocabulary
    }
    first += 4;
  }
  CHECK(first == 12);
}

TEST_CASE("Workers share a data set instead of copying it", "[nn]") {
  Place place;
  const auto data = place.open(5);
  CHECK(data.use_count() == 1);
  const BatchDataset one(data);
  const BatchDataset two = one;
  CHECK(data.use_count() == 2);  // held once, by what both share
  CHECK(one.data() == two.data());
  CHECK(*one.size() == 5);
}

TEST_CASE("A transform draws by seed, epoch and sequence, for any number of workers", "[nn]") {
  Place place;
  const auto data = place.open(40);
  data->set_transform([](std::vector<aria::TokenId>& tokens, aria::RandomStream& random) {
    for (aria::TokenId& token : tokens) token = random.below(100);
  });
  const auto sources = [&](std::size_t workers, aria::EpochDraw draw) {
    std::vector<torch::Tensor> all;
    for (const Batch& batch : all_of(BatchStream(BatchDataset(data, draw), EpochSampler(aria::EpochOrder(40, {})),
                                                 {.batch_size = 7, .workers = workers}))) {
      all.push_back(batch.source);
    }
    return torch::cat(all);
  };
  const torch::Tensor once = sources(0, {1, 2});
  CHECK(once.sizes() == at::IntArrayRef({40, 5}));
  for (const std::size_t workers : {1, 2, 5}) CHECK(torch::equal(sources(workers, {1, 2}), once));
  CHECK_FALSE(torch::equal(sources(1, {1, 3}), once));
  CHECK_FALSE(torch::equal(sources(1, {2, 2}), once));
}

TEST_CASE("A list of transforms is applied in order", "[nn]") {
  Place place;
  const auto data = place.open(3);
  const auto add = [](aria::TokenId n) {
    return [n](std::vector<aria::TokenId>& tokens, aria::RandomStream&) {
      for (aria::TokenId& token : tokens) token = token * 2 + n;
    };
  };
  data->set_transform({add(1), add(5)});
  const auto batches =
      all_of(BatchStream(BatchDataset(data), EpochSampler(aria::EpochOrder(3, {.shuffle = false})), {3, 0}));
  CHECK(torch::equal(batches.at(0).source[0], torch::arange(0, 5) * 4 + 7));
}

TEST_CASE("An epoch goes on where it stopped, and ranks share it", "[nn]") {
  Place place;
  const auto data = place.open(50);
  const aria::EpochOrder order(50, {.seed = 3, .epoch = 4});
  const auto indices = [&](EpochSampler sampler, std::size_t workers) {
    return indices_of(
        all_of(BatchStream(BatchDataset(data), std::move(sampler), {.batch_size = 8, .workers = workers})));
  };
  const auto whole = indices(EpochSampler(order), 2);
  CHECK(std::set(whole.begin(), whole.end()).size() == 50);
  CHECK(indices(EpochSampler(order, {.first = 24}), 3) == std::vector(whole.begin() + 24, whole.end()));
  CHECK(indices(EpochSampler(order, {.first = 8, .end = 40}), 1) == std::vector(whole.begin() + 8, whole.begin() + 40));
  CHECK(indices(EpochSampler(order, {.drop_incomplete = true}), 1) == std::vector(whole.begin(), whole.begin() + 48));
  CHECK(indices(EpochSampler(order, {.first = 99}), 1).empty());

  std::vector<std::vector<std::size_t>> ranks;
  for (std::size_t rank = 0; rank < 3; ++rank) {
    ranks.push_back(indices(EpochSampler(aria::EpochOrder(50, {.seed = 3, .epoch = 4, .rank = {rank, 3}})), 1));
  }
  for (std::size_t i = 0; i < whole.size(); ++i) CHECK(ranks[i % 3].at(i / 3) == whole[i]);
}

TEST_CASE("A sampler is saved and loaded by libtorch's archives", "[nn]") {
  EpochSampler sampler(aria::EpochOrder(20, {.seed = 1}));
  sampler.reset();
  (void)sampler.next(6);
  const auto rest = [](EpochSampler& from) {
    std::vector<std::size_t> all;
    while (const auto batch = from.next(4)) all.insert(all.end(), batch->begin(), batch->end());
    return all;
  };
  torch::serialize::OutputArchive out;
  sampler.save(out);
  std::stringstream stream;
  out.save_to(stream);
  torch::serialize::InputArchive in;
  in.load_from(stream);
  EpochSampler again(aria::EpochOrder(20, {.seed = 1}));
  again.load(in);
  again.reset();  // as every loader does when it begins
  const auto wanted = rest(sampler);
  CHECK(wanted.size() == 14);
  CHECK(rest(again) == wanted);

  for (const auto& [size, seed] : {std::pair(5, 1), std::pair(20, 2)}) {
    EpochSampler other(aria::EpochOrder(static_cast<std::size_t>(size), {.seed = static_cast<std::uint64_t>(seed)}));
    CHECK(test::error_of([&] { other.load(in); }).code() == aria::ErrorCode::invalid_argument);
  }
}

TEST_CASE("An error of the data set arrives as it was thrown", "[nn]") {
  Place place;
  const auto data = place.open(9, "1 2 x 4 5\n");
  for (const std::size_t workers : {0, 1, 3}) {
    BatchStream stream(BatchDataset(data), EpochSampler(aria::EpochOrder(10, {.shuffle = false})), {4, workers});
    CHECK(stream.next());
    CHECK(stream.next());
    const auto error = test::error_of([&] { stream.next(); });
    CHECK(error.code() == aria::ErrorCode::invalid_text);
    CHECK(error.place().line == 10);
  }
}

TEST_CASE("Tokens become tensors and come back", "[nn]") {
  const test::ToyTokenizer tokenizer;
  const std::vector<aria::TokenId> tokens = {test::ToyTokenizer::prefix(2), test::ToyTokenizer::event(5),
                                             test::ToyTokenizer::continuation(7)};
  const torch::Tensor ids = encode(tokenizer, tokens);
  CHECK(ids.sizes() == at::IntArrayRef({3}));
  CHECK(ids.scalar_type() == torch::kLong);
  CHECK(decode(tokenizer, ids) == tokens);
  CHECK(decode(tokenizer, ids.to(torch::kInt)) == tokens);
  const std::vector<std::string_view> texts = {R"(["p", 2])", R"(["e", 5])", R"(["c", 7])"};
  CHECK(decode_texts(tokenizer, ids) == texts);
  CHECK(torch::equal(encode(tokenizer, texts), ids));

  const std::vector<aria::TokenId> outside = {tokenizer.outsider()};
  CHECK(encode(tokenizer, outside).item<std::int64_t>() == test::ToyTokenizer::kUnknown);
  const std::vector<std::string_view> nonsense = {"nonsense"};
  CHECK(encode(tokenizer, nonsense).item<std::int64_t>() == test::ToyTokenizer::kUnknown);

  for (const torch::Tensor& wrong : {torch::zeros({2, 2}, torch::kLong), torch::zeros({3}),
                                     torch::full({1}, -1, torch::kLong), torch::full({1}, 100'000, torch::kLong)}) {
    CHECK(test::error_of([&] { decode(tokenizer, wrong); }).code() == aria::ErrorCode::invalid_argument);
  }
}
