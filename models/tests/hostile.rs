//! What a user can hand in – run files, models – and what the world promises about its choices.
//!
//! Whatever the input, the answer is a value or a typed error: never a panic.

mod specs;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use quorate_models::catalog;
use quorate_models::invariant::state::judge;
use quorate_models::run::{Run, RunError};
use quorate_models::swarm::Spec;
use quorate_models::swarm::walk::{Walk, is_possible, judge_step};
use quorate_models::world::{Choice, Model, World};
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeSet;

/// Runs `test` on random values, the same every time.
fn check<S: Strategy>(cases: u32, values: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng).run(&values, test).unwrap_or_else(|error| panic!("{error}"));
}

fn walked(spec: &Spec, world: &World) -> Vec<Choice> {
    let mut walk = Walk::new(world, spec.seed);
    walk.stray(spec);
    assert!(walk.broken.is_none(), "{:?}", walk.broken);
    walk.choices
}

// ---- the world -----------------------------------------------------------------------------------------

/// In every state of random runs: no two choices have the same name, each is possible, and judging what changed
/// is judging everything.
#[test]
fn choices_are_named_possible_and_judged() {
    let states = Cell::new(0);
    check(60, specs::spec(false, 3..=5, 20..200), |spec| {
        let world = spec.world().expect("a drawn world exists");
        let mut state = world.initial();
        for choice in walked(&spec, &world) {
            let choices = world.choices(&state);
            let names: BTreeSet<String> = choices.iter().map(Choice::to_string).collect();
            prop_assert_eq!(names.len(), choices.len(), "two choices share a name: {:?}", choices);
            for other in &choices {
                prop_assert!(is_possible(&world, &state, other), "{}", other);
            }
            prop_assert!(choices.contains(&choice), "{} was chosen and is not offered", choice);
            let next = world.apply(&state, &choice).expect("it happened before");
            prop_assert_eq!(judge_step(&world, &state, &next), judge(&world, &next));
            state = next;
            states.set(states.get() + 1);
        }
        Ok(())
    });
    println!("{} states", states.get());
    assert!(states.get() > 3_000);
}

/// A run is recorded by name, written, read and replayed to the same state.
#[test]
fn a_random_run_is_read_back_and_replayed() {
    check(40, specs::spec(false, 3..=7, 10..120), |spec| {
        let world = spec.world().expect("a drawn world exists");
        let choices = walked(&spec, &world);
        let run =
            Run::record(&world, &choices, "a note with \"quotes\"\nand lines").expect("it can be recorded");
        let read = Run::parse(&run.to_text());
        prop_assert_eq!(read.as_ref(), Ok(&run));
        let replay = read.expect("it was read").replay().expect("it can be replayed");
        prop_assert_eq!(&replay.choices, &choices);
        let end = choices
            .iter()
            .fold(world.initial(), |state, choice| world.apply(&state, choice).expect("happened"));
        prop_assert_eq!(replay.state(), &end);
        Ok(())
    });
}

// ---- run files -----------------------------------------------------------------------------------------

/// A small run file.
fn sample() -> Run {
    let world = World::new(catalog::named("failover").expect("bundled").model()).expect("possible");
    let mut walk = Walk::new(&world, 0);
    while walk.choices.len() < 12 {
        let mut choices = world.choices(&walk.state);
        let choice = walk.dice.take(&mut choices).expect("something can always happen");
        walk.happen(choice);
    }
    Run::record(&world, &walk.choices, "a sample").expect("it can be recorded")
}

/// Parses and, if that works, replays.
fn use_up(text: &str) -> Result<Run, RunError> {
    let run = Run::parse(text)?;
    run.replay()?;
    Ok(run)
}

fn says_something(error: &RunError) -> bool {
    !error.to_string().is_empty()
}

#[test]
fn a_truncated_run_is_refused_wherever_it_ends() {
    let run = sample();
    let text = run.to_text();
    assert_eq!(use_up(&text), Ok(run));
    for end in (0..text.trim_end().len()).filter(|end| text.is_char_boundary(*end)) {
        let error = use_up(&text[..end]).expect_err("half a file is no file");
        assert!(
            matches!(error, RunError::Syntax { .. }) && says_something(&error),
            "cut at {end}: {error:?}"
        );
    }
}

#[test]
fn random_bytes_are_no_run() {
    check(3_000, prop::collection::vec(any::<u8>(), 0..200), |bytes| {
        let error = use_up(&String::from_utf8_lossy(&bytes)).expect_err("noise");
        prop_assert!(says_something(&error));
        Ok(())
    });
}

#[test]
fn changed_bytes_are_noticed_or_harmless() {
    let run = sample();
    let bytes = run.to_text().into_bytes();
    check(4_000, prop::collection::vec((any::<Index>(), any::<u8>()), 1..4), |changes| {
        let mut bytes = bytes.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        match use_up(&String::from_utf8_lossy(&bytes)) {
            // The hash covers the model. What else can change is the note and where a choice is looked for first.
            Ok(read) => prop_assert_eq!(read.model, run.model.clone()),
            Err(error) => prop_assert!(says_something(&error)),
        }
        Ok(())
    });
}

#[test]
fn a_run_of_another_version_model_or_world_is_refused() {
    let run = sample();
    let text = run.to_text();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        use_up(&text.replacen(from, to, 1)).expect_err(to)
    };
    assert_eq!(with("{\"quorate\":1", "{\"quorate\":2"), RunError::Version { found: 2 });
    assert_eq!(
        with("{\"quorate\":1", "{\"quorate\":18446744073709551615"),
        RunError::Version { found: u64::MAX }
    );
    assert_eq!(with("\"quorate\"", "\"other\""), RunError::Foreign);
    assert!(matches!(with("\"epochs\":2", "\"epochs\":3"), RunError::Hash { .. }));
    assert!(matches!(with("\"epochs\":2", "\"epochs\":0"), RunError::Model(_)));
    assert!(matches!(with("\"hash\":\"", "\"hash\":\"0"), RunError::Hash { .. }));
    assert!(matches!(
        with(&run.choices[0].1, "n0 explodes"),
        RunError::Choice { step: 1, nearest: Some(_), .. }
    ));
    assert!(matches!(with("\"choices\"", "\"extra\":1,\"choices\""), RunError::Syntax { .. }));
    assert!(matches!(
        with("\"choices\"", "\"note\":\"\",\"note\":\"\",\"choices\""),
        RunError::Syntax { .. }
    ));
    assert!(matches!(use_up(&"[".repeat(100_000)), Err(RunError::Syntax { .. })));
    assert!(matches!(use_up(&" ".repeat(20 << 20)), Err(RunError::TooLong { .. })));
}

// ---- models --------------------------------------------------------------------------------------------

/// Every place in a JSON value.
fn places(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| places(value, format!("{here}/{key}"), all));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| places(value, format!("{here}/{i}"), all));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all.push(here);
}

/// What is put in such a place.
fn nonsense() -> impl Strategy<Value = Value> {
    let texts = [
        "0",
        "1",
        "2",
        "3",
        "7",
        "8",
        "20",
        "21",
        "63",
        "64",
        "65",
        "200",
        "201",
        "255",
        "256",
        "4294967295",
        "4294967296",
        "18446744073709551615",
        "-1",
        "1e300",
        "0.5",
        "null",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\"any\"",
        "\"drift-margin\"",
        "{\"slow\":0,\"fast\":0}",
        "{\"slow\":0,\"fast\":1}",
        "{\"slow\":2,\"fast\":1}",
        "{\"slow\":4294967295,\"fast\":4294967295}",
        "{\"slow\":1,\"fast\":1,\"fast\":2}",
        "[0,0]",
        "[20,1]",
        "{\"any\":{\"need\":0,\"of\":7}}",
        "{\"any\":{\"need\":255,\"of\":18446744073709551615}}",
        "{\"all\":[]}",
        "{\"or\":[]}",
        "{\"zones\":{\"need\":1,\"of\":[]}}",
        "{\"weight\":{\"need\":0,\"of\":[]}}",
        "{\"weight\":{\"need\":4294967295,\"of\":[[0,4294967295],[1,4294967295]]}}",
        "[[64,1]]",
        "[[0,1],[0,1]]",
        "{\"hold\":1,\"grant\":1,\"drift\":{\"slow\":1,\"fast\":1}}",
        "{\"hold\":18446744073709551615,\"grant\":18446744073709551615,\"drift\":{\"slow\":1,\"fast\":1}}",
        "{\"election\":18446744073709551615,\"spread\":18446744073709551615,\"heartbeat\":0,\"contact\":1}",
    ];
    // What is no JSON at all is left out: a duplicate field is only an error to a reader of text.
    prop::sample::select(texts.to_vec()).prop_filter_map("no value", |text| serde_json::from_str(text).ok())
}

/// A model from text, and what it needs to be one: either an error, or a world that can be walked a little.
fn walk_if_possible(text: &str) -> Result<bool, TestCaseError> {
    let Ok(model) = serde_json::from_str::<Model>(text) else { return Ok(false) };
    match World::new(model) {
        Err(error) => {
            prop_assert!(!error.to_string().is_empty());
            Ok(false)
        }
        Ok(world) => {
            let mut walk = Walk::new(&world, 7);
            for _ in 0..6 {
                let mut choices = world.choices(&walk.state);
                let Some(choice) = walk.dice.take(&mut choices) else { break };
                walk.happen(choice);
            }
            Ok(true)
        }
    }
}

#[test]
fn a_mutated_model_is_refused_or_possible() {
    let worlds = Cell::new(0);
    let mutations = prop::collection::vec((any::<Index>(), nonsense()), 1..3);
    check(6_000, (specs::spec(true, 3..=4, 1..2), mutations), |(spec, mutations)| {
        let mut value = serde_json::to_value(&spec.model).expect("a model is JSON");
        for (at, new) in mutations {
            let mut all = Vec::new();
            places(&value, String::new(), &mut all);
            if let Some(place) = value.pointer_mut(&all[at.index(all.len())]) {
                *place = new;
            }
        }
        worlds.set(worlds.get() + u32::from(walk_if_possible(&value.to_string())?));
        Ok(())
    });
    println!("{} of 6000 mutated models are possible", worlds.get());
    assert!(
        (100..5_900).contains(&worlds.get()),
        "the mutations are too harmless or too wild: {}",
        worlds.get()
    );
}

#[test]
fn fields_that_are_unknown_or_named_twice_are_refused() {
    let text =
        serde_json::to_string(&catalog::named("lease").expect("bundled").model()).expect("a model is JSON");
    assert!(serde_json::from_str::<Model>(&text).is_ok());
    let mut fields = 0;
    for (at, _) in text.match_indices("\":") {
        let name = text[..at].rsplit('"').next().expect("a name is quoted");
        let begin = at - name.len() - 1;
        for added in [format!("\"unknown-{name}\":0,"), format!("\"{name}\":0,")] {
            let changed = format!("{}{added}{}", &text[..begin], &text[begin..]);
            assert!(serde_json::from_str::<Model>(&changed).is_err(), "{changed}");
            fields += 1;
        }
    }
    assert!(fields > 60, "{fields}");
}

#[test]
fn clocks_that_stand_still_are_refused_before_anything_is_divided() {
    let lease = |drift: &str| {
        let text = serde_json::to_string(&catalog::named("lease").expect("bundled").model()).expect("JSON");
        let changed = text.replace("\"drift\":{\"slow\":1,\"fast\":2}", &format!("\"drift\":{drift}"));
        assert!(text.contains("\"drift\":{\"slow\":1,\"fast\":2}"), "{text}");
        World::new(serde_json::from_str(&changed).expect("a model"))
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(lease("{\"slow\":1,\"fast\":2}"), Ok(()));
    for drift in ["{\"slow\":0,\"fast\":0}", "{\"slow\":0,\"fast\":5}", "{\"slow\":2,\"fast\":1}"] {
        assert!(lease(drift).unwrap_err().contains("impossible"), "{drift}");
    }
}
