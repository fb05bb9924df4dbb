//! Every input of the corpus, as an ordinary test; and what must fail does.

use quorate::rule::{Machine, Rule};
use quorate_fuzz::TARGETS;
use quorate_fuzz::hosts::storm;
use quorate_fuzz::world::explore;
use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// The inputs kept for a target, by name.
fn corpus(target: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a file that can be read"))
        })
        .collect()
}

#[test]
fn every_input_of_the_corpus_passes() {
    for (target, run) in TARGETS {
        let inputs = corpus(target);
        assert!(inputs.len() >= 7, "{target} has {} inputs", inputs.len());
        for (name, data) in &inputs {
            assert!(catch_unwind(|| run(data)).is_ok(), "{target}: corpus/{target}/{name} fails; see above");
        }
        println!("{target}: {} inputs", inputs.len());
    }
}

/// The same bytes in a world that lacks one rule: a walk that follows the counterexample ends in the violation. A target
/// that never reported anything would not be noticed otherwise.
#[test]
fn a_missing_rule_is_noticed() {
    let mut noticed = 0;
    for (name, data) in corpus("world") {
        let rule = name.strip_prefix("seed-kill-").and_then(|rest| rest.strip_suffix("-path"));
        let Some(rule) = rule else { continue };
        let rule = Rule::named(rule).unwrap_or_else(|| panic!("{name} is of no rule"));
        let walked = explore(&data, Some(rule)).unwrap_or_else(|| panic!("{name} is of no model"));
        assert!(walked.broken.is_some(), "{name}: nothing is broken without {}", rule.name());
        noticed += 1;
    }
    println!("{noticed} missing rules are noticed");
    assert!(noticed >= 30, "{noticed}");
}

/// As [`a_missing_rule_is_noticed`], among hosts: a lease that is held for too long. With the rule nothing is broken.
#[test]
fn a_missing_rule_of_hosts_is_noticed() {
    let mut noticed = 0;
    for (name, data) in corpus("hosts") {
        let Some(rule) = name.strip_prefix("seed-without-") else { continue };
        let rule = Rule::named(rule).unwrap_or_else(|| panic!("{name} is of no rule"));
        assert_eq!(storm(&data, None), None, "{name}");
        let broken =
            storm(&data, Some(rule)).unwrap_or_else(|| panic!("{name}: nothing is broken without {rule}"));
        assert!(broken.contains("holds a lease"), "{name}: {broken}");
        noticed += 1;
    }
    println!("{noticed} missing rules of hosts are noticed");
    let rules = Rule::ALL.iter().filter(|rule| rule.machine() == Machine::Hosts).count();
    assert_eq!(noticed, rules);
}
