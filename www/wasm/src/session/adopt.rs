//! Going, in a session, the way that a search found.
//!
//! A search is made where every message may be lost, delayed and repeated at will (`any`); a session is better played
//! where each message is there as often as it was sent (`counted`). What the search delivered twice has to be doubled
//! here first. Which messages those are is found by going the same way on a network `any`, where a message keeps its
//! number however often it arrives.
//!
//! The other difference that is made up for are disks: where a session waits for its disks, nothing is left to flush;
//! where it does not and the search did, what is on its way to them is flushed before the next step.

use super::{MomentId, Session, read_json};
use crate::Trouble;
use crate::view::json;
use crate::view::letter::letter_of;
use crate::view::walk::Walked;
use quorate_models::world::{Choice, Driver, Network};

impl Session {
    /// Goes, from the beginning, through choices by name that were found on a network `any`, as far as possible.
    pub fn adopt(&mut self, names: &str) -> Result<String, Trouble> {
        let names: Vec<String> = read_json("names", names)?;
        let again = match self.world.scope().network {
            Network::Any => vec![false; names.len()],
            Network::Counted => self.arriving_again(&names),
        };
        let mut walked = Walked { moment: 0, done: 0, stopped: None };
        for (name, again) in names.iter().zip(again) {
            match self.adopt_one(walked.moment, name, again) {
                Ok(next) => (walked.moment, walked.done) = (next, walked.done + 1),
                Err(trouble) => {
                    walked.stopped = Some(trouble.to_string());
                    break;
                }
            }
        }
        Ok(json(&walked))
    }

    fn adopt_one(&mut self, mut at: MomentId, name: &str, again: bool) -> Result<MomentId, Trouble> {
        if again && self.copies(at, name)? == 1 {
            at = self.choose_named(at, &format!("doubled: {name}"))?;
        }
        let trouble = match self.choose_named(at, name) {
            Err(trouble @ Trouble::Name { .. }) => trouble,
            done => return done,
        };
        match self.world.scope().driver {
            Driver::Blocking if name.ends_with(" flushed") => Ok(at),
            Driver::Blocking => Err(trouble),
            Driver::Pipelined => {
                let flushed = self.flush_all(at)?;
                self.choose_named(flushed, name)
            }
        }
    }

    /// How many messages of this name are on their way.
    fn copies(&self, at: MomentId, name: &str) -> Result<usize, Trouble> {
        let messages = self.moment(at)?.state.messages();
        Ok(messages.filter(|envelope| envelope.to_string() == name).count())
    }

    fn flush_all(&mut self, mut at: MomentId) -> Result<MomentId, Trouble> {
        loop {
            let choices = self.choices_of(self.moment(at)?);
            let flush = choices.iter().position(|choice| matches!(choice, Choice::Flush(_)));
            let Some((place, choice)) = flush.and_then(|place| Some((place, choices.get(place)?))) else {
                return Ok(at);
            };
            at = self.happen(at, place as u32, choice)?;
        }
    }

    /// For each of these steps, whether the message that arrives in it arrives in a later one as well.
    fn arriving_again(&self, names: &[String]) -> Vec<bool> {
        let mut model = self.world.model.clone();
        model.scope.network = Network::Any;
        (model.scope.drops, model.scope.duplicates) = (0, 0);
        let mut arriving: Vec<Option<u32>> = Vec::new();
        if let Ok(mut shadow) = Session::of(model) {
            let mut at = 0;
            for name in names {
                let Ok(next) = shadow.adopt_one(at, name, false) else { break };
                arriving.push(shadow.arrived(next, name));
                at = next;
            }
        }
        arriving.resize(names.len(), None);
        let later = |(step, letter): (usize, &Option<u32>)| {
            letter.is_some() && arriving.iter().skip(step + 1).any(|other| other == letter)
        };
        arriving.iter().enumerate().map(later).collect()
    }

    /// The number of the message of this name that has just arrived.
    fn arrived(&self, id: MomentId, name: &str) -> Option<u32> {
        let (step, before) = self.origin(id).ok()??;
        match &step.choice {
            Choice::Deliver(envelope) if envelope.to_string() == name => {
                Some(letter_of(before, envelope)?.id)
            }
            _another => None,
        }
    }
}
