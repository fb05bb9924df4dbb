//! A run exported as a test. Written by the test of the command line; compiles and passes as it is.

#[test]
fn breaks_lease_2_4_past() {
    let run = quorate_models::run::Run::parse(RUN).unwrap();
    let replay = run.replay().unwrap();
    let broken = replay.broken.map(|broken| broken.invariant.name());
    assert_eq!((replay.choices.len(), broken), (11, Some("lease-exclusion")));
}

const RUN: &str = r#"{"quorate":1,
"model":{"name":"lease-2-4-past","cluster":{"votes":{"any":{"need":2,"of":7}},"acks":null,"data":0,"learners":0,"priority":[],"weak":null,"mode":"strong"},"nodes":3,"node":{"lease":{"hold":3,"grant":4,"drift":{"slow":1,"fast":2}},"prevote":false,"fenced":false,"eager":false,"external":false},"scope":{"epochs":2,"writes":0,"reads":0,"crashes":0,"flush_failures":0,"drops":0,"duplicates":0,"partitions":0,"pauses":0,"suspends":0,"noticed":false,"doubts":0,"switchovers":0,"losses":0,"poweroffs":0,"compactions":0,"rates":[1,2],"network":"any","driver":"blocking","beats":true,"refusals":false},"without":["drift-margin"]},
"hash":"baa0bfaff3063b39",
"choices":[
[0,"n0 timer"],
[2,"n0→n1 vote e1 e0v0"],
[1,"n1→n0 granted e1 []0"],
[0,"n0 timer"],
[2,"n1 timer"],
[8,"n0→n2 beat e1 sent 0 ago, lease 4, round 0 serving"],
[3,"n2→n0 beat-ack e1 to beat 0 ago, round 0 e0v0"],
[14,"time: n0+1 n1+2 n2+2"],
[14,"time: n0+1 n1+2 n2+2"],
[10,"n1→n2 vote e2 e0v0"],
[7,"n2→n1 granted e2 []0"]],
"note":"lease-exclusion: n1 is active under e2 while the lease of n0 under e1 is valid for 1 more"}
"#;
