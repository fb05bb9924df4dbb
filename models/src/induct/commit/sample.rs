//! Sampled induction: for scopes that are too large to be taken whole, histories at random, a machine in each, and a
//! walk of steps, every one of them judged.
//!
//! A sample is a history that satisfies every clause and a machine that the production code was led into in it. Then
//! things happen: to the machine whatever the clauses allow, and to the history what other nodes may do. After each,
//! every clause is asked for again – in full, with nothing taken for granted as [`super::moves`] does – and also that
//! the machine still is one that the clauses allow, whatever the others did. What is found is made smaller by making
//! its tape of choices smaller, first by leaving out, then by choosing what is simpler.

use super::draw;
use super::ghost::{Ghost, SAFE, Whole, safe};
use super::judge::{Verdict, judge};
use super::machine::{Input, Machine, Part, Said};
use super::moves::{RELATION, abstract_commit_step, broken_by, moves};
use super::prefix::Prefix;
use super::random::{Random, Tape, history};
use super::scope::{Quorums, Scope, name};
use super::view::{FITS, Seat, Source, Standing, alone};
use crate::induct::{Breach, Cti, Report, ScopeError};
use crate::invariant::state::gates_hold;
use crate::world::World;
use quorate::rule::{RuleSet, without};
use std::sync::Arc;

/// How many things happen in one sample.
const WALK: usize = 24;

pub(super) struct Sampler {
    scope: Scope,
    world: World,
    quorums: Arc<Quorums>,
}

/// What came of one sample.
#[derive(Default)]
struct Sample {
    states: u64,
    steps: u64,
    found: Option<Cti>,
}

impl Sampler {
    pub(super) fn new(scope: Scope, off: RuleSet) -> Result<Self, ScopeError> {
        let world = scope.world(off)?;
        let quorums = Arc::new(Quorums::of(&world)?);
        Ok(Self { scope, world, quorums })
    }

    /// So many samples, or fewer if something breaks.
    pub(super) fn run(&self, seed: u64, count: u64) -> Report {
        let mut report = Report { scope: format!("{}, {count} samples", self.scope), ..Report::default() };
        let mut random = Random(seed);
        without(self.world.rules_off(), || {
            for _ in 0..count {
                let mut tape = Tape::new(random.bytes(240));
                let sample = self.sample(&mut tape);
                report.states += sample.states;
                report.steps += sample.steps;
                if let Some(cti) = sample.found {
                    report.counterexample = Some(self.smaller(tape.used().to_vec(), cti));
                    return;
                }
            }
        });
        report
    }

    /// The same breach from a smaller tape.
    fn smaller(&self, mut tape: Vec<u8>, mut cti: Cti) -> Cti {
        let mut size = tape.len();
        while size > 0 {
            let mut at = 0;
            while at < tape.len() {
                let end = (at + size).min(tape.len());
                let shorter = [&tape[..at], &tape[end..]].concat();
                let simpler = [&tape[..at], &vec![0; end - at][..], &tape[end..]].concat();
                let found = [shorter, simpler].into_iter().filter(|other| *other != tape).find_map(|other| {
                    let mut tape = Tape::new(other);
                    let found = self
                        .sample(&mut tape)
                        .found
                        .filter(|found| found.breach.clause == cti.breach.clause)?;
                    Some((tape.used().to_vec(), found))
                });
                match found {
                    Some(smaller) => (tape, cti) = smaller,
                    None => at += size,
                }
            }
            size /= 2;
        }
        cti
    }

    /// So many walks of a machine whose records stay in flight, in whatever history the inputs are from.
    pub(super) fn gates(&self, seed: u64, count: u64) -> Report {
        let mut report = Report {
            scope: format!("{}, {count} walks with records in flight", self.scope),
            ..Report::default()
        };
        let mut random = Random(seed);
        without(self.world.rules_off(), || {
            for _ in 0..count {
                let mut tape = Tape::new(random.bytes(240));
                let ghost = history(self.scope, &self.quorums, &mut tape);
                let whole = Whole { quorums: Arc::clone(&self.quorums), epochs: self.scope.epochs, ghost };
                let me = tape.choose(self.quorums.nodes);
                let Some(machine) = self.machine(&ghost, me, &mut tape) else { continue };
                report.states += 1;
                if let Some(cti) = self.fly(&whole, me, machine, &mut tape, &mut report.steps) {
                    report.counterexample = Some(cti);
                    return;
                }
            }
        });
        report
    }

    /// One such walk: each message that leaves is judged against the disk at that moment.
    fn fly(
        &self,
        whole: &Whole,
        me: usize,
        mut machine: Machine,
        tape: &mut Tape,
        steps: &mut u64,
    ) -> Option<Cti> {
        let seat = Seat::of(&whole.ghost, me);
        for _ in 0..2 * WALK {
            let before = machine.clone();
            let flush = tape.choose(4) == 3;
            let input = if flush {
                None
            } else {
                self.input(whole, me, &seat, &machine, tape).map(|(input, _)| input)
            };
            let left = machine.fly(&self.world, me, input)?;
            *steps += 1;
            for (to, message) in left {
                if let Err(why) = gates_hold(name(me), &message, &machine.local, None) {
                    let breach = Breach { clause: "gates-hold", why };
                    let what = input.map_or_else(|| "flushed".into(), |input| draw::choice(me, input));
                    return Some(draw::flight(whole, me, (&before, &machine), what, (to, message), breach));
                }
            }
        }
        None
    }

    fn sample(&self, tape: &mut Tape) -> Sample {
        let mut sample = Sample::default();
        let ghost = history(self.scope, &self.quorums, tape);
        let mut whole = Whole { quorums: Arc::clone(&self.quorums), epochs: self.scope.epochs, ghost };
        if let Err(why) = safe(&whole) {
            let breach = Breach { clause: SAFE.name, why };
            sample.found = Some(draw::history(&whole, breach));
            return sample;
        }
        // Who may still become primary of its epoch shows most.
        let open =
            self.quorums.each().filter(|me| matches!(Seat::of(&whole.ghost, *me).standing, Standing::Free));
        let open: Vec<usize> = open.collect();
        let nodes: Vec<usize> =
            self.quorums.each().chain(open.iter().copied()).chain(open.iter().copied()).collect();
        let me = nodes[tape.choose(nodes.len())];
        let Some(mut machine) = self.machine(&whole.ghost, me, tape) else { return sample };
        sample.states = 1;
        for _ in 0..WALK {
            let result = if tape.choose(4) == 3 {
                self.interfere(&mut whole, me, &machine, tape)
            } else {
                sample.steps += 1;
                self.step(&mut whole, me, &mut machine, tape)
            };
            if let Err(cti) = result {
                sample.found = Some(*cti);
                break;
            }
        }
        sample
    }

    /// A machine of `me` in this history: what starts from its disk, or who just stood for the epoch it promised.
    fn machine(&self, ghost: &Ghost, me: usize, tape: &mut Tape) -> Option<Machine> {
        let seat = Seat::of(ghost, me);
        let fits = |machine: &Machine| seat.holds(&machine.face(), &machine.counted);
        let may_stand = seat.promised > 0 && self.quorums.candidates >> me & 1 == 1;
        if tape.choose(4) > 0 && may_stand {
            let image = Machine::image(&self.world, seat.promised - 1, None, seat.entered);
            let stood = Machine::reborn(&self.world, me, &image).step(&self.world, me, Input::Tick)?.after;
            if fits(&stood) {
                return Some(stood);
            }
        }
        let votes: Vec<Option<usize>> = std::iter::once(None).chain(self.quorums.each().map(Some)).collect();
        let mine = ghost.owns(me, seat.promised);
        let vote = if mine { Some(me) } else { votes[tape.choose(votes.len())] };
        let image = Machine::image(&self.world, seat.promised, vote, seat.disk);
        Some(Machine::reborn(&self.world, me, &image)).filter(fits)
    }

    /// Another node does something.
    fn interfere(
        &self,
        whole: &mut Whole,
        me: usize,
        machine: &Machine,
        tape: &mut Tape,
    ) -> Result<(), Box<Cti>> {
        let other = tape.choose(self.quorums.nodes);
        if other == me {
            return Ok(());
        }
        let moves = moves(&self.quorums, self.scope.epochs, &whole.ghost, other, self.scope.writes);
        if moves.is_empty() {
            return Ok(());
        }
        let step = &moves[tape.choose(moves.len())];
        let cause = (me, machine, Input::Tick);
        if let Some((breach, after)) = broken_by(whole, other, step) {
            return Err(Box::new(draw::interference(whole, other, step, &after, breach)));
        }
        let before = whole.ghost;
        whole.ghost = before.after(other, step);
        let seat = Seat::of(&whole.ghost, me);
        // Two primaries of one epoch are ruled out by the election.
        let second = whole.ghost.office(seat.promised).owner == Some(other as u8);
        if !second && !seat.holds(&machine.face(), &machine.counted) {
            let after = std::mem::replace(&mut whole.ghost, before);
            let why = format!("n{me} is no longer what the clauses allow after {}", draw::words(other, step));
            let breach = Breach { clause: FITS.name, why };
            return Err(Box::new(draw::step(&self.world, whole, cause, &after, breach)));
        }
        if second {
            whole.ghost = before;
        }
        Ok(())
    }

    /// Something happens to the machine.
    fn step(
        &self,
        whole: &mut Whole,
        me: usize,
        machine: &mut Machine,
        tape: &mut Tape,
    ) -> Result<(), Box<Cti>> {
        let seat = Seat::of(&whole.ghost, me);
        let face = machine.face();
        let Some((input, known)) = self.input(whole, me, &seat, machine, tape) else { return Ok(()) };
        let Some(step) = machine.step(&self.world, me, input) else { return Ok(()) };
        let cause = (me, &*machine, input);
        let moves = match judge(&self.quorums, &seat, known, (machine, &face), input, &step) {
            Ok(Verdict::Excluded) => return Ok(()),
            Ok(Verdict::Moves(moves)) => moves,
            Err(breach) => return Err(Box::new(draw::stages(whole, cause, &step, breach))),
        };
        let mut now = whole.clone();
        for step in &moves {
            if let Err(part) = abstract_commit_step(&now, me, step) {
                let breach = Breach { clause: RELATION.name, why: part.into() };
                return Err(Box::new(draw::step(&self.world, whole, cause, &now.ghost, breach)));
            }
            if let Some((breach, after)) = broken_by(&now, me, step) {
                return Err(Box::new(draw::step(&self.world, whole, cause, &after, breach)));
            }
            now.ghost = now.ghost.after(me, step);
        }
        if let Err(why) = safe(&now) {
            let breach = Breach { clause: SAFE.name, why };
            return Err(Box::new(draw::step(&self.world, whole, cause, &now.ghost, breach)));
        }
        let seat = Seat::of(&now.ghost, me);
        if !seat.holds(&step.after.face(), &step.after.counted) {
            let breach = Breach { clause: FITS.name, why: format!("n{me} in {seat:?}") };
            return Err(Box::new(draw::step(&self.world, whole, cause, &now.ghost, breach)));
        }
        (*whole, *machine) = (now, step.after);
        Ok(())
    }

    fn input(
        &self,
        whole: &Whole,
        me: usize,
        seat: &Seat,
        machine: &Machine,
        tape: &mut Tape,
    ) -> Option<(Input, Option<super::view::Known>)> {
        let face = machine.face();
        let kind = tape.choose(8);
        if kind > 5 {
            let alone = alone(&face, self.scope.writes);
            // A write is what makes logs differ; a restart ends a walk early.
            return Some((alone[alone.len() - 1 - tape.choose(alone.len())], None));
        }
        let others: Vec<usize> = self.quorums.each().filter(|from| *from != me).collect();
        let from = others[tape.choose(others.len())];
        // Mostly the epoch it is in.
        let here = seat.promised.max(1);
        let epochs: Vec<u8> = (0..4).map(|_| here).chain(whole.all_epochs()).collect();
        let epoch = epochs[tape.choose(epochs.len())];
        let mut source = Source::of(&whole.ghost, epoch, from);
        if whole.ghost.owns(me, epoch) {
            source.owner = super::view::Holder::Receiver;
        }
        let mut said = source.says(&self.quorums, self.scope, seat);
        if kind > 0 && said.iter().any(|what| awaited(&face.part, *what)) {
            said.retain(|what| awaited(&face.part, *what));
        }
        let what = said[said.len() - 1 - tape.choose(said.len())];
        let counted = |node: u8| machine.counted.iter().find(|(other, _)| *other == node).map(|it| it.1);
        let known = source.known(what);
        // What it counts of the sender is what the sender promised: a clause about the two of them.
        let differs = known.promise.is_some_and(|(node, log): (u8, Prefix)| {
            epoch == seat.promised && counted(node).is_some_and(|counted| counted != log)
        });
        (!differs).then_some((Input::Said { epoch, from: from as u8, what }, Some(known)))
    }
}

/// Whether a machine that plays this part waits for such a message.
fn awaited(part: &Part, what: Said) -> bool {
    match what {
        Said::Granted(_) | Said::Promised(_) | Said::Fetched { .. } => {
            matches!(part, Part::Candidate | Part::Recovering { .. })
        }
        Said::Ack(_) | Said::Gap(_) => matches!(part, Part::Begun { .. }),
        Said::Append { .. } => matches!(part, Part::Follower),
        Said::Vote | Said::Refused | Said::Beat | Said::Revoke | Said::Fetch(_) => false,
    }
}
