//! The engine: every history, every view in it, every machine in every view, every input; and every beginning in
//! every history.

use super::draw;
use super::fast::Fast;
use super::ghost::{CLAUSES, Ghost, Whole, safe};
use super::judge::{Move, Verdict, judge};
use super::machine::{Face, Input, Machine, Part, Step};
use super::moves::{RELATION, abstract_commit_step, broken_by};
use super::prefix::Prefix;
use super::scope::{Quorums, Scope};
use super::states;
use super::survey::{Seen, Survey};
use super::view::{FITS, Holder, Known, Seat, Source, Standing, alone};
use crate::induct::{Breach, Clause, Cti, Report, ScopeError};
use crate::world::World;
use quorate::rule::{RuleSet, without};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// One input in all the views in which a step by it is judged alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Case {
    seat: Seat,
    input: Input,
    known: Option<Known>,
}

/// An epoch that a machine began: in which, with which log in memory, by which promises.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Beginning {
    me: u8,
    epoch: u8,
    on: Prefix,
    by: Vec<(u8, Prefix)>,
    log: Prefix,
}

/// Promises to one epoch, by node, and the log on disk of who counts them.
type Table = (u8, Prefix, Vec<(u8, Prefix)>);

/// An epoch, who won it, and whose promises it counted.
type Asked = (u8, u8, Vec<(u8, Prefix)>);

/// Where a machine belongs: who, with which epoch and log on disk.
type Place = (u8, u8, Prefix);

/// What made a machine begin.
type Cause = (Machine, Input);

pub(super) struct Engine {
    scope: Scope,
    world: World,
    quorums: Arc<Quorums>,
    renamings: Vec<Vec<usize>>,
    cases: HashMap<Place, Vec<(Case, Seen)>, Fast>,
    /// Seats in which a machine can be, for what it does by itself.
    seats: HashMap<Place, Vec<(Seat, Seen)>, Fast>,
    /// What somebody may have counted while recovering, in some history.
    tables: HashSet<Table, Fast>,
    known: HashSet<Machine, Fast>,
    waiting: Vec<(usize, Machine)>,
    beginnings: BTreeMap<Beginning, Cause>,
    report: Report,
    views: u64,
    calls: u64,
    excluded: u64,
}

/// Why an induction ends early.
type Ended = Box<Cti>;

impl Engine {
    pub(super) fn new(scope: Scope, off: RuleSet) -> Result<Self, ScopeError> {
        let world = scope.world(off)?;
        let quorums = Arc::new(Quorums::of(&world)?);
        let report = Report { scope: scope.to_string(), ..Report::default() };
        Ok(Self {
            scope,
            world,
            renamings: quorums.renamings(),
            quorums,
            cases: HashMap::default(),
            seats: HashMap::default(),
            tables: HashSet::default(),
            known: HashSet::default(),
            waiting: Vec::new(),
            beginnings: BTreeMap::new(),
            report,
            views: 0,
            calls: 0,
            excluded: 0,
        })
    }

    /// The whole induction.
    pub(super) fn run(mut self) -> Report {
        let ended = without(self.world.rules_off(), || self.induct());
        self.report.counterexample = ended.err().map(|cti| *cti);
        self.report.besides.extend([
            ("views", self.views),
            ("cases", self.cases.values().map(|cases| cases.len() as u64).sum()),
            ("machines", self.known.len() as u64),
            ("production steps", self.calls),
            ("second primaries, left to the election", self.excluded),
            ("beginnings", self.beginnings.len() as u64),
        ]);
        self.report
    }

    fn induct(&mut self) -> Result<(), Ended> {
        self.first_holds()?;
        self.survey()?;
        self.tabulate();
        let quorums = Arc::clone(&self.quorums);
        for me in quorums.each().filter(|me| quorums.role(*me) == *me) {
            self.meet(me, Machine::first(&self.world, me));
        }
        while let Some((me, machine)) = self.waiting.pop() {
            self.drive(me, &machine)?;
        }
        self.begin_everywhere()?;
        self.report.exhaustive = true;
        Ok(())
    }

    /// The first state satisfies every clause.
    fn first_holds(&self) -> Result<(), Ended> {
        let whole = self.whole(Ghost::FIRST);
        let history = Clause::first_broken(CLAUSES, &whole);
        let machines = self.quorums.each().find_map(|me| {
            let machine = Machine::first(&self.world, me);
            let fits = Seat::of(&whole.ghost, me).holds(&machine.face(), &machine.counted);
            (!fits).then(|| Breach { clause: FITS.name, why: format!("n{me} at the beginning") })
        });
        history.or(machines).map_or(Ok(()), |breach| Err(Box::new(draw::history(&whole, breach))))
    }

    fn whole(&self, ghost: Ghost) -> Whole {
        Whole { quorums: Arc::clone(&self.quorums), epochs: self.scope.epochs, ghost }
    }

    // ---- histories -------------------------------------------------------------------------------------

    /// Takes every history: asks whether it is safe, and notes every view in it.
    fn survey(&mut self) -> Result<(), Ended> {
        let (scope, quorums) = (self.scope, Arc::clone(&self.quorums));
        let mut whole = self.whole(Ghost::FIRST);
        let mut survey = Survey::new(scope, &quorums);
        let (mut taken, mut all, mut unsafe_one) = (0, 0, None);
        states::each(scope, &quorums, &mut |ghost, renamings| {
            whole.ghost = *ghost;
            taken += 1;
            all += renamings;
            unsafe_one = safe(&whole).err();
            survey.note(ghost);
            unsafe_one.is_none()
        });
        self.report.states = taken;
        self.report.besides.push(("states without symmetry", all));
        if let Some(why) = unsafe_one {
            let breach = Breach { clause: super::ghost::SAFE.name, why };
            return Err(Box::new(draw::history(&whole, breach)));
        }
        let views = survey.finish();
        self.views = views.len() as u64;
        self.sort(&views);
        Ok(())
    }

    /// Sorts views by machine, and merges those in which an input is judged alike.
    fn sort(&mut self, views: &[(Seat, Option<Source>, Seen)]) {
        let mut cases: HashMap<Place, HashMap<Case, Seen, Fast>, Fast> = HashMap::default();
        for (seat, source, seen) in views {
            let place = (seat.me, seat.promised, seat.disk);
            let Some(source) = source else {
                self.seats.entry(place).or_default().push((*seat, *seen));
                continue;
            };
            let here = cases.entry(place).or_default();
            let sender = usize::from(source.node);
            let me = usize::from(seat.me);
            let names = self.quorums.each().filter(|name| *name != me && self.quorums.role(*name) == sender);
            for (at, name) in names.enumerate() {
                let source = Source { node: name as u8, ..*source };
                // What holds under one name holds under the other; it is one step.
                let times = if at == 0 { seen.times } else { 0 };
                for what in source.says(&self.quorums, self.scope, seat) {
                    let input = Input::Said { epoch: source.epoch, from: source.node, what };
                    let case = Case { seat: *seat, input, known: Some(source.known(what)) };
                    here.entry(case).or_insert(Seen { times: 0, example: seen.example }).times += times;
                }
            }
        }
        for (place, here) in cases {
            let mut here: Vec<(Case, Seen)> = here.into_iter().collect();
            here.sort_unstable_by_key(|(case, _)| (case.input, case.seat, case.known));
            self.cases.insert(place, here);
        }
    }

    /// Notes what may be counted together.
    fn tabulate(&mut self) {
        let quorums = Arc::clone(&self.quorums);
        let mut full: HashSet<Asked, Fast> = HashSet::default();
        for epoch in 1..=self.scope.epochs {
            states::before(self.scope, &quorums, epoch, &mut |ghost| {
                for names in &self.renamings {
                    let table = promises(&quorums, ghost, epoch, names);
                    for me in quorums.each().filter(|me| quorums.role(*me) == *me) {
                        if ghost.promised[names[me]] == epoch {
                            full.insert((epoch, me as u8, table.clone()));
                        }
                    }
                }
                true
            });
        }
        for (epoch, me, table) in full {
            let mut ghost = Ghost::FIRST;
            for (node, log) in &table {
                ghost.promised[usize::from(*node)] = epoch;
                ghost.left[usize::from(*node)][usize::from(epoch) - 1] = *log;
            }
            ghost.offices[usize::from(epoch)].owner = Some(me);
            for disk in ghost.reachable(&quorums, me.into(), epoch) {
                for counted in 0..1_u32 << table.len() {
                    self.tables.insert((epoch, disk, part(&table, counted)));
                }
            }
        }
    }

    /// Whether a machine that recovers can be told this in some history: what it counts, and what the sender
    /// promised, go together.
    fn goes_together(&self, case: &Case, face: &Face, machine: &Machine) -> bool {
        let open = matches!(case.seat.standing, Standing::Free | Standing::Recovering);
        if !open || !matches!(face.part, Part::Candidate | Part::Recovering { .. }) {
            return true;
        }
        let mut table = machine.counted.clone();
        if let Some(Known { epoch, promise: Some((node, log)), .. }) = case.known
            && epoch == face.epoch
        {
            if table.iter().all(|(other, _)| *other != node) {
                table.push((node, log));
                table.sort_unstable();
            } else if !table.contains(&(node, log)) {
                return false;
            }
        }
        self.tables.contains(&(face.epoch, case.seat.disk, table))
    }

    /// Lets every machine begin wherever the production code did, in every history in which that can be.
    fn begin_everywhere(&mut self) -> Result<(), Ended> {
        let mut begun: HashMap<Asked, Vec<(&Beginning, &Cause)>, Fast> = HashMap::default();
        for (beginning, cause) in &self.beginnings {
            let asked = (beginning.epoch, beginning.me, beginning.by.clone());
            begun.entry(asked).or_default().push((beginning, cause));
        }
        let mut whole = self.whole(Ghost::FIRST);
        let (mut tried, mut broken) = (0, None);
        for epoch in 1..=self.scope.epochs {
            states::before(self.scope, &self.quorums, epoch, &mut |ghost| {
                let asked = self.renamings.iter().flat_map(|names| asked(&self.quorums, ghost, epoch, names));
                for (names, asked) in asked {
                    for (beginning, cause) in begun.get(&asked).into_iter().flatten() {
                        let Some(prepared) = beginning.prepare(&self.quorums, ghost, names) else { continue };
                        tried += 1;
                        whole.ghost = prepared;
                        let me = names[usize::from(beginning.me)];
                        let by =
                            beginning.by.iter().map(|(node, log)| (names[usize::from(*node)] as u8, *log));
                        let step = Move::Begin { on: beginning.on, log: beginning.log, by: by.collect() };
                        let outside = abstract_commit_step(&whole, me, &step).err();
                        let outside = outside
                            .map(|part| (Breach { clause: RELATION.name, why: part.into() }, prepared));
                        if let Some((breach, after)) = outside.or_else(|| broken_by(&whole, me, &step)) {
                            let mut labels = names.to_vec();
                            for (label, node) in names.iter().enumerate() {
                                labels[*node] = label;
                            }
                            whole.ghost = prepared.renamed(&labels);
                            broken = Some((
                                breach,
                                after.renamed(&labels),
                                (*cause).clone(),
                                usize::from(beginning.me),
                            ));
                            return false;
                        }
                    }
                }
                true
            });
            if let Some((breach, after, (machine, input), me)) = broken {
                return Err(Box::new(draw::step(&self.world, &whole, (me, &machine, input), &after, breach)));
            }
        }
        self.report.besides.push(("beginnings in histories", tried));
        Ok(())
    }

    // ---- machines --------------------------------------------------------------------------------------

    fn meet(&mut self, me: usize, machine: Machine) {
        if !self.known.contains(&machine) {
            self.known.insert(machine.clone());
            self.waiting.push((me, machine));
        }
    }

    /// Lets everything happen to a machine, in every view in which it may be.
    fn drive(&mut self, me: usize, machine: &Machine) -> Result<(), Ended> {
        let face = machine.face();
        let Some(disk) = face.disk else { return Ok(()) };
        let place = (me as u8, face.promised, disk);
        let mut met = Vec::new();
        let cases = self.cases.get(&place).map_or(&[][..], |cases| &cases[..]);
        let seats = self.seats.get(&place).map_or(&[][..], |seats| &seats[..]);
        let alone = alone(&face, self.scope.writes).into_iter().flat_map(|input| {
            seats.iter().map(move |(seat, seen)| (Case { seat: *seat, input, known: None }, *seen))
        });
        let mut last: Option<(Input, Option<Step>)> = None;
        for (case, seen) in alone.chain(cases.iter().copied()) {
            if !case.seat.holds(&face, &machine.counted) || !self.goes_together(&case, &face, machine) {
                continue;
            }
            if last.as_ref().is_none_or(|(input, _)| *input != case.input) {
                met.extend(last.take().and_then(|(_, step)| step).filter(|step| step.after != *machine));
                self.calls += 1;
                last = Some((case.input, machine.step(&self.world, me, case.input)));
            }
            let Some((_, Some(step))) = &last else { continue };
            self.report.steps += seen.times;
            match judge(&self.quorums, &case.seat, case.known, (machine, &face), case.input, step) {
                Ok(Verdict::Excluded) => self.excluded += seen.times,
                Ok(Verdict::Moves(moves)) => {
                    for step in moves {
                        if let Move::Begin { on, log, by } = step {
                            let beginning = Beginning { me: me as u8, epoch: log.epoch(), on, by, log };
                            self.beginnings.entry(beginning).or_insert_with(|| (machine.clone(), case.input));
                        }
                    }
                }
                Err(breach) => {
                    let whole = self.whole(self.named(&case, &seen.example));
                    return Err(Box::new(draw::stages(&whole, (me, machine, case.input), step, breach)));
                }
            }
        }
        met.extend(last.and_then(|(_, step)| step));
        for step in met {
            self.meet_all(me, step);
        }
        Ok(())
    }

    /// A history in which this case occurs, with the names of the case.
    fn named(&self, case: &Case, example: &Ghost) -> Ghost {
        let fits = |ghost: &Ghost| {
            let me = usize::from(case.seat.me);
            let told = match case.input {
                Input::Said { epoch, from, what } => {
                    let mut source = Source::of(ghost, epoch, from.into());
                    if ghost.owns(me, epoch) {
                        source.owner = Holder::Receiver;
                    }
                    let said = source.says(&self.quorums, self.scope, &case.seat);
                    said.contains(&what) && Some(source.known(what)) == case.known
                }
                Input::Tick | Input::Write | Input::Restart => true,
            };
            told && Seat::of(ghost, me) == case.seat
        };
        let renamed = self.renamings.iter().map(|names| example.renamed(names));
        { renamed }.find(fits).unwrap_or(*example)
    }

    /// The machine after a step, and what a crash in the middle of it leaves.
    fn meet_all(&mut self, me: usize, step: Step) {
        for image in step.stages.iter().filter_map(|stage| stage.image.as_ref()) {
            self.meet(me, Machine::reborn(&self.world, me, image));
        }
        self.meet(me, step.after);
    }
}

impl Beginning {
    /// A history that is known up to the epoch before, with the log on which this begins, if it can be had there.
    fn prepare(&self, quorums: &Quorums, ghost: &Ghost, names: &[usize]) -> Option<Ghost> {
        let me = names[usize::from(self.me)];
        let mut ghost = *ghost;
        for node in 0..ghost.promised.len() {
            for epoch in self.epoch..=ghost.promised[node] {
                ghost.left[node][usize::from(epoch)] = ghost.left[node][usize::from(self.epoch) - 1];
            }
        }
        let prepared = ghost.after(me, &Move::TakeOver(self.on));
        prepared.recovering(quorums, me, self.epoch, self.on).then_some(prepared)
    }
}

/// Every set of promises that a winner of `epoch` may have counted in a history, under these names.
fn asked<'a>(
    quorums: &'a Quorums,
    ghost: &'a Ghost,
    epoch: u8,
    names: &'a [usize],
) -> impl Iterator<Item = (&'a [usize], Asked)> {
    let roles =
        quorums.each().filter(move |me| quorums.role(*me) == *me && ghost.promised[names[*me]] == epoch);
    roles.flat_map(move |me| {
        let table = promises(quorums, ghost, epoch, names);
        (0..1_u32 << table.len()).map(move |counted| (names, (epoch, me as u8, part(&table, counted))))
    })
}

/// The promises of which the bit is set.
fn part(table: &[(u8, Prefix)], counted: u32) -> Vec<(u8, Prefix)> {
    let chosen = table.iter().enumerate().filter(|(at, _)| counted >> at & 1 == 1);
    chosen.map(|(_, promise)| *promise).collect()
}

/// What everybody promised to an epoch, by the names given.
fn promises(quorums: &Quorums, ghost: &Ghost, epoch: u8, names: &[usize]) -> Vec<(u8, Prefix)> {
    let promised = quorums.keepers().filter(|node| ghost.has_promised(names[*node], epoch));
    promised.map(|node| (node as u8, ghost.promise(names[node], epoch))).collect()
}
