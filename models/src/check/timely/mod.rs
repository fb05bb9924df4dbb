//! The distributed engine: the same search over threads, processes and machines, on timely dataflow.
//!
//! Every state has an owner among the workers, named by its fingerprint; the owner stores it, judges it and computes
//! what follows from it. Timely carries what follows to its owners and says when a level is complete. This is the
//! way past one machine: what one engine finds in a table, many find in many tables. On one machine
//! [`memo`](super::memo) is faster.
//!
//! # Why it is right
//!
//! It computes the same transitions as [`World::apply`], from the same functions, as [`memo`](super::memo) does. A
//! state is expanded once, by its owner, and a level only after the one before is complete everywhere, so the
//! states, the transitions, the depth and the length of a shortest counterexample are those of any breadth-first
//! search, for any number of workers; even the counterexample is the same. States are stored whole and compared
//! exactly; seats and surroundings are identified by 64-bit fingerprints, as everywhere, and of two states one of
//! which leads to the other the fingerprint is stored. Every process makes the counterexample happen again, with
//! the world itself, before it reports it.
//!
//! *Proved* is said only if the level is empty everywhere. A process that goes away, a bound or an interrupt at any
//! process ends all of them, and nothing is proved then.

mod error;
mod explore;
mod hosts;
mod link;
mod portable;
mod store;
mod worker;

pub use error::{ClusterError, Peer};
pub use hosts::{Cluster, Hosts, MAX_PROCESSES, MAX_WORKERS};
pub(super) use portable::Portable;

use super::memo::portable::print_of;
use super::{Bounds, Outcome, Progress, RASHLY, Report, Why};
use crate::invariant::state::judge;
use crate::world::{Choice, Reductions, State, World, fingerprint};
use ::timely::WorkerConfig;
use ::timely::communication::allocator::zero_copy::initialize::initialize_networking_from_sockets;
use ::timely::communication::allocator::{AllocatorBuilder, ProcessBuilder};
use ::timely::communication::{Hooks, WorkerGuards, initialize_from};
use ::timely::worker::Worker;
use link::{Fate, Hello, Line, Net};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use worker::{Cut, End, Verdict, work};

/// How often who watches is told.
const WATCH: Duration = Duration::from_millis(50);

/// What came of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The verdict, the same in every process but for the bytes.
    pub report: Report,
    /// What each worker did, in the order of the processes.
    pub shares: Vec<Share>,
}

/// What one worker did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// States that it owns.
    pub states: u64,
    /// Bytes that these and the table that finds them take.
    pub bytes: u64,
    /// States that it sent to others.
    pub sent: u64,
    /// In so many parcels.
    pub parcels: u64,
}

/// One way through the states.
struct Phase {
    world: Arc<World>,
    most_states: Option<u64>,
}

/// What the workers of a process have to do, and where they meet its main thread.
struct Plan {
    phases: Vec<Phase>,
    start: State,
    most_bytes: Option<u64>,
    /// Workers of each process.
    workers: usize,
    /// The worker of this process that says how far the search is.
    speaker: usize,
    hosts: Option<Hosts>,
    stop: OnceLock<Cut>,
    progress: Mutex<Progress>,
}

impl Plan {
    fn new(world: &World, start: Option<&State>, cluster: &Cluster, bounds: Bounds) -> Self {
        let phase = |world: World, most_states| Phase { world: Arc::new(world), most_states };
        let mut phases = vec![phase(world.clone(), bounds.states)];
        // As `super::check`: rashly first, if only from the beginning on.
        if start.is_none() && !world.rules_off().is_empty() && world.reductions() == Reductions::SOUND {
            let some = bounds.states.map_or(RASHLY, |states| states.min(RASHLY));
            phases.insert(0, phase(world.clone().reduced_by(Reductions::RASH), Some(some)));
        }
        Self {
            phases,
            start: start.cloned().unwrap_or_else(|| world.initial()),
            most_bytes: bounds.bytes,
            workers: cluster.workers,
            speaker: cluster.process * cluster.workers,
            hosts: cluster.hosts.clone(),
            stop: OnceLock::new(),
            progress: Mutex::default(),
        }
    }

    fn host(&self, process: usize) -> String {
        self.hosts.as_ref().map_or_else(|| "this machine".into(), |hosts| hosts.host(process).into())
    }

    fn stopped(&self) -> Option<Cut> {
        self.stop.get().copied()
    }

    fn publish(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    fn progress(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is explored, as it is told to the other processes.
    fn hello(&self, process: usize) -> Hello {
        let Phase { world, most_states } = &self.phases[self.phases.len() - 1];
        let processes = self.hosts.as_ref().map_or(1, Hosts::len);
        let model = serde_json::to_string(&world.model).unwrap_or_default();
        let reductions = format!("{:?}", world.reductions());
        Hello {
            model: world.model.name.clone(),
            print: fingerprint(&(model, reductions, print_of(&self.start))),
            near: near(world, &self.start),
            most_states: *most_states,
            ..Hello::new(process, processes, self.workers)
        }
    }
}

/// The fingerprints of the states near `start`, together: another build may compute others.
fn near(world: &World, start: &State) -> u64 {
    let after = |state: &State| -> Vec<State> {
        world.choices(state).iter().filter_map(|choice| world.apply(state, choice)).collect()
    };
    let mut prints = Vec::new();
    let mut level = vec![start.clone()];
    for _ in 0..3 {
        level = level.iter().take(50).flat_map(after).collect();
        prints.extend(level.iter().map(print_of));
    }
    fingerprint(&prints)
}

/// Explores `world` as one process of `cluster`, from `start` on or from the beginning. Every process gets the same
/// answer, and it is that of [`super::check`].
///
/// The bound on bytes is one for each process; that on states is one for all of them together, and is looked at
/// between two levels and now and then within one. `watch` is told of the progress of all; when it answers `false`,
/// all of them stop.
pub fn check(
    world: &World,
    start: Option<&State>,
    cluster: &Cluster,
    bounds: Bounds,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Answer, ClusterError> {
    let plan = Arc::new(Plan::new(world, start, cluster, bounds));
    let Some((net, guards, done)) = begin(&plan, cluster, watch)? else {
        let report = report(Outcome::Incomplete(Why::Interrupted), Progress::default());
        return Ok(Answer { report, shares: Vec::new() });
    };
    while done.recv_timeout(WATCH) == Err(RecvTimeoutError::Timeout) {
        if !watch(&plan.progress()) {
            // A second time changes nothing.
            let _ = plan.stop.set(Cut::Interrupted);
        }
    }
    let results: Vec<_> = guards.join();
    let fate = net.fate.sealed().cloned();
    drop(net);
    let mut verdict = None;
    for result in results {
        let failed = |what| ClusterError::Worker { what };
        verdict = Some(result.map_err(failed)?.map_err(|why| fate.clone().unwrap_or(why))?);
    }
    let verdict = verdict.ok_or_else(|| ClusterError::Worker { what: "there is none".into() })?;
    answer(&plan, verdict)
}

type Guards = WorkerGuards<Result<Verdict, ClusterError>>;

/// Connects the processes and starts the workers of this one; `None` if `watch` says so before.
fn begin(
    plan: &Arc<Plan>,
    cluster: &Cluster,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Option<(Net, Guards, Receiver<()>)>, ClusterError> {
    let local = ProcessBuilder::new_typed_vector(plan.workers, Hooks::default().refill, None);
    let (net, builders) = match cluster.hosts.as_ref().filter(|hosts| hosts.len() > 1) {
        None => (Net::none(), local.into_iter().map(AllocatorBuilder::Process).collect()),
        Some(hosts) => {
            let hello = plan.hello(cluster.process);
            let connected = link::connect(hosts, &hello, &mut || watch(&Progress::default()))?;
            let Some((net, lines)) = connected else { return Ok(None) };
            (net, handed_over(local, lines, cluster)?)
        }
    };
    let (done, all_done) = channel();
    let (plan, fate) = (Arc::clone(plan), Arc::clone(&net.fate));
    let done = Mutex::new(done);
    let guards = initialize_from(builders, Box::new(()), move |allocator| {
        let until = done.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Without a time to count from it would never sleep.
        let mut worker = Worker::new(WorkerConfig::default(), allocator, Some(Instant::now()));
        guarded(&mut worker, &plan, &fate, &until)
    });
    let guards = guards.map_err(|what| ClusterError::Worker { what })?;
    Ok(Some((net, guards, all_done)))
}

/// Hands the connections over to timely.
fn handed_over(
    local: Vec<ProcessBuilder>,
    lines: Vec<Option<Line>>,
    cluster: &Cluster,
) -> Result<Vec<AllocatorBuilder>, ClusterError> {
    let hooks = Hooks::default();
    let made = initialize_networking_from_sockets(local, lines, cluster.process, cluster.workers, hooks);
    let (builders, threads) = made.map_err(|error| ClusterError::Worker { what: error.to_string() })?;
    // Its threads end with the net. Dropping this would wait for them, and they wait for the net.
    std::mem::forget(threads);
    Ok(builders.into_iter().map(AllocatorBuilder::Tcp).collect())
}

/// Runs one worker. If it cannot go on, none of the others may wait for it.
fn guarded(
    worker: &mut Worker,
    plan: &Plan,
    fate: &Fate,
    done: &Sender<()>,
) -> Result<Verdict, ClusterError> {
    let ended = catch_unwind(AssertUnwindSafe(|| work(worker, plan, fate)));
    let result = ended.unwrap_or_else(|why| Err(ClusterError::Worker { what: words(&*why) }));
    if let Err(why) = &result {
        fate.seal(why.clone());
    }
    // Who watches may be gone.
    let _ = done.send(());
    result
}

fn words(panic: &dyn Any) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").into()
}

fn answer(plan: &Plan, verdict: Verdict) -> Result<Answer, ClusterError> {
    let Verdict { end, phase, progress, loads } = verdict;
    let world = &plan.phases[phase].world;
    let outcome = match end {
        End::Emptied => emptied(world),
        End::Cut(cut) => Outcome::Incomplete(cut.into()),
        End::Broken(way) => retraced(world, &plan.start, &way)
            .ok_or_else(|| ClusterError::Worker { what: "the counterexample does not happen".into() })?,
    };
    let share = |load: &explore::Load| {
        let explore::Load { states, bytes, sent, parcels, .. } = *load;
        Share { states, bytes, sent, parcels }
    };
    Ok(Answer { report: report(outcome, progress), shares: loads.iter().map(share).collect() })
}

fn report(outcome: Outcome, progress: Progress) -> Report {
    Report { engine: "timely", outcome, progress }
}

/// As in the memoised engine: a proof, unless a reduction was used that is good for finding only.
fn emptied(world: &World) -> Outcome {
    let rash = world.reductions().rashly && !world.rules_off().is_empty();
    if rash { Outcome::Incomplete(Why::Reduced) } else { Outcome::Proved }
}

/// The choices that lead along states of these fingerprints, made by the world itself.
fn retraced(world: &World, start: &State, way: &[u64]) -> Option<Outcome> {
    let mut state = start.clone();
    let mut path: Vec<Choice> = Vec::new();
    for print in way.iter().skip(1) {
        let (choice, next) = world.choices(&state).into_iter().find_map(|choice| {
            let next = world.apply(&state, &choice)?;
            (print_of(&next) == *print).then_some((choice, next))
        })?;
        path.push(choice);
        state = next;
    }
    Some(Outcome::Violated { broken: judge(world, &state)?, path })
}
