//! What the parts of the failover node take from each other.

use super::Part::{Commit, Config, Election, Lease};
use super::{Backing, Face, Fact, Step, Test, is_active};
use crate::induct::Stated;
use crate::induct::elect::each;
use crate::induct::relation::{self, Exchange};
use crate::world::{Act, Database, Envelope, Local, Wire};
use quorate::commit::Promise;
use quorate::config::Settings;
use quorate::failover::{Body, Message, Node, Phase, Request};
use quorate::id::{Epoch, NodeId, NodeSet};
use quorate::time::Span;

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// Every fact.
pub const FACTS: &[Fact] = &[
    Fact {
        stated: Stated {
            name: "an-epoch-has-one-primary",
            doc: "An epoch is won by one node. (Once: abstract-election-step.)",
            source: "election: one-primary-per-epoch; with changes of voters, config: one-primary-per-epoch",
        },
        by: Election,
        of: &[Commit, Lease, Config],
        test: Test::Two(an_epoch_has_one_primary),
    },
    Fact {
        stated: Stated {
            name: "votes-that-count-are-backed",
            doc: "Whose vote a candidate counts has it on disk, or has left the epoch since; so it has left every \
                  older one.",
            source: "election: counted-votes-are-durable",
        },
        by: Election,
        of: &[Commit, Lease, Config],
        test: Test::Two(votes_that_count_are_backed),
    },
    Fact {
        stated: Stated {
            name: "who-leads-backs-itself",
            doc: "Who leads an epoch has its own vote in it on disk: it has promised it, and left every older one.",
            source: "election: who-led-had-a-quorum, candidates-vote-first",
        },
        by: Election,
        of: &[Commit, Config],
        test: Test::One(who_leads_backs_itself),
    },
    Fact {
        stated: Stated {
            name: "abstract-election-step",
            doc: "Whatever else happens in a step, ballots, roles and votes move as in the abstract election.",
            source: "quorate_models::induct::relation; election: a-step-of-the-abstract-election",
        },
        by: Election,
        of: &[Commit, Lease, Config],
        test: Test::Step(abstract_election_step),
    },
    Fact {
        stated: Stated {
            name: "no-older-lease-is-valid",
            doc: "When a newer epoch is active, no older lease is valid: what is read under a lease is not superseded.",
            source: "lease: lease-exclusion",
        },
        by: Lease,
        of: &[Commit],
        test: Test::Two(no_older_lease_is_valid),
    },
    Fact {
        stated: Stated {
            name: "who-is-active-has-waited",
            doc: "A primary becomes active only when the wait that its voters reported is over, whatever it did \
                  meanwhile.",
            source: "lease: waits-cover-answers",
        },
        by: Lease,
        of: &[Commit],
        test: Test::Step(who_is_active_has_waited),
    },
    Fact {
        stated: Stated {
            name: "votes-report-the-obligation",
            doc: "A vote that is sent in the step in which it is cast reports at least what its voter was bound by.",
            source: "lease: reports-cover-answers",
        },
        by: Election,
        of: &[Lease],
        test: Test::Step(votes_report_the_obligation),
    },
    Fact {
        stated: Stated {
            name: "obligations-end-by-time",
            doc: "What a node is bound by ends by time, by a restart, or by a power-off that is confirmed; by nothing \
                  else that it does.",
            source: "lease: grants-cover-answers",
        },
        by: Lease,
        of: &[Election, Commit],
        test: Test::Step(obligations_end_by_time),
    },
    Fact {
        stated: Stated {
            name: "votes-report-the-log",
            doc: "A promise, with a vote or alone, says what is on the disk, in the epoch that is on the disk.",
            source: "commit: promises-are-durable",
        },
        by: Commit,
        of: &[Election, Config],
        test: Test::Step(votes_report_the_log),
    },
    Fact {
        stated: Stated {
            name: "logs-change-by-their-primary",
            doc: "A log changes by what the primary that the node follows sends in the node's epoch, or by the node that \
                  is that primary.",
            source: "commit: disks-follow-one-log, only-the-primary-appends",
        },
        by: Commit,
        of: &[Election, Lease, Config],
        test: Test::Step(logs_change_by_their_primary),
    },
    Fact {
        stated: Stated {
            name: "who-begins-was-promised",
            doc: "Who begins to replicate was promised, of each part of the configuration in force, by so many that the \
                  others cannot acknowledge without them; unless loss is accepted.",
            source: "commit: abstract-commit-step",
        },
        by: Commit,
        of: &[Election, Config],
        test: Test::Step(who_begins_was_promised),
    },
    Fact {
        stated: Stated {
            name: "acks-are-flushed",
            doc: "What is acknowledged to a primary is on the disk, in the epoch that is on the disk.",
            source: "commit: acks-are-durable",
        },
        by: Commit,
        of: &[Election, Config],
        test: Test::Step(acks_are_flushed),
    },
    Fact {
        stated: Stated {
            name: "commits-are-held",
            doc: "What a primary comes to take for committed, every family in force holds; and it reaches the start of \
                  the primary's own epoch.",
            source: "commit: commits-by-an-ack-set",
        },
        by: Commit,
        of: &[Config],
        test: Test::Step(commits_are_held),
    },
    Fact {
        stated: Stated {
            name: "a-campaign-is-of-one-configuration",
            doc: "While a node stands in an epoch its configuration stays the same: votes are counted by one.",
            source: "config: campaigns-keep-their-configuration",
        },
        by: Config,
        of: &[Election, Commit],
        test: Test::Step(campaigns_keep_their_configuration),
    },
    Fact {
        stated: Stated {
            name: "votes-go-to-who-is-not-behind",
            doc: "A vote goes to a candidate whose configuration is not older than the voter's.",
            source: "config: voters-follow-the-newest",
        },
        by: Config,
        of: &[Election],
        test: Test::Step(votes_go_to_who_is_not_behind),
    },
    Fact {
        stated: Stated {
            name: "settings-are-alone-when-they-hold-all",
            doc: "New settings are published alone only after both together, when what acknowledges does so by both, and \
                  an ack set of the new ones holds everything acknowledged so far.",
            source: "quorate::config, the five steps; Patroni quorum state resolver",
        },
        by: Config,
        of: &[Commit],
        test: Test::Step(settings_are_alone_when_they_hold_all),
    },
];

// ---- machines ------------------------------------------------------------------------------------------

fn an_epoch_has_one_primary(one: &Face, other: &Face) -> Result<(), String> {
    let both = one.leads.filter(|epoch| other.leads == Some(*epoch));
    both.map_or(Ok(()), |epoch| Err(format!("{} and {} both lead e{epoch}", one.id, other.id)))
}

fn votes_that_count_are_backed(one: &Face, other: &Face) -> Result<(), String> {
    let Some((epoch, votes)) = one.stands else { return Ok(()) };
    let backing = backing(other, epoch);
    ensure(!votes.contains(other.id) || backing.allows(one.id), || {
        format!("{} counts the vote of {} in e{epoch}, whose disk says {backing:?}", one.id, other.id)
    })
}

fn who_leads_backs_itself(face: &Face) -> Result<(), String> {
    let Some(epoch) = face.leads else { return Ok(()) };
    let backing = backing(face, epoch);
    ensure(backing.allows(face.id), || format!("{} leads e{epoch}, and its disk says {backing:?}", face.id))
}

fn backing(face: &Face, epoch: u8) -> Backing {
    each(&face.backs).find(|(at, _)| *at == epoch).map(|(_, backing)| backing).unwrap_or_default()
}

fn no_older_lease_is_valid(one: &Face, other: &Face) -> Result<(), String> {
    let older = one.leads < other.leads;
    ensure(!(one.leased && other.active && older), || {
        format!("the lease of {} is valid, and {} is active in a newer epoch", one.id, other.id)
    })
}

// ---- steps ---------------------------------------------------------------------------------------------

/// The node before and after, if it was running all the time.
fn ran<'s>(step: &Step<'s>) -> Option<(&'s Node<u8>, &'s Node<u8>)> {
    let goes_on = !matches!(step.act, Act::Crash { .. } | Act::Restart);
    step.before.node.as_ref().zip(step.after.node.as_ref()).filter(|_| goes_on)
}

/// The vote that this step was asked for, and how much its voter says to be bound by.
fn vote<'s>(step: &Step<'s>) -> Option<(&'s Message<u8>, Span)> {
    let Act::Deliver(from, Wire::Node(asked @ Message { body: Body::Vote { .. }, .. })) = step.act else {
        return None;
    };
    let granted = |envelope: &Envelope| match &envelope.wire {
        Wire::Node(Message { epoch, body: Body::Granted { busy, .. } })
            if *epoch == asked.epoch && envelope.to == *from =>
        {
            Some(busy.unwrap_or_default())
        }
        Wire::Node(_) | Wire::Engine(_) => None,
    };
    step.sent.iter().find_map(|envelope| granted(envelope)).map(|busy| (asked, busy))
}

fn abstract_election_step(step: &Step<'_>) -> Result<(), String> {
    if matches!(step.act, Act::Age(_)) {
        return Ok(());
    }
    // Votes are counted by the configuration under which it stands.
    let known = step.before.node.as_ref().map_or(&step.before.disk.hard, Node::hard);
    let elects = |set| known.config.elects(set);
    let part = relation::step_of_local(step.id, step.before, step.act, step.after, step.sent, elects).err();
    part.map_or(Ok(()), |part| {
        let Exchange { asked_by, granted_by, .. } = Exchange::of(step.act, step.sent);
        Err(format!(
            "no step of the abstract election, in which {part} (asked {asked_by:?}, granted {granted_by:?})"
        ))
    })
}

fn who_is_active_has_waited(step: &Step<'_>) -> Result<(), String> {
    let Some((before, after)) = ran(step) else { return Ok(()) };
    let begins = is_active(after) && !(is_active(before) && before.epoch() == after.epoch());
    ensure(!begins || after.wait_left() == Span::ZERO, || {
        format!("{} is active in {} and should wait for {:?}", step.id, after.epoch(), after.wait_left())
    })
}

fn votes_report_the_obligation(step: &Step<'_>) -> Result<(), String> {
    let (Some((before, _)), Some((asked, busy))) = (ran(step), vote(step)) else { return Ok(()) };
    // A release frees the granter of what it covers.
    let released = matches!(asked.body, Body::Vote { token: Some(_), .. });
    let bound = before.busy_left();
    ensure(released || busy >= bound, || format!("{} is bound for {bound:?} and reports {busy:?}", step.id))
}

fn obligations_end_by_time(step: &Step<'_>) -> Result<(), String> {
    let Some((before, after)) = ran(step) else { return Ok(()) };
    let confirmed = matches!(step.act, Act::Age(_) | Act::Ask(Request::PoweredOff(_)));
    let (was, is) = (before.busy_left(), after.busy_left());
    ensure(confirmed || was <= is, || format!("{} was bound for {was:?}, and is for {is:?}", step.id))
}

/// What a message promises, and to which epoch.
fn promised(envelope: &Envelope) -> Option<(Epoch, &Promise)> {
    match &envelope.wire {
        Wire::Node(Message { epoch, body: Body::Granted { promise, .. } | Body::Promised { promise } }) => {
            Some((*epoch, promise))
        }
        Wire::Node(_) | Wire::Engine(_) => None,
    }
}

fn votes_report_the_log(step: &Step<'_>) -> Result<(), String> {
    let disk = step.after.disk.hard.epoch();
    let log = step.after.engine.as_ref().map_or(&step.after.disk.log, |engine| &engine.log);
    step.sent.iter().filter_map(|envelope| promised(envelope)).try_for_each(|(epoch, promise)| {
        ensure(epoch <= disk, || format!("{} promises {epoch}, and {disk} is on its disk", step.id))?;
        let shared = promise.history.common(promise.len, log.history()).min(log.len());
        ensure(epoch < disk || shared == promise.len, || {
            let (said, has) = (&promise.history, log.history());
            format!("{} promises {said:?} of {}, and has {has:?} of {}", step.id, promise.len, log.len())
        })
    })
}

fn logs_change_by_their_primary(step: &Step<'_>) -> Result<(), String> {
    let Some((before, after)) = ran(step) else { return Ok(()) };
    let told = match step.act {
        Act::Deliver(from, Wire::Node(Message { epoch, body })) => {
            let copies = matches!(body, Body::Append(_) | Body::Snapshot { .. });
            copies && *epoch == after.epoch() && after.primary() == Some(*from)
        }
        _no_message => false,
    };
    let (was, is) = (before.log(), after.log());
    let same = was.len() == is.len() && was.history() == is.history();
    // Of a database the node only learns what it did. Who leads fetches from a donor.
    let free = after.phase().is_some() || before.phase().is_some() || step.after.engine.is_some();
    ensure(same || told || free, || format!("the log of {} changed by something else", step.id))
}

/// Who promised something to this node in this step.
fn promises_now<'s>(step: &Step<'s>, epoch: Epoch) -> Option<&'s NodeId> {
    match step.act {
        Act::Deliver(from, Wire::Node(Message { epoch: of, body })) if *of == epoch => {
            matches!(body, Body::Granted { .. } | Body::Promised { .. }).then_some(from)
        }
        _no_promise => None,
    }
}

fn who_begins_was_promised(step: &Step<'_>) -> Result<(), String> {
    let Some((before, after)) = ran(step) else { return Ok(()) };
    let has_begun = |node: &Node<u8>| node.phase().is_some_and(Phase::has_begun);
    let same = before.epoch() == after.epoch();
    if !has_begun(after) || (same && has_begun(before)) || after.accepts_loss() {
        return Ok(());
    }
    let known = if same { before.promised() } else { NodeSet::EMPTY };
    // Its own log changes for nobody else any more: it leads.
    let now = promises_now(step, after.epoch()).copied().into_iter().chain([step.id]).collect();
    let promised = known.union(now);
    let reached = |part: &Settings| part.acks().is_none_or(|acks| !acks.holds(part.data().minus(promised)));
    ensure(after.hard().config.parts().all(reached), || {
        format!("{} begins in {}, and only {promised} promised", step.id, after.epoch())
    })
}

fn acks_are_flushed(step: &Step<'_>) -> Result<(), String> {
    let (disk, flushed) = (step.after.disk.hard.epoch(), step.after.flushed());
    step.sent.iter().try_for_each(|envelope| {
        let Wire::Node(Message { epoch, body: Body::Ack { len } | Body::Gap { len } }) = &envelope.wire
        else {
            return Ok(());
        };
        ensure(*epoch <= disk && (*epoch < disk || *len <= flushed), || {
            format!("{} acknowledges {len} in {epoch}, and {flushed} in {disk} is on its disk", step.id)
        })
    })
}

fn commits_are_held(step: &Step<'_>) -> Result<(), String> {
    let Some((before, after)) = ran(step) else { return Ok(()) };
    let Some(replication) = after.replication() else { return Ok(()) };
    let (was, is) = (before.committed(), after.committed());
    let (holders, start) = (replication.holders(is), replication.start);
    ensure(is <= was || start <= is, || {
        format!("{} takes {is} for committed, below the start {start} of {}", step.id, after.epoch())
    })?;
    ensure(is <= was || after.hard().config.acknowledges(holders), || {
        format!("{} takes {is} for committed, which {holders} hold", step.id)
    })
}

fn campaigns_keep_their_configuration(step: &Step<'_>) -> Result<(), String> {
    let Some((before, after)) = ran(step) else { return Ok(()) };
    let stands = |node: &Node<u8>| node.role() == "candidate";
    let same = stands(before) && stands(after) && before.epoch() == after.epoch();
    let (was, is) = (before.hard().config_id(), after.hard().config_id());
    ensure(!same || was == is, || format!("{} stood under {was}, and now under {is}", step.id))
}

fn votes_go_to_who_is_not_behind(step: &Step<'_>) -> Result<(), String> {
    let (Some((before, _)), Some((asked, _))) = (ran(step), vote(step)) else { return Ok(()) };
    let Body::Vote { config, .. } = &asked.body else { return Ok(()) };
    let own = before.hard().config_id();
    ensure(own <= *config, || format!("{} has {own} and votes for a candidate with {config}", step.id))
}

/// How much was acknowledged to clients.
fn acknowledged(id: NodeId, local: &Local, node: &Node<u8>) -> u64 {
    let engine = local.engine.as_ref().and_then(|engine| engine.acknowledged(id));
    engine.map_or(0, |(_, len)| len).max(node.committed())
}

fn settings_are_alone_when_they_hold_all(step: &Step<'_>) -> Result<(), String> {
    let Some((before, after)) = ran(step) else { return Ok(()) };
    let (was, is) = (&before.hard().config, &after.hard().config);
    let publishes = before.phase().is_some() && before.epoch() == after.epoch() && was.id != is.id;
    if !publishes || is.next.is_some() {
        return Ok(());
    }
    let id = step.id;
    ensure(was.next.as_deref() == Some(&is.settings), || {
        format!("{id} publishes {} alone, and {} was not both together", is.id, was.id)
    })?;
    let tenure = step.after.engine.as_ref().and_then(Database::tenure);
    let acks = tenure.map_or(was.id, |tenure| tenure.acks.id);
    ensure(acks >= was.id, || format!("{id} publishes {} alone, and acknowledges by {acks}", is.id))?;
    let Some(replication) = after.replication().or(before.replication()) else { return Ok(()) };
    // Before the step it may have acknowledged by another family.
    let acked = acknowledged(id, step.before, before).max(acknowledged(id, step.after, after));
    let counted = replication.holders(acked);
    // What a database has heard of others its node may not have heard yet.
    let holders =
        tenure.map_or(counted, |tenure| tenure.held.keys_where(|held| *held >= acked).union(counted));
    ensure(is.settings.acks().is_none_or(|acks| acks.holds(holders)), || {
        format!("{id} publishes {} alone, and only {holders} hold what is acknowledged up to {acked}", is.id)
    })
}
