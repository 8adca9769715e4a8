"""hnswlib. A variant is M16 efc200. Setting: ef. bytes a vector: what it keeps of a vector, with links and label."""

import hnswlib
import numpy as np

from built import bytes_below, kept


class Peer:
    def open(self, base, cache, threads):
        self.base, self.cache, self.threads = base, cache, threads

    def version(self):
        return "0.8.0"

    def tiny(self, rows):
        return Index(filled(rows, 16, 200, 1), 0.0, 0.0)

    def build(self, variant):
        links, width = (int("".join(filter(str.isdigit, word))) for word in variant.split(" "))
        rows = np.ascontiguousarray(self.base, dtype=np.float32)
        files = (lambda index, path: index.save_index(path), lambda path: read(path, rows))
        make = lambda: filled(rows, links, width, self.threads)  # noqa: E731
        index, seconds, path = kept(self.cache, "hnswlib " + variant, make, files)
        return Index(index, seconds, bytes_below(path) / len(rows))


def filled(rows, links, width, threads):
    index = hnswlib.Index("ip", rows.shape[1])
    index.init_index(max_elements=len(rows), ef_construction=width, M=links, random_seed=1)
    index.set_num_threads(threads)
    index.add_items(rows)
    return index


def read(path, rows):
    index = hnswlib.Index("ip", rows.shape[1])
    index.load_index(path, max_elements=len(rows))
    return index


class Index:
    def __init__(self, index, build_seconds, bytes_per_vector):
        self.index, self.build_seconds, self.bytes_per_vector = index, build_seconds, bytes_per_vector

    def configure(self, setting):
        self.index.set_num_threads(1)
        self.index.set_ef(setting.get("ef", 16))

    def single(self, rows, k):
        queries = list(rows)
        answers = [None] * len(rows)
        search = self.index.knn_query

        def one(i):
            answers[i] = search(queries[i], k, 1)

        return one, lambda: np.stack([found[0][0] for found in answers])

    def batch(self, rows, k):
        return self.index.knn_query(rows, k, 1)[0]
