//! What the README says is what the models say. `QUORATE_BLESS=1` writes it anew.

use quorate_models::catalog::{self, Expect, Suite};
use quorate_models::check::{Bounds, Engine, Outcome, check};
use quorate_models::run::{Run, draw::draw};
use quorate_models::text::grouped;
use quorate_models::world::World;
use std::fmt::Write;
use std::{env, fs};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");

#[test]
fn the_readme_says_what_the_models_say() {
    let before = fs::read_to_string(README).unwrap();
    let after = replaced(&replaced(&before, "catalogue", &catalogue()), "unsafe", &counterexample());
    if env::var_os("QUORATE_BLESS").is_some() {
        fs::write(README, after).unwrap();
    } else {
        assert_eq!(before, after, "run the test again with QUORATE_BLESS=1");
    }
}

/// The text with what is between the marks replaced.
fn replaced(text: &str, mark: &str, inner: &str) -> String {
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let (head, rest) = text.split_once(&open).expect("the mark is there");
    let (_, tail) = rest.split_once(&close).expect("and its end");
    format!("{head}{open}{inner}{close}{tail}")
}

fn catalogue() -> String {
    let mut table = String::from("| model | what is explored | states | when |\n|---|---|--:|---|\n");
    for entry in catalog::all().filter(|entry| entry.expect == Expect::Holds) {
        let when = match entry.suite {
            Suite::Tour => "tour and tests",
            Suite::Tests => "tests",
            Suite::Long => "by command",
        };
        let _ = writeln!(table, "| `{}` | {} | {} | {when} |", entry.name, entry.about, grouped(entry.floor));
    }
    table
}

fn counterexample() -> String {
    let world = World::new(catalog::named("lease-unchecked").unwrap().model()).unwrap();
    let report = check(&world, Engine::Memoised, Bounds::default(), &mut |_| true);
    let Outcome::Violated { broken, path } = report.outcome else { panic!("nothing is violated") };
    let run = Run::record(&world, &path, &broken.to_string()).unwrap();
    format!("```text\n{}```\n", draw(&run, &run.replay().unwrap()))
}
