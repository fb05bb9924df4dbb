//! quorate itself: the loop that an embedder writes, with a disk that is done at once.

use super::{Cluster, Payload};
use quorate::config::{Config, Draft, Mode, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Input, Message, Node, Output, Outputs, Request};
use quorate::id::{NodeMap, NodeSet};
use quorate::outbox::Seq;
use quorate::quorum::Quorum;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// Nodes joined by a queue.
pub struct Ours<P> {
    nodes: Vec<Node<P>>,
    queue: VecDeque<(u8, u8, Message<P>)>,
    outputs: Outputs<P>,
    now: Instant,
    primary: usize,
    /// Messages delivered.
    pub messages: u64,
}

impl<P: Payload> Ours<P> {
    /// An elected cluster.
    pub fn new(count: u8) -> Self {
        let all = NodeSet::first(count);
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
        let setup = Arc::new(Setup { eager: true, ..Setup::new(Timing::of(Span::new(1_000))) });
        let image = Image::first(Config::first(settings));
        let mut outputs = Outputs::new();
        let now = Instant::new(0);
        let nodes =
            all.iter().map(|id| Node::start(id, Arc::clone(&setup), image.clone(), now, &mut outputs)).collect();
        let mut cluster =
            Self { nodes, queue: VecDeque::new(), outputs: Outputs::new(), now, primary: 0, messages: 0 };
        for at in 0..usize::from(count) {
            cluster.step(at, Input::Durable(Seq::new(1)));
        }
        while !cluster.nodes[0].is_serving() {
            cluster.now = cluster.now.after(Span::new(10_000));
            cluster.step(0, Input::Tick);
            cluster.deliver();
        }
        cluster
    }

    fn step(&mut self, at: usize, input: Input<P>) {
        let node = &mut self.nodes[at];
        node.step(self.now, input, &mut self.outputs);
        loop {
            let mut written = None;
            for output in self.outputs.drain(..) {
                match output {
                    Output::Persist { seq, .. } => written = Some(seq),
                    Output::Send { to, message } => self.queue.push_back((node.id().index(), to.index(), message)),
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
            let from = self.nodes[usize::from(from)].id();
            self.step(usize::from(to), Input::Message { from, message });
        }
    }
}

impl<P: Payload> Cluster<P> for Ours<P> {
    fn commit(&mut self, batch: &[P]) {
        self.step(self.primary, Input::Request(Request::Write(batch.to_vec())));
        self.deliver();
        let end = self.nodes[self.primary].log().len();
        debug_assert!(self.nodes.iter().all(|node| node.committed() == end));
        if end.is_multiple_of(1024) || batch.len() > 1 && end % 1024 < batch.len() as u64 {
            for at in 0..self.nodes.len() {
                self.step(at, Input::Request(Request::Compact { base: end }));
            }
        }
    }

    fn committed(&self) -> u64 {
        self.nodes.iter().map(Node::committed).min().unwrap_or(0)
    }
}
