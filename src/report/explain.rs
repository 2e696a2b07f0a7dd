//! What is known of a loss, as a page and as a line of a table.

use super::table::{Column, Table};
use super::text::fill;
use crate::catalogue::{Entry, Page};
use crate::estimator::Estimator;
use crate::explain::{Explanation, Follows, Range, Subject, in_words, place, six_digits, within};
use crate::theory::softmax::Level;
use std::collections::BTreeMap;

/// The width of the labels at the left of a page.
const LABEL: usize = 18;

/// The pages, one below the other, no wider than `width`, where there is one.
pub fn explain(pages: &[Page], width: Option<usize>) -> String {
    let text = |page: &Page| heading(page) + "\n\n" + &facts(page, width);
    pages.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// A line for each loss: its name, the loss, what it follows, and with whose samples.
pub fn follows(pages: &[Page], width: Option<usize>) -> String {
    brief(pages).fitted(width) + "\n"
}

/// The same in Markdown, with where each is dead and goes the wrong way.
pub fn explain_markdown(pages: &[Page]) -> String {
    let cells = |cell: &dyn Fn(&Page) -> String| pages.iter().map(cell).collect::<Vec<_>>();
    let columns = vec![
        Column::texts("pull", cells(&|page| page.explanation.pull.map_or(String::new(), six_digits))),
        Column::texts("wrong way", cells(&|page| in_words(&page.explanation.wrong_way))),
        Column::texts("dead", cells(&|page| in_words(&page.explanation.dead))),
        Column::texts("flat", cells(&|page| in_words(&page.explanation.flat))),
    ];
    brief(pages).with(columns).markdown()
}

fn brief(pages: &[Page]) -> Table {
    let cells = |cell: &dyn Fn(&Page) -> String| pages.iter().map(cell).collect::<Vec<_>>();
    let columns = vec![
        Column::texts("name", cells(&|page| page.name.clone().unwrap_or_default())),
        Column::texts("loss", cells(&|page| page.text.clone())),
        Column::texts("follows", cells(&|page| with_stretch(&page.explanation.follows, page.explanation.stretch))),
        Column::texts("level", cells(&|page| page.level.to_string())),
        Column::texts("samples of", cells(&|page| samples(&page.explanation).to_owned())),
    ];
    Table::plain(columns)
}

/// Whose samples keep what it follows.
fn samples(page: &Explanation) -> &'static str {
    match page.off_policy {
        Some(true) => "any policy",
        Some(false) => "pi_theta",
        None => "pi_old",
    }
}

fn heading(page: &Page) -> String {
    match &page.name {
        Some(name) if *name != page.text => format!("{name}: {}", page.text),
        _ => page.text.clone(),
    }
}

fn facts(page: &Page, width: Option<usize>) -> String {
    let known = &page.explanation;
    let log_ratio = match known.follows.subject {
        Subject::Reference => "log pi_theta - log pi_ref",
        Subject::Sampler => "log pi_theta - log pi_old, with the samples of pi_old",
        Subject::Entropy => "log pi_theta",
    };
    let mut facts = vec![
        ("follows", follows_text(known)),
        ("D", log_ratio.to_owned()),
        ("off-policy", off_policy(known.off_policy)),
    ];
    if known.is_in_log_ratio {
        facts.push(("pull at D = 0", pull(known)));
        facts.push(("wrong way", wrong_way(&known.wrong_way)));
        facts.push(("dead", dead(&known.dead, known.follows.subject)));
        facts.push(("flat", flat(&known.flat)));
    }
    match known.undefined.is_empty() {
        true if known.is_in_log_ratio => facts.extend(known_everywhere(known)),
        true => {}
        false => facts.push(("undefined", in_words(&known.undefined) + ", where the gradient is not a number")),
    }
    if has_baseline(page) {
        let baseline = "a constant that is subtracted from the coefficient: it changes the noise, not what is followed";
        facts.push(("baseline", baseline.to_owned()));
    }
    if let Some(sequence) = known.sequence {
        facts.push(("over a sequence", sequence.to_string()));
    }
    facts.push(("level", level(page.level).to_owned()));
    if page.loss.sees_vocabulary() {
        let stands =
            "growth, variance and value are those of samples, rho x, whose mean it is; it has no noise of its own";
        facts.push(("full(x)", stands.to_owned()));
    }
    facts.push(("ends", page.ends.clone()));
    facts.push(("used by", used_by(&page.used_by)));
    facts.into_iter().map(|(label, text)| fact(label, &text, width)).collect()
}

/// What a loss has that is a number for all D.
fn known_everywhere(known: &Explanation) -> Vec<(&'static str, String)> {
    let mut facts = vec![("growth", growth(known)), ("value", known.value.to_string())];
    if known.follows.subject != Subject::Entropy {
        facts.insert(1, ("variance", variance(known)));
    }
    facts
}

/// Whose gradient a loss has over sequences.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Sequence => "sequence: over sequences it has the gradient of the divergence of whole sequences",
        Level::Token => "token: over sequences it has the local gradient, that of the next token's divergence",
        Level::Neither => {
            "neither: over sequences it has the gradient of no divergence, of tokens or of whole sequences"
        }
    }
}

fn has_baseline(page: &Page) -> bool {
    page.name.as_deref().and_then(Estimator::named).is_some_and(|estimator| estimator.baseline().is_some())
}

/// A label, and the text beside it.
pub(super) fn fact(label: &str, text: &str, width: Option<usize>) -> String {
    let room = width.map(|width| width.saturating_sub(LABEL).max(30));
    let lines = fill(text.split(' '), room).replace('\n', &format!("\n{:LABEL$}", ""));
    format!("{label:LABEL$}{lines}\n")
}

fn follows_text(known: &Explanation) -> String {
    let follows = &known.follows;
    match (&known.stretch, &known.nearest) {
        (Some(_), _) => with_stretch(follows, known.stretch),
        (None, Some(nearest)) => {
            let left = six_digits((nearest.left * 1000.0).round() / 10.0);
            let what = format!("the nearest is {}, which leaves {left} % of the coefficient", nearest.divergence);
            format!("{follows}; {what} (root mean square for D from -3 to 3)")
        }
        (None, None) if !known.is_in_log_ratio && follows.known.is_none() => {
            format!("{follows}: the coefficient depends on log pi_theta beside D")
        }
        (None, None) => follows.to_string(),
    }
}

/// What is followed, and where, if not everywhere.
pub(super) fn with_stretch(follows: &Follows, stretch: Option<Range>) -> String {
    stretch.map_or_else(|| follows.to_string(), |stretch| format!("{follows} {}", within(stretch)))
}

fn off_policy(off_policy: Option<bool>) -> String {
    match off_policy {
        Some(true) => "it follows the same with samples of any policy",
        Some(false) => "it follows that with samples of pi_theta only",
        None => "does not apply: the policy that drew the samples is itself the reference",
    }
    .to_owned()
}

fn pull(known: &Explanation) -> String {
    match known.pull {
        None => "undefined: the coefficient jumps or has a kink there".to_owned(),
        Some(pull) if known.follows.subject == Subject::Entropy => six_digits(pull),
        Some(pull) if (pull - 1.0).abs() < 1e-9 => "1, that of KL".to_owned(),
        Some(0.0) => "0: to second order nothing holds the policy".to_owned(),
        Some(pull) if pull < 0.0 => format!("{}: it pushes the policy away", six_digits(pull)),
        Some(pull) => format!("{}, where KL has 1", six_digits(pull)),
    }
}

fn wrong_way(ranges: &[Range]) -> String {
    if ranges.is_empty() {
        return "nowhere".to_owned();
    }
    let of = |&[from, to]: &Range| match from == to {
        true => format!("at D = {}, where it jumps down", place(from)),
        false => within([from, to]),
    };
    let list = ranges.iter().map(of).collect::<Vec<_>>().join("; ");
    format!("{list} (here the coefficient falls as D rises: the gradient drives the log-ratios of two samples apart)")
}

fn dead(ranges: &[Range], subject: Subject) -> String {
    if ranges.is_empty() {
        return "nowhere".to_owned();
    }
    let other = if subject == Subject::Sampler { "pi_old" } else { "pi_ref" };
    let of = |&range: &Range| {
        let [from, to] = range;
        let ratio = |d: f64| six_digits(format!("{:.2e}", d.abs().exp()).parse().unwrap_or(f64::INFINITY));
        let beyond = match (from.is_finite(), to.is_finite()) {
            _ if subject == Subject::Entropy => String::new(),
            (false, true) if to == 0.0 => format!(", where pi_theta is less than {other}"),
            (true, false) if from == 0.0 => format!(", where pi_theta is more than {other}"),
            (false, true) if to < 0.0 => format!(", where {other} is more than {} times pi_theta", ratio(to)),
            (true, false) if from > 0.0 => format!(", where pi_theta is more than {} times {other}", ratio(from)),
            _ => String::new(),
        };
        within(range) + &beyond
    };
    ranges.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn flat(ranges: &[Range]) -> String {
    match ranges {
        [] => "nowhere".to_owned(),
        _ => in_words(ranges),
    }
}

fn growth(known: &Explanation) -> String {
    let [down, up] = known.growth;
    format!("{down} as D goes to minus infinity, {up} as it goes to infinity")
}

fn variance(known: &Explanation) -> String {
    let [narrower, wider] = known.infinite_variance;
    let sigma = if known.follows.subject == Subject::Sampler { "sigma_old" } else { "sigma_ref" };
    let times = |bound: f64| if bound == 1.0 { String::new() } else { six_digits(bound) + " " };
    let narrower = narrower.map(|bound| format!("{sigma} <= {}sigma_theta", times(bound)));
    let wider = wider.map(|bound| format!("{sigma} >= {}sigma_theta", times(bound)));
    match narrower.into_iter().chain(wider).collect::<Vec<_>>().join(" or ") {
        bounds if bounds.is_empty() => "finite between any two normals".to_owned(),
        bounds => format!("infinite between normals with {bounds}"),
    }
}

/// The entries, framework by framework.
fn used_by(entries: &[&Entry]) -> String {
    let mut by_framework: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries {
        *by_framework.entry(&entry.framework).or_default() += 1;
    }
    match entries {
        [] => "no entry of the catalogue".to_owned(),
        entries if entries.len() <= 4 => entries.iter().map(|entry| entry.name()).collect::<Vec<_>>().join(", "),
        entries => {
            let of = |(framework, count): (&str, usize)| {
                if count == 1 { framework.to_owned() } else { format!("{framework} ({count})") }
            };
            let list = by_framework.into_iter().map(of).collect::<Vec<_>>().join(", ");
            format!(
                "{} entries of the catalogue, whose coefficient is the same: {list}; --format json names them",
                entries.len()
            )
        }
    }
}
