#include <aria/support/atomic_file.hpp>

void write(aria::AtomicFile& file) {
#ifdef BAD_LINE
  aria::AtomicFile second = file;
#endif
  file.commit();
}
