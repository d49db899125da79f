//! The rows, one small file each, and their list.

mod broken_rulebooks;
mod cap;
mod chain;
mod daemons;
mod damaged;
mod days_off;
mod disk;
mod failover;
pub mod kills;
mod large_file;
mod locked;
mod migrations;
mod old_backup;
mod postgres_down;
mod terms;
mod under_load;

use crate::row::Row;

/// Every row, in the order of the scorecard.
pub const ROWS: &[Row] = &[
    Row {
        id: "D1",
        shows: "kill -9 while a campaign is sent, at_most_once",
        target: "lost 0, twice 0, unlisted 0; maybe_sent ≤ C a kill",
        run: |size| Box::pin(kills::at_most_once(size)),
    },
    Row {
        id: "D2",
        shows: "the same, at_least_once",
        target: "lost 0; twice only where said so, same Message-ID",
        run: |size| Box::pin(kills::at_least_once(size)),
    },
    Row {
        id: "D3",
        shows: "the same, a relay that drops repeats",
        target: "lost 0, twice 0, maybe_sent 0 at the end",
        run: |size| Box::pin(kills::idempotent(size)),
    },
    Row {
        id: "D7",
        shows: "SIGTERM in the middle of sending",
        target: "maybe_sent 0, exit 0 within 30 s",
        run: |size| Box::pin(terms::run(size)),
    },
    Row {
        id: "D8",
        shows: "several daemons on one PostgreSQL: stopped beyond the lease, killed",
        target: "lost 0, twice 0",
        run: |size| Box::pin(daemons::run(size)),
    },
    Row {
        id: "D8b",
        shows: "a second daemon on one SQLite file",
        target: "exit 75 in < 1 s",
        run: |size| Box::pin(daemons::second(size)),
    },
    Row {
        id: "D10",
        shows: "an old backup restored in the middle of a campaign",
        target: "twice 0; without the journal all is held",
        run: |size| Box::pin(old_backup::run(size)),
    },
    Row {
        id: "D11",
        shows: "four daemons on one PostgreSQL: two killed, then the primary failed over",
        target: "lost 0, twice 0, every uncertain one listed",
        run: |size| Box::pin(failover::run(size)),
    },
    Row {
        id: "C3",
        shows: "off for three days, and for eight",
        target: "schedules made up as written; nothing after hold_at_most; 8 days: held",
        run: |size| Box::pin(days_off::run(size)),
    },
    Row {
        id: "DB1",
        shows: "the disk is full",
        target: "lost 0, twice 0, unlisted 0; goes on when there is room",
        run: |size| Box::pin(disk::full(size)),
    },
    Row {
        id: "DB2",
        shows: "an fsync fails (EIO)",
        target: "lost 0, twice 0; stops, never tries that fsync again",
        run: |size| Box::pin(disk::broken(size)),
    },
    Row {
        id: "DB3",
        shows: "a foreign BEGIN EXCLUSIVE of 30 s",
        target: "goes on by itself, twice 0; questions answered ≤ 1 s (p99)",
        run: |size| Box::pin(locked::run(size)),
    },
    Row {
        id: "DB4",
        shows: "bits flipped, ends cut off, in database and log",
        target: "wrong mail 0, twice 0, crash 0",
        run: |size| Box::pin(damaged::run(size)),
    },
    Row {
        id: "DB5",
        shows: "PostgreSQL killed (-m immediate) and started again",
        target: "lost 0, twice 0",
        run: |size| Box::pin(postgres_down::run(size)),
    },
    Row {
        id: "DB7",
        shows: "backups under load, the last one restored",
        target: "integrity ok, counts equal",
        run: |size| Box::pin(under_load::run(size)),
    },
    Row {
        id: "DB8",
        shows: "kill -9 in the migration of every older schema",
        target: "rows lost 0; a newer schema refused",
        run: |size| Box::pin(migrations::run(size)),
    },
    Row {
        id: "I2",
        shows: "broken rulebooks while the daemon works",
        target: "crash 0; the last good one stays, runs keep their version",
        run: |size| Box::pin(broken_rulebooks::run(size)),
    },
    Row {
        id: "I3",
        shows: "a large CSV; killed in the middle",
        target: "≤ 200 MiB; all or nothing; ≥ 20 MB/s (release)",
        run: |size| Box::pin(large_file::run(size)),
    },
    Row {
        id: "X8",
        shows: "a line of the audit log edited, deleted, exchanged",
        target: "noticed every time",
        run: |size| Box::pin(chain::run(size)),
    },
    Row {
        id: "X9",
        shows: "a playbook that matches everybody, again and again",
        target: "beyond the cap of a contact 0",
        run: |size| Box::pin(cap::run(size)),
    },
];
