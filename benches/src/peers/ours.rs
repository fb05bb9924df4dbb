//! quorate itself: the loop that an embedder writes, with a disk that is done at once.

use super::{Cluster, KEPT, Payload, Repeat, SMALL, Size, Survivors, source};
use quorate::commit::Entries;
use quorate::config::{Config, Draft, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Beat, Body, Input, Message, Node, Output, Outputs, Request};
use quorate::id::{NodeId, NodeSet};
use quorate::outbox::Seq;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// Nodes joined by a queue.
pub struct Ours<P> {
    nodes: Vec<Node<P>>,
    queue: VecDeque<(NodeId, NodeId, Message<P>)>,
    outputs: Outputs<P>,
    now: Instant,
    delivered: u64,
    steps: u64,
    compacted: u64,
    /// The write after a failover ends here.
    wanted: Option<u64>,
    source: Vec<u8>,
    batch: usize,
}

/// What every node of a cluster of `count` starts from: shared, however many groups a host has.
pub fn image<P: Clone>(count: u8) -> (Arc<Setup>, Image<P>) {
    let all = NodeSet::first(count);
    let settings = Settings::new(Draft::majority(all)).expect("a majority of everybody");
    let setup = Setup { eager: true, ..Setup::new(Timing::of(Span::new(1_000))) };
    (Arc::new(setup), Image::first(Config::first(settings)))
}

impl<P: Payload> Ours<P> {
    /// An elected cluster.
    pub fn new(size: Size) -> Self {
        let (setup, image) = image(size.nodes);
        let mut cluster = Self::fresh(size, &setup, &image);
        cluster.elect();
        cluster
    }

    /// Nodes that have just started.
    pub fn fresh(size: Size, setup: &Arc<Setup>, image: &Image<P>) -> Self {
        let now = Instant::new(0);
        let mut outputs = Outputs::new();
        let start = |id| Node::start(id, Arc::clone(setup), image.clone(), now, &mut outputs);
        let nodes = NodeSet::first(size.nodes).iter().map(start).collect();
        let mut cluster = Self {
            nodes,
            queue: VecDeque::new(),
            outputs: Outputs::new(),
            now,
            delivered: 0,
            steps: 0,
            compacted: 0,
            wanted: None,
            source: source(size),
            batch: size.batch,
        };
        for at in 0..cluster.nodes.len() {
            cluster.step(at, Input::Durable(Seq::new(1)));
        }
        cluster
    }

    /// Lets node 0 win.
    pub fn elect(&mut self) {
        while !self.nodes[0].is_serving() {
            self.pass(Span::new(10_000));
            self.step(0, Input::Tick);
            self.deliver();
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, by: Span) {
        self.now = self.now.after(by);
    }

    /// The nodes alone.
    pub fn into_nodes(self) -> Vec<Node<P>> {
        self.nodes
    }

    /// Gives an input to a node, and does at once what it wants done.
    pub fn step(&mut self, at: usize, input: Input<P>) {
        let node = &mut self.nodes[at];
        self.steps += 1;
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
            self.steps += 1;
            node.step(self.now, Input::Durable(seq), &mut self.outputs);
        }
    }

    /// Delivers until nobody has anything more to say.
    pub fn deliver(&mut self) {
        while self.deliver_waiting(|_| true) > 0 {}
    }

    /// Delivers what is under way now, and not what it leads to, to those who are up; how many messages that were.
    pub fn deliver_waiting(&mut self, up: impl Fn(NodeId) -> bool) -> u64 {
        let waiting = self.queue.len();
        let before = self.delivered;
        for _ in 0..waiting {
            let Some((from, to, message)) = self.queue.pop_front() else { break };
            if up(to) {
                self.delivered += 1;
                self.step(usize::from(to.index()), Input::Message { from, message });
            }
        }
        self.delivered - before
    }

    /// Proposes a batch at node `at`.
    pub fn propose(&mut self, at: usize) {
        let batch: Entries<P> = (0..self.batch).map(|_| P::taken(&self.source)).collect();
        self.step(at, Input::Request(Request::Write(batch)));
    }
}

impl<P: Payload> Cluster for Ours<P> {
    fn commit(&mut self) {
        self.propose(0);
        self.deliver();
        let base = self.nodes[0].committed();
        if base - self.compacted >= KEPT {
            self.compacted = base;
            for at in 0..self.nodes.len() {
                self.step(at, Input::Request(Request::Compact { base }));
            }
        }
    }

    fn written(&self) -> u64 {
        self.nodes[0].log().len()
    }

    fn committed(&self) -> u64 {
        self.nodes.iter().map(Node::committed).min().unwrap_or(0)
    }

    fn delivered(&self) -> u64 {
        self.delivered
    }
}

impl<P: Payload> Survivors for Ours<P> {
    fn lose_primary(&mut self) {
        self.queue.clear();
        self.pass(Span::new(10_000));
        self.step(1, Input::Tick);
    }

    fn hop(&mut self) {
        self.deliver_waiting(|to| to.index() != 0);
        if self.wanted.is_none() && self.nodes[1].is_serving() {
            self.propose(1);
            self.wanted = Some(self.nodes[1].log().len());
        }
    }

    fn has_acknowledged(&self) -> bool {
        self.wanted.is_some_and(|end| self.nodes[1].committed() >= end)
    }

    fn effort(&self) -> (u64, u64) {
        (self.steps, self.delivered)
    }
}

/// A follower that answers its primary.
pub(super) fn beats() -> Repeat {
    let cluster = Ours::<u128>::new(SMALL);
    let (primary, epoch) = (cluster.nodes[0].id(), cluster.nodes[0].epoch());
    let (mut follower, mut now) = (cluster.nodes[1].clone(), cluster.now);
    let mut outputs = Outputs::new();
    Box::new(move |times| {
        for _ in 0..times {
            now = now.after(Span::new(250));
            let beat = Beat { stamp: now, lease: Span::ZERO, round: 0, quorate: true, serving: true };
            let message = Message { epoch, body: Body::Beat(beat) };
            follower.step(now, Input::Message { from: primary, message }, &mut outputs);
            assert_eq!(outputs.drain(..).count(), 1, "an answer");
        }
    })
}
