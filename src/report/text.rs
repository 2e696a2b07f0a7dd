//! Lines that are no wider than a terminal.

use console::measure_text_width;

/// How lines of a table begin, which are not broken.
const FRAME: [char; 8] = ['│', '├', '┌', '└', '╒', '╞', '╘', '╪'];

/// The text with every line that is wider than that broken between its words, but for those of tables and those that are
/// indented, such as a formula above its caret; as it is where there is no limit.
pub fn fold(text: &str, width: Option<usize>) -> String {
    let Some(limit) = width else { return text.to_owned() };
    let lines = text.split('\n').map(|line| {
        let is_prose = !line.starts_with(FRAME) && !line.starts_with(' ');
        if is_prose && measure_text_width(line) > limit {
            fill(line.split_whitespace(), width)
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The pieces with blanks between them, or with a line break where the line would be too wide. A piece stays whole.
pub(super) fn fill<'a>(pieces: impl IntoIterator<Item = &'a str>, width: Option<usize>) -> String {
    let limit = width.unwrap_or(usize::MAX);
    let (mut text, mut column) = (String::new(), 0);
    for piece in pieces {
        let wide = measure_text_width(piece);
        if text.is_empty() {
            column = wide;
        } else if column + 1 + wide <= limit {
            text.push(' ');
            column += 1 + wide;
        } else {
            text.push('\n');
            column = wide;
        }
        text.push_str(piece);
    }
    text
}
