// Causal attention on processors: block by block in the caches, with rotary positions and dropout on the way.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <aria/nn/model/dropout.hpp>
#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/model/rotary.hpp>
#include <aria/nn/torch.hpp>
#include <aria/support/row_kernels.hpp>

namespace aria::nn::detail {

/// What attention computes with: sizes, and which weights are dropped.
struct AttentionPlan {
  std::int64_t batch = 0, length = 0, heads = 0, head_size = 0;
  float scale = 1;
  DropoutMask mask{0, 0};
  bool drops = false;

  /// Rows of queries that are worked on at once: their weights of one head stay in the second-level cache.
  std::int64_t rows() const noexcept { return std::clamp<std::int64_t>((1 << 18) / length, 32, 256); }
};

/// The queries, keys or values of one head: (length, head_size) of a tensor (batch, length, 3, heads, head_size).
inline torch::Tensor head_of(const torch::Tensor& qkv, std::int64_t which, std::int64_t batch, std::int64_t head) {
  return qkv.select(0, batch).select(2, head).select(1, which);
}

/// Turned by rotary positions, where there are some. `backwards` turns the other way, as gradients do.
inline torch::Tensor turned(const torch::Tensor& x, const RotaryTable::Angles& angles, bool backwards = false) {
  if (!angles.cos.defined()) return x;
  return rotate(x, backwards ? RotaryTable::Angles{angles.cos, -angles.sin} : angles).to(x.scalar_type());
}

/// Scores (rows, columns) of queries `first` to `first + rows` - 1 become weights; `sums` takes the logarithm of what
/// each row was divided by. `number` is that of the first row among all rows of all heads.
template <class T>
void weigh(T* scores, std::int64_t rows, std::int64_t columns, std::int64_t first, std::int64_t number,
           const AttentionPlan& plan, float* sums) {
  std::vector<float> scratch(static_cast<std::size_t>(columns));
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t count = first + i + 1;  // of positions that it sees
    T* const out = scores + i * columns;
    float* const row = load_row(out, count, scratch.data());
    const float shift = kernels::max_of(row, count) * plan.scale;
    const float sum = kernels::exponentials(row, count, plan.scale, shift);
    sums[i] = shift + std::log(sum);
    kernels::multiply(row, count, 1 / sum);
    if (plan.drops) {
      const std::int64_t begin = (number + i) * plan.length;
      plan.mask.for_each(begin, begin + count, [&](std::int64_t j, float factor) { row[j - begin] *= factor; });
    }
    store_row(out, row, count);
    std::fill(out + count, out + columns, T(0));
  }
}

/// The way back: of scores and gradients of the weights, `scores` become the weights after dropout, and `gradients`
/// those of the scores.
template <class T>
void weigh_back(T* scores, T* gradients, std::int64_t rows, std::int64_t columns, std::int64_t first,
                std::int64_t number, const AttentionPlan& plan, const float* sums) {
  std::vector<float> scratch(static_cast<std::size_t>(columns)), other(static_cast<std::size_t>(columns));
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t count = first + i + 1;
    T* const out = scores + i * columns;
    T* const gradient_out = gradients + i * columns;
    float* const weight = load_row(out, count, scratch.data());
    float* const gradient = load_row(gradient_out, count, other.data());
    // Rounding may put a score above the logarithm of the sum by a hair.
    (void)kernels::exponentials(weight, count, plan.scale,
                                std::max(sums[i], kernels::max_of(weight, count) * plan.scale));
    const std::int64_t begin = (number + i) * plan.length;
    if (plan.drops) {
      plan.mask.for_each(begin, begin + count, [&](std::int64_t j, float factor) { gradient[j - begin] *= factor; });
    }
    const float mean = kernels::dot(weight, gradient, count);
    for (std::int64_t j = 0; j < count; ++j) gradient[j] = weight[j] * (gradient[j] - mean) * plan.scale;
    if (plan.drops) {
      plan.mask.for_each(begin, begin + count, [&](std::int64_t j, float factor) { weight[j - begin] *= factor; });
    }
    store_row(out, weight, count);
    store_row(gradient_out, gradient, count);
    std::fill(out + count, out + columns, T(0));
    std::fill(gradient_out + count, gradient_out + columns, T(0));
  }
}

/// Calls `work(batch, head)` for all heads, on all threads.
template <class Work>
void for_each_head(const AttentionPlan& plan, Work work) {
  at::parallel_for(0, plan.batch * plan.heads, 1, [&](std::int64_t begin, std::int64_t end) {
    const torch::NoGradGuard no_graph;  // of this thread
    for (std::int64_t i = begin; i < end; ++i) work(i / plan.heads, i % plan.heads);
  });
}

/// The attention of one head, into `out` (length, head_size); `sums` are the logarithms of weigh, (length).
inline void attend(const torch::Tensor& qkv, std::int64_t batch, std::int64_t head, const RotaryTable::Angles& angles,
                   const AttentionPlan& plan, torch::Tensor out, float* sums) {
  const torch::Tensor q = turned(head_of(qkv, 0, batch, head), angles),
                      k = turned(head_of(qkv, 1, batch, head), angles);
  const torch::Tensor v = head_of(qkv, 2, batch, head), k_t = k.t();
  const std::int64_t number = (batch * plan.heads + head) * plan.length;
  for (std::int64_t first = 0; first < plan.length; first += plan.rows()) {
    const std::int64_t rows = std::min(plan.rows(), plan.length - first), columns = first + rows;
    const torch::Tensor scores = torch::mm(q.narrow(0, first, rows), k_t.narrow(1, 0, columns));
    with_element_type(scores, [&]<class T>(T*) {
      weigh(scores.data_ptr<T>(), rows, columns, first, number + first, plan, sums + first);
    });
    torch::Tensor part = out.narrow(0, first, rows);
    part.copy_(torch::mm(scores, v.narrow(0, 0, columns)));
  }
}

/// Its gradients, into those of one head's queries, keys and values.
inline void attend_back(const torch::Tensor& qkv, const torch::Tensor& gradient, torch::Tensor qkv_gradient,
                        std::int64_t batch, std::int64_t head, const RotaryTable::Angles& angles,
                        const AttentionPlan& plan, const float* sums) {
  const torch::Tensor q = turned(head_of(qkv, 0, batch, head), angles),
                      k = turned(head_of(qkv, 1, batch, head), angles);
  const torch::Tensor v = head_of(qkv, 2, batch, head), k_t = k.t(), v_t = v.t();
  const auto sizes = {plan.length, plan.head_size};
  const torch::Tensor q_gradient = torch::empty(sizes, torch::kFloat), k_gradient = torch::zeros(sizes, torch::kFloat),
                      v_gradient = torch::zeros(sizes, torch::kFloat);
  const std::int64_t number = (batch * plan.heads + head) * plan.length;
  for (std::int64_t first = 0; first < plan.length; first += plan.rows()) {
    const std::int64_t rows = std::min(plan.rows(), plan.length - first), columns = first + rows;
    const torch::Tensor queries = q.narrow(0, first, rows), out = gradient.narrow(0, first, rows);
    const torch::Tensor weights = torch::mm(queries, k_t.narrow(1, 0, columns));
    const torch::Tensor scores = torch::mm(out, v_t.narrow(1, 0, columns));
    with_element_type(weights, [&]<class T>(T*) {
      weigh_back(weights.data_ptr<T>(), scores.data_ptr<T>(), rows, columns, first, number + first, plan, sums + first);
    });
    v_gradient.narrow(0, 0, columns).add_(torch::mm(weights.t(), out));
    k_gradient.narrow(0, 0, columns).add_(torch::mm(scores.t(), queries));
    q_gradient.narrow(0, first, rows).copy_(torch::mm(scores, k.narrow(0, 0, columns)));
  }
  head_of(qkv_gradient, 0, batch, head).copy_(turned(q_gradient, angles, true));
  head_of(qkv_gradient, 1, batch, head).copy_(turned(k_gradient, angles, true));
  head_of(qkv_gradient, 2, batch, head).copy_(v_gradient);
}

/// Weights are computed again on the way back, as in Dao et al.: "FlashAttention" (2022): what is kept is a number for
/// each row.
struct CpuAttention : torch::autograd::Function<CpuAttention> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& qkv,
                               const RotaryTable::Angles& angles, double scale, double dropout, std::int64_t key) {
    const AttentionPlan plan = plan_of(qkv, scale, dropout, key);
    torch::Tensor out = torch::empty({plan.batch, plan.length, plan.heads, plan.head_size}, qkv.options());
    const torch::Tensor sums = torch::empty({plan.batch, plan.heads, plan.length}, torch::kFloat);
    for_each_head(plan, [&](std::int64_t batch, std::int64_t head) {
      attend(qkv, batch, head, angles, plan, out.select(0, batch).select(1, head), sums[batch][head].data_ptr<float>());
    });
    context->saved_data["scale"] = scale;
    context->saved_data["dropout"] = dropout;
    context->saved_data["key"] = key;
    context->saved_data["cos"] = angles.cos;
    context->saved_data["sin"] = angles.sin;
    context->save_for_backward({qkv, sums});
    return out.flatten(2);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor qkv = saved[0], sums = saved[1];
    const RotaryTable::Angles angles{context->saved_data["cos"].toTensor(), context->saved_data["sin"].toTensor()};
    const AttentionPlan plan = plan_of(qkv, context->saved_data["scale"].toDouble(),
                                       context->saved_data["dropout"].toDouble(), context->saved_data["key"].toInt());
    const torch::Tensor gradient =
        gradients[0].to(qkv.scalar_type()).reshape({plan.batch, plan.length, plan.heads, plan.head_size});
    torch::Tensor qkv_gradient = torch::empty_like(qkv);
    for_each_head(plan, [&](std::int64_t batch, std::int64_t head) {
      attend_back(qkv, gradient.select(0, batch).select(1, head), qkv_gradient, batch, head, angles, plan,
                  sums[batch][head].data_ptr<float>());
    });
    return {qkv_gradient, torch::Tensor(), torch::Tensor(), torch::Tensor(), torch::Tensor()};
  }

 private:
  static AttentionPlan plan_of(const torch::Tensor& qkv, double scale, double dropout, std::int64_t key) {
    return {qkv.size(0),
            qkv.size(1),
            qkv.size(3),
            qkv.size(4),
            static_cast<float>(scale),
            DropoutMask(static_cast<std::uint64_t>(key), dropout),
            dropout > 0};
  }
};

}  // namespace aria::nn::detail
