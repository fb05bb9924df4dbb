//! What is shown while a search goes on: one line on a terminal, nothing in a pipe.

use crate::check::Progress;
use crate::text::grouped;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Watches a search.
pub(super) struct Watch {
    name: String,
    begun: Instant,
    shown: Option<Instant>,
    expected: Option<u64>,
    interrupted: Arc<AtomicBool>,
    terminal: bool,
}

const BETWEEN: Duration = Duration::from_millis(200);

impl Watch {
    /// Begins to watch the search called `name`; `expected` is how many states it is known to have.
    pub(super) fn new(name: &str, expected: Option<u64>) -> Self {
        let now = Instant::now();
        let interrupted = interrupts();
        let terminal = stderr().is_terminal();
        Self { name: name.into(), begun: now, shown: None, expected, interrupted, terminal }
    }

    /// Takes note of the progress; whether to go on.
    pub(super) fn see(&mut self, progress: &Progress) -> bool {
        if self.terminal && self.shown.is_none_or(|shown| shown.elapsed() >= BETWEEN) {
            self.shown = Some(Instant::now());
            super::warn(format_args!("\r\x1b[K{}", self.line(progress)));
        }
        !self.interrupted.load(Ordering::Relaxed)
    }

    /// How long it took. Clears the line.
    pub(super) fn end(&self) -> Duration {
        if self.shown.is_some() {
            super::warn("\r\x1b[K");
        }
        self.begun.elapsed()
    }

    fn line(&self, progress: &Progress) -> String {
        let Progress { states, frontier, depth, bytes, .. } = *progress;
        let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
        let rate = states as f64 / seconds;
        let rest =
            self.expected.filter(|all| *all > states && rate > 0.0).map(|all| (all - states) as f64 / rate);
        let rest = rest.map_or(String::new(), |rest| format!(", about {rest:.0} s left"));
        format!(
            "  {}: {} states, {:.2} M/s, frontier {}, depth {depth}, {} MiB{rest}",
            self.name,
            grouped(states),
            rate / 1e6,
            grouped(frontier),
            bytes >> 20
        )
    }
}

/// Set when somebody presses Ctrl-C. The second time ends the program at once.
pub(super) fn interrupts() -> Arc<AtomicBool> {
    static SET: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let set = SET.get_or_init(|| {
        let set = Arc::new(AtomicBool::new(false));
        let handler = Arc::clone(&set);
        // Without a handler Ctrl-C ends the program without a partial verdict: worse, but no error.
        let _ = ctrlc::set_handler(move || {
            if handler.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
        set
    });
    Arc::clone(set)
}

/// Ends every search, as Ctrl-C does.
pub(super) fn interrupt() {
    interrupts().store(true, Ordering::Relaxed);
}

/// Whether somebody asked for the end.
pub(super) fn interrupted() -> bool {
    interrupts().load(Ordering::Relaxed)
}
