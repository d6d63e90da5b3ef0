// The work of aria-eval.
#pragma once

#include "arguments.hpp"

namespace eval {

/// Evaluates, prints the table and returns the exit status. Throws what models and data sets throw.
int run(const Arguments& arguments);

}  // namespace eval
