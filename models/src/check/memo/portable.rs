//! A world in numbers, for several workers that number by themselves: what is the same everywhere is the fingerprint
//! of a seat at its place, of what is around, and of a state – the sum of those of its parts.

use super::code::{Code, Place};
use crate::check::search::Id;
use crate::check::timely::Portable;
use crate::world::{State, World, fingerprint};
use quorate::id::NodeId;
use std::sync::Arc;

/// A world in numbers, whose first state this is.
pub(in crate::check) fn coded(world: &World, first: &State) -> impl Portable + use<> {
    Code::new(Arc::new(world.clone()), first)
}

/// The fingerprint of a state, the same in every process.
pub(in crate::check) fn print_of(state: &State) -> u64 {
    let print = |(id, seat): (NodeId, &crate::world::Seat)| {
        seat_print(id, seat.machine.fingerprint(), seat.inbox.fingerprint())
    };
    state.seats().map(print).fold(state.around.fingerprint(), u64::wrapping_add)
}

fn seat_print(id: NodeId, machine: u64, inbox: u64) -> u64 {
    fingerprint(&(id, machine, inbox))
}

/// Numbers of seats.
const SEATS: usize = 0;

impl Portable for Code {
    const KINDS: usize = 2;

    fn kind(&self, at: usize) -> usize {
        usize::from(at == self.seats)
    }

    fn count(&self, kind: usize) -> usize {
        if kind == SEATS { self.places.len() } else { self.arounds.len() }
    }

    fn print(&self, kind: usize, id: Id) -> u64 {
        if kind != SEATS {
            return self.arounds[id].fingerprint();
        }
        let Place { machine, inbox, .. } = self.places[id as usize];
        let machine = &self.machines[machine];
        seat_print(machine.id, machine.local.fingerprint(), self.inboxes[inbox].fingerprint())
    }
}
