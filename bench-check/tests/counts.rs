//! Quorate's engine finds the states and transitions that stateright, Spin and others found, and counts that differ
//! are an error.

use bench_check::compare::check;
use bench_check::measure::{Measured, Tool, measure};
use bench_check::subject::{Known, Subject};

/// Subjects that take no time, and their states and transitions.
const SMALL: &[(Subject, u64, u64)] = &[
    (Subject::Election(3, 1), 59, 85),
    (Subject::Election(3, 2), 1_956, 3_073),
    (Subject::Election(3, 3), 61_249, 97_249),
    (Subject::TwoPhaseCommit(3), 288, 1_146),
    (Subject::TwoPhaseCommit(4), 1_568, 8_258),
    (Subject::TwoPhaseCommit(5), 8_832, 58_146),
    (Subject::Paxos(2), 16_668, 32_971),
    (Subject::Register(2, 2), 544, 875),
];

#[test]
fn every_tool_finds_the_same() {
    for (subject, states, transitions) in SMALL {
        for (tool, threads) in [(Tool::Quorate, 1), (Tool::Quorate, 2), (Tool::Dfs, 1), (Tool::Bfs, 1)] {
            let found = measure(*subject, tool, threads);
            assert_eq!((found.states, found.transitions), (*states, *transitions), "{tool} on {subject:?}");
        }
    }
}

#[test]
#[ignore = "half a minute: the subjects of the bench that are not long"]
fn the_subjects_of_the_bench_have_their_counts() {
    for known in bench_check::subject::SUBJECTS.iter().filter(|known| !known.long) {
        check(known, Tool::Quorate, &measure(known.subject, Tool::Quorate, 1)).unwrap();
    }
}

#[test]
fn a_count_that_differs_is_an_error() {
    let known = Known::named("el-3-4").unwrap();
    let right =
        Measured { states: 1_907_351, transitions: 3_032_149, seconds: 1.0, cpu_seconds: 1.0, peak_bytes: 1 };
    assert_eq!(check(known, Tool::Dfs, &right), Ok(()));
    let wrong = Measured { transitions: 3_032_148, ..right };
    let error = check(known, Tool::Dfs, &wrong).unwrap_err();
    assert!(error.contains("1907351 states and 3032148 transitions, not 1907351 and 3032149"), "{error}");
}
