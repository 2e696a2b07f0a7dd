//! A table that sorts.

use super::html::{Element, element};
use crate::audit::shown::{Cell, Grid};

/// A table with a caption, each header a button; where it is too wide, it scrolls by itself.
pub(super) fn table(grid: &Grid) -> Element {
    let headers = grid.columns.iter().map(|column| {
        let button = element("button").attribute("type", "button").text(&column.header);
        let header = element("th").attribute("scope", "col").attribute("aria-sort", "none").child(button);
        if column.is_text() { header } else { header.class("number") }
    });
    let rows = (0..grid.columns.first().map_or(0, |column| column.cells.len())).map(|row| {
        let cells = grid.columns.iter().enumerate().map(|(index, column)| cell(&column.cells[row], index == 0));
        element("tr").children(cells)
    });
    let table = element("table").children([
        element("caption").text(&grid.caption),
        element("thead").child(element("tr").children(headers)),
        element("tbody").children(rows),
    ]);
    scrolling(&grid.caption).child(table)
}

/// What is wider than the page scrolls by itself, by keyboard too.
pub(super) fn scrolling(label: &str) -> Element {
    let region = element("div").class("wide").attribute("tabindex", "0");
    region.attribute("role", "region").attribute("aria-label", label)
}

fn cell(cell: &Cell, is_header: bool) -> Element {
    let element = if is_header { element("th").attribute("scope", "row") } else { element("td") };
    match cell {
        Cell::Text(_) => element.text(&cell.shown()),
        _ => element.attribute("data-key", &cell.key().map_or(String::new(), key)).text(&cell.shown()),
    }
}

/// The number as a script reads it.
fn key(number: f64) -> String {
    match number.is_finite() {
        true => format!("{number:e}"),
        false => number.to_string().replace("inf", "Infinity"),
    }
}
