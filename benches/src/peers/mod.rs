//! The same work for each: propose a batch at the primary, deliver until nobody has anything more to say, and
//! every replica knows that the batch is committed.
pub mod ours;

/// What an entry carries.
pub trait Payload: Clone + PartialEq {}
impl<P: Clone + PartialEq> Payload for P {}

/// A cluster with a primary.
pub trait Cluster<P> {
    /// Commits a batch everywhere.
    fn commit(&mut self, batch: &[P]);
    /// How many entries every replica knows to be committed.
    fn committed(&self) -> u64;
}
