//! Tables as data, before they are text or HTML.

use super::number::{count, share, short};
use crate::audit::visible::visible;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Count(u64),
    Number(Option<f64>),
    /// A part of a whole.
    Share(Option<f64>),
}

impl Cell {
    /// As it is shown; a dash stands for what cannot be had.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => visible(text),
            Self::Count(number) => count(*number),
            Self::Number(number) => number.map_or("-".to_owned(), short),
            Self::Share(part) => part.map_or("-".to_owned(), share),
        }
    }

    /// The number by which rows are sorted; none for texts, and where there is no number.
    pub fn key(&self) -> Option<f64> {
        match self {
            Self::Text(_) => None,
            Self::Count(number) => Some(*number as f64),
            Self::Number(number) | Self::Share(number) => *number,
        }
    }
}

/// A column: its header, and a cell for each row.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub header: String,
    pub cells: Vec<Cell>,
}

impl Column {
    /// What `cell` makes of each of the rows.
    pub fn of<T>(header: impl Into<String>, rows: &[T], cell: impl Fn(&T) -> Cell) -> Self {
        Self { header: header.into(), cells: rows.iter().map(cell).collect() }
    }

    pub fn is_text(&self) -> bool {
        self.cells.iter().any(|cell| matches!(cell, Cell::Text(_)))
    }

    /// Whether no row has anything in it.
    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| matches!(cell, Cell::Number(None) | Cell::Share(None)))
    }
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    /// What it shows, in a few words.
    pub caption: String,
    /// The first names the rows.
    pub columns: Vec<Column>,
}

/// What is shown under a heading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    pub title: String,
    /// What the section is about, in sentences.
    pub about: Vec<String>,
    pub grids: Vec<Grid>,
    /// Labels, and what is to be said of each.
    pub facts: Vec<(String, String)>,
    /// What the columns mean, and why something is missing.
    pub notes: Vec<String>,
}

/// At most so many of the places of a list: the first, the last, and evenly between.
pub(crate) fn evenly(len: usize, most: usize) -> Vec<usize> {
    if len <= most {
        return (0..len).collect();
    }
    (0..most).map(|index| index * (len - 1) / (most - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_rows_the_first_and_the_last_are_among_those_shown() {
        assert_eq!(evenly(3, 20), [0, 1, 2]);
        assert_eq!(evenly(0, 20), [0_usize; 0]);
        let shown = evenly(1000, 20);
        assert_eq!((shown.len(), shown[0], shown[19]), (20, 0, 999));
        assert!(shown.windows(2).all(|pair| (52..=53).contains(&(pair[1] - pair[0]))), "{shown:?}");
    }
}
