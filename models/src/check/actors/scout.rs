//! A scout walks through the states at random before the search, to see how much room their parts need.
//!
//! What it finds decides nothing but the layout: where it saw too little, the search starts again with more room.
//! What it learns is kept. Its dice are always the same ones, so that every run is the same.

use super::code::{Code, Sink};
use super::{History, Memoisable};
use crate::check::search::{Coded, Gap, Id};

/// Walks, and steps of one walk and of all, at most.
const WALKS: usize = 1_000;
const STEPS: usize = 300;
const ALL_STEPS: usize = 10_000;
/// So many walks without news are enough.
const WITHOUT_NEWS: usize = 64;

#[derive(Default)]
struct View {
    states: Vec<Id>,
    gaps: Vec<Gap>,
}

impl Sink for View {
    fn copy(&mut self, state: &[Id]) -> &mut [Id] {
        let from = self.states.len();
        self.states.extend_from_slice(state);
        &mut self.states[from..]
    }
    fn undo(&mut self, state: &[Id]) {
        self.states.truncate(self.states.len() - state.len());
    }
    fn miss(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

/// Numbers without a pattern.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// Walks until there is little news, or something is full.
pub(super) fn walk<A: Memoisable, C: Send + Sync, H: History>(code: &mut Code<A, C, H>) {
    let (mut dice, mut view) = (Dice(0x2545_f491_4f6c_dd1d), View::default());
    let (mut without_news, mut left) = (0, ALL_STEPS);
    let width = code.width();
    if code.first().is_empty() {
        return;
    }
    for _ in 0..WALKS {
        let sizes = code.sizes();
        let mut state: Vec<Id> = code.first().into_iter().take(width).collect();
        for _ in 0..STEPS.min(left) {
            look(code, &state, &mut view);
            let ways = view.states.len() / width;
            if ways == 0 {
                break;
            }
            state.copy_from_slice(&view.states[dice.below(ways) * width..][..width]);
            left -= 1;
            // The search goes no further than a violation, and what lies behind one may be too much for a handler.
            if code.broken(&state).is_some() {
                break;
            }
        }
        without_news = if code.sizes() == sizes { without_news + 1 } else { 0 };
        if code.full || left == 0 || without_news == WITHOUT_NEWS {
            return;
        }
    }
}

/// Where one can go from here.
fn look<A: Memoisable, C: Send + Sync, H: History>(code: &mut Code<A, C, H>, state: &[Id], view: &mut View) {
    loop {
        view.states.clear();
        code.steps(state, view);
        if view.gaps.is_empty() {
            return;
        }
        view.gaps.sort_unstable();
        view.gaps.dedup();
        for gap in std::mem::take(&mut view.gaps) {
            let fill = code.compute(gap);
            code.learn(gap, fill);
        }
    }
}
