//! The replicated configuration: who votes, who keeps data, whose flush counts.

use crate::id::{Epoch, NodeId, NodeMap, NodeSet};
use crate::quorum::{Acks, Quorum, QuorumError, Votes};
use crate::time::Span;
use alloc::boxed::Box;
use core::fmt;

/// Which configuration: the epoch whose primary published it, and a count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct ConfigId {
    /// The epoch of the primary that published it.
    pub epoch: Epoch,
    /// Its number; rises by one with every publication.
    pub version: u32,
}

impl fmt::Debug for ConfigId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}v{}", self.epoch, self.version)
    }
}

impl fmt::Display for ConfigId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Whose flush makes a write durable when the strong family cannot be satisfied for some time.
///
/// Only a primary that serves falls back, and only while no other change is under way. Who is elected while the strong
/// family is away serves when that is back, and not before.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Weak {
    /// The family used while degraded.
    pub acks: Acks,
    /// Degrade when no acknowledgement has satisfied the strong family for this long.
    pub after: Span,
    /// While degraded, refuse writes that are more than this many entries ahead of what the strong family holds.
    pub cap: u64,
}

/// Which of the two families is in force.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Mode {
    /// The family the operator wants.
    #[default]
    Strong,
    /// The family accepted meanwhile: acknowledged writes are at risk and every status says so.
    Degraded,
}

/// Settings as an operator states them, before they are checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Draft {
    /// Who wins an election.
    pub votes: Quorum,
    /// Whose flush makes a write durable; `None` for a cluster that only elects and fences.
    pub acks: Option<Quorum>,
    /// The nodes that keep data, learners included. Voters outside it are witnesses.
    pub data: NodeSet,
    /// The nodes that keep data but count in no quorum.
    #[cfg_attr(feature = "serde", serde(default))]
    pub learners: NodeSet,
    /// Preference in elections; a higher number is preferred, nodes without one have 0.
    #[cfg_attr(feature = "serde", serde(default))]
    pub priority: NodeMap<u8>,
    /// What to fall back to when the acks stay away; `None` waits for them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub weak: Option<Weak>,
    /// Which family is in force.
    #[cfg_attr(feature = "serde", serde(default))]
    pub mode: Mode,
}

impl Draft {
    /// The usual cluster: every one of `nodes` votes and keeps data, and any majority of them elects, and makes a write
    /// durable. Whatever is to be otherwise is replaced: `Draft { learners, ..Draft::majority(nodes) }`.
    pub fn majority(nodes: NodeSet) -> Draft {
        Draft {
            votes: Quorum::majority(nodes),
            acks: Some(Quorum::majority(nodes)),
            data: nodes,
            learners: NodeSet::EMPTY,
            priority: NodeMap::default(),
            weak: None,
            mode: Mode::Strong,
        }
    }
}

/// Checked settings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Draft", into = "Draft")
)]
pub struct Settings {
    votes: Votes,
    strong: Option<Acks>,
    data: NodeSet,
    learners: NodeSet,
    priority: NodeMap<u8>,
    weak: Option<Weak>,
    mode: Mode,
}

/// Why settings cannot be used.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SettingsError {
    /// The vote condition cannot be used.
    Votes(QuorumError),
    /// The ack condition cannot be used.
    Acks(QuorumError),
    /// Nodes keep data but no ack condition says when a write is safe, or the other way round.
    AcksWithoutData,
    /// A node acknowledges but keeps no data.
    AckWithoutData {
        /// The nodes that acknowledge nothing they could keep.
        nodes: NodeSet,
    },
    /// A learner counts in a quorum.
    LearnerCounts {
        /// The learners that count.
        nodes: NodeSet,
    },
    /// A learner is not among the data nodes.
    LearnerWithoutData {
        /// Those learners.
        nodes: NodeSet,
    },
    /// No voter keeps data, so nobody could become primary.
    NoCandidate,
    /// Degraded without a weak family.
    NothingWeaker,
    /// A priority is given to a node that is no voter.
    PriorityWithoutVote {
        /// Which node.
        node: NodeId,
    },
}

impl SettingsError {
    /// What to change.
    pub const fn mend(&self) -> &'static str {
        match self {
            SettingsError::Votes(error) | SettingsError::Acks(error) => error.mend(),
            SettingsError::AcksWithoutData => {
                "list the nodes that keep data and the acks a write needs, or neither"
            }
            SettingsError::AckWithoutData { .. } => {
                "let only data nodes acknowledge; a witness can only vote"
            }
            SettingsError::LearnerCounts { .. } => {
                "take the learner out of the condition, or make it a full member"
            }
            SettingsError::LearnerWithoutData { .. } => "list the learner among the data nodes",
            SettingsError::NoCandidate => "let at least one data node vote",
            SettingsError::NothingWeaker => "start in the strong mode, or give a weak family",
            SettingsError::PriorityWithoutVote { .. } => "give priorities to voters only",
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingsError::Votes(error) => write!(f, "the vote condition: {error}"),
            SettingsError::Acks(error) => write!(f, "the ack condition: {error}"),
            SettingsError::AcksWithoutData => f.write_str("data nodes and an ack condition belong together"),
            SettingsError::AckWithoutData { nodes } => write!(f, "{nodes} acknowledge but keep no data"),
            SettingsError::LearnerCounts { nodes } => write!(f, "{nodes} are learners but count in a quorum"),
            SettingsError::LearnerWithoutData { nodes } => write!(f, "{nodes} are learners but keep no data"),
            SettingsError::NoCandidate => f.write_str("no voter keeps data, so nobody could become primary"),
            SettingsError::NothingWeaker => f.write_str("degraded, but there is no weak family"),
            SettingsError::PriorityWithoutVote { node } => write!(f, "{node} has a priority but no vote"),
        }
    }
}

impl core::error::Error for SettingsError {}

impl Settings {
    /// Checks `draft`.
    pub fn new(draft: Draft) -> Result<Self, SettingsError> {
        let Draft { votes, acks, data, learners, priority, weak, mode } = draft;
        let votes = Votes::new(votes).map_err(SettingsError::Votes)?;
        let strong = acks.map(Acks::new).transpose().map_err(SettingsError::Acks)?;
        if strong.is_some() == data.is_empty() || (weak.is_some() && strong.is_none()) {
            return Err(SettingsError::AcksWithoutData);
        }
        let families = || strong.iter().chain(weak.iter().map(|weak| &weak.acks));
        let ackers = families().fold(NodeSet::EMPTY, |all, acks| all.union(acks.nodes()));
        if !ackers.within(data) {
            return Err(SettingsError::AckWithoutData { nodes: ackers.minus(data) });
        }
        let counting = learners.and(ackers.union(votes.nodes()));
        if !counting.is_empty() {
            return Err(SettingsError::LearnerCounts { nodes: counting });
        }
        if !learners.within(data) {
            return Err(SettingsError::LearnerWithoutData { nodes: learners.minus(data) });
        }
        if !data.is_empty() && votes.nodes().and(data).is_empty() {
            return Err(SettingsError::NoCandidate);
        }
        if mode == Mode::Degraded && weak.is_none() {
            return Err(SettingsError::NothingWeaker);
        }
        if let Some(node) = priority.keys().minus(votes.nodes()).iter().next() {
            return Err(SettingsError::PriorityWithoutVote { node });
        }
        Ok(Self { votes, strong, data, learners, priority, weak, mode })
    }

    /// Who wins an election.
    #[inline]
    pub fn votes(&self) -> &Votes {
        &self.votes
    }

    /// The ack family in force; `None` for a cluster that keeps no data.
    #[inline]
    pub fn acks(&self) -> Option<&Acks> {
        match (self.mode, &self.weak) {
            (Mode::Degraded, Some(weak)) => Some(&weak.acks),
            (Mode::Strong, _) | (Mode::Degraded, None) => self.strong.as_ref(),
        }
    }

    /// The ack family the operator wants.
    #[inline]
    pub fn strong(&self) -> Option<&Acks> {
        self.strong.as_ref()
    }

    /// What to fall back to.
    #[inline]
    pub fn weak(&self) -> Option<&Weak> {
        self.weak.as_ref()
    }

    /// Which family is in force.
    #[inline]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The nodes that keep data, learners included.
    #[inline]
    pub fn data(&self) -> NodeSet {
        self.data
    }

    /// The data nodes that count in no quorum.
    pub fn learners(&self) -> NodeSet {
        self.learners
    }

    /// Every node the settings mention.
    #[inline]
    pub fn nodes(&self) -> NodeSet {
        self.votes.nodes().union(self.data)
    }

    /// The nodes that may become primary: voters that keep data, or any voter of a cluster that keeps none.
    #[inline]
    pub fn candidates(&self) -> NodeSet {
        if self.data.is_empty() { self.votes.nodes() } else { self.votes.nodes().and(self.data) }
    }

    /// The election preference of `node`.
    pub fn priority(&self, node: NodeId) -> u8 {
        self.priority.get(node).copied().unwrap_or(0)
    }

    /// The same settings with the other ack family in force.
    #[must_use]
    pub fn in_mode(&self, mode: Mode) -> Settings {
        let mode = if self.weak.is_some() { mode } else { Mode::Strong };
        Settings { mode, ..self.clone() }
    }

    /// The settings as they were stated.
    pub fn draft(&self) -> Draft {
        Draft {
            votes: self.votes.quorum().clone(),
            acks: self.strong.as_ref().map(|acks| acks.quorum().clone()),
            data: self.data,
            learners: self.learners,
            priority: self.priority.clone(),
            weak: self.weak.clone(),
            mode: self.mode,
        }
    }
}

impl TryFrom<Draft> for Settings {
    type Error = SettingsError;
    fn try_from(draft: Draft) -> Result<Self, SettingsError> {
        Settings::new(draft)
    }
}

impl From<Settings> for Draft {
    fn from(settings: Settings) -> Draft {
        settings.draft()
    }
}

/// The replicated configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Config {
    /// Its identity.
    pub id: ConfigId,
    /// The settings in force.
    pub settings: Settings,
    /// While settings are being changed: the next ones, which are in force as well.
    pub next: Option<Box<Settings>>,
}

impl Config {
    /// The first configuration of a new cluster.
    pub fn first(settings: Settings) -> Self {
        Self { id: ConfigId::default(), settings, next: None }
    }

    /// The settings in force: one, or two while they are being changed.
    pub fn parts(&self) -> impl Iterator<Item = &Settings> {
        core::iter::once(&self.settings).chain(self.next.as_deref())
    }

    /// Whether `set` wins an election.
    #[inline]
    pub fn elects(&self, set: NodeSet) -> bool {
        self.all(|part| part.votes().holds(set))
    }

    /// Whether a flush on all of `set` makes a write durable.
    #[inline]
    pub fn acknowledges(&self, set: NodeSet) -> bool {
        self.all(|part| part.acks().is_none_or(|acks| acks.holds(set)))
    }

    /// Whether a primary that heard from `set` may recover.
    pub fn recovers(&self, set: NodeSet) -> bool {
        self.all(|part| part.acks().is_none_or(|acks| acks.recovers(set)))
    }

    /// Every voter.
    pub fn voters(&self) -> NodeSet {
        self.union(|part| part.votes().nodes())
    }

    /// Every data node.
    #[inline]
    pub fn data(&self) -> NodeSet {
        self.union(Settings::data)
    }

    /// Every node.
    #[inline]
    pub fn nodes(&self) -> NodeSet {
        self.union(Settings::nodes)
    }

    /// The nodes that may become primary.
    #[inline]
    pub fn candidates(&self) -> NodeSet {
        self.union(Settings::candidates)
    }

    /// The newest settings: the next ones while they are being changed.
    #[inline]
    pub fn newest(&self) -> &Settings {
        self.next.as_deref().unwrap_or(&self.settings)
    }

    #[inline]
    fn all(&self, holds: impl Fn(&Settings) -> bool) -> bool {
        holds(&self.settings) && self.next.as_deref().is_none_or(holds)
    }

    #[inline]
    fn union(&self, of: impl Fn(&Settings) -> NodeSet) -> NodeSet {
        let now = of(&self.settings);
        self.next.as_deref().map_or(now, |next| now.union(of(next)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft::majority(NodeSet::first(3))
    }

    #[test]
    fn settings_that_cannot_be_safe_are_refused() {
        let [n1, n3] = [1, 3].map(|i| NodeId::new(i).unwrap());
        let learner = NodeSet::one(n3);
        let cases: [(Draft, SettingsError); 8] = [
            (
                Draft { votes: Quorum::Any { need: 1, of: NodeSet::first(2) }, ..draft() },
                SettingsError::Votes(QuorumError::Disjoint {
                    one: NodeSet::first(1),
                    other: NodeSet::one(n1),
                }),
            ),
            (Draft { acks: None, ..draft() }, SettingsError::AcksWithoutData),
            (
                Draft { acks: Some(Quorum::majority(NodeSet::first(4))), ..draft() },
                SettingsError::AckWithoutData { nodes: learner },
            ),
            (
                Draft { learners: NodeSet::first(1), ..draft() },
                SettingsError::LearnerCounts { nodes: NodeSet::first(1) },
            ),
            (Draft { learners: learner, ..draft() }, SettingsError::LearnerWithoutData { nodes: learner }),
            (
                Draft { acks: Some(Quorum::every(learner)), data: learner, ..draft() },
                SettingsError::NoCandidate,
            ),
            (Draft { mode: Mode::Degraded, ..draft() }, SettingsError::NothingWeaker),
            (
                Draft { priority: [(n3, 1)].into_iter().collect(), ..draft() },
                SettingsError::PriorityWithoutVote { node: n3 },
            ),
        ];
        for (draft, expected) in cases {
            assert!(!expected.mend().is_empty());
            assert_eq!(Settings::new(draft), Err(expected));
        }
        assert!(Settings::new(draft()).is_ok());
    }

    #[test]
    fn settings_say_what_was_stated() {
        let [n0, n1, n3] = [0, 1, 3].map(|i| NodeId::new(i).unwrap());
        let learners = NodeSet::one(n3);
        let stated =
            Draft { learners, data: NodeSet::first(4), priority: [(n1, 7)].into_iter().collect(), ..draft() };
        let settings = Settings::new(stated.clone()).unwrap();
        assert_eq!((settings.learners(), settings.draft()), (learners, stated));
        assert_eq!([n0, n1, n3].map(|node| settings.priority(node)), [0, 7, 0]);
    }

    #[test]
    fn a_joint_configuration_asks_both() {
        let old = Settings::new(draft()).unwrap();
        let four = NodeSet::first(4);
        let new = Settings::new(Draft { acks: Some(Quorum::every(four)), ..Draft::majority(four) }).unwrap();
        let joint = Config { next: Some(Box::new(new)), ..Config::first(old) };
        assert!(!joint.elects(NodeSet::first(2)) && joint.elects(NodeSet::first(3)));
        assert!(!joint.acknowledges(NodeSet::first(3)) && joint.acknowledges(four));
        assert!(!joint.recovers(NodeSet::first(1)) && joint.recovers(NodeSet::first(2)));
        assert!(joint.parts().eq([&joint.settings, joint.newest()]));
        assert_eq!((joint.nodes(), joint.data(), joint.voters()), (four, four, four));
    }
}
