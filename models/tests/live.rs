//! Liveness: every connectivity graph of a small cluster, and fair cycles. See [`quorate_models::live`].

use quorate::rule::RuleSet;
use quorate_models::live::graphs::{self, Suite, check};
use std::time::Instant;

fn confirm(suites: Vec<Suite>) {
    for suite in suites {
        let start = Instant::now();
        let verdict = check(suite, RuleSet::NONE);
        println!("{suite}: {} {:.1?}", verdict.tally, start.elapsed());
        if let Some(failure) = verdict.failure {
            panic!("{suite}: {failure}");
        }
    }
}

#[test]
fn a_sufficiently_connected_node_serves_and_stays_on_every_small_graph() {
    confirm(graphs::short());
}

#[test]
#[ignore = "minutes"]
fn a_sufficiently_connected_node_serves_and_stays_on_every_graph() {
    confirm(graphs::long());
}
