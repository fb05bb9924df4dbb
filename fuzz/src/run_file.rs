//! The target `run_file`.

use crate::world::walk;
use arbitrary::Unstructured;
use quorate_models::run::export::{Format, export};
use quorate_models::run::{Run, draw};
use quorate_models::world::{Model, Reductions, World};

/// Longer runs are replayed in the same way, only for longer.
const LONGEST: usize = 60;

/// A run file, as anybody may hand one in. The hash of its model guards a file against a model that was changed, and
/// would guard the reader against the fuzzer: so the bytes are also taken for a model, from which a run is made.
pub fn run_file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Run::parse(&text) {
        Ok(run) if run.choices.len() <= LONGEST => use_up(&run),
        Ok(_long) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    // After the model come the bytes that choose.
    let (model, choices) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(model) = serde_json::from_str::<Model>(model) {
        match World::new(model) {
            // A run says what happened, and leaves nothing out.
            Ok(world) => recorded(&world.reduced_by(Reductions::NONE), choices.as_bytes()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Makes a run and uses it. What a model without all of its rules comes to does not matter here.
fn recorded(world: &World, choices: &[u8]) {
    let choices = &choices[..choices.len().min(12)];
    let walked = walk(world, &mut Unstructured::new(choices));
    let run = Run::record(world, &walked.choices, "a note with \"quotes\"\nand lines").expect("it happened");
    let replay = run.replay().expect("it happened");
    assert_eq!(replay.choices.len() + replay.unused, walked.choices.len());
    use_up(&run);
}

fn use_up(run: &Run) {
    assert_eq!(Run::parse(&run.to_text()).as_ref(), Ok(run));
    match run.replay() {
        Ok(replay) => {
            assert!(!draw::draw(run, &replay).is_empty());
            for format in [Format::RustTest, Format::Mermaid, Format::Itf] {
                assert!(export(run, format).is_ok_and(|text| !text.is_empty()), "{format:?}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
