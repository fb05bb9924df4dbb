//! scratch
use quorate_models::check::search::explore;
use quorate_models::world::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&args[1]).unwrap();
    let model: Model = serde_json::from_str(&text).unwrap();
    let world = World::new(model).unwrap();
    if args.len() > 3 {
        // random walk
        let mut s = world.initial();
        let mut seed: u64 = args[3].parse().unwrap();
        for i in 0..args[2].parse().unwrap() {
            let cs = world.choices(&s);
            let mut opts: Vec<_> = cs.iter().filter_map(|c| world.apply(&s, c).map(|n| (c.clone(), n))).collect();
            if opts.is_empty() { println!("dead end"); break; }
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let k = (seed >> 33) as usize % opts.len();
            let (c, n) = opts.swap_remove(k);
            println!("{i:3} {c}   [{} options, {} msgs]", opts.len() + 1, n.messages().count());
            s = n;
        }
        println!("{s:#?}");
        return;
    }
    let t = std::time::Instant::now();
    if std::env::var("PLAIN").is_err() {
        let max = args.get(2).map(|s| s.parse().unwrap());
        let mut r = quorate_models::check::memo::Memo::new(&world).run(if world.rules_off().is_empty() { max } else { Some(1) });
        if !world.rules_off().is_empty() {
            let rash = world.clone().reduced_by(Reductions::RASH);
            r = quorate_models::check::memo::Memo::new(&rash).run(Some(2_000_000));
            if !matches!(r.outcome, quorate_models::check::Outcome::Violated{..}) {
            println!("soundly now");
            r = quorate_models::check::memo::Memo::new(&world).run(max);}
        }
        println!("{:?} {:.1}s {:.2} M/s", r.progress, t.elapsed().as_secs_f64(), r.progress.states as f64 / t.elapsed().as_secs_f64() / 1e6);
        match r.outcome { quorate_models::check::Outcome::Violated { broken, path } => { println!("VIOLATED {broken}"); for (i, c) in path.iter().enumerate() { println!("{:3} {c}", i + 1); } }, o => println!("{o:?}") }
        return;
    }
    let max = args.get(2).map_or(1_000_000, |s| s.parse().unwrap());
    let (states, depth, done, bad) = explore(&world, max);
    println!("{states} states depth {depth} done {done} {:.1}s", t.elapsed().as_secs_f64());
    if let Some((b, path)) = bad {
        println!("VIOLATED {b}");
        for (i, c) in path.iter().enumerate() { println!("{:3} {c}", i + 1); }
    }
}
