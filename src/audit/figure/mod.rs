//! The figures of an audit.

mod kl;
mod log_ratios;
mod positions;
mod sampler;

use super::Audit;
use crate::figure::Format;
use crate::in_order::in_order;
use anyhow::Result;
use std::num::NonZeroUsize;

/// A figure of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// KL over steps, by k1, k2 and k3 with their errors.
    Kl,
    /// How often D has which value, and the gradient coefficient of each loss there.
    LogRatios,
    /// KL by position in the sequence.
    Positions,
    /// The ratios of sampler and policy.
    Sampler,
}

impl Figure {
    /// All of them, in the order in which they are looked at.
    pub const ALL: [Self; 4] = [Self::Kl, Self::LogRatios, Self::Positions, Self::Sampler];

    /// The name of its file, without the ending.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kl => "kl",
            Self::LogRatios => "log_ratios",
            Self::Positions => "positions",
            Self::Sampler => "sampler",
        }
    }

    /// What it shows, for those who do not see it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Kl => "KL over the steps by k1, k2 and k3, with two standard errors",
            Self::LogRatios => "How many tokens have which D, and the gradient coefficient of each loss there",
            Self::Positions => "KL by position in the sequence, by k1, k2 and k3, with two standard errors",
            Self::Sampler => "How many tokens have which ratio of policy and sampler",
        }
    }

    /// The bytes of an image file; none where the audit has no data for it.
    ///
    /// # Errors
    /// What the image's encoder or plotters reports.
    pub fn draw(self, audit: &Audit, format: Format) -> Option<Result<Vec<u8>>> {
        match self {
            Self::Kl => kl::draw(audit, format),
            Self::LogRatios => log_ratios::draw(audit, format),
            Self::Positions => positions::draw(audit, format),
            Self::Sampler => sampler::draw(audit, format),
        }
    }
}

/// The bytes of a figure's image file in a format; none where the audit has no data for it.
pub type Drawn = (Figure, Format, Option<Vec<u8>>);

/// Each figure in each of these formats, figure by figure, drawn on so many threads.
///
/// # Errors
/// As [`Figure::draw`].
pub fn draw_all(audit: &Audit, formats: &[Format], threads: NonZeroUsize) -> Result<Vec<Drawn>> {
    let images = Figure::ALL.iter().flat_map(|&figure| formats.iter().map(move |&format| (figure, format)));
    let images: Vec<(Figure, Format)> = images.collect();
    let mut drawn = Vec::with_capacity(images.len());
    let draw = |image: usize| images[image].0.draw(audit, images[image].1).transpose();
    in_order(images.len(), threads, draw, |bytes| drawn.push(bytes));
    images.into_iter().zip(drawn).map(|((figure, format), bytes)| Ok((figure, format, bytes?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{self, Made};
    use crate::audit::{Position, Step};

    fn texts(svg: &[u8]) -> Vec<String> {
        let svg = std::str::from_utf8(svg).unwrap();
        let svg = roxmltree::Document::parse(svg).unwrap();
        let nodes = svg.descendants().filter(|node| node.has_tag_name("text"));
        nodes.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
    }

    fn svg(figure: Figure, audit: &Audit) -> Vec<u8> {
        figure.draw(audit, Format::Inline).expect("there is data").unwrap()
    }

    #[test]
    fn any_audit_is_drawn_without_a_coordinate_that_is_no_number() {
        let usual = Made { steps: 3, sequences: 2, length: 40, scale: 0.05, shift: 0.0 };
        let made = [
            Made { steps: 1, sequences: 1, length: 1, ..usual },
            Made { scale: 1e9, ..usual },
            Made { scale: 0.0, ..usual },
            Made { scale: 0.0, shift: -1e9, ..usual },
            Made { scale: 1e-300, ..usual },
        ];
        for made in made {
            let audit = example::made(made);
            for figure in Figure::ALL {
                let svg = String::from_utf8(svg(figure, &audit)).unwrap();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{figure:?} of {made:?}");
                assert!(!svg.contains("2147483"), "{figure:?} of {made:?} goes beyond what pixels can count");
            }
        }
    }

    #[test]
    fn threads_draw_what_one_draws() {
        let mut audit = example::audit(2);
        audit.all.sampler = None;
        let formats = [Format::Svg, Format::Inline];
        let expected = Figure::ALL.into_iter().flat_map(|figure| formats.map(|format| (figure, format)));
        let expected: Vec<_> = expected
            .map(|(figure, format)| (figure, format, figure.draw(&audit, format).transpose().unwrap()))
            .collect();
        assert_eq!(expected.iter().filter(|(_, _, bytes)| bytes.is_none()).count(), 2);
        for threads in [1, 3] {
            let drawn = draw_all(&audit, &formats, NonZeroUsize::new(threads).unwrap()).unwrap();
            assert!(drawn == expected, "{threads} threads");
        }
    }

    #[test]
    fn a_figure_without_data_is_not_made() {
        let mut bare = example::audit(2);
        bare.all.kl = None;
        bare.all.sampler = None;
        bare.log_ratios.clear();
        assert!(Figure::ALL.iter().all(|figure| figure.draw(&bare, Format::Png).is_none()));
    }

    #[test]
    fn steps_stand_below_the_axis_and_the_floor_is_named() {
        let mut audit = example::audit(9);
        assert!(
            ["0", "4", "8", "k1", "k2", "k3", "rounding floor of k2 and k3"]
                .iter()
                .all(|label| { texts(&svg(Figure::Kl, &audit)).iter().any(|text| text == label) })
        );
        audit.steps.truncate(2);
        audit.steps[0].step = Some(Step::Name("rollouts/<of>\u{202e}step_12.jsonl".to_owned()));
        let texts = texts(&svg(Figure::Kl, &audit));
        assert!(texts.iter().any(|text| text == "..f>?step_12.jsonl"), "{texts:?}");
    }

    #[test]
    fn one_step_has_a_point_for_each_estimator() {
        let svg = String::from_utf8(svg(Figure::Kl, &example::audit(1))).unwrap();
        assert_eq!(svg.matches("<circle").count(), 3);
    }

    #[test]
    fn a_position_without_a_mean_breaks_the_line() {
        let mut audit = example::audit(1);
        let whole = String::from_utf8(svg(Figure::Positions, &audit)).unwrap().matches("<circle").count();
        audit.positions[3] = Position { means: [None; 3], ..audit.positions[3] };
        let broken = String::from_utf8(svg(Figure::Positions, &audit)).unwrap().matches("<circle").count();
        assert_eq!(broken, whole - 3);
    }

    #[test]
    fn the_limits_of_the_ratio_are_marked() {
        let texts = texts(&svg(Figure::Sampler, &example::audit(1)));
        for limit in ["w = 0.5", "w = 0.8", "w = 1.2", "w = 2", "log w, where w = exp(old - rollout)"] {
            assert!(texts.iter().any(|text| text == limit), "{limit} in {texts:?}");
        }
    }
}
