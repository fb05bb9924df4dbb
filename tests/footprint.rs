//! How much a node takes: bytes of a message and of a replica, and allocations of a commit. Counted, not measured:
//! these figures are the same on every machine of 64 bits.
#![cfg(target_pointer_width = "64")]

use allocation_counter::measure;
use quorate::commit::Entries;
use quorate::config::{Config, Draft, Mode, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Input, Message, Node, Output, Outputs, Request};
use quorate::id::{NodeId, NodeMap, NodeSet};
use quorate::outbox::Seq;
use quorate::quorum::Quorum;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// Three nodes joined by a queue, with disks that are done at once.
struct Group {
    nodes: Vec<Node<u128>>,
    queue: VecDeque<(NodeId, NodeId, Message<u128>)>,
    outputs: Outputs<u128>,
    now: Instant,
    messages: u64,
}

fn image() -> (Arc<Setup>, Image<u128>) {
    let all = NodeSet::first(3);
    let settings = Settings::new(Draft {
        votes: Quorum::majority(all),
        acks: Some(Quorum::majority(all)),
        data: all,
        learners: NodeSet::EMPTY,
        priority: NodeMap::default(),
        weak: None,
        mode: Mode::Strong,
    })
    .expect("a majority of everybody");
    let setup = Setup { eager: true, ..Setup::new(Timing::of(Span::new(1_000))) };
    (Arc::new(setup), Image::first(Config::first(settings)))
}

impl Group {
    fn serving() -> Self {
        let (setup, image) = image();
        let (now, mut outputs) = (Instant::new(0), Outputs::new());
        let start = |id| Node::start(id, Arc::clone(&setup), image.clone(), now, &mut outputs);
        let nodes = NodeSet::first(3).iter().map(start).collect();
        let mut group = Self {
            nodes,
            queue: VecDeque::new(),
            outputs: Outputs::new(),
            now: Instant::new(20_000),
            messages: 0,
        };
        for at in 0..3 {
            group.step(at, Input::Durable(Seq::new(1)));
        }
        group.step(0, Input::Tick);
        group.deliver();
        assert!(group.nodes[0].is_serving());
        group
    }

    fn step(&mut self, at: usize, input: Input<u128>) {
        let node = &mut self.nodes[at];
        node.step(self.now, input, &mut self.outputs);
        loop {
            let mut written = None;
            for output in self.outputs.drain(..) {
                match output {
                    Output::Persist { seq, .. } => written = Some(seq),
                    Output::Send { to, message } => self.queue.push_back((node.id(), to, message)),
                    Output::Do(_) | Output::Tell(_) => {}
                    Output::Refused(why) => panic!("refused: {why}"),
                }
            }
            let Some(seq) = written else { return };
            node.step(self.now, Input::Durable(seq), &mut self.outputs);
        }
    }

    fn deliver(&mut self) {
        while let Some((from, to, message)) = self.queue.pop_front() {
            self.messages += 1;
            self.step(usize::from(to.index()), Input::Message { from, message });
        }
    }

    /// Commits everywhere, and compacts now and then.
    fn commit(&mut self, entries: Entries<u128>) {
        self.step(0, Input::Request(Request::Write(entries)));
        self.deliver();
        let base = self.nodes[0].committed();
        assert!(self.nodes.iter().all(|node| node.committed() == base && node.log().len() == base));
        if base.is_multiple_of(64) {
            (0..3).for_each(|at| self.step(at, Input::Request(Request::Compact { base })));
        }
    }
}

#[test]
fn nothing_is_allocated_for_a_committed_handle() {
    let mut group = Group::serving();
    // Until every buffer has its size.
    (0..256).for_each(|handle| group.commit(handle.into()));
    let counted = measure(|| (0..256).for_each(|handle| group.commit(handle.into())));
    assert_eq!(counted.count_total, 0);
    assert_eq!(group.nodes[0].committed(), 512);
}

#[test]
fn a_commit_takes_eight_messages() {
    let mut group = Group::serving();
    let before = group.messages;
    group.commit(7.into());
    assert_eq!(
        group.messages - before,
        8,
        "the entry, its acknowledgement, the commit and its answer, for two"
    );
}

#[test]
fn entries_that_are_written_together_are_shared() {
    let mut group = Group::serving();
    // Compaction keeps the buffers of the logs at one size.
    (0..8).for_each(|_| group.commit(vec![7; 64].into()));
    let counted = measure(|| group.commit(vec![7; 64].into()));
    assert_eq!(counted.count_total, 2, "the client's vector, and what everybody shares");
}

#[test]
fn a_message_and_a_replica_are_small() {
    assert!(size_of::<Message<()>>() <= 64);
    assert!(size_of::<Message<[u64; 2]>>() <= 64);
    // A payload that has to lie at a multiple of 16 bytes costs as much again as it takes.
    assert!(size_of::<Message<u128>>() <= 80);
    let (setup, image) = image();
    let id = NodeId::new(1).expect("a small number");
    let mut outputs = Outputs::with_capacity(1_000);
    let mut nodes = Vec::new();
    let counted = measure(|| {
        nodes = Vec::with_capacity(1_000);
        for _ in 0..1_000 {
            nodes.push(Node::start(id, Arc::clone(&setup), image.clone(), Instant::new(0), &mut outputs));
            outputs.clear();
        }
    });
    let each = counted.bytes_current.unsigned_abs() / nodes.len() as u64;
    assert!(each <= 300, "a replica that has just started takes {each} bytes");
}
