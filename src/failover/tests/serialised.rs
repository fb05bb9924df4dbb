//! What is written can be read back, and what no constructor accepts cannot be read.

use super::arbitrary::{
    bodies, config_ids, configs, effects, epochs, numbers, positions, releases, settings,
};
use super::*;
use crate::commit::{Log, LogChange, ReadKind};
use crate::config::{Settings, Step};
use crate::election::Ballot;
use crate::id::NodeMap;
use crate::lease::Register;
use alloc::string::{String, ToString};
use core::fmt::Debug;
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, from_value, json, to_value};

/// Every object inside `value`, by pointer.
fn objects(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                objects(field, at.clone() + "/" + name, found);
            }
            found.push(at);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                objects(item, at.clone() + "/" + &index.to_string(), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `value` comes back as it was; with a field that nobody knows, in any of its parts, it does not.
fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let written = to_value(value).unwrap();
    assert_eq!(&from_value::<T>(written.clone()).unwrap(), value, "{written}");
    let mut parts = Vec::new();
    objects(&written, String::new(), &mut parts);
    for part in parts {
        let mut surplus = written.clone();
        surplus.pointer_mut(&part).unwrap()["surplus"] = json!(0);
        assert!(from_value::<T>(surplus.clone()).is_err(), "read {surplus}");
    }
}

#[allow(clippy::needless_pass_by_value, reason = "`json!` makes a value")]
fn refuses<T: DeserializeOwned + Debug>(value: Value) {
    assert!(from_value::<T>(value.clone()).is_err(), "read {value}");
}

proptest! {
    #[test]
    fn messages_survive(epoch in epochs(), body in bodies()) {
        survives(&Message { epoch, body });
    }

    #[test]
    fn values_survive(
        (position, config, id) in (positions(), configs(), config_ids()),
        (settings, release, effect) in (settings(), releases(), effects()),
        (number, epoch) in (numbers(), epochs()),
    ) {
        survives(&position);
        survives(&*config);
        survives(&id);
        survives(&settings.draft());
        survives(&settings);
        survives(&release);
        survives(&effect);
        survives(&ReadKind::Token(position));
        survives(&Ballot { epoch, vote: NodeId::new(number as u8) });
        survives(&(Instant::new(number), Span::new(number), Seq::new(number)));
        let mut register = Register::default();
        register.install(epoch);
        survives(&register);
    }
}

#[test]
fn the_disk_of_a_node_survives() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.request(0, Request::Write(vec![1, 2, 3].into()));
    for (_, record) in &lab.machines[0].flushing {
        survives(record);
    }
    lab.settle();
    lab.request(0, Request::Compact { base: 2 });
    lab.settle();
    for machine in &lab.machines {
        survives(&machine.image);
        survives(&Record { hard: Some(machine.image.hard.clone().into()), log: None::<LogChange<u8>> });
    }
    survives(&LogChange::<u8>::Compact { base: 2 });
    survives(&LogChange::<u8>::Reset { base: 2, history: lab.machines[0].image.log.history().clone() });
}

#[test]
fn small_words_are_in_kebab_case() {
    assert_eq!(to_value(Step::PublishJoint).unwrap(), json!("publish-joint"));
    assert_eq!(to_value(Mode::Degraded).unwrap(), json!("degraded"));
    assert_eq!(to_value(Refusal::PrimaryAlive).unwrap(), json!("primary-alive"));
    assert_eq!(
        to_value(Effect::StopReceiving { epoch: epoch(3) }).unwrap(),
        json!({"stop-receiving": {"epoch": 3}})
    );
}

#[test]
fn what_no_constructor_accepts_cannot_be_read() {
    refuses::<NodeId>(json!(64));
    refuses::<NodeMap<u8>>(json!([[1, 2], [1, 3]]));
    refuses::<NodeMap<u8>>(json!([[64, 2]]));
    let whole: NodeMap<u8> = NodeSet::first(64).iter().map(|node| (node, node.index())).collect();
    survives(&whole);
    refuses::<crate::commit::History>(json!([[2, 0], [1, 4]]));
    refuses::<crate::commit::History>(json!([[1, 4], [2, 4]]));
    refuses::<crate::quorum::Votes>(json!({"any": {"need": 1, "of": 3}}));
    refuses::<crate::quorum::Acks>(json!({"any": {"need": 3, "of": 3}}));
    refuses::<crate::quorum::Acks>(json!({"any": {"need": 0, "of": 3}}));
    // A log whose history goes on beyond its end.
    refuses::<Log<u8>>(json!({"base": 0, "history": [[1, 5]], "entries": [1, 2]}));
    let mut draft = to_value(three()).unwrap();
    assert!(from_value::<Settings>(draft.clone()).is_ok());
    draft["acks"] = Value::Null;
    refuses::<Settings>(draft);
}
