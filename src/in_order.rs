//! Work on threads, whose results come in the order in which it was shared out.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Does so many pieces of work on threads, and hands the results on in order: what is made of them does not depend on the number
/// of threads.
pub(crate) fn in_order<T: Send>(
    count: usize,
    threads: NonZeroUsize,
    piece: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T),
) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.get().min(count) {
            let (sender, next, piece) = (sender.clone(), &next, &piece);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count || sender.send((index, piece(index))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early: Vec<Option<T>> = (0..count).map(|_| None).collect();
        let mut done = 0;
        for (index, result) in receiver {
            early[index] = Some(result);
            while let Some(result) = early.get_mut(done).and_then(Option::take) {
                take(result);
                done += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        for threads in [1, 2, 7, 64] {
            let mut results = Vec::new();
            in_order(20, NonZeroUsize::new(threads).unwrap(), |piece| piece * piece, |result| results.push(result));
            assert_eq!(results, (0..20).map(|piece| piece * piece).collect::<Vec<_>>());
        }
        in_order(0, NonZeroUsize::MIN, |piece| piece, |_| panic!("there is nothing to do"));
    }
}
