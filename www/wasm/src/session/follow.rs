//! Links: a run as a list of places among the choices of each moment.
//!
//! A link is followed as far as it is possible, and what is not as it was when it was made is said: it may come from
//! another version, and a run that still shows most of what it was made for is better than none.

use super::{MomentId, Session, plain, read_json, read_model};
use crate::Trouble;
use crate::view::json;
use crate::view::link::{LinkRun, LinkView};
use quorate_models::run::{MAX_CHOICES, RunError, hash};
use quorate_models::world::fingerprint;

impl Session {
    /// The run to a moment for a link.
    pub fn link(&self, id: MomentId, note: &str) -> Result<String, Trouble> {
        if note.len() > super::MAX_NOTE {
            return Err(Trouble::TooLong { what: "note", bytes: note.len(), max: super::MAX_NOTE });
        }
        let path = self.path(id)?;
        let places = path.iter().filter_map(|at| self.moments.get(*at as usize)?.step.as_ref());
        Ok(json(&LinkView {
            version: crate::ask::version(),
            model: &self.world.model,
            hash: hash(&self.world.model),
            choices: places.map(|step| step.place).collect(),
            end: self.print(id)?,
            note,
        }))
    }

    /// A session that has gone through a link as far as it is possible; [`Session::warning`] says what is not as it
    /// was.
    pub fn follow(run: &str) -> Result<Self, Trouble> {
        let run: LinkRun = read_json("link", run)?;
        if run.choices.len() > MAX_CHOICES {
            return Err(RunError::TooManyChoices { count: run.choices.len() }.into());
        }
        let mut session = Self::of(read_model(&run.model.to_string())?)?;
        let mut at = 0;
        let mut stopped = None;
        for (step, place) in (1..).zip(&run.choices) {
            match session.choose(at, *place) {
                Ok(next) => at = next,
                Err(trouble) => {
                    stopped =
                        Some(format!("it stops before step {step} of {}: {trouble}", run.choices.len()));
                    break;
                }
            }
        }
        session.warning = session.doubts(&run, at, stopped)?;
        Ok(session)
    }

    /// What is not as it was when the link was made.
    fn doubts(
        &self,
        run: &LinkRun,
        at: MomentId,
        stopped: Option<String>,
    ) -> Result<Option<String>, Trouble> {
        let mut doubts = Vec::new();
        let version = crate::ask::version();
        if run.version != version {
            let theirs = plain(&run.version);
            doubts.push(format!("it was recorded with version {theirs}, this is {version}"));
        }
        if run.hash != hash(&self.world.model) {
            doubts.push("the hash of its model is another one: the model was edited".into());
        }
        match stopped {
            Some(stopped) => doubts.push(stopped),
            None if self.print(at)? != run.end => {
                doubts.push("it ends in another state than when it was recorded".into());
            }
            None => {}
        }
        Ok((!doubts.is_empty())
            .then(|| format!("The link does not mean quite what it did: {}.", doubts.join("; "))))
    }

    /// The fingerprint of the state of a moment.
    fn print(&self, id: MomentId) -> Result<String, Trouble> {
        Ok(format!("{:016x}", fingerprint(&self.moment(id)?.state)))
    }
}
