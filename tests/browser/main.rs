//! `report.html` in a headless Chromium. `make test-browser` runs these; they say so where there is none.

use klgrad::audit::*;

#[path = "../../src/audit/example.rs"]
#[allow(dead_code, reason = "the library's tests use the rest")]
mod example;

mod devtools;

use devtools::Browser;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::{env, fs};
use tempfile::TempDir;

/// The page of an example in a browser; none, with a word, where there is no browser.
fn opened(change: impl FnOnce(String) -> String) -> Option<(Browser, TempDir)> {
    let Some(program) = devtools::find() else {
        println!("skipped: there is no Chromium on the PATH");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    fs::write(&page, change(report_html(&example::audit(12)).unwrap())).unwrap();
    let mut browser = Browser::start(&program);
    browser.open(&page);
    Some((browser, folder))
}

/// What the page complained of, and what it asked the network for.
fn complaints(browser: &Browser) -> Vec<String> {
    let told = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"];
    let told = told.iter().flat_map(|method| browser.seen(method)).map(Value::to_string);
    let requests =
        browser.seen("Network.requestWillBeSent").into_iter().map(|event| event["request"]["url"].to_string());
    let is_own = |url: &String| url.contains("/report.html") || url.starts_with("\"data:");
    told.chain(requests.filter(|url| !is_own(url))).collect()
}

#[test]
#[ignore = "it needs Chromium: make test-browser"]
fn the_page_fetches_nothing_and_has_no_error() {
    let Some((mut browser, _folder)) = opened(|page| page) else { return };
    assert_eq!(browser.evaluate("document.title"), "klgrad audit");
    assert_eq!(browser.evaluate("document.scripts.length"), 1);
    assert_eq!(browser.evaluate("document.querySelectorAll('[onmouseover]').length"), 0);
    let shown = browser.evaluate("document.body.innerText.includes(\"<script>document.title = 'taken'</script>\")");
    assert_eq!(shown, true, "a text is shown as it is");
    let fonts = "document.fonts.ready.then(() => 0); [...document.fonts].map((font) => font.status).join()";
    assert_eq!(browser.evaluate(fonts), "loaded", "the font of the figures is in the page");
    assert_eq!(complaints(&browser), [""; 0]);
}

/// What the test above looks for can be seen.
#[test]
#[ignore = "it needs Chromium: make test-browser"]
fn a_page_that_fetches_or_fails_is_seen() {
    for bad in
        ["<img src=\"http://127.0.0.1:9/a.png\">", "<script>missing()</script>", "<script>console.error('a')</script>"]
    {
        let Some((browser, _folder)) = opened(|page| page.replace("</main>", &format!("{bad}</main>"))) else { return };
        assert!(!complaints(&browser).is_empty(), "{bad}");
    }
}

const TABLE: &str =
    "[...document.querySelectorAll('table')].find((table) => table.caption.textContent.includes('by step'))";

/// The texts of a column of the table of steps, and how it says that it is sorted.
fn column(browser: &mut Browser, header: usize) -> (Vec<String>, String) {
    let cells =
        browser.evaluate(&format!("[...{TABLE}.tBodies[0].rows].map((row) => row.cells[{header}].textContent)"));
    let sort = browser.evaluate(&format!("{TABLE}.tHead.rows[0].cells[{header}].getAttribute('aria-sort')"));
    (serde_json::from_value(cells).unwrap(), sort.as_str().unwrap().to_owned())
}

fn numbers(texts: &[String]) -> Vec<f64> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
#[ignore = "it needs Chromium: make test-browser"]
fn a_table_sorts_by_mouse_and_by_keyboard() {
    const K1: usize = 3;
    let Some((mut browser, _folder)) = opened(|page| page) else { return };
    browser.show(1600, "light");
    let (before, sort) = column(&mut browser, K1);
    assert!(sort == "none" && !numbers(&before).is_sorted(), "{before:?}");

    let button = format!("{TABLE}.tHead.rows[0].cells[{K1}].firstElementChild");
    browser.evaluate(&format!("{button}.scrollIntoView({{block: 'center'}})"));
    let place = browser.evaluate(&format!(
        "(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({button}.getBoundingClientRect())"
    ));
    for kind in ["mousePressed", "mouseReleased"] {
        let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
        browser.call("Input.dispatchMouseEvent", event);
    }
    let (sorted, sort) = column(&mut browser, K1);
    assert_eq!(sort, "ascending");
    assert!(numbers(&sorted).is_sorted(), "{sorted:?}");

    browser.evaluate(&format!("{button}.focus()"));
    for kind in ["keyDown", "keyUp"] {
        let event = json!({"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13});
        browser.call("Input.dispatchKeyEvent", event);
    }
    let (reversed, sort) = column(&mut browser, K1);
    assert_eq!(sort, "descending");
    assert_eq!(reversed, sorted.into_iter().rev().collect::<Vec<_>>());
    let (steps, _) = column(&mut browser, 0);
    assert!(!numbers(&steps).is_sorted(), "whole rows move: {steps:?}");
    assert_eq!(complaints(&browser), [""; 0]);
}

/// Texts of the page that cannot be read: too small, or of a colour too near to what is behind them.
const UNREADABLE: &str = include_str!("unreadable.js");

#[test]
#[ignore = "it needs Chromium: make test-browser"]
fn the_page_is_readable_on_small_and_large_screens_in_light_and_dark() {
    let Some((mut browser, _folder)) = opened(|page| page) else { return };
    let mut backs = Vec::new();
    for (width, scheme) in [(400, "light"), (400, "dark"), (1600, "light"), (1600, "dark")] {
        browser.show(width, scheme);
        let wide = browser.evaluate("document.documentElement.scrollWidth");
        assert_eq!(wide, width, "the page scrolls sideways, {scheme}");
        let texts = browser.evaluate("document.querySelectorAll('th, td, p, dd, li').length");
        assert!(texts.as_u64() > Some(200), "{texts} texts were looked at");
        assert_eq!(browser.evaluate(UNREADABLE), json!([]), "at {width}, {scheme}");
        backs.push(browser.evaluate("getComputedStyle(document.body).backgroundColor"));
        save(&mut browser, &format!("report_{width}_{scheme}.png"));
    }
    assert_ne!(backs[0], backs[1], "dark is not light");
}

/// A picture of the whole page, in the folder that `SCREENSHOTS` names.
fn save(browser: &mut Browser, name: &str) {
    let Some(folder) = env::var_os("SCREENSHOTS").map(PathBuf::from) else { return };
    let picture = browser.call("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
    let base64 = picture["data"].as_str().unwrap();
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, base64).unwrap();
    fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(name), bytes)).unwrap();
}
