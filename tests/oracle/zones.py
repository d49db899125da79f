"""Makes tests/data/time/zones.tsv: what clocks do around every change of offset from 2020 to 2035, in every IANA zone.

An oracle of its own: Python's zoneinfo knows the offsets, and everything else is counted minute by minute, without any
formula. Run it with the version of the tz database that the test names (`pip install tzdata==2026.5` is 2026e):

    PYTHONTZPATH= python3 tests/oracle/zones.py > tests/data/time/zones.tsv

The table has three kinds of lines. `answers N v1 v2 …`: answers, in minutes after the change. `zones A,B,…`: zones that
behave alike, followed by their `change MINUTE:BEFORE:AFTER:N …`: UTC minutes since 1970, the offsets before and after in
minutes, and the number of the answers. `PROBES` below says what is asked.
"""

import datetime
import zoneinfo

FIRST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
LAST = datetime.datetime(2036, 1, 1, tzinfo=datetime.timezone.utc)
DAY = 1440


def minute(at):
    return int(at.timestamp()) // 60


def offset(zone, m):
    at = datetime.datetime.fromtimestamp(m * 60, zone)
    seconds = at.utcoffset().total_seconds()
    assert seconds % 60 == 0, zone
    return int(seconds) // 60


def changes(zone):
    """Every change of offset: (UTC minute, offset before, offset after)."""
    found, m, end = [], minute(FIRST) - 20 * DAY, minute(LAST) + 20 * DAY
    before = offset(zone, m)
    while m < end:
        after = offset(zone, m + DAY)
        if after != before:
            lo, hi = m, m + DAY
            while hi - lo > 1:
                mid = (lo + hi) // 2
                lo, hi = (mid, hi) if offset(zone, mid) == before else (lo, mid)
            found.append((hi, before, after))
        m, before = m + DAY, after
    return tuple(found)


class Clock:
    """A zone's clock as minutes since 1970 that it shows."""

    def __init__(self, changes):
        self.changes = changes

    def shows(self, m):
        now = self.changes[0][1]
        for at, _, after in self.changes:
            if m < at:
                break
            now = after
        return m + now

    def around(self, centre):
        """The same, from memory, from five days before to ten days after `centre`."""
        base = centre - 5 * DAY
        memory = [self.shows(m) for m in range(base, centre + 10 * DAY)]
        return lambda m: memory[m - base]


def weekday(local):
    return (local // DAY + 3) % 7  # Monday is 0; 1970-01-01 was a Thursday


def within(local, days, start, end):
    return weekday(local) in days and start <= local % DAY < end


def first(start, test):
    m = start
    while not test(m):
        m += 1
    return m


def reaches(shows, local):
    """The first moment at which the clock shows `local` or, where that is skipped, the first after the gap."""
    return first(start_of_search(shows, local), lambda m: shows(m) >= local)


def start_of_search(shows, local):
    m = local - 15 * 60
    assert shows(m) < local
    return m


def opens(shows, start, days, hours):
    return first(start, lambda m: within(shows(m), days, *hours))


def calendar_day(shows, start):
    return reaches(shows, shows(start) + DAY)


def business_day(shows, start):
    day = shows(start) + DAY
    while weekday(day) > 4:
        day += DAY
    return reaches(shows, day)


def business_hours(shows, start, hours):
    m, left = start, hours * 60
    while left:
        left -= within(shows(m), range(5), 9 * 60, 18 * 60)
        m += 1
    return m


def day_begins(shows, start):
    """The first moment of the next local date."""
    return reaches(shows, (shows(start) // DAY + 1) * DAY)


def daily(shows, start, time):
    """The next daily firing at `time`, strictly after `start`; once where the clock shows it twice."""
    day = shows(start) // DAY - 1
    while (at := reaches(shows, day * DAY + time)) <= start:
        day += 1
    return at


EVERY, WORK, WEEKEND = range(7), range(5), (5, 6)


def PROBES(shows, t):
    """What is asked about the change at minute `t`, in this order; the test asks the same."""
    starts = (t - DAY + 15, t - DAY - 15, t - 1, t, t + 15)
    for s in starts:
        yield opens(shows, s, EVERY, (130, 170))  # mon-sun 02:10-02:50
        yield opens(shows, s, WORK, (600, 1020))  # mon-fri 10:00-17:00
        yield opens(shows, s, WEEKEND, (15, 105))  # sat-sun 00:15-01:45
        yield calendar_day(shows, s)
        yield business_day(shows, s)
        yield business_hours(shows, s, 4)
        yield day_begins(shows, s)
        yield daily(shows, s, 150)  # 30 2 * * *
        yield daily(shows, s, 15)  # 15 0 * * *


def main():
    alike = {}
    for name in sorted(zoneinfo.available_timezones()):
        if name in ("localtime", "Factory"):
            continue
        found = changes(zoneinfo.ZoneInfo(name))
        if any(minute(FIRST) <= at < minute(LAST) for at, _, _ in found):
            alike.setdefault(found, []).append(name)
    numbers, lines = {}, []
    for found, names in sorted(alike.items(), key=lambda pair: pair[1]):
        clock, row = Clock(found), []
        for t, before, after in found:
            if minute(FIRST) <= t < minute(LAST):
                answers = tuple(m - t for m in PROBES(clock.around(t), t))
                number = numbers.setdefault(answers, len(numbers))
                row.append(f"{t}:{before}:{after}:{number}")
        lines += [f"zones {','.join(names)}", "change " + " ".join(row)]
    for answers, number in numbers.items():
        print("answers", number, *answers)
    print("\n".join(lines))


main()
