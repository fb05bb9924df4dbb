//! The plan: golden texts of the shipped clusters, every refusal, and the algebra against a naive computation that
//! shares no code with it.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use quorate::config::Lease;
use quorate::time::{Drift, Span};
use quorate_models::check::{self, Bounds, Engine, Outcome};
use quorate_models::plan::{Cluster, ClusterError, Family, Fault, Loss, Plan, Service};
use quorate_models::world::World;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

// ---- the shipped clusters --------------------------------------------------------------------------------

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Name and text of every shipped cluster, by name.
fn shipped() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = fs::read_dir(root("../clusters"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect();
    all.sort();
    assert_eq!(all.len(), 7, "a cluster without golden text, or a golden text without cluster");
    all
}

fn parse(name: &str, text: &str) -> Result<Cluster, ClusterError> {
    Cluster::parse(&format!("clusters/{name}.toml"), text)
}

#[test]
fn the_plans_of_the_shipped_clusters() {
    let bless = std::env::var_os("QUORATE_BLESS").is_some();
    let mut refused = Vec::new();
    for (name, text) in shipped() {
        let shown = match parse(&name, &text) {
            Ok(cluster) => Plan::of(&cluster).to_string(),
            Err(error) => {
                refused.push(name.clone());
                format!("{error}\n")
            }
        };
        let golden = root("tests/golden/plan").join(format!("{name}.txt"));
        if bless {
            fs::write(&golden, &shown).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(shown, expected, "{name}: if that is right, run again with QUORATE_BLESS=1");
        let wide = shown.lines().filter(|line| line.chars().count() > 80).count();
        assert!(wide == 0 || refused.contains(&name), "{name}: {wide} lines are wider than a terminal");
    }
    assert_eq!(refused, ["lease-too-long"]);
}

#[test]
fn a_plan_is_json_with_times_in_nanoseconds() {
    for (name, text) in shipped() {
        let Ok(cluster) = parse(&name, &text) else { continue };
        let json: serde_json::Value = serde_json::to_value(Plan::of(&cluster)).unwrap();
        assert_eq!(json["nodes"].as_array().unwrap().len(), cluster.members().len(), "{name}");
        if name == "kubernetes-controller" {
            assert_eq!(json["lease"]["grant"], 15_000_000_000_u64);
            assert_eq!(json["rpo"]["kind"], "no-data");
        }
        if name == "async-pair" {
            assert_eq!(json["rpo"]["max-lag"], 5_000_000_000_u64);
            assert_eq!(json["nodes"][0]["lost"], "if-primary-survives");
        }
    }
    let (name, text) = shipped().into_iter().find(|(name, _)| name == "lease-too-long").unwrap();
    let json = serde_json::to_value(parse(&name, &text).unwrap_err()).unwrap();
    assert_eq!(
        (&json["kind"], &json["field"], &json["line"]),
        (&"lease".into(), &"lease.hold".into(), &23.into())
    );
}

#[test]
fn every_shipped_cluster_is_explorable_and_the_small_ones_hold() {
    let mut explored = 0;
    for (name, text) in shipped() {
        let Ok(cluster) = parse(&name, &text) else { continue };
        let model = cluster.model().unwrap();
        assert_eq!(model.check(), Ok(()), "{name}");
        assert_eq!(cluster.note().is_some(), model.scope.epochs == 1, "{name}");
        assert_eq!(model.node.lease.is_some(), text.contains("[lease]"), "{name}");
        assert_eq!(model.node.fenced, text.contains("fencing = \"token\""), "{name}");
        // The others take longer than a test should.
        if ["three-postgres", "async-pair"].contains(&name.as_str()) {
            let world = World::new(model).unwrap();
            let report = check::check(&world, Engine::Memoised, Bounds::default(), &mut |_| true);
            assert_eq!(report.outcome, Outcome::Proved, "{name}");
            assert!(report.progress.states > 1_000, "{name}: only {} states", report.progress.states);
            explored += 1;
        }
    }
    assert_eq!(explored, 2);
    let note = |name: &str| {
        let (name, text) = shipped().into_iter().find(|(known, _)| known == name).unwrap();
        parse(&name, &text).unwrap().note()
    };
    assert!(note("four-of-six").unwrap().starts_with("one epoch: no failover is explored"));
    assert_eq!(note("three-postgres"), None);
}

// ---- refusals --------------------------------------------------------------------------------------------

/// A valid file with every kind of field, as lines, so that a case can replace one.
const VALID: &str = r#"name = "orders"
acks = { any = 2 }
votes = "majority"
fencing = "token"
[[nodes]]
name = "a"
zone = "x"
data = true
vote = true
priority = 1
[[nodes]]
name = "b"
zone = "y"
[[nodes]]
name = "c"
zone = "z"
[[nodes]]
name = "w"
data = false
zone = "x"
[[nodes]]
name = "l"
vote = false
zone = "x"
[timing]
election-timeout = "1s"
spread = "1s"
heartbeat = "250ms"
contact = "1s"
round-trip = "2ms"
flush = "1ms"
fence = "5ms"
promote = "100ms"
[lease]
hold = "9s"
grant = "10s"
quantum = "1us"
drift-ppm = 10000
"#;

fn refused(text: &str) -> ClusterError {
    match Cluster::parse("x.toml", text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.starts_with("x.toml:"), "{shown}");
            assert!(shown.contains("; ") && !shown.chars().any(char::is_control), "{shown}");
            assert!(!shown.contains("n0") && !shown.contains("00u"), "internal names or units: {shown}");
            if let Some(at) = error.at {
                assert!(at.line as usize <= text.lines().count() + 1, "{shown}");
            }
            error
        }
    }
}

/// `VALID` with its first `old` replaced.
fn with(old: &str, new: &str) -> String {
    assert!(VALID.contains(old), "{old:?} is not in the file");
    VALID.replacen(old, new, 1)
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn every_kind_of_fault_is_refused_with_its_place_and_its_mend() {
    let nodes = |count: usize| {
        let nodes: Vec<String> =
            (0..count).map(|i| format!("[[nodes]]\nname = \"n-{i}\"\nzone = \"z-{i}\"\n")).collect();
        format!(
            "name = \"many\"\nacks = \"another-zone\"\nfencing = \"none\"\n{}[timing]\nelection-timeout = \
             \"1s\"\nround-trip = \"1ms\"\n",
            nodes.concat()
        )
    };
    let weights = "votes = { weights = { a = 1, b = 1, c = 1, w = 1 } }";
    let all_witnesses = with("acks = { any = 2 }\n", "")
        .replace("data = true", "data = false")
        .replace("priority = 1\n", "")
        .replace("zone = \"y\"", "zone = \"y\"\ndata = false")
        .replace("zone = \"z\"", "zone = \"z\"\ndata = false")
        .replace("[[nodes]]\nname = \"l\"\nvote = false\nzone = \"x\"\n", "");
    // What is changed, the kind, the field, and what the text must say.
    let cases: Vec<(String, &str, &str, &str)> = vec![
        (format!("{VALID}#{}", " ".repeat(1 << 20)), "too-large", "", "at most 1048576"),
        (with("name = \"orders\"", "name = "), "syntax", "", "x.toml:1:"),
        (with("name = \"orders\"", "name = \"orders\"\nname = \"orders\""), "syntax", "", "duplicate key"),
        (with("[lease]", "[timing]"), "syntax", "", "duplicate key"),
        (with("name = \"orders\"\n", ""), "missing", "name", "name = "),
        (with("name = \"orders\"", "name = \" \""), "name", "name", "1 to 60"),
        (with("name = \"orders\"", "name = \"a\\u0007b\""), "name", "name", "control"),
        (nodes(0), "missing", "nodes", "[[nodes]]"),
        (
            with("name = \"orders\"", "name = \"orders\"\nnodes = []").replace("[[nodes]]", "[[others]]"),
            "shape",
            "",
            "others",
        ),
        ("name = \"x\"\nnodes = []\n".to_owned(), "range", "nodes", "0 nodes is out of range; give 1 to 64"),
        (nodes(65), "range", "nodes", "65 nodes is out of range; give 1 to 64"),
        (nodes(64), "settings", "acks", "too large"),
        (with("name = \"b\"\n", ""), "missing", "nodes[1].name", "name = "),
        (with("name = \"b\"", "name = \"a\""), "duplicate", "nodes[1].name", "\"a\" is there twice"),
        (with("name = \"b\"", "name = \"b c\""), "name", "nodes[1].name", "1 to 24"),
        (with("name = \"b\"", "name = \"0123456789012345678901234\""), "name", "nodes[1].name", "1 to 24"),
        (with("zone = \"y\"", "zone = \"\""), "name", "nodes[1].zone", "1 to 24"),
        (with("priority = 1", "priority = 256"), "range", "nodes[0].priority", "give 0 to 255"),
        (with("priority = 1", "priority = -1"), "range", "nodes[0].priority", "-1 is out of range"),
        (
            with("data = false", "data = false\npriority = 1"),
            "conflict",
            "nodes[3].priority",
            "never primary",
        ),
        (with("data = false", "data = false\nvote = false"), "conflict", "nodes[3].vote", "neither"),
        (
            with("vote = false", "vote = false\npriority = 1"),
            "settings",
            "nodes",
            "{l} has a priority but no vote",
        ),
        (with("votes = \"majority\"", "votes = \"most\""), "word", "votes", "\"most\" is not known"),
        (with("votes = \"majority\"", "votes = {}"), "conflict", "votes", "one of any, weights and zones"),
        (with("votes = \"majority\"", "votes = { any = 3, zones = 2 }"), "conflict", "votes", "one of"),
        (
            with("votes = \"majority\"", "votes = { any = 3, need = 2 }"),
            "conflict",
            "votes.need",
            "weights only",
        ),
        (
            with("votes = \"majority\"", "votes = { any = 3, each = 2 }"),
            "conflict",
            "votes.each",
            "zones only",
        ),
        (
            with("votes = \"majority\"", "votes = { zones = 2, need = 2 }"),
            "conflict",
            "votes.need",
            "weights only",
        ),
        (with("votes = \"majority\"", "votes = { any = 65 }"), "range", "votes.any", "give 0 to 64"),
        (with("votes = \"majority\"", "votes = { any = 0 }"), "settings", "votes", "asks for nobody"),
        (
            with("votes = \"majority\"", "votes = { any = 2 }"),
            "settings",
            "votes",
            "{a b} and {c w} would both win",
        ),
        (
            with("votes = \"majority\"", "votes = { any = 5 }"),
            "settings",
            "votes",
            "not even all of {a b c w}",
        ),
        (with("votes = \"majority\"", "votes = { zones = 65 }"), "range", "votes.zones", "give 0 to 64"),
        (with("votes = \"majority\"", "votes = { zones = 1 }"), "settings", "votes", "would both win"),
        (
            with("votes = \"majority\"", "votes = { zones = 2, each = 65 }"),
            "range",
            "votes.each",
            "give 0 to 64",
        ),
        (
            with("votes = \"majority\"", weights).replace("c = 1", "d = 1"),
            "unknown-node",
            "votes.weights",
            "a, b, c, w, l",
        ),
        (
            with("votes = \"majority\"", weights).replace("c = 1", "l = 1"),
            "conflict",
            "votes.weights",
            "no vote",
        ),
        (
            with("votes = \"majority\"", weights).replace(", w = 1", ""),
            "conflict",
            "votes.weights",
            "w votes but",
        ),
        (
            with("votes = \"majority\"", weights).replace("a = 1", "a = -1"),
            "range",
            "votes.weights.a",
            "1000000",
        ),
        (
            with("votes = \"majority\"", weights).replace("= 1,", "= 0,").replace("w = 1 }", "w = 0 }"),
            "conflict",
            "votes.weights",
            "nothing",
        ),
        (
            with("votes = \"majority\"", &weights.replace(" } }", " }, need = -1 }")),
            "range",
            "votes.need",
            "-1",
        ),
        (
            with("votes = \"majority\"", &weights.replace(" } }", " }, need = 2 }")),
            "settings",
            "votes",
            "would both win",
        ),
        (
            with("votes = \"majority\"", &weights.replace(" } }", " }, each = 2 }")),
            "conflict",
            "votes.each",
            "zones",
        ),
        (with("votes = \"majority\"", &weights.replace("b = 1", "a = 1")), "syntax", "", "duplicate key"),
        (
            with("zone = \"y\"\n", "").replace("votes = \"majority\"", "votes = { zones = 2 }"),
            "conflict",
            "votes",
            "give b a zone",
        ),
        (with("acks = { any = 2 }\n", ""), "settings", "acks", "nothing says when a write is safe"),
        (format!("acks = {{ any = 1 }}\n{all_witnesses}"), "settings", "acks", "no node counts in it"),
        (with("acks = { any = 2 }", "acks = \"quorum\""), "word", "acks", "another-zone"),
        (with("acks = { any = 2 }", "acks = {}"), "conflict", "acks", "one of any and zones"),
        (
            with("acks = { any = 2 }", "acks = { any = 2, zones = 2 }"),
            "conflict",
            "acks",
            "one of any and zones",
        ),
        (with("acks = { any = 2 }", "acks = { any = 2, each = 2 }"), "conflict", "acks.each", "zones only"),
        (with("acks = { any = 2 }", "acks = { any = -1 }"), "range", "acks.any", "give 0 to 64"),
        (with("acks = { any = 2 }", "acks = { any = 0 }"), "settings", "acks", "asks for nobody"),
        (with("acks = { any = 2 }", "acks = { any = 4 }"), "settings", "acks", "not even all of {a b c}"),
        (with("acks = { any = 2 }", "acks = { zones = 70 }"), "range", "acks.zones", "give 0 to 64"),
        (with("acks = { any = 2 }", "acks = { zones = 4 }"), "settings", "acks", "not even all"),
        (with("acks = { any = 2 }", "acks = { zones = 2, each = 70 }"), "range", "acks.each", "give 0 to 64"),
        (
            with("acks = { any = 2 }", "acks = { any = 2, of = [\"a\", \"a\"] }"),
            "duplicate",
            "acks.of",
            "\"a\"",
        ),
        (
            with("acks = { any = 2 }", "acks = { any = 2, of = [\"a\", \"q\"] }"),
            "unknown-node",
            "acks.of",
            "\"q\"",
        ),
        (
            with("acks = { any = 2 }", "acks = { any = 2, of = [\"a\", \"w\"] }"),
            "settings",
            "acks",
            "{w} cannot acknowledge",
        ),
        (
            with("zone = \"y\"\n", "").replace("{ any = 2 }", "\"another-zone\""),
            "conflict",
            "acks",
            "give b a zone",
        ),
        (with("acks =", "max-lag = \"5s\"\nacks ="), "conflict", "max-lag", "nothing acknowledged lags"),
        (format!("max-lag = \"5s\"\n{all_witnesses}"), "conflict", "max-lag", "no node keeps data"),
        (
            with("acks = { any = 2 }", "max-lag = \"25h\"\nacks = \"primary\""),
            "range",
            "max-lag",
            "0s to 24h",
        ),
        (with("fencing = \"token\"\n", ""), "missing", "fencing", "token"),
        (with("fencing = \"token\"", "fencing = \"stonith\""), "word", "fencing", "\"token\" or \"none\""),
        (with("fencing = \"token\"", "fencing = \"none\""), "conflict", "timing.fence", "nothing is fenced"),
        (with("fence = \"5ms\"\n", ""), "missing", "timing.fence", "fence = "),
        (with("election-timeout = \"1s\"\n", ""), "missing", "timing.election-timeout", "1s"),
        (with("round-trip = \"2ms\"\n", ""), "missing", "timing.round-trip", "2ms"),
        (VALID[..VALID.find("[timing]").unwrap()].to_owned(), "missing", "timing", "[timing]"),
        (with("heartbeat = \"250ms\"", "heartbeat = \"501ms\""), "timing", "timing", "at most 500ms"),
        (with("heartbeat = \"250ms\"", "heartbeat = \"0s\""), "timing", "timing", "the heartbeat is zero"),
        (
            with("election-timeout = \"1s\"", "election-timeout = \"0s\""),
            "timing",
            "timing",
            "the election-timeout is zero",
        ),
        (with("contact = \"1s\"", "contact = \"1001ms\""), "timing", "timing", "1.001s"),
        (with("contact = \"1s\"", "contact = \"0s\""), "timing", "timing", "after 0s"),
        (with("contact = \"1s\"", "contact = \"1ns\""), "timing", "timing", "more than 250ms"),
        (with("contact = \"1s\"", "contact = \"250ms\""), "timing", "timing", "resign between two beats"),
        (
            with("contact = \"1s\"", "contact = \"252ms\""),
            "conflict",
            "timing.contact",
            "together 252ms; give more than 252ms, and at most 1s",
        ),
        (
            with("round-trip = \"2ms\"", "round-trip = \"10s\""),
            "conflict",
            "timing.election-timeout",
            "together 20.002s",
        ),
        (
            with("round-trip = \"2ms\"", "round-trip = \"499ms\""),
            "conflict",
            "timing.election-timeout",
            "give more than 1s",
        ),
        (with("hold = \"9s\"\n", ""), "missing", "lease.hold", "hold = "),
        (with("grant = \"10s\"\n", ""), "missing", "lease.grant", "grant = "),
        (with("hold = \"9s\"", "hold = \"0s\""), "lease", "lease", "more than 0s"),
        (with("grant = \"10s\"", "grant = \"0s\""), "lease", "lease", "more than 0s"),
        (with("hold = \"9s\"", "hold = \"9801980us\""), "lease", "lease.hold", "at most 9.801979198s"),
        (with("quantum = \"1us\"", "quantum = \"1s\""), "lease", "lease.hold", "at most 8.801980198s"),
        (with("quantum = \"1us\"", "quantum = \"1h\""), "lease", "lease.hold", "give a grant of at least"),
        (with("drift-ppm = 10000\n", ""), "missing", "lease.drift-ppm", "drift-ppm = 10000"),
        (with("drift-ppm = 10000", "drift-ppm = 1000000"), "range", "lease.drift-ppm", "0 to 500000"),
        (with("drift-ppm = 10000", "drift-ppm = 1\nrates = [1, 1]"), "conflict", "lease.drift-ppm", "twice"),
        (with("drift-ppm = 10000", "rates = [0, 1]"), "lease", "lease.rates", "[99, 101]"),
        (with("drift-ppm = 10000", "rates = [3, 2]"), "lease", "lease.rates", "from 3 to 2"),
        (with("drift-ppm = 10000", "rates = [1, 4294967296]"), "range", "lease.rates[1]", "4294967295"),
        (with("drift-ppm = 10000", "rates = [1, 4]"), "range", "lease.rates", "at most 3 times"),
        (with("drift-ppm = 10000", "rates = [1, 2, 3]"), "shape", "lease.rates", "3 of the 2 numbers"),
        (with("drift-ppm = 10000", "rates = [1]"), "shape", "lease.rates", "2"),
    ];
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    assert!(Cluster::parse("x.toml", VALID).is_ok(), "{:?}", Cluster::parse("x.toml", VALID));
    for (text, kind, field, says) in &cases {
        let error = refused(text);
        let shown = error.to_string();
        assert_eq!((error.fault.kind(), error.field.as_str()), (*kind, *field), "{shown}");
        assert!(shown.contains(says), "{says:?} is not in: {shown}");
        kinds.insert(error.fault.kind());
    }
    for just in ["contact = \"252000001ns\"", "contact = \"600ms\""] {
        assert!(Cluster::parse("x.toml", &with("contact = \"1s\"", just)).is_ok(), "{just}");
    }
    assert!(Cluster::parse("x.toml", &with("round-trip = \"2ms\"", "round-trip = \"498ms\"")).is_ok());
    let many = Cluster::parse("x.toml", &nodes(8)).unwrap().model().unwrap_err();
    assert!(many.to_string().contains("8 nodes are too many to explore every state; the limit is 7"));
    assert!(Cluster::parse("x.toml", &nodes(7)).unwrap().model().is_ok());
    kinds.insert(many.fault.kind());
    let length = refused(&with("hold = \"9s\"", "hold = \"9 sheep\""));
    assert_eq!(
        length.to_string(),
        "x.toml:35:8: lease.hold: \"9 sheep\" is no duration; give a number and one of ns, \
        us, ms, s, min, h, such as \"250ms\" or \"1.5s\""
    );
    kinds.insert(length.fault.kind());
    let known = [
        "conflict",
        "duplicate",
        "lease",
        "length",
        "missing",
        "name",
        "range",
        "settings",
        "shape",
        "syntax",
        "timing",
        "too-large",
        "too-many-to-explore",
        "unknown-node",
        "word",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), known);
}

#[test]
fn every_field_refuses_a_wrong_type_a_repetition_and_a_misspelling() {
    let table = |votes: &str| with("votes = \"majority\"", votes).replace("fencing = \"token\"\n", "");
    let files = [
        VALID.to_owned(),
        with("acks = { any = 2 }", "acks = \"primary\"\nmax-lag = \"5s\""),
        with("drift-ppm = 10000", "rates = [99, 101]"),
        table("[votes]\nany = 3"),
        table("[votes]\nzones = 3\neach = 1"),
        table("[votes]\nneed = 3"),
        table("[votes.weights]\na = 3"),
        with("acks = { any = 2 }\n", "")
            .replace("[timing]", "[acks]\nany = 2\nof = [\"a\", \"b\"]\n[timing]"),
        with("acks = { any = 2 }\n", "").replace("[timing]", "[acks]\nzones = 2\neach = 1\n[timing]"),
    ];
    let mut fields = BTreeSet::new();
    for text in &files {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some((key, _)) = line.split_once(" = ") else { continue };
            let replaced = |new: &str| {
                let new: Vec<&str> =
                    lines.iter().enumerate().map(|(i, old)| if i == at { new } else { old }).collect();
                new.join("\n")
            };
            let wrong = refused(&replaced(&format!("{key} = 1.5")));
            assert_eq!(wrong.fault.kind(), "shape", "{wrong}");
            assert!(wrong.field.ends_with(key), "{wrong}");
            assert_eq!(wrong.at.map(|place| place.line as usize), Some(at + 1), "{wrong}");
            let twice = refused(&replaced(&format!("{line}\n{line}")));
            assert_eq!(
                (twice.fault.kind(), twice.at.map(|place| place.line as usize)),
                ("syntax", Some(at + 2))
            );
            let misspelt = refused(&replaced(&line.replacen(key, &format!("{key}x"), 1)));
            // What stands under weights are names of nodes.
            let expected = if wrong.field == "votes.weights.a" { "unknown-node" } else { "shape" };
            assert_eq!(misspelt.fault.kind(), expected, "{misspelt}");
            fields.insert(wrong.field);
        }
    }
    let known = "acks acks.any acks.each acks.of acks.zones fencing lease.drift-ppm lease.grant lease.hold \
        lease.quantum lease.rates max-lag name nodes.data nodes.name nodes.priority nodes.vote nodes.zone \
        timing.contact timing.election-timeout timing.fence timing.flush timing.heartbeat timing.promote \
        timing.round-trip timing.spread votes votes.any votes.each votes.need votes.weights.a votes.zones";
    assert_eq!(fields.into_iter().collect::<Vec<_>>().join(" "), known);
}

// ---- against a naive computation -------------------------------------------------------------------------

/// A condition as it is written, and what it means for sets of node numbers, spelled out.
#[derive(Clone, PartialEq, Debug)]
enum Condition {
    Any(usize),
    Zones(usize, Option<usize>),
    Weights(Vec<u32>, u32),
}

#[derive(Clone, PartialEq, Debug)]
struct Case {
    zones: Vec<usize>,
    data: Vec<bool>,
    vote: Vec<bool>,
    votes: Condition,
    acks: Option<Condition>,
    /// The nodes that the acks name, if they name any.
    of: Option<Vec<bool>>,
}

type Set = BTreeSet<usize>;

fn subsets(of: &Set) -> Vec<Set> {
    let members: Vec<usize> = of.iter().copied().collect();
    (0..1_u32 << members.len())
        .map(|bits| {
            members.iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0).map(|(_, node)| *node).collect()
        })
        .collect()
}

impl Condition {
    fn write(&self, vote: &[bool], of: &str) -> String {
        match self {
            Condition::Any(need) => format!("{{ any = {need}{of} }}"),
            Condition::Zones(need, None) => format!("{{ zones = {need}{of} }}"),
            Condition::Zones(need, Some(each)) => format!("{{ zones = {need}, each = {each}{of} }}"),
            Condition::Weights(weights, need) => {
                let weights: Vec<String> = (0..vote.len())
                    .filter(|node| vote[*node])
                    .map(|node| format!("n{node} = {}", weights[node]))
                    .collect();
                format!("{{ weights = {{ {} }}, need = {need} }}", weights.join(", "))
            }
        }
    }

    /// Whether `set` satisfies it, when `of` are counted and `majority` of a zone is needed unless it says how many.
    fn holds(&self, set: &Set, of: &Set, zones: &[usize], majority: bool) -> bool {
        let counted: Set = set.intersection(of).copied().collect();
        match self {
            Condition::Any(need) => counted.len() >= *need,
            Condition::Weights(weights, need) => {
                counted.iter().map(|node| weights[*node]).sum::<u32>() >= *need
            }
            Condition::Zones(need, each) => {
                let names: BTreeSet<usize> = of.iter().map(|node| zones[*node]).collect();
                let inside = |zone: usize, set: &Set| set.iter().filter(|node| zones[**node] == zone).count();
                let enough = |zone: &usize| {
                    let least = each.unwrap_or(if majority { inside(*zone, of) / 2 + 1 } else { 1 });
                    inside(*zone, &counted) >= least
                };
                names.iter().filter(|zone| enough(zone)).count() >= *need
            }
        }
    }
}

impl Case {
    fn text(&self) -> String {
        let nodes: Vec<String> = (0..self.zones.len())
            .map(|node| {
                let (zone, data, vote) = (self.zones[node], self.data[node], self.vote[node]);
                format!("[[nodes]]\nname = \"n{node}\"\nzone = \"z{zone}\"\ndata = {data}\nvote = {vote}\n")
            })
            .collect();
        let of = self.of.as_ref().map_or(String::new(), |of| {
            let names: Vec<String> =
                (0..of.len()).filter(|node| of[*node]).map(|node| format!("\"n{node}\"")).collect();
            format!(", of = [{}]", names.join(", "))
        });
        let acks = self.acks.as_ref();
        let acks = acks.map_or(String::new(), |acks| {
            format!(
                "acks = {}
",
                acks.write(&self.vote, &of)
            )
        });
        let votes = self.votes.write(&self.vote, "");
        format!(
            "name = \"case\"\nvotes = {votes}\n{acks}fencing = \"none\"\n{}[timing]\nelection-timeout = \"1s\"\n\
             round-trip = \"1ms\"\n",
            nodes.concat()
        )
    }

    fn all(&self, is: impl Fn(usize) -> bool) -> Set {
        (0..self.zones.len()).filter(|node| is(*node)).collect()
    }

    fn elects(&self, set: &Set) -> bool {
        self.votes.holds(set, &self.all(|node| self.vote[node]), &self.zones, true)
    }

    fn ackers(&self) -> Set {
        match &self.of {
            Some(of) => self.all(|node| of[node]),
            None => self.all(|node| self.vote[node] && self.data[node]),
        }
    }

    fn acknowledges(&self, set: &Set) -> bool {
        self.acks.as_ref().is_none_or(|acks| acks.holds(set, &self.ackers(), &self.zones, false))
    }

    /// By definition: it shares a node with every ack set.
    fn recovers(&self, set: &Set) -> bool {
        let ack_sets = subsets(&self.ackers()).into_iter().filter(|acked| self.acknowledges(acked));
        self.acks.is_none() || ack_sets.into_iter().all(|acked| !acked.is_disjoint(set))
    }

    fn candidates(&self) -> Set {
        let keeps_none = self.data.iter().all(|data| !data);
        self.all(|node| self.vote[node] && (self.data[node] || keeps_none))
    }

    /// By definition: whether the file describes something that can be safe.
    fn is_valid(&self) -> bool {
        let (all, voters) = (self.all(|_| true), self.all(|node| self.vote[node]));
        let winning: Vec<Set> = subsets(&voters).into_iter().filter(|set| self.elects(set)).collect();
        let overlap = winning.iter().all(|one| winning.iter().all(|other| !one.is_disjoint(other)));
        let keeps = self.data.iter().any(|data| *data);
        let sound = self.elects(&all) && !self.elects(&Set::new()) && overlap;
        let durable = self.acks.is_none() || (self.acknowledges(&all) && !self.acknowledges(&Set::new()));
        let kept = self.acks.is_none() || self.ackers().iter().all(|node| self.data[*node]);
        sound && durable && kept && keeps == self.acks.is_some() && !self.candidates().is_empty()
    }

    fn going_on(&self, rest: &Set) -> bool {
        !rest.is_disjoint(&self.candidates()) && self.elects(rest) && self.acknowledges(rest)
    }
}

fn case() -> impl Strategy<Value = Case> {
    let condition = |n: usize, weights: bool| {
        let any = (0..=n).prop_map(Condition::Any);
        let zones = (0_usize..4, proptest::option::of(0_usize..3))
            .prop_map(|(need, each)| Condition::Zones(need, each));
        let weighed = (proptest::collection::vec(0_u32..4, n), 1_u32..8)
            .prop_map(|(of, need)| Condition::Weights(of, need));
        if weights {
            prop_oneof![3 => any, 2 => zones, 2 => weighed].boxed()
        } else {
            prop_oneof![any, zones].boxed()
        }
    };
    (1_usize..=6).prop_flat_map(move |n| {
        let roles = proptest::collection::vec(
            prop_oneof![3 => Just((true, true)), 1 => Just((true, false)), 1 => Just((false, true))],
            n,
        );
        let zones = proptest::collection::vec(0_usize..3, n);
        let acks = prop_oneof![9 => condition(n, false).prop_map(Some), 1 => Just(None)];
        let of = proptest::collection::vec(prop_oneof![4 => Just(true), 1 => Just(false)], n);
        let of = proptest::option::weighted(0.3, of);
        (zones, roles, any::<bool>(), condition(n, true), acks, of, 0..10_u8).prop_map(
            |(zones, roles, plain, votes, acks, of, dataless)| {
                let dataless = dataless == 0;
                let voters = roles.iter().filter(|(_, vote)| *vote || dataless).count();
                Case {
                    zones,
                    data: roles.iter().map(|(data, _)| *data && !dataless).collect(),
                    vote: roles.iter().map(|(_, vote)| *vote || dataless).collect(),
                    // Most random conditions are no votes; half of them are a majority.
                    votes: if plain { Condition::Any(voters / 2 + 1) } else { votes },
                    acks: if dataless { None } else { acks },
                    of,
                }
            },
        )
    })
}

fn named(family: &Family) -> BTreeSet<Set> {
    assert!(family.complete && family.count == family.sets.len() as u64, "{family:?}");
    family.sets.iter().map(|names| names.iter().map(|name| name[1..].parse().unwrap()).collect()).collect()
}

fn minimal(of: &Set, holds: impl Fn(&Set) -> bool) -> BTreeSet<Set> {
    let all: Vec<Set> = subsets(of).into_iter().filter(|set| holds(set)).collect();
    let is_minimal = |set: &&Set| !all.iter().any(|other| other != *set && other.is_subset(set));
    all.iter().filter(is_minimal).cloned().collect()
}

/// The largest `f` such that every loss of `f` nodes is survived, and the losses of `f + 1` that are not.
fn assert_loss(case: &Case, loss: &Loss, holds: impl Fn(&Set) -> bool) {
    let all = case.all(|_| true);
    let of_size = |size: usize| subsets(&all).into_iter().filter(move |lost| lost.len() == size);
    let rest = |lost: &Set| all.difference(lost).copied().collect::<Set>();
    let survived =
        (0..=all.len()).take_while(|size| of_size(*size).all(|lost| holds(&rest(&lost)))).count() - 1;
    assert!(loss.exact);
    assert_eq!(loss.survived as usize, survived, "{case:?}");
    let breaks: BTreeSet<Set> = of_size(survived + 1).filter(|lost| !holds(&rest(lost))).collect();
    assert_eq!(named(&loss.breaks), breaks, "{case:?}");
}

fn compare(case: &Case, plan: &Plan) {
    let all = case.all(|_| true);
    let voters = case.all(|node| case.vote[node]);
    assert_eq!(named(&plan.votes.sets), minimal(&voters, |set| case.elects(set)), "{case:?}");
    assert_eq!(plan.acks.is_some(), case.acks.is_some());
    if let Some(acks) = &plan.acks {
        assert_eq!(named(&acks.sets), minimal(&case.ackers(), |set| case.acknowledges(set)), "{case:?}");
        assert_eq!(named(&acks.recovery), minimal(&case.ackers(), |set| case.recovers(set)), "{case:?}");
        assert_loss(case, plan.failures.kept.as_ref().unwrap(), |rest| case.recovers(rest));
    }
    let failover = |rest: &Set| case.going_on(rest) && case.recovers(rest);
    assert_loss(case, &plan.failures.failover, failover);
    assert_loss(case, &plan.failures.going_on, |rest| case.going_on(rest));
    let service = |lost: &Set| {
        let rest: Set = all.difference(lost).copied().collect();
        match (failover(&rest), case.going_on(&rest)) {
            (true, _) => Service::Failover,
            (false, true) => Service::IfPrimarySurvives,
            (false, false) => Service::Stops,
        }
    };
    for (node, planned) in plan.nodes.iter().enumerate() {
        assert_eq!(planned.lost, service(&Set::from([node])), "{case:?}: {planned:?}");
        assert_eq!(planned.candidate, case.candidates().contains(&node));
    }
    for zone in &plan.failures.zones {
        let lost: Set = zone.nodes.iter().map(|name| name[1..].parse().unwrap()).collect();
        assert_eq!(lost, case.all(|node| format!("z{}", case.zones[node]) == zone.zone));
        assert_eq!(zone.service, service(&lost), "{case:?}: {zone:?}");
    }
    let after: Vec<String> = case
        .candidates()
        .iter()
        .filter(|node| service(&Set::from([**node])) == Service::Failover)
        .map(|node| format!("n{node}"))
        .collect();
    assert_eq!(plan.rto.after, after);
    for case in &plan.rto.cases {
        let steps = [case.detect, case.decide, case.lease, case.fence, case.promote];
        assert_eq!(steps.iter().map(|span| span.units()).sum::<u64>(), case.total.units());
    }
}

/// Too rare at random: a cluster that could vote and acknowledge without its only possible primary, whether that
/// one's flush counts or not.
#[test]
fn votes_and_acks_without_a_candidate_are_no_service() {
    let [first_counts, first_does_not] = [true, false].map(|first| Case {
        zones: vec![0, 1, 2, 0, 1],
        data: vec![true, false, false, true, true],
        vote: vec![true, true, true, false, false],
        votes: Condition::Any(2),
        acks: Some(Condition::Any(1 + usize::from(first))),
        of: Some(vec![first, false, false, true, true]),
    });
    for case in [first_counts, first_does_not] {
        let plan = Plan::of(&Cluster::parse("case.toml", &case.text()).unwrap());
        compare(&case, &plan);
        assert_eq!(plan.nodes[0].lost, Service::Stops);
        assert!(plan.advice.iter().any(|advice| advice.about == "lone-candidate"));
    }
}

#[test]
fn plans_are_what_a_naive_computation_says() {
    let (accepted, refused) = (Cell::new(0_u32), Cell::new(0_u32));
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 1_500, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let outcome = runner.run(&case(), |case| {
        let parsed = Cluster::parse("case.toml", &case.text());
        assert_eq!(parsed.is_ok(), case.is_valid(), "{case:?}: {parsed:?}\n{}", case.text());
        match parsed {
            Ok(cluster) => {
                accepted.set(accepted.get() + 1);
                let plan = Plan::of(&cluster);
                compare(&case, &plan);
                assert!(plan.to_string().lines().all(|line| line.chars().count() <= 80), "{plan}");
            }
            Err(error) => {
                assert_eq!(error.fault.kind(), "settings", "{error}");
                refused.set(refused.get() + 1);
            }
        }
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
    assert!(
        accepted.get() > 300 && refused.get() > 300,
        "{} accepted, {} refused",
        accepted.get(),
        refused.get()
    );
}

#[test]
fn what_a_lease_bears_is_what_the_core_accepts() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let grants = (2_u64..5_000_000_000, 0_u64..1_000, 0_u32..300_000);
    let outcome = runner.run(&grants, |(grant, quantum, ppm)| {
        let drift = Drift::from_ppm(ppm).unwrap();
        let longest = drift.longest_hold(Span::new(grant)).minus(Span::new(quantum));
        let hold = longest.units() / 2 + 1;
        let text = with("hold = \"9s\"", &format!("hold = \"{hold}ns\""))
            .replace("grant = \"10s\"", &format!("grant = \"{grant}ns\""))
            .replace("quantum = \"1us\"", &format!("quantum = \"{quantum}ns\""))
            .replace("drift-ppm = 10000", &format!("drift-ppm = {ppm}"));
        let by_core = Lease::new(Span::new(hold), Span::new(grant), Span::new(quantum), drift);
        match Cluster::parse("x.toml", &text) {
            Ok(cluster) => {
                let margin = Plan::of(&cluster).lease.unwrap();
                let bears = |ppm| {
                    let drift = Drift::from_ppm(ppm).unwrap();
                    Lease::new(Span::new(hold), Span::new(grant), Span::new(quantum), drift).is_ok()
                };
                assert!(margin.bears_ppm >= ppm && bears(margin.bears_ppm), "{margin:?}");
                assert!(margin.bears_ppm == 999_999 || !bears(margin.bears_ppm + 1), "{margin:?}");
                assert_eq!(margin.longest_hold, longest);
                assert_eq!(margin.slack.units(), grant - margin.shortest_grant.units());
            }
            Err(error) => match error.fault {
                Fault::Lease { error: refused, .. } => assert_eq!(Err(refused), by_core),
                other => panic!("{other:?}"),
            },
        }
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
}

// ---- advice ----------------------------------------------------------------------------------------------

/// A file of nodes with the lines each has, and what stands above and below them.
fn file(above: &str, nodes: &[(&str, &str)], below: &str) -> String {
    let nodes: Vec<String> =
        nodes.iter().map(|(name, lines)| format!("[[nodes]]\nname = \"{name}\"\n{lines}\n")).collect();
    format!(
        "name = \"advised\"\nfencing = \"none\"\n{above}\n{}[timing]\nelection-timeout = \"1s\"\n\
         round-trip = \"2ms\"\n{below}",
        nodes.concat()
    )
}

fn planned(text: &str) -> Plan {
    Plan::of(&Cluster::parse("advised.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

fn advised<'a>(plan: &'a Plan, about: &str) -> Option<&'a str> {
    plan.advice.iter().find(|advice| advice.about == about).map(|advice| advice.text.as_str())
}

#[test]
fn advice_on_a_named_acknowledger_is_accepted_and_helps() {
    let nodes = [("a", ""), ("b", ""), ("c", "")];
    let plan = planned(&file("acks = { any = 1, of = [\"a\"] }", &nodes, ""));
    assert_eq!(plan.nodes[0].lost, Service::Stops);
    let text = advised(&plan, "blocking-node").unwrap();
    assert!(
        text.contains("Write acks = { any = 2 }: then any 2 of 3 acknowledge, and its loss is failed over"),
        "{text}"
    );
    let followed = planned(&file("acks = { any = 2 }", &nodes, ""));
    assert!(followed.nodes.iter().all(|node| node.lost == Service::Failover));
    assert_eq!(advised(&followed, "blocking-node"), None);
}

#[test]
fn advice_on_a_single_copy_is_accepted_and_helps() {
    let nodes = [("a", ""), ("b", "vote = false"), ("r", "vote = false"), ("w", "data = false")];
    let plan = planned(&file("acks = { any = 1, of = [\"r\"] }", &nodes, ""));
    let text = advised(&plan, "single-copy").unwrap();
    assert!(text.contains("Write acks = { any = 2, of = [\"a\", \"b\", \"r\"] }: then every"), "{text}");
    assert_eq!(plan.acks.as_ref().unwrap().own.nothing, ["a"]);
    assert!(plan.to_string().contains("the primary's own flush does not count"), "{plan}");
    let followed = planned(&file("acks = { any = 2, of = [\"a\", \"b\", \"r\"] }", &nodes, ""));
    assert!(followed.failures.kept.as_ref().unwrap().survived > 0);
    // Where the lag is stated, following the advice means to take that out: otherwise it would be refused.
    let nodes = [("a", ""), ("b", ""), ("w", "data = false")];
    let lagging = planned(&file("acks = \"primary\"\nmax-lag = \"5s\"", &nodes, ""));
    let text = advised(&lagging, "single-copy").unwrap();
    assert!(text.contains("write acks = { any = 2 } and take max-lag out"), "{text}");
    // A replica that acknowledges alone: asking for any one of the voters instead would cost the failover from
    // `a`, so that is not offered.
    let nodes = [("a", ""), ("b", ""), ("r", "vote = false"), ("v", "data = false"), ("w", "data = false")];
    let replica = planned(&file("acks = { any = 1, of = [\"r\"] }", &nodes, ""));
    assert_eq!(replica.nodes[0].lost, Service::Failover);
    assert!(replica.advice.iter().all(|advice| !advice.text.contains("any = 1 }")), "{replica}");
}

#[test]
fn advice_on_leases_does_not_contradict_itself() {
    let nodes = [("a", ""), ("b", ""), ("c", "")];
    let lease = |hold: &str, grant: &str, drift: &str| {
        planned(&file(
            "acks = { any = 2 }",
            &nodes,
            &format!("[lease]\nhold = \"{hold}\"\ngrant = \"{grant}\"\n{drift}\n"),
        ))
    };
    // At 1:2 a grant of one election timeout bears a hold that lapses; at 1:1 it does not.
    let wide = lease("4s", "10s", "rates = [1, 2]");
    assert!(wide.rto.cases[1].lease > Span::ZERO);
    assert_eq!((advised(&wide, "long-lease"), advised(&wide, "lapsing-lease")), (None, None));
    let narrow = lease("9s", "10s", "drift-ppm = 10000");
    let text = advised(&narrow, "long-lease").unwrap();
    assert!(text.contains("a grant of 1s (the election timeout) and a hold of 980.198018ms"), "{text}");
    let followed = lease("980198018ns", "1s", "drift-ppm = 10000");
    assert_eq!((advised(&followed, "long-lease"), advised(&followed, "lapsing-lease")), (None, None));
    let lapsing = lease("400ms", "1s", "rates = [1, 2]");
    let text = advised(&lapsing, "lapsing-lease").unwrap();
    assert!(text.contains("Send beats at least every 198.999999ms"), "{text}");
    let followed = planned(&file(
        "acks = { any = 2 }",
        &nodes,
        "heartbeat = \"198999999ns\"\n[lease]\nhold = \"400ms\"\ngrant = \"1s\"\nrates = [1, 2]\n",
    ));
    assert_eq!(advised(&followed, "lapsing-lease"), None);
}

#[test]
fn decisive_votes_and_steep_priorities_are_spoken_of() {
    let nodes = [("a", ""), ("b", ""), ("c", "")];
    let weights = "votes = { weights = { a = 3, b = 1, c = 1 } }\nacks = { any = 2 }";
    let text = planned(&file(weights, &nodes, ""));
    let text = advised(&text, "decisive-vote").unwrap();
    assert!(text.contains("when a is lost") && text.contains("Write votes = \"majority\": then"), "{text}");
    let steep = [("a", "priority = 255"), ("b", ""), ("c", "")];
    let plan = planned(&file("acks = { any = 2 }", &steep, ""));
    let text = advised(&plan, "steep-priority").unwrap();
    assert!(plan.rto.cases[1].total > Span::new(60_000_000_000));
    assert!(text.contains("Give a priority 1: the order stays the same"), "{text}");
    let level = [("a", "priority = 1"), ("b", ""), ("c", "")];
    let followed = planned(&file("acks = { any = 2 }", &level, ""));
    assert_eq!(advised(&followed, "steep-priority"), None);
    assert!(followed.rto.cases[1].total < Span::new(2_000_000_000));
}

#[test]
fn what_binds_is_what_is_said() {
    let nodes = [("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")];
    let all = planned(&file("acks = \"all\"", &nodes, "")).to_string().replace("\n          ", " ");
    assert!(all.contains("no more than 4 nodes are lost, every"), "{all}");
    assert!(all.contains("Failover itself may have to wait"), "{all}");
    let far = "[lease]\nhold = \"1h\"\ngrant = \"24h\"\ndrift-ppm = 500000\n";
    let plan = planned(&file("acks = { any = 2 }", &nodes, far));
    let shown = plan.to_string();
    assert!(plan.rto.cases.iter().all(|case| case.total > Span::ZERO), "{shown}");
    let worst = shown.lines().find(|line| line.contains("worst")).unwrap();
    assert_eq!(worst.split_whitespace().count(), 7, "{worst}");
    let six = shipped().into_iter().find(|(name, _)| name == "four-of-six").unwrap();
    assert_eq!(advised(&planned(&six.1), "even-voters"), None);
    let pair = planned(&file("acks = \"primary\"", &[("a", ""), ("b", "")], ""));
    let text = advised(&pair, "even-voters").unwrap();
    assert!(text.contains("than 1 voter would"), "{text}");
}

// ---- size ------------------------------------------------------------------------------------------------

fn large(count: usize, zones: usize, acks: &str) -> Plan {
    let nodes: Vec<String> =
        (0..count).map(|i| format!("[[nodes]]\nname = \"n{i}\"\nzone = \"z{}\"\n", i % zones)).collect();
    let rest = "[timing]\nelection-timeout = \"1s\"\nround-trip = \"1ms\"\n";
    let text = format!("name = \"large\"\nacks = {acks}\nfencing = \"none\"\n{}{rest}", nodes.concat());
    Plan::of(&Cluster::parse("large.toml", &text).unwrap())
}

#[test]
fn large_clusters_are_computed_exactly_or_said_not_to_be() {
    let plain = large(64, 3, "\"majority\"");
    assert_eq!((plain.failures.failover.survived, plain.failures.failover.exact), (31, true));
    assert_eq!(plain.failures.kept.as_ref().unwrap().survived, 32);
    assert_eq!(plain.votes.sets.count, 1_777_090_076_065_542_336);
    let shown = plain.to_string().replace("\n          ", " ");
    assert!(shown.contains("1,777,090,076,065,542,336 of 33 nodes, such as {n0 n1 n2"), "{shown}");
    assert!(
        shown.contains("no more than 32 nodes are lost") && shown.contains("no more than 31 nodes are"),
        "{shown}"
    );
    let zoned = large(63, 3, "\"another-zone\"");
    assert!(zoned.acks.as_ref().unwrap().recovery.complete);
    assert_eq!(zoned.acks.as_ref().unwrap().recovery.count, 3);
    assert_eq!(zoned.failures.kept.as_ref().unwrap().survived, 1);
    // Forty zones of one node each: no two nodes are interchangeable, so not every set can be tried.
    let many = large(40, 40, "{ zones = 5 }");
    let acks = many.acks.as_ref().unwrap();
    assert!(!acks.sets.complete && acks.sets.searched == 3 && acks.sets.count == 0);
    assert!(!many.failures.failover.exact && many.failures.failover.survived == 3);
    let shown = many.to_string();
    assert!(shown.contains("any 3 nodes at least; more was not computed"), "{shown}");
    assert!(shown.contains("none of up to 3 nodes; larger sets were not computed"), "{shown}");
    let found = large(40, 40, "{ zones = 2 }");
    assert_eq!(found.acks.as_ref().unwrap().sets.count, 780);
    assert_eq!(found.failures.kept.as_ref().unwrap().survived, 1);
    for plan in [plain, zoned, many, found] {
        assert!(plan.to_string().lines().all(|line| line.chars().count() <= 80));
    }
}

// ---- hostile input ---------------------------------------------------------------------------------------

/// Must not panic, whatever comes; and what is accepted must have a plan.
fn swallow(text: &str) -> bool {
    match Cluster::parse("hostile.toml", text) {
        Ok(cluster) => {
            let plan = Plan::of(&cluster);
            assert!(!plan.to_string().is_empty() && serde_json::to_string(&plan).is_ok());
            true
        }
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.starts_with("hostile.toml") && !shown.chars().any(char::is_control), "{shown:?}");
            assert!(shown.len() < 2_000, "{} bytes of error", shown.len());
            false
        }
    }
}

#[test]
fn a_file_cut_off_or_damaged_anywhere_is_refused_or_planned() {
    let files: Vec<String> = shipped().into_iter().map(|(_, text)| text).chain([VALID.to_owned()]).collect();
    for text in files {
        let mut accepted = 0;
        for (at, _) in text.char_indices() {
            accepted += u32::from(swallow(&text[..at]));
        }
        assert!((accepted as usize) < text.len() / 2);
        for (at, old) in text.char_indices().step_by(7) {
            for new in ["", "\0", "\"", "[", "9", "\n", "é", "\u{202e}"] {
                swallow(&format!("{}{new}{}", &text[..at], &text[at + old.len_utf8()..]));
            }
        }
    }
}

#[test]
fn noise_is_refused() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = |len: usize| -> Vec<u8> {
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        (0..len).map(|_| next()).collect()
    };
    let ten_megabytes = String::from_utf8_lossy(&noise(10 << 20)).into_owned();
    assert!(matches!(Cluster::parse("x", &ten_megabytes).unwrap_err().fault, Fault::TooLarge { .. }));
    for len in [0, 1, 10, 100, 1_000, 200_000] {
        assert!(!swallow(&String::from_utf8_lossy(&noise(len))));
    }
    for text in [
        "[".repeat(500_000),
        "a=".to_owned() + &"[".repeat(500_000),
        "a.".repeat(300_000) + "a=1",
        "\n".repeat(900_000),
    ] {
        assert!(!swallow(&text));
    }
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    let outcome = runner.run(&bytes, |bytes| {
        swallow(&String::from_utf8_lossy(&bytes));
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
}
