//! Asking again: whether the functions that were remembered say now what they said then.
//!
//! A handler that looked at a clock, a random number or anything else but its arguments would make the engine
//! explore a world that does not exist. So a sample of what is remembered is asked again, later and by another
//! way: what can happen at a seat by [`World::step`] as a whole, and not by the parts that it was put together
//! from.

use super::code::{Code, IMPOSSIBLE, Move, Place, Sent, kind};
use super::tables::NONE;
use crate::check::search::{Gap, Id};
use crate::invariant::state::judge_pair;
use crate::world::{self, Inbox, Step, World};

impl Code {
    pub(super) fn says_so_again(&self, gap: Gap) -> bool {
        let Gap { kind, a, b } = gap;
        let Some(said) = self.known(kind, a, b) else { return false };
        match kind {
            kind::MOVES => self.moves_again(a, b, said),
            kind::SEAT => {
                let buried = self.world.bury(&self.machines[a].local, &self.inboxes[b]);
                let Place { machine, inbox, .. } = self.places[said as usize];
                machine == a && self.inboxes[inbox] == buried
            }
            kind::ADD => *self.inboxes[said] == self.world.added(&self.inboxes[a], &self.mails[b]),
            kind::FORGET => {
                let (sender, epoch) = self.entries[b];
                self.inboxes[said] == self.world.forgotten(&self.inboxes[a], sender, epoch)
            }
            kind::AGE => {
                let id = self.machines[self.places[a as usize].machine].id;
                let aged = self.world.aged(id, &self.seat(a), &self.ways[b].ticks);
                aged == (said != IMPOSSIBLE).then(|| self.seat(said))
            }
            kind::PAIR => judge_pair(&self.world, &self.faces[a], &self.faces[b]).is_none() == (said != 0),
            _rare => true,
        }
    }

    fn moves_again(&self, place: Id, around: Id, said: Id) -> bool {
        let id = self.machines[self.places[place as usize].machine].id;
        let (world, seat, around) = (&self.world, self.seat(place), &self.arounds[around]);
        let choices = world.choices_at(id, &seat, around);
        let mut steps = choices.iter().filter_map(|choice| {
            let step = world.step(id, &seat, around, choice)?;
            let entered = world::entered(&seat.machine, &step.seat.machine);
            Some((step, entered.filter(|_| World::forgets(world))))
        });
        let mut moves = self.moves[said as usize..].iter().take_while(|next| next.place != NONE);
        moves.all(|next| steps.next().is_some_and(|(step, entered)| self.is(next, &step, entered)))
            && steps.next().is_none()
    }

    fn is(&self, next: &Move, step: &Step, entered: Option<quorate::id::Epoch>) -> bool {
        let Sent { entered: entry, mail } = &self.sent[next.sent];
        let letters =
            mail.iter().map(|(to, mail)| (world::node(usize::from(*to)), self.mails[*mail].clone()));
        let letters: Vec<(quorate::id::NodeId, Inbox)> = letters.collect();
        let epoch = (*entry != NONE).then(|| self.entries[*entry].1);
        self.seat(next.place) == step.seat
            && *self.arounds[next.around] == step.around
            && letters == world::by_receiver(&step.sent)
            && epoch == entered
    }
}
