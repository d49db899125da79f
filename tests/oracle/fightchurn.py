"""The Fight-Churn CRM example, worked out a second time: which accounts a playbook fires for, when, and what it foresaw.

    pip install pyarrow
    python3 tests/oracle/fightchurn.py events FOLDER > events.csv        # FOLDER: account.csv, subscription.csv, event_daily.parquet
    shirube --json backtest mails_stop --from 2022-01-01 --to 2023-01-01 > found.json
    python3 tests/oracle/fightchurn.py check FOLDER mails_stop found.json

Days are counted one by one, straight from the rows; nothing is shared with the product but the rules in docs/examples/fightchurn.
"""

import csv
import datetime
import json
import sys

ZERO, LAST = datetime.date(2022, 1, 1), datetime.date(2023, 1, 1)
PERIOD = (LAST - ZERO).days
HORIZON = 90


def rows(folder):
    import pyarrow.parquet

    return pyarrow.parquet.read_table(f"{folder}/event_daily.parquet").to_pylist()


def events(folder):
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("account_id", "date", "event", "n"))
    for row in rows(folder):
        out.writerow((row["account_id"], row["date"], row["event"], row["n"]))


def day(text):
    return (datetime.date.fromisoformat(text) - ZERO).days


def counts(folder, event):
    found = {}
    for row in rows(folder):
        if row["event"] == event:
            found.setdefault(row["account_id"], {})[(row["date"] - ZERO).days] = row["n"]
    return found


def over28(by_day, d):
    return [by_day[i] for i in range(d - 27, d + 1) if i in by_day]


def mails_stop(mails, start):
    return lambda d: d - start >= 56 and sum(over28(mails, d)) < 4


def selling_less(sales, start):
    return lambda d: d - start >= 56 and len(over28(sales, d)) <= 6


def no_meeting(meetings, _):
    return lambda d: any(i <= d for i in meetings) and d - max(i for i in meetings if i <= d) >= 14


RULES = {"mails_stop": ("email_lead", mails_stop, 0), "selling_less": ("create_opportunity", selling_less, 7), "no_meeting": ("meeting", no_meeting, 0)}


def first_start(holds, start, end, stable):
    """The first day at whose beginning it has held for `stable` days, while a customer."""
    since = None
    for d in range(start, min(end, PERIOD)):
        since = (d if since is None else since) if holds(d) else None
        if since is not None and d - since >= stable:
            return d
    return None


def judged(folder, playbook):
    event, rule, stable = RULES[playbook]
    seen = counts(folder, event)
    starts = {a["account_id"]: day(a["start"]) for a in csv.DictReader(open(f"{folder}/account.csv"))}
    ends = {}
    for s in csv.DictReader(open(f"{folder}/subscription.csv")):
        ends[s["account_id"]] = max(ends.get(s["account_id"], 0), day(s["end_date"]))
    fired = {}
    for account, start in starts.items():
        at = first_start(rule(seen.get(int(account), {}), start), start, ends[account], stable)
        if at is not None:
            fired[account] = at
    churned = {a: e for a, e in ends.items() if e < PERIOD}
    leads = sorted(churned[a] - at for a, at in fired.items() if a in churned and 0 < churned[a] - at <= HORIZON)
    known = sum(a in churned or at + HORIZON <= PERIOD for a, at in fired.items())
    middle = len(leads) // 2
    lived = followed = 0
    for account, start in starts.items():
        for d in range(start, min(ends[account], PERIOD)):
            is_known = account in churned or d < PERIOD - HORIZON
            lived += is_known
            followed += is_known and account in churned and churned[account] - d <= HORIZON
    return {
        "fired": {a: (ZERO + datetime.timedelta(days=at)).isoformat() for a, at in fired.items()},
        "precision": len(leads) / known,
        "recall": len(leads) / len(churned),
        "lead_days_median": leads[middle] if len(leads) % 2 else (leads[middle - 1] + leads[middle]) / 2,
        "base_rate": len(churned) / len(starts),
        "by_chance": followed / lived,
    }


def check(folder, playbook, file):
    expected, found = judged(folder, playbook), json.load(open(file))
    found["fired"] = {f["account"]: f["at"][:10] for f in found["fired"]}
    for name, value in expected.items():
        same = found[name] == value if name == "fired" else abs(found[name] - value) < 1e-9
        shown = f"{len(value)} accounts" if name == "fired" else f"{value:.4f}"
        print(f"{playbook} {name}: {shown} {'equal' if same else 'DIFFERENT'}")
        if not same and name == "fired":
            other = found[name]
            for a in sorted(set(value) | set(other), key=int):
                if value.get(a) != other.get(a):
                    print("  account", a, "here", value.get(a), "there", other.get(a))
        if not same and name != "fired":
            print("  there", found[name])


events(sys.argv[2]) if sys.argv[1] == "events" else check(*sys.argv[2:5])
