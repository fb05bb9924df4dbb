//! The examples run, end by themselves, and show what they are for. Each asserts it and says so with its exit status.

use std::path::PathBuf;
use std::process::Command;

/// Where cargo puts the examples that it builds together with this test.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("tests lie in a folder of the profile");
    profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Runs an example and returns what it wrote.
fn shown(name: &str) -> String {
    let program = built(name);
    let output = Command::new(&program).output().unwrap_or_else(|error| {
        panic!("{}: {error}; run `cargo test`, which builds the examples first", program.display())
    });
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[cfg(feature = "serde")]
#[test]
fn a_cluster_of_threads_survives_its_primary() {
    let text = shown("embed_minimal");
    assert!(text.contains("is killed") && text.contains("I know that three entries are committed"), "{text}");
}

#[test]
fn a_resource_refuses_an_old_primary() {
    let text = shown("fence_a_resource");
    assert!(text.contains("its write is refused: e1 is not the token installed, e2"), "{text}");
}

#[test]
fn a_database_is_steered() {
    let text = shown("supervise_an_engine");
    assert!(text.contains("keep: 2") && text.contains("\"one\", \"two\", \"three\""), "{text}");
}
