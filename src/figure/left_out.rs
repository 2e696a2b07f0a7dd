//! What a figure of violins cannot show.

use super::panel::Panel;
use super::violin::Violin;
use crate::estimator::Parameter;

/// What the figure cannot show of the panels: a sentence for each kind, which lists the violins.
pub fn left_out(panels: &[Panel]) -> Vec<String> {
    let dropped = list(panels, |violin| violin.not_finite().map(|of_all| format!("{} ({of_all})", violin.name)));
    let level = list(panels, |violin| violin.is_level().then(|| violin.name.clone()));
    let no_truth = panels.iter().filter(|panel| panel.truth.is_none());
    let dropped = dropped.map(|list| format!("figure: gradients that are not finite are left out, {list}"));
    let level =
        level.map(|list| format!("figure: a line instead of a violin where every gradient is the same, {list}"));
    let no_truth = no_truth
        .map(|panel| format!("figure, \"{}\": no line for the true gradient, which is not finite", panel.title));
    dropped.into_iter().chain(level).chain(no_truth).collect()
}

/// The violins of which something is to be said, by parameter: `for mu: k1, k2; for sigma: k1`.
fn list(panels: &[Panel], said: impl Fn(&Violin) -> Option<String>) -> Option<String> {
    let of = |parameter: Parameter| {
        let violins = panels.iter().filter(|panel| panel.parameter == parameter).flat_map(|panel| &panel.violins);
        violins.filter_map(&said).collect::<Vec<_>>().join(", ")
    };
    let lists = match Parameter::ALL.map(|parameter| (parameter.to_string(), of(parameter))) {
        [(a, list), (b, other)] if list == other => vec![(format!("{a} and {b}"), list)],
        both => both.to_vec(),
    };
    let parts = lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(of, list)| format!("for {of}: {list}"));
    Some(parts.collect::<Vec<_>>().join("; ")).filter(|text| !text.is_empty())
}
