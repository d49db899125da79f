"""What scipy says of Boschloo's exact test: the fixture of src/insight/effect/boschloo.rs.

    pip install numpy scipy==1.17.1
    python3 tests/oracle/boschloo.py tests/data/numbers/effect

Columns of the table are the groups, as scipy has it. Seeded: the same versions write the same bytes.
"""

import csv
import sys

import numpy as np
from scipy.stats import boschloo_exact, fisher_exact

RNG = np.random.default_rng(20261123)
POINTS = 256


def tables():
    yield from [(12, 200, 22, 190), (0, 50, 4, 50), (4, 50, 0, 50), (1, 90, 3, 10), (0, 30, 0, 9), (30, 30, 9, 9)]
    yield from [(7, 12, 2, 13), (3, 10, 3, 10), (5, 5, 0, 5), (1, 1, 0, 1), (1, 2, 0, 300), (9, 180, 5, 20)]
    for _ in range(60):
        n1, n2 = int(RNG.integers(3, 260)), int(RNG.integers(3, 120))
        p = RNG.uniform(0, 0.3)
        yield int(RNG.binomial(n1, p)), n1, int(RNG.binomial(n2, min(1, p * RNG.uniform(0.2, 3)))), n2


with open(f"{sys.argv[1]}/boschloo.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["x1", "n1", "x2", "n2", "boschloo_p", "fisher_p"])
    for x1, n1, x2, n2 in tables():
        table = [[x1, x2], [n1 - x1, n2 - x2]]
        if x1 + x2 in (0, n1 + n2):  # scipy answers nan
            p = 1.0
        else:
            p = float(boschloo_exact(table, n=POINTS).pvalue)
        out.writerow([x1, n1, x2, n2, repr(p), repr(float(fisher_exact(table)[1]))])
