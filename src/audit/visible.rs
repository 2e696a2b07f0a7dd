//! Texts of models and names of files as they may be shown: without a character that moves, hides or turns others.

/// The text with every character that has no look of its own made visible.
///
/// A new line becomes `↵` and a tab `⇥`; other control characters, bidirectional marks, characters of no width and what else
/// cannot be seen become their numbers, such as `<U+202E>`. So no text can send commands to a terminal, break a table or show
/// other words than it holds.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push('↵'),
            '\t' => shown.push('⇥'),
            c if c.is_control() || is_hidden(c) => shown.push_str(&format!("<U+{:04X}>", c as u32)),
            c => shown.push(c),
        }
    }
    shown
}

/// A token between quotes, so that its blanks are seen; of a long one the beginning.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 24;
    let (mut shown, mut length) = (String::new(), 0);
    for c in text.chars() {
        // Whole, so that no number is cut.
        let next = visible(c.encode_utf8(&mut [0; 4]));
        length += next.chars().count();
        if length > LONGEST {
            return format!("\"{shown}…\"");
        }
        shown += &next;
    }
    format!("\"{shown}\"")
}

/// Bidirectional marks, line separators, and what has no width or no look.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_made_visible() {
        for (text, shown) in [
            ("plain text, 漢字 and é", "plain text, 漢字 and é"),
            ("\u{1b}[31mred", "<U+001B>[31mred"),
            ("a\nb\tc\rd\0", "a↵b⇥c<U+000D>d<U+0000>"),
            ("\u{7f}\u{9b}31m", "<U+007F><U+009B>31m"),
            ("abc\u{202e}txt", "abc<U+202E>txt"),
            ("\u{2066}x\u{2069}\u{200f}\u{61c}", "<U+2066>x<U+2069><U+200F><U+061C>"),
            ("pass\u{200b}word\u{feff}\u{200d}", "pass<U+200B>word<U+FEFF><U+200D>"),
            ("\u{2028}\u{e0041}", "<U+2028><U+E0041>"),
        ] {
            assert_eq!(visible(text), shown, "{text:?}");
        }
    }

    #[test]
    fn nothing_that_is_shown_is_a_control_character() {
        for c in (0..=0x10ffff).filter_map(char::from_u32) {
            let shown = visible(&c.to_string());
            assert!(!shown.chars().any(|c| c.is_control() || is_hidden(c)), "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn a_long_token_is_cut_and_blanks_are_seen() {
        assert_eq!(quoted(" the"), "\" the\"");
        assert_eq!(quoted("abcdefghijklmnopqrst\u{202e}x"), "\"abcdefghijklmnopqrst…\"");
        assert_eq!(quoted(&"é".repeat(30)), format!("\"{}…\"", "é".repeat(24)));
    }
}
