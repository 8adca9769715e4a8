"""One peer beside the benchmarks: JSON lines in on standard input, JSON lines out on what was standard output.

python driver.py PEER, where PEER is faiss, scann, hnswlib, svs, bm25s or fast-plaid. Every line in has "op"; every line out is {"ok": ...} or {"error": "..."}.

open    base, queries: paths of .npy files; cache: a folder for built indexes; threads: of a build
build   variant -> handle, buildSeconds (CPU, of the first build when it comes out of the cache), bytesPerVector, codeBytes (without ids)
search  handle, setting, k, first, step, count, single -> ids (base64 int32 [count, k]), cpuSeconds, seconds of the one call, or
        with single: micros (base64 float32 [count], one query a call, one thread)
call    -> micros: the fixed cost of a single call, the median of 2,000 calls on an index of 16 vectors
kmeans  count, iterations -> scores and seconds by iteration (FAISS alone)
requery queries: another file, for all indexes
drop    handle
"""

import base64
import importlib
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# Libraries print to standard output as they please: it becomes standard error, and the answers keep the descriptor to themselves.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import numpy as np  # noqa: E402

CALLS = 2000


class Session:
    def __init__(self, peer):
        self.peer = peer
        self.indexes = {}
        self.last = 0
        self.asked = None

    def open(self, base, queries, cache, threads):
        self.base = np.load(base, mmap_mode="r")
        self.requery(queries)
        self.peer.open(self.base, cache, threads)
        return {"rows": len(self.base), "version": self.peer.version()}

    def requery(self, queries):
        if queries != self.asked:
            self.queries = np.ascontiguousarray(np.load(queries), dtype=np.float32)
            self.asked = queries
        return {}

    def build(self, variant):
        index = self.peer.build(variant)
        self.last += 1
        self.indexes[self.last] = index
        return {"handle": self.last, "buildSeconds": index.build_seconds, **sizes_of(index)}

    def kmeans(self, count, iterations):
        return self.peer.kmeans(count, iterations)

    def drop(self, handle):
        del self.indexes[handle]
        return {}

    def search(self, handle, setting, k, first, step, count, single):
        index = self.indexes[handle]
        rows = np.ascontiguousarray(self.queries[first : first + step * count : step])
        index.configure(setting)
        if single:
            micros, cpu_seconds, ids = one_by_one(index, rows, k)
            return {"ids": packed(ids, np.int32), "cpuSeconds": cpu_seconds, "micros": packed(micros, np.float32)}
        begin, cpu_begin = time.perf_counter(), time.process_time()
        ids = index.batch(rows, k)
        seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - cpu_begin
        return {"ids": packed(ids, np.int32), "seconds": seconds, "cpuSeconds": cpu_seconds}

    def call(self):
        index = self.peer.tiny(np.ascontiguousarray(self.base[:16], dtype=np.float32))
        index.configure({})
        rows = np.ascontiguousarray(self.queries[np.arange(CALLS) % len(self.queries)])
        micros, _, _ = one_by_one(index, rows, 10)
        return {"micros": float(np.median(micros))}


def sizes_of(index):
    size = index.bytes_per_vector
    return {"bytesPerVector": size, "codeBytes": getattr(index, "code_bytes", size)}


def one_by_one(index, rows, k):
    """Times every call by itself; what it takes to make its arguments and to keep its answer is not counted."""
    search, answers = index.single(rows, k)
    micros = np.empty(len(rows), dtype=np.float64)
    clock = time.perf_counter_ns
    for i in range(min(len(rows), 20)):
        search(i)
    cpu_begin = time.process_time()
    for i in range(len(rows)):
        begin = clock()
        search(i)
        micros[i] = (clock() - begin) / 1e3
    return micros, time.process_time() - cpu_begin, answers()


def packed(values, dtype):
    return base64.b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode()


def main():
    module = importlib.import_module(sys.argv[1].replace("-", "_") + "_peer")
    # A peer that searches something else than vectors brings operations of its own.
    session = module.Session() if hasattr(module, "Session") else Session(module.Peer())
    for line in sys.stdin:
        request = json.loads(line)
        operation = request.pop("op")
        try:
            answer = {"ok": getattr(session, operation)(**request)}
        except Exception as error:  # The benchmark says it and goes on without.
            answer = {"error": f"{type(error).__name__}: {error}"}
        ANSWERS.write(json.dumps(answer) + "\n")
        ANSWERS.flush()


main()
