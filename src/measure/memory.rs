//! What a measurement needs of the machine's memory.

use super::Threads;
use super::sums::{GROUPS, OF_ALL, OF_GROUP};
use std::fs;
use std::num::NonZeroUsize;

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// The parameters of the policy and of the reference.
    pub parameters: [u64; 2],
    /// Bytes of a number.
    pub bytes: u64,
    /// Estimators.
    pub estimators: usize,
}

impl Size {
    /// Bytes at least, for so many workers: both models; four gradients for each worker (libtorch's, the same as one vector, and those of
    /// both targets) and the sketches of all, twice; the signs of the sketch, a byte each; and the sums, which do not grow with the model.
    /// Activations and logits come on top.
    pub fn needed(self, workers: usize) -> u64 {
        let [policy, reference] = self.parameters;
        let losses = self.estimators as u64 + 2;
        let (sketch, of_group) = (policy.min(OF_ALL as u64), policy.min(OF_GROUP as u64));
        let sums = losses * (2 * sketch + GROUPS as u64 * of_group);
        let of_workers = workers as u64 * (4 * policy + 2 * losses * sketch);
        let signs = if policy > sketch { policy } else { 0 };
        self.bytes * (policy + reference + of_workers + sums) + signs
    }

    /// The largest number of workers for which there is room, and the threads that are left to each; none where there is no room for
    /// one.
    pub fn threads(self, threads: NonZeroUsize, room: Option<u64>) -> Option<Threads> {
        let fits = |workers: &usize| room.is_none_or(|room| self.needed(*workers) <= room);
        let workers = (1..=threads.get()).rev().find(fits).and_then(NonZeroUsize::new)?;
        let each = NonZeroUsize::new(threads.get() / workers.get()).unwrap_or(NonZeroUsize::MIN);
        Some(Threads { workers, each })
    }
}

/// Bytes that the system says it can give; none where it does not say.
pub fn room() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_threads_work_as_there_is_room_for() {
        let size = Size { parameters: [1_000_000_000; 2], bytes: 4, estimators: 13 };
        let threads = |room: Option<u64>| size.threads(NonZeroUsize::new(4).unwrap(), room);
        let counts = |threads: Threads| (threads.workers.get(), threads.each.get());
        assert_eq!(threads(None).map(counts), Some((4, 1)));
        assert_eq!(threads(Some(size.needed(4))).map(counts), Some((4, 1)));
        assert_eq!(threads(Some(size.needed(4) - 1)).map(counts), Some((3, 1)));
        assert_eq!(threads(Some(size.needed(1))).map(counts), Some((1, 4)));
        assert_eq!(threads(Some(size.needed(1) - 1)), None);
        // Two models, four gradients, a byte for each sign, and little more.
        assert!((25e9..25.5e9).contains(&(size.needed(1) as f64)), "{}", size.needed(1));
    }
}
