//! scratch
use quorate_models::check::*;
use quorate_models::world::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&args[1]);
    let model: Model = match &text {
        Ok(t) => serde_json::from_str(t).unwrap(),
        Err(_) => quorate_models::catalog::named(&args[1]).expect("a model").model(),
    };
    let mut world = World::new(model).unwrap();
    if std::env::var("NONE").is_ok() {
        world = world.reduced_by(Reductions::NONE);
    }
    let t = std::time::Instant::now();
    let engine = if std::env::var("SR").is_ok() { Engine::Stateright } else { Engine::Memoised };
    let max = args.get(2).map(|s| s.parse().unwrap());
    let r = check(&world, engine, Bounds { states: max, bytes: None }, &mut |_| true);
    println!(
        "{} {:?} {:.1}s {:.2} M/s",
        args[1],
        r.progress,
        t.elapsed().as_secs_f64(),
        r.progress.states as f64 / t.elapsed().as_secs_f64() / 1e6
    );
    match r.outcome {
        Outcome::Violated { broken, path } => {
            println!("VIOLATED {broken}");
            let run = quorate_models::run::Run::record(&world, &path, "").unwrap();
            let text = run.to_text();
            let run = quorate_models::run::Run::parse(&text).unwrap();
            println!("{}", quorate_models::run::draw::draw(&run, &run.replay().unwrap()));
            std::fs::write("/tmp/run.json", text).unwrap();
        }
        o => println!("{o:?}"),
    }
}
