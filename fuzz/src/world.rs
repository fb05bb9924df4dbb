//! The target `world`.

use arbitrary::{Result, Unstructured};
use quorate::rule::Rule;
use quorate_models::catalog::{self, Expect};
use quorate_models::invariant::Broken;
use quorate_models::invariant::state::judge;
use quorate_models::kills::KILLS;
use quorate_models::swarm::walk::judge_step;
use quorate_models::world::{Choice, MAX_EPOCHS, Model, Reductions, Scope, State, World, fingerprint};
use std::sync::LazyLock;

/// A walk through a world.
#[derive(Debug)]
pub struct Walked {
    /// What happened.
    pub choices: Vec<Choice>,
    /// What is violated, if anything is; a broken walk does not go on.
    pub broken: Option<Broken>,
}

/// Every invariant in every state: the bytes are a bundled model, how much larger its bounds are, and choices.
pub fn world(data: &[u8]) {
    if let Some(walked) = explore(data, None)
        && let Some(broken) = walked.broken
    {
        panic!("{broken}, after {}", names(&walked.choices));
    }
}

/// What the bytes mean, without a rule if one is given; `None` if it is no possible model.
pub fn explore(data: &[u8], off: Option<Rule>) -> Option<Walked> {
    let u = &mut Unstructured::new(data);
    let mut model = model(u).ok()?;
    model.without.extend(off.map(|rule| rule.name().to_owned()));
    let world = World::new(model).ok()?.reduced_by(Reductions::NONE);
    Some(walk(&world, u))
}

/// Every model with its rules on, and its name: the bundled ones, and those that break without a rule.
pub static MODELS: LazyLock<Vec<(String, Model)>> = LazyLock::new(|| {
    let bundled = catalog::all().filter(|entry| entry.expect == Expect::Holds);
    let bundled = bundled.map(|entry| (entry.name.to_owned(), entry.model()));
    let kills = KILLS.iter().map(|kill| (format!("kill-{}", kill.rule().name()), (kill.make)()));
    bundled.chain(kills).collect()
});

/// The two bytes that mean the model of this name: of its name, so that a new model moves no other.
pub fn sign(name: &str) -> [u8; 2] {
    (fingerprint(name.as_bytes()) as u16).to_be_bytes()
}

/// The model whose sign is nearest, perhaps with larger bounds.
fn model(u: &mut Unstructured) -> Result<Model> {
    let wanted = u16::from_be_bytes(u.arbitrary()?);
    let nearest = MODELS.iter().min_by_key(|(name, _)| u16::from_be_bytes(sign(name)) ^ wanted);
    let mut model = nearest.ok_or(arbitrary::Error::EmptyChoose)?.1.clone();
    if u.arbitrary::<u8>()? % 2 == 1 {
        enlarge(&mut model.scope, u)?;
    }
    Ok(model)
}

fn enlarge(scope: &mut Scope, u: &mut Unstructured) -> Result<()> {
    let mut more = || -> Result<u8> { Ok(u.arbitrary::<u8>()? % 3) };
    scope.epochs = (scope.epochs + u64::from(more()?)).min(MAX_EPOCHS);
    for budget in [
        &mut scope.writes,
        &mut scope.reads,
        &mut scope.crashes,
        &mut scope.flush_failures,
        &mut scope.partitions,
        &mut scope.pauses,
        &mut scope.switchovers,
        &mut scope.losses,
        &mut scope.poweroffs,
        &mut scope.compactions,
    ] {
        *budget = budget.saturating_add(more()?);
    }
    Ok(())
}

/// Walks as the bytes say, to their end or to the first violation.
pub fn walk(world: &World, u: &mut Unstructured) -> Walked {
    let mut state = world.initial();
    let mut walked = Walked { choices: Vec::new(), broken: judge(world, &state) };
    while walked.broken.is_none() && !u.is_empty() {
        let mut choices = world.choices(&state);
        let Ok(place) = pick(u, choices.len()) else { break };
        let choice = choices.swap_remove(place);
        if let Some(next) = world.apply(&state, &choice) {
            walked.broken = judge_step(world, &state, &next);
            walked.choices.push(choice);
            state = next;
        }
    }
    assert!(walked.broken.is_some() || sound(world, &state), "judging what changed is judging everything");
    walked
}

fn sound(world: &World, state: &State) -> bool {
    judge(world, state).is_none()
}

/// One of so many: one byte, or two if one does not suffice.
fn pick(u: &mut Unstructured, count: usize) -> Result<usize> {
    let drawn = if count <= 256 { u.arbitrary::<u8>()?.into() } else { u16::from_be_bytes(u.arbitrary()?) };
    usize::from(drawn).checked_rem(count).ok_or(arbitrary::Error::EmptyChoose)
}

/// The bytes that `pick` takes for this place.
pub fn place(place: usize, count: usize) -> Vec<u8> {
    if count <= 256 { vec![place as u8] } else { (place as u16).to_be_bytes().to_vec() }
}

fn names(choices: &[Choice]) -> String {
    let names: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
    names.join(", ")
}
