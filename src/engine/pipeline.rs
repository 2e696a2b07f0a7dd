//! One thread produces, others work, and the results come back in the order of production.

use crossbeam_channel::{Receiver, Sender, bounded};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::thread;

/// A job, and where its result goes.
type Request<J, R> = (J, Sender<R>);

/// Where the producer hands its jobs in.
pub struct Submit<J, R> {
    /// A result is claimed in the order of the jobs.
    claim: Sender<Receiver<R>>,
    request: Sender<Request<J, R>>,
}

impl<J, R> Submit<J, R> {
    /// Queues a job; breaks off where nobody waits for results any more.
    pub fn submit(&self, job: J) -> ControlFlow<()> {
        let (reply, result) = bounded(1);
        let wanted = self.claim.send(result).is_ok() && self.request.send((job, reply)).is_ok();
        if wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// Runs `produce` on a thread of its own and `work` on `threads` others, and gives `consume` the results in the order of
/// the jobs; when it returns, the run ends. At most two jobs wait for a thread, and at most `4 threads` results for
/// `consume`.
pub fn run<J: Send, R: Send, T>(
    threads: NonZeroUsize,
    produce: impl FnOnce(Submit<J, R>) + Send,
    work: impl Fn(J) -> R + Sync,
    consume: impl FnOnce(&mut dyn Iterator<Item = R>) -> T,
) -> T {
    let (claim, claims) = bounded::<Receiver<R>>(4 * threads.get());
    let (request, requests) = bounded::<Request<J, R>>(2);
    thread::scope(|scope| {
        scope.spawn(move || produce(Submit { claim, request }));
        for _ in 0..threads.get() {
            let (requests, work) = (requests.clone(), &work);
            scope.spawn(move || serve(&requests, work));
        }
        drop(requests);
        let mut results =
            claims.into_iter().map(|result| result.recv().expect("only a panic keeps a thread from its reply"));
        consume(&mut results)
    })
}

fn serve<J, R>(requests: &Receiver<Request<J, R>>, work: &impl Fn(J) -> R) {
    for (job, reply) in requests {
        // Nobody waits for the reply where the run has ended early.
        let _ = reply.send(work(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::{Condvar, Mutex};

    const THREE: NonZeroUsize = NonZeroUsize::new(3).unwrap();

    fn count_up(submit: Submit<u64, u64>) {
        let _ = (0..).try_for_each(|job| submit.submit(job));
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        // Every third job waits until the two after it are done.
        let (done, one_more) = (Mutex::new(HashSet::new()), Condvar::new());
        let work = |job| {
            let mut done = done.lock().expect("no thread panics");
            if job % 3 == 0 {
                let others = [job + 1, job + 2];
                let waited = one_more.wait_while(done, |done| !others.iter().all(|other| done.contains(other)));
                drop(waited.expect("no thread panics"));
            } else {
                done.insert(job);
                one_more.notify_all();
            }
            job
        };
        let produce = |submit: Submit<u64, u64>| {
            let _ = (0..51).try_for_each(|job| submit.submit(job));
        };
        let results: Vec<u64> = run(THREE, produce, work, |results| results.collect());
        assert_eq!(results, (0..51).collect::<Vec<_>>());
    }

    #[test]
    fn a_run_ends_when_nobody_waits_for_more() {
        let results: Vec<u64> = run(THREE, count_up, |job| job, |results| results.take(50).collect());
        assert_eq!(results, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn results_end_with_the_jobs() {
        let produce = |submit: Submit<u64, u64>| {
            let _ = (0..100).try_for_each(|job| submit.submit(job));
        };
        assert_eq!(run(THREE, produce, |job| job, |results| results.sum::<u64>()), 99 * 50);
    }

    #[test]
    #[should_panic(expected = "only a panic")]
    fn a_panic_at_work_ends_the_run() {
        let work = |job| if job == 20 { panic!("on purpose") } else { job };
        run(THREE, count_up, work, |results| results.for_each(drop));
    }
}
