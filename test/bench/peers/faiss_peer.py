"""FAISS. A variant is a factory string; `A,Refine(B)` keeps one index A under all its refinements.

bytes a vector: codes and factors as FAISS packs them, 8 of id in lists, links of graphs, the code of the refinement. Settings: nprobe, kFactor
(candidates = k * kFactor are refined), ef, threads (1). A single query goes through search_c, the C++ search with n = 1, pointers made beforehand.
"""

import re
import time

import faiss
import numpy as np

from built import kept

ID_BYTES = 8


class Peer:
    def open(self, base, cache, threads):
        self.base, self.cache, self.threads = base, cache, threads
        self.shared = {}

    def version(self):
        return faiss.__version__

    def kmeans(self, count, iterations):
        """Sums of inner products and CPU seconds so far, by iteration, of spherical k-means over all vectors."""
        faiss.omp_set_num_threads(1)
        rows = np.ascontiguousarray(self.base, dtype=np.float32)
        most = len(rows) // count + 1
        kmeans = faiss.Kmeans(rows.shape[1], count, niter=iterations, spherical=True, max_points_per_centroid=most)
        begin = time.process_time()
        kmeans.train(rows)
        whole = time.process_time() - begin
        stats = kmeans.iteration_stats
        return {"scores": [each["obj"] for each in stats], "seconds": [whole * each["time"] / stats[-1]["time"] for each in stats]}

    def tiny(self, rows):
        index = faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        return Index(index, 0.0, 0.0)

    def build(self, variant):
        match = re.fullmatch(r"(.*),Refine\((.*)\)", variant)
        first, second = match.groups() if match else (variant, None)
        index, seconds = self.first(first)
        size = bytes_of(index)
        if second is None:
            return Index(index, seconds, size)
        begin = time.process_time()
        rows = np.ascontiguousarray(self.base, dtype=np.float32)
        refinement = faiss.index_factory(rows.shape[1], second, faiss.METRIC_INNER_PRODUCT)
        refinement.train(rows)
        refinement.add(rows)
        refined = faiss.IndexRefine(index, refinement)
        built = Index(refined, seconds + time.process_time() - begin, size + refinement.sa_code_size())
        # IndexRefine keeps nothing alive either.
        built.held = (index, refinement)
        return built

    def first(self, variant):
        if variant not in self.shared:
            faiss.omp_set_num_threads(self.threads)
            files = (faiss.write_index, faiss.read_index)
            index, seconds, _ = kept(self.cache, "faiss " + variant, lambda: self.make(variant), files)
            self.shared[variant] = (index, seconds)
        return self.shared[variant]

    def make(self, variant):
        rows = np.ascontiguousarray(self.base, dtype=np.float32)
        index = faiss.index_factory(rows.shape[1], variant, faiss.METRIC_INNER_PRODUCT)
        if isinstance(index, faiss.IndexHNSW):
            index.hnsw.efConstruction = 200
        index.train(rows)
        index.add(rows)
        return index


class Index:
    def __init__(self, index, build_seconds, bytes_per_vector):
        self.index, self.build_seconds, self.bytes_per_vector = index, build_seconds, bytes_per_vector
        self.refined = index if isinstance(index, faiss.IndexRefine) else None
        first = faiss.downcast_index(self.refined.base_index) if self.refined else index
        self.lists = list_index(first)
        self.code_bytes = bytes_per_vector - (0 if self.lists is None else ID_BYTES)
        self.graph = first.hnsw if isinstance(first, faiss.IndexHNSW) else None

    def configure(self, setting):
        faiss.omp_set_num_threads(setting.get("threads", 1))
        if self.lists is not None and "nprobe" in setting:
            self.lists.nprobe = setting["nprobe"]
            router = faiss.downcast_index(self.lists.quantizer)
            if isinstance(router, faiss.IndexHNSW):
                router.hnsw.efSearch = max(32, setting["nprobe"])
        if self.refined is not None:
            self.refined.k_factor = setting["kFactor"]
        if self.graph is not None:
            self.graph.efSearch = setting["ef"]

    def single(self, rows, k):
        scores = np.empty((len(rows), k), dtype=np.float32)
        ids = np.empty((len(rows), k), dtype=np.int64)
        pointers = [[faiss.swig_ptr(array[i]) for i in range(len(rows))] for array in (rows, scores, ids)]
        search = self.index.search_c

        def one(i, x=pointers[0], d=pointers[1], n=pointers[2]):
            search(1, x[i], k, d[i], n[i])

        # The pointers keep nothing alive: whoever holds the answer holds the arrays.
        return one, lambda held=(rows, scores): ids

    def batch(self, rows, k):
        return self.index.search(rows, k)[1]


def list_index(index):
    try:
        return faiss.extract_index_ivf(index)
    except RuntimeError:
        return None


def bytes_of(index):
    lists = list_index(index)
    if lists is not None:
        return lists.code_size + ID_BYTES
    if isinstance(index, faiss.IndexHNSW):
        links = 4 * index.hnsw.neighbors.size() + 8 * index.hnsw.offsets.size() + 4 * index.hnsw.levels.size()
        return faiss.downcast_index(index.storage).sa_code_size() + links / index.ntotal
    return index.sa_code_size()
