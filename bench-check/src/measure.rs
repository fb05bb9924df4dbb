//! One search, in a process of its own, so that its memory is its own.

use crate::subject::{Job, Subject};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use quorate_models::check::actors::{Actors, History, Memoisable, Reads};
use quorate_models::check::memo::Memo;
use quorate_models::check::plain::Plain;
use quorate_models::check::{Bounds, Outcome, Progress};
use quorate_models::invariant::state::judge;
use quorate_models::world::{Choice, Reductions, State, World};
use serde::{Deserialize, Serialize};
use stateright::actor::ActorModel;
use stateright::{Checker, Expectation, Model, Property};
use std::fmt::{self, Debug};
use std::hash::Hash;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::Instant;

/// Who searches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Tool {
    /// Quorate's engine.
    Quorate,
    /// Quorate's engine with all its reductions: the same question, fewer states.
    Reduced,
    /// Stateright, depth first.
    Dfs,
    /// Stateright, breadth first.
    Bfs,
    /// Spin, depth first.
    Spin,
}

/// Every tool, and its name on the command line.
pub const TOOLS: &[(Tool, &str)] = &[
    (Tool::Quorate, "quorate"),
    (Tool::Reduced, "reduced"),
    (Tool::Dfs, "dfs"),
    (Tool::Bfs, "bfs"),
    (Tool::Spin, "spin"),
];

impl FromStr for Tool {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = TOOLS.iter().find(|(_, other)| *other == name).map(|(tool, _)| *tool);
        let names = || TOOLS.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| format!("no tool “{name}”: use one of {}", names()))
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quorate => "quorate",
            Self::Reduced => "quorate, with reductions",
            Self::Dfs => "stateright DFS",
            Self::Bfs => "stateright BFS",
            Self::Spin => "Spin DFS",
        })
    }
}

/// What a search found and used.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Distinct states.
    pub states: u64,
    /// Transitions, with the first state as one.
    pub transitions: u64,
    /// Wall time of the search.
    pub seconds: f64,
    /// Processor time of the process, in user and system mode.
    pub cpu_seconds: f64,
    /// The most memory that the process had.
    pub peak_bytes: u64,
}

/// What a search found, and how long it took.
struct Found {
    states: u64,
    transitions: u64,
    seconds: f64,
}

/// Searches here and now; to be called once in a process.
///
/// # Panics
///
/// If the search does not find that everything holds, as it does in every model of the bench.
pub fn measure(subject: Subject, tool: Tool, threads: usize) -> Measured {
    let found = subject.with(Measure { tool, threads });
    let used = getrusage(UsageWho::RUSAGE_SELF).expect("a process knows what it used");
    measured(&found, &used)
}

fn measured(found: &Found, used: &Usage) -> Measured {
    let cpu = used.user_time() + used.system_time();
    Measured {
        states: found.states,
        transitions: found.transitions,
        seconds: found.seconds,
        cpu_seconds: cpu.num_microseconds() as f64 / 1e6,
        peak_bytes: used.max_rss().unsigned_abs() * 1024,
    }
}

/// Lets Spin's verifier search; `pan` is the compiled verifier, and 2 to the power of `slots` the size of its table.
/// To be called once in a process.
pub fn measure_spin(pan: &Path, slots: u32) -> Result<Measured, String> {
    let begun = Instant::now();
    let run = Command::new(pan).args(["-m100000", &format!("-w{slots}")]).stderr(Stdio::inherit()).output();
    let run = run.map_err(|error| format!("cannot run {}: {error}", pan.display()))?;
    let seconds = begun.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&run.stdout);
    if !text.contains("errors: 0") || text.contains("Search not completed") {
        return Err(format!("Spin did not finish without errors:\n{text}"));
    }
    let count = |what: &str| -> Option<u64> {
        text.lines().find(|line| line.contains(what))?.split_whitespace().next()?.parse().ok()
    };
    let (Some(states), Some(transitions)) = (count("states, stored"), count("transitions (=")) else {
        return Err(format!("Spin's answer has no counts:\n{text}"));
    };
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    Ok(measured(&Found { states, transitions, seconds }, &used))
}

#[derive(Clone, Copy)]
struct Measure {
    tool: Tool,
    threads: usize,
}

impl Measure {
    fn stateright<M>(self, model: M) -> Found
    where
        M: Model + Send + Sync + 'static,
        M::State: Hash + Clone + Debug + PartialEq + Send + Sync + 'static,
        M::Action: Clone + PartialEq + Debug + Send + Sync + 'static,
    {
        let begun = Instant::now();
        let builder = model.checker().threads(self.threads);
        let found = |states, transitions| Found {
            states: states as u64,
            transitions: transitions as u64,
            seconds: begun.elapsed().as_secs_f64(),
        };
        if self.tool == Tool::Dfs {
            let checker = builder.spawn_dfs().join();
            assert_holds(&checker);
            found(checker.unique_state_count(), checker.state_count())
        } else {
            let checker = builder.spawn_bfs().join();
            assert_holds(&checker);
            found(checker.unique_state_count(), checker.state_count())
        }
    }
}

/// A search that ended early would make a fast one look good.
fn assert_holds<M: Model>(checker: &impl Checker<M>)
where
    M::State: Debug + Clone + Hash + PartialEq,
    M::Action: Debug + Clone + PartialEq,
{
    for property in checker.model().properties() {
        if property.expectation == Expectation::Always {
            checker.assert_no_discovery(property.name);
        }
    }
}

fn found(outcome_is_proved: bool, progress: Progress, begun: Instant) -> Found {
    let seconds = begun.elapsed().as_secs_f64();
    assert!(outcome_is_proved, "the bench has models only in which everything holds");
    Found { states: progress.states, transitions: progress.transitions, seconds }
}

impl Job<Found> for Measure {
    fn actors<A, C, H>(self, model: ActorModel<A, C, H>, reads: &[(&str, Reads)]) -> Found
    where
        A: Memoisable + 'static,
        C: Send + Sync + 'static,
        H: History + PartialEq + 'static,
    {
        if self.tool != Tool::Quorate {
            return self.stateright(model);
        }
        let begun = Instant::now();
        let actors = Actors::new(model).threads(self.threads);
        let actors = reads.iter().fold(actors, |actors, (name, reads)| actors.reads(name, *reads));
        let findings = actors.run(&mut |_| true).unwrap_or_else(|refused| panic!("{refused}"));
        found(findings.report.outcome == Outcome::Proved, findings.report.progress, begun)
    }

    fn plain<M>(self, model: M) -> Found
    where
        M: Model + Send + Sync + 'static,
        M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
        M::Action: Clone + PartialEq + Debug + Send + Sync + 'static,
    {
        if self.tool != Tool::Quorate {
            return self.stateright(model);
        }
        let begun = Instant::now();
        let plain = Plain::new(model).threads(self.threads);
        let findings = plain.run(&mut |_| true).unwrap_or_else(|refused| panic!("{refused}"));
        found(matches!(findings.report.outcome, Outcome::Proved), findings.report.progress, begun)
    }

    fn world(self, world: World) -> Found {
        let world = match self.tool {
            Tool::Quorate => world,
            Tool::Reduced => world.reduced_by(Reductions::SOUND),
            Tool::Dfs | Tool::Bfs | Tool::Spin => return self.stateright(Reference(world)),
        };
        let begun = Instant::now();
        let memo = Memo::with_threads(&world, &world.initial(), self.threads);
        let report = memo.run(Bounds::default(), &mut |_| true);
        found(report.outcome == Outcome::Proved, report.progress, begun)
    }
}

/// A world as stateright sees it.
struct Reference(World);

impl Model for Reference {
    type State = State;
    type Action = Choice;

    fn init_states(&self) -> Vec<State> {
        vec![self.0.initial()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Choice>) {
        actions.extend(self.0.choices(state));
    }

    fn next_state(&self, state: &State, choice: Choice) -> Option<State> {
        self.0.apply(state, &choice)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("nothing is broken", |model: &Self, state| judge(&model.0, state).is_none())]
    }
}
