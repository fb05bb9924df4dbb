//! x
use stateright::Model;
use stateright::actor::{Actor, ActorModel};
use std::fmt::Debug;
use std::hash::Hash;
/// x
pub trait Job<T> {
    /// x
    fn actors<A, C, H>(self, model: ActorModel<A, C, H>) -> T
    where
        A: Actor + Clone + Send + Sync + 'static,
        A::Msg: Ord + Send + Sync,
        A::Timer: Ord + Send + Sync,
        A::State: Send + Sync,
        A::Storage: Send + Sync,
        A::Random: Send + Sync,
        C: Clone + Send + Sync + 'static,
        H: Clone + Debug + Hash + PartialEq + Send + Sync + 'static;
    /// x
    fn plain<M>(self, model: M) -> T
    where
        M: Model + Send + Sync + 'static,
        M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
        M::Action: Clone + Debug + PartialEq + Send + Sync + 'static;
}
