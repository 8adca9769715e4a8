"""Scalable Vector Search, Vamana graphs. A variant is fp16 R32 or LVQ4x8 R32; LVQ runs on Intel's processors alone. Setting: ef (search window).

bytes a vector: row of the data and row of the graph, whose degree is fixed. A single query is a search of a matrix of one row.
"""

import os

import numpy as np
import svs

from built import bytes_below, kept


class Peer:
    def open(self, base, cache, threads):
        self.base, self.cache, self.threads = base, cache, threads

    def version(self):
        return "0.5.0"

    def tiny(self, rows):
        parameters = svs.VamanaBuildParameters(graph_max_degree=8, window_size=16, alpha=0.95)
        return Index(svs.Vamana.build(parameters, rows.astype(np.float16), svs.DistanceType.MIP, num_threads=1), 0.0, 0.0)

    def build(self, variant):
        codec, degree = variant.split(" ")
        if codec != "fp16" and not is_intel():
            raise RuntimeError("LVQ runs on Intel's processors alone: the library would end the process")
        files = (write, lambda path: read(path, codec))
        make = lambda: self.make(codec, int(degree[1:]))  # noqa: E731
        index, seconds, path = kept(self.cache, "svs " + variant, make, files)
        size = sum(bytes_below(os.path.join(path, part)) for part in ("data", "graph"))
        return Index(index, seconds, size / len(self.base))

    def make(self, codec, degree):
        parameters = svs.VamanaBuildParameters(graph_max_degree=degree, window_size=200, alpha=0.95)
        if codec == "fp16":
            rows = np.asarray(self.base, dtype=np.float16)
            return svs.Vamana.build(parameters, rows, svs.DistanceType.MIP, num_threads=self.threads)
        path = os.path.join(self.cache, "svs.fvecs")
        svs.write_vecs(np.ascontiguousarray(self.base, dtype=np.float32), path)
        loader = svs.VectorDataLoader(path, svs.DataType.float32, dims=self.base.shape[1])
        primary, _, residual = codec[3:].partition("x")
        coded = svs.LVQLoader(loader, primary=int(primary), residual=int(residual or 0))
        return svs.Vamana.build(parameters, coded, svs.DistanceType.MIP, num_threads=self.threads)


def is_intel():
    with open("/proc/cpuinfo") as file:
        return "GenuineIntel" in file.read()


def write(index, path):
    os.makedirs(path, exist_ok=True)
    index.save(*(os.path.join(path, part) for part in ("config", "graph", "data")))


def read(path, codec):
    config, graph, data = (os.path.join(path, part) for part in ("config", "graph", "data"))
    loader = svs.VectorDataLoader(data, svs.DataType.float16) if codec == "fp16" else svs.LVQLoader(data)
    return svs.Vamana(config, svs.GraphLoader(graph), loader, svs.DistanceType.MIP, num_threads=1)


class Index:
    def __init__(self, index, build_seconds, bytes_per_vector):
        self.index, self.build_seconds, self.bytes_per_vector = index, build_seconds, bytes_per_vector

    def configure(self, setting):
        self.index.num_threads = 1
        self.index.search_window_size = setting.get("ef", 16)

    def single(self, rows, k):
        queries = [rows[i : i + 1] for i in range(len(rows))]
        answers = [None] * len(rows)
        search = self.index.search

        def one(i):
            answers[i] = search(queries[i], k)

        return one, lambda: np.stack([found[0][0] for found in answers])

    def batch(self, rows, k):
        return self.index.search(rows, k)[0]
