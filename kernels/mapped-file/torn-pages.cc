// The handler of SIGBUS and what it looks up: see torn-pages.h.
//
// The handler may run in any thread, in the middle of anything, so it takes no lock and frees nothing. It walks a list of ranges to
// which elements are only added; those of closed files are used again. It calls mmap, which POSIX does not list as safe in handlers, and
// which is a plain system call wherever this is built. Why no handler touches memory that is being unmapped:
//
// - A range is entered after its memory was mapped and forgotten before it is unmapped. So ranges never overlap, and all are mapped.
// - Whoever reads a mapping keeps it mapped while it reads (hold_mapping; JavaScript has no buffer any more once it is closed). So the
//   range that a fault lies in cannot be forgotten before that read goes on.
// - Of other ranges, one that is changed while the handler looks at it shows an odd generation, or another one afterwards, and is passed over.
#include "kernels/mapped-file/torn-pages.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <new>

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

namespace shoal {

struct WatchedRange {
  std::atomic<uint32_t> generation{0};  // odd while the range is changed
  std::atomic<uintptr_t> begin{0};      // both 0: free
  std::atomic<uintptr_t> end{0};
  std::atomic<uint32_t> faults{0};
  WatchedRange* next = nullptr;
};

namespace {

// Pages of one range that are replaced one by one, so that what is left of a file with a bad sector can still be read. Past them all of the
// range is replaced at once: every page apart may be a mapping of its own, and of those a process has some ten thousands.
constexpr uint32_t pages_alone_max = 64;

std::mutex lock;  // of those that enter and forget; the handler does not take it
std::atomic<WatchedRange*> first_range{nullptr};
std::atomic<bool> any_torn{false};
uintptr_t page_size = 0;
struct sigaction previous;

void set_range(WatchedRange* range, uintptr_t begin, uintptr_t end) {
  range->generation++;
  range->begin = begin;
  range->end = end;
  range->faults = 0;
  range->generation++;
}

WatchedRange* find_range(uintptr_t address) {
  for (WatchedRange* range = first_range; range != nullptr; range = range->next) {
    const uint32_t generation = range->generation;
    const bool is_within = address >= range->begin && address < range->end;
    if (is_within && generation % 2 == 0 && generation == range->generation) return range;
  }
  return nullptr;
}

bool replace_page(uintptr_t address) {
  WatchedRange* range = find_range(address);
  if (range == nullptr) return false;
  any_torn = true;
  const bool is_alone = range->faults.fetch_add(1) < pages_alone_max;
  const uintptr_t begin = is_alone ? address & ~(page_size - 1) : range->begin.load();
  const size_t size = is_alone ? page_size : range->end - begin;
  return mmap(reinterpret_cast<void*>(begin), size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void pass_on(int number, siginfo_t* info, void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(number, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(number);
  const bool is_sent = info->si_code <= 0;
  if (previous.sa_handler == SIG_IGN && is_sent) return;
  // It is held back until the handler returns, and then ends the process.
  struct sigaction fallback = {};
  fallback.sa_handler = SIG_DFL;
  sigaction(number, &fallback, nullptr);
  raise(number);
}

void on_bus_error(int number, siginfo_t* info, void* context) {
  const int before = errno;
  // Above 0: of a fault, not sent by a process.
  if (info->si_code <= 0 || !replace_page(reinterpret_cast<uintptr_t>(info->si_addr))) pass_on(number, info, context);
  errno = before;
}

void install() {
  page_size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  // Node unloads an addon with the last worker that loaded it; a handler has to stay.
  Dl_info self;
  if (dladdr(reinterpret_cast<void*>(&on_bus_error), &self) != 0) dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

WatchedRange* free_range() {
  for (WatchedRange* range = first_range; range != nullptr; range = range->next) {
    if (range->end == 0) return range;
  }
  WatchedRange* added = new (std::nothrow) WatchedRange;
  if (added == nullptr) return nullptr;
  added->next = first_range;
  first_range = added;
  return added;
}

}  // namespace

WatchedRange* watch_range(void* address, size_t size) {
  const std::lock_guard<std::mutex> guard(lock);
  if (page_size == 0) install();
  WatchedRange* range = free_range();
  if (range == nullptr) return nullptr;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(address);
  // The last page is mapped whole.
  set_range(range, begin, (begin + size + page_size - 1) & ~(page_size - 1));
  return range;
}

void forget_range(WatchedRange* range) {
  const std::lock_guard<std::mutex> guard(lock);
  set_range(range, 0, 0);
}

bool is_torn(const WatchedRange* range) { return range->faults != 0; }

bool is_any_torn() { return any_torn; }

}  // namespace shoal
