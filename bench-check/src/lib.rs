//! The bench of checkers.
pub mod election;
mod examples;
pub mod subject;

#[cfg(test)]
mod tests {
    use super::*;
    use stateright::actor::*;
    use stateright::*;
    use std::collections::*;
    use std::fmt::Debug;
    use std::hash::Hash;
    fn fingerprint(x: &impl Hash) -> u64 { use std::hash::*; let mut h = DefaultHasher::new(); x.hash(&mut h); h.finish() }
    struct Stats(usize);
    impl subject::Job<()> for Stats {
        fn plain<M>(self, _model: M) where M: Model {}
        fn actors<A, C, H>(self, model: ActorModel<A, C, H>)
        where
            A: Actor + Clone + Send + Sync + 'static,
            A::Msg: Ord,
            A::Timer: Ord,
            H: Clone + Debug + Hash + PartialEq,
        {
            let mut seen = HashSet::new();
            let mut todo = VecDeque::new();
            let mut envs = BTreeMap::new();
            let mut inbox = HashSet::new();
            let mut seats = HashSet::new();
            let mut hist = HashSet::new();
            let mut flight = 0;
            let mut dup = 0;
            for s in model.init_states() {
                seen.insert(fingerprint(&s));
                todo.push_back(s);
            }
            let mut tot=0;
            while let Some(s) = todo.pop_front() {
                let mut boxes: Vec<Vec<usize>> = vec![vec![]; model.actors.len()];
                let mut n = 0;
                for e in s.network.iter_all() {
                    n += 1;
                    let k = envs.len();
                    let id = *envs.entry((e.src, e.dst, e.msg.clone())).or_insert(k);
                    boxes[usize::from(e.dst)].push(id);
                }
                flight = flight.max(n); tot+=n;
                for (i, b) in boxes.iter_mut().enumerate() {
                    b.sort();
                    if b.windows(2).any(|w| w[0] == w[1]) {
                        dup += 1
                    }
                    inbox.insert((i, b.clone()));
                    seats.insert((i, fingerprint(&s.actor_states[i])));
                }
                hist.insert(fingerprint(&s.history));
                if seen.len() > self.0 { println!("CUT"); break; }
                for t in model.next_states(&s) {
                    if seen.insert(fingerprint(&t)) {
                        todo.push_back(t);
                    }
                }
            }
            println!(
                "states {} envs {} inboxes {} seats {} hist {} flight {} avg {} dup {}",
                seen.len(),
                envs.len(),
                inbox.len(),
                seats.len(),
                hist.len(),
                flight, tot as f64/seen.len() as f64,
                dup
            );
        }
    }
    #[test]
    fn stats() {
        use subject::Job;
        for t in [3, 4] {
            Stats(2_000_000).actors(election::model(3, t));
        }
        examples::paxos::with(2, Stats(2_000_000));
        examples::paxos::with(3, Stats(2_000_000));
        examples::linearizable_register::with(2, 2, Stats(2_000_000));
        examples::linearizable_register::with(2, 3, Stats(2_000_000));
    }
}
