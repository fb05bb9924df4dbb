//! stub
mod draw;
mod engine;
mod fast;
mod ghost;
mod judge;
mod machine;
mod moves;
mod prefix;
mod random;
mod sample;
mod scope;
mod states;
mod survey;
mod view;
#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    #[ignore]
    fn samp() {
        let arg = std::env::var("SCOPE").unwrap_or("5 5 4 0".into());
        let a: Vec<u8> = arg.split(' ').map(|x| x.parse().unwrap()).collect();
        let off: quorate::rule::RuleSet = std::env::var("OFF").iter().filter(|s| !s.is_empty()).flat_map(|s| s.split(',').map(|n| quorate::rule::Rule::named(n).unwrap()).collect::<Vec<_>>()).collect();
        let scope = scope::Scope { nodes: a[0], epochs: a[1], writes: a[2], family: scope::Family::ALL[usize::from(a[3])] };
        let t = std::time::Instant::now();
        let n: u64 = std::env::var("N").map_or(10000, |n| n.parse().unwrap());
        let report = sample::Sampler::new(scope, off).unwrap().run(1, n);
        println!("states {} steps {} {:?}", report.states, report.steps, t.elapsed());
        if let Some(c) = report.counterexample { println!("{c}"); }
        let w = scope.world(off).unwrap();
        println!("estimate {}", random::estimate(scope, &scope::Quorums::of(&w).unwrap()));
    }
    #[test]
    #[ignore]
    fn run() {
        let arg = std::env::var("SCOPE").unwrap_or("2 1 0".into());
        let a: Vec<u8> = arg.split(' ').map(|x| x.parse().unwrap()).collect();
        let off: quorate::rule::RuleSet = std::env::var("OFF").iter().filter(|s| !s.is_empty()).flat_map(|s| s.split(',').map(|n| quorate::rule::Rule::named(n).unwrap()).collect::<Vec<_>>()).collect();
        let scope = scope::Scope { nodes: 3, epochs: a[0], writes: a[1], family: scope::Family::ALL[usize::from(a[2])] };
        let t = std::time::Instant::now();
        let report = engine::Engine::new(scope, off).unwrap().run();
        println!("{report:?} {:?}", t.elapsed());
        if let Some(c) = report.counterexample { println!("{c}"); }
    }
    #[test]
    #[ignore]
    fn count() {
        for (e, l, fam) in [(2u8, 1u8, 0), (2, 2, 0), (3, 1, 0), (3, 2, 0), (3,2,1), (3,2,2), (3, 3, 0), (4, 1, 0)] {
            let scope = scope::Scope { nodes: 3, epochs: e, writes: l, family: scope::Family::ALL[fam] };
            let world = scope.world(quorate::rule::RuleSet::NONE).unwrap();
            let q = scope::Quorums::of(&world).unwrap();
            let t = std::time::Instant::now();
            let (mut n, mut all, mut bad) = (0u64, 0u64, 0u64); let mut tight = 0u64;
            let mut w = ghost::Whole { quorums: std::sync::Arc::new(q.clone()), ghost: ghost::Ghost::FIRST, epochs: e };
            states::each(scope, &q, &mut |g, m| {
                n += 1; all += m;
                w.ghost = *g;
                if n % 1 == 0 && (!states::holds(&w) || ghost::safe(&w).is_err()) { bad += 1; 
                  if bad == 1 { for c in ghost::CLAUSES { if let Err(x) = (c.holds)(&w) { println!("{} {x}", c.name); } } println!("{:?}", ghost::safe(&w)); } }
                let strict = |g: &ghost::Ghost| (1..=e).all(|t| { let o = g.office(t); let Some(start) = o.start else { return true }; let me = usize::from(o.owner.unwrap());
                    let first = o.log.cut(start);
                    let ok = |set: u8| set >> me & 1 == 1 && q.recovers(set) && (0..3).filter(|n| set >> n & 1 == 1).all(|n| g.has_promised(n, t))
                       && (0..3).filter(|n| set >> n & 1 == 1).any(|n| { let p = g.promise(n, t); p.begin(t) == first && (0..3).filter(|k| set >> k & 1 == 1).all(|k| g.promise(k, t).position() <= p.position()) });
                    let part = (0..3).any(|d| d != me && g.has_promised(d, t) && g.promise(d, t).position() >= g.promise(me, t).position() && start < g.promise(d, t).len() && g.promise(d, t).cut(start).begin(t) == first );
                    (0..8).any(ok) || part
                    });
                if strict(g) { tight += 1; }
                n < 20_000_000
            });
            println!("{scope}: {n} {all} bad {bad} tight {tight} {:?}", t.elapsed());
        }
    }
}
