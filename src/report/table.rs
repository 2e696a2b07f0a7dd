//! A table, as wide as it is or fitted to a terminal.

use super::text::fill;
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, TableStyle};

/// A column and its cells, one for each row.
#[derive(Clone)]
pub(super) struct Column {
    header: String,
    alignment: CellAlignment,
    cells: Vec<String>,
}

impl Column {
    /// A column of texts.
    pub fn texts(header: &str, cells: Vec<String>) -> Self {
        Self { header: header.to_owned(), alignment: CellAlignment::Left, cells }
    }

    /// A column of numbers.
    pub fn numbers(header: &str, cells: Vec<String>) -> Self {
        Self { header: header.to_owned(), alignment: CellAlignment::Right, cells }
    }

    /// The width of what stands in it.
    fn width(&self) -> usize {
        self.cells.iter().map(String::as_str).chain(self.header.lines()).map(width).max().unwrap_or(0)
    }

    /// With a header that is no wider than the cells, where its words allow that.
    fn with_broken_header(&self) -> Self {
        let words = self.header.split_whitespace();
        let narrowest = words.clone().chain(self.cells.iter().map(String::as_str)).map(width).max();
        Self { header: fill(words, narrowest), ..self.clone() }
    }

    /// With some of its rows.
    fn with_rows(&self, rows: &[usize]) -> Self {
        Self { cells: rows.iter().map(|&row| self.cells[row].clone()).collect(), ..self.clone() }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// The width of a table: the columns, a blank on either side of each, and the borders.
fn total(columns: &[Column]) -> usize {
    1 + columns.iter().map(|column| column.width() + 3).sum::<usize>()
}

/// Columns of equal length, the first of which name the rows.
pub(super) struct Table {
    style: TableStyle,
    columns: Vec<Column>,
    headed: bool,
}

impl Table {
    /// A table whose first column names the rows.
    pub fn new(style: TableStyle, columns: Vec<Column>) -> Self {
        Self { style, columns, headed: false }
    }

    /// A table whose first two columns name the rows. Where it is too wide, the texts of the first become headings above
    /// the rows that share them.
    pub fn headed(columns: Vec<Column>) -> Self {
        Self { style: UTF8_FULL_CONDENSED, columns, headed: true }
    }

    /// A table whose first column names the rows, in the style of most.
    pub fn plain(columns: Vec<Column>) -> Self {
        Self::new(UTF8_FULL_CONDENSED, columns)
    }

    /// With more columns at the right.
    pub fn with(mut self, columns: Vec<Column>) -> Self {
        self.columns.extend(columns);
        self
    }

    /// The table in Markdown, as wide as it is.
    pub fn markdown(&self) -> String {
        let escaped = |column: &Column| Column {
            header: column.header.clone(),
            alignment: column.alignment,
            cells: column.cells.iter().map(|cell| cell.replace('|', "\\|")).collect(),
        };
        let columns: Vec<Column> = self.columns.iter().map(escaped).collect();
        lines(ASCII_MARKDOWN, &columns).join("\n") + "\n"
    }

    /// The table's lines.
    ///
    /// Too wide for the limit, it becomes tables one below the other, each with the column that names the rows and with
    /// as many of the others as fit, but at least one, however wide it is: no cell is ever broken.
    pub fn fitted(&self, limit: Option<usize>) -> String {
        match limit {
            Some(limit) if total(&self.columns) > limit => self.narrow(limit),
            _ => lines(self.style, &self.columns).join("\n"),
        }
    }

    fn narrow(&self, limit: usize) -> String {
        let (headings, columns) = self.columns.split_at(usize::from(self.headed));
        let broken: Vec<Column> = columns.iter().map(Column::with_broken_header).collect();
        let columns = if total(columns) > limit { &broken } else { columns };
        let tables = parts(columns, limit).into_iter().map(|part| match headings {
            [headings] => below_headings(headings, &part, limit).join("\n"),
            _ => lines(self.style, &part).join("\n"),
        });
        tables.collect::<Vec<_>>().join("\n\n")
    }
}

/// The first column beside as many of the others as fit, beside as many of the next, and so on; at least one at a time.
fn parts(columns: &[Column], limit: usize) -> Vec<Vec<Column>> {
    let (key, others) = columns.split_first().expect("a table has columns");
    let mut parts: Vec<Vec<Column>> = Vec::new();
    for column in others {
        match parts.last_mut() {
            Some(part) if total(part) + column.width() + 3 <= limit => part.push(column.clone()),
            _ => parts.push(vec![key.clone(), column.clone()]),
        }
    }
    parts
}

/// The rows of a part that have something in them beside the key, each below its heading.
fn below_headings(headings: &Column, part: &[Column], limit: usize) -> Vec<String> {
    let rows: Vec<usize> =
        (0..headings.cells.len()).filter(|&row| part[1..].iter().any(|column| !column.cells[row].is_empty())).collect();
    let headings = headings.with_rows(&rows);
    let mut part: Vec<Column> = part.iter().map(|column| column.with_rows(&rows)).collect();
    make_room(&mut part, headings.width(), limit);

    let inner = total(&part) - BORDERS;
    let mut head = lines(UTF8_FULL_CONDENSED, &part);
    let mut body = head.split_off(head.len() - rows.len() - 1);
    let bottom = body.pop();
    let mut all = vec![head.remove(0).replace('┬', "─")];
    all.extend(spanning(&headings.header, inner));
    all.extend(head);
    let mut last = None;
    for (heading, row) in headings.cells.iter().zip(body) {
        if last.replace(heading) != Some(heading) {
            all.extend(spanning(heading, inner));
        }
        all.push(row);
    }
    all.extend(bottom);
    all
}

/// The borders of a line that spans the columns, and the blanks beside them.
const BORDERS: usize = 4;

/// Indents the key of each row, and widens their column for a heading, where the limit allows that.
fn make_room(part: &mut [Column], heading: usize, limit: usize) {
    let (key, others) = part.split_first_mut().expect("a part has columns");
    let wanted = (heading + BORDERS).min(limit).saturating_sub(total(others) + 3);
    for cell in &mut key.cells {
        *cell = format!("{:wanted$}", format!("  {cell}"));
    }
}

/// A text across all columns, with its indent, on as many lines as it takes.
fn spanning(text: &str, inner: usize) -> Vec<String> {
    let indent = width(text) - width(text.trim_start());
    let words = fill(text.split_whitespace(), Some(inner.saturating_sub(indent)));
    words.lines().map(|line| format!("│ {:inner$} │", format!("{:indent$}{line}", ""))).collect()
}

/// The table of these columns, as wide as they are.
fn lines(style: TableStyle, columns: &[Column]) -> Vec<String> {
    let mut table = comfy_table::Table::new();
    table.load_style(style).set_header(columns.iter().map(|column| &column.header));
    for row in 0..columns.first().map_or(0, |column| column.cells.len()) {
        table.add_row(columns.iter().map(|column| &column.cells[row]));
    }
    for (drawn, column) in table.column_iter_mut().zip(columns) {
        drawn.set_cell_alignment(column.alignment);
    }
    table.lines().collect()
}
