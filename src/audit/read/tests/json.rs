use super::super::json::{Fault, Json, fields, items};
use super::super::value::{Kind, Value};
use proptest::prelude::*;

fn numbers(text: &str) -> Result<(Kind, Vec<f64>), String> {
    let mut numbers = Vec::new();
    Json(text).numbers(&mut numbers).map(|kind| (kind, numbers))
}

fn list(text: &str) -> Vec<f64> {
    numbers(text).expect("it is a list of numbers").1
}

fn keys(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut found = Vec::new();
    fields(text, |key, value| found.push((key.to_owned(), value.0.to_owned()))).map(|()| found)
}

#[test]
fn a_list_of_numbers_is_read_to_the_last_bit() {
    assert_eq!(list("[-0.0016384509205818176, 1e-05,0,-3 , 7]"), [-0.0016384509205818176, 1e-5, 0.0, -3.0, 7.0]);
    assert_eq!(list("[]"), [0.0; 0]);
    assert_eq!(list(" [ ] ".trim()), [0.0; 0]);
}

#[test]
fn what_python_writes_beyond_json_is_read() {
    let read = list("[NaN, null, Infinity, -Infinity, true, false]");
    assert!(read[0].is_nan() && read[1].is_nan());
    assert_eq!(read[2..], [f64::INFINITY, f64::NEG_INFINITY, 1.0, 0.0]);
}

#[test]
fn a_list_of_one_list_is_that_list() {
    assert_eq!(list("[[1, 2]]"), [1.0, 2.0]);
    assert_eq!(list("[ [1] ]"), [1.0]);
    assert_eq!(numbers("[2.5]"), Ok((Kind::List, vec![2.5])));
    assert_eq!(numbers("2.5"), Ok((Kind::One, vec![2.5])));
}

#[test]
fn tokens_of_sglang_are_read() {
    assert_eq!(list(r#"[[-0.5, 12, "a]"], [NaN, 0, null], [-1.5,3,null]]"#)[0], -0.5);
    assert_eq!(list(r#"[[-0.5, 12, "a"]]"#), [-0.5]);
    assert_eq!(
        numbers(r#"[[-0.5, 1, "a"], [-0.5, 1]]"#),
        Err("holds another value than those before at token 2".into())
    );
    assert_eq!(numbers("[[-1.0, -2.0, null], [-1.0, 2]]"), Err("is a list of lists".into()));
    assert_eq!(list("[[-1.0, -2.0, null]]")[..2], [-1.0, -2.0]);
}

#[test]
fn other_lists_are_refused_with_what_they_hold() {
    assert_eq!(numbers("[1, \"x\"]"), Err("holds a string at token 2".into()));
    assert_eq!(numbers("[[1], [2]]"), Err("is a list of lists".into()));
    assert_eq!(numbers("[[[1]]]"), Err("is a list of lists".into()));
    assert_eq!(numbers("[1, 2.5.1]"), Err("holds 2.5.1 at token 2".into()));
    assert_eq!(numbers("[1, -inf]"), Err("holds -inf at token 2".into()));
    assert_eq!(numbers("[1 2]"), Err("is no list of numbers".into()));
    assert_eq!(numbers("[1,]"), Err("holds what is no number at token 2".into()));
    assert_eq!(numbers("\"x\""), Err("is a string".into()));
}

#[test]
fn fields_are_found_whatever_values_hold() {
    let text = r#" { "a" : "}]\"\\" , "b\u0041":[{"x":"]"},[1]],"c":{"d":{}}, "e":null,"f":-1.5e3 } "#;
    let expected =
        [("a", r#""}]\"\\""#), ("bA", r#"[{"x":"]"},[1]]"#), ("c", r#"{"d":{}}"#), ("e", "null"), ("f", "-1.5e3")];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(keys(text), Ok(expected.to_vec()));
    assert_eq!(keys("{}"), Ok(vec![]));
}

#[test]
fn a_cut_text_is_told_from_a_wrong_one() {
    let whole = r#"{"a": [1, 2], "b": "x\"", "c": {"d": 1}}"#;
    for length in 0..whole.len() {
        assert_eq!(keys(&whole[..length]), Err(Fault::Cut), "{length}");
    }
    for wrong in ["[1]", "{1: 2}", "{\"a\" 1}", "{\"a\": }", "{\"a\": 1} x", "{\"a\": 1,}", "x", "{\"a\": 1 2}"] {
        assert_eq!(keys(wrong), Err(Fault::Wrong), "{wrong}");
    }
}

#[test]
fn the_items_of_a_list_are_visited_until_it_is_enough() {
    let mut found = Vec::new();
    let visited = items(r#"[{"a": [1]}, {}, 3]"#, |item| {
        found.push(item.to_owned());
        found.len() < 2
    });
    assert_eq!((visited, found), (Ok(()), vec!["{\"a\": [1]}".to_owned(), "{}".to_owned()]));
}

#[test]
fn a_step_is_a_whole_number_and_a_name_is_text_or_a_number() {
    let integers =
        [("3", Some(3)), ("[3]", Some(3)), ("3.0", Some(3)), ("\"12\"", Some(12)), ("3.5", None), ("[1, 2]", None)];
    for (text, expected) in integers {
        assert_eq!(Json(text).integer(), expected, "{text}");
    }
    let names =
        [("\"a\\\"b\"", Some("a\"b")), ("17", Some("17")), ("[\"u\"]", Some("u")), ("null", None), ("{}", None)];
    for (text, expected) in names {
        assert_eq!(Json(text).name().as_deref(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}\":,\\\\a1. é-]{0,40}") {
        let _ = fields(&text, |_, value| {
            let _ = (value.numbers(&mut Vec::new()), value.integer(), value.name(), value.is_missing());
        });
        let _ = items(&text, |_| true);
    }

    #[test]
    fn numbers_are_those_that_were_written(numbers in prop::collection::vec(any::<f32>(), 0..50)) {
        let text: Vec<String> = numbers.iter().map(|number| match *number {
            number if number.is_nan() => "NaN".to_owned(),
            f32::INFINITY => "Infinity".to_owned(),
            f32::NEG_INFINITY => "-Infinity".to_owned(),
            number => format!("{:e}", f64::from(number)),
        }).collect();
        let read = list(&format!("[{}]", text.join(", ")));
        let bits = |number: f64| if number.is_nan() { 0 } else { number.to_bits() };
        prop_assert_eq!(
            read.into_iter().map(bits).collect::<Vec<_>>(),
            numbers.into_iter().map(|number| bits(number.into())).collect::<Vec<_>>()
        );
    }
}
