//! `quorate` without arguments: what it is, in a minute.

use super::verdict::Verdict;
use super::{Status, Wrong, check, say};
use crate::catalog::{self, Suite};

pub(super) fn run() -> Result<Status, Wrong> {
    say(HELLO);
    say(Verdict::head());
    let mut worst = Status::Expected;
    for entry in catalog::all().filter(|entry| entry.suite == Suite::Tour) {
        let status = check::toured(entry)?;
        worst = worst.max(status);
        if status == Status::CutShort {
            return Ok(worst);
        }
    }
    say(match worst {
        Status::Expected => BOUNDS,
        Status::Violated | Status::Usage | Status::CutShort => UNEXPECTED,
    });
    let unsafe_model = catalog::named(UNSAFE).ok_or_else(|| Wrong(format!("{UNSAFE} is missing")))?.model();
    let Some(picture) = check::drawn(unsafe_model)? else {
        say(UNEXPECTED);
        return Ok(Status::Violated);
    };
    say(COUNTEREXAMPLE);
    say(picture);
    say(NEXT);
    Ok(worst)
}

const UNSAFE: &str = "lease-unchecked";

const HELLO: &str = "\
quorate decides who may write, and what may be called committed, when machines fail.

The code of election, lease and commit is explored as it ships: every order of messages, every
loss and repetition, every crash, every drift of the clocks, inside the bounds of each model.

";

const BOUNDS: &str = "
  \"every state visited\" means that nothing is left to explore inside the bounds.
  More models, and longer ones: `quorate check`, `quorate check --long`.
";

const UNEXPECTED: &str = "
  This is not what is known of these models. Please report it.
";

const COUNTEREXAMPLE: &str = "
And this is what goes wrong when one rule is missing. The lease below is correct, but the resource
behind it does not check the epoch of a write. The shortest way to an overwritten state:

";

const NEXT: &str = "
Where to go next

  quorate plan clusters/three-postgres.toml    what your cluster survives, and what to change
  quorate check without:drift-margin           switch a rule off and see what breaks
  quorate rules                                the rules, and what breaks without each
  quorate check                                every bundled model

  Without an installed `quorate`, write `cargo run --release --` for it.
";
