//! The flags of the distributed engine.

use super::Wrong;
use clap::Args;
use std::path::PathBuf;

/// Who searches together.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Search together (engine timely)")]
pub(super) struct Together {
    /// Workers of this process, and of every other; one for each core
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,
    /// The processes, a host:port a line; each of them is started with the same file
    #[arg(long, value_name = "FILE", requires = "process")]
    hosts: Option<PathBuf>,
    /// Which line of the hosts file is this process, from 0
    #[arg(long, value_name = "I", requires = "hosts")]
    process: Option<usize>,
}

impl Together {
    /// Whether none of the flags is given.
    pub(super) fn is_none(&self) -> bool {
        self.workers.is_none() && self.hosts.is_none()
    }

    /// That none of the flags is given, because another engine searches.
    pub(super) fn refuse(&self) -> Result<(), Wrong> {
        if self.is_none() {
            return Ok(());
        }
        Err(Wrong(
            "--workers, --hosts and --process belong to the distributed engine; add --engine timely".into(),
        ))
    }
}

#[cfg(feature = "timely")]
mod with {
    use super::super::progress::Watch;
    use super::super::{Wrong, files, warn};
    use super::Together;
    use crate::check::timely::{Answer, Cluster, Hosts, Share, check};
    use crate::check::{Bounds, Outcome, Report};
    use crate::run::Replay;
    use crate::text::grouped;
    use crate::world::World;
    use std::thread::available_parallelism;

    impl Together {
        fn cluster(&self) -> Result<Cluster, Wrong> {
            let cores = || available_parallelism().map_or(1, |cores| cores.get().min(256));
            let workers = self.workers.map_or_else(cores, usize::from);
            let Some((path, process)) = self.hosts.as_ref().zip(self.process) else {
                return Ok(Cluster::local(workers)?);
            };
            let wrong = |error| Wrong(format!("{}: {error}", path.display()));
            let hosts = Hosts::parse(&files::read(path)?).map_err(wrong)?;
            Cluster::of(hosts, process, workers).map_err(|error| Wrong(format!("--process: {error}")))
        }

        /// Explores `world` from where the choices of these names lead. The report, and how the work was shared;
        /// `None` if the processes did not get to the end of the search together, which is said then.
        pub(in crate::cli) fn explore(
            &self,
            world: &World,
            prefix: &[String],
            bounds: Bounds,
            watch: &mut Watch,
        ) -> Result<Option<(Report, String)>, Wrong> {
            let cluster = self.cluster()?;
            let begun = Replay::along(world, prefix)?;
            let start = Some(begun.state()).filter(|_| !prefix.is_empty());
            let found = check(world, start, &cluster, bounds, &mut |progress| watch.see(progress));
            let Answer { mut report, shares } = match found {
                Ok(answer) => answer,
                Err(error) => {
                    watch.end();
                    let wrong = Wrong::from(error.clone());
                    let ended = error.ended_a_search();
                    return if ended { Ok(told(&wrong)) } else { Err(wrong) };
                }
            };
            if let Outcome::Violated { path, .. } = &mut report.outcome {
                path.splice(..0, begun.choices);
            }
            Ok(Some((report, shared(&cluster, &shares))))
        }
    }

    /// Says why there is no answer.
    fn told<T>(Wrong(why): &Wrong) -> Option<T> {
        warn(format_args!("error: {why}\n"));
        None
    }

    /// How the states were shared, in one line.
    fn shared(cluster: &Cluster, shares: &[Share]) -> String {
        let states: u64 = shares.iter().map(|share| share.states).sum();
        let bytes: u64 = shares.iter().map(|share| share.bytes).sum();
        let sent: u64 = shares.iter().map(|share| share.sent).sum();
        let parcels: u64 = shares.iter().map(|share| share.parcels).sum();
        let each: Vec<String> = shares.iter().map(|share| grouped(share.states)).collect();
        format!(
            "{} states, {} bytes each; {} sent in {} parcels, by {} processes of {} workers",
            each.join(" + "),
            bytes / states.max(1),
            grouped(sent),
            grouped(parcels),
            cluster.processes(),
            shares.len() / cluster.processes()
        )
    }
}

#[cfg(not(feature = "timely"))]
mod without {
    use super::super::Wrong;
    use super::super::progress::Watch;
    use super::Together;
    use crate::check::{Bounds, Report};
    use crate::world::World;

    impl Together {
        /// This build cannot.
        #[allow(clippy::unused_self, reason = "as in a build that can")]
        pub(in crate::cli) fn explore(
            &self,
            _world: &World,
            _prefix: &[String],
            _bounds: Bounds,
            _watch: &mut Watch,
        ) -> Result<Option<(Report, String)>, Wrong> {
            Err(Wrong(
                "--engine timely: this binary was built without it; build it with \
                 `cargo build --release -p quorate-models --features timely`"
                    .into(),
            ))
        }
    }
}
