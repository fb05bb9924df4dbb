//! Three nodes joined by a queue, with disks that are done at once: the loop that an embedder writes.

use quorate::commit::Entries;
use quorate::config::{Config, Draft, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Input, Message, Node, Output, Outputs, Request};
use quorate::id::{NodeId, NodeSet};
use quorate::outbox::Seq;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// The nodes, and what is under way.
pub(crate) struct Group {
    /// The nodes.
    pub(crate) nodes: Vec<Node<u128>>,
    queue: VecDeque<(NodeId, NodeId, Message<u128>)>,
    outputs: Outputs<u128>,
    /// What every clock shows.
    pub(crate) now: Instant,
    /// Messages delivered.
    pub(crate) messages: u64,
}

/// What every node starts from.
pub(crate) fn image() -> (Arc<Setup>, Image<u128>) {
    let all = NodeSet::first(3);
    let settings = Settings::new(Draft::majority(all)).expect("a majority of everybody");
    let setup = Setup { eager: true, ..Setup::new(Timing::of(Span::new(1_000))) };
    (Arc::new(setup), Image::first(Config::first(settings)))
}

impl Group {
    /// Node 0 serves.
    pub(crate) fn serving() -> Self {
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

    /// Gives an input to a node, and does at once what it wants done.
    pub(crate) fn step(&mut self, at: usize, input: Input<u128>) {
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

    /// Delivers until nobody has anything more to say.
    pub(crate) fn deliver(&mut self) {
        while let Some((from, to, message)) = self.queue.pop_front() {
            self.messages += 1;
            self.step(usize::from(to.index()), Input::Message { from, message });
        }
    }

    /// Commits everywhere, and compacts now and then.
    pub(crate) fn commit(&mut self, entries: Entries<u128>) {
        self.step(0, Input::Request(Request::Write(entries)));
        self.deliver();
        let base = self.nodes[0].committed();
        assert!(self.nodes.iter().all(|node| node.committed() == base && node.log().len() == base));
        if base.is_multiple_of(64) {
            (0..3).for_each(|at| self.step(at, Input::Request(Request::Compact { base })));
        }
    }
}
