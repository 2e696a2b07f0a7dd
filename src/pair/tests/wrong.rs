//! Messages of JSON, most of which are those of every format.

use super::*;

#[test]
fn what_is_no_pair_is_named_with_what_would_be_right() {
    let deep = format!(r#"{{"theta": {}"#, "[".repeat(100_000));
    for (text, words) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("[1, 2]", "expected an object with the arrays theta and ref at line 1 column 0"),
        ("{}", "there is no array theta; theta and ref would be right"),
        (r#"{"theta": [0, 1]}"#, "there is no array ref;"),
        (
            r#"{"theta": [0, 1], "reference": [0, 1]}"#,
            r#""reference" is no array of a pair; theta, ref, old and max_length"#,
        ),
        (r#"{"theta": [0, 1], "theta": [0, 1]}"#, "theta is there twice; once would be right at line 1 column 34"),
        (r#"{"theta": [0, 1], "ref": [0, 1, 2]}"#, "ref has the shape (3,) and theta (2,); arrays of one shape"),
        (r#"{"theta": [0, 1], "ref": [0, 1], "old": [[0, 1]]}"#, "old has the shape (1, 2) and theta (2,)"),
        (r#"{"theta": [0, 1], "ref": [0, 1], "max_length": 20}"#, "max_length is 20, but theta has one dimension"),
        (r#"{"theta": [0], "ref": [0]}"#, "theta has a vocabulary of 1; 2 tokens or more"),
        (r#"{"theta": [], "ref": []}"#, "theta has a vocabulary of 0; 2 tokens or more"),
        (
            r#"{"theta": [[0, 1], [0]]}"#,
            "theta has a row of 1 at 1 and a row of 2 at 0 (counted from 0); the same would",
        ),
        (r#"{"theta": [[0, 1], 0]}"#, "theta has a number at 1 and a row of 2 at 0"),
        (r#"{"theta": [[[0, 1]]]}"#, "theta has three dimensions; one or two would be right at line 1"),
        (r#"{"theta": [0, null]}"#, "invalid type: null, expected a finite logit or a row of them in theta at line 1"),
        (r#"{"theta": "0"}"#, "expected theta, a list of numbers or of rows of them at line 1 column 13"),
        (r#"{"theta": [0, 1e400]}"#, "number out of range at line 1"),
        ("{\"theta\": [0,\n NaN]}", "holds the logit NaN at line 2 column 2, so that a probability is 0"),
        ("{\"theta\": [0,\n1, -Infinity]}", "holds the logit -Infinity at line 2 column 4,"),
        ("{\"theta\": [Infinity]}", "holds the logit Infinity at line 1 column 12,"),
        (r#"{"theta": [0, 1] "ref": 3}"#, "expected `,` or `}` at line 1 column 18"),
        (r#"{"theta": [0, 1"#, "EOF while parsing a list at line 1 column 15"),
        (r#"{"theta": [0, 1], "ref": [0, 1]} {}"#, "trailing characters at line 1 column 34"),
        (&deep, "theta has three dimensions"),
    ] {
        let refusal = refusal(Format::Json, text.as_bytes(), None);
        assert!(refusal.contains(words), "{text:.80}: {refusal}");
    }
}

#[test]
fn sequences_have_to_be_square_and_have_a_longest_length() {
    let rows = |rows: &str, rest: &str| format!(r#"{{"theta": {rows}, "ref": {rows}{rest}}}"#);
    let square = "[[0, 1], [1, 0]]";
    for (text, asked, words) in [
        (rows(square, ""), None, "there is no max_length, after which a sequence is cut; --max-length, or"),
        (
            rows(square, r#", "max_length": 0"#),
            None,
            "max_length is 0; a whole number from 1 to 1000000 would be right",
        ),
        (rows(square, r#", "max_length": -3"#), None, "max_length is -3; a whole number from 1 to 1000000"),
        (rows(square, r#", "max_length": 2.5"#), None, "max_length is 2.5; a whole number"),
        (rows(square, r#", "max_length": "20""#), None, "expected max_length, a whole number from 1 to 1000000"),
        (rows(square, r#", "max_length": 20"#), Some(0), "max_length is 0; a whole number"),
        (rows(square, r#", "max_length": 20"#), Some(1_000_001), "max_length is 1000001; a whole number"),
        (
            rows("[[0, 1]]", ""),
            Some(5),
            "theta has the shape (1, 2); a sequence has a row for the start and one for each",
        ),
        (rows("[[0, 1], [1, 0], [1, 1]]", ""), Some(5), "theta has the shape (3, 2); a sequence has a row"),
        (rows("[[], []]", ""), Some(5), "theta has the shape (2, 0); a sequence has a row"),
        (rows("[[0]]", ""), Some(5), "theta has a vocabulary of 1; 2 tokens or more would be right"),
    ] {
        let refusal = refusal(Format::Json, text.as_bytes(), asked);
        assert!(refusal.starts_with(words) || refusal.contains(" expected max_length"), "{text}: {refusal}");
    }
    assert!(parse(Format::Json, rows(square, r#", "max_length": 2e1"#).as_bytes(), None).is_ok());
}

#[test]
fn text_that_is_not_utf_8_is_named_with_its_place() {
    let refusal = refusal(Format::Json, b"{\n\"theta\": [\xff]}", None);
    assert!(refusal.contains("bytes at line 2 column 11 that are not UTF-8"), "{refusal}");
}
