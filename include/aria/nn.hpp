// Models and training on libtorch. Link aria::nn; nothing else in the library knows libtorch.
//
//   torch precision              libtorch itself; in which precision a model computes
//   json_object float_text       writes JSON; fractions as Python writes them
//
//   data/                        the library's data sets for torch::data:
//     batch batch_dataset        {source, target} tensors; any data set as a BatchDataset
//     epoch_sampler              an order for each (seed, epoch), over ranks
//     batch_stream               the batches of an epoch, prepared beside the training
//     vocabulary_check           whether a model has the tokens of a data set
//     tokens                     encode and decode between tensors and tokens
//
//   model/                       transformers, and what they are made of:
//     causal_transformer         what training and sampling ask of a model
//     transformer_lm             that of EleutherAI's Aria
//     gpt2_lm conv1d             that of the Anticipatory Music Transformer
//     make_model model_folder    any of them by its configuration; folders in the layout of Hugging Face
//     rotary attention kv_cache dropout linear_cross_entropy linear_token_losses activation_checkpoint autocast
//                                parts that models share
//     cpu_attention cpu_decoding softmax_rows running_loss float_rows wide_vectors
//                                what makes attention and the head fast on processors
//     costs                      parameters, operations, memory
//
//   evaluation/                  how well a model knows a data set:
//     evaluate loss_tally        losses, and perplexities of events and their parts
//
//   distributed/                 several processes that train one model:
//     process_group              what they ask of each other; torch_group.hpp, which is included by itself, is c10d's
//     gradient_buckets bucket_plan
//                                gradients, summed while the backward pass goes on
//     process_place liveness_monitor key_store
//                                where processes meet, and whether all are alive
//
//   sampling/                    models for the loops of aria/sampling:
//     sampled_transformer        a transformer with its cache
//
//   weights/                     tensors in files:
//     data_type safetensors_header safetensors_file safetensors_writer
//                                the safetensors format, without libtorch
//     tensor_bytes named_tensors pickle_file model_weights sharded_weights gpt2_names
//                                models to files and back, by the names of Python's state dict
//
//   training/                    the loop and what belongs to it:
//     trainer train_events       epochs, validation, tables, checkpoints; what they tell those who watch
//     train_step adamw schedule recipe
//                                a step; what moves the weights, and how far
//     settings run_state table_rows
//                                what decides a run's result, and where it stands
//     check_run same_run shared_data_check
//                                whether data, model and checkpoint belong together, and processes do the same
//     checkpoint checkpoint_folder
//                                folders that appear whole
//     run_record project_directory loss_curve
//                                logs, tables, and their drawing
//     device step_clock train_report
//                                where it computes, and how fast
#pragma once

#include <aria/nn/data/batch.hpp>
#include <aria/nn/data/batch_dataset.hpp>
#include <aria/nn/data/batch_stream.hpp>
#include <aria/nn/data/epoch_sampler.hpp>
#include <aria/nn/data/tokens.hpp>
#include <aria/nn/data/vocabulary_check.hpp>
#include <aria/nn/distributed/bucket_plan.hpp>
#include <aria/nn/distributed/gradient_buckets.hpp>
#include <aria/nn/distributed/key_store.hpp>
#include <aria/nn/distributed/liveness_monitor.hpp>
#include <aria/nn/distributed/process_group.hpp>
#include <aria/nn/distributed/process_place.hpp>
#include <aria/nn/evaluation/evaluate.hpp>
#include <aria/nn/evaluation/loss_tally.hpp>
#include <aria/nn/float_text.hpp>
#include <aria/nn/json_object.hpp>
#include <aria/nn/model/activation_checkpoint.hpp>
#include <aria/nn/model/attention.hpp>
#include <aria/nn/model/autocast.hpp>
#include <aria/nn/model/causal_transformer.hpp>
#include <aria/nn/model/conv1d.hpp>
#include <aria/nn/model/costs.hpp>
#include <aria/nn/model/cpu_attention.hpp>
#include <aria/nn/model/cpu_decoding.hpp>
#include <aria/nn/model/dropout.hpp>
#include <aria/nn/model/float_rows.hpp>
#include <aria/nn/model/gpt2_lm.hpp>
#include <aria/nn/model/kv_cache.hpp>
#include <aria/nn/model/linear.hpp>
#include <aria/nn/model/linear_cross_entropy.hpp>
#include <aria/nn/model/linear_token_losses.hpp>
#include <aria/nn/model/make_model.hpp>
#include <aria/nn/model/model_folder.hpp>
#include <aria/nn/model/rotary.hpp>
#include <aria/nn/model/running_loss.hpp>
#include <aria/nn/model/softmax_rows.hpp>
#include <aria/nn/model/transformer_lm.hpp>
#include <aria/nn/model/wide_vectors.hpp>
#include <aria/nn/precision.hpp>
#include <aria/nn/sampling/sampled_transformer.hpp>
#include <aria/nn/torch.hpp>
#include <aria/nn/training/adamw.hpp>
#include <aria/nn/training/check_run.hpp>
#include <aria/nn/training/checkpoint.hpp>
#include <aria/nn/training/checkpoint_folder.hpp>
#include <aria/nn/training/device.hpp>
#include <aria/nn/training/loss_curve.hpp>
#include <aria/nn/training/project_directory.hpp>
#include <aria/nn/training/recipe.hpp>
#include <aria/nn/training/run_record.hpp>
#include <aria/nn/training/run_state.hpp>
#include <aria/nn/training/same_run.hpp>
#include <aria/nn/training/schedule.hpp>
#include <aria/nn/training/settings.hpp>
#include <aria/nn/training/shared_data_check.hpp>
#include <aria/nn/training/step_clock.hpp>
#include <aria/nn/training/train_events.hpp>
#include <aria/nn/training/train_report.hpp>
#include <aria/nn/training/train_step.hpp>
#include <aria/nn/training/trainer.hpp>
#include <aria/nn/weights/data_type.hpp>
#include <aria/nn/weights/gpt2_names.hpp>
#include <aria/nn/weights/model_weights.hpp>
#include <aria/nn/weights/named_tensors.hpp>
#include <aria/nn/weights/pickle_file.hpp>
#include <aria/nn/weights/safetensors_file.hpp>
#include <aria/nn/weights/safetensors_header.hpp>
#include <aria/nn/weights/safetensors_writer.hpp>
#include <aria/nn/weights/tensor_bytes.hpp>
