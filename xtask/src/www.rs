//! The playground: what turns `www/` into files, tests it, and shows it.
//!
//! `www/dist` is committed, so that who only uses the playground needs no Node. That it is what the sources give is
//! checked byte for byte: the module is built without paths of this machine in it, and everything else by tools whose
//! versions are written down.

use crate::prove::root;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

const HELP: &str = "\
cargo xtask www               build the module and serve the sources of the playground, for who changes them
cargo xtask www test          types, unit tests on the module, lints of the texts
cargo xtask www browser       every test in a real browser, against the binary
cargo xtask dist [--check]    make www/dist of the sources; or only see whether it is what they give
cargo xtask screenshots       pictures of the playground, into www/screenshots
";

type Done = Result<(), String>;

/// `cargo xtask www …`
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    end(match words.as_slice() {
        [] => serve(),
        ["test"] => test(),
        ["browser", rest @ ..] => browser(rest),
        _ => Err(HELP.into()),
    })
}

/// `cargo xtask dist …`
pub(crate) fn dist(arguments: &[String]) -> ExitCode {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    end(match words.as_slice() {
        [] => prepare().and_then(|()| npm(&["run", "build"])),
        ["--check"] => check(),
        _ => Err(HELP.into()),
    })
}

/// `cargo xtask screenshots`
pub(crate) fn screenshots(arguments: &[String]) -> ExitCode {
    let shoot = || {
        binary()?;
        prepare()?;
        npx(&["playwright", "test", "--config", "e2e/screenshots.config.ts"])
    };
    end(if arguments.is_empty() { shoot() } else { Err(HELP.into()) })
}

fn end(done: Done) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn serve() -> Done {
    prepare()?;
    npx(&["vite"])
}

fn test() -> Done {
    prepare()?;
    npm(&["run", "check"])?;
    npm(&["test"])
}

fn browser(rest: &[&str]) -> Done {
    binary()?;
    install()?;
    npx(&[&["playwright", "test"], rest].concat())
}

/// The binary that the browser is tested against, and measured beside: one that is there, or that of a release.
fn binary() -> Done {
    match env::var_os("QUORATE_BINARY") {
        None => cargo(&["build", "--release", "-p", "quorate-models", "--locked"]),
        // As the tests of the page take it.
        Some(path) if www().join(&path).is_file() => Ok(()),
        Some(path) => Err(format!("QUORATE_BINARY: there is no {}, seen from www/", path.display())),
    }
}

/// The tools of Node, and the core as a module.
fn prepare() -> Done {
    install()?;
    cargo(&["run", "-p", "quorate-pack", "--locked"])
}

/// What `package-lock.json` says, unless it is there.
fn install() -> Done {
    let lock = www().join("package-lock.json");
    let mark = www().join("node_modules/.package-lock.json");
    let modified = |path: &Path| fs::metadata(path).and_then(|about| about.modified()).ok();
    if modified(&mark).is_some_and(|mark| Some(mark) >= modified(&lock)) {
        return Ok(());
    }
    npm(&["ci", "--no-audit", "--no-fund"])
}

/// Makes the files again, elsewhere, and compares.
fn check() -> Done {
    prepare()?;
    let committed = www().join("dist");
    let fresh = root().join("target/dist");
    let _ = fs::remove_dir_all(&fresh);
    let out = fresh.to_str().ok_or("the path of this checkout is no text")?;
    run(Command::new("npm").args(["run", "build"]).env("QUORATE_DIST", out).current_dir(www()))?;
    let wrong = |error: io::Error| format!("www/dist and target/dist cannot be compared: {error}");
    let (old, new) = (files(&committed).map_err(wrong)?, files(&fresh).map_err(wrong)?);
    let names: Vec<&PathBuf> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
    let differ: Vec<String> = names
        .iter()
        .filter(|name| old.get(**name) != new.get(**name))
        .map(|name| format!("  {}", name.display()))
        .collect();
    if differ.is_empty() {
        println!("www/dist is what the sources give: {} files, {} bytes", old.len(), bytes(&old));
        return Ok(());
    }
    Err(format!(
        "www/dist is not what the sources give; run `cargo xtask dist` and commit it. Different are:\n{}",
        differ.join("\n")
    ))
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn bytes(files: &Files) -> usize {
    files.values().map(Vec::len).sum()
}

/// The files below a folder, by their paths in it.
fn files(folder: &Path) -> io::Result<Files> {
    let mut found = Files::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).map_err(io::Error::other)?.to_path_buf();
                found.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

fn www() -> PathBuf {
    root().join("www")
}

fn cargo(arguments: &[&str]) -> Done {
    run(Command::new("cargo").args(arguments).current_dir(root()))
}

fn npm(arguments: &[&str]) -> Done {
    run(Command::new("npm").args(arguments).current_dir(www()))
}

fn npx(arguments: &[&str]) -> Done {
    run(Command::new("npx").arg("--no-install").args(arguments).current_dir(www()))
}

fn run(command: &mut Command) -> Done {
    let said = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("failed with {status}: {said}")),
        Err(error) => Err(format!("{said} cannot be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_folders_by_their_paths() {
        let folder = std::env::temp_dir().join(format!("quorate-xtask-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        fs::write(folder.join("a"), b"1").unwrap();
        fs::write(folder.join("inner/b"), b"22").unwrap();
        let found = files(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let expected = [(PathBuf::from("a"), b"1".to_vec()), (PathBuf::from("inner/b"), b"22".to_vec())];
        assert_eq!(found, Files::from(expected));
        assert_eq!(bytes(&found), 3);
    }
}
