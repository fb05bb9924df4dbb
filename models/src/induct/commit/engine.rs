//! The engine: every history, every view in it, every machine in every view, every input; and every beginning in
//! every history.

use super::draw;
use super::ghost::{Ghost, Whole, safe};
use super::judge::{Move, Verdict, judge};
use super::machine::{Input, Machine, Step};
use super::moves::broken_by;
use super::prefix::Prefix;
use super::scope::{Quorums, Scope};
use super::states;
use super::view::{Seat, Source, alone};
use crate::induct::{Breach, Cti, Report, ScopeError};
use crate::world::World;
use quorate::rule::{RuleSet, without};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// What a history says of a machine and of one sender, or of a machine alone.
type Key = (Seat, Option<Source>);

/// A view, how often it occurs, and a history in which it does.
#[derive(Debug)]
struct View {
    seat: Seat,
    source: Option<Source>,
    times: u64,
    example: Ghost,
}

/// Keys are small and many; they are compared whole, so a weak hash costs time at most.
#[derive(Default)]
struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }
    fn write_u8(&mut self, i: u8) {
        self.write_u64(i.into());
    }
    fn write_u32(&mut self, i: u32) {
        self.write_u64(i.into());
    }
    fn write_u64(&mut self, i: u64) {
        self.0 = (self.0.rotate_left(5) ^ i).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
    }
    fn write_isize(&mut self, i: isize) {
        self.write_u64(i as u64);
    }
    fn write_usize(&mut self, i: usize) {
        self.write_u64(i as u64);
    }
}

type Fast = BuildHasherDefault<Fold>;

/// An epoch that a machine began: in which, on which disk, by which promises, with which log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Beginning {
    me: u8,
    epoch: u8,
    disk: Prefix,
    by: Vec<(u8, Prefix)>,
    log: Prefix,
}

/// Where a machine belongs: who, with which epoch and log on disk.
type Place = (u8, u8, Prefix);

pub(super) struct Engine {
    scope: Scope,
    world: World,
    quorums: Arc<Quorums>,
    views: Vec<View>,
    at: HashMap<Place, Vec<usize>>,
    known: HashSet<Machine, BuildHasherDefault<std::hash::DefaultHasher>>,
    waiting: Vec<Machine>,
    beginnings: BTreeMap<Beginning, (Machine, Input)>,
    report: Report,
    calls: u64,
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
            quorums,
            views: Vec::new(),
            at: HashMap::new(),
            known: HashSet::default(),
            waiting: Vec::new(),
            beginnings: BTreeMap::new(),
            report,
            calls: 0,
        })
    }

    /// The whole induction.
    pub(super) fn run(mut self) -> Report {
        let ended = without(self.world.rules_off(), || self.induct());
        self.report.counterexample = ended.err().map(|cti| *cti);
        self.report.besides.extend([
            ("views", self.views.len() as u64),
            ("machines", self.known.len() as u64),
            ("production steps", self.calls),
            ("beginnings", self.beginnings.len() as u64),
        ]);
        self.report
    }

    fn induct(&mut self) -> Result<(), Ended> {
        self.survey()?;
        for me in self.quorums.each() {
            self.meet(Machine::first(&self.world, me), me);
        }
        while let Some(machine) = self.waiting.pop() {
            self.drive(&machine)?;
        }
        self.begin_everywhere()?;
        self.report.exhaustive = true;
        Ok(())
    }

    // ---- histories -------------------------------------------------------------------------------------

    /// Takes every history: asks whether it is safe, and notes every view in it.
    fn survey(&mut self) -> Result<(), Ended> {
        let (scope, quorums) = (self.scope, Arc::clone(&self.quorums));
        let mut whole = Whole { quorums: Arc::clone(&quorums), epochs: scope.epochs, ghost: Ghost::FIRST };
        let mut survey = Survey::default();
        let (mut taken, mut all, mut unsafe_one) = (0, 0, None);
        states::each(scope, &quorums, &mut |ghost, renamings| {
            whole.ghost = *ghost;
            taken += 1;
            all += renamings;
            unsafe_one = safe(&whole).err();
            survey.note(scope, &quorums, ghost);
            unsafe_one.is_none()
        });
        self.report.states = taken;
        self.report.besides.push(("states without symmetry", all));
        if let Some(why) = unsafe_one {
            let breach = Breach { clause: "what-the-clauses-are-for", why };
            return Err(Box::new(draw::history(&whole, breach)));
        }
        self.views = survey.finish();
        for (index, View { seat, .. }) in self.views.iter().enumerate() {
            self.at.entry((seat.me, seat.promised, seat.disk)).or_default().push(index);
        }
        Ok(())
    }

    /// Lets every machine begin wherever the production code did, in every history in which that can be.
    fn begin_everywhere(&mut self) -> Result<(), Ended> {
        let mut broken = None;
        let (scope, quorums) = (self.scope, Arc::clone(&self.quorums));
        let mut whole = Whole { quorums: Arc::clone(&quorums), epochs: scope.epochs, ghost: Ghost::FIRST };
        let begun: Vec<(Beginning, (Machine, Input))> =
            std::mem::take(&mut self.beginnings).into_iter().collect();
        let mut steps = 0;
        for epoch in 1..=scope.epochs {
            let here: Vec<_> = begun.iter().filter(|(begun, _)| begun.epoch == epoch).collect();
            states::before(scope, &quorums, epoch, &mut |ghost| {
                for (beginning, cause) in &here {
                    if !beginning.fits(&quorums, ghost) {
                        continue;
                    }
                    steps += 1;
                    whole.ghost = beginning.prepare(ghost);
                    let step = Move::Begin { log: beginning.log, by: beginning.by.clone() };
                    if let Some((breach, after)) = broken_by(&whole, beginning.me.into(), &step) {
                        broken = Some((breach, after, cause.clone(), beginning.me));
                        return false;
                    }
                }
                true
            });
            if let Some((breach, after, (machine, input), me)) = broken {
                self.beginnings = begun.into_iter().collect();
                return Err(Box::new(draw::step(&self.world, &whole, (me.into(), &machine, input), &after, breach)));
            }
        }
        self.beginnings = begun.into_iter().collect();
        self.report.besides.push(("beginnings in histories", steps));
        Ok(())
    }

    // ---- machines --------------------------------------------------------------------------------------

    fn meet(&mut self, machine: Machine, _me: usize) {
        if self.known.insert(machine.clone()) {
            self.waiting.push(machine);
        }
    }

    /// Lets everything happen to a machine, in every view in which it may be.
    fn drive(&mut self, machine: &Machine) -> Result<(), Ended> {
        let face = machine.face();
        let Some(node) = machine.local.node.as_ref() else { return Ok(()) };
        let me = usize::from(node.id().index());
        let Some(disk) = face.disk else { return Ok(()) };
        let place = (me as u8, face.promised, disk);
        let views = self.at.get(&place).cloned().unwrap_or_default();
        let mut steps: HashMap<Input, Option<Step>, Fast> = HashMap::default();
        let mut met = Vec::new();
        for index in views {
            let View { seat, source, times, .. } = &self.views[index];
            if !seat.holds(&face, &machine.counted) {
                continue;
            }
            let inputs = match source {
                None => alone(&face, self.scope.writes),
                Some(source) => {
                    let said = source.says(&self.quorums, self.scope, seat);
                    said.into_iter()
                        .map(|what| Input::Said { epoch: source.epoch, from: source.node, what })
                        .collect()
                }
            };
            for input in inputs {
                let step = steps.entry(input).or_insert_with(|| {
                    self.calls += 1;
                    machine.step(&self.world, me, input)
                });
                let Some(step) = step else { continue };
                self.report.steps += times;
                match judge(&self.quorums, seat, source.as_ref(), machine, input, step) {
                    Ok(Verdict::Excluded) => {}
                    Ok(Verdict::Moves(moves)) => {
                        for step in &moves {
                            if let Move::Begin { log, by } = step {
                                let beginning =
                                    Beginning { me: me as u8, epoch: log.epoch(), disk, by: by.clone(), log: *log };
                                self.beginnings.entry(beginning).or_insert_with(|| (machine.clone(), input));
                            }
                        }
                        met.push(input);
                    }
                    Err(breach) => return Err(Box::new(self.draw(index, machine, input, step, breach))),
                }
            }
        }
        met.sort_unstable();
        met.dedup();
        for input in met {
            if let Some(step) = steps.remove(&input).flatten() {
                self.meet_all(me, &face, step);
            }
        }
        Ok(())
    }

    /// The machine after a step, and what a crash in the middle of it leaves.
    fn meet_all(&mut self, me: usize, before: &super::machine::Face, step: Step) {
        let last = step.stages.len() - 1;
        for stage in &step.stages[..last] {
            let face = &stage.face;
            if face.disk != before.disk || face.promised != before.promised || face.vote != before.vote {
                let machine = Machine::reborn(&self.world, me, &stage.image);
                self.meet(machine, me);
            }
        }
        self.meet(step.after, me);
    }

    fn draw(&self, view: usize, machine: &Machine, input: Input, step: &Step, breach: Breach) -> Cti {
        let View { seat, example, .. } = &self.views[view];
        let whole = Whole { quorums: Arc::clone(&self.quorums), epochs: self.scope.epochs, ghost: *example };
        draw::stages(&self.world, &whole, (seat.me.into(), machine, input), step, breach)
    }
}

impl Beginning {
    /// Whether it can happen in a history that is known up to the epoch before.
    fn fits(&self, quorums: &Quorums, ghost: &Ghost) -> bool {
        let me = usize::from(self.me);
        let given = |(node, log): &(u8, Prefix)| {
            let node = usize::from(*node);
            ghost.has_promised(node, self.epoch) && ghost.promise(node, self.epoch) == *log
        };
        ghost.promised[me] == self.epoch
            && self.by.iter().all(given)
            && ghost.recovering(quorums, me, self.epoch, self.disk)
    }

    /// That history, with the log that it begins on.
    fn prepare(&self, ghost: &Ghost) -> Ghost {
        let mut ghost = *ghost;
        for node in 0..ghost.promised.len() {
            for epoch in self.epoch..=ghost.promised[node] {
                ghost.left[node][usize::from(epoch)] = ghost.left[node][usize::from(self.epoch) - 1];
            }
        }
        ghost.after(self.me.into(), &Move::TakeOver(self.disk))
    }
}

/// Collects views. Neighbouring histories differ in little, so most views are the one before.
#[derive(Default)]
struct Survey {
    views: HashMap<Key, View, Fast>,
    last: Vec<Option<(Key, Ghost, u64)>>,
}

impl Survey {
    fn note(&mut self, scope: Scope, quorums: &Quorums, ghost: &Ghost) {
        let mut slot = 0;
        for me in quorums.each() {
            let seat = Seat::of(ghost, me);
            self.see(&mut slot, (seat, None), ghost);
            for epoch in 1..=scope.epochs {
                for from in quorums.each().filter(|from| *from != me) {
                    self.see(&mut slot, (seat, Some(Source::of(ghost, epoch, from, me))), ghost);
                }
            }
        }
    }

    fn see(&mut self, slot: &mut usize, key: Key, ghost: &Ghost) {
        if self.last.len() == *slot {
            self.last.push(None);
        }
        let last = &mut self.last[*slot];
        *slot += 1;
        match last {
            Some((known, _, times)) if *known == key => *times += 1,
            Some(_) | None => {
                if let Some((key, example, times)) = last.replace((key, *ghost, 1)) {
                    keep(&mut self.views, key, &example, times);
                }
            }
        }
    }

    fn finish(mut self) -> Vec<View> {
        for (key, example, times) in self.last.into_iter().flatten() {
            keep(&mut self.views, key, &example, times);
        }
        let mut views: Vec<View> = self.views.into_values().collect();
        views.sort_unstable_by_key(|view| (view.seat, view.source));
        views
    }
}

fn keep(views: &mut HashMap<Key, View, Fast>, key: Key, example: &Ghost, times: u64) {
    let (seat, source) = key;
    views.entry(key).or_insert_with(|| View { seat, source, times: 0, example: *example }).times += times;
}
