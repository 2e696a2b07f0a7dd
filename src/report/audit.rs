//! What an audit says, on a terminal.

use super::explain::fact;
use super::table::{Column, Table};
use super::text::fold;
use crate::audit::Audit;
use crate::audit::shown::{self, Finding, Grid, Section};
use crate::audit::visible;

/// At most so many steps, and so many tokens.
const STEPS: usize = 20;
const TOKENS: usize = 10;

/// What was taken for what, what is wrong, what stands out, and then the numbers. Fitted to `width`, where there is one: see
/// [`crate::report`]. What texts of models and names of files hold that a terminal would obey is made visible.
pub fn audit(audit: &Audit, width: Option<usize>) -> String {
    let sections = [
        shown::kl(audit),
        shown::sampler(audit),
        shown::losses(audit),
        shown::steps(audit, STEPS),
        shown::tokens(audit, TOKENS),
    ];
    let mut parts = vec![
        fold(&shown::extent(audit), width) + "\n",
        section(&shown::columns(audit), width),
        findings("Problems", &shown::problems(audit), "None was found.", width),
        findings("Remarks", &shown::remarks(audit), "Nothing stands out.", width),
    ];
    parts.extend(sections.iter().map(|shown| section(shown, width)));
    parts.join("\n")
}

fn section(section: &Section, width: Option<usize>) -> String {
    let mut text = format!("{}\n\n", section.title);
    text += &sentences(&section.about, width);
    for grid in &section.grids {
        text += &(table(grid).fitted(width) + "\n");
    }
    section.facts.iter().for_each(|(label, said)| text += &fact(&visible(label), &visible(said), width));
    text + &sentences(&section.notes, width)
}

fn sentences(sentences: &[String], width: Option<usize>) -> String {
    sentences.iter().map(|sentence| fold(&visible(sentence), width) + "\n").collect()
}

/// A line for each: how often, what, and where first.
fn findings(title: &str, findings: &[Finding], none: &str, width: Option<usize>) -> String {
    if findings.is_empty() {
        return format!("{title}\n\n{none}\n");
    }
    let line = |finding: &Finding| {
        let first = finding.first.as_ref().map_or(String::new(), |first| format!(" First: {first}."));
        fact(&finding.kind, &visible(&(finding.text.clone() + &first)), width)
    };
    format!("{title}\n\n{}", findings.iter().map(line).collect::<String>())
}

fn table(grid: &Grid) -> Table {
    let columns = grid.columns.iter().map(|column| {
        let cells = column.cells.iter().map(shown::Cell::shown).collect();
        match column.is_text() {
            true => Column::texts(&column.header, cells),
            false => Column::numbers(&column.header, cells),
        }
    });
    Table::plain(columns.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{self, Made};

    #[test]
    fn too_many_steps_are_said_to_be() {
        let mut folded = example::audit(1);
        folded.steps.clear();
        let text = audit(&folded, None);
        assert!(
            text.contains("sequences of too many steps; ") && text.contains("\nSteps\n\nThere are too many"),
            "{text}"
        );
    }

    #[test]
    fn the_columns_come_first_and_then_what_is_wrong() {
        let text = audit(&example::audit(3), None);
        let places = ["Columns", "Problems", "Remarks", "KL(policy||ref)", "Sampler and", "Losses", "Steps", "Tokens"];
        let found: Vec<_> = places.iter().map(|title| text.find(&format!("\n{title}")).expect(title)).collect();
        assert!(found.is_sorted(), "{text}");
        assert!(text.contains("\npositive          A log-probability is positive"), "{text}");
        assert!(text.contains("First: train \"<b>\" & 'co'.jsonl, line 4, token 2."), "{text}");
    }

    #[test]
    fn nothing_of_a_file_reaches_the_terminal_unseen() {
        let mut hostile = example::audit(2);
        hostile.columns.insert("ref".to_owned(), "\u{1b}]0;title\u{7}\u{202e}".to_owned());
        hostile.steps[0].step = Some(crate::audit::Step::Name("a\rb\u{200b}".to_owned()));
        hostile.all.losses[0].name = "k1\u{1b}[2J".to_owned();
        hostile.problems[0].text = "\u{2066}turned".to_owned();
        let text = audit(&hostile, None);
        let obeyed = |c: char| c != '\n' && visible(&c.to_string()) != c.to_string();
        assert!(!text.contains(obeyed), "{text:?}");
        for shown in [
            "<U+001B>]0;title<U+0007><U+202E>",
            "a<U+000D>b<U+200B>",
            "k1<U+001B>[2J",
            "<U+2066>turned",
            "nul<U+0000> and⇥tab…",
        ] {
            assert!(text.contains(shown), "{shown} in {text}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_a_dash_with_its_reason() {
        let mut bare = example::made(Made { steps: 1, sequences: 1, length: 4, scale: 0.1, shift: 0.0 });
        assert!(audit(&bare, None).contains("A standard error takes two sequences or more"));
        (bare.all.kl, bare.all.sampler, bare.steps[0].kl, bare.steps[0].sampler) = (None, None, None, None);
        bare.tokens.clear();
        bare.columns.retain(|role, _| role != "ref" && role != "mask");
        let text = audit(&bare, None);
        for said in [
            "--ref KEY names it; ref_logp",
            "- (--mask KEY names it",
            "--rollout KEY, --old KEY",
            "where there is no KL",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
    }

    #[test]
    fn of_many_steps_some_are_shown() {
        let text = audit(&example::audit(70), None);
        assert!(text.contains("These are 20 of 70 steps"), "{text}");
        let steps = &text[text.find("\nSteps").unwrap()..text.find("\nTokens").unwrap()];
        assert_eq!(steps.lines().filter(|line| line.starts_with('│')).count(), 21, "{steps}");
    }

    #[test]
    fn lines_are_no_wider_than_the_terminal() {
        let text = audit(&example::audit(3), Some(80));
        let wide: Vec<&str> = text.lines().filter(|line| console::measure_text_width(line) > 80).collect();
        assert!(wide.iter().all(|line| line.starts_with(['│', '├', '┌', '└'])), "{wide:?}");
    }
}
