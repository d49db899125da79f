"""Makes tests/data/time/holidays.tsv and tests/data/time/tokyo.tsv.

    pip install jpholiday==1.0.3 holidays==0.109
    python3 tests/oracle/japan.py holidays > tests/data/time/holidays.tsv
    python3 tests/oracle/japan.py tokyo > tests/data/time/tokyo.tsv

holidays.tsv: the national holidays of Japan of each year, month/day, `*` where a holiday on a Sunday is made up for
(振替休日), `+` where a day lies between two holidays (国民の休日). Two libraries must agree on the dates since 1986; before
then the dates are those of `holidays`.

tokyo.tsv: start, question, answer, in Tokyo, in a company closed on national holidays, from 29 December to 3 January
(年末年始) and from 13 to 16 August (お盆), with business hours 10:00-18:00. Days and minutes are counted one by one.
"""

import datetime
import random
import sys

import holidays as other
import jpholiday

DAY, MINUTE = datetime.timedelta(days=1), datetime.timedelta(minutes=1)
CLOSED = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3), (8, 13), (8, 14), (8, 15), (8, 16)}


def mark(name):
    return "*" if "振替" in name else "+" if name == "国民の休日" else ""


def print_holidays():
    for year in range(1955, 2051):
        ours = {day: name for day, name in jpholiday.year_holidays(year)}
        theirs = set(other.Japan(years=year))
        if year < 1986:  # jpholiday applies the law of 1985 (4 May) and that of 1973 (12 February) too early
            ours = {day: ours[day] for day in theirs}
        assert set(ours) == theirs, (year, sorted(set(ours) ^ theirs))
        days = (f"{day.month}/{day.day}{mark(name)}" for day, name in sorted(ours.items()))
        print(year, *days)


def open_day(day):
    return day.weekday() < 5 and not jpholiday.is_holiday(day) and (day.month, day.day) not in CLOSED


def nth_open(day, n, step):
    while n:
        day += step
        n -= open_day(day)
    return day


def window(start):
    at = start
    while not (open_day(at.date()) and 10 <= at.hour < 17):
        at += MINUTE
    return at


def business_hours(start, hours):
    at, left = start, hours * 60
    while left:
        left -= open_day(at.date()) and 10 <= at.hour < 18
        at += MINUTE
    return at


def counted(a, b):
    """Open days after `a` up to and including `b`."""
    n, day = 0, a
    while day < b:
        day += DAY
        n += open_day(day)
    return n


def print_tokyo():
    chance = random.Random(20261122)
    first = datetime.datetime(2019, 1, 1)
    starts = [first + MINUTE * chance.randrange(14 * 365 * 1440) for _ in range(60)]
    # Around what is special: New Year, Golden Week, Obon, the silver week of 2026, leap days.
    for text in ("2026-12-28T17:00", "2027-01-03T09:59", "2026-04-28T16:59", "2026-05-02T12:00", "2026-08-12T17:30",
                 "2026-09-18T17:00", "2026-09-22T10:00", "2024-02-28T18:00", "2024-02-29T09:00", "2028-02-28T17:00",
                 "2028-02-29T10:00", "2032-02-28T00:00", "2019-04-26T17:00", "2021-07-21T17:59", "2020-02-29T23:59"):
        starts.append(datetime.datetime.fromisoformat(text))
    for start in sorted(starts):
        date, time, n = start.date(), start.time(), chance.randrange(1, 12)
        same = lambda day: datetime.datetime.combine(day, time)
        later = date + DAY * chance.randrange(0, 60)
        rows = (
            ("window mon-fri 10:00-17:00", window(start)),
            (f"after {n} business days", same(nth_open(date, n, DAY))),
            (f"before {n} business days", same(nth_open(date, n, -DAY))),
            (f"after {n} calendar days", same(date + n * DAY)),
            (f"after {n} business hours", business_hours(start, n)),
            (f"between {later}", counted(date, later)),
        )
        for question, answer in rows:
            answer = answer if isinstance(answer, int) else f"{answer:%Y-%m-%dT%H:%M}"
            print(f"{start:%Y-%m-%dT%H:%M}", question, answer, sep="\t")


print_holidays() if sys.argv[1:] == ["holidays"] else print_tokyo()
