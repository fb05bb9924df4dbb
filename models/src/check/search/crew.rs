//! Threads that do one thing to each of many items, and wait for each other.

/// So many threads. One is the caller itself: the browser has no other.
pub(super) struct Crew {
    threads: usize,
    #[cfg(not(target_arch = "wasm32"))]
    pool: Option<rayon::ThreadPool>,
}

impl Crew {
    pub(super) fn new(threads: usize) -> Self {
        #[cfg(target_arch = "wasm32")]
        return Self { threads: threads.min(1) };
        #[cfg(not(target_arch = "wasm32"))]
        {
            let many = threads > 1;
            let pool =
                many.then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()).flatten();
            Self { threads: if pool.is_some() { threads } else { 1 }, pool }
        }
    }

    pub(super) fn threads(&self) -> usize {
        self.threads
    }

    /// Does something as one of the threads, so that the others are near when it needs them.
    pub(super) fn lead<T: Send>(&self, task: impl FnOnce() -> T + Send) -> T {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(pool) = &self.pool {
            return pool.install(task);
        }
        task()
    }

    /// Does `work` to each of `items`, by all threads together. Which of them does what is left open, so `work`
    /// must not depend on it.
    pub(super) fn each<T: Send>(&self, items: &mut [T], work: impl Fn(&mut T) + Sync) {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(pool) = self.pool.as_ref().filter(|_| items.len() > 1) {
            use rayon::prelude::*;
            pool.install(|| items.par_iter_mut().for_each(&work));
            return;
        }
        items.iter_mut().for_each(work);
    }
}
