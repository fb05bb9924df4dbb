//! `quorate play`: the playground, from this binary, for this machine alone.

use super::{Status, Wrong, say};

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Where to listen on 127.0.0.1; 0 takes a port that is free
    #[arg(long, default_value_t = 4180, value_name = "N")]
    port: u16,
}

/// Serves until it is stopped.
pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    let server = quorate_play::Server::bind(args.port).map_err(|error| {
        Wrong(format!("--port: 127.0.0.1:{} cannot be listened on: {error}; give another, or 0", args.port))
    })?;
    say(format_args!("The playground is at http://{}/ until you press Ctrl-C.\n", server.address()));
    server.run();
    Ok(Status::Expected)
}
