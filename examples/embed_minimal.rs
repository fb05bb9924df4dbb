//! Three nodes in one process: a thread each, channels for a network, and a real file as the disk of each.
//!
//! They elect a primary and write. The primary's thread is killed; the others go on. Then it comes back with nothing
//! but its file and catches up. What is shown is asserted: if it were not so, the exit status would not be 0.
//!
//! ```sh
//! cargo run --example embed_minimal --features serde
//! ```

use quorate::config::{Config, Draft, Mode, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Event, Input, Message, Node, Output, Outputs, Request};
use quorate::id::{NodeId, NodeMap, NodeSet};
use quorate::quorum::Quorum;
use quorate::time::{Instant, Span};
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

type Payload = String;

/// What arrives at a node's thread.
enum Mail {
    Message {
        from: NodeId,
        message: Message<Payload>,
    },
    Request(Request<Payload>),
    /// The thread ends at once, in whatever state it is.
    Kill,
}

/// Everything that a node's thread has in its hands.
struct Host {
    node: Node<Payload>,
    disk: File,
    network: Vec<Sender<Mail>>,
    tell: Sender<(NodeId, Event)>,
}

/// The time since this machine was started, suspended or not: neither the time of day, which is set, nor a clock that
/// stands still with the machine.
#[cfg(target_os = "linux")]
fn now() -> Instant {
    let now =
        nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).expect("every Linux has this clock");
    Instant::new(Duration::from(now).as_nanos() as u64)
}

/// Elsewhere: enough for an example without leases, in which only patience is measured.
#[cfg(not(target_os = "linux"))]
fn now() -> Instant {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    Instant::new(START.elapsed().as_nanos() as u64)
}

impl Host {
    /// Does what comes out of the node. Records that come out together are flushed together, and then one report is
    /// enough: it speaks for all before it.
    fn carry_out(&mut self, mut outputs: Outputs<Payload>) -> io::Result<()> {
        loop {
            let mut written = None;
            for output in outputs.drain(..) {
                match output {
                    Output::Persist { seq, record } => {
                        let mut line = serde_json::to_vec(&record)?;
                        line.push(b'\n');
                        self.disk.write_all(&line)?;
                        written = Some(seq);
                    }
                    // Lost if its receiver is gone: the network may do that.
                    Output::Send { to, message } => {
                        let mail = Mail::Message { from: self.node.id(), message };
                        let _ = self.network[usize::from(to.index())].send(mail);
                    }
                    Output::Tell(event) => {
                        let _ = self.tell.send((self.node.id(), event));
                    }
                    Output::Refused(why) => println!("  {}: {why}", self.node.id()),
                    Output::Do(effect) => unreachable!("nothing is fenced or compacted here: {effect:?}"),
                }
            }
            let Some(seq) = written else { return Ok(()) };
            self.disk.sync_data()?;
            self.node.step(now(), Input::Durable(seq), &mut outputs);
        }
    }

    /// A node's whole life. If its disk fails, the thread ends with the error and the node with it: it must not try
    /// the flush again, and a node that stays is told [`Input::StorageFailed`].
    fn run(mut self, started: Outputs<Payload>, mail: Receiver<Mail>) -> io::Result<Receiver<Mail>> {
        self.carry_out(started)?;
        loop {
            let patience = self.node.deadline().map_or(Span::new(u64::MAX), |at| now().until(at));
            let input = match mail.recv_timeout(Duration::from_nanos(patience.units())) {
                Ok(Mail::Message { from, message }) => Input::Message { from, message },
                Ok(Mail::Request(request)) => Input::Request(request),
                Err(RecvTimeoutError::Timeout) => Input::Tick,
                Ok(Mail::Kill) | Err(RecvTimeoutError::Disconnected) => return Ok(mail),
            };
            let mut outputs = Vec::new();
            self.node.step(now(), input, &mut outputs);
            self.carry_out(outputs)?;
        }
    }
}

/// Reads the records back and applies them in order. A last line without an end was being written when the node died.
/// Nobody was told that it is durable, and what is appended must not be glued to it: it is cut off.
fn open(path: &Path, config: &Config) -> Result<(File, Image<Payload>), Box<dyn Error>> {
    let disk = OpenOptions::new().create(true).append(true).open(path)?;
    let text = fs::read_to_string(path)?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    disk.set_len(whole as u64)?;
    disk.sync_all()?;
    let mut image = Image::first(config.clone());
    for line in text[..whole].lines() {
        image.apply(&serde_json::from_str(line)?);
    }
    Ok((disk, image))
}

/// The cluster as its operator sees it.
struct Cluster {
    folder: PathBuf,
    config: Config,
    network: Vec<Sender<Mail>>,
    events: Receiver<(NodeId, Event)>,
    tell: Sender<(NodeId, Event)>,
    threads: Vec<Option<JoinHandle<io::Result<Receiver<Mail>>>>>,
}

impl Cluster {
    fn start(&mut self, id: NodeId, mail: Receiver<Mail>) -> Result<(), Box<dyn Error>> {
        let (disk, image) = open(&self.file(id), &self.config)?;
        // Nanoseconds. A node that hears nothing for 0.2 to 0.4 seconds stands for election.
        let setup = Setup::new(Timing::of(Span::new(200_000_000)));
        setup.check()?;
        let mut started = Vec::new();
        let node = Node::start(id, Arc::new(setup), image, now(), &mut started);
        let host = Host { node, disk, network: self.network.clone(), tell: self.tell.clone() };
        self.threads[usize::from(id.index())] = Some(thread::spawn(move || host.run(started, mail)));
        Ok(())
    }

    /// Ends the thread of `id`; what is left is its file, and its address in the network.
    fn kill(&mut self, id: NodeId) -> Result<Receiver<Mail>, Box<dyn Error>> {
        self.network[usize::from(id.index())].send(Mail::Kill)?;
        let thread = self.threads[usize::from(id.index())].take().ok_or("it is dead already")?;
        Ok(thread.join().map_err(|_| "a node never panics")??)
    }

    fn file(&self, id: NodeId) -> PathBuf {
        self.folder.join(format!("{id}.records"))
    }

    fn write(&self, to: NodeId, entries: &[&str]) -> Result<(), Box<dyn Error>> {
        let entries = entries.iter().map(ToString::to_string).collect();
        Ok(self.network[usize::from(to.index())].send(Mail::Request(Request::Write(entries)))?)
    }

    /// Waits until a node says what is waited for, and says who.
    fn wait(&self, what: &str, wanted: impl Fn(NodeId, Event) -> bool) -> Result<NodeId, Box<dyn Error>> {
        loop {
            let news = self.events.recv_timeout(Duration::from_secs(20));
            let (id, event) = news.map_err(|_| format!("nobody says: {what}"))?;
            if wanted(id, event) {
                println!("{id}: {what}");
                return Ok(id);
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // What the cluster agreed on: any two of three elect, any two of three make a write safe.
    let all = NodeSet::first(3);
    let (votes, acks) = (Quorum::majority(all), Some(Quorum::majority(all)));
    let (learners, priority) = (NodeSet::EMPTY, NodeMap::default());
    let draft = Draft { votes, acks, data: all, learners, priority, weak: None, mode: Mode::Strong };

    let folder = std::env::temp_dir().join(format!("quorate-embed-minimal-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let (tell, events) = channel();
    let (network, mail): (Vec<_>, Vec<_>) = all.iter().map(|_| channel()).unzip();
    let threads = all.iter().map(|_| None).collect();
    let config = Config::first(Settings::new(draft)?);
    let mut cluster = Cluster { folder, config, network, events, tell, threads };
    for (id, mail) in all.iter().zip(mail) {
        cluster.start(id, mail)?;
    }
    // A file that was just created is there after a power cut only if its folder was flushed as well.
    #[cfg(unix)]
    File::open(&cluster.folder)?.sync_all()?;

    let first = cluster.wait("I serve", |_, event| matches!(event, Event::Serving { .. }))?;
    cluster.write(first, &["one", "two"])?;
    cluster.wait("one and two are safe", |id, event| {
        id == first && matches!(event, Event::Committed { to: 2, .. })
    })?;

    println!("the thread of {first} is killed");
    let address = cluster.kill(first)?;
    let second =
        cluster.wait("I serve", |id, event| id != first && matches!(event, Event::Serving { .. }))?;
    cluster.write(second, &["three"])?;
    cluster
        .wait("three is safe", |id, event| id == second && matches!(event, Event::Committed { to: 3, .. }))?;

    println!("{first} is started again from its file");
    cluster.start(first, address)?;
    cluster.wait("I know that three entries are committed", |id, event| {
        id == first && matches!(event, Event::Committed { to: 3, .. })
    })?;

    // An acknowledged write is on two disks at least. The third may have it or still be catching up.
    let mut copies = 0;
    for id in all.iter() {
        cluster.kill(id)?;
        let (_, image) = open(&cluster.file(id), &cluster.config)?;
        let entries: Vec<&str> = image.log.entries().map(String::as_str).collect();
        println!("the file of {id} holds {entries:?}");
        copies += usize::from(entries == ["one", "two", "three"]);
    }
    fs::remove_dir_all(&cluster.folder)?;
    assert!(copies >= 2, "what was called safe is on two disks");
    Ok(())
}
