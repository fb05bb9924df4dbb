//! What became of each mutant: a text file, a line each.

use super::PHASES;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What became of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fate {
    /// Every test passed.
    Missed,
    /// Some test failed, or took too long.
    Noticed,
    /// It is no program.
    Unviable,
}

const FATES: [(Fate, &str); 3] =
    [(Fate::Missed, "missed"), (Fate::Noticed, "noticed"), (Fate::Unviable, "unviable")];

/// The fate of each mutant that was tried, by its name as cargo-mutants lists it, and the phase that says so.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Ledger(BTreeMap<String, (Fate, String)>);

impl Ledger {
    /// The ledger in this file; an empty one if there is none, or if it is to be `fresh`.
    pub(super) fn read(path: &Path, fresh: bool) -> Result<Self, String> {
        let mut ledger = Self::default();
        if fresh {
            return Ok(ledger);
        }
        for (number, line) in (1..).zip(fs::read_to_string(path).unwrap_or_default().lines()) {
            let mut words = line.splitn(3, ' ');
            let (fate, phase, name) = (words.next(), words.next(), words.next());
            let fate = FATES.iter().find(|(_, word)| Some(*word) == fate).map(|(fate, _)| *fate);
            let (Some(fate), Some(phase), Some(name)) = (fate, phase, name) else {
                return Err(format!("{}:{number}: {line:?} is no entry; try --fresh", path.display()));
            };
            ledger.enter(name, phase, fate);
        }
        Ok(ledger)
    }

    /// Writes it.
    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let word = |fate| FATES.iter().find(|(known, _)| *known == fate).map_or("", |(_, word)| *word);
        let lines = self.0.iter().map(|(name, (fate, phase))| format!("{} {phase} {name}", word(*fate)));
        let lines: Vec<String> = lines.collect();
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, lines.join("\n") + "\n"))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What a phase says of a mutant. What was noticed stays noticed, and what a later phase has missed as well is not
    /// open again because an earlier one misses it once more.
    pub(super) fn enter(&mut self, name: &str, phase: &str, fate: Fate) {
        let place = |phase: &str| PHASES.iter().position(|known| known.name == phase);
        let settled = self.0.get(name).is_some_and(|(known, by)| {
            *known != Fate::Missed || (fate == Fate::Missed && place(phase) < place(by))
        });
        if !settled {
            self.0.insert(name.into(), (fate, phase.into()));
        }
    }

    /// What need not be tried again: what is settled, and what one of these phases has missed.
    pub(super) fn tried<'a>(&'a self, missed_by: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let tried =
            |(fate, phase): &(Fate, String)| *fate != Fate::Missed || missed_by.contains(&phase.as_str());
        self.0.iter().filter(move |(_, entry)| tried(entry)).map(|(name, _)| name.as_str())
    }

    /// The fate of a mutant and the phase that says so, if it was tried.
    pub(super) fn fate(&self, name: &str) -> Option<(Fate, &str)> {
        self.0.get(name).map(|(fate, phase)| (*fate, phase.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noticed_stays_noticed() {
        let mut ledger = Ledger::default();
        ledger.enter("a.rs:1:2: replace < with <= in f", "units", Fate::Missed);
        ledger.enter("a.rs:1:2: replace < with <= in f", "behaviour", Fate::Noticed);
        ledger.enter("a.rs:1:2: replace < with <= in f", "storms", Fate::Missed);
        ledger.enter("b.rs:1:2: replace g with ()", "units", Fate::Missed);
        assert_eq!(ledger.fate("a.rs:1:2: replace < with <= in f"), Some((Fate::Noticed, "behaviour")));
        assert_eq!(ledger.tried(&[]).collect::<Vec<_>>(), ["a.rs:1:2: replace < with <= in f"]);
        assert_eq!(ledger.tried(&["behaviour", "storms"]).count(), 1);
        assert_eq!(ledger.tried(&["units"]).count(), 2);
        for (phase, kept) in [("storms", "storms"), ("units", "storms"), ("behaviour", "storms")] {
            ledger.enter("c.rs:1:2: replace h with ()", phase, Fate::Missed);
            assert_eq!(ledger.fate("c.rs:1:2: replace h with ()"), Some((Fate::Missed, kept)));
        }
        ledger.enter("c.rs:1:2: replace h with ()", "units", Fate::Noticed);
        assert_eq!(ledger.fate("c.rs:1:2: replace h with ()"), Some((Fate::Noticed, "units")));
        let path = std::env::temp_dir().join(format!("quorate-ledger-{}.txt", std::process::id()));
        ledger.write(&path).unwrap();
        let read = Ledger::read(&path, false);
        fs::remove_file(&path).unwrap();
        assert_eq!(read, Ok(ledger));
    }
}
