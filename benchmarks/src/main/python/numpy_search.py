"""Searches in the rows that benchmarks/search has made as one does with NumPy: a matrix times a vector."""
import os
import sys
import time

import numpy as np

folder, count, width, queries = sys.argv[1], *map(int, sys.argv[2:5])
rows = np.fromfile(os.path.join(folder, "rows"), dtype="<f4").reshape(count, width)
asked = np.fromfile(os.path.join(folder, "queries"), dtype="<f4").reshape(queries, width)
times = []
found = 0
for number, query in enumerate(asked):
    start = time.perf_counter()
    cosines = rows @ (query / np.linalg.norm(query))
    best = np.argpartition(cosines, -10)[-10:]
    best = best[np.argsort(-cosines[best])]
    times.append(1000 * (time.perf_counter() - start))
    found += best[0] == int((number + 0.5) / queries * count)
times.sort()
print(
    f"NumPy {np.__version__}, {os.environ.get('OPENBLAS_NUM_THREADS', 'all')} thread(s): "
    f"median {times[queries // 2]:.1f} ms, 90 % within {times[queries * 9 // 10]:.1f}; {found} of {queries} found"
)
