//! How long something takes.

use anyhow::Result;
use serde::Deserialize;
use std::fmt;
use std::ops::Sub;
use std::time::Instant;

/// Seconds that pass, and seconds of a processor: what other work on the machine slows down, and what it hardly does.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Time {
    pub wall: f64,
    pub cpu: f64,
}

impl Sub for Time {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { wall: self.wall - other.wall, cpu: self.cpu - other.cpu }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(&format!("{:.2}, {:.2}", self.wall, self.cpu))
    }
}

/// Does it, in this process or in processes that it waits for.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Time)> {
    let (start, before) = (Instant::now(), cpu_seconds());
    let result = work()?;
    Ok((result, Time { wall: start.elapsed().as_secs_f64(), cpu: cpu_seconds() - before }))
}

/// The middle ones of each; none where there are none.
pub fn median(times: Vec<Time>) -> Option<Time> {
    let middle = |of: fn(&Time) -> f64| {
        let mut seconds: Vec<f64> = times.iter().map(of).collect();
        seconds.sort_by(f64::total_cmp);
        seconds.get(seconds.len() / 2).copied()
    };
    Some(Time { wall: middle(|time| time.wall)?, cpu: middle(|time| time.cpu)? })
}

/// Of this process, and of those that it has waited for.
fn cpu_seconds() -> f64 {
    let of = |who| {
        // SAFETY: a struct of plain numbers, for which zeros are values.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is to a place of ours. It cannot fail for these two.
        unsafe { libc::getrusage(who, &raw mut usage) };
        [usage.ru_utime, usage.ru_stime].map(|time| time.tv_sec as f64 + 1e-6 * time.tv_usec as f64)
    };
    [libc::RUSAGE_SELF, libc::RUSAGE_CHILDREN].into_iter().flat_map(of).sum()
}
