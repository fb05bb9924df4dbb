//! One node on its machine: its clock, its disk, its network, and the loop around `step`.

use quorate::config::{Config, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Event, Input, Node, Output};
use quorate::id::NodeId;
use quorate::time::{Instant, Span};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// What arrives at a node: an input, or `None`, which kills its thread in whatever state it is.
pub(crate) type Mail = Option<Input<String>>;

/// What the nodes share: what they agreed on, their addresses, and who hears what they tell.
pub(crate) struct Cluster {
    pub(crate) folder: PathBuf,
    pub(crate) config: Config,
    pub(crate) network: Vec<(Sender<Mail>, Mutex<Receiver<Mail>>)>,
    pub(crate) tell: Sender<(NodeId, Event)>,
}

/// On Linux the time since the machine was started, suspended or not. Other systems have such a clock too; without
/// leases, as here, any will do that does not go back.
fn now() -> Instant {
    static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    #[cfg(target_os = "linux")]
    let boot = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).ok().map(Duration::from);
    #[cfg(not(target_os = "linux"))]
    let boot = None;
    Instant::new(boot.unwrap_or_else(|| START.elapsed()).as_nanos() as u64)
}

impl Cluster {
    pub(crate) fn post(&self, to: NodeId, mail: Mail) {
        // Lost if nobody is there: a network may do that.
        let _ = self.network[usize::from(to.index())].0.send(mail);
    }

    /// A node's whole life. If its disk fails the node ends with it: it must not try the flush again.
    pub(crate) fn live(&self, id: NodeId) -> io::Result<()> {
        // Held as long as it lives, so that the next life begins after the last has ended.
        let mail = self.network[usize::from(id.index())].1.lock().expect("a node never panics");
        let (mut disk, image) = self.open(id)?;
        // Nanoseconds. A node that hears nothing for 0.2 to 0.4 seconds stands for election.
        let (setup, mut out) = (Arc::new(Setup::new(Timing::of(Span::new(200_000_000)))), Vec::new());
        let mut node = Node::start(id, setup, image, now(), &mut out);
        loop {
            // Records that come out together are flushed together; one report speaks for all before it.
            let mut written = None;
            for output in out.drain(..) {
                match output {
                    Output::Persist { seq, record } => {
                        disk.write_all(format!("{}\n", serde_json::to_string(&record)?).as_bytes())?;
                        written = Some(seq);
                    }
                    Output::Send { to, message } => self.post(to, Some(Input::Message { from: id, message })),
                    Output::Tell(event) => drop(self.tell.send((id, event))),
                    Output::Refused(why) => println!("  {id}: {why}"),
                    Output::Do(effect) => unreachable!("nothing is fenced or compacted here: {effect:?}"),
                }
            }
            let input = if let Some(seq) = written {
                disk.sync_data()?;
                Input::Durable(seq)
            } else {
                let patience = node.deadline().map_or(u64::MAX, |at| now().until(at).units());
                match mail.recv_timeout(Duration::from_nanos(patience)) {
                    Ok(Some(input)) => input,
                    Err(RecvTimeoutError::Timeout) => Input::Tick,
                    Ok(None) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            };
            node.step(now(), input, &mut out);
        }
    }

    /// Reads the records of a node back and applies them in order. A last line without an end was being written when
    /// the node died. Nobody was told that it is durable, and what is appended must not be glued to it: it is cut off.
    pub(crate) fn open(&self, id: NodeId) -> io::Result<(File, Image<String>)> {
        let path = self.folder.join(format!("{id}.records"));
        let disk = OpenOptions::new().create(true).append(true).open(&path)?;
        let text = fs::read_to_string(&path)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        disk.set_len(whole as u64)?;
        disk.sync_all()?;
        // A file that was just created is there after a power cut only if its folder was flushed as well.
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        let mut image = Image::first(self.config.clone());
        for line in text[..whole].lines() {
            image.apply(&serde_json::from_str(line)?);
        }
        Ok((disk, image))
    }
}
