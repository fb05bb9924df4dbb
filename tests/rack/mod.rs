//! Hosts with a node each of many groups, for whoever counts what a group costs: the tests, and the bench.

use quorate::config::{Config, Draft, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{self, Node};
use quorate::id::{NodeId, NodeSet};
use quorate::multi::{GroupId, HostId, Input, MultiNode, Output, Outputs, Pace, Placement};
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// So many hosts, and nodes of a group.
pub(crate) const HOSTS: u8 = 3;
const ELECTION: u64 = 1_000;

type Mail = VecDeque<(HostId, HostId, quorate::multi::Envelope<u128>)>;

/// Three hosts, their network and their disks, in one process.
pub(crate) struct Rack {
    hosts: Vec<MultiNode<u128>>,
    now: Instant,
    mail: Mail,
    out: Outputs<u128>,
    doing: Vec<Output<u128>>,
    // What groups share: where they are, how patient they are, their configuration.
    placement: Arc<Placement>,
    setups: Vec<Arc<Setup>>,
    first: Image<u128>,
}

fn node(index: u8) -> NodeId {
    NodeId::new(index).unwrap()
}

fn settings() -> Settings {
    Settings::new(Draft::majority(NodeSet::first(HOSTS))).unwrap()
}

impl Rack {
    /// Three hosts without a group.
    pub(crate) fn new() -> Self {
        let now = Instant::new(0);
        let pace = Pace::of(Span::new(ELECTION));
        let host = |at: u8| MultiNode::new(HostId(at.into()), 1, pace, now).unwrap();
        let hosts = (0..HOSTS).map(host).collect();
        let placement = (0..HOSTS).map(|at| (node(at), HostId(at.into()))).collect();
        let setup = |seed| Arc::new(Setup { seed, ..Setup::new(Timing::of(Span::new(ELECTION))) });
        Self {
            hosts,
            now,
            mail: VecDeque::new(),
            out: Outputs::default(),
            doing: Vec::new(),
            placement: Arc::new(Placement::new(placement).unwrap()),
            setups: (0..64).map(setup).collect(),
            first: Image::first(Config::first(settings())),
        }
    }

    /// Adds a node each of `groups` groups.
    pub(crate) fn add(&mut self, groups: u64) {
        let mut started = Vec::with_capacity(16);
        for group in 0..groups {
            for at in 0..HOSTS {
                let setup = Arc::clone(&self.setups[(group % 64) as usize]);
                let node = Node::start(node(at), setup, self.first.clone(), self.now, &mut started);
                let placement = Arc::clone(&self.placement);
                self.hosts[usize::from(at)].add(GroupId(group), node, placement).unwrap();
                started.clear();
            }
        }
    }

    /// What they have asked their disks for is done, and everybody goes on until all groups rest.
    pub(crate) fn settle(&mut self, groups: u64) {
        for group in 0..groups {
            for at in 0..usize::from(HOSTS) {
                let durable = failover::Input::Durable(quorate::outbox::Seq::new(1));
                self.step(at, Input::Group { group: GroupId(group), input: durable });
            }
        }
        while !self.all_rest(groups) {
            self.pass(1);
            assert!(self.now < Instant::new(100 * ELECTION), "everybody rests in the end");
        }
        (self.mail, self.out, self.doing) = (VecDeque::new(), Outputs::default(), Vec::new());
    }

    /// So many heartbeats of the hosts.
    pub(crate) fn pass(&mut self, beats: u64) {
        let until = self.now.after(Span::new(beats * ELECTION / 4));
        while self.now < until {
            self.advance();
        }
    }

    /// One input for one host, and whatever follows from it on its disk.
    fn step(&mut self, at: usize, input: Input<u128>) {
        self.hosts[at].step(self.now, input, &mut self.out);
        while !self.out.list.is_empty() {
            std::mem::swap(&mut self.out.list, &mut self.doing);
            for output in self.doing.drain(..) {
                match output {
                    Output::Send { to, envelope } => self.mail.push_back((HostId(at as u64), to, envelope)),
                    Output::Group { group, output: failover::Output::Persist { seq, .. } } => {
                        let durable = Input::Group { group, input: failover::Input::Durable(seq) };
                        self.hosts[at].step(self.now, durable, &mut self.out);
                    }
                    Output::Group { .. } | Output::Tell(_) | Output::Refused(_) => {}
                }
            }
        }
    }

    /// Goes to the next deadline of anybody, and does everything that follows from it.
    fn advance(&mut self) {
        self.now = self.hosts.iter().filter_map(MultiNode::deadline).min().unwrap().max(self.now);
        for at in 0..self.hosts.len() {
            if self.hosts[at].deadline().is_some_and(|due| due <= self.now) {
                self.step(at, Input::Tick);
            }
        }
        while let Some((from, to, envelope)) = self.mail.pop_front() {
            self.step(to.0 as usize, Input::Envelope { from, envelope });
        }
    }

    /// Whether every group rests everywhere.
    pub(crate) fn all_rest(&self, groups: u64) -> bool {
        (0..groups).all(|group| self.hosts.iter().all(|host| host.rests(GroupId(group))))
    }
}
