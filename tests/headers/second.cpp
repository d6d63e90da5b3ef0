#include "all_headers.hpp"

const void* address_in_second();
const void* address_in_second() { return &aria::DataConfig::defaults(); }
