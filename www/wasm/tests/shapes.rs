//! What is answered has the fields that `www/src/api/types.ts` says, no more and no fewer.

use quorate_web::search::Search;
use quorate_web::session::Session;
use quorate_web::{ask, plan};
use serde_json::Value;
use std::collections::BTreeSet;

const TYPES: &str = include_str!("../../src/api/types.ts");

/// The names of the fields of an interface.
fn declared(interface: &str) -> BTreeSet<String> {
    let head = format!("export interface {interface} {{");
    let body = TYPES.split(&head).nth(1).unwrap_or_else(|| panic!("types.ts has no interface {interface}"));
    let body = body.split("\n}").next().unwrap();
    // One field a line, or several that are parted by semicolons; what is deeper is part of a field.
    let mut depth = 0;
    let mut fields = BTreeSet::new();
    let mut in_comment = false;
    for line in body.lines().map(str::trim) {
        in_comment |= line.starts_with("/**");
        if !in_comment {
            if depth == 0 {
                let name = line.split([':', '?']).next().unwrap();
                fields.extend((!name.is_empty()).then(|| name.to_owned()));
            }
            depth += line.matches(['{', '[']).count();
            depth -= line.matches(['}', ']']).count();
        }
        in_comment &= !line.ends_with("*/");
    }
    fields
}

fn answered(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().cloned().collect()
}

fn same(interface: &str, value: &Value) {
    assert_eq!(answered(value), declared(interface), "{interface}");
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The bundled model of this name.
fn bundled(name: &str) -> Value {
    let all = parsed(&ask::catalogue());
    let found = all.as_array().unwrap().iter().find(|entry| entry["name"] == name);
    found.unwrap_or_else(|| panic!("no model {name}"))["model"].clone()
}

/// A session in which something of everything has happened, and its last moment.
fn busy() -> (Session, u32) {
    let mut model = bundled("lease-fence");
    model["scope"]["network"] = "counted".into();
    model["scope"]["partitions"] = 2.into();
    let mut session = Session::open(&model.to_string()).unwrap();
    let mut at = 0;
    for _ in 0..200 {
        let view = parsed(&session.view(at).unwrap());
        if view["nodes"].as_array().unwrap().iter().any(|node| node["serving"] == true) {
            break;
        }
        at = session.auto(at, 0).unwrap().expect("a primary is elected before nothing happens any more");
    }
    at = session.choose_named(at, "write at n0").unwrap();
    at = session.choose_named(at, "n1 timer").unwrap();
    at = session.choose_named(at, "partition {n1} -> rest").unwrap();
    (session, at)
}

#[test]
fn moments_events_and_choices() {
    let (session, at) = busy();
    same("About", &parsed(&session.about()));
    same("Model", &filled(parsed(&session.about())["model"].clone(), "Model"));
    let view = parsed(&session.view(at).unwrap());
    same("View", &view);
    same("NodeView", &view["nodes"][0]);
    same("LetterView", &view["letters"][0]);
    same("LandingView", &view["landings"][0]);
    same("InvariantView", &view["invariants"][0]);
    same("Epoch", &view["nodes"][0]["epoch"]);
    assert!(view["resource"].is_object() && view["cut"].is_object());
    let choices = parsed(&session.choices(at).unwrap());
    same("ChoiceView", &choices[0]);
    let event = parsed(&session.event(at).unwrap());
    same("EventView", &event);
    same("Lane", &event["lanes"][0]);
    same("Explanation", &parsed(&session.explain(at).unwrap()));
    same("LinkRun", &parsed(&session.link(at, "").unwrap()));
    assert_eq!(session.event(0).unwrap(), "null");
}

/// With every optional field: what is left out is not wrong.
fn filled(mut value: Value, interface: &str) -> Value {
    let object = value.as_object_mut().unwrap();
    for name in declared(interface) {
        object.entry(name).or_insert(Value::Null);
    }
    value
}

#[test]
fn kinds_of_choices_and_places() {
    let listed = |name: &str| {
        let head = format!("export type {name} =");
        let body = TYPES.split(&head).nth(1).unwrap().split(';').next().unwrap();
        body.split('"').skip(1).step_by(2).map(ToOwned::to_owned).collect::<BTreeSet<_>>()
    };
    let known = listed("ChoiceKind");
    assert_eq!(known.len(), 27);
    let roles = listed("Role");
    for name in ["failover", "lease-fence", "election", "engine", "lease"] {
        let mut session = Session::open(&bundled(name).to_string()).unwrap();
        let mut at = 0;
        for _ in 0..60 {
            for choice in parsed(&session.choices(at).unwrap()).as_array().unwrap() {
                assert!(known.contains(choice["kind"].as_str().unwrap()), "{choice}");
            }
            for node in parsed(&session.view(at).unwrap())["nodes"].as_array().unwrap() {
                assert!(roles.contains(node["role"].as_str().unwrap()), "{node}");
            }
            match session.auto(at, 1).unwrap() {
                Some(next) => at = next,
                None => break,
            }
        }
        assert!(at > 5, "{name}: nothing happens");
    }
}

#[test]
fn what_is_asked_without_a_session() {
    same("CatalogueEntry", &parsed(&ask::catalogue())[0]);
    same("RuleView", &parsed(&ask::rules())[0]);
    same("PlanView", &parsed(&plan::plan("x.toml", "")));
    let search = Search::start(&bundled("election").to_string(), "[]", 100).unwrap();
    same("SearchProgress", &parsed(&search.progress()));
}
