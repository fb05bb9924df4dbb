//! Writes the seeds of the corpus, from what the project has recorded and from what its checkers find: a fuzzer starts
//! from there, and a test replays them. Inputs that a fuzzer found are kept beside them.
//!
//! ```sh
//! cargo run --release --manifest-path fuzz/Cargo.toml --example seed
//! ```

use quorate_fuzz::world::{MODELS, place, sign};
use quorate_models::check::{Bounds, Outcome};
use quorate_models::kills::KILLS;
use quorate_models::run::Run;
use quorate_models::swarm::Dice;
use quorate_models::swarm::walk::Walk;
use quorate_models::world::{Choice, Local, Reductions, World};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// A search for a counterexample gives up here; the kills that need more have no seed.
const STATES: u64 = 200_000;
/// Steps of a walk.
const STEPS: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = fuzz.join("corpus");
    let mut messages = BTreeSet::new();
    for (name, model) in MODELS.iter() {
        // Some models are refused as long as their rule is there.
        let Ok(world) = World::new(model.clone()) else { continue };
        let world = world.reduced_by(Reductions::NONE);
        let walk = walk(&world);
        write(&corpus, "world", name, &encoded(name, &world, &walk.choices)?)?;
        if !name.starts_with("kill-") {
            let run = Run::record(&world, &walk.choices[..walk.choices.len().min(12)], "")?;
            write(&corpus, "run_file", name, run.to_text().as_bytes())?;
            let model = format!("{}\n{}", serde_json::to_string(model)?, "abcdefghijkl");
            write(&corpus, "run_file", &format!("model-{name}"), model.as_bytes())?;
        }
        for (_, local) in walk.state.machines() {
            messages.extend(disks(local)?);
        }
        for envelope in walk.state.messages() {
            if let Some(message) = envelope.message() {
                messages.insert((message.body.kind().to_owned(), serde_json::to_string(message)?));
            }
        }
    }
    // A few of each kind; a fuzzer varies them.
    let mut kinds: Vec<&str> = Vec::new();
    for (kind, text) in &messages {
        let known = kinds.iter().filter(|known| *known == kind).count();
        if known < 4 {
            write(&corpus, "message", &format!("{kind}-{known}"), text.as_bytes())?;
        }
        kinds.push(kind);
    }
    kills(&corpus)?;
    golden(fuzz, &corpus)?;
    storms(&corpus)
}

/// The shortest counterexample for each rule, for a world that has the rule.
fn kills(corpus: &Path) -> Result<(), Box<dyn Error>> {
    for kill in KILLS {
        let bounds = Bounds { states: Some(STATES), bytes: None };
        let report = kill.explore(bounds, &mut |_| true)?;
        if let Outcome::Violated { path, .. } = report.outcome {
            let name = format!("kill-{}", kill.rule().name());
            let world = World::new(kill.model())?.reduced_by(Reductions::NONE);
            write(corpus, "world", &format!("{name}-path"), &encoded(&name, &world, &path)?)?;
        }
    }
    Ok(())
}

/// What is written down for people and tests: cluster files, and the golden run.
fn golden(fuzz: &Path, corpus: &Path) -> Result<(), Box<dyn Error>> {
    let root = fuzz.join("..");
    for file in fs::read_dir(root.join("clusters"))? {
        let path = file?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a name of letters")?;
        write(corpus, "cluster", name, &fs::read(&path)?)?;
    }
    let exported = fs::read_to_string(root.join("models/tests/exported.rs"))?;
    let run =
        exported.split("r#\"").nth(1).and_then(|rest| rest.split("\"#").next()).ok_or("the golden run")?;
    write(corpus, "run_file", "golden", run.as_bytes())
}

/// Bytes without a plan, of which a storm is made as well as of any others.
fn storms(corpus: &Path) -> Result<(), Box<dyn Error>> {
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let bytes: Vec<u8> = (0..300).map(|_| dice.below(256) as u8).collect();
        write(corpus, "step", &format!("storm-{seed:02}"), &bytes)?;
    }
    Ok(())
}

/// A walk that goes on with what was begun rather than to let timers fire: otherwise hardly one would come to a write.
fn walk(world: &World) -> Walk<'_> {
    let mut walk = Walk::new(world, 1);
    // A choice may change nothing, and then is none.
    for _ in 0..2 * STEPS {
        if walk.broken.is_some() || walk.choices.len() == STEPS {
            break;
        }
        let mut choices = world.choices(&walk.state);
        let work = |choice: &Choice| {
            matches!(
                choice,
                Choice::Deliver(_)
                    | Choice::Flush(_)
                    | Choice::Done(..)
                    | Choice::Report(_)
                    | Choice::Write(_)
            )
        };
        if choices.iter().any(work) && walk.dice.below(6) > 0 {
            choices.retain(work);
        }
        let Some(choice) = walk.dice.take(&mut choices) else { break };
        walk.happen(choice);
    }
    walk
}

/// What the target `world` reads as these choices.
fn encoded(name: &str, world: &World, choices: &[Choice]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = sign(name).to_vec();
    bytes.push(0);
    let mut state = world.initial();
    for choice in choices {
        let offered = world.choices(&state);
        let at = offered.iter().position(|other| other == choice).ok_or("a choice that is not offered")?;
        bytes.extend(place(at, offered.len()));
        state = world.apply(&state, choice).ok_or("a choice that changes nothing")?;
    }
    Ok(bytes)
}

/// The disk of a machine, and what is on its way there.
fn disks(local: &Local) -> Result<Vec<(String, String)>, serde_json::Error> {
    let disk = ("disk".to_owned(), serde_json::to_string(&local.disk)?);
    let records = local.flight.iter().map(|record| Ok(("record".to_owned(), serde_json::to_string(record)?)));
    std::iter::once(Ok(disk)).chain(records).collect()
}

fn write(corpus: &Path, target: &str, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = corpus.join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(format!("seed-{name}")), bytes)?)
}
