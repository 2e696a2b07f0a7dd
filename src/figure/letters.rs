//! Text that figures can show: in the letters of their font, and no longer than there is room.

use super::canvas::text_width;

/// A text in letters that the font of figures has.
pub fn in_font(text: &str) -> String {
    let has =
        |letter: char| letter == ' ' || letter.is_ascii_graphic() || "\u{d7}\u{2016}\u{2207}\u{2212}".contains(letter);
    text.chars().map(|letter| if has(letter) || ('Α'..='ω').contains(&letter) { letter } else { '?' }).collect()
}

/// A text, or both its ends, as long as there is room for, in pixels: names often begin alike, or end alike.
pub fn shorten(text: &str, em: f64, room: f64) -> String {
    if text_width(text, em) <= room {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let ends = |count: &usize| {
        let (head, tail) = (&letters[..count.div_ceil(2)], &letters[letters.len() - count / 2..]);
        head.iter().chain(&['.', '.']).chain(tail).collect::<String>()
    };
    let counts: Vec<usize> = (1..letters.len()).collect();
    ends(&counts.partition_point(|count| text_width(&ends(count), em) <= room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_alphabets_are_question_marks() {
        assert_eq!(in_font("Δk1 − π_θ~ 政策\n"), "Δk1 − π_θ~ ???");
    }

    #[test]
    fn a_long_text_keeps_both_ends() {
        assert_eq!(shorten("k1_to_go", 19.0, 200.0), "k1_to_go");
        let short = shorten("an_estimator_of_this_name_in_reward", 19.0, 200.0);
        assert!(short.starts_with("an_est") && short.ends_with("reward") && short.contains(".."), "{short}");
        assert!((180.0..=200.0).contains(&text_width(&short, 19.0)), "{short}");
        assert_eq!(shorten("k1_to_go", 19.0, 0.0), "..");
    }
}
