//! Hosts under test: several hosts with several groups in memory, on clocks that run apart.

extern crate std;

mod hosts;
mod lab;
mod rests;
mod scenes;
mod search;
mod storm;
mod terms;
