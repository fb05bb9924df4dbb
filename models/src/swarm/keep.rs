//! Making a failure small, and keeping it as a run file.

use super::walk::Walk;
use super::{Failure, Spec, live, not_linearizable};
use crate::invariant::Invariant;
use crate::run::draw::draw;
use crate::run::shrink::{pieces, shrink};
use crate::run::{Run, RunError};
use crate::world::{Choice, World};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// To see that nobody ever serves takes long: after so many tries a run is small enough.
const STALLED: u32 = 120;

/// A failure on disk.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The run.
    pub run: Run,
    /// Where.
    pub path: PathBuf,
    /// The run as a picture; only its size if it is too long to look at.
    pub picture: String,
}

/// Why a failure could not be kept.
#[derive(Debug)]
pub enum KeepError {
    /// It does not replay.
    Run(RunError),
    /// It cannot be written.
    Io(io::Error),
}

impl fmt::Display for KeepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeepError::Run(error) => write!(f, "the failing run cannot be recorded: {error}"),
            KeepError::Io(error) => write!(f, "the failing run cannot be written: {error}"),
        }
    }
}

impl std::error::Error for KeepError {}

/// A longer run is not drawn.
const DRAWN: usize = 400;
/// A longer run is not shrunk name by name: that takes minutes, and leaves out little that was not left out before.
const NAMED: usize = 120;

/// Makes `failure` small and writes it to `name`.json in `folder`.
pub fn keep(spec: &Spec, failure: &Failure, folder: &Path, name: &str) -> Result<Kept, KeepError> {
    let world = spec.world().map_err(|error| KeepError::Run(RunError::Model(error)))?;
    let choices = minimise(&world, spec, failure);
    let note = format!("{} (seed {})", failure.broken.invariant, spec.seed);
    let mut run = record(&world, &choices, &note)?;
    if run.choices.len() <= NAMED && is_of_a_state(failure.broken.invariant, &run)? {
        let names: Vec<String> = run.choices.iter().map(|(_, name)| name.clone()).collect();
        let names = shrink(&world, failure.broken.invariant, &names);
        run.choices = names.into_iter().map(|name| (0, name)).collect();
        let choices = run.replay().map_err(KeepError::Run)?.choices;
        run = record(&world, &choices, &note)?;
    }
    fs::create_dir_all(folder).map_err(KeepError::Io)?;
    let path = folder.join(format!("{name}.json"));
    fs::write(&path, run.to_text()).map_err(KeepError::Io)?;
    let picture = picture(&run)?;
    Ok(Kept { run, path, picture })
}

fn record(world: &World, choices: &[Choice], note: &str) -> Result<Run, KeepError> {
    Run::record(world, choices, note).map_err(KeepError::Run)
}

/// Whether a replay shows the violation by itself. What only a whole run shows – that nobody ever serves, that no
/// order explains the reads – it does not.
fn is_of_a_state(invariant: Invariant, run: &Run) -> Result<bool, KeepError> {
    let broken = run.replay().map_err(KeepError::Run)?.broken;
    Ok(broken.is_some_and(|broken| broken.invariant == invariant))
}

fn picture(run: &Run) -> Result<String, KeepError> {
    let replay = run.replay().map_err(KeepError::Run)?;
    if replay.choices.len() > DRAWN {
        return Ok(format!("{} steps: too long to draw\n", replay.choices.len()));
    }
    Ok(draw(run, &replay))
}

/// The choices without those that the violation does not need. What is no longer possible without the others is
/// replaced by what is most like it, so that an earlier epoch or an older stamp does not keep a whole run alive.
/// What is left is finished by [`shrink`].
fn minimise(world: &World, spec: &Spec, failure: &Failure) -> Vec<Choice> {
    let invariant = failure.broken.invariant;
    let faulty = &failure.choices[..failure.faulty];
    // What is broken after the faults is broken again by going on fairly from a shorter walk.
    let again = |choices: &[Choice]| {
        let (walk, faulty) = replay(world, spec, choices);
        let broken = walk.broken.as_ref().is_some_and(|broken| broken.invariant == invariant);
        broken.then_some((walk.choices, faulty))
    };
    let mut tries = if invariant == Invariant::ServesEventually { STALLED } else { u32::MAX };
    let kept = pieces(faulty, |choices| {
        tries = tries.checked_sub(1)?;
        let (happened, faulty) = again(choices)?;
        Some(happened[..faulty].to_vec())
    });
    let whole = kept.and_then(|kept| again(&kept));
    whole.map_or_else(|| failure.choices.clone(), |(choices, _)| choices)
}

/// Those of `choices` that can happen one after the other, and what comes after them.
fn replay<'w>(world: &'w World, spec: &Spec, choices: &[Choice]) -> (Walk<'w>, usize) {
    let mut walk = Walk::new(world, spec.seed);
    for choice in choices {
        walk.try_like(choice);
    }
    let faulty = walk.choices.len();
    if let (Some(outsiders), None) = (spec.live, &walk.broken) {
        live::settle(&mut walk, outsiders, spec.seed);
    }
    if walk.broken.is_none() && spec.model.scope.reads > 0 {
        walk.broken = not_linearizable(&walk.state);
    }
    (walk, faulty)
}
