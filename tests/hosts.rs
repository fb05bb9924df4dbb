//! What a group costs a host: bytes, time and allocations, of one that was just started and of one that rests.

use allocation_counter::{AllocationInfo, measure};
use quorate::config::{Config, Draft, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{self, Node};
use quorate::id::{NodeId, NodeSet};
use quorate::multi::{GroupId, HostId, Input, MultiNode, Output, Outputs, Pace, Placement};
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::sync::Arc;

const HOSTS: u8 = 3;
const ELECTION: u64 = 1_000;

type Mail = VecDeque<(HostId, HostId, quorate::multi::Envelope<u128>)>;

struct Rack {
    hosts: Vec<MultiNode<u128>>,
    now: Instant,
    mail: Mail,
    out: Outputs<u128>,
    doing: Vec<Output<u128>>,
}

fn node(index: u8) -> NodeId {
    NodeId::new(index).unwrap()
}

fn settings() -> Settings {
    Settings::new(Draft::majority(NodeSet::first(HOSTS))).unwrap()
}

impl Rack {
    /// Three hosts with a node each of `groups` groups. The bytes that a node takes, its host's own things included.
    fn new(groups: u64) -> (Self, f64) {
        let now = Instant::new(0);
        let pace = Pace::of(Span::new(ELECTION));
        let host = |at: u8| MultiNode::new(HostId(at.into()), 1, pace, now).unwrap();
        let hosts = (0..HOSTS).map(host).collect();
        let mut rack = Self { hosts, now, mail: VecDeque::new(), out: Outputs::default(), doing: Vec::new() };
        let placement = (0..HOSTS).map(|at| (node(at), HostId(at.into()))).collect();
        let placement = Arc::new(Placement::new(placement).unwrap());
        // What groups share: their configuration, where they are, and how patient they are.
        let first = Image::first(Config::first(settings()));
        let setup = |seed| Arc::new(Setup { seed, ..Setup::new(Timing::of(Span::new(ELECTION))) });
        let setups: Vec<_> = (0..64).map(setup).collect();
        let mut scratch = Vec::with_capacity(16);
        let mut add = |group: u64, at: u8| {
            let setup = Arc::clone(&setups[(group % 64) as usize]);
            let started = Node::start(node(at), setup, first.clone(), now, &mut scratch);
            rack.hosts[usize::from(at)].add(GroupId(group), started, Arc::clone(&placement)).unwrap();
            scratch.clear();
        };
        let counted = measure(|| (0..groups).for_each(|group| (0..HOSTS).for_each(|at| add(group, at))));
        for group in 0..groups {
            for at in 0..usize::from(HOSTS) {
                let durable = failover::Input::Durable(quorate::outbox::Seq::new(1));
                rack.step(at, Input::Group { group: GroupId(group), input: durable });
            }
        }
        (rack, per_node(&counted, groups))
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

    fn all_rest(&self, groups: u64) -> bool {
        (0..groups).all(|group| self.hosts.iter().all(|host| host.rests(GroupId(group))))
    }
}

fn per_node(counted: &AllocationInfo, groups: u64) -> f64 {
    counted.bytes_current as f64 / (groups * u64::from(HOSTS)) as f64
}

/// Three hosts whose groups all rest, and the bytes of a fresh node.
fn resting(groups: u64) -> (Rack, f64) {
    let (mut rack, fresh) = Rack::new(groups);
    while !rack.all_rest(groups) {
        let until = rack.now.after(Span::new(ELECTION / 4));
        while rack.now < until {
            rack.advance();
        }
        assert!(rack.now < Instant::new(100 * ELECTION), "everybody rests in the end");
    }
    (rack.mail, rack.out, rack.doing) = (VecDeque::new(), Outputs::default(), Vec::new());
    (rack, fresh)
}

/// From the start of all groups until all rest; then some beats of the hosts.
fn rest(groups: u64) {
    let mut started = None;
    let elected = measure(|| started = Some(resting(groups)));
    let (mut rack, fresh) = started.unwrap();
    let beats = 1_000;
    let until = rack.now.after(Span::new(beats * ELECTION / 4));
    (0..8).for_each(|_| rack.advance());
    let start = std::time::Instant::now();
    let quiet = measure(|| {
        while rack.now < until {
            rack.advance();
        }
    });
    let took = start.elapsed();
    println!(
        "{groups} groups: {fresh:.0} bytes fresh, {:.0} bytes resting; per heartbeat and host {:.0} ns, per group {:.5} ns",
        per_node(&elected, groups),
        took.as_nanos() as f64 / (beats * u64::from(HOSTS)) as f64,
        took.as_nanos() as f64 / (beats * u64::from(HOSTS) * groups) as f64,
    );
    assert_eq!(quiet.count_total, 0, "nothing is allocated at rest");
    assert!(rack.all_rest(groups));
}

#[test]
fn groups_that_rest_cost_nothing() {
    rest(1_000);
    rest(10_000);
}

#[test]
#[ignore = "takes a few seconds"]
fn many_groups_that_rest_cost_nothing() {
    rest(100_000);
}
