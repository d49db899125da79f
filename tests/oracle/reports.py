"""What lifelines, statsmodels and numpy say about made-up customers: the fixtures of the reports.

    pip install numpy==2.4.6 pandas==2.3.3 lifelines==0.30.3 statsmodels==0.15.0
    python3 tests/oracle/reports.py tests/data/numbers/reports

Writes one CSV a subject. Seeded: the same versions write the same bytes.
"""

import csv
import sys

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, qth_survival_times
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.proportion import proportion_confint

FOLDER, RNG = sys.argv[1], np.random.default_rng(20261123)
TO = 400


def write(name, header, rows):
    with open(f"{FOLDER}/{name}.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        cell = lambda v: "" if v is None or (isinstance(v, float) and not np.isfinite(v)) else v
        out.writerows([[repr(float(v)) if isinstance(v, (float, np.floating)) and np.isfinite(v) else cell(v) for v in row] for row in rows])


def starters():
    rows = []
    for n in range(120):
        start = int(RNG.integers(40, 396))
        setup = start + 1 + int(RNG.exponential(14))
        value = setup + int(RNG.exponential(12))
        use = value
        grow = use + 10 + int(RNG.exponential(70))
        lost = start + 3 + int(RNG.exponential(160)) if RNG.random() < 0.6 else None
        seen = start + (0 if RNG.random() < 0.9 else 20)
        known = lambda day: day if day < TO and (lost is None or day <= lost) else None
        rows.append((n, start, seen, lost if lost is not None and lost < TO else None, known(use), known(grow), known(setup), known(value)))
    return rows


def incidence_median(times, ends):
    """Aalen and Johansen by hand: 1 = reached, 2 = left, 0 = open."""
    free, reached = 1.0, 0.0
    for day in sorted(set(times)):
        at_risk = sum(t >= day for t in times)
        d1 = sum(t == day and e == 1 for t, e in zip(times, ends))
        d2 = sum(t == day and e == 2 for t, e in zip(times, ends))
        reached += free * d1 / at_risk
        free *= 1 - (d1 + d2) / at_risk
        if d1 and reached >= 0.5 - 1e-12:
            return float(day)
    return None


def onboarding(rows):
    known = [r for r in rows if r[2] <= r[1] + 7 and TO - 365 <= r[1] < TO]
    phases = []
    ways = [[r[1], r[4], r[5]] for r in known]
    for k, name in enumerate(["start", "use", "grow"]):
        times, ends = [], []
        for r, way in zip(known, ways):
            if way[k] is None:
                continue
            after = way[k + 1] if k < 2 else None
            end, how = (after, 1) if after is not None else (r[3], 2) if r[3] is not None else (TO - 1, 0)
            times.append(end - way[k])
            ends.append(how)
        low, high = proportion_confint(ends.count(2), len(ends), method="wilson")
        median = incidence_median(times, ends) if k < 2 else None
        phases.append((name, len(ends), ends.count(1), ends.count(2), ends.count(0), median, low, high))
    write("phases", ["phase", "reached", "moved_on", "left", "there", "median_days", "low", "high"], phases)
    milestones = []
    for column, name in [(6, "setup"), (7, "value")]:
        times = [(r[column] if r[column] is not None else r[3] if r[3] is not None else TO - 1) - r[1] for r in known]
        events = [int(r[column] is not None) for r in known]
        fit = KaplanMeierFitter().fit(times, events)
        low, high = median_survival_times(fit.confidence_interval_).iloc[0]
        left = sum(r[column] is None and r[3] is not None for r in known)
        mean = float(np.mean([t for t, e in zip(times, events) if e]))
        p75 = float(qth_survival_times(0.25, fit.survival_function_))
        milestones.append((name, len(known), sum(events), left, float(fit.median_survival_time_), float(low), float(high), p75, mean))
    write("milestones", ["milestone", "n", "reached", "left", "median", "low", "high", "p75", "mean"], milestones)


def cohorts():
    """Contracts of half a year, and who is there at the end of each month: counted with dates."""
    first = np.datetime64("2026-01-01")
    rows = []
    for n in range(60):
        start = first + int(RNG.integers(0, 170))
        end = start + int(RNG.integers(5, 120)) if RNG.random() < 0.5 else None
        rows.append((f"c{n}", start, end, int(RNG.integers(1, 9)) * 1000))
        if end is not None and RNG.random() < 0.4:
            rows.append((f"c{n}", end + int(RNG.integers(0, 30)), None, int(RNG.integers(1, 9)) * 1000))
    write("contracts", ["account", "start", "end", "mrr"], [(a, str(s), "" if e is None else str(e), m) for a, s, e, m in rows])
    lines = pd.DataFrame(rows, columns=["account", "start", "end", "mrr"])
    lines["start"], lines["end"] = pd.to_datetime(lines["start"]), pd.to_datetime(lines["end"])
    joined = lines.groupby("account")["start"].min()
    ends = pd.date_range("2026-01-31", periods=6, freq="ME")
    out = []
    for k, last in enumerate(ends):
        cohort = joined[joined.dt.to_period("M") == last.to_period("M")]
        if cohort.empty:
            continue
        mine = lines[lines["account"].isin(cohort.index)]
        on = lambda frame, day: frame[(frame["start"] <= day) & (frame["end"].isna() | (frame["end"] > day))]
        mrr = sum(on(mine[mine["account"] == name], day)["mrr"].sum() for name, day in cohort.items())
        for age, day in enumerate(ends[k:]):
            there = on(mine, day)
            out.append((str(last.to_period("M").start_time.date()), len(cohort), int(mrr), age, there["account"].nunique(), int(there["mrr"].sum())))
    write("cohorts", ["first", "n", "mrr", "age", "there", "there_mrr"], out)


def heterogeneity():
    rows = []
    for _ in range(20):
        k = int(RNG.integers(2, 6))
        arms, effects, variances = [], [], []
        for _ in range(k):
            n1, n2 = int(RNG.integers(20, 400)), int(RNG.integers(20, 400))
            x1, x2 = int(RNG.integers(1, n1)), int(RNG.integers(1, n2))
            p1, p2 = x1 / n1, x2 / n2
            arms += [x1, n1, x2, n2]
            effects.append(p1 - p2)
            variances.append(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
        test = combine_effects(np.array(effects), np.array(variances)).test_homogeneity()
        rows.append((" ".join(map(str, arms)), float(test.statistic), float(test.pvalue)))
    write("heterogeneity", ["arms", "q", "p"], rows)


if __name__ == "__main__":
    rows = starters()
    write("starters", ["id", "start", "seen", "lost", "use", "grow", "setup", "value"], rows)
    onboarding(rows)
    cohorts()
    heterogeneity()
