//! Which tokens count.

use multiversion::multiversion;
use std::fmt;

/// A column that says which tokens count.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mask {
    pub key: String,
    rule: Rule,
    /// Whether a sequence may do without it.
    pub is_optional: bool,
}

/// When a value says that a token counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    /// When it is not 0.
    NotZero,
    /// When it is not -100, in a list of tokens (atropos, or labels of Hugging Face); in one of 0 and 1, when it is not 0.
    Labels,
    /// When it is 0: true is padding (torchtune).
    Padding,
}

impl Mask {
    pub fn of(key: &str) -> Self {
        let rule = match key {
            "masks" | "labels" => Rule::Labels,
            "response_padding_masks" => Rule::Padding,
            _ => Rule::NotZero,
        };
        Self { key: key.to_owned(), rule, is_optional: false }
    }

    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Lets those tokens not count that the values exclude: a value a token, or one for all of them.
    ///
    /// # Errors
    /// Where a value is not a number, or there are not as many as tokens.
    pub fn apply(&self, values: &[f64], mask: &mut [bool]) -> Result<(), String> {
        if has_nan(values) {
            return Err(format!("{} holds a value that is not a number", self.key));
        }
        if values.len() != 1 && values.len() != mask.len() {
            return Err(format!("{} has {} values for {} tokens", self.key, values.len(), mask.len()));
        }
        let has_labels = || values.iter().any(|value| *value != 0.0 && *value != 1.0);
        match self.rule {
            Rule::Labels if has_labels() => exclude(values, mask, -100.0, true),
            Rule::NotZero | Rule::Labels => exclude(values, mask, 0.0, true),
            Rule::Padding => exclude(values, mask, 0.0, false),
        }
        Ok(())
    }
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn has_nan(values: &[f64]) -> bool {
    values.iter().fold(false, |any, value| any | value.is_nan())
}

/// Lets tokens not count, by a value a token or one for all: where it is this number, or where it is another.
#[multiversion(targets("x86_64+avx2+fma"))]
fn exclude(values: &[f64], mask: &mut [bool], number: f64, is_equal: bool) {
    match *values {
        [value] => mask.iter_mut().for_each(|token| *token &= (value == number) != is_equal),
        _ => mask.iter_mut().zip(values).for_each(|(token, value)| *token &= (*value == number) != is_equal),
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(key: &str, values: &[f64], tokens: usize) -> Result<Vec<bool>, String> {
        let mut mask = vec![true; tokens];
        Mask::of(key).apply(values, &mut mask).map(|()| mask)
    }

    #[test]
    fn each_kind_says_in_its_own_way_which_tokens_count() {
        assert_eq!(applied("loss_mask", &[0.0, 1.0, 0.5], 3), Ok(vec![false, true, true]));
        assert_eq!(applied("response_padding_masks", &[0.0, 1.0], 2), Ok(vec![true, false]));
        assert_eq!(applied("masks", &[-100.0, 0.0, 17.0], 3), Ok(vec![false, true, true]));
        assert_eq!(applied("masks", &[0.0, 1.0], 2), Ok(vec![false, true]));
    }

    #[test]
    fn one_value_is_for_all_tokens() {
        assert_eq!(applied("sample_loss_mask", &[0.0], 2), Ok(vec![false, false]));
    }

    #[test]
    fn masks_multiply() {
        let mut mask = vec![true; 3];
        for values in [[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]] {
            Mask::of("mask").apply(&values, &mut mask).expect("they fit");
        }
        assert_eq!(mask, [true, false, false]);
    }

    #[test]
    fn a_mask_that_does_not_fit_is_refused() {
        assert_eq!(applied("mask", &[1.0, 1.0], 3), Err("mask has 2 values for 3 tokens".into()));
        assert!(applied("mask", &[1.0, f64::NAN], 2).is_err());
    }
}
