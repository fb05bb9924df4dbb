//! scratch
use quorate_models::plan::*;
#[test]
fn show() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../clusters")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        match Cluster::parse(&format!("clusters/{}", path.file_name().unwrap().to_str().unwrap()), &text) {
            Ok(c) => println!("{}\n--------", Plan::of(&c)),
            Err(e) => println!("{e}\n-------"),
        }
    }
}
