//! Many groups on one host: one beat between two hosts stands for a beat of every group that rests.
//!
//! A host that carries a node of each of 100,000 groups would send a beat to every replica of every one of them, to say
//! that nothing has happened. A [`MultiNode`] carries the nodes, and lets them rest: when a primary has had nothing to
//! do for two beats, and its replicas agree that they have everything, nobody calls their nodes any more. Only the hosts
//! still beat, once for each pair of them, however many groups they share.
//!
//! ```text
//!             Rest(terms) ─▶                              Beat ─▶ every pace.beat, for all groups
//!  primary ─────────────────── replica      host ═════════════════════════════ host
//!             ◀─ Rests                                    ◀─ Heard: the answer of every bound replica
//! ```
//!
//! * **The node is unchanged.** Each group is one [`Node`](crate::failover::Node) a host, with its own rules. What rests
//!   costs no time at all: deadlines are in an ordered set, and a group that rests has none there.
//! * **Leases go on.** A beat between hosts binds every replica that rests under it, and its answer renews the lease of
//!   every primary that rests by it. A lease read of a group that rests wakes nobody.
//! * **Whatever is said wakes.** A write, a message from another node, a host that falls silent, comes back or was
//!   restarted: the nodes go on by their own rules from what the beats have meant until then. The first wait of a
//!   replica counts from the last beat of its primary's host.
//! * **Who cannot rest**: a node beside an [engine](crate::config::Engine::External), under a
//!   [watchdog](crate::config::Fencing::Watchdog), or with a [watched disk](crate::config::Setup::stall). They need
//!   looking after, and go on beating as if they were alone.
//!
//! # Why it is right
//!
//! *Every run of a group on such hosts is a run of its nodes alone*, in which some messages were lost and some ticks
//! came late, and every beat between the hosts was one beat of each group that rested. What is proved of nodes is
//! therefore true of groups on hosts. Three things have to be shown.
//!
//! **Not to call a node is safe**: a tick may come late, and a message may be lost, at any time.
//!
//! **A beat between hosts is a beat of the primary.** It reaches a replica that is *bound*: it follows that primary in
//! that epoch, or it is bound no longer. So a beat of the primary would have been accepted at the same instant, and would
//! have done what the replica is told before anything else happens to it: it has heard its primary, and is busy for the
//! length of the lease from **receipt**. The replica agreed to be bound only when a lease of that length was durable as
//! its ceiling, so that it remains bound across a restart, like every granter.
//!
//! **An answer between hosts is an answer of the replica.** A primary at *H* counts an answer of host *G* for a group
//! only from beats that *H* sent after the group fell asleep. By then the replica had said that it was bound. Was it
//! still so when the beat arrived? It ceases to be bound in three ways only:
//!
//! 1. *H* says that this rest is over. Then *H* has ceased to count before.
//! 2. *G* lets go: *H* was silent for too long, the replica has entered another epoch, it is moved or removed. Then *G*
//!    breaks the **bond** first. Every later answer carries the new number of the bond, and *H* learns of it before it
//!    counts: all its groups that rest by *G* wake. A bond that was broken never returns, because the number rises
//!    within a life, and the [incarnation](Bond::incarnation) from life to life.
//! 3. *H* has broken the bond itself. Then it has let go of everything that rested by *G*, before it said so.
//!
//! So the answer was the replica's, and the inequality of the [lease](crate::lease) covers it: both of its spans are
//! those of the group. A stamp counts only in the life of the host that read it, because every answer names that life.
//!
//! # What keeps it moving
//!
//! * A replica is bound only while its primary's host is heard. After [`Pace::patience`] of silence it goes on by its
//!   own rules, and stands when it has not heard its primary for as long as it ever waits. A dead host's groups are
//!   therefore served again within the patience of the hosts beyond what they would have taken by themselves; usually
//!   there is no difference, because both waits run at the same time.
//! * A primary that can no longer be reached by enough hosts wakes, finds no quorum, and resigns, as it would alone.
//! * A primary that ceases to be one while its host lives on, or just wakes, owes its replicas word of it. Every beat
//!   carries it until they have understood, or until the bond is broken, which says the same of all groups at once.
//! * Groups rest without the hosts that cannot be reached, if enough are left to elect and to acknowledge, and wake when
//!   one comes back, to find out what it lacks.
//!
//! # What is bounded
//!
//! Groups and other hosts by [`Pace`], deadlines by the groups, and words that are owed by the groups that were here
//! within the patience of the hosts; nothing else grows.
//! A change of a bond looks at every group once. Hosts that were ever met are not forgotten in one life, because the
//! number of a broken bond must not be.
//!
//! # What the embedder owes
//!
//! Besides what [every node](crate#what-the-embedder-owes) is owed: an **incarnation** that rises with every start of
//! the host and is durable before [`MultiNode::new`], and a transport that says which **host** sent an envelope. A node
//! that is carried was started in this life of the host. Nodes of one group that share neither length nor end of their
//! leases do not rest: they would not agree.
//!
//! # Invariants
//!
//! Each host's own are code: [`MultiNode::check`]. Across hosts:
//!
//! * If a primary that rests counts an answer to a beat sent at `s` for a replica, that replica was bound when the beat
//!   arrived, or the node was restarted since, and is busy for at least the length of the lease from then on.
//! * No node does or says anything in a rest that it would not have done or said alone.
//!
//! # Sources
//!
//! `CockroachDB` store liveness and leader leases (support between stores, withdrawn by raising an epoch; replicas bound
//! by it); `CockroachDB` and `TiKV` quiescence and hibernation (groups without traffic stop ticking, and what wakes
//! them); etcd #4932 (beats of many groups in one).

mod check;
mod group;
mod host;
mod io;
mod member;
mod message;
mod peer;

#[cfg(test)]
mod tests;

pub use check::Violation;
pub use host::MultiNode;
pub use io::{AddError, Event, Input, Output, Outputs, Pace, PaceError, Placement, PlacementError, Refused};
pub use message::{Bond, Envelope, GroupId, HostId, Letter, Nap, Terms};
