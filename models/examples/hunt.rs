//! scratch
use quorate_models::check::*;
use quorate_models::kills::*;
use quorate_models::run::{Run, draw::draw};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (which, name, states): (_, _, u64) =
        (&args[1], &args[2], args.get(3).and_then(|n| n.parse().ok()).unwrap_or(3_000_000));
    let list: Vec<Kill> = match &which[..] {
        "kills" => KILLS.to_vec(),
        "harms" => HARMS.to_vec(),
        _ => quorate_models::kills::seeds::own(),
    };
    for kill in &list {
        let n = format!("{:?}", kill.off);
        if name != "all" && !n.contains(&name[..]) {
            continue;
        }
        if name == "all" && kill.steps > 0 && !args.contains(&"every".into()) {
            continue;
        }
        let t = std::time::Instant::now();
        let report = kill.explore(Bounds { states: Some(states), bytes: None }, &mut |_| true);
        match report {
            Err(e) => println!("{n}: ERROR {e}"),
            Ok(r) => match &r.outcome {
                Outcome::Violated { broken, path } => {
                    let ok = broken.invariant == kill.invariant && path.len() == kill.steps;
                    println!(
                        "{n}: {} {} in {} ({} states, {:.1?})",
                        if ok { "ok" } else { "NEW" },
                        broken,
                        path.len(),
                        r.progress.states,
                        t.elapsed()
                    );
                    if args.contains(&"draw".into()) {
                        let world = quorate_models::world::World::new(kill.model()).unwrap();
                        let run = Run::record(&world, path, "").unwrap();
                        println!("{}", draw(&run, &run.replay().unwrap()));
                    }
                }
                o => println!(
                    "{n}: {o:?} depth {} ({} states, {:.1?})",
                    r.progress.depth,
                    r.progress.states,
                    t.elapsed()
                ),
            },
        }
    }
}
