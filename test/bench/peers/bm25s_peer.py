"""bm25s: eager scores in a sparse matrix by term. It is given token ids, so that both sides count the same words.

open    documents: path of a JSON file, lists of token ids; k1, b -> bytesPerDocument
search  queries: lists of token ids, k -> rows (lists), micros: of every query by itself, one thread
"""

import json
import time

import bm25s
import numpy as np


class Session:
    def open(self, documents, k1, b):
        with open(documents) as file:
            corpus = json.load(file)
        vocabulary = {token: token for token in range(1 + max(max(ids, default=0) for ids in corpus))}
        self.model = bm25s.BM25(method="lucene", k1=k1, b=b)
        self.model.index(bm25s.tokenization.Tokenized(ids=corpus, vocab=vocabulary), show_progress=False)
        matrix = self.model.scores
        size = sum(matrix[name].nbytes for name in ("data", "indices", "indptr"))
        return {"bytesPerDocument": size / len(corpus), "version": bm25s.__version__}

    def search(self, queries, k):
        rows, micros = [], []
        for query in queries:
            begin = time.perf_counter_ns()
            scores = self.model.get_scores_from_ids(query)
            best = np.argpartition(scores, -k)[-k:] if k < len(scores) else np.arange(len(scores))
            best = best[np.argsort(-scores[best], kind="stable")]
            micros.append((time.perf_counter_ns() - begin) / 1e3)
            rows.append(best.tolist())
        return {"rows": rows, "micros": micros}
