//! What a misspelt name may have been meant to be.

/// The known names that look most like one that is unknown, three at most. None where nothing looks like it.
///
/// ```
/// use klgrad::spelling::nearest;
///
/// let known = ["k2", "k2_lambda", "k2_lambda_shared"].map(str::to_owned);
/// assert_eq!(nearest("k2_lamda", known), ["k2_lambda"]);
/// ```
pub fn nearest(unknown: &str, known: impl IntoIterator<Item = String>) -> Vec<String> {
    let distance = |name: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &unknown.to_lowercase());
    // At most a third of the letters differ, or one.
    let near = (unknown.chars().count() / 3).max(1);
    let mut found: Vec<(usize, String)> = known.into_iter().map(|name| (distance(&name), name)).collect();
    found.retain(|(distance, name)| *distance <= near && *distance < name.len());
    found.sort_by_key(|(distance, _)| *distance);
    let best = found.first().map(|(distance, _)| *distance);
    found.into_iter().filter(|(distance, _)| Some(*distance) == best).map(|(_, name)| name).take(3).collect()
}
