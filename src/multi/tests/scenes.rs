//! Scenes: what groups do that rest, and what wakes them.

use super::lab::*;
use super::super::*;
use crate::failover::Request;

fn resting(hosts: usize, groups: u64) -> Lab {
    let mut lab = Lab::new(hosts, groups, Some(lease()));
    let took = lab.run_until(2_000, Lab::all_rest);
    assert!(took.is_some() && lab.all_serve(), "everybody rests");
    lab.assert_sound();
    lab
}

#[test]
fn groups_rest_and_only_hosts_beat() {
    let mut lab = resting(3, 5);
    let before: std::vec::Vec<_> = lab.groups.iter().map(|group| lab.serving(*group)).collect();
    let sent = lab.sent;
    lab.run(2_000);
    assert_eq!(lab.sent, sent, "no group said a word");
    assert!(lab.all_rest());
    let after: std::vec::Vec<_> = lab.groups.iter().map(|group| lab.serving(*group)).collect();
    assert_eq!(before, after, "no primary changed");
    // Their leases are renewed all the same.
    for group in lab.groups.clone() {
        let (epoch, at) = lab.serving(group).unwrap();
        assert_eq!(lab.lease(at, group), Some(epoch));
    }
    lab.assert_sound();
}

#[test]
fn a_write_wakes_its_group_and_nobody_else() {
    let mut lab = resting(3, 3);
    let group = GroupId(1);
    let (epoch, at) = lab.serving(group).unwrap();
    lab.request(at, group, Request::Write(std::vec![7]));
    lab.run(5);
    assert_eq!(lab.node(at, group).unwrap().committed(), 1);
    let rests = |lab: &Lab, group| lab.machines[at].multi.as_ref().unwrap().rests(group);
    assert!(!rests(&lab, group) && rests(&lab, GroupId(0)) && rests(&lab, GroupId(2)));
    assert!(lab.run_until(300, Lab::all_rest).is_some());
    assert_eq!(lab.serving(group), Some((epoch, at)));
    for at in 0..3 {
        assert_eq!(lab.node(at, group).unwrap().committed(), 1, "everybody has everything");
    }
    lab.assert_sound();
}
