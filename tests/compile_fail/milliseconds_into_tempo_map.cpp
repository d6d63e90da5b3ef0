#include <aria/midi/tempo_map.hpp>

aria::Milliseconds length(const aria::TempoMap& time, aria::Ticks end) {
  const aria::Milliseconds length = time.milliseconds(aria::Ticks{0}, end);
#ifdef BAD_LINE
  return time.milliseconds(aria::Ticks{0}, length);
#endif
  return length;
}
