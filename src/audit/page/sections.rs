//! Headings, and what stands below them.

use super::html::{Element, Html, element};
use super::table::{scrolling, table};
use crate::audit::shown::{Finding, Section};

/// A section with its sentences, tables and figures.
pub(super) fn section(section: &Section, figures: Vec<Element>) -> Element {
    let sentences = |sentences: &[String], class: &'static str| {
        sentences.iter().map(|sentence| element("p").class(class).text(sentence)).collect::<Vec<_>>()
    };
    let facts = section
        .facts
        .iter()
        .map(|(label, said)| element("div").children([element("dt").text(label.trim()), element("dd").text(said)]));
    let facts = (!section.facts.is_empty()).then(|| element("dl").children(facts));
    element("section")
        .child(element("h2").text(&section.title))
        .children(sentences(&section.about, "about"))
        .children(section.grids.iter().map(table))
        .children(facts)
        .children(sentences(&section.notes, "note"))
        .children(figures)
}

/// A list of what stands out, or is wrong: its kind, what, and where first.
pub(super) fn findings(title: &str, findings: &[Finding], none: &str) -> Element {
    let item = |finding: &Finding| {
        let first =
            finding.first.as_ref().map(|first| element("span").class("place").text(&format!("First: {first}.")));
        let kind = element("span").class("kind").text(&finding.kind);
        element("li").child(kind).child(element("span").text(&finding.text)).children(first)
    };
    let list = match findings.is_empty() {
        true => element("p").class("about").text(none),
        false => element("ul").class("findings").children(findings.iter().map(item)),
    };
    element("section").child(element("h2").text(title)).child(list)
}

/// A figure on a light card, for it is drawn on white.
pub(super) fn figure(about: &str, svg: Vec<u8>) -> Element {
    let image = element("div").class("image").attribute("role", "img").attribute("aria-label", about);
    element("figure").child(scrolling(about).child(image.child(Html::svg(svg))))
}
