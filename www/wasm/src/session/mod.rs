//! A session: a tree of moments over one world.
//!
//! The first moment is the beginning, every other follows from its parent by one choice. Nothing is ever discarded;
//! a choice that was made at a moment before leads to the moment that it led to then. States share all that did not
//! change, so a moment costs a few hundred bytes.
//!
//! The world is that of a run file, without reductions: what happened in a session can be written down and replayed.
//!
//! # Invariants
//! * A moment's parent has a smaller number, so that paths end.
//! * A moment at which an invariant is violated has no successor.
//! * `Moment::letters` run parallel to the inboxes of its state.

mod adopt;
mod auto;
mod explain;
mod follow;
mod letters;

use crate::Trouble;
use crate::read::{read_json, read_model};
use crate::view::about::About;
use crate::view::choice::ChoiceView;
use crate::view::event::EventView;
use crate::view::json;
use crate::view::moment::View;
use crate::view::walk::Walked;
pub(crate) use letters::Letter;
use letters::Letters;
use quorate_models::invariant::Broken;
use quorate_models::invariant::state::judge;
use quorate_models::run::draw::draw;
use quorate_models::run::export::{Format, export};
use quorate_models::run::{Run, RunError};
use quorate_models::world::{Choice, Model, Reductions, State, World};
use std::rc::Rc;

/// The number of a moment.
pub type MomentId = u32;
/// The most moments of a session.
pub const MAX_MOMENTS: usize = 200_000;
/// The longest note of a run, in bytes.
pub const MAX_NOTE: usize = 1 << 14;

/// A tree of moments.
pub struct Session {
    world: World,
    moments: Vec<Moment>,
    /// How many letters have been numbered.
    letters: u32,
    warning: Option<String>,
}

/// Everything at one moment.
pub(crate) struct Moment {
    pub(crate) state: State,
    /// How it came about; `None` at the beginning.
    pub(crate) step: Option<Step>,
    pub(crate) depth: u32,
    /// Units of true time that have passed.
    pub(crate) time: u32,
    /// Ticks of each clock since the beginning.
    pub(crate) clocks: Rc<[u32]>,
    /// For each machine, what is known of the messages of its inbox.
    pub(crate) letters: Vec<Letters>,
    pub(crate) broken: Option<Broken>,
    /// Where its choices led that were made: by place.
    children: Vec<(u32, MomentId)>,
}

/// What led to a moment.
pub(crate) struct Step {
    pub(crate) parent: MomentId,
    pub(crate) choice: Choice,
    /// Where it stands among the choices of the parent.
    pub(crate) place: u32,
}

/// The world of a session of this model.
fn world_of(model: Model) -> Result<World, Trouble> {
    Ok(World::new(model)?.reduced_by(Reductions::NONE))
}

impl Session {
    /// A session at the beginning of a model.
    pub fn open(model: &str) -> Result<Self, Trouble> {
        Self::of(read_model(model)?)
    }

    pub(crate) fn of(model: Model) -> Result<Self, Trouble> {
        let world = world_of(model)?;
        let state = world.initial();
        let mut letters = 0;
        let first = Moment {
            step: None,
            depth: 0,
            time: 0,
            clocks: state.seats.iter().map(|_| 0).collect(),
            letters: state.seats.iter().map(|seat| letters::first(&seat.inbox, &mut letters)).collect(),
            broken: judge(&world, &state),
            children: Vec::new(),
            state,
        };
        Ok(Self { world, moments: vec![first], letters, warning: None })
    }

    /// A session that has gone through a run file.
    pub fn read(text: &str) -> Result<Self, Trouble> {
        let run = Run::parse(text)?;
        let replay = run.replay()?;
        let mut session = Self::of(run.model)?;
        let mut at = 0;
        for (choice, place) in replay.choices.iter().zip(&replay.places) {
            at = session.happen(at, *place, choice)?;
        }
        if replay.unused > 0 {
            let unused = replay.unused;
            session.warning = Some(format!(
                "{unused} later choices of the run are left out: an invariant is violated before them"
            ));
        }
        Ok(session)
    }

    /// What is to be said of the run that the session came from.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// What is the same at every moment.
    pub fn about(&self) -> String {
        json(&About::of(&self.world))
    }

    /// How many moments there are.
    pub fn size(&self) -> u32 {
        self.moments.len() as u32
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    pub(crate) fn moment(&self, id: MomentId) -> Result<&Moment, Trouble> {
        self.moments.get(id as usize).ok_or(Trouble::Moment { id, count: self.moments.len() })
    }

    /// How a moment came about, and from which; `None` for the beginning.
    pub(crate) fn origin(&self, id: MomentId) -> Result<Option<(&Step, &Moment)>, Trouble> {
        match &self.moment(id)?.step {
            Some(step) => Ok(Some((step, self.moment(step.parent)?))),
            None => Ok(None),
        }
    }

    /// Everything at a moment.
    pub fn view(&self, id: MomentId) -> Result<String, Trouble> {
        Ok(json(&View::of(self, id)?))
    }

    /// What may happen next; nothing after a violation.
    pub fn choices(&self, id: MomentId) -> Result<String, Trouble> {
        let moment = self.moment(id)?;
        let choices = self.choices_of(moment);
        let views = choices.iter().enumerate();
        Ok(json(
            &views.map(|(at, choice)| ChoiceView::of(&self.world, moment, at, choice)).collect::<Vec<_>>(),
        ))
    }

    pub(crate) fn choices_of(&self, moment: &Moment) -> Vec<Choice> {
        if moment.broken.is_some() { Vec::new() } else { self.world.choices(&moment.state) }
    }

    /// What led to a moment; `null` for the beginning.
    pub fn event(&self, id: MomentId) -> Result<String, Trouble> {
        Ok(json(&EventView::of(self, id)?))
    }

    /// Moments from the beginning to this one.
    pub fn path(&self, id: MomentId) -> Result<Vec<MomentId>, Trouble> {
        let mut path = vec![id];
        let mut at = self.moment(id)?;
        while let Some(step) = &at.step {
            path.push(step.parent);
            at = self.moment(step.parent)?;
        }
        path.reverse();
        Ok(path)
    }

    // ---- acting ------------------------------------------------------------------------------------------

    /// Lets the choice at this place happen; where that leads.
    pub fn choose(&mut self, id: MomentId, index: u32) -> Result<MomentId, Trouble> {
        let moment = self.moment(id)?;
        if let Some(broken) = &moment.broken {
            return Err(Trouble::Broken(broken.clone()));
        }
        if let Some(known) = moment.child(index) {
            return Ok(known);
        }
        let mut choices = self.world.choices(&moment.state);
        if index as usize >= choices.len() {
            return Err(Trouble::Choice { index, moment: id, count: choices.len() });
        }
        let choice = choices.swap_remove(index as usize);
        self.happen(id, index, &choice)
    }

    /// Lets the choice of this name happen; where that leads.
    pub fn choose_named(&mut self, id: MomentId, name: &str) -> Result<MomentId, Trouble> {
        let moment = self.moment(id)?;
        if let Some(broken) = &moment.broken {
            return Err(Trouble::Broken(broken.clone()));
        }
        let mut choices = self.world.choices(&moment.state);
        let named = choices.iter().position(|choice| choice.to_string() == name);
        let Some(place) = named else {
            let nearest = choices.iter().map(Choice::to_string).max_by_key(|other| likeness(other, name));
            return Err(Trouble::Name { name: plain(name), moment: id, nearest });
        };
        let choice = choices.swap_remove(place);
        self.happen(id, place as u32, &choice)
    }

    /// Lets a possible choice happen; the moment it leads to, an old one if it was made before.
    fn happen(&mut self, id: MomentId, place: u32, choice: &Choice) -> Result<MomentId, Trouble> {
        let before = self.moment(id)?;
        if let Some(known) = before.child(place) {
            return Ok(known);
        }
        if self.moments.len() >= MAX_MOMENTS {
            return Err(Trouble::Full { max: MAX_MOMENTS });
        }
        let Some(state) = self.world.apply(&before.state, choice) else {
            return Err(Trouble::NoEffect { name: choice.to_string() });
        };
        let next = self.moments.len() as MomentId;
        let mut numbered = self.letters;
        let letters = letters::follow(&self.world, before, &state, choice, next, &mut numbered);
        let (mut time, mut clocks) = (before.time, Rc::clone(&before.clocks));
        if let Choice::Pass(ticks) = choice {
            time = time.saturating_add(1);
            let later = clocks.iter().zip(ticks).map(|(clock, by)| clock.saturating_add(u32::from(*by)));
            clocks = later.collect();
        }
        let moment = Moment {
            step: Some(Step { parent: id, choice: choice.clone(), place }),
            depth: before.depth + 1,
            time,
            clocks,
            letters,
            broken: judge(&self.world, &state),
            children: Vec::new(),
            state,
        };
        self.letters = numbered;
        self.moments.push(moment);
        if let Some(before) = self.moments.get_mut(id as usize) {
            before.children.push((place, next));
        }
        Ok(next)
    }

    /// Goes through choices by name, as far as they are possible.
    pub fn walk(&mut self, id: MomentId, names: &str) -> Result<String, Trouble> {
        let names: Vec<String> = read_json("names", names)?;
        self.moment(id)?;
        let mut walked = Walked { moment: id, done: 0, stopped: None };
        for name in &names {
            match self.choose_named(walked.moment, name) {
                Ok(next) => (walked.moment, walked.done) = (next, walked.done + 1),
                Err(trouble) => {
                    walked.stopped = Some(trouble.to_string());
                    break;
                }
            }
        }
        Ok(json(&walked))
    }

    // ---- writing down ------------------------------------------------------------------------------------

    /// The choices that lead to a moment.
    pub(crate) fn choices_to(&self, id: MomentId) -> Result<Vec<Choice>, Trouble> {
        let path = self.path(id)?;
        Ok(path
            .iter()
            .filter_map(|at| self.moments.get(*at as usize)?.step.as_ref())
            .map(|step| step.choice.clone())
            .collect())
    }

    /// The names of the choices that lead to a moment.
    pub fn names(&self, id: MomentId) -> Result<String, Trouble> {
        let names: Vec<String> = self.choices_to(id)?.iter().map(Choice::to_string).collect();
        Ok(json(&names))
    }

    fn recorded(&self, id: MomentId, note: &str) -> Result<Run, Trouble> {
        if note.len() > MAX_NOTE {
            return Err(Trouble::TooLong { what: "note", bytes: note.len(), max: MAX_NOTE });
        }
        let choices = self.choices_to(id)?;
        let max = quorate_models::run::MAX_CHOICES;
        if choices.len() > max {
            return Err(RunError::TooManyChoices { count: choices.len() }.into());
        }
        Ok(Run::record(&self.world, &choices, note)?)
    }

    /// The run to a moment as a run file.
    pub fn run(&self, id: MomentId, note: &str) -> Result<String, Trouble> {
        Ok(self.recorded(id, note)?.to_text())
    }

    /// The run to a moment for other tools.
    pub fn export(&self, id: MomentId, format: &str) -> Result<String, Trouble> {
        let run = self.recorded(id, "")?;
        let format = match format {
            "rust-test" => Format::RustTest,
            "mermaid" => Format::Mermaid,
            "itf" => Format::Itf,
            "text" => return Ok(draw(&run, &run.replay()?)),
            other => return Err(Trouble::Format { name: plain(other) }),
        };
        Ok(export(&run, format)?)
    }
}

impl Moment {
    fn child(&self, place: u32) -> Option<MomentId> {
        self.children.iter().find(|(at, _)| *at == place).map(|(_, id)| *id)
    }
}

/// How many words of `a` are in `b`.
fn likeness(a: &str, b: &str) -> usize {
    a.split(' ').filter(|word| b.split(' ').any(|other| other == *word)).count()
}

/// A name as it may be repeated in a sentence.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}
