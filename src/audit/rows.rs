//! An audit as rows of CSV: `steps.csv` and `tokens.csv`.

use super::{Audit, Estimate, Group, Kl, LargestToken, LossAudit, Sampler, Step, Weighted};
use anyhow::Result;
use serde::Serialize;

/// A field. A number that cannot be had is `NaN`, as in every CSV file of this program.
#[derive(Serialize)]
#[serde(untagged)]
enum Field {
    Step(Option<Step>),
    Count(u64),
    Number(#[serde(with = "crate::maybe_number")] Option<f64>),
}

/// A name, and the field under it.
type Named = (String, Field);

/// A line for each step. All that is known of a step stands in its one line, so that anything can be drawn over `step`
/// without a join; what a loss would do stands in columns `NAME.value`, `NAME.rms` and so on.
///
/// # Errors
/// There is no room in memory.
pub fn steps_csv(audit: &Audit) -> Result<Vec<u8>> {
    // Of each step the same, in the same order.
    let header = fields(&audit.all).into_iter().map(|(name, _)| name);
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    csv.write_record(header)?;
    for group in &audit.steps {
        csv.serialize(fields(group).into_iter().map(|(_, field)| field).collect::<Vec<_>>())?;
    }
    Ok(csv.into_inner()?)
}

fn fields(group: &Group) -> Vec<Named> {
    let mut fields = vec![
        ("step".to_owned(), Field::Step(group.step.clone())),
        ("sequences".to_owned(), Field::Count(group.sequences)),
        ("tokens".to_owned(), Field::Count(group.tokens)),
        ("masked_out".to_owned(), Field::Count(group.masked_out)),
    ];
    fields.extend(of_kl(group.kl.as_ref()));
    fields.extend(of_sampler(group.sampler.as_ref()));
    fields.extend([number("tail_r", group.tail.r), number("tail_rho", group.tail.rho)]);
    fields.extend(group.losses.iter().flat_map(of_loss));
    fields
}

fn number(name: &str, number: Option<f64>) -> Named {
    (name.to_owned(), Field::Number(number))
}

fn of_kl(kl: Option<&Kl>) -> Vec<Named> {
    let of = |of: fn(&Kl) -> Estimate| kl.map(of);
    let weighted = |of: fn(&Weighted) -> Estimate| kl.and_then(|kl| kl.weighted.as_ref()).map(of);
    let mut fields = Vec::new();
    fields.extend(of_estimate("k1", of(|kl| kl.k1)));
    fields.extend(of_estimate("k2", of(|kl| kl.k2)));
    fields.extend(of_estimate("k3", of(|kl| kl.k3)));
    fields.push(number("max_abs", kl.map(|kl| kl.max_abs)));
    fields.push(number("rounding_floor", kl.map(|kl| kl.rounding_floor)));
    fields.push(number("top_share", kl.and_then(|kl| kl.top_share)));
    fields.extend(of_estimate("weighted_k1", weighted(|kl| kl.k1)));
    fields.extend(of_estimate("weighted_k2", weighted(|kl| kl.k2)));
    fields.extend(of_estimate("weighted_k3", weighted(|kl| kl.k3)));
    fields
}

fn of_estimate(name: &str, estimate: Option<Estimate>) -> [Named; 3] {
    [
        number(name, estimate.and_then(|estimate| estimate.mean)),
        number(&format!("{name}_standard_error"), estimate.and_then(|estimate| estimate.standard_error)),
        number(&format!("{name}_per_sequence"), estimate.and_then(|estimate| estimate.per_sequence)),
    ]
}

fn of_sampler(sampler: Option<&Sampler>) -> [Named; 8] {
    let of = |of: fn(&Sampler) -> Option<f64>| sampler.and_then(of);
    [
        number("sampler_mean_abs", of(|sampler| sampler.mean_abs)),
        number("sampler_max_abs", of(|sampler| Some(sampler.max_abs))),
        number("sampler_k1", of(|sampler| sampler.k1)),
        number("sampler_k3", of(|sampler| sampler.k3)),
        number("sampler_ess", of(|sampler| sampler.ess)),
        number("sampler_ess_sequence_mean", of(|sampler| sampler.ess_sequence_mean)),
        number("sampler_beyond_0.8_1.2", of(|sampler| Some(sampler.beyond_narrow))),
        number("sampler_beyond_0.5_2", of(|sampler| Some(sampler.beyond_wide))),
    ]
}

fn of_loss(loss: &LossAudit) -> [Named; 9] {
    let named = |name: &str, value: Option<f64>| number(&format!("{}.{name}", loss.name), value);
    [
        named("value", loss.value),
        named("rms", loss.rms),
        named("distance", loss.distance),
        named("strength", loss.strength),
        named("dead", loss.dead),
        named("dead_share", loss.dead_share),
        named("wrong_way", loss.wrong_way),
        named("top_share", loss.top_share),
        named("noise", loss.noise),
    ]
}

/// The columns of `tokens.csv`.
const TOKENS: [&str; 11] =
    ["log_ratio", "log_prob", "log_ref", "position", "text", "step", "name", "file", "line", "sequence", "token"];

/// A line for each of the tokens with the largest |D|, the largest first. Positions and places count from 1, as people count
/// them; texts are as the file has them.
///
/// # Errors
/// There is no room in memory.
pub fn tokens_csv(audit: &Audit) -> Result<Vec<u8>> {
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    csv.write_record(TOKENS)?;
    audit.tokens.iter().try_for_each(|token| csv.serialize(row(token)))?;
    Ok(csv.into_inner()?)
}

fn row(token: &LargestToken) -> impl Serialize {
    let LargestToken { log_ratio, log_prob, log_ref, position, text, step, name, place } = token;
    let place = (&place.file, place.line, place.sequence, place.token);
    (log_ratio, log_prob, log_ref, position + 1, text, step, name, place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example;

    fn lines(bytes: Vec<u8>) -> Vec<csv::StringRecord> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        reader.records().map(Result::unwrap).collect()
    }

    #[test]
    fn a_step_is_a_line_with_all_that_is_known_of_it() {
        let mut audit = example::audit(3);
        audit.steps[1].sampler = None;
        let lines = lines(steps_csv(&audit).unwrap());
        let at = |line: usize, name: &str| {
            let column = lines[0].iter().position(|header| header == name).unwrap_or_else(|| panic!("no {name}"));
            lines[line][column].to_owned()
        };
        assert_eq!(lines.len(), 4);
        assert_eq!((at(1, "step"), at(3, "step")), ("0".to_owned(), "2".to_owned()));
        let kl = audit.steps[2].kl.as_ref().unwrap();
        assert_eq!(at(3, "k3_standard_error").parse().ok(), kl.k3.standard_error);
        assert_eq!(at(3, "weighted_k1").parse().ok(), kl.weighted.as_ref().unwrap().k1.mean);
        assert_eq!(at(3, "k3_clamped.dead_share").parse().ok(), audit.steps[2].losses[3].dead_share);
        assert_eq!([at(2, "sampler_ess"), at(2, "sampler_beyond_0.8_1.2")], ["NaN", "NaN"]);
    }

    #[test]
    fn tokens_keep_their_texts_and_are_counted_from_one() {
        let audit = example::audit(1);
        let lines = lines(tokens_csv(&audit).unwrap());
        let header = "log_ratio,log_prob,log_ref,position,text,step,name,file,line,sequence,token";
        assert_eq!(lines[0].iter().collect::<Vec<_>>().join(","), header);
        assert_eq!(lines.len(), 1 + audit.tokens.len());
        for (line, token) in lines[1..].iter().zip(&audit.tokens) {
            assert_eq!(line.get(4), Some(token.text.as_deref().unwrap_or("")));
            assert_eq!(line[3].parse(), Ok(token.position + 1));
            assert_eq!(&line[8], token.place.line.map_or(String::new(), |line| line.to_string()));
        }
    }

    #[test]
    fn without_tokens_there_is_a_header() {
        let mut audit = example::audit(1);
        audit.tokens.clear();
        assert!(tokens_csv(&audit).unwrap().starts_with(b"log_ratio,"));
    }
}
