//! The worst sequences, token by token, coloured by D.

use super::html::{Element, element};
use crate::audit::shown::{count, short};
use crate::audit::{SequenceToken, WorstSequence};

/// The classes of the style sheet, from the least D to the greatest; in the middle is what has no colour.
const CLASSES: [&str; 11] = ["n5", "n4", "n3", "n2", "n1", "z", "p1", "p2", "p3", "p4", "p5"];
/// The colours on either side of 0.
const COLORS: usize = 5;
/// The part of the tokens that are below the strongest colour.
const BELOW: f64 = 0.995;

/// Nothing where there are no sequences.
pub(super) fn section(worst: &[WorstSequence]) -> Option<Element> {
    if worst.is_empty() {
        return None;
    }
    let steps = steps(worst);
    let about = "The sequences with the largest sums of k3. Colours are by D = log policy - log ref of a token; its value \
                 stands in a token's tooltip.";
    let sequences = worst.iter().enumerate().map(|(index, sequence)| details(index, sequence, &steps));
    let heading = element("h2").text("Worst sequences");
    Some(
        element("section")
            .children([heading, element("p").class("about").text(about), legend(&steps)])
            .children(sequences),
    )
}

/// Where a colour begins, each about three times as far from 0 as the one before: 0.01, 0.03, 0.1 and so on.
fn steps(worst: &[WorstSequence]) -> [f64; COLORS] {
    let tokens = worst.iter().flat_map(|sequence| &sequence.tokens);
    let mut sizes: Vec<f64> =
        tokens.map(|token| token.log_ratio.abs()).filter(|size| size.is_finite() && *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let most = sizes.get((BELOW * sizes.len() as f64) as usize).or(sizes.last()).copied().unwrap_or(1.0);
    let half_decades = (2.0 * most.log10()).floor() as i32;
    std::array::from_fn(|index| half_decade(half_decades - (COLORS - 1 - index) as i32))
}

/// 1, 3, 10, 30 and so on.
fn half_decade(number: i32) -> f64 {
    let factor = if number.rem_euclid(2) == 0 { 1.0 } else { 3.0 };
    // By the text, so that 0.3 is the float that is written so.
    format!("{factor}e{}", number.div_euclid(2)).parse().expect("a factor and an exponent are a number")
}

fn class(d: f64, steps: &[f64; COLORS]) -> &'static str {
    let reached = steps.iter().filter(|step| d.abs() >= **step).count();
    CLASSES[if d < 0.0 { COLORS - reached } else { COLORS + reached }]
}

fn legend(steps: &[f64; COLORS]) -> Element {
    let entry = |index: usize| {
        let text = match index as i32 - COLORS as i32 {
            0 => format!("within ±{}", steps[0]),
            side if side < 0 => format!("≤ −{}", steps[(-side - 1) as usize]),
            side => format!("≥ {}", steps[(side - 1) as usize]),
        };
        element("li").attribute("class", CLASSES[index]).text(&text)
    };
    element("ul").class("legend").attribute("aria-label", "Colours by D").children((0..CLASSES.len()).map(entry))
}

fn details(index: usize, sequence: &WorstSequence, steps: &[f64; COLORS]) -> Element {
    let details = element("details");
    let details = if index == 0 { details.attribute("open", "") } else { details };
    let shown = sequence.tokens.len() as u64;
    let rest = (shown < sequence.length).then(|| {
        let text = format!("These are the first {} of {} tokens.", count(shown), count(sequence.length));
        element("p").class("note").text(&text)
    });
    let tokens = sequence.tokens.iter().enumerate();
    let tokens = tokens.flat_map(|(position, token)| self::token(position, token, steps));
    details.child(summary(sequence)).child(element("p").class("tokens").children(tokens)).children(rest)
}

fn summary(sequence: &WorstSequence) -> Element {
    let [k1, k2, k3] = sequence.sums.map(short);
    let name = sequence.name.as_ref().map_or(String::new(), |name| format!("{name}, "));
    let step = sequence.step.as_ref().map_or(String::new(), |step| format!("step {step}, "));
    let sums = format!("sums of k1 {k1}, k2 {k2}, k3 {k3} over {} tokens", count(sequence.length));
    element("summary").children([
        element("b").text(&format!("{name}{step}{}", sequence.place)),
        element("span").class("place").text(&sums),
    ])
}

/// Its text, or where there is none its position; behind a new line a line breaks.
fn token(position: usize, token: &SequenceToken, steps: &[f64; COLORS]) -> Vec<Element> {
    let number = (position + 1).to_string();
    let title = format!("D = {}, token {number}", short(token.log_ratio));
    let span = element("span").attribute("class", class(token.log_ratio, steps)).attribute("title", &title);
    let breaks = token.text.as_ref().is_some_and(|text| text.contains('\n'));
    let span = match &token.text {
        Some(text) => span.text(text),
        None => span.text(&format!("{number} ")),
    };
    let line = breaks.then(|| element("br"));
    [span].into_iter().chain(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example;

    #[test]
    fn colours_begin_at_round_numbers_and_tell_signs_apart() {
        let steps = [0.01, 0.03, 0.1, 0.3, 1.0];
        let classes = [-7.0, -0.3, -0.02, -0.009, 0.0, 0.01, 0.5, 1.0].map(|d| class(d, &steps));
        assert_eq!(classes, ["n5", "n4", "n1", "z", "z", "p1", "p4", "p5"]);
        assert_eq!([-2, -1, 0, 1, 2, 3].map(half_decade), [0.1, 0.3, 1.0, 3.0, 10.0, 30.0]);
    }

    #[test]
    fn of_any_tokens_the_strongest_colour_is_for_the_largest() {
        for scale in [1e-9, 0.05, 1e9] {
            let made = example::Made { steps: 1, sequences: 2, length: 50, scale, shift: 0.0 };
            let worst = example::made(made).worst;
            let steps = steps(&worst);
            let tokens = worst.iter().flat_map(|sequence| &sequence.tokens);
            let strongest =
                tokens.clone().filter(|token| ["n5", "p5"].contains(&class(token.log_ratio, &steps))).count();
            assert!((1..20).contains(&strongest), "{strongest} at {scale}");
            assert!(steps.is_sorted(), "{steps:?}");
        }
    }
}
