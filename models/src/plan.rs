//! stub
#![allow(missing_docs, clippy::all)]
use crate::world::Model;
#[derive(Debug)] pub struct ClusterError; impl std::fmt::Display for ClusterError { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } } impl std::error::Error for ClusterError {}
pub struct Cluster; impl Cluster { pub fn parse(_: &str, _: &str) -> Result<Self, ClusterError> { Err(ClusterError) } pub fn model(&self) -> Result<Model, ClusterError> { Err(ClusterError) } }
#[derive(serde::Serialize)] pub struct Plan; impl Plan { pub fn of(_: &Cluster) -> Self { Self } } impl std::fmt::Display for Plan { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
