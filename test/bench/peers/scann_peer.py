"""ScaNN: tree, asymmetric hashing, reordering. A variant is a list of words: leaves1024 soar1.5 dims2 aniso0.2 reorder=float32|bfloat16|int8.

bytes a vector: 4-bit codes and 4 of id in each list (SOAR keeps every vector in two), and the vector of the reordering.
Settings: nprobe (leaves to search), candidates (reordered). A single query goes through the C++ searcher's search.
"""

import os

import numpy as np
import scann
from scann.scann_ops.py.scann_builder import ReorderType

from built import kept

K = 10


class Peer:
    def open(self, base, cache, threads):
        self.base, self.cache, self.threads = base, cache, threads

    def version(self):
        return "1.4.2"

    def tiny(self, rows):
        searcher = scann.scann_ops_pybind.builder(rows, K, "dot_product").score_brute_force().build()
        return Index(searcher, 0.0, 0.0)

    def build(self, variant):
        files = (write, scann.scann_ops_pybind.load_searcher)
        make = lambda: self.make(Words(variant))  # noqa: E731
        searcher, seconds, _ = kept(self.cache, "scann " + variant, make, files)
        return Index(searcher, seconds, bytes_of(Words(variant), self.base.shape[1]))

    def make(self, words):
        rows = np.ascontiguousarray(self.base, dtype=np.float32)
        second = {} if words.soar is None else {"soar_lambda": float(words.soar), "overretrieve_factor": 2.0}
        sample = min(len(rows), 250_000)
        builder = scann.scann_ops_pybind.builder(rows, K, "dot_product")
        builder.set_n_training_threads(self.threads)
        return (
            builder.tree(words.leaves, words.leaves // 10, training_sample_size=sample, **second)
            .score_ah(words.dims, anisotropic_quantization_threshold=words.aniso)
            .reorder(100, quantize=ReorderType[words.reorder.upper()])
            .build()
        )


class Words:
    def __init__(self, variant):
        value = lambda name, default: next((w[len(name) :] for w in variant.split(" ") if w.startswith(name)), default)  # noqa: E731
        self.leaves, self.dims = int(value("leaves", "1024")), int(value("dims", "2"))
        self.soar, self.aniso = value("soar", None), float(value("aniso", "0.2"))
        self.reorder = value("reorder=", "float32")


def bytes_of(words, dim):
    copies = 1 if words.soar is None else 2
    return copies * (dim / words.dims / 2 + 4) + dim * {"float32": 4, "bfloat16": 2, "int8": 1}[words.reorder]


def write(searcher, path):
    os.makedirs(path, exist_ok=True)
    searcher.serialize(path)


class Index:
    def __init__(self, searcher, build_seconds, bytes_per_vector):
        self.searcher, self.build_seconds, self.bytes_per_vector = searcher.searcher, build_seconds, bytes_per_vector
        self.nprobe, self.candidates = -1, -1

    def configure(self, setting):
        self.nprobe, self.candidates = setting.get("nprobe", -1), setting.get("candidates", -1)

    def single(self, rows, k):
        queries = list(rows)
        answers = [None] * len(rows)
        search, candidates, nprobe = self.searcher.search, self.candidates, self.nprobe

        def one(i):
            answers[i] = search(queries[i], k, candidates, nprobe)

        return one, lambda: np.stack([padded(found[0], k) for found in answers])

    def batch(self, rows, k):
        return self.searcher.search_batched(rows, k, self.candidates, self.nprobe, False, 0)[0]


def padded(ids, k):
    out = np.full(k, -1, dtype=np.int64)
    out[: len(ids)] = np.asarray(ids, dtype=np.int64)
    return out
