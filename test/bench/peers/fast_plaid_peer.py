"""fast-plaid: PLAID over residual codes, on one thread of the processor. It scores given documents by a search within them.

open    documents, queries: .npy files, float32[n x tokens, dim] and float32[m x queryTokens, dim]; bits; folder of the index -> bytesPerToken
search  number of a query, candidates: document numbers -> found (document numbers, best first), micros

A search probes lists, scores what it found in them by centroids, and a quarter of n_full_scores by codes: four times the candidates score
them all. Of 16, 32, ... lists a token the first that find every candidate of the first three queries are probed, what is fairest to it.
"""

import os
import time

for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402
from fast_plaid import search  # noqa: E402

torch.set_num_threads(1)
PROBES = (16, 32, 64, 128, 256)
TRIED = 3


class Session:
    def open(self, documents, queries, tokens, queryTokens, bits, folder):
        rows = torch.from_numpy(np.load(documents))
        self.queries = torch.from_numpy(np.load(queries)).reshape(-1, queryTokens, rows.shape[1])
        self.index = search.FastPlaid(index=folder, device="cpu")
        self.index.create(list(rows.reshape(-1, tokens, rows.shape[1])), nbits=bits, seed=1)
        self.tried = []
        self.probes = PROBES[0]
        names = ("merged_codes.npy", "merged_residuals.npy")
        return {"bytesPerToken": sum(os.path.getsize(os.path.join(folder, name)) for name in names) / len(rows)}

    def search(self, number, candidates):
        while len(self.tried) < TRIED:
            found = self.ask(number, candidates)
            if len(found) == len(candidates) or self.probes == PROBES[-1]:
                self.tried.append(number)
            else:
                self.probes *= 2
        begin = time.perf_counter_ns()
        found = self.ask(number, candidates)
        return {"found": [document for document, _ in found], "micros": (time.perf_counter_ns() - begin) / 1e3}

    def ask(self, number, candidates):
        k = len(candidates)
        asked = {"top_k": k, "n_full_scores": 4 * k, "n_ivf_probe": self.probes, "subset": [candidates]}
        return self.index.search(self.queries[number : number + 1], show_progress=False, **asked)[0]
