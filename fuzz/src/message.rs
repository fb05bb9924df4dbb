//! The target `message`.

use crate::draw::named;
use crate::lab::Lab;
use quorate::config::{Draft, Lease, Settings, Setup, Timing};
use quorate::disk::{Image, Record};
use quorate::failover::{Input, Message, Node, Request};
use quorate::id::NodeSet;
use quorate::time::{Drift, Instant, Span};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

/// What a decoder may be handed: the JSON of a message, of a record, or of a whole disk.
pub fn message(data: &[u8]) {
    if let Some(message) = read::<Message<u8>>(data) {
        let mut lab = CLUSTER.clone();
        for at in 0..lab.machines.len() {
            for from in [0, 1, 63] {
                lab.step(at, &Input::Message { from: named(from), message: message.clone() });
            }
        }
    }
    read::<Record<u8>>(data);
    if let Some(image) = read::<Image<u8>>(data) {
        // Whatever a disk says: the node that reads it may be wrong, but it starts.
        Node::start(named(0), Arc::clone(&CLUSTER.setup), image, Instant::new(0), &mut Vec::new());
    }
}

/// What is read is written and read again as it was.
pub(crate) fn read<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(data).ok()?;
    let text = serde_json::to_string(&value).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(value, again, "{text}");
    Some(value)
}

/// A primary that serves under a lease with two committed entries, one that follows it, and a candidate that nobody has
/// heard.
static CLUSTER: LazyLock<Lab> = LazyLock::new(|| {
    let all = NodeSet::first(3);
    let timing = Timing { spread: Span::ZERO, ..Timing::of(Span::new(100)) };
    let lease = Lease::new(Span::new(40), Span::new(40), Span::ZERO, Drift::NONE).ok();
    let setup = Setup { lease, prevote: false, ..Setup::new(timing) };
    let mut lab = Lab::new(setup, Settings::new(Draft::majority(all)).expect("majorities are fine"));
    lab.pass(100);
    lab.step(0, &Input::Tick);
    lab.settle(100);
    lab.step(0, &Input::Request(Request::Write(vec![1, 2].into())));
    lab.settle(100);
    lab.pass(25);
    lab.step(0, &Input::Tick);
    lab.settle(100);
    lab.pass(100);
    lab.step(2, &Input::Tick);
    let roles: Vec<&str> = lab.machines.iter().map(|machine| machine.node.role()).collect();
    assert_eq!(roles, ["primary", "follower", "candidate"]);
    assert!(lab.machines[0].node.is_serving() && lab.machines[1].node.committed() == 2);
    lab
});
