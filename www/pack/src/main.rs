//! Builds the WebAssembly modules of the playground and their bindings.
//!
//! ```text
//! cargo run --package quorate-pack
//! ```
//!
//! Each module is `quorate-web` with one of its features; the bindings are written by the library that the command
//! `wasm-bindgen` is made of, so that nothing has to be installed. They are left in `www/src/pkg`. Nothing in them
//! depends on where the project, its dependencies or the toolchain lie.
//!
//! A module that is larger than its limit, compressed, is refused.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
/// In the `Cargo.toml` of the workspace.
const PROFILE: &str = "web";

/// A module: a feature of `quorate-web`.
struct Module {
    name: &'static str,
    /// How it is built otherwise than the others: a file of settings for cargo, in the folder of this package.
    settings: Option<&'static str>,
    /// Its largest size, compressed as a server would.
    limit: usize,
}

/// What the page needs to be of use.
const PLAY: Module = Module { name: "play", settings: None, limit: 250_000 };
/// What it loads with the first search.
const CHECK: Module = Module { name: "check", settings: Some("search.toml"), limit: 250_000 };
/// What it loads with the designer.
const PLAN: Module = Module { name: "plan", settings: None, limit: 250_000 };

fn main() -> ExitCode {
    match pack() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            let _ = writeln!(io::stderr(), "error: {what}");
            ExitCode::FAILURE
        }
    }
}

fn pack() -> Result<(), String> {
    let root = root()?;
    for wanted in [&PLAY, &PLAN, &CHECK] {
        module(&root, wanted)?;
    }
    Ok(())
}

fn module(root: &Path, module: &Module) -> Result<(), String> {
    let package = root.join("www/src/pkg");
    let built = build(root, module)?;
    bind(&built, module.name, &package)?;
    weigh(&package.join(format!("{}_bg.wasm", module.name)), module.limit)
}

/// The folder of the workspace.
fn root() -> Result<PathBuf, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).ok_or("the workspace is not around www/pack")?;
    fs::canonicalize(root).map_err(|error| format!("{}: {error}", root.display()))
}

/// Builds a module; where it is.
fn build(root: &Path, Module { name, settings, .. }: &Module) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Not that of whoever is running this: cargo holds it.
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut command = Command::new(&cargo);
    if let Some(file) = settings {
        command.arg("--config").arg(root.join("www/pack").join(file));
    }
    let built = command
        .args([
            "build",
            "--package",
            "quorate-web",
            "--lib",
            "--target",
            TARGET,
            "--profile",
            PROFILE,
            "--no-default-features",
            "--features",
            name,
            "--locked",
        ])
        .arg("--target-dir")
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root)?)
        .env_remove("RUSTFLAGS")
        .current_dir(root)
        .status()
        .map_err(|error| format!("{}: {error}", cargo.display()))?;
    if !built.success() {
        return Err(format!(
            "quorate-web does not build for {TARGET}; if the target is missing, `rustup target add {TARGET}`"
        ));
    }
    Ok(target.join(TARGET).join(PROFILE).join("quorate_web.wasm"))
}

/// Names for the folders whose paths would otherwise be in the module, where panics say their place.
fn flags(root: &Path) -> Result<OsString, String> {
    let mut flags = OsString::new();
    let folders = [(root.to_owned(), "/quorate"), (cargo_home()?, "/cargo"), (sysroot()?, "/rust")];
    for (folder, name) in folders {
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    Ok(flags)
}

fn cargo_home() -> Result<PathBuf, String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let usual = || env::home_dir().map(|home| home.join(".cargo"));
    home.or_else(usual).ok_or_else(|| "there is no home folder; set CARGO_HOME".into())
}

fn sysroot() -> Result<PathBuf, String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output();
    let output = output.map_err(|error| format!("rustc --print sysroot: {error}"))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Writes the bindings of a module.
fn bind(module: &Path, name: &str, package: &Path) -> Result<(), String> {
    let wrong = |error| format!("{}: {error:#}", module.display());
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(true).debug(false);
    bindgen.remove_name_section(true).remove_producers_section(true).omit_default_module_path(false);
    bindgen.web(true).map_err(wrong)?.generate(package).map_err(wrong)
}

/// Says how large a module is; refuses one that is too large.
fn weigh(module: &Path, limit: usize) -> Result<(), String> {
    let unreadable = |error| format!("{}: {error}", module.display());
    let bytes = fs::read(module).map_err(unreadable)?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&bytes).map_err(unreadable)?;
    let packed = packed.finish().map_err(unreadable)?.len();
    let _ = writeln!(io::stdout(), "{}: {} bytes, {packed} compressed", module.display(), bytes.len());
    if packed > limit {
        return Err(format!(
            "the module is larger than {limit} bytes, compressed; find out what came into it"
        ));
    }
    Ok(())
}
