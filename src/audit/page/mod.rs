//! `report.html`: an audit as one file that needs nothing else, and no network.

mod html;
mod sections;
mod table;
mod worst;

use super::{Audit, Figure, shown};
use crate::figure::{Format, font_face};
use anyhow::Result;
use html::{Element, Html, element};

/// At most so many steps, and so many tokens; the files beside it have more.
const STEPS: usize = 1000;
const TOKENS: usize = 100;

/// The policy: nothing is fetched, and nothing runs but what stands in the page.
const META: &str = "<meta charset=\"utf-8\">\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
    script-src 'unsafe-inline'; font-src data:\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
    <meta name=\"color-scheme\" content=\"light dark\">";

/// The page: remarks and problems, tables that sort, the figures, and the worst sequences token by token.
///
/// # Errors
/// What plotters reports of a figure.
pub fn report_html(audit: &Audit) -> Result<String> {
    let head = element("head").child(Html::own(META)).children([
        element("title").text("klgrad audit"),
        element("style").child(Html::own(font_face())).child(Html::own(include_str!("style.css"))),
    ]);
    let body = element("body").children([
        element("header").children([element("h1").text("klgrad audit"), element("p").text(&shown::extent(audit))]),
        main(audit)?,
        element("script").child(Html::own(include_str!("sort.js"))),
    ]);
    Ok(format!(
        "<!DOCTYPE html>\n{}\n",
        Html::from(element("html").attribute("lang", "en").child(head).child(body)).into_string()
    ))
}

fn main(audit: &Audit) -> Result<Element> {
    let mut parts = vec![
        sections::findings("Remarks", &shown::remarks(audit), "Nothing stands out."),
        sections::findings("Problems", &shown::problems(audit), "None was found."),
        sections::section(&shown::columns(audit), Vec::new()),
        sections::section(&shown::kl(audit), figures(audit, &[Figure::Kl, Figure::Positions])?),
        sections::section(&shown::sampler(audit), figures(audit, &[Figure::Sampler])?),
        sections::section(&shown::losses(audit), figures(audit, &[Figure::LogRatios])?),
        sections::section(&shown::steps(audit, STEPS), Vec::new()),
        sections::section(&shown::tokens(audit, TOKENS), Vec::new()),
    ];
    parts.extend(worst::section(&audit.worst));
    Ok(element("main").children(parts))
}

fn figures(audit: &Audit, figures: &[Figure]) -> Result<Vec<Element>> {
    let drawn = figures.iter().filter_map(|figure| Some((figure, figure.draw(audit, Format::Inline)?)));
    drawn.map(|(figure, svg)| Ok(sections::figure(figure.about(), svg?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example;
    use crate::audit::visible;

    #[test]
    fn nothing_of_a_file_becomes_markup() {
        let mut hostile = example::audit(2);
        let text = example::HOSTILE.join(" ");
        hostile.columns.insert(text.clone(), text.clone());
        hostile.problems[0].text = text.clone();
        hostile.remarks[0].text = text.clone();
        hostile.steps[0].step = Some(crate::audit::Step::Name(text.clone()));
        hostile.all.losses[0].name = text.clone();
        hostile.worst[0].place.file = text;
        let page = report_html(&hostile).unwrap();
        assert_eq!(page.matches("<script>").count(), 1, "that of the page");
        assert!(!page.contains("onmouseover=\""));
        let hidden = |c: char| c != '\n' && visible(&c.to_string()) != c.to_string();
        assert!(!page.contains(hidden));
        assert!(page.matches("&lt;script&gt;document.title = &#39;taken&#39;&lt;/script&gt;").count() > 5);
    }

    #[test]
    fn the_page_has_one_font_and_its_figures() {
        let page = report_html(&example::audit(3)).unwrap();
        assert_eq!(page.matches("@font-face").count(), 1);
        assert_eq!(page.matches("<svg ").count(), 4);
        assert_eq!(page.matches("<details").count(), 10);
        let mut bare = example::audit(3);
        (bare.all.kl, bare.all.sampler) = (None, None);
        bare.log_ratios.clear();
        assert_eq!(report_html(&bare).unwrap().matches("<svg ").count(), 0);
    }
}
