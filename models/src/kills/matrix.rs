//! The kill matrix: every rule, and every pair of rules of one machine, against every check.
//!
//! * A **single** is asked of every check, so that one sees who notices.
//! * A **pair** is asked until somebody notices. It must be: a second missing rule must not hide the first. Two rules
//!   that hide each other are one mistake away from each other.
//! * **Controls** must survive, alone and in pairs of controls; a checker that reports them is wrong.
//! * Some rules are a **second line**: as long as another one is kept, nobody can miss them ([`SECOND_LINES`]).
//!
//! What is recorded is reproducible: breadth-first search in one thread finds a shortest way, and always the same.
//! Two threads share the work by the row.

use super::checks::{CHECKS, Check, Limits, Verdict};
use quorate::rule::{Kind, Rule, RuleSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Rules that are only missed together with another one, which guards the same: the rule, the other, and why.
pub const SECOND_LINES: &[(Rule, Rule, &str)] = &[(
    Rule::QuorateBeatsOnly,
    Rule::ResignsWithoutQuorum,
    "who hears no quorum resigns before it would send a beat that says so",
)];

/// Pairs of which one rule takes away what the other is about: the rule, what takes it away, and why.
pub const MASKS: &[(Rule, Rule, &str)] = &[(
    Rule::PositionByAcceptedEpoch,
    Rule::CommitByMark,
    "together they are Raft's own rule, which compares last entries and commits by an entry of the own epoch",
)];

/// One check of one row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// Which check.
    pub check: &'static str,
    /// What it found.
    pub verdict: Verdict,
    /// How long that took.
    pub time: Duration,
}

/// Rules that are off together, and what the checks say of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The rules.
    pub off: RuleSet,
    /// The checks that had something to say.
    pub cells: Vec<Cell>,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Noticed, or, of controls, rightly not.
    Expected,
    /// Not noticed, because one of the two takes away what the other is about.
    Masked,
    /// Nobody notices.
    Missed,
    /// A control was reported.
    Reported,
    /// Nobody notices, and somebody was cut short.
    Cut,
}

/// Every rule alone.
pub fn singles() -> Vec<RuleSet> {
    Rule::ALL.iter().map(|rule| RuleSet::NONE.with(*rule)).collect()
}

/// Every two rules of one machine.
pub fn pairs() -> Vec<RuleSet> {
    let rules = || Rule::ALL.iter().copied();
    let with_later = |a: Rule| rules().filter(move |b| a < *b && a.machine() == b.machine());
    rules().flat_map(|a| with_later(a).map(move |b| RuleSet::NONE.with(a).with(b))).collect()
}

/// The other rule that has to be off as well before `rule` is missed.
pub fn first_line(rule: Rule) -> Option<(Rule, &'static str)> {
    SECOND_LINES.iter().find(|line| line.0 == rule).map(|line| (line.1, line.2))
}

impl Row {
    /// Asks every check; of a pair only until one notices.
    pub fn of(off: RuleSet, limits: &Limits) -> Self {
        Self::by(CHECKS, off, limits)
    }

    /// Asks these checks.
    pub fn by(checks: &[Check], off: RuleSet, limits: &Limits) -> Self {
        let single = off.iter().count() == 1;
        let mut cells = Vec::new();
        for check in checks {
            let begun = Instant::now();
            let verdict = (check.run)(off, limits);
            let killed = matches!(verdict, Verdict::Killed { .. });
            if verdict != Verdict::Silent {
                cells.push(Cell { check: check.name, verdict, time: begun.elapsed() });
            }
            if killed && !single {
                break;
            }
        }
        Self { off, cells }
    }

    /// The first check that notices.
    pub fn kill(&self) -> Option<&Cell> {
        self.cells.iter().find(|cell| matches!(cell.verdict, Verdict::Killed { .. }))
    }

    /// Whether all of its rules are controls.
    pub fn is_control(&self) -> bool {
        self.off.iter().all(|rule| rule.kind() == Kind::Control)
    }

    /// Whether all that is missing besides controls is a second line, of which the first is kept.
    pub fn is_second_line(&self) -> bool {
        let mut needed = self.off.iter().filter(|rule| rule.kind() != Kind::Control);
        let first = |rule| first_line(rule).is_some_and(|(first, _)| !self.off.contains(first));
        matches!((needed.next(), needed.next()), (Some(rule), None) if first(rule))
    }

    /// Why one of its two rules takes away what the other is about, if that is known.
    pub fn mask(&self) -> Option<&'static str> {
        let both = |a, b| self.off.contains(a) && self.off.contains(b);
        MASKS.iter().find(|(rule, other, _)| both(*rule, *other)).map(|(_, _, why)| *why)
    }

    /// What became of it.
    pub fn fate(&self) -> Fate {
        let cut = self.cells.iter().any(|cell| matches!(cell.verdict, Verdict::Cut(_)));
        let survived = self.cells.iter().any(|cell| cell.verdict == Verdict::Survived);
        match (self.is_control(), self.kill().is_some()) {
            (true, true) => Fate::Reported,
            (false, true) => Fate::Expected,
            (true, false) if survived && !cut => Fate::Expected,
            (false, false) if self.is_second_line() => Fate::Expected,
            (false, false) if self.mask().is_some() => Fate::Masked,
            (true | false, false) => {
                if cut {
                    Fate::Cut
                } else {
                    Fate::Missed
                }
            }
        }
    }
}

/// Asks the checks of every one of `sets`, in `threads` threads; `tell` hears of each row when it is done. Rows that
/// were not begun when `stop` was set are left out.
pub fn run(
    sets: &[RuleSet],
    limits: &Limits,
    threads: usize,
    stop: &AtomicBool,
    tell: &(dyn Fn(&Row) + Sync),
) -> Vec<Row> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Row)>> = Mutex::new(Vec::new());
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(off) = sets.get(at) else { break };
            let row = Row::of(*off, limits);
            tell(&row);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, row));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.max(1) {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, row)| row).collect()
}
