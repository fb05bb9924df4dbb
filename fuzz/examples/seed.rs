//! Writes the seeds of the corpus, from what the project has recorded and from what its checkers find: a fuzzer starts
//! from there, and a test replays them. Inputs that a fuzzer found are kept beside them.
//!
//! ```sh
//! cargo run --release -p quorate-fuzz --example seed
//! ```

use quorate::rule::{Machine, Rule};
#[allow(clippy::wildcard_imports, reason = "the names of one table")]
use quorate_fuzz::hosts::happening::*;
use quorate_fuzz::hosts::{FORGET, LEASED, SWITCHOVER, sent, storm};
use quorate_fuzz::world::{MODELS, place, sign};
use quorate_models::check::{Bounds, Outcome};
use quorate_models::kills::KILLS;
use quorate_models::run::Run;
use quorate_models::swarm::Dice;
use quorate_models::swarm::walk::Walk;
use quorate_models::world::{Choice, Local, Reductions, World};
use std::collections::{BTreeMap, BTreeSet};
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
    hosts(&corpus)?;
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
        let bytes = dice(seed);
        write(corpus, "step", &format!("storm-{seed:02}"), &bytes)?;
        write(corpus, "hosts", &format!("storm-{seed:02}"), &bytes)?;
    }
    Ok(())
}

fn dice(seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    (0..300).map(|_| dice.below(256) as u8).collect()
}

/// Storms that miss a rule of hosts, and what is on its way between hosts in the course of them, a few of each kind.
fn hosts(corpus: &Path) -> Result<(), Box<dyn Error>> {
    let mut letters = BTreeMap::<String, BTreeSet<String>>::new();
    let mut storms: Vec<Vec<u8>> = (0..40).map(|seed| [vec![LEASED], dice(seed)].concat()).collect();
    for rule in Rule::ALL.iter().filter(|rule| rule.machine() == Machine::Hosts) {
        let bytes = missed(*rule).ok_or_else(|| format!("no storm misses {rule}"))?;
        write(corpus, "hosts", &format!("without-{rule}"), &bytes)?;
        storms.push(bytes);
    }
    for envelope in storms.iter().flat_map(|bytes| (0..=bytes.len()).flat_map(|end| sent(&bytes[..end]))) {
        let kind = serde_json::to_value(&envelope.letter)?;
        let kind = kind.as_object().and_then(|letter| letter.keys().next()).ok_or("a letter")?.clone();
        letters.entry(kind).or_default().insert(serde_json::to_string(&envelope)?);
    }
    for (kind, texts) in &letters {
        for (number, text) in texts.iter().take(4).enumerate() {
            write(corpus, "hosts", &format!("{kind}-{number}"), text.as_bytes())?;
        }
    }
    Ok(())
}

/// Storms in which somebody holds a lease too long without the rule, and nobody does with it: which of the hosts
/// holds it and when depends on who is primary, so several are tried.
fn missed(rule: Rule) -> Option<Vec<u8>> {
    let scenes = (0..3).flat_map(|old| scenes(rule, old));
    scenes.into_iter().find(|bytes| storm(bytes, None).is_none() && storm(bytes, Some(rule)).is_some())
}

fn scenes(rule: Rule, old: u8) -> Vec<Vec<u8>> {
    let others: Vec<u8> = (0..3).filter(|at| *at != old).collect();
    let each = |what: u8, b: u8| others.iter().flat_map(|at| bytes(what, *at, 0, b)).collect::<Vec<u8>>();
    // The clocks of the others run fast, and nothing passes between them and the old primary.
    let apart: Vec<u8> = others
        .iter()
        .flat_map(|at| [bytes(SPEED, *at, 0, 1), bytes(CUT, *at, old, 1), bytes(CUT, old, *at, 1)])
        .flatten()
        .collect();
    match rule {
        Rule::HostBeatBinds => vec![[vec![LEASED], apart, bytes(RUN_LONG, 0, 0, 60).to_vec()].concat()],
        Rule::BrokenBondIsNew => {
            // The others take it for dead; it hears nothing but the beats of their hosts.
            let again = [each(ASK, FORGET), bytes(RUN, 0, 0, 9).to_vec()].concat();
            vec![[vec![LEASED], bytes(DEAFEN, old, 0, 1).to_vec(), again.repeat(40)].concat()]
        }
        Rule::AnswersAreOfThisLife => {
            let asked = [bytes(PASS, 0, 0, 25), bytes(TICK, old, 0, 0)].concat();
            let answered = [bytes(DELIVER, 0, 0, 0), bytes(DELIVER, 0, 0, 0)].concat();
            let kept = [bytes(KEEP, 0, 0, 0), bytes(KEEP, 0, 0, 1)].concat();
            let again = [bytes(RUN, 0, 0, 3), bytes(REPLAY, 0, 0, 0), bytes(REPLAY, 0, 0, 1)].concat();
            let begin = [vec![LEASED], asked, answered, kept].concat();
            // It counts anew, is elected again, and is cut off.
            let waits = (5..16).flat_map(|wait| (wait + 1..wait + 5).map(move |back| (5 * back, 10 * wait)));
            waits
                .map(|(back, long)| {
                    let restarts =
                        [bytes(CRASH, old, 3, back), bytes(BOOT, old, 0, 0), bytes(RUN_LONG, 0, 0, 25)];
                    let returns = [each(ASK, SWITCHOVER + 8 * old), bytes(RUN_LONG, 0, 0, long).to_vec()];
                    let again = again.repeat(100);
                    [begin.clone(), restarts.concat(), returns.concat(), apart.clone(), again].concat()
                })
                .collect()
        }
        _other => Vec::new(),
    }
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
