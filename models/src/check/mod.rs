//! Engines: different ways through the same states.
//!
//! Every engine answers with a [`Report`], and a report has one of three [`Outcome`]s. *Proved* is said only when
//! the frontier emptied inside the stated bounds; a search that was cut short for any reason is *incomplete* and
//! can never pass.
//!
//! * [`memo`] is the engine of choice: fast, exact, in one thread, and it runs in a browser.
//! * [`sliced`] is how that engine is asked, in slices.
//! * [`mod@reference`] is stateright on the world itself, wrapped so that none of the traps of its checkers can reach
//!   a user. Tests hold the two against each other.
//! * [`actors`] is the memoised engine over any actor model of stateright, and [`plain`] the same search over any of
//!   its models.
//! * `timely`, with the feature of this name, is the same search over threads, processes and machines, on timely
//!   dataflow: the way past one machine.

#[cfg(not(target_arch = "wasm32"))]
pub mod actors;
pub mod memo;
#[cfg(not(target_arch = "wasm32"))]
pub mod plain;
#[cfg(not(target_arch = "wasm32"))]
pub mod reference;
pub mod search;
pub mod sliced;
pub mod start;
#[cfg(all(feature = "timely", not(target_arch = "wasm32")))]
pub mod timely;

#[cfg(not(target_arch = "wasm32"))]
pub use search::CheckpointError;

use crate::invariant::Broken;
#[cfg(not(target_arch = "wasm32"))]
use crate::world::Reductions;
use crate::world::{Choice, World};
use sliced::Sliced;
use std::fmt;
use std::path::PathBuf;

/// What came of a search: of a world, unless something else is said to be broken by other choices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome<B = Broken, C = Choice> {
    /// Every reachable state was visited and every invariant holds in it.
    Proved,
    /// A way to a violation, the shortest under the reductions in use.
    Violated {
        /// Which.
        broken: B,
        /// The choices that lead there from the first state.
        path: Vec<C>,
    },
    /// The search was cut short; nothing is proved.
    Incomplete(Why),
}

/// Why a search was cut short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The bound on states was reached.
    States(u64),
    /// The bound on memory was reached.
    Memory(u64),
    /// Somebody asked for it.
    Interrupted,
    /// The frontier emptied, but with a reduction that assumes a rule which is switched off.
    Reduced,
    /// There are more states than the engine has numbers for.
    Full,
    /// A function that is remembered said one thing at one time and another thing at another.
    Impure,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::States(bound) => write!(f, "the bound of {bound} states was reached"),
            Why::Memory(bound) => write!(f, "the bound of {} MiB was reached", bound >> 20),
            Why::Interrupted => f.write_str("interrupted"),
            Why::Reduced => f.write_str("a reduction assumes a rule that is switched off"),
            Why::Full => f.write_str("there are more states than the engine has numbers for"),
            Why::Impure => f.write_str(
                "a step of the model is not a function of its arguments: asked twice, it differed",
            ),
        }
    }
}

/// How far a search has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Distinct states found.
    pub states: u64,
    /// Of those, states whose successors are still to be computed.
    pub frontier: u64,
    /// Steps from the first state.
    pub depth: u32,
    /// Transitions computed.
    pub transitions: u64,
    /// Bytes used: by the whole process where the system tells, otherwise by the engine's tables.
    pub bytes: u64,
}

/// The answer of an engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report<B = Broken, C = Choice> {
    /// Which engine.
    pub engine: &'static str,
    /// What came of it.
    pub outcome: Outcome<B, C>,
    /// How far it got.
    pub progress: Progress,
}

impl<B, C> Report<B, C> {
    /// Whether everything reachable was visited.
    pub fn is_exhausted(&self) -> bool {
        matches!(self.outcome, Outcome::Proved)
    }
}

/// Bounds of a search, besides those of the scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bounds {
    /// Distinct states.
    pub states: Option<u64>,
    /// Bytes, as in [`Progress::bytes`].
    pub bytes: Option<u64>,
}

impl Bounds {
    /// Why a search that got this far has to stop, if it has to.
    pub fn exceeded(&self, progress: &Progress) -> Option<Why> {
        let states = self.states.filter(|bound| progress.states >= *bound).map(Why::States);
        states.or_else(|| self.bytes.filter(|bound| progress.bytes >= *bound).map(Why::Memory))
    }
}

/// Which engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Engine {
    /// [`memo`].
    #[default]
    Memoised,
    /// [`mod@reference`].
    #[cfg(not(target_arch = "wasm32"))]
    Stateright,
}

/// How to search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct How {
    /// With which engine.
    pub engine: Engine,
    /// Inside which bounds.
    pub bounds: Bounds,
    /// With how many threads; only the memoised engine has more than one.
    pub threads: usize,
    /// Where a search that is cut short is written to, to be gone on with; also every few minutes. Only by the
    /// memoised engine, and not on `wasm32`.
    pub checkpoint: Option<PathBuf>,
    /// Which search to go on with.
    pub resume: Option<PathBuf>,
}

impl Default for How {
    fn default() -> Self {
        let bounds = Bounds::default();
        Self { engine: Engine::default(), bounds, threads: 1, checkpoint: None, resume: None }
    }
}

/// Explores `world` with `engine` inside `bounds`, in one thread; see [`check_as`].
pub fn check(
    world: &World,
    engine: Engine,
    bounds: Bounds,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Report {
    match engine {
        Engine::Memoised => Sliced::new(world, &world.initial(), 1, bounds).run(watch),
        #[cfg(not(target_arch = "wasm32"))]
        Engine::Stateright => {
            hastily(world, bounds, watch).unwrap_or_else(|| reference::run(world, bounds, watch))
        }
    }
}

/// Explores `world` as `how` says. `watch` is told of the progress now and then; when it answers `false`, the
/// search stops.
///
/// With rules switched off, a violation is first looked for with every reduction, sound or not, because whatever
/// that finds is real; only if it finds nothing is the world explored with the sound ones.
#[cfg(not(target_arch = "wasm32"))]
pub fn check_as(
    world: &World,
    how: &How,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Report, CheckpointError> {
    if how.engine == Engine::Stateright {
        return Ok(check(world, how.engine, how.bounds, watch));
    }
    let memo = if let Some(path) = &how.resume {
        memo::Memo::resume(world, &world.initial(), how.threads, path)?
    } else {
        let mut search = Sliced::new(world, &world.initial(), how.threads, how.bounds);
        if let Some(report) = search.run_rashly(watch) {
            return Ok(report);
        }
        search.into_memo()
    };
    memo.run_saving(how.bounds, how.checkpoint.as_deref(), watch)
}

/// What [`Sliced`] does first where rules are switched off, by the reference engine: a violation found, or an interrupt
/// met, with every reduction, sound or not.
#[cfg(not(target_arch = "wasm32"))]
fn hastily(world: &World, bounds: Bounds, watch: &mut dyn FnMut(&Progress) -> bool) -> Option<Report> {
    if world.rules_off().is_empty() || world.reductions() != Reductions::SOUND {
        return None;
    }
    let rash = world.clone().reduced_by(Reductions::RASH);
    let states = Some(bounds.states.map_or(RASHLY, |states| states.min(RASHLY)));
    let report = reference::run(&rash, Bounds { states, ..bounds }, watch);
    match report.outcome {
        Outcome::Violated { .. } | Outcome::Incomplete(Why::Interrupted) => Some(report),
        Outcome::Proved
        | Outcome::Incomplete(Why::States(_) | Why::Memory(_) | Why::Reduced | Why::Full | Why::Impure) => {
            None
        }
    }
}

/// The memory of this process, where the system tells: what a bound on memory is for is the machine, not a table.
pub(crate) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// How many states to visit rashly before going on soundly.
pub(crate) const RASHLY: u64 = 2_000_000;
