//! What was said too late, or lost on the way through a full outbox, must not stop a cluster.

use super::*;

#[test]
fn a_hand_over_leaves_with_the_step_that_completes_it() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.request(0, Request::Switchover { to: node(1) });
    let told = |(_, to, message): &(NodeId, NodeId, Message<u8>)| {
        *to == node(1) && matches!(message.body, Body::Handover { .. })
    };
    assert!(lab.wire.iter().any(told), "{:?}", lab.wire);
    lab.settle();
    assert!(lab.at(1).node.is_serving());
}
