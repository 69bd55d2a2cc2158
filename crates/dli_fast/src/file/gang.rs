//! Fork and join: one job at a time, its parts taken by whoever is free.
//!
//! ```text
//! each(count, work) ─▶ helpers and the caller: next part, next part … ─▶ the last one done wakes the caller
//! ```

use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is done to part `index`. It must not panic.
type Work = dyn Fn(usize) + Send + Sync;

struct Job {
    next: AtomicUsize,
    left: AtomicUsize,
    count: usize,
    done: Sender<()>,
    work: Box<Work>,
}

impl Job {
    fn help(&self) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.count {
                return;
            }
            (self.work)(index);
            // Release: what this part wrote is seen by the caller, who acquires through the channel.
            if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
                let _ = self.done.send(());
            }
        }
    }
}

/// The side that hands out jobs. The helpers end when it is dropped.
pub(super) struct Gang {
    jobs: Sender<Arc<Job>>,
    helpers: usize,
}

/// The side of a helper.
pub(super) struct Helper(Receiver<Arc<Job>>);

impl Helper {
    /// Help with every job until there are no more.
    pub fn work(&self) {
        while let Ok(job) = self.0.recv() {
            job.help();
        }
    }
}

/// A gang of `helpers` besides the caller.
pub(super) fn gang(helpers: usize) -> (Gang, Vec<Helper>) {
    let (jobs, work) = bounded(helpers.max(1));
    (Gang { jobs, helpers }, (0..helpers).map(|_| Helper(work.clone())).collect())
}

impl Gang {
    /// Do `work(0)` … `work(count - 1)`, in parallel; returns when all are done.
    pub fn each(&self, count: usize, work: impl Fn(usize) + Send + Sync + 'static) {
        if count == 0 {
            return;
        }
        let (done, ended) = bounded(1);
        let (next, left) = (AtomicUsize::new(0), AtomicUsize::new(count));
        let job = Arc::new(Job { next, left, count, done, work: Box::new(work) });
        for _ in 0..self.helpers.min(count - 1) {
            // A full channel means that no helper is free: nobody would come.
            let _ = self.jobs.try_send(job.clone());
        }
        job.help();
        let _ = ended.recv();
    }
}

#[cfg(test)]
mod tests {
    use super::gang;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_part_is_done_once_and_each_returns_after_the_last() {
        let (gang, helpers) = gang(3);
        std::thread::scope(|scope| {
            for helper in helpers {
                scope.spawn(move || helper.work());
            }
            for count in [0, 1, 2, 7, 100] {
                let seen: Arc<Vec<AtomicUsize>> = Arc::new((0..count).map(|_| AtomicUsize::new(0)).collect());
                let inner = seen.clone();
                gang.each(count, move |index| {
                    inner[index].fetch_add(1, Ordering::Relaxed);
                });
                assert!(seen.iter().all(|times| times.load(Ordering::Relaxed) == 1));
            }
            drop(gang);
        });
    }
}
