//! A run for other tools: a Rust test, a Mermaid sequence diagram, a trace in the informal trace format.

use super::story::{Where, role, story};
use super::{Replay, Run, RunError};
use crate::world::{Local, State};
use serde_json::{Value, json};
use std::fmt::Write;

/// What to export as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A `#[test]` that replays the run and expects the same verdict.
    RustTest,
    /// A Mermaid sequence diagram.
    Mermaid,
    /// The informal trace format, which Apalache writes and several viewers read.
    Itf,
}

/// Exports a run.
pub fn export(run: &Run, format: Format) -> Result<String, RunError> {
    let replay = run.replay()?;
    Ok(match format {
        Format::RustTest => rust_test(run, &replay),
        Format::Mermaid => mermaid(&replay),
        Format::Itf => itf(run, &replay),
    })
}

/// The test depends on `quorate-models` alone.
fn rust_test(run: &Run, replay: &Replay) -> String {
    let name: String = run
        .model
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    let (verb, expected) = match &replay.broken {
        Some(broken) => ("breaks", format!("Some(\"{}\")", broken.invariant)),
        None => ("holds", "None".into()),
    };
    let steps = replay.choices.len();
    // As many marks as no text of the run can contain.
    let text = run.to_text();
    let longest =
        text.split('"').map(|part| part.len() - part.trim_start_matches('#').len()).max().unwrap_or(0);
    let marks = "#".repeat(longest + 1);
    format!(
        "#[test]\n\
         fn {verb}_{name}() {{\n    \
             let run = quorate_models::run::Run::parse(RUN).unwrap();\n    \
             let replay = run.replay().unwrap();\n    \
             let broken = replay.broken.map(|broken| broken.invariant.name());\n    \
             assert_eq!((replay.choices.len(), broken), ({steps}, {expected}));\n\
         }}\n\n\
         const RUN: &str = r{marks}\"{text}\"{marks};\n"
    )
}

fn mermaid(replay: &Replay) -> String {
    let mut text = String::from("sequenceDiagram\n");
    for (id, _) in replay.state().seats() {
        let _ = writeln!(text, "    participant {id}");
    }
    if replay.world.model.node.fenced {
        text.push_str("    participant resource\n");
    }
    let last = replay.state().seats.len().saturating_sub(1);
    for scene in story(replay) {
        // A colon, a semicolon or a hash would end the label.
        let plain = |text: &str| text.replace([';', '#', ':'], ",");
        let label = plain(&scene.label);
        let _ = match &scene.place {
            Where::Between(from, to) => writeln!(text, "    {from}->>{to}: {label}"),
            Where::Lost(from, to) => writeln!(text, "    {from}-x{to}: {label}"),
            Where::ToResource(from) => writeln!(text, "    {from}->>resource: {label}"),
            Where::At(node) => writeln!(text, "    Note over {node}: {label}"),
            Where::Everywhere(ticks) => {
                let ticks: Vec<String> =
                    ticks.iter().enumerate().map(|(i, t)| format!("n{i} +{t}")).collect();
                writeln!(text, "    Note over n0,n{last}: time {}", ticks.join(" "))
            }
            Where::Links => writeln!(text, "    Note over n0,n{last}: {label}"),
        };
    }
    if let Some(broken) = &replay.broken {
        let why = broken.to_string().replace([';', '#', ':'], ",");
        let _ = writeln!(text, "    Note over n0,n{last}: ✗ {why}");
    }
    text
}

fn itf(run: &Run, replay: &Replay) -> String {
    let vars = ["nodes", "messages", "history", "acknowledged", "choice"];
    let states: Vec<Value> =
        replay.states.iter().enumerate().map(|(i, state)| itf_state(replay, i, state)).collect();
    let trace = json!({
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "source": run.model.name,
            "description": replay.broken.as_ref().map(ToString::to_string).unwrap_or_default(),
        },
        "vars": vars,
        "states": states,
    });
    format!("{trace:#}\n")
}

fn itf_state(replay: &Replay, index: usize, state: &State) -> Value {
    let nodes: Vec<Value> =
        state.machines().map(|(id, local)| json!([id.to_string(), itf_node(local)])).collect();
    let messages: Vec<String> = state.messages().map(|envelope| envelope.to_string()).collect();
    let history = state.history();
    let before = index.checked_sub(1).map(|before| replay.choices[before].to_string());
    json!({
        "#meta": { "index": index },
        "nodes": { "#map": nodes },
        "messages": { "#set": messages },
        "history": history.log,
        "acknowledged": history.acked,
        "choice": before.unwrap_or_default(),
    })
}

fn itf_node(local: &Local) -> Value {
    let log: Vec<u8> = local.log().entries().copied().collect();
    match &local.node {
        Some(node) => json!({
            "up": true,
            "role": role(node),
            "epoch": { "#bigint": node.epoch().number().to_string() },
            "log": log,
            "committed": node.committed(),
        }),
        None => json!({
            "up": false,
            "role": "",
            "epoch": { "#bigint": local.disk.hard.epoch().number().to_string() },
            "log": log,
            "committed": 0,
        }),
    }
}
