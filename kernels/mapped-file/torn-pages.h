// Pages of mapped files that are gone: the file was cut short, or the disk cannot read them any more.
//
// Reading such a page is SIGBUS, which would end the process. Here it becomes zeros and a mark: a handler of the signal puts zeros
// where the page was and says so of the range. Zeros are no answer: whoever read the range has to ask `is_torn` before it uses what it
// read. What lies in no watched range goes to the handler before, or ends the process as ever.
#pragma once

#include <cstddef>

namespace shoal {

struct WatchedRange;

// Watches memory that was just mapped from a file; null when memory is short. The first call sets up the handler.
WatchedRange* watch_range(void* address, size_t size);

// Called before the memory is unmapped, when nobody reads it any more.
void forget_range(WatchedRange* range);

// Whether a page of the range was gone when it was read.
bool is_torn(const WatchedRange* range);

// Whether that is so of any range since the start.
bool is_any_torn();

}  // namespace shoal
