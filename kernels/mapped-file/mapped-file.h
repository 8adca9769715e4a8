// Files mapped read-only, and how long the memory lives.
//
// A mapping is closed by its owner; its memory goes when it is closed and no job runs on it, whichever comes last. So closing a file
// under a running job is safe: the job finishes on memory that is still there. Jobs need no handle: hold_mapping finds the mapping
// that an address lies in. All functions may be called from any thread.
#pragma once

#include <cstddef>

namespace shoal {

struct Mapping;

// unneeded: pages that were read leave the process's memory at once, and come back from the file where they are read again.
enum class Advice { random = 0, sequential = 1, will_need = 2, unneeded = 3 };

// Maps the file; null with *error = errno when that fails. An empty file gives a mapping of size 0 and a null address.
Mapping* map_file(const char* path, int* error);
void* mapping_address(const Mapping* mapping);
size_t mapping_size(const Mapping* mapping);

// 0 or errno. `address` is the start of a mapping; an address that is none is ignored.
int advise_mapping(const void* address, Advice advice);

// Whether a page of the mapping that starts at `address` was gone when it was read, and gave zeros: torn-pages.h. False for an address that
// is none. Takes no lock while that has happened to no mapping.
bool is_mapping_torn(const void* address);

// Closes the mapping that starts at `address`; nothing when there is none (closed before, or empty).
void close_mapping(const void* address);

// The open mapping that `address` lies in, its memory kept until release_mapping; null when it lies in none.
Mapping* hold_mapping(const void* address);
void release_mapping(Mapping* mapping);

// Asks for pages of 2 MiB under memory that is no mapping of a file, for reads at random places; where it is done a page table's walk is
// saved for each. Nothing is promised: systems without it, and memory of less, stay as they are.
void prefer_large_pages(const void* address, size_t size);

// The last word: closes the mapping if nobody did, and forgets it. Called once, when JavaScript has dropped the buffer.
void forget_mapping(Mapping* mapping);

}  // namespace shoal
