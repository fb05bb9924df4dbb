//! `cargo xtask rule-cost`: the named rules cost nothing.
//!
//! The core is built twice in one place: as it is, and with every `rule!(Name, value, else: other)` replaced in its
//! text by `(value)`. The same work has to take exactly as many instructions, counted by callgrind.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

const CORE: &str = "\
[package]
name = \"quorate\"
version = \"0.0.0\"
edition = \"2024\"

[features]
serde = []
rules-off = []
";

const WORK: &str = "\
[package]
name = \"work\"
version = \"0.0.0\"
edition = \"2024\"

[dependencies]
quorate = { path = \"../core\" }
";

const BOTH: &str = "\
[workspace]
members = [\"core\", \"work\"]
resolver = \"3\"

[profile.release]
lto = \"thin\"
codegen-units = 1
";

/// An election, commits, beats, and a second election.
const MAIN: &str = "\
mod group;

use quorate::failover::{Input, Request};
use quorate::time::Span;

fn main() {
    let mut group = group::Group::serving();
    (0..2_000).for_each(|handle| group.commit(handle.into()));
    (0..200).for_each(|handle| group.commit(vec![handle; 64].into()));
    for _ in 0..2_000 {
        group.now = group.now.after(Span::new(250));
        group.step(0, Input::Tick);
        group.deliver();
    }
    group.step(0, Input::Request(Request::StepDown));
    group.now = group.now.after(Span::new(10_000));
    group.step(1, Input::Tick);
    group.deliver();
    assert!(group.nodes[1].is_serving());
}
";

/// Counts both and compares.
pub(crate) fn main() -> ExitCode {
    match compare() {
        Ok(sentence) => {
            println!("{sentence}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<String, String> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok("skipped: valgrind, which counts instructions, is not installed".to_owned());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let place = target.join("rule-cost");
    let written =
        |result: std::io::Result<()>| result.map_err(|error| format!("{}: {error}", place.display()));
    let _ = fs::remove_dir_all(&place);
    copy(&root.join("src"), &place.join("core/src"), &mut |text| text)?;
    written(fs::create_dir_all(place.join("work/src")))?;
    let texts = [
        ("Cargo.toml", BOTH),
        ("core/Cargo.toml", CORE),
        ("work/Cargo.toml", WORK),
        ("work/src/main.rs", MAIN),
        ("work/src/group.rs", include_str!("../../tests/group/mod.rs")),
    ];
    for (name, text) in texts {
        written(fs::write(place.join(name), text))?;
    }
    let with_rules = count(&place)?;
    let mut sites = 0;
    copy(&root.join("src"), &place.join("core/src"), &mut |text| {
        let (bare, replaced) = bare(&text);
        sites += replaced;
        bare
    })?;
    let without = count(&place)?;
    if with_rules == without {
        Ok(format!(
            "{with_rules} instructions, and as many with {sites} uses of `rule!` replaced by bare expressions"
        ))
    } else {
        Err(format!("the rules cost something: {with_rules} instructions with them, {without} without"))
    }
}

/// Copies a tree of sources. The rules' own file keeps its text: it defines the macro.
fn copy(from: &Path, to: &Path, change: &mut impl FnMut(String) -> String) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            copy(&path, &to.join(name), change)?;
        } else {
            let text = fs::read_to_string(&path).map_err(failed)?;
            let text = if name == "rule.rs" { text } else { change(text) };
            fs::write(to.join(name), text).map_err(failed)?;
        }
    }
    Ok(())
}

/// Builds what lies in `place` and counts the instructions of one run.
fn count(place: &Path) -> Result<u64, String> {
    let target = place.join("target");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--offline", "--quiet"]).current_dir(place);
    cargo.env("CARGO_TARGET_DIR", &target).env("RUSTFLAGS", "--cap-lints allow");
    let built = cargo.status().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !built.success() {
        return Err("the copy of the core does not compile".to_owned());
    }
    let work = target.join("release/work");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(&work)
        .env_clear()
        .output()
        .map_err(|error| format!("cannot run valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&run.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.filter(|_| run.status.success()).ok_or_else(|| format!("callgrind counted nothing:\n{text}"))
}

/// The text with every `rule!(Name, value)` and `rule!(Name, value, else: other)` as `(value)`, and how many those were.
fn bare(text: &str) -> (String, usize) {
    const CALL: &str = "rule!(";
    let (mut out, mut rest, mut sites) = (String::new(), text, 0);
    while let Some(length) = token(rest) {
        if let Some(inside) = rest.strip_prefix(CALL) {
            let parts = parts(inside);
            let (value, nested) = bare(parts.value.trim());
            out.extend(["(", &value, ")"]);
            sites += nested + 1;
            rest = &inside[parts.end..];
        } else {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    (out, sites)
}

/// The second argument of a call, and where the call ends.
struct Parts<'a> {
    value: &'a str,
    end: usize,
}

fn parts(inside: &str) -> Parts<'_> {
    let (mut at, mut depth, mut commas) = (0, 0, Vec::new());
    while let Some(length) = token(&inside[at..]) {
        match &inside[at..=at] {
            "(" | "[" | "{" => depth += 1,
            ")" if depth == 0 => break,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 0 => commas.push(at),
            _ => {}
        }
        at += length;
    }
    let begin = commas.first().map_or(0, |comma| comma + 1);
    // A closure of two arguments has a comma, too: what follows the value begins with `else`.
    let ends = |comma: &&usize| inside[**comma + 1..].trim_start().starts_with("else:");
    let end = commas.iter().find(ends).copied().unwrap_or(at);
    Parts { value: inside[begin..end].trim_end().trim_end_matches(','), end: at + 1 }
}

/// How long what comes next is, where comments, strings and characters are one thing; `None` at the end.
fn token(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    let quoted = |quote: char| {
        let mut escaped = false;
        let closes = |(_, other): &(usize, char)| {
            let closes = *other == quote && !escaped;
            escaped = *other == '\\' && !escaped;
            closes
        };
        rest.char_indices().skip(1).find(closes).map_or(rest.len(), |(at, other)| at + other.len_utf8())
    };
    let is_character = || {
        let mut after = rest.chars().skip(1);
        let inside = after.next();
        inside == Some('\\') || (inside.is_some() && after.next() == Some('\''))
    };
    Some(match first {
        '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
        '"' => quoted('"'),
        '\'' if is_character() => quoted('\''),
        _ => first.len_utf8(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_become_what_they_guard() {
        let cases = [
            ("if rule!(A, x > f(1, 2)) {", "if (x > f(1, 2)) {"),
            ("let y = rule!(A, x, else: z(1, 2));", "let y = (x);"),
            ("rule!(A, rule!(B, x, else: y), else: z)", "((x))"),
            ("rule!(A, \"),\", else: '\"')", "(\"),\")"),
            ("rule!(\n    A,\n    x,\n    else: y,\n)", "(x)"),
            ("rule!(A, |a, b| a + b)", "(|a, b| a + b)"),
            ("// rule!(A, x)\n'a: &'b", "// rule!(A, x)\n'a: &'b"),
        ];
        for (text, expected) in cases {
            assert_eq!(bare(text).0, expected);
        }
        assert_eq!(bare(cases[2].0).1, 2);
    }
}
