"""What scipy, statsmodels and lifelines say about random tests of playbooks: the fixtures of src/insight/effect.

    pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 pandas==2.3.3 lifelines==0.30.3
    python3 tests/oracle/effect.py tests/data/numbers/effect

Writes one CSV a subject. Seeded: the same versions write the same bytes.
"""

import csv
import sys

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    power_proportions_2indep,
    proportion_effectsize,
    proportions_ztest,
)

FOLDER, RNG = sys.argv[1], np.random.default_rng(20261122)


def write(name, header, rows):
    with open(f"{FOLDER}/{name}.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows([[repr(float(v)) if isinstance(v, (float, np.floating)) else v for v in row] for row in rows])


def proportions():
    fixed = [(12, 200, 22, 190), (0, 50, 4, 50), (4, 50, 0, 50), (0, 30, 0, 9), (30, 30, 9, 9), (1, 450, 7, 50)]
    for _ in range(60):
        n1, n2 = int(RNG.integers(5, 900)), int(RNG.integers(5, 300))
        p = RNG.uniform(0, 0.5)
        fixed.append((int(RNG.binomial(n1, p)), n1, int(RNG.binomial(n2, min(1, p * RNG.uniform(0.3, 2.5)))), n2))
    rows = []
    for x1, n1, x2, n2 in fixed:
        low, high = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff")
        low90, high90 = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff", alpha=0.1)
        z = "" if x1 + x2 in (0, n1 + n2) else float(proportions_ztest([x1, x2], [n1, n2])[1])
        fisher = stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]])[1]
        ratio = ("", "")
        if x1 and x2:
            ratio = [float(v) for v in confint_proportions_2indep(x1, n1, x2, n2, method="log", compare="ratio")]
        rows.append((x1, n1, x2, n2, low, high, low90, high90, z, float(fisher), *ratio))
    header = "x1 n1 x2 n2 newcombe_low newcombe_high newcombe90_low newcombe90_high pooled_z_p fisher_p ratio_low ratio_high"
    write("proportions", header.split(), rows)


def survival():
    rows, answers = [], []
    for case in range(12):
        arms = []
        for arm in (0, 1):
            n, scale = int(RNG.integers(8, 60)), RNG.uniform(20, 90)
            # Whole days: billing dates tie.
            life = np.ceil(RNG.exponential(scale, n)).astype(int)
            seen = RNG.integers(5, 90, n)
            days, left = np.minimum(life, seen), (life <= seen).astype(int)
            arms.append((days, left))
            rows += [(case, arm, int(d), int(e)) for d, e in zip(days, left)]
        (ta, ea), (tb, eb) = arms
        found = logrank_test(ta, tb, ea, eb)
        horizon = int(min(ta.max(), tb.max(), 60))
        out = [case, float(found.test_statistic), float(found.p_value), horizon]
        for days, left in arms:
            out += rmst(days, left, horizon)
        answers.append(out)
    write("survival", ["case", "arm", "day", "left"], rows)
    write("survival-expected", "case chi2 p horizon rmst_a se_a rmst_b se_b".split(), answers)


def rmst(days, left, horizon):
    """Area below lifelines' curve; its standard error by Greenwood's plug-in."""
    fit = KaplanMeierFitter().fit(days, left)
    grid = np.array([t for t in fit.survival_function_.index if t < horizon] + [horizon], float)
    share = fit.survival_function_at_times(grid[:-1]).to_numpy()
    area = share * np.diff(grid)
    total, variance = area.sum(), 0.0
    table = fit.event_table
    for at, row in table.iterrows():
        d, n = row["observed"], row["at_risk"]
        if 0 < at <= horizon and d > 0 and n > d:
            variance += area[grid[:-1] >= at].sum() ** 2 * d / (n * (n - d))
    return [float(total), float(np.sqrt(variance))]


def curves():
    """What is read off lifelines' curves of survival.csv at six days, and how many are at risk there."""
    with open(f"{FOLDER}/survival.csv") as file:
        all_rows = [[int(v) for v in row.values()] for row in csv.DictReader(file)]
    rows, horizon = [], 60
    for case in range(12):
        for arm in (0, 1):
            mine = np.array([row[2:] for row in all_rows if row[:2] == [case, arm]])
            days, left = np.minimum(mine[:, 0], horizon), mine[:, 1] * (mine[:, 0] <= horizon)
            fit = KaplanMeierFitter().fit(days, left)
            for at in range(0, horizon + 1, 12):
                share = float(fit.survival_function_at_times(at).iloc[0])
                followed = at <= days.max() or share == 0
                table = fit.event_table
                at_risk = int(table[table.index >= at]["removed"].sum())
                rows.append((case, arm, at, share if followed else "", at_risk))
    write("curves-expected", "case arm day share at_risk".split(), rows)


def planner():
    rows = []
    for p1, p2 in [(0.05, 0.03), (0.1, 0.06), (0.4, 0.5), (0.02, 0.01), (0.3, 0.25), (0.08, 0.12)]:
        for ratio in (1, 4, 9):
            effect = proportion_effectsize(p1, p2)
            small = NormalIndPower().solve_power(effect, alpha=0.05, power=0.8, ratio=ratio)
            za, zb = stats.norm.ppf(0.975), stats.norm.ppf(0.8)
            unpooled = (za + zb) ** 2 * (p1 * (1 - p1) / ratio + p2 * (1 - p2)) / (p1 - p2) ** 2
            power = power_proportions_2indep(diff=p1 - p2, prop2=p2, nobs1=300, ratio=1, alpha=0.05).power
            rows.append((p1, p2, ratio, float(small), float(unpooled), float(power)))
    write("planner", "p1 p2 ratio arcsine_small_arm unpooled_small_arm power_300_each".split(), rows)


def small_things():
    rows = []
    for counts, weights in [((520, 480), (0.5, 0.5)), ((940, 60), (0.9, 0.1)), ((21307, 21387, 21306), (1 / 3,) * 3), ((181, 19), (0.9, 0.1))]:
        total = sum(counts)
        found = stats.chisquare(counts, [w * total for w in weights])
        rows.append((" ".join(map(str, counts)), " ".join(map(repr, weights)), float(found.statistic), float(found.pvalue)))
    write("srm", ["counts", "shares", "chi2", "p"], rows)
    rows = []
    for _ in range(8):
        p = np.sort(RNG.uniform(0, 0.2, int(RNG.integers(2, 9))))
        RNG.shuffle(p)
        rows.append([" ".join(repr(float(v)) for v in values) for values in (p, multipletests(p, method="holm")[1], multipletests(p, method="fdr_bh")[1])])
    write("adjusted", ["p", "holm", "bh"], rows)
    rows = []
    for _ in range(12):
        a, b = RNG.gamma(2, RNG.uniform(1, 9), int(RNG.integers(5, 60))), RNG.gamma(2, 4, int(RNG.integers(5, 60)))
        found = stats.ttest_ind(a, b, equal_var=False)
        interval = found.confidence_interval()
        text = [" ".join(repr(float(v)) for v in values) for values in (a, b)]
        rows.append((*text, float(found.pvalue), float(interval.low), float(interval.high)))
    write("welch", ["a", "b", "p", "low", "high"], rows)
    rows = [(float(x), float(stats.norm.cdf(x))) for x in (-30, -8, -3.3, -1.96, -0.5, 0, 0.1, 1, 2.5, 6)]
    write("normal", ["x", "cdf"], rows)
    rows = [(float(p), float(stats.norm.ppf(p))) for p in (1e-12, 1e-6, 0.001, 0.005, 0.025, 0.2, 0.5, 0.8, 0.975, 0.98, 0.999999)]
    write("quantile", ["p", "x"], rows)


proportions()
survival()
curves()
planner()
small_things()
