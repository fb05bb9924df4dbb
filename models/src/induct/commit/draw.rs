//! A counterexample to induction, drawn: the history, the machine, what happens, and what is not so any more.

use super::ghost::{Ghost, Office, Whole};
use super::judge::Move;
use super::machine::{Face, Input, Machine, Part, Said, Step};
use super::scope::name;
use crate::induct::{Breach, Cti};
use crate::world::{Envelope, Wire, World};

/// A history that satisfies the clauses and is not safe.
pub(super) fn history(whole: &Whole, breach: Breach) -> Cti {
    let before = lines(whole, &whole.ghost);
    Cti { before: before.clone(), choice: "nothing happens".into(), after: before, breach }
}

/// A step after which a clause about the history does not hold.
pub(super) fn step(
    world: &World,
    whole: &Whole,
    (me, machine, input): (usize, &Machine, Input),
    after: &Ghost,
    breach: Breach,
) -> Cti {
    let mut cti = Cti {
        before: lines(whole, &whole.ghost),
        choice: choice(me, input),
        after: lines(whole, after),
        breach,
    };
    cti.before.push(face_line(me, &machine.face(), machine));
    if let Some(step) = machine.step(world, me, input) {
        cti.after.extend(stage_lines(me, machine, &step));
    }
    cti
}

/// What another node did.
pub(super) fn interference(whole: &Whole, other: usize, step: &Move, after: &Ghost, breach: Breach) -> Cti {
    let (before, after) = (lines(whole, &whole.ghost), lines(whole, after));
    Cti { before, choice: words(other, step), after, breach }
}

/// A message that leaves too early.
pub(super) fn flight(
    whole: &Whole,
    me: usize,
    (before, after): (&Machine, &Machine),
    choice: String,
    (to, message): (u8, quorate::failover::Message<u8>),
    breach: Breach,
) -> Cti {
    let records = |machine: &Machine| format!("n{me} has {} records in flight", machine.local.flight.len());
    let mut lines = lines(whole, &whole.ghost);
    lines.extend([face_line(me, &before.face(), before), records(before)]);
    let envelope = Envelope { from: name(me), to: name(to.into()), wire: Wire::Node(message) };
    let after = vec![face_line(me, &after.face(), after), records(after), envelope.to_string()];
    Cti { before: lines, choice, after, breach }
}

/// A step that claims or does what it must not.
pub(super) fn stages(
    whole: &Whole,
    (me, machine, input): (usize, &Machine, Input),
    step: &Step,
    breach: Breach,
) -> Cti {
    let mut before = lines(whole, &whole.ghost);
    let mut after = before.clone();
    before.push(face_line(me, &machine.face(), machine));
    after.extend(stage_lines(me, machine, step));
    Cti { before, choice: choice(me, input), after, breach }
}

fn lines(whole: &Whole, ghost: &Ghost) -> Vec<String> {
    let mut lines = Vec::new();
    for epoch in whole.all_epochs() {
        let Office { owner, start, log } = *ghost.office(epoch);
        lines.push(match (owner, start) {
            (None, _) => format!("e{epoch}: has not begun"),
            (Some(owner), None) => format!("e{epoch}: n{owner} recovers"),
            (Some(owner), Some(start)) => format!("e{epoch}: n{owner} began at {start}, its log {log}"),
        });
    }
    for node in whole.quorums.each() {
        let promised = ghost.promised[node];
        let left: Vec<String> = (1..=promised)
            .map(|epoch| format!("e{epoch} {}", ghost.left[node][usize::from(epoch)]))
            .collect();
        let had = if left.is_empty() { "nothing".into() } else { left.join(", ") };
        lines.push(format!("n{node} promised e{promised}; on disk when leaving, or now: {had}"));
    }
    lines
}

pub(super) fn choice(me: usize, input: Input) -> String {
    match input {
        Input::Tick => format!("n{me} timer"),
        Input::Write => format!("write at n{me}"),
        Input::Restart => format!("n{me} crashes and restarts"),
        Input::Said { epoch, from, what } => {
            let from = name(from.into());
            let what = match what {
                Said::Append { log, from, to, committed } => {
                    format!("append of {log} from {from} to {to}, committed {committed}")
                }
                Said::Fetched { from, log } => format!("fetched {log} from {from} on"),
                Said::Granted(log) => format!("granted, with {log}"),
                Said::Promised(log) => format!("promised, with {log}"),
                said @ (Said::Vote
                | Said::Refused
                | Said::Beat
                | Said::Revoke
                | Said::Fetch(_)
                | Said::Ack(_)
                | Said::Gap(_)) => format!("{said:?}").to_lowercase(),
            };
            format!("{from}→n{me} e{epoch} {what}")
        }
    }
}

fn face_line(me: usize, face: &Face, machine: &Machine) -> String {
    let Face { epoch, promised, vote, log, disk, committed, part } = face;
    let log = log.map_or("an unreadable log".into(), |log| log.to_string());
    let disk = disk.map_or("an unreadable log".into(), |log| log.to_string());
    let part = match part {
        Part::Follower => "follower".into(),
        Part::Candidate => format!("candidate {:?}", machine.counted),
        Part::Recovering { donor } => {
            format!("primary, recovering from {donor:?}, promises {:?}", machine.counted)
        }
        Part::Begun { start, acked, active } => {
            format!("primary{} from {start}, acknowledged {acked:?}", if *active { ", active," } else { "" })
        }
    };
    let vote = vote.map_or(String::new(), |vote| format!(", voted n{vote}"));
    format!("n{me} in e{epoch} {log}, committed {committed}; on disk e{promised}{vote} {disk}; {part}")
}

fn stage_lines(me: usize, machine: &Machine, step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, stage) in step.stages.iter().enumerate() {
        let when = if at == 0 { "at once" } else { "flushed" };
        let now = Machine { local: machine.local.clone(), counted: stage.counted.clone() };
        lines.push(format!("{when}: {}", face_line(me, &stage.face, &now)));
        for (to, message) in &stage.sent {
            let envelope =
                Envelope { from: name(me), to: name((*to).into()), wire: Wire::Node(message.clone()) };
            lines.push(format!("{when}: {envelope}"));
        }
    }
    lines
}

/// A move, in words.
pub(super) fn words(me: usize, step: &Move) -> String {
    match step {
        Move::Enter(epoch) => format!("n{me} enters e{epoch}"),
        Move::TakeOver(log) => format!("n{me} takes over {log}"),
        Move::Begin { log, .. } => format!("n{me} begins with {log}"),
        Move::Grow => format!("n{me} writes"),
        Move::Copy(log) => format!("n{me} copies {log}"),
    }
}
