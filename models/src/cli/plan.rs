//! `quorate plan`: what a cluster survives, what it may lose, how long it is away, and what to change.

use super::{Format, Status, Wrong, files, say};
use crate::plan::{Cluster, Plan};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The cluster, as its operator describes it
    cluster: PathBuf,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    let text = files::read(&args.cluster)?;
    let plan = Plan::of(&Cluster::parse(&args.cluster.display().to_string(), &text)?);
    match args.format {
        Format::Text => say(plan),
        Format::Json => say(format_args!("{}\n", serde_json::to_string_pretty(&plan).unwrap_or_default())),
    }
    Ok(Status::Expected)
}
