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

/// Each command, and a column that has no number somewhere: one that is infinite, unresolved, or not there.
#[test]
fn every_json_names_its_form_and_has_null_where_there_is_no_number() {
    for (command, args, column) in [
        ("theory", "--sigma-ref 2 --estimators k3,k2_lambda", "stdev_one_sample"),
        ("theory", "--mu-ref 0 --estimators k1", "lambda"),
        ("claims", "--sigma-ref 9", "corrected_right"),
        ("explain", "abs", "pull"),
        ("frameworks", "verl", "dead"),
    ] {
        let text = stdout(&succeed(klgrad(command).args(args.split(' ')).args(["--format", "json"])));
        let json: Value = serde_json::from_str(&text).unwrap();
        let objects = json.as_array().unwrap();
        for object in objects {
            assert_eq!(object["schema"], format!("klgrad.{command}.1"), "{object}");
            let is_number = |text: &&str| text.parse::<f64>().is_ok();
            assert_eq!(texts(object).into_iter().filter(is_number).collect::<Vec<_>>(), [""; 0], "{object}");
        }
        let has_null = |object: &Value| object[column].is_null() || object[column].to_string().contains("null");
        assert!(objects.iter().any(has_null), "{command} {args}: {text}");
    }
}
