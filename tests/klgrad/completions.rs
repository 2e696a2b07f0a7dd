//! The scripts that shells complete with.

use crate::{klgrad, stdout, succeed};
use std::process::Command;

/// What bash proposes for the last of these words, once it has read the script.
fn proposed(words: &str) -> Vec<String> {
    let script = stdout(&succeed(&mut klgrad("completions bash")));
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
    assert_eq!(proposed("klgrad th"), ["theory"]);
    assert_eq!(proposed("klgrad sweep --ov"), ["--over"]);
    assert_eq!(proposed("klgrad claims --format m"), ["markdown"]);
}

#[test]
fn every_shell_has_a_script_of_its_own() {
    let begins = |shell: &str| {
        let script = stdout(&succeed(&mut klgrad(&format!("completions {shell}"))));
        script.lines().find(|line| !line.is_empty()).unwrap().to_owned()
    };
    assert_eq!(begins("bash"), "_klgrad() {");
    assert_eq!(begins("zsh"), "#compdef klgrad");
    assert!(begins("fish").starts_with('#'), "{}", begins("fish"));
}
