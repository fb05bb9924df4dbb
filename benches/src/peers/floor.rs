//! The floor: what the messages, the queue and the payloads cost, with nothing that makes a protocol of them.

use super::{Cluster, KEPT, Payload, Repeat, SMALL, Size, source};
use quorate::commit::Entries;
use std::collections::VecDeque;

enum Message<P> {
    Append { entries: Entries<P>, committed: u64 },
    Ack { len: u64 },
}

#[derive(Default)]
struct Replica<P> {
    base: u64,
    log: VecDeque<P>,
    committed: u64,
}

/// A primary that sends, replicas that answer.
pub(super) struct Floor<P> {
    replicas: Vec<Replica<P>>,
    acked: Vec<u64>,
    queue: VecDeque<(usize, usize, Message<P>)>,
    delivered: u64,
    source: Vec<u8>,
    batch: usize,
}

impl<P: Payload> Floor<P> {
    pub(super) fn new(size: Size) -> Self {
        let replica = || Replica { base: 0, log: VecDeque::new(), committed: 0 };
        let count = usize::from(size.nodes);
        Self {
            replicas: (0..count).map(|_| replica()).collect(),
            acked: vec![0; count],
            queue: VecDeque::new(),
            delivered: 0,
            source: source(size),
            batch: size.batch,
        }
    }

    fn send(&mut self, entries: &Entries<P>) {
        let committed = self.replicas[0].committed;
        for to in 1..self.replicas.len() {
            self.queue.push_back((0, to, Message::Append { entries: entries.clone(), committed }));
        }
    }

    fn acked(&mut self, by: usize, len: u64) {
        self.acked[by] = self.acked[by].max(len);
        let mut sorted = [0; 8];
        let sorted = &mut sorted[..self.acked.len()];
        sorted.copy_from_slice(&self.acked);
        sorted.sort_unstable();
        let committed = sorted[(sorted.len() - 1) / 2];
        if committed > self.replicas[0].committed {
            self.replicas[0].committed = committed;
            self.send(&Entries::default());
        }
    }
}

impl<P: Payload> Replica<P> {
    fn len(&self) -> u64 {
        self.base + self.log.len() as u64
    }

    fn append(&mut self, entries: &Entries<P>) {
        self.log.extend(entries.as_slice().iter().cloned());
    }

    fn follow(&mut self, entries: &Entries<P>, committed: u64) -> Message<P> {
        self.append(entries);
        self.committed = committed;
        Message::Ack { len: self.len() }
    }

    fn compact(&mut self) {
        if self.committed - self.base >= KEPT {
            self.log.drain(..(self.committed - self.base) as usize);
            self.base = self.committed;
        }
    }
}

impl<P: Payload> Cluster for Floor<P> {
    fn commit(&mut self) {
        let entries: Entries<P> = (0..self.batch).map(|_| P::taken(&self.source)).collect();
        self.replicas[0].append(&entries);
        self.send(&entries);
        let len = self.replicas[0].len();
        self.acked(0, len);
        while let Some((from, to, message)) = self.queue.pop_front() {
            self.delivered += 1;
            match message {
                Message::Append { entries, committed } => {
                    let answer = self.replicas[to].follow(&entries, committed);
                    self.queue.push_back((to, from, answer));
                }
                Message::Ack { len } => self.acked(from, len),
            }
        }
        self.replicas.iter_mut().for_each(Replica::compact);
    }

    fn written(&self) -> u64 {
        self.replicas[0].len()
    }

    fn committed(&self) -> u64 {
        self.replicas.iter().map(|replica| replica.committed).min().unwrap_or(0)
    }

    fn delivered(&self) -> u64 {
        self.delivered
    }
}

/// A replica that is told nothing new.
pub(super) fn beats() -> Repeat {
    let mut replica = Floor::<u128>::new(SMALL).replicas.remove(1);
    let mut queue = VecDeque::new();
    Box::new(move |times| {
        for _ in 0..times {
            queue.push_back(replica.follow(&Entries::default(), 0));
            assert!(queue.pop_front().is_some(), "an answer");
        }
    })
}
