//! A plain breadth-first search.
use crate::invariant::{Broken, state::judge};
use crate::world::{Choice, State, World, fingerprint};
use std::collections::{HashMap, VecDeque};

/// Explores; returns (states, depth, violation with path).
pub fn explore(world: &World, max: usize) -> (usize, usize, bool, Option<(Broken, Vec<Choice>)>) {
    let initial = world.initial();
    let mut seen: HashMap<u64, (u64, u32)> = HashMap::new();
    let root = fingerprint(&initial);
    seen.insert(root, (root, 0));
    let mut queue: VecDeque<(State, u64, usize)> = VecDeque::new();
    queue.push_back((initial, root, 0));
    let mut deepest = 0;
    while let Some((state, fp, depth)) = queue.pop_front() {
        deepest = deepest.max(depth);
        if let Some(broken) = judge(world, &state) {
            let mut trail = Vec::new();
            let mut at = fp;
            while at != root {
                let (parent, index) = seen[&at];
                trail.push(index);
                at = parent;
            }
            trail.reverse();
            let mut path = Vec::new();
            let mut s = world.initial();
            for index in trail {
                let c = world.choices(&s)[index as usize].clone();
                s = world.apply(&s, &c).unwrap();
                path.push(c);
            }
            return (seen.len(), deepest, false, Some((broken, path)));
        }
        if seen.len() >= max {
            return (seen.len(), deepest, false, None);
        }
        for (index, choice) in world.choices(&state).iter().enumerate() {
            let Some(next) = world.apply(&state, choice) else { continue };
            let h = fingerprint(&next);
            if let std::collections::hash_map::Entry::Vacant(slot) = seen.entry(h) {
                slot.insert((fp, index as u32));
                queue.push_back((next, h, depth + 1));
            }
        }
    }
    (seen.len(), deepest, true, None)
}
