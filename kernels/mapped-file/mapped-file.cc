// The registry of mappings behind mapped-file.h: a list under one lock, since files are few and calls are rare.
#include "kernels/mapped-file/mapped-file.h"

#include <cerrno>
#include <mutex>
#include <new>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/mapped-file/torn-pages.h"

namespace shoal {

struct Mapping {
  char* address = nullptr;
  size_t size = 0;
  size_t jobs = 0;
  bool is_mapped = false;
  bool is_closed = false;
  bool is_forgotten = false;
  WatchedRange* range = nullptr;  // while it is mapped
  Mapping* next = nullptr;
};

namespace {

std::mutex lock;
Mapping* first_mapping = nullptr;  // the mapped ones

void unlink_mapping(Mapping* mapping) {
  Mapping** at = &first_mapping;
  while (*at != mapping) at = &(*at)->next;
  *at = mapping->next;
}

// Gives back what nobody needs any more. The lock is held.
void settle(Mapping* mapping) {
  if (mapping->jobs != 0) return;
  if (mapping->is_mapped && mapping->is_closed) {
    forget_range(mapping->range);
    munmap(mapping->address, mapping->size);
    mapping->is_mapped = false;
    unlink_mapping(mapping);
  }
  if (mapping->is_forgotten) delete mapping;
}

Mapping* find_start(const void* address) {
  for (Mapping* mapping = first_mapping; mapping != nullptr; mapping = mapping->next) {
    if (mapping->address == address && !mapping->is_closed) return mapping;
  }
  return nullptr;
}

// The descriptor is closed in every case: a mapping outlives it.
int map_descriptor(int descriptor, Mapping* mapping) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  mapping->size = static_cast<size_t>(status.st_size);
  if (mapping->size == 0) return 0;
  void* address = mmap(nullptr, mapping->size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (address == MAP_FAILED) return errno;
  mapping->range = watch_range(address, mapping->size);
  if (mapping->range == nullptr) {
    munmap(address, mapping->size);
    return ENOMEM;
  }
  mapping->address = static_cast<char*>(address);
  mapping->is_mapped = true;
  return 0;
}

}  // namespace

Mapping* map_file(const char* path, int* error) {
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    *error = errno;
    return nullptr;
  }
  Mapping* mapping = new (std::nothrow) Mapping;
  *error = mapping == nullptr ? ENOMEM : map_descriptor(descriptor, mapping);
  close(descriptor);
  if (*error != 0) {
    delete mapping;
    return nullptr;
  }
  if (mapping->is_mapped) {
    const std::lock_guard<std::mutex> guard(lock);
    mapping->next = first_mapping;
    first_mapping = mapping;
  }
  return mapping;
}

void* mapping_address(const Mapping* mapping) { return mapping->address; }

size_t mapping_size(const Mapping* mapping) { return mapping->size; }

int advise_mapping(const void* address, Advice advice) {
  const std::lock_guard<std::mutex> guard(lock);
  const Mapping* mapping = find_start(address);
  if (mapping == nullptr) return 0;
  constexpr int advices[] = {MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED};
  return madvise(mapping->address, mapping->size, advices[static_cast<int>(advice)]) == 0 ? 0 : errno;
}

bool is_mapping_torn(const void* address) {
  if (!is_any_torn()) return false;
  const std::lock_guard<std::mutex> guard(lock);
  const Mapping* mapping = find_start(address);
  return mapping != nullptr && is_torn(mapping->range);
}

void prefer_large_pages(const void* address, size_t size) {
#ifdef MADV_COLLAPSE
  Mapping* mapping = hold_mapping(address);
  if (mapping != nullptr) return release_mapping(mapping);
  constexpr uintptr_t large = 2097152;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(address) + large - 1) & ~(large - 1);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(address) + size) & ~(large - 1);
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_COLLAPSE);
#else
  (void)address;
  (void)size;
#endif
}

void close_mapping(const void* address) {
  const std::lock_guard<std::mutex> guard(lock);
  Mapping* mapping = find_start(address);
  if (mapping == nullptr) return;
  mapping->is_closed = true;
  settle(mapping);
}

Mapping* hold_mapping(const void* address) {
  const std::lock_guard<std::mutex> guard(lock);
  const char* at = static_cast<const char*>(address);
  for (Mapping* mapping = first_mapping; mapping != nullptr; mapping = mapping->next) {
    if (mapping->is_closed || at < mapping->address || at >= mapping->address + mapping->size) continue;
    mapping->jobs++;
    return mapping;
  }
  return nullptr;
}

void release_mapping(Mapping* mapping) {
  const std::lock_guard<std::mutex> guard(lock);
  mapping->jobs--;
  settle(mapping);
}

void forget_mapping(Mapping* mapping) {
  const std::lock_guard<std::mutex> guard(lock);
  mapping->is_closed = true;
  mapping->is_forgotten = true;
  settle(mapping);
}

}  // namespace shoal
