// One of two translation units with every header: a function that is not inline does not link.
#include "all_headers.hpp"

#include <iostream>

const void* address_in_second();

// What the headers define is one thing in the whole program.
int main() {
  if (&aria::DataConfig::defaults() == address_in_second()) return 0;
  std::cerr << "two objects where there should be one\n";
  return 1;
}
