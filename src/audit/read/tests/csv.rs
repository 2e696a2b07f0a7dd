//! Tables with a row a token.

use super::super::{Choice, Files};
use super::{folder, own_columns, read_bytes, read_paths, read_with};
use crate::audit::Step;
use proptest::prelude::*;

const TABLE: &str = "step,sequence,token,old_logp,ref_logp,mask\n\
                     3,a,\"x,\n\"\"\",-1,-1.5,1\n\
                     3,a,y,-2,,True\n\
                     3,b,z,-3,-inf,0\n\
                     4,b,z,-4,-4.5,1\n";

#[test]
fn rows_of_one_sequence_are_a_record() {
    let all = read_bytes("a.csv", TABLE.as_bytes());
    assert!(all.unreadable.is_empty(), "{:?}", all.said());
    assert_eq!(all.of(1), [vec![-1.0, -2.0], vec![-3.0], vec![-4.0]]);
    assert!(all.of(3)[0][1].is_nan());
    assert_eq!(all.of(3)[1], [f64::NEG_INFINITY]);
    let steps: Vec<_> = all.records.iter().map(|record| record.step.clone()).collect();
    assert_eq!(steps, [3, 3, 4].map(Step::Number));
    assert_eq!(all.records[0].texts, Some(vec!["x,\n\"".into(), "y".into()]));
    assert_eq!((all.records[0].name.as_deref(), all.records[0].mask.clone()), (Some("a"), Some(vec![true, true])));
    let lines: Vec<_> = all.records.iter().filter_map(|record| record.place.line).collect();
    assert_eq!(lines, [2, 5, 6]);
}

#[test]
fn a_row_that_is_broken_is_said_and_the_rest_is_read() {
    let text = "sequence,old_logp,ref_logp\na,-1,-1\na,-2\nb,-3,x\nc,-4,-4\n";
    let all = read_bytes("a.csv", text.as_bytes());
    assert_eq!(all.of(1), [[-1.0], [-4.0]]);
    let expected = [
        "a.csv, line 3: the row has 2 cells; 3 as in the first would be right",
        "a.csv, line 4: ref_logp holds \"x\" at token 1; a list of numbers would be right",
    ];
    assert_eq!(all.said(), expected);
}

#[test]
fn a_table_needs_a_column_of_sequences() {
    let (_folder, paths) = folder(&[("a.csv", b"old_logp,ref_logp\n-1,-2\n")]);
    let message = read_paths(&paths, &Choice::default()).expect_err("nothing tells sequences apart").to_string();
    assert!(message.contains("--sequence KEY, or a column sequence, would be right"), "{message}");
}

#[test]
fn many_sequences_are_all_read() {
    let rows: String = (0..40_000).map(|row| format!("{},-{row},-1\n", row / 3)).collect();
    let all = read_bytes("a.csv", format!("sequence,old_logp,ref_logp\n{rows}").as_bytes());
    assert_eq!(all.records.len(), 13_334);
    assert_eq!(all.of(1).concat(), (0..40_000).map(|row| -f64::from(row)).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn of_a_table_that_is_cut_the_sequences_before_are_kept(length in 0..TABLE.len(), garbage in prop::collection::vec(any::<u8>(), 0..20)) {
        let bytes = [&TABLE.as_bytes()[..length], &garbage].concat();
        let (_folder, paths) = folder(&[("a.csv", &bytes)]);
        let all = read_with(&Files::find(&paths).expect("the file is there"), &own_columns());
        prop_assert!(all.records.len() <= 25);
        let _ = read_paths(&paths, &Choice::default());
    }
}
