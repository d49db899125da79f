"""What scikit-learn, statsmodels, scipy and numpy say about health scores: the fixtures of src/insight/score.

    pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 scikit-learn==1.9.1
    python3 tests/oracle/score.py tests/data/numbers/score

Writes one CSV a subject (`logit.csv` is given, not written). Seeded: the same versions write the same bytes. DeLong's
and Obuchowski's variances are taken from the matrix of all pairs, not from ranks as in the program.
"""

import csv
import sys

import numpy as np
from scipy import optimize, stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from statsmodels.stats.contingency_tables import Table

FOLDER, RNG = sys.argv[1], np.random.default_rng(20261123)
Z = stats.norm.ppf(0.975)


def write(name, header, rows):
    with open(f"{FOLDER}/{name}.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows([[repr(float(v)) if isinstance(v, (float, np.floating)) else v for v in row] for row in rows])


def pairs(risk, lost):
    """1 where the one that left stands worse than the one that stayed, ½ at a tie: a row a lost, a column a stayed."""
    x, y = risk[lost == 1][:, None], risk[lost == 0][None, :]
    return (x > y) + 0.5 * (x == y)


def variance(matrix, who, lost):
    """Obuchowski 1997, equations 4–6; with one row an account this is DeLong 1988."""
    m, n = matrix.shape
    area = matrix.mean()
    v10, v01 = matrix.mean(axis=1), matrix.mean(axis=0)
    names = np.unique(who)
    a = np.array([(v10[who[lost == 1] == name] - area).sum() for name in names])
    b = np.array([(v01[who[lost == 0] == name] - area).sum() for name in names])
    i10, i01, every = len(np.unique(who[lost == 1])), len(np.unique(who[lost == 0])), len(names)
    if min(i10, i01) < 2:
        return 0.0
    s10 = i10 / ((i10 - 1) * m) * (a**2).sum()
    s01 = i01 / ((i01 - 1) * n) * (b**2).sum()
    s11 = every / (every - 1) * (a * b).sum()
    return s10 / m + s01 / n + 2 * s11 / (m * n)


def newcombe(area, m, n):
    """Newcombe 2006, method 5."""
    middle = (m + n) / 2 - 1

    def off(t):
        v = t * (1 - t) * (1 + middle * (1 - t) / (2 - t) + middle * t / (1 + t)) / (m * n)
        return abs(t - area) - Z * np.sqrt(v)

    low = 0.0 if area == 0 else optimize.brentq(off, 1e-15, area - 1e-15, xtol=1e-15, rtol=1e-14)
    high = 1.0 if area == 1 else optimize.brentq(off, area + 1e-15, 1 - 1e-15, xtol=1e-15, rtol=1e-14)
    return low, high


def rankings():
    rows, answers = [], []
    for case in range(26):
        n = int(RNG.integers(12, 90))
        who = np.arange(n) if case < 14 else RNG.integers(0, max(4, n // 3), n)
        lost = (RNG.uniform(size=n) < RNG.uniform(0.1, 0.5)).astype(int)
        if case == 12:
            lost[:] = 0
        lost[0], lost[1] = 1, 0
        if case != 12:
            lost[2], lost[3] = 1, 0
        pull = RNG.uniform(-0.5, 2)
        first = RNG.normal(size=n) + pull * lost
        if case % 3:
            first = np.round(first)  # ties
        second = np.round(first + RNG.normal(size=n), 1) if case % 5 else first.copy()
        if case == 13:
            first = RNG.uniform(size=n) + 2 * lost  # parted cleanly
            second = first.copy()
        a, b = pairs(first, lost), pairs(second, lost)
        area = roc_auc_score(lost, first)
        assert abs(area - a.mean()) < 1e-12
        v = variance(a, who, lost)
        method = "delong" if v > 1e-18 else "newcombe"
        half = Z * np.sqrt(max(v, 0))
        low, high = (max(0, area - half), min(1, area + half)) if method == "delong" else newcombe(area, *a.shape)
        diff, vd = a.mean() - b.mean(), variance(a - b, who, lost)
        hd = Z * np.sqrt(max(vd, 0))
        p = float(2 * stats.norm.sf(abs(diff) / np.sqrt(vd))) if vd > 1e-18 else ""
        answers.append((f"s{case}", float(area), float(low), float(high), method, float(diff), float(diff - hd), float(diff + hd), p))
        rows += [(f"s{case}", int(w), float(x), float(y), int(e)) for w, x, y, e in zip(who, first, second, lost)]
    write("rankings", "set account first second lost".split(), rows)
    write("auc", "set auc low high method diff diff_low diff_high diff_p".split(), answers)


def lift():
    """The cumulative gains curve, straight between groups that stand alike, at a tenth."""
    rows = []
    for case in range(12):
        n = int(RNG.integers(10, 60))
        lost = (RNG.uniform(size=n) < 0.3).astype(int)
        lost[0] = 1
        risk = RNG.integers(0, int(RNG.integers(2, 40)), n)
        values = np.unique(risk)[::-1]
        seen = [0.0] + [float((risk >= v).mean()) for v in values]
        caught = [0.0] + [float(lost[risk >= v].sum() / lost.sum()) for v in values]
        rows.append((" ".join(f"{r}:{e}" for r, e in zip(risk, lost)), float(np.interp(0.1, seen, caught) / 0.1)))
    write("lift", "rows lift".split(), rows)


def trend():
    rows = []
    while len(rows) < 20:
        k = int(RNG.integers(2, 6))
        n = RNG.integers(1, 200, k)
        x = RNG.binomial(n, RNG.uniform(0.02, 0.4, k))
        if x.sum() in (0, n.sum()):
            continue
        table = np.column_stack([x, n - x])
        result = Table(table, shift_zeros=False).test_ordinal_association(
            row_scores=np.arange(k, dtype=float), col_scores=np.array([1.0, 0.0])
        )
        rows.append((" ".join(f"{a}/{b}" for a, b in zip(x, n)), float(result.zscore), float(result.pvalue)))
    write("trend", "groups z p".split(), rows)


def logistic():
    rows = []
    for case in range(12):
        n, k = int(RNG.integers(20, 70)), int(RNG.integers(1, 4))
        x = np.round(RNG.normal(size=(n, k)) * RNG.uniform(0.5, 3), 4)
        y = (RNG.uniform(size=n) < 1 / (1 + np.exp(1 - x @ RNG.normal(size=k)))).astype(int)
        y[0], y[1] = 0, 1
        c = [0.1, 1.0, 10.0][case % 3]
        found = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=10000).fit(x, y)
        answer = [float(found.intercept_[0]), *map(float, found.coef_[0])]
        rows.append((
            ";".join(" ".join(repr(float(v)) for v in row) for row in x),
            "".join(map(str, y)),
            c,
            " ".join(map(repr, answer)),
        ))
    write("logistic", "x y c beta".split(), rows)


def calibration():
    """Risk by the score alone: logistic with C = 1 on the standardised score, and its Brier score."""
    rows = []
    for case in range(8):
        n = int(RNG.integers(30, 120))
        score = np.round(RNG.uniform(0, 100, n), int(case % 2))
        lost = (RNG.uniform(size=n) < 1 / (1 + np.exp(-1 + score / 30))).astype(int)
        lost[0], lost[1] = 1, 0
        x = ((score - score.mean()) / score.std())[:, None]
        p = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12, max_iter=10000).fit(x, lost).predict_proba(x)[:, 1]
        base = np.full(n, lost.mean())
        rows.append((
            " ".join(f"{s!r}:{e}" for s, e in zip(map(float, score), lost)),
            float(brier_score_loss(lost, p)),
            float(brier_score_loss(lost, base)),
            float(p[0]),
        ))
    write("calibration", "rows brier brier_base first".split(), rows)


def suggest():
    """Weights from the given table: x3 has the wrong sign, so x1 and x2 are fitted anew; what full points take."""
    table = np.genfromtxt(f"{FOLDER}/logit.csv", delimiter=",", skip_header=1)
    x, y = 0.5 + table[:, :3] / 10, table[:, 3].astype(int)
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12, max_iter=10000)
    z = (x - x.mean(0)) / x.std(0)
    assert (model.fit(z, y).coef_[0] < 0).tolist() == [True, True, False]
    takes = -model.fit(z[:, :2], y).coef_[0] / x.std(0)[:2]
    share = np.round(100 * takes / takes.sum())
    now, new = x @ [40, 40, 20], x[:, :2] @ share
    rows = [(*map(float, takes), float(share[1]), float(roc_auc_score(y, -now)), float(roc_auc_score(y, -new)))]
    write("suggest", "take1 take2 weight2 auc_now auc_new".split(), rows)


rankings()
lift()
trend()
logistic()
calibration()
suggest()
