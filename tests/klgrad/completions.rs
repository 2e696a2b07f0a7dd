//! The script that bash completes with; those of other shells are tested within the program.

use crate::{klgrad, stdout, succeed};
use std::process::Command;

/// What bash proposes for the last of these words, once it has read the script.
fn proposed(script: &str, words: &str) -> Vec<String> {
    let ask = format!(
        "{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
         _klgrad klgrad \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let output = succeed(Command::new("bash").args(["-c", &ask]));
    stdout(&output).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let script = stdout(&succeed(&mut klgrad("completions bash")));
    assert_eq!(proposed(&script, "klgrad th"), ["theory"]);
    assert_eq!(proposed(&script, "klgrad sweep --ov"), ["--over"]);
    assert_eq!(proposed(&script, "klgrad claims --format m"), ["markdown"]);
}
