//! The JSON of every command: its form has a name, numbers are numbers, and null stands for what has none.

use crate::{klgrad, stdout, succeed};
use serde_json::Value;

/// The texts anywhere in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        // The value of a framework's option is a text, whatever it looks like.
        Value::Object(map) => {
            map.iter().filter(|(key, _)| *key != "value").flat_map(|(_, value)| texts(value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The objects that a command prints. Each of these columns has no number somewhere: one that is infinite, unresolved, or not
/// there.
pub fn of_command(command: &str, args: &str, without_number: &[&str]) -> Vec<Value> {
    let text = stdout(&succeed(klgrad(command).args(args.split(' ')).args(["--format", "json"])));
    let objects: Vec<Value> = serde_json::from_str(&text).unwrap();
    for object in &objects {
        assert_eq!(object["schema"], format!("klgrad.{command}.1"), "{object}");
        let is_number = |text: &&str| text.parse::<f64>().is_ok();
        assert_eq!(texts(object).into_iter().filter(is_number).collect::<Vec<_>>(), [""; 0], "{object}");
    }
    for column in without_number {
        let has_null = |object: &Value| object[column].is_null() || object[column].to_string().contains("null");
        let is_there = |object: &Value| object.get(column).is_some();
        assert!(objects.iter().all(is_there) && objects.iter().any(has_null), "{command} {args}, {column}: {text}");
    }
    objects
}

/// Those of the other commands are tested beside what these print.
#[test]
fn frameworks_are_objects() {
    let objects = of_command("frameworks", "verl", &["dead"]);
    assert_eq!(objects.len(), klgrad::catalogue::framework("verl").unwrap().len());
}
