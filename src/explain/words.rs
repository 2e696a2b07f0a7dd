//! Ranges of D in words.

use super::ranges::Range;

/// Ranges, one after the other: `for D below -2.5; at D = 3`.
pub fn in_words(ranges: &[Range]) -> String {
    let of = |&[from, to]: &Range| if from == to { format!("at D = {}", place(from)) } else { within([from, to]) };
    ranges.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// A range: `for D from -2.5 to 3`.
pub fn within([from, to]: Range) -> String {
    match (from.is_finite(), to.is_finite()) {
        (true, true) => format!("for D from {} to {}", place(from), place(to)),
        (true, false) => format!("for D above {}", place(from)),
        (false, true) => format!("for D below {}", place(to)),
        (false, false) => "everywhere".to_owned(),
    }
}

/// A value of D.
pub fn place(d: f64) -> String {
    let text = format!("{d:.5}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}
