//! What a correct node may say, late or just within the limits, and the first thing that it cannot have said.

use super::*;
use crate::commit::{History, Promise};

/// n0 serves epoch 1 with two committed entries, which all have. A history may have three runs.
fn lab() -> Lab {
    let mut setup = setup();
    setup.limits.history = 3;
    let mut lab = Lab::new(setup, three());
    lab.stand(0);
    lab.request(0, Request::Write(vec![1, 2].into()));
    lab.settle();
    assert!((0..3).all(|id| lab.at(id).node.committed() == 2));
    lab
}

fn history(runs: &[(u64, u64)]) -> Arc<History> {
    let runs = runs.iter().map(|(number, start)| (epoch(*number), *start));
    Arc::new(History::new(runs.collect()).unwrap())
}

fn append(history: &Arc<History>, from: u64) -> Body<u8> {
    let head = Head { history: Arc::clone(history), from, committed: 0 };
    Body::Append(Append::new(head, Vec::new().into()))
}

/// What `id` thinks of `body`, said by n2 in epoch `number`.
fn judged(lab: &Lab, id: u8, number: u64, body: Body<u8>) -> Result<(), Impossible> {
    let message = Message { epoch: epoch(number), body };
    lab.machines[usize::from(id)].node.possible(node(2), &message)
}

/// So that no sum of two lengths overflows.
#[test]
fn a_log_is_shorter_than_half_of_what_can_be_counted() {
    let lab = lab();
    let bodies: [fn(u64) -> Body<u8>; 5] = [
        |from| Body::Fetch { from },
        |from| Body::Fetched { from, entries: [1].into() },
        |from| append(&history(&[(1, 0)]), from),
        |base| Body::Snapshot { base, history: history(&[(1, 0)]) },
        |len| Body::Promised { promise: Promise { len, history: history(&[(1, 0)]), committed: 0 } },
    ];
    let half = u64::MAX / 2;
    for body in bodies {
        let (longest, too_long) = (body(half - 1), body(half));
        assert_eq!(judged(&lab, 1, 1, longest), Ok(()), "{too_long:?}");
        assert_eq!(judged(&lab, 1, 1, too_long.clone()), Err(Impossible::Length), "{too_long:?}");
    }
}

/// Each of these keeps what n1 knows to be committed, so that this is not what is wrong.
#[test]
fn a_history_is_within_the_limit_and_no_newer_than_its_sender() {
    let lab = lab();
    let three = history(&[(1, 0), (2, 2), (4, 3)]);
    let four = history(&[(1, 0), (2, 2), (3, 3), (4, 4)]);
    let snapshot = |history: &Arc<History>| Body::Snapshot { base: 4, history: Arc::clone(history) };
    for (number, body, expected) in [
        (4, append(&three, 2), Ok(())),
        (4, append(&four, 2), Err(Impossible::History)),
        (4, snapshot(&three), Ok(())),
        (4, snapshot(&four), Err(Impossible::History)),
        (3, snapshot(&three), Err(Impossible::History)),
    ] {
        assert_eq!(judged(&lab, 1, number, body.clone()), expected, "{body:?} of epoch {number}");
    }
}

/// n1 has entered epoch 5. An older primary may not have heard of what was committed since, and is to learn of the
/// newer epoch rather than be taken for a liar.
#[test]
fn who_would_cut_back_what_is_committed_is_late_in_an_older_epoch_and_impossible_in_this() {
    let mut lab = lab();
    lab.hear(1, 2, 5, Body::Refused { reason: Refusal::OldEpoch, config: None });
    for (number, expected) in [(4, Ok(())), (5, Err(Impossible::History)), (6, Err(Impossible::History))] {
        let other = history(&[(number, 0)]);
        let snapshot = Body::Snapshot { base: 2, history: Arc::clone(&other) };
        assert_eq!(judged(&lab, 1, number, append(&other, 0)), expected, "epoch {number}");
        assert_eq!(judged(&lab, 1, number, snapshot), expected, "epoch {number}");
    }
}

/// n1 leads epoch 2 with the two entries that n0 wrote: only of its own log does it know how long it is.
#[test]
fn more_of_a_log_than_was_written_is_impossible_only_to_who_wrote_it() {
    let mut lab = lab();
    lab.pass(100);
    lab.stand(1);
    assert!(lab.at(1).node.is_serving());
    let (two, three) = (Body::Ack { len: 2 }, Body::Ack { len: 3 });
    for (id, number, body, expected) in [
        (1, 2, &two, Ok(())),
        (1, 2, &three, Err(Impossible::Length)),
        // Of n0's log, which may have been longer.
        (1, 1, &three, Ok(())),
        // To who does not lead: sent, perhaps, to who did.
        (0, 2, &three, Ok(())),
    ] {
        assert_eq!(judged(&lab, id, number, body.clone()), expected, "n{id} in epoch {number}");
    }
}
