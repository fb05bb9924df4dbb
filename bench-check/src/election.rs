//! EL(N, T): an election in the manner of Raft, as a stateright actor model with ordinary types on the heap.
//!
//! N nodes, terms up to T. A follower or a candidate may time out: it enters the next term, votes for itself and
//! asks the others. A node votes once a term. A candidate with a majority leads and tells the others. A node that
//! hears of a newer term enters it as a follower. Messages arrive in any order, each at most once; a delivery
//! that changes nothing is no step.
//!
//! The protocol has no other purpose than to be the same in every tool: `election.pml` is the same in Promela.

use stateright::Expectation;
use stateright::actor::{
    Actor, ActorModel, ActorModelState, Id, Network, Out, majority, model_peers, model_timeout,
};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A term of office.
pub type Term = u32;

/// What nodes tell each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Msg {
    /// "Vote for me."
    RequestVote(Term),
    /// "You have my vote."
    Vote(Term),
    /// "I lead."
    Heartbeat(Term),
}

/// What a node is in its term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Waits for somebody to lead.
    Follower,
    /// Wants to lead, and has these votes.
    Candidate(BTreeSet<Id>),
    /// Leads.
    Leader,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Local {
    /// Its term.
    pub term: Term,
    /// For whom it voted in that term.
    pub vote: Option<Id>,
    /// What it is in that term.
    pub role: Role,
}

/// The timer of whoever does not lead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Election;

/// The behaviour of a node.
#[derive(Clone, Debug)]
pub struct Node {
    peers: Vec<Id>,
    last_term: Term,
}

impl Node {
    /// The timer runs while the node does not lead and a term is left.
    fn rearm(&self, term: Term, out: &mut Out<Self>) {
        if term < self.last_term {
            out.set_timer(Election, model_timeout());
        } else {
            out.cancel_timer(Election);
        }
    }
}

impl Actor for Node {
    type Msg = Msg;
    type Timer = Election;
    type State = Local;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> Local {
        self.rearm(0, out);
        Local { term: 0, vote: None, role: Role::Follower }
    }

    fn on_msg(&self, id: Id, state: &mut Cow<Local>, src: Id, msg: Msg, out: &mut Out<Self>) {
        let Local { term, vote, role } = &**state;
        let free = *role == Role::Follower && vote.is_none();
        match (msg, role) {
            (Msg::RequestVote(asked), _) if asked > *term || (asked == *term && free) => {
                *state.to_mut() = Local { term: asked, vote: Some(src), role: Role::Follower };
                self.rearm(asked, out);
                out.send(src, Msg::Vote(asked));
            }
            (Msg::Vote(given), Role::Candidate(votes)) if given == *term => {
                let mut votes = votes.clone();
                votes.insert(src);
                if votes.len() >= majority(self.peers.len() + 1) {
                    state.to_mut().role = Role::Leader;
                    out.cancel_timer(Election);
                    out.broadcast(&self.peers, &Msg::Heartbeat(given));
                } else {
                    state.to_mut().role = Role::Candidate(votes);
                }
            }
            (Msg::Heartbeat(newer), _) if newer > *term => {
                *state.to_mut() = Local { term: newer, vote: None, role: Role::Follower };
                self.rearm(newer, out);
            }
            (Msg::Heartbeat(same), Role::Candidate(_)) if same == *term => {
                state.to_mut().role = Role::Follower;
            }
            (Msg::RequestVote(_) | Msg::Vote(_) | Msg::Heartbeat(_), _) => {}
        }
        debug_assert!(state.vote != Some(id) || state.term > 0);
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<Local>, _timer: &Election, out: &mut Out<Self>) {
        let term = state.term + 1;
        *state.to_mut() = Local { term, vote: Some(id), role: Role::Candidate(BTreeSet::from([id])) };
        self.rearm(term, out);
        out.broadcast(&self.peers, &Msg::RequestVote(term));
    }
}

/// No two nodes lead in one term.
pub const ONE_LEADER: &str = "at most one leader a term";

fn one_leader(_model: &ActorModel<Node>, state: &ActorModelState<Node>) -> bool {
    let leads = |node: &&std::sync::Arc<Local>| node.role == Role::Leader;
    let leaders: Vec<Term> = state.actor_states.iter().filter(leads).map(|node| node.term).collect();
    (1..leaders.len()).all(|at| !leaders[..at].contains(&leaders[at]))
}

/// The election of `nodes` nodes with terms up to `terms`.
pub fn model(nodes: usize, terms: Term) -> ActorModel<Node> {
    let node = |at| Node { peers: model_peers(at, nodes), last_term: terms };
    ActorModel::new((), ())
        .actors((0..nodes).map(node))
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Always, ONE_LEADER, one_leader)
}
