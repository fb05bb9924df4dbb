//! Builds the WebAssembly module of the playground and its bindings.
//!
//! ```text
//! cargo run --package quorate-pack
//! ```
//!
//! The module is `quorate-web`, built with the profile `web`; the bindings are written by the library that the command
//! `wasm-bindgen` is made of, so that nothing has to be installed. They are left in `www/src/pkg`. Nothing in them
//! depends on where the project, its dependencies or the toolchain lie.
//!
//! A module of more than [`LIMIT`] bytes, compressed, is refused.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
/// The largest module, compressed as a server would.
const LIMIT: usize = 560_000;

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
    let module = build(&root)?;
    let package = root.join("www/src/pkg");
    bind(&module, &package)?;
    weigh(&package.join("quorate_bg.wasm"))
}

/// The folder of the workspace.
fn root() -> Result<PathBuf, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).ok_or("the workspace is not around www/pack")?;
    fs::canonicalize(root).map_err(|error| format!("{}: {error}", root.display()))
}

/// Builds the module; where it is.
fn build(root: &Path) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Not that of whoever is running this: cargo holds it.
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let built = Command::new(&cargo)
        .args([
            "build",
            "--package",
            "quorate-web",
            "--lib",
            "--target",
            TARGET,
            "--profile",
            "web",
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
    Ok(target.join(TARGET).join("web/quorate_web.wasm"))
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
fn bind(module: &Path, package: &Path) -> Result<(), String> {
    let wrong = |error| format!("{}: {error:#}", module.display());
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("quorate").typescript(true).debug(false);
    bindgen.remove_name_section(true).remove_producers_section(true).omit_default_module_path(false);
    bindgen.web(true).map_err(wrong)?.generate(package).map_err(wrong)
}

/// Says how large a module is; refuses one that is too large.
fn weigh(module: &Path) -> Result<(), String> {
    let unreadable = |error| format!("{}: {error}", module.display());
    let bytes = fs::read(module).map_err(unreadable)?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&bytes).map_err(unreadable)?;
    let packed = packed.finish().map_err(unreadable)?.len();
    let _ = writeln!(io::stdout(), "{}: {} bytes, {packed} compressed", module.display(), bytes.len());
    if packed > LIMIT {
        return Err(format!(
            "the module is larger than {LIMIT} bytes, compressed; find out what came into it"
        ));
    }
    Ok(())
}
