//! Failover as pure state machines: quorum election, lease fencing and semi-synchronous commit.
//!
//! A [`Node`](failover::Node) decides who is primary, for how long, and which writes are safe. It does nothing
//! else: no threads, no clock, no sockets, no disk, no randomness. Everything that happens to it is an
//! [`Input`](failover::Input), everything it wants is an [`Output`](failover::Output), and equal nodes given equal
//! inputs put out equal outputs. The same function therefore runs in a server, in a test, in a browser and in the
//! model checker.
//!
//! # What you get
//!
//! * **Election**: at most one primary per epoch, and one whenever enough nodes are connected. Witnesses,
//!   priorities, zones and weights are [quorum expressions](quorum::Quorum).
//! * **Leases**: local reads without asking anybody, on clocks that only have to run at about the same rate.
//! * **Fencing**: the epoch is the token. A primary that woke up late is refused by the
//!   [resource](lease::Register).
//! * **Commit**: an acknowledged write is in the log of every later primary. Whose flush a write needs is policy;
//!   the sets of nodes from which to recover follow from it.
//! * **Changes** of members and policy while all of this runs, and a supervised mode in which a database keeps the
//!   log and the node steers it.
//!
//! # The rooms
//!
//! | module | what it answers |
//! |---|---|
//! | [`failover`] | everything together: the node. Most users meet only this, [`config`] and [`disk`] |
//! | [`election`], [`lease`], [`commit`] | the three machines: what each promises, and why it is right |
//! | [`quorum`] | who must agree before something counts |
//! | [`config`] | what a cluster agreed on, one node's own parameters, and how they change |
//! | [`multi`] | many groups on one host: they share its beats, and rest when there is nothing to say |
//! | [`disk`], [`outbox`] | what is written, and what may leave only after it is durable |
//! | [`id`], [`time`] | names, epochs, positions; local instants and spans |
//! | [`rule`](mod@rule) | every guard that safety rests on, by name, with its source |
//!
//! # What the embedder owes
//!
//! 1. **A clock that counts suspend.** Each call gets the time since boot of *this* machine, on Linux
//!    `CLOCK_BOOTTIME`. It never goes back; if it may have stood still, say
//!    [`ClockSuspect`](failover::Input::ClockSuspect).
//! 2. **Durable completions.** Records are written in the order in which they come out.
//!    [`Durable`](failover::Input::Durable) is said when a record and all before it would survive a crash: late and
//!    repeated is fine, early is not. A failed flush is [`StorageFailed`](failover::Input::StorageFailed), and
//!    ends the node. A disk that was lost is never started again under the same name.
//! 3. **Fencing.** Whatever is written outside the log carries the epoch of
//!    [`Serving`](failover::Event::Serving), and the resource refuses older ones. Without such a resource, see
//!    [`Fencing::Watchdog`](config::Fencing::Watchdog).
//! 4. **Confirmed effects.** A [`Do`](failover::Output::Do) is reported done when it *is* done, not when it was
//!    asked for.
//! 5. **Honest transport.** Messages may be lost, repeated, delayed and reordered; their sender is who the
//!    transport says. Nodes that lie are not survived.
//!
//! The gates are kept by the node: a [`Send`](failover::Output::Send) comes out only when everything that it says
//! is durable, so it can always be sent at once.
//!
//! # The embedding loop
//!
//! Three nodes in one process. The disk is an [`Image`](disk::Image), the network a queue; in production they
//! are a file and sockets, and the loop is the same.
//!
//! ```
//! use quorate::config::{Config, Draft, Settings, Setup, Timing};
//! use quorate::disk::Image;
//! use quorate::failover::{Input, Message, Node, Output, Request};
//! use quorate::id::{NodeId, NodeSet};
//! use quorate::time::{Instant, Span};
//! use std::collections::VecDeque;
//! use std::sync::Arc;
//!
//! type Payload = &'static str;
//!
//! struct Machine {
//!     node: Node<Payload>,
//!     disk: Image<Payload>,
//! }
//!
//! type Network = VecDeque<(NodeId, NodeId, Message<Payload>)>;
//!
//! /// The whole embedding: give an input, then do what comes out.
//! fn handle(machine: &mut Machine, now: Instant, input: Input<Payload>, network: &mut Network) {
//!     let mut inputs = VecDeque::from([input]);
//!     while let Some(input) = inputs.pop_front() {
//!         let mut outputs = Vec::new();
//!         machine.node.step(now, input, &mut outputs);
//!         for output in outputs {
//!             match output {
//!                 Output::Persist { seq, record } => {
//!                     machine.disk.apply(&record); // write, flush …
//!                     inputs.push_back(Input::Durable(seq)); // … and only then say so
//!                 }
//!                 Output::Send { to, message } => network.push_back((machine.node.id(), to, message)),
//!                 Output::Do(effect) => inputs.push_back(Input::EffectDone { effect, ok: true, facts: None }),
//!                 Output::Tell(event) => println!("{}: {event:?}", machine.node.id()),
//!                 Output::Refused(why) => println!("{}: {why}", machine.node.id()),
//!             }
//!         }
//!     }
//! }
//!
//! // What the cluster agreed on: any two of three elect, any two of three make a write safe.
//! let all = NodeSet::first(3);
//! let settings = Settings::new(Draft::majority(all))?;
//! // Each node's own part: how patient it is. Spans are in the embedder's unit, here milliseconds.
//! let setup = Arc::new(Setup::new(Timing::of(Span::new(1_000))));
//! setup.check()?;
//!
//! let mut now = Instant::new(0);
//! let mut network = Network::new();
//! let mut machines: Vec<Machine> = Vec::new();
//! for id in all.iter() {
//!     let disk = Image::first(Config::first(settings.clone()));
//!     let mut outputs = Vec::new();
//!     let node = Node::start(id, Arc::clone(&setup), disk.clone(), now, &mut outputs);
//!     let mut machine = Machine { node, disk };
//!     // What a start puts out is handled like everything else; here it is its first record.
//!     for output in outputs {
//!         let Output::Persist { seq, record } = output else { unreachable!("a node starts silently") };
//!         machine.disk.apply(&record);
//!         handle(&mut machine, now, Input::Durable(seq), &mut network);
//!     }
//!     machines.push(machine);
//! }
//!
//! // Deliver what is on its way; when nothing is, sleep until the first deadline.
//! let mut written = false;
//! let primary = loop {
//!     if let Some((from, to, message)) = network.pop_front() {
//!         let machine = &mut machines[usize::from(to.index())];
//!         handle(machine, now, Input::Message { from, message }, &mut network);
//!     } else if let Some(serving) = machines.iter().position(|machine| machine.node.is_serving()) {
//!         if written {
//!             break serving;
//!         }
//!         written = true;
//!         let write = Input::Request(Request::Write(vec!["hello", "world"].into()));
//!         handle(&mut machines[serving], now, write, &mut network);
//!     } else {
//!         let due = |machine: &Machine| machine.node.deadline().map(|at| (at, machine.node.id()));
//!         let (at, id) = machines.iter().filter_map(due).min().expect("somebody will stand");
//!         now = now.max(at);
//!         handle(&mut machines[usize::from(id.index())], now, Input::Tick, &mut network);
//!     }
//! };
//!
//! // `Event::Committed` was the acknowledgement: two disks hold both entries, and so will every later primary.
//! assert_eq!(machines[primary].node.committed(), 2);
//! assert!(machines.iter().filter(|machine| machine.disk.log.len() == 2).count() >= 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! After a crash, apply the records found on the disk in order to the image that the node started from, and start
//! again from that. A node never trusts its memory of having been primary.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `serde` | no | messages, records and configurations can be serialised; reading refuses what no constructor accepts |
//! | `rules-off` | no | named [rules](mod@rule) can be switched off for a thread, to see what they protect. Needs `std`. For models and teaching, never for production |
//!
//! Without features the crate needs `alloc` only and depends on nothing.
//!
//! It compiles with Rust 1.88 and newer, contains no unsafe code, and is licensed under MIT or Apache 2.0, at
//! your option.
#![cfg_attr(not(any(test, feature = "rules-off")), no_std)]
#![cfg_attr(
    not(feature = "rules-off"),
    allow(
        clippy::no_effect,
        clippy::nonminimal_bool,
        clippy::redundant_closure,
        clippy::redundant_field_names,
        clippy::redundant_locals,
        reason = "`rule!` expands to its bare expression, which may then be as plain as `true` or `keep`"
    )
)]

extern crate alloc;

#[macro_use]
pub mod rule;
pub mod commit;
pub mod config;
pub mod disk;
pub mod election;
pub mod failover;
pub mod id;
pub mod lease;
pub mod multi;
pub mod outbox;
pub mod quorum;
pub mod time;
