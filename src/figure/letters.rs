//! Text in the letters that the figures' font has.

/// A text in letters that the font of figures has.
pub fn in_font(text: &str) -> String {
    let has =
        |letter: char| letter == ' ' || letter.is_ascii_graphic() || "\u{d7}\u{2016}\u{2207}\u{2212}".contains(letter);
    text.chars().map(|letter| if has(letter) || ('Α'..='ω').contains(&letter) { letter } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_alphabets_are_question_marks() {
        assert_eq!(in_font("Δk1 − π_θ~ 政策\n"), "Δk1 − π_θ~ ???");
    }
}
