use quorate::rule::{Kind, Rule, RuleSet};
use quorate_models::catalog::machines::{commit, election};
use quorate_models::check::Bounds;
use quorate_models::live::graphs::{check_without, short};
use quorate_models::live::space::Space;
use quorate_models::world::{Driver, Model, Reductions, World};
fn space(name: &str, model: Model) {
    let start = std::time::Instant::now();
    let world = World::new(model).unwrap().reduced_by(Reductions { symmetry: false, ..Reductions::SOUND });
    let mut space = Space::new(&world).unwrap();
    let done = space.explore(Bounds { states: Some(2_000_000), bytes: Some(2 << 30) }, &mut |_| true);
    let explored = start.elapsed();
    println!(
        "{name}: {done:?} states {:?} edges {} beyond {} unsafe {} {explored:.1?}",
        space.states(),
        space.edges(),
        space.leads_beyond(),
        space.unsafe_states()
    );
    if done.is_err() {
        return;
    }
    let lasso = space.search();
    println!("   search {:.1?}: {}", start.elapsed() - explored, lasso.is_some());
    if let Some(lasso) = lasso {
        let told = space.tell(&lasso);
        println!("   {} stem {} cycle {}: {told}", told.choices.len(), lasso.stem.len(), lasso.cycle.len());
        for c in &told.choices {
            println!("      {c}");
        }
        match space.record(&told) {
            Ok(r) => println!("   run {}", r.choices.len()),
            Err(e) => println!("   ERR {e}"),
        }
    }
}
fn main() {
    let arg = std::env::args().nth(1).unwrap_or_default();
    if arg == "table" {
        for kill in quorate_models::live::kills::KILLS {
            println!(
                "{} {} without {:?} with {:?}",
                kill.rule,
                kill.graph,
                kill.without().map_err(|f| f.to_string()),
                kill.with().map_err(|f| f.to_string())
            );
        }
        return;
    }
    if arg == "kills" {
        for rule in Rule::ALL {
            if !matches!(rule.kind(), Kind::Liveness | Kind::Control) {
                continue;
            }
            let start = std::time::Instant::now();
            let v = check_without(RuleSet::NONE.with(*rule), &short());
            let last = v.last().unwrap();
            println!(
                "{:30} {:?} {:?} {:.1?}",
                rule.name(),
                rule.kind(),
                last.failure.as_ref().map(|f| format!("{}: {f}", last.suite)),
                start.elapsed()
            );
            if let Some(f) = &last.failure {
                match &*f.run {
                    Ok(r) => println!(
                        "   run {} steps, replay {:?}",
                        r.choices.len(),
                        r.replay().map(|r| r.broken)
                    ),
                    Err(e) => println!("   RUN ERROR {e}"),
                }
            }
        }
        return;
    }
    let block = |mut m: Model| {
        m.scope.driver = Driver::Blocking;
        m
    };
    space("election 1", block(election(1, 0)));
    space("commit 1 0", block(commit(1, 0, Driver::Blocking)));
    let pre = |mut m: Model| {
        m.node.prevote = true;
        m
    };
    space("prevote 1", pre(block(election(1, 0))));
    let off = |mut m: Model, r: Rule| {
        m.without.push(r.name().into());
        m
    };
    space("prevote 1 - heed", off(pre(block(election(1, 0))), Rule::RefusalsAreHeeded));
    space("prevote 1 - soft", off(pre(block(commit(1, 0, Driver::Blocking))), Rule::PreferenceIsSoft));
    space("commit 1 1", block(commit(1, 1, Driver::Blocking)));
    space("election 2", block(election(2, 0)));
}
