//! Pairs that are written and read back, and files that hold none.

mod made;
mod npz;
mod safetensors;
mod wrong;

use super::*;
use proptest::prelude::*;
use std::io::Cursor;

const FORMATS: [Format; 3] = [Format::Json, Format::Npz, Format::Safetensors];

/// The pair in these bytes.
fn parse(format: Format, bytes: &[u8], max_length: Option<usize>) -> Result<Problem<Softmax>> {
    format.read(Cursor::new(bytes))?.problem(max_length)
}

/// What is said of these bytes.
fn refusal(format: Format, bytes: &[u8], max_length: Option<usize>) -> String {
    format!("{:#}", parse(format, bytes, max_length).expect_err("no pair"))
}

fn bytes(format: Format, problem: &Problem<Softmax>) -> Vec<u8> {
    let mut bytes = Vec::new();
    format.write(problem, &mut bytes).unwrap();
    bytes
}

/// Any bits that are a finite float.
fn logit() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |logit| logit.is_finite())
}

fn categoricals() -> impl Strategy<Value = [Softmax; 3]> {
    let categorical = |logits: Vec<f64>| Softmax::categorical(logits).unwrap();
    (2..9_usize).prop_flat_map(move |vocabulary| {
        prop::array::uniform3(prop::collection::vec(logit(), vocabulary).prop_map(categorical))
    })
}

fn sequences() -> impl Strategy<Value = [Softmax; 3]> {
    (2..5_usize, 1..=LONGEST).prop_flat_map(|(vocabulary, max_length)| {
        let sequence = move |logits| Softmax::sequence(logits, vocabulary, max_length).unwrap();
        prop::array::uniform3(prop::collection::vec(logit(), vocabulary * vocabulary).prop_map(sequence))
    })
}

fn problems() -> impl Strategy<Value = Problem<Softmax>> {
    (prop_oneof![categoricals(), sequences()], any::<bool>()).prop_map(|([policy, reference, old], is_on_policy)| {
        let behaviour = if is_on_policy { policy.clone() } else { old };
        Problem { policy, reference, behaviour }
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_to_the_last_bit(problem in problems()) {
        for format in FORMATS {
            let bytes = bytes(format, &problem);
            let read = parse(format, &bytes, None).unwrap();
            prop_assert_eq!(&read, &problem);
            // Zeros of both signs, too.
            let bits = |problem: &Problem<Softmax>| problem.policy.logits().iter().map(|logit| logit.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&read), bits(&problem));
            let names_old = bytes.windows(3).any(|name| name == b"old");
            prop_assert!(names_old != problem.is_on_policy() || matches!(format, Format::Npz));
        }
    }

    /// A pair or a message, whatever the bytes, and neither a panic nor memory without end.
    #[test]
    fn no_bytes_are_a_panic(
        problem in problems(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        for format in FORMATS {
            let mut bytes = bytes(format, &problem);
            for (place, byte) in &changes {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
            let _ = parse(format, &bytes, Some(3));
        }
    }

    #[test]
    fn no_bytes_without_sense_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        for format in FORMATS {
            prop_assert!(parse(format, &bytes, Some(3)).is_err());
        }
    }
}

#[test]
fn the_argument_counts_more_than_the_file() {
    let sequence = |max_length| Softmax::sequence(vec![0.0; 9], 3, max_length).unwrap();
    let problem = Problem::on_policy(sequence(20), sequence(20));
    for format in FORMATS {
        let read = parse(format, &bytes(format, &problem), Some(7)).unwrap();
        assert_eq!(read, Problem::on_policy(sequence(7), sequence(7)));
    }
}

#[test]
fn the_same_pair_is_the_same_bytes() {
    let problem = Made { vocabulary: 5, kl: 0.1, old_kl: Some(0.1), max_length: Some(4), seed: 3 }.problem().unwrap();
    for format in FORMATS {
        assert_eq!(bytes(format, &problem), bytes(format, &problem));
    }
}

#[test]
fn files_are_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let categorical = Softmax::categorical(vec![0.0, 1.0]).unwrap();
    let problem = Problem::on_policy(categorical.clone(), categorical);
    for name in ["pair.json", "pair.npz", "pair.safetensors"] {
        write(&path(name), &problem).unwrap();
        assert_eq!(read(&path(name), Some(1)).unwrap(), problem);
        let refusal = format!("{:#}", read(&path(name), Some(2)).unwrap_err());
        assert!(refusal.starts_with(&format!("{}: max_length is 2, but theta", path(name).display())), "{refusal}");
    }
    for name in ["pair.csv", "pair", "pair.JSON"] {
        for refusal in [read(&path(name), None).unwrap_err(), write(&path(name), &problem).unwrap_err()] {
            assert!(refusal.to_string().ends_with(".json, .npz or .safetensors would be right"), "{refusal}");
        }
    }
    assert!(format!("{:#}", read(&path("none.npz"), None).unwrap_err()).starts_with("cannot read "));
    assert!(write(&path("none/pair.npz"), &problem).is_err());
}
