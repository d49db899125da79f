//! The child's side: limit yourself, then answer jobs until the parent closes the pipe.

use std::io;

use rustix::{
    process::{Resource, Rlimit, getrlimit, setrlimit},
    time::{ClockId, clock_gettime},
};

use super::{here, wire};
use crate::rulebook::template::Job;

/// Memory a child may take beyond what it has at its start, in bytes.
const MEMORY: u64 = 96 * 1024 * 1024;
/// Address space where the system does not say how much is in use, in bytes.
const MEMORY_UNKNOWN: u64 = 1024 * 1024 * 1024;
/// Processor time for one job, in seconds.
const CPU_SECONDS: u64 = 2;

/// Serves jobs on stdin and stdout until stdin ends. Call it before any other thread exists.
pub fn run() -> io::Result<()> {
    limit_memory()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Some(frame) = wire::read(&mut input)? {
        limit_time()?;
        let job: Job = serde_json::from_slice(&frame)?;
        wire::write(&mut output, &serde_json::to_vec(&here(&job))?)?;
    }
    Ok(())
}

/// No more memory than now plus [`MEMORY`], no core file, no file written.
fn limit_memory() -> io::Result<()> {
    let limit = address_space().map_or(MEMORY_UNKNOWN, |now| now + MEMORY);
    lower(Resource::As, limit)?;
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, 0)
}

/// The limit on processor time counts the whole life of the process, so it moves on with each job.
fn limit_time() -> io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.unsigned_abs();
    let maximum = getrlimit(Resource::Cpu).maximum;
    setrlimit(Resource::Cpu, Rlimit { current: Some(used + 1 + CPU_SECONDS), maximum }).map_err(io::Error::from)
}

fn lower(resource: Resource, limit: u64) -> io::Result<()> {
    let limit = getrlimit(resource).maximum.map_or(limit, |hard| hard.min(limit));
    setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) }).map_err(io::Error::from)
}

/// Bytes of address space in use, where `/proc` tells.
fn address_space() -> Option<u64> {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').next()?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
