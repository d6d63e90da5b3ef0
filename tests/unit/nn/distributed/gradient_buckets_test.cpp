#include <aria/nn/distributed/gradient_buckets.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/model/activation_checkpoint.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/error.hpp>

#include "../model/tiny.hpp"
#include "support/catch.hpp"

using namespace aria::nn;

namespace {

using Tensors = std::vector<torch::Tensor>;

// The first of two processes. The other one sends the same, or what `others` makes of it.
class FakeGroup : public SingleProcess {
 public:
  using Others = std::function<torch::Tensor(const torch::Tensor& ours)>;

  explicit FakeGroup(Others others = [](const torch::Tensor& ours) { return ours.clone(); })
      : others_(std::move(others)) {}

  std::uint64_t size() const noexcept override { return 2; }
  std::function<void()> start_sum(const torch::Tensor& tensor) override {
    if (sent.size() == fails_at) throw aria::Error(aria::ErrorCode::process_lost, "rank 1 is gone");
    sent.push_back(tensor);
    before.push_back(tensor.clone());
    CHECK_FALSE(torch::GradMode::is_enabled());
    return [this, tensor] {
      if (waits == fails_to_wait_at) throw aria::Error(aria::ErrorCode::process_lost, "rank 1 is lost");
      const torch::NoGradGuard no_graph;
      tensor.add_(others_(tensor));
      ++waits;
    };
  }

  Tensors sent, before;  // what was given to start_sum, and what it was then
  std::size_t waits = 0, fails_at = SIZE_MAX, fails_to_wait_at = SIZE_MAX;

 private:
  Others others_;
};

std::shared_ptr<FakeGroup> group_that_adds_ones() {
  return std::make_shared<FakeGroup>([](const torch::Tensor& ours) { return torch::ones_like(ours); });
}

// With a limit of 12 numbers: {c.bias, c.weight}, {b.weight}, {a.weight}, {b.bias, a.bias}.
constexpr std::size_t kLarge = 12;
const std::vector<std::size_t> kSizes = {12, 20, 12, 9};

struct Layers : torch::nn::Module {
  torch::nn::Linear a, b, c;
  Layers() : a(3, 4), b(4, 5), c(5, 2) {
    register_module("a", a);
    register_module("b", b);
    register_module("c", c);
  }
  torch::Tensor forward(const torch::Tensor& x) { return c(torch::tanh(b(torch::tanh(a(x))))); }
};

std::shared_ptr<Layers> make_layers() {
  torch::manual_seed(5);
  return std::make_shared<Layers>();
}

torch::Tensor batch_of(std::uint64_t seed, std::int64_t size = 3) {
  torch::manual_seed(seed);
  return torch::randn({6, size});
}

void backward(Layers& layers, const torch::Tensor& batch) { layers.forward(batch).square().sum().backward(); }

void clear_gradients(const torch::nn::Module& model) {
  for (torch::Tensor& weight : model.parameters()) weight.mutable_grad() = torch::Tensor();
}

Tensors gradients_of(const torch::nn::Module& model) {
  Tensors all;
  for (const torch::Tensor& weight : model.parameters()) {
    all.push_back(weight.grad().defined() ? weight.grad().clone() : torch::Tensor());
  }
  return all;
}

// What one process alone computes.
Tensors plain_gradients(const std::vector<torch::Tensor>& batches) {
  const auto layers = make_layers();
  for (const torch::Tensor& batch : batches) backward(*layers, batch);
  return gradients_of(*layers);
}

bool are_equal(const Tensors& a, const Tensors& b, double factor = 1) {
  REQUIRE(a.size() == b.size());
  bool equal = true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].defined());
    REQUIRE(b[i].defined());
    equal = equal && torch::equal(a[i], b[i] * factor);
  }
  return equal;
}

std::vector<std::size_t> sizes_of(const Tensors& tensors) {
  std::vector<std::size_t> sizes;
  for (const torch::Tensor& tensor : tensors) sizes.push_back(static_cast<std::size_t>(tensor.numel()));
  return sizes;
}

// The gradients as buckets have them.
Tensors in_buckets(const BucketPlan& plan, const Tensors& gradients) {
  Tensors all;
  for (const auto& parameters : plan.parameters) {
    Tensors parts;
    for (const std::size_t i : parameters) parts.push_back(gradients[i].flatten());
    all.push_back(torch::cat(parts));
  }
  return all;
}

// Two threads wait for each other.
class Meeting {
 public:
  void arrive() {
    std::unique_lock lock(mutex_);
    const std::size_t round = round_;
    if (++here_ == 2) {
      here_ = 0;
      ++round_;
      changed_.notify_all();
      return;
    }
    if (!changed_.wait_for(lock, std::chrono::seconds(60), [&] { return round_ != round; })) {
      throw std::runtime_error("the other one did not come");
    }
  }

  std::array<torch::Tensor, 2> tensors;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t here_ = 0, round_ = 0;
};

// One of two processes, which are threads here.
class MeetingGroup : public SingleProcess {
 public:
  MeetingGroup(std::shared_ptr<Meeting> meeting, std::uint64_t rank) : meeting_(std::move(meeting)), rank_(rank) {}
  std::uint64_t rank() const noexcept override { return rank_; }
  std::uint64_t size() const noexcept override { return 2; }
  std::function<void()> start_sum(const torch::Tensor& tensor) override {
    return [this, tensor] {
      const torch::NoGradGuard no_graph;
      meeting_->tensors[rank_] = tensor;
      meeting_->arrive();
      const torch::Tensor sum = meeting_->tensors[0] + meeting_->tensors[1];
      meeting_->arrive();
      tensor.copy_(sum);
    };
  }

 private:
  std::shared_ptr<Meeting> meeting_;
  std::uint64_t rank_;
};

// Batches that a process has in each of several steps.
using Steps = std::vector<Tensors>;

void descend(const torch::nn::Module& model) {
  const torch::NoGradGuard no_graph;
  for (torch::Tensor& weight : model.parameters()) weight.sub_(weight.grad(), 0.01);
  clear_gradients(model);
}

// Of one of two processes.
void train(Layers& layers, const Steps& steps, const std::shared_ptr<ProcessGroup>& group) {
  GradientBuckets buckets(layers, group, kLarge);
  for (const Tensors& batches : steps) {
    buckets.begin();
    for (std::size_t part = 0; part < batches.size(); ++part) {
      if (part + 1 == batches.size()) buckets.send_when_ready();
      backward(layers, batches[part]);
    }
    buckets.finish();
    descend(layers);
  }
}

Tensors flattened(const Tensors& tensors) {
  Tensors all;
  for (const torch::Tensor& tensor : tensors) all.push_back(tensor.flatten());
  return all;
}

}  // namespace

TEST_CASE("GradientBuckets: gradients are the sums over all processes", "[nn]") {
  const Tensors plain = plain_gradients({batch_of(1)});
  const auto layers = make_layers();
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*layers, group, kLarge);
  CHECK(buckets.plan().sizes == kSizes);
  buckets.begin();
  buckets.send_when_ready();
  backward(*layers, batch_of(1));
  CHECK(sizes_of(group->sent) == kSizes);  // while the backward pass went on
  CHECK(group->waits == 0);
  buckets.finish();
  CHECK(group->sent.size() == kSizes.size());
  CHECK(group->waits == kSizes.size());
  CHECK(are_equal(flattened(group->before), in_buckets(buckets.plan(), plain)));
  CHECK(are_equal(gradients_of(*layers), plain, 2));
  backward(*layers, batch_of(1));
  CHECK(group->sent.size() == kSizes.size());
}

TEST_CASE("GradientBuckets: gradients of several backward passes are added before they are summed", "[nn]") {
  const Tensors plain = plain_gradients({batch_of(1), batch_of(2), batch_of(3)});
  const auto layers = make_layers();
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*layers, group, kLarge);
  buckets.begin();
  backward(*layers, batch_of(1));
  backward(*layers, batch_of(2));
  CHECK(group->sent.empty());
  buckets.send_when_ready();
  CHECK(group->sent.empty());
  backward(*layers, batch_of(3));
  CHECK(sizes_of(group->sent) == kSizes);
  buckets.finish();
  CHECK(are_equal(flattened(group->before), in_buckets(buckets.plan(), plain)));
  CHECK(are_equal(gradients_of(*layers), plain, 2));
}

TEST_CASE("GradientBuckets: step after step", "[nn]") {
  const auto layers = make_layers();
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*layers, group, kLarge);
  for (const std::uint64_t seed : {1U, 2U, 1U}) {
    group->sent.clear();
    group->before.clear();
    group->waits = 0;
    clear_gradients(*layers);
    buckets.begin();
    backward(*layers, batch_of(seed));
    CHECK(group->sent.empty());
    buckets.send_when_ready();
    backward(*layers, batch_of(seed + 10));
    CHECK(sizes_of(group->sent) == kSizes);
    buckets.finish();
    CHECK(group->waits == kSizes.size());
    CHECK(are_equal(gradients_of(*layers), plain_gradients({batch_of(seed), batch_of(seed + 10)}), 2));
  }
}

TEST_CASE("GradientBuckets: weights without gradients get those of others", "[nn]") {
  for (const bool only_last : {false, true}) {
    const auto loss_of = [&](Layers& layers) {
      return only_last ? layers.c(batch_of(1, 5)).sum() : layers.b(torch::tanh(layers.a(batch_of(1)))).sum();
    };
    const auto plain = make_layers();
    loss_of(*plain).backward();
    const auto layers = make_layers();
    const auto group = group_that_adds_ones();
    GradientBuckets buckets(*layers, group, kLarge);
    buckets.begin();
    buckets.send_when_ready();
    loss_of(*layers).backward();
    CHECK(group->sent.size() == (only_last ? 1 : 0));
    buckets.finish();
    CHECK(sizes_of(group->sent) == kSizes);
    Tensors expected;
    for (const torch::Tensor& weight : plain->parameters()) {
      expected.push_back((weight.grad().defined() ? weight.grad() : torch::zeros_like(weight)).detach() + 1);
    }
    CHECK(are_equal(gradients_of(*layers), expected));
  }
}

TEST_CASE("GradientBuckets: a process without any batch gets what the others have", "[nn]") {
  const auto layers = make_layers();
  const auto group = group_that_adds_ones();
  GradientBuckets buckets(*layers, group, kLarge);
  for (int step = 0; step < 2; ++step) {
    clear_gradients(*layers);
    buckets.begin();
    if (step == 1) buckets.send_when_ready();
    buckets.finish();
    for (const torch::Tensor& weight : layers->parameters())
      CHECK(torch::equal(weight.grad(), torch::ones_like(weight)));
  }
  CHECK(group->sent.size() == 2 * kSizes.size());
}

TEST_CASE("GradientBuckets: large gradients are summed where they lie, small ones lie in a bucket", "[nn]") {
  const auto layers = make_layers();
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*layers, group, kLarge);
  Tensors first_sent;
  for (int step = 0; step < 2; ++step) {
    group->sent.clear();
    clear_gradients(*layers);
    buckets.begin();
    backward(*layers, batch_of(1));
    const void* large_before = layers->b->weight.grad().data_ptr();
    buckets.send_when_ready();
    backward(*layers, batch_of(2));
    buckets.finish();
    REQUIRE(sizes_of(group->sent) == kSizes);
    CHECK(group->sent[1].data_ptr() == large_before);
    const Tensors weights = layers->parameters();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      CAPTURE(i);
      const BucketPlan::Part part = buckets.plan().parts[i];
      CHECK(weights[i].grad().data_ptr<float>() == group->sent[part.bucket].data_ptr<float>() + part.offset);
      CHECK(weights[i].grad().sizes() == weights[i].sizes());
      CHECK(weights[i].grad().is_contiguous());
    }
    if (step == 0) first_sent = group->sent;
    CHECK(group->sent[0].is_same(first_sent[0]));
    CHECK(group->sent[3].is_same(first_sent[3]));
  }
}

TEST_CASE("GradientBuckets: a gradient that does not lie in one piece", "[nn]") {
  const auto layers = make_layers();
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*layers, group, kLarge);
  buckets.begin();
  Tensors transposed;
  for (torch::Tensor& weight : layers->parameters()) {
    transposed.push_back(weight.dim() == 2 ? torch::randn({weight.size(1), weight.size(0)}).t()
                                           : torch::randn_like(weight));
    weight.mutable_grad() = transposed.back();
    transposed.back() = transposed.back().clone();
  }
  buckets.finish();
  for (const torch::Tensor& tensor : group->sent) CHECK(tensor.is_contiguous());
  CHECK(are_equal(gradients_of(*layers), transposed, 2));
}

TEST_CASE("GradientBuckets: a limit that makes one bucket, and one that makes a bucket of each weight", "[nn]") {
  const Tensors plain = plain_gradients({batch_of(1)});
  for (const std::size_t large : {std::size_t{1}, std::size_t{54}, GradientBuckets::kLarge}) {
    const auto layers = make_layers();
    const auto group = std::make_shared<FakeGroup>();
    GradientBuckets buckets(*layers, group, large);
    buckets.begin();
    buckets.send_when_ready();
    backward(*layers, batch_of(1));
    CHECK(group->sent.size() == (large == 1 ? 6 : 1));
    buckets.finish();
    CHECK(are_equal(gradients_of(*layers), plain, 2));
  }
}

TEST_CASE("GradientBuckets: a weight that is used twice is sent once", "[nn]") {
  const auto loss_of = [](Layers& layers) {
    return layers.c(torch::tanh(layers.b(torch::tanh(layers.a(batch_of(1)) + layers.a(batch_of(2))))) * 2).sum();
  };
  const auto plain = make_layers();
  loss_of(*plain).backward();
  const auto layers = make_layers();
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*layers, group, kLarge);
  buckets.begin();
  buckets.send_when_ready();
  loss_of(*layers).backward();
  CHECK(sizes_of(group->sent) == kSizes);
  buckets.finish();
  CHECK(are_equal(gradients_of(*layers), gradients_of(*plain), 2));
}

TEST_CASE("GradientBuckets: parts that run again in the backward pass send their gradients once", "[nn]") {
  const auto gradients = [](TransformerLM& model) {
    model.train();
    torch::manual_seed(13);
    const torch::Tensor ids = torch::randint(0, 67, {2, 25}, torch::kLong);
    model.loss_sum(ids.narrow(1, 0, 24), ids.narrow(1, 1, 24), -1).backward();
  };
  const auto plain = test::small_model(true, 0.1);
  gradients(*plain);
  for (const std::size_t large : {std::size_t{1}, std::size_t{1500}, std::size_t{1} << 30}) {
    CAPTURE(large);
    const auto model = test::small_model(true, 0.1);
    const auto group = std::make_shared<FakeGroup>();
    GradientBuckets buckets(*model, group, large);
    buckets.begin();
    buckets.send_when_ready();
    gradients(*model);
    CHECK(sizes_of(group->sent) == buckets.plan().sizes);
    buckets.finish();
    CHECK(are_equal(flattened(group->before), in_buckets(buckets.plan(), gradients_of(*plain))));
    CHECK(are_equal(gradients_of(*model), gradients_of(*plain), 2));
  }
}

TEST_CASE("GradientBuckets: a weight of two parts that run again is refused, not sent twice", "[nn]") {
  const auto layers = make_layers();
  GradientBuckets buckets(*layers, std::make_shared<FakeGroup>(), kLarge);
  buckets.begin();
  buckets.send_when_ready();
  torch::Tensor x = batch_of(1).requires_grad_(true);
  torch::Tensor loss;
  for (int part = 0; part < 2; ++part) {
    const torch::Tensor y = checkpointed(x, [&](const torch::Tensor& in) { return layers->forward(in); }).sum();
    loss = loss.defined() ? loss + y : y;
  }
  const aria::Error error = test::error_of([&] { loss.backward(); });
  CHECK(error.code() == aria::ErrorCode::invalid_argument);
  CHECK(error.message().find("came twice in one step") != std::string::npos);
}

TEST_CASE("GradientBuckets: a lost process is told to who computes gradients or waits for them", "[nn]") {
  const Tensors plain = plain_gradients({batch_of(1)});
  const auto layers = make_layers();
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*layers, group, kLarge);
  for (const std::size_t bucket : {0U, 2U}) {
    *group = FakeGroup();
    group->fails_at = bucket;
    clear_gradients(*layers);
    buckets.begin();
    buckets.send_when_ready();
    const aria::Error error = test::error_of([&] { backward(*layers, batch_of(1)); });
    CHECK(error.code() == aria::ErrorCode::process_lost);
    CHECK(error.message() == "rank 1 is gone");

    *group = FakeGroup();
    group->fails_to_wait_at = bucket;
    clear_gradients(*layers);
    buckets.begin();
    buckets.send_when_ready();
    backward(*layers, batch_of(1));
    CHECK(test::error_of([&] { buckets.finish(); }).message() == "rank 1 is lost");
  }
  *group = FakeGroup();
  group->fails_at = 1;
  clear_gradients(*layers);
  buckets.begin();
  buckets.send_when_ready();
  CHECK_THROWS_AS(backward(*layers, batch_of(2)), aria::Error);

  *group = FakeGroup();
  clear_gradients(*layers);
  buckets.begin();
  backward(*layers, batch_of(1));
  CHECK(group->sent.empty());
  clear_gradients(*layers);
  buckets.send_when_ready();
  backward(*layers, batch_of(1));
  buckets.finish();
  CHECK(group->waits == kSizes.size());
  CHECK(are_equal(gradients_of(*layers), plain, 2));
}

TEST_CASE("GradientBuckets: nothing is sent for one that is gone", "[nn]") {
  const auto layers = make_layers();
  const auto old_group = std::make_shared<FakeGroup>(), group = std::make_shared<FakeGroup>();
  torch::Tensor loss;
  {
    GradientBuckets buckets(*layers, old_group, kLarge);
    buckets.begin();
    buckets.send_when_ready();
    loss = layers->forward(batch_of(1)).square().sum();
  }
  GradientBuckets buckets(*layers, group, kLarge);
  buckets.begin();
  buckets.send_when_ready();
  loss.backward();
  CHECK(old_group->sent.empty());
  CHECK(sizes_of(group->sent) == kSizes);
  buckets.finish();
  CHECK(are_equal(gradients_of(*layers), plain_gradients({batch_of(1)}), 2));
}

TEST_CASE("GradientBuckets: a gradient that others look at is not summed in place", "[nn]") {
  // The gradient of the sum is handed to both summands; that of the weight is a view of it.
  const torch::Tensor x = torch::ones({1, 4, 3}, torch::requires_grad());
  struct Positions : torch::nn::Module {
    torch::Tensor weight = register_parameter("weight", torch::zeros({4, 3}));
  };
  const auto module = std::make_shared<Positions>();
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*module, group, 1);
  buckets.begin();
  buckets.send_when_ready();
  // Sums begin before the rest of the backward pass, and here end at once.
  const torch::Tensor y = (x * 2) + module->weight.unsqueeze(0);
  (y * 3).sum().backward();
  for (torch::Tensor& sent : group->sent) {
    const torch::NoGradGuard no_graph;
    sent.fill_(1e9);
  }
  CHECK(torch::equal(x.grad(), torch::full({1, 4, 3}, 6.0)));
  buckets.finish();
}

TEST_CASE("GradientBuckets: weights that are not trained are left out", "[nn]") {
  torch::nn::Linear layer(3, 4);
  layer->bias.set_requires_grad(false);
  const auto group = std::make_shared<FakeGroup>();
  GradientBuckets buckets(*layer, group);
  buckets.begin();
  buckets.send_when_ready();
  layer(torch::ones({2, 3})).sum().backward();
  buckets.finish();
  CHECK(torch::equal(layer->weight.grad(), torch::full({4, 3}, 4.0)));
  CHECK_FALSE(layer->bias.grad().defined());
  REQUIRE(group->sent.size() == 1);
  CHECK(group->sent[0].numel() == 12);
}

TEST_CASE("GradientBuckets: a process alone has its own gradients", "[nn]") {
  const auto layers = make_layers();
  GradientBuckets buckets(*layers, std::make_shared<SingleProcess>(), kLarge);
  buckets.begin();
  buckets.send_when_ready();
  backward(*layers, batch_of(1));
  buckets.finish();
  CHECK(are_equal(gradients_of(*layers), plain_gradients({batch_of(1)})));
}

TEST_CASE("GradientBuckets: two processes learn what one with the batches of both learns", "[nn]") {
  const std::array<Steps, 2> steps = {Steps{{batch_of(1), batch_of(2)}, {batch_of(3)}, {}, {}, {batch_of(4)}},
                                      Steps{{batch_of(5)}, {}, {batch_of(6), batch_of(7)}, {}, {batch_of(8)}}};
  const auto alone = make_layers();
  for (std::size_t step = 0; step < steps[0].size(); ++step) {
    for (const torch::Tensor& weight : alone->parameters()) weight.mutable_grad() = torch::zeros_like(weight);
    for (const Steps& process : steps) {
      for (const torch::Tensor& batch : process[step]) backward(*alone, batch);
    }
    descend(*alone);
  }

  const auto meeting = std::make_shared<Meeting>();
  const std::array<std::shared_ptr<Layers>, 2> models = {make_layers(), make_layers()};
  std::array<std::exception_ptr, 2> errors;
  std::vector<std::thread> threads;
  for (std::size_t rank = 0; rank < 2; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        train(*models[rank], steps[rank], std::make_shared<MeetingGroup>(meeting, rank));
      } catch (...) {
        errors[rank] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  const Tensors one = models[0]->parameters(), other = models[1]->parameters(), both = alone->parameters();
  const Tensors untrained = make_layers()->parameters();
  for (std::size_t i = 0; i < both.size(); ++i) {
    CAPTURE(i);
    CHECK(torch::equal(one[i], other[i]));
    CHECK(test::max_difference(one[i], both[i]) < 1e-5);
    CHECK(test::max_difference(one[i], untrained[i]) > 1e-3);
  }
}
