//! What follows a state: nothing but look-ups.

use super::code::{Code, IMPOSSIBLE, Move, NOTHING, Place, Sent, WIDTH, kind};
use super::tables::NONE;
use crate::check::search::{Found, Gap, Id};
use crate::world::{is_untouched, node, swapped};
use quorate::id::NodeId;

impl Code {
    /// Pushes everything that follows `state`, or what is not known of it.
    pub(super) fn follow(&self, state: &[Id], found: &mut Found) {
        let mirrors = match self.mirrors(state) {
            Ok(mirrors) => mirrors,
            Err(gap) => return found.miss(gap),
        };
        for at in 0..self.seats {
            if let Err(gap) = self.push_moves(state, at, mirrors, found) {
                found.miss(gap);
            }
        }
        for pushed in [self.push_around(state, mirrors, found), self.push_times(state, mirrors, found)] {
            if let Err(gap) = pushed {
                found.miss(gap);
            }
        }
    }

    fn push_moves(&self, state: &[Id], at: usize, mirrors: u32, found: &mut Found) -> Result<(), Gap> {
        let first = self.ask(kind::MOVES, state[at], state[self.seats])?;
        for Move { place, around, sent, mirrors: images } in &self.moves[first as usize..] {
            if *place == NONE {
                break;
            }
            if images & mirrors != 0 {
                continue;
            }
            let next = found.copy(state);
            next[at] = *place;
            next[self.seats] = *around;
            let changes = *place != state[at] || *around != state[self.seats];
            match self.deliver(at, next, *sent) {
                Ok(delivered) if changes || delivered => {}
                Ok(_nothing_new) => found.undo(state),
                Err(gap) => found.miss(gap),
            }
        }
        Ok(())
    }

    /// Puts into the other seats what the one at `at` causes there; whether that changes any.
    fn deliver(&self, at: usize, next: &mut [Id], sent: Id) -> Result<bool, Gap> {
        let mut changed = false;
        if sent == NOTHING {
            return Ok(changed);
        }
        let Sent { entered, mail } = &self.sent[sent];
        for (to, mail) in mail {
            let place = &mut next[usize::from(*to)];
            let after = self.with_mail(*place, *entered, *mail)?;
            changed |= after != *place;
            *place = after;
        }
        if *entered != NONE {
            let unwritten =
                |to: &usize| *to != at && mail.iter().all(|(other, _)| usize::from(*other) != *to);
            for to in (0..self.seats).filter(unwritten) {
                let after = self.with_mail(next[to], *entered, NONE)?;
                changed |= after != next[to];
                next[to] = after;
            }
        }
        Ok(changed)
    }

    /// A seat without what has become pointless and with mail.
    fn with_mail(&self, place: Id, entered: Id, mail: Id) -> Result<Id, Gap> {
        let Place { machine, inbox, .. } = self.places[place as usize];
        let mut after = inbox;
        if entered != NONE {
            after = self.ask(kind::FORGET, after, entered)?;
        }
        if mail != NONE {
            after = self.ask(kind::ADD, after, mail)?;
        }
        if after == inbox { Ok(place) } else { self.ask(kind::SEAT, machine, after) }
    }

    fn push_around(&self, state: &[Id], mirrors: u32, found: &mut Found) -> Result<(), Gap> {
        let first = self.ask(kind::AROUND, state[self.seats], 0)?;
        let mut next = [0; WIDTH];
        let next = &mut next[..=self.seats];
        let moves = self.moves[first as usize..].iter().take_while(|around| around.place != NONE);
        for Move { around, .. } in moves.filter(|way| way.mirrors & mirrors == 0) {
            next.copy_from_slice(state);
            next[self.seats] = *around;
            found.push(next);
        }
        Ok(())
    }

    fn push_times(&self, state: &[Id], mirrors: u32, found: &mut Found) -> Result<(), Gap> {
        let around = &self.arounds[state[self.seats]];
        if self.world.scope().rates.is_none() || around.history.broken.is_some() {
            return Ok(());
        }
        let clocks = state[..self.seats].iter().fold(0, |all, place| all | self.clocks[*place as usize]);
        let first = self.ask(kind::TIMES, clocks, around.budget.suspends.into())?;
        let ways = self.times[first as usize..].iter().take_while(|way| **way != NONE);
        for way in ways.filter(|way| self.ways[**way].mirrors & mirrors == 0) {
            if let Err(gap) = self.push_aged(state, *way, found) {
                found.miss(gap);
            }
        }
        Ok(())
    }

    fn push_aged(&self, state: &[Id], way: Id, found: &mut Found) -> Result<(), Gap> {
        let mut next = [0; WIDTH];
        let next = &mut next[..=self.seats];
        next.copy_from_slice(state);
        for place in &mut next[..self.seats] {
            match self.ask(kind::AGE, *place, way)? {
                IMPOSSIBLE => return Ok(()),
                aged => *place = aged,
            }
        }
        if self.ways[way].ticks.contains(&0) {
            next[self.seats] = self.ask(kind::SUSPEND, state[self.seats], 0)?;
        }
        if next != state {
            found.push(next);
        }
        Ok(())
    }

    /// The pairs of machines, one bit each, that can be swapped without changing the state.
    fn mirrors(&self, state: &[Id]) -> Result<u32, Gap> {
        let fresh = |id: NodeId| self.machine_at(state, id.index()).fresh;
        let mut mirrors = 0;
        for (number, (a, b)) in self.world.mirrors().iter().enumerate() {
            if fresh(*a) && fresh(*b) && self.is_mirrored(state, number as Id, (*a, *b))? {
                mirrors |= 1 << number;
            }
        }
        Ok(mirrors)
    }

    fn is_mirrored(&self, state: &[Id], pair: Id, (a, b): (NodeId, NodeId)) -> Result<bool, Gap> {
        if !is_untouched(&self.arounds[state[self.seats]].outside, a, b) {
            return Ok(false);
        }
        let inbox = |at: usize| self.places[state[at] as usize].inbox;
        for at in 0..self.seats {
            let image = self.ask(kind::IMAGE, inbox(at), pair)?;
            let other = usize::from(swapped(node(at), a, b).index());
            if image != inbox(other) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
