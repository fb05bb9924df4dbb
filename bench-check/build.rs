//! Makes stateright's own examples part of this crate, unmodified.
//!
//! The examples come with the stateright package, but its library does not export them. So this script asks cargo
//! where the resolved package lies and copies three of them into the build directory, word for word. Their models
//! are private; one function is therefore appended to each copy, behind the example's own text, that hands its
//! model out. Nothing of them is kept in this repository; stateright is under the MIT licence.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// An example, the module that it becomes, and what is appended to it.
const EXAMPLES: &[(&str, &str, &str)] = &[
    (
        "2pc.rs",
        "two_phase_commit",
        "pub(crate) fn with<T>(managers: usize, job: impl crate::subject::Job<T>) -> T { \
         job.plain(TwoPhaseSys { rms: 0..managers }) }",
    ),
    (
        "paxos.rs",
        "paxos",
        "pub(crate) fn with<T>(client_count: usize, job: impl crate::subject::Job<T>) -> T { \
         let network = Network::new_unordered_nonduplicating([]); \
         job.actors(PaxosModelCfg { client_count, server_count: 3, network }.into_model(), crate::subject::REGISTER_READS) }",
    ),
    (
        "linearizable-register.rs",
        "linearizable_register",
        "pub(crate) fn with<T>(client_count: usize, server_count: usize, job: impl crate::subject::Job<T>) -> T { \
         let network = Network::new_unordered_nonduplicating([]); \
         job.actors(AbdModelCfg { client_count, server_count, network }.into_model(), crate::subject::REGISTER_READS) }",
    ),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../Cargo.lock");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let examples = stateright().join("examples");
    let mut modules = String::new();
    for (file, module, appended) in EXAMPLES {
        let from = examples.join(file);
        let text = fs::read_to_string(&from)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}; is the package whole?", from.display()));
        let to = out.join(file);
        fs::write(&to, format!("{text}\n{appended}\n"))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", to.display()));
        let path = to.to_str().expect("the build directory has a name in UTF-8").escape_default();
        modules.extend(["#[path = \"", &path.to_string(), "\"]\npub(crate) mod ", module, ";\n"]);
    }
    let to = out.join("examples.rs");
    fs::write(&to, modules).unwrap_or_else(|error| panic!("cannot write {}: {error}", to.display()));
}

/// The directory of the stateright package that this build resolved to.
fn stateright() -> PathBuf {
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let answer = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"))
        .args(["metadata", "--format-version", "1", "--filter-platform", &target])
        .output()
        .expect("cargo runs");
    assert!(answer.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&answer.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&answer.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    let package =
        packages.iter().find(|package| package["name"] == "stateright").expect("it is a dependency");
    let manifest = package["manifest_path"].as_str().expect("a package has a manifest");
    Path::new(manifest).parent().expect("a manifest lies in a directory").to_owned()
}
