//! The target `cluster`.

use crate::world::walk;
use arbitrary::Unstructured;
use quorate_models::plan::{Cluster, Plan};
use quorate_models::world::World;

/// An operator's file. What is accepted has a plan that can be printed, and perhaps a model that can be walked.
pub fn cluster(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Cluster::parse("cluster.toml", &text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(cluster) => {
            assert_eq!(cluster.setup().check(), Ok(()), "a file is refused when a node would refuse it");
            let plan = Plan::of(&cluster);
            assert!(!plan.to_string().is_empty());
            serde_json::to_string(&plan).expect("a plan is plain data");
            match cluster.model() {
                Err(error) => assert!(!error.to_string().is_empty()),
                Ok(model) => {
                    let world = World::new(model).expect("what was accepted can be explored");
                    let walked = walk(&world, &mut Unstructured::new(&[0; 12]));
                    assert_eq!(walked.broken, None);
                }
            }
        }
    }
}
