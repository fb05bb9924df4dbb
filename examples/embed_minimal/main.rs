//! Three nodes in one process: a thread each, channels for a network, and a real file as the disk of each.
//!
//! They elect a primary and write. The primary's thread is killed; the others go on. Then it comes back with nothing
//! but its file and catches up. What is shown is asserted: if it were not so, the exit status would not be 0. Run it by
//! `cargo run --example embed_minimal --features serde`.

mod host;

use host::Cluster;
use quorate::config::{Config, Draft, Settings};
use quorate::failover::{Event, Input, Request};
use quorate::id::{NodeId, NodeSet};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::{error::Error, fs, thread, time::Duration};

/// What happens; `start` begins a life of a node.
fn story(
    cluster: &Cluster,
    events: &Receiver<(NodeId, Event)>,
    start: impl Fn(NodeId),
) -> Result<(), Box<dyn Error>> {
    let wait = |what: &str, wanted: &dyn Fn(NodeId, Event) -> bool| loop {
        let (id, event) =
            events.recv_timeout(Duration::from_secs(20)).map_err(|_| format!("nobody says: {what}"))?;
        if wanted(id, event) {
            println!("{id}: {what}");
            return Ok::<_, String>(id);
        }
    };
    let write =
        |to, entries: Vec<String>| cluster.post(to, Some(Input::Request(Request::Write(entries.into()))));
    let committed = |event, len| matches!(event, Event::Committed { to, .. } if to == len);

    NodeSet::first(3).iter().for_each(&start);
    let first = wait("I serve", &|_, event| matches!(event, Event::Serving { .. }))?;
    write(first, vec!["one".into(), "two".into()]);
    wait("one and two are safe", &|id, event| id == first && committed(event, 2))?;

    println!("the thread of {first} is killed");
    cluster.post(first, None);
    let second = wait("I serve", &|id, event| id != first && matches!(event, Event::Serving { .. }))?;
    write(second, vec!["three".into()]);
    wait("three is safe", &|id, event| id == second && committed(event, 3))?;

    println!("{first} is started again from its file");
    start(first);
    wait("I know that three entries are committed", &|id, event| id == first && committed(event, 3))?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // What the cluster agreed on: any two of three elect, any two of three make a write safe.
    let all = NodeSet::first(3);
    let config = Config::first(Settings::new(Draft::majority(all))?);
    let folder = std::env::temp_dir().join(format!("quorate-embed-minimal-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let (tell, events) = channel();
    let network = all.iter().map(|_| channel()).map(|(to, at)| (to, Mutex::new(at))).collect();
    let cluster = Cluster { folder, config, network, tell };
    thread::scope(|scope| {
        let cluster = &cluster;
        let start = |id| drop(scope.spawn(move || cluster.live(id).expect("the disk works")));
        let told = story(cluster, &events, start);
        all.iter().for_each(|id| cluster.post(id, None));
        told
    })?;

    // An acknowledged write is on two disks at least. The third may have it or still have been catching up.
    let mut copies = 0;
    for id in all.iter() {
        let (_, image) = cluster.open(id)?;
        let entries: Vec<&str> = image.log.entries().map(String::as_str).collect();
        println!("the file of {id} holds {entries:?}");
        copies += usize::from(entries == ["one", "two", "three"]);
    }
    fs::remove_dir_all(&cluster.folder)?;
    assert!(copies >= 2, "what was called safe is on two disks");
    Ok(())
}
