//! Wrong input, a full disk, an interrupt: one message, the right exit code, nothing lost.
//!
//! What is said of each wrong call, and of folders that cannot be written to, is tested within the program.

use crate::resume::begin;
use crate::{Files, contents, files, folder_with, reproduce_into, small, stderr};
use klgrad::experiment::Run;
use klgrad::export::{Output, read_complete};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// The command fails with this code, and one message that has each of the words.
pub fn fails(command: &mut Command, code: i32, words: &[&str]) {
    let output = command.output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{command:?}: {message}");
    assert!(words.iter().all(|word| message.contains(word)), "{command:?}: {message}");
    assert!(!message.contains("panicked"), "{message}");
}

/// What is said of each wrong call is tested within the program; here is how it is said.
#[test]
fn a_wrong_call_ends_with_exit_code_2_and_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("new");
    fails(&mut reproduce_into(&output, "--num-trials many"), 2, &["'many' for '--num-trials", "5000, 5_000 or 5e3"]);
    assert!(!output.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = reproduce_into(folder.path(), "--no-figure --num-trials 2 --sample-size 16");
    fails(command.stdout(full), 1, &["cannot write to standard output"]);
}

/// As `| head -1` does at some time, and here before the first line.
#[test]
fn a_reader_that_goes_away_ends_nothing_loudly() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command =
        reproduce_into(folder.path(), "--engine score --no-figure --check --num-trials 20 --sample-size 16");
    let output = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
    assert_eq!(files(folder.path()).len(), 3);
}

/// Where the tests run in the background of a shell, or behind nohup, they may ignore interrupts, and so would what they start.
#[cfg(unix)]
fn heed_interrupts(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let heed = || {
        // SAFETY: it asks for the default, and no handler is there.
        unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
        Ok(())
    };
    // SAFETY: between fork and exec the child calls nothing but `signal`, which may be called there.
    unsafe { command.pre_exec(heed) };
}

/// Until then it keeps others from its folder.
#[cfg(unix)]
#[test]
fn an_interrupt_says_how_to_go_on_and_leaves_the_files_of_an_earlier_run() {
    let folder = folder_with(small());
    let mut command = reproduce_into(folder.path(), "--num-trials 100000000");
    heed_interrupts(&mut command);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let others = [false, true].map(|resume| begin(folder.path(), Run::default(), resume).err());
    // SAFETY: the process is a child that has not been waited for, so the number is its own.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(stderr(&output).contains("interrupted; finished trials are in"), "{}", stderr(&output));
    assert!(without_partial(folder.path()) == *small());
    for refusal in others.map(|refusal| refusal.expect("it is refused").to_string()) {
        assert!(refusal.contains("another klgrad is writing to the folder"), "{refusal}");
    }
}

/// A folder with the tables of the small run, one of which is changed; without its `run.json`, so that what is wrong with
/// them is not that they were changed.
fn with_changed(file: &str, change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in small().iter().filter(|(name, _)| name != "run.json") {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let changed = if name == file { change(&text) } else { text.clone() };
        assert!(name != file || text != changed, "{file} is changed");
        fs::write(folder.path().join(name), changed).unwrap();
    }
    folder
}

/// What `plot` reads cannot be read after the change.
fn reading_fails(file: &str, change: impl Fn(&str) -> String, words: &[&str]) {
    let folder = with_changed(file, change);
    let message = format!("{:#}", read_complete(folder.path()).unwrap_err());
    assert!(words.iter().chain(&[file]).all(|word| message.contains(word)), "{message}");
}

#[test]
fn what_is_wrong_with_a_csv_is_named() {
    let gradients = "gradients.csv";
    reading_fails(gradients, |text| text.replace("gradient\n", "slope\n"), &["missing field `gradient`"]);
    reading_fails(
        gradients,
        |text| text.replacen("0,k2,mu,", "0,k2,mu,word", 1),
        &["line 4, column gradient", "should be a number"],
    );
    reading_fails(
        gradients,
        |text| text.replacen("0,k1,sigma", "0,k1,rho", 1),
        &["line 3", "unknown variant `rho`", "`mu` or `sigma`"],
    );
    reading_fails(gradients, |text| text[..text.len() - 3].to_owned(), &["ends within its last line"]);
    reading_fails(gradients, |text| text.replacen("0,k1,sigma,", "0,k1,", 1), &["line 3", "3 fields", "4"]);
    let doubled = |text: &str| text.replacen("\n1,k1,mu", "\n7,k1,mu", 1);
    reading_fails(gradients, doubled, &["trial 1 of k1, mu is missing"]);
    let without_last_line = |text: &str| text[..text.trim_end().rfind('\n').unwrap() + 1].to_owned();
    reading_fails(gradients, without_last_line, &["ends within trial 19, before reverse_k2, sigma"]);
    reading_fails(gradients, |text| text.lines().next().unwrap().to_owned() + "\n", &["no rows"]);
    reading_fails(gradients, |_| String::new(), &["no rows"]);
    reading_fails("summary.csv", |text| text.replace("forward", "sideways"), &["line 2", "`forward` or `reverse`"]);
    let two_rows = |text: &str| text.lines().take(3).map(|line| format!("{line}\n")).collect();
    reading_fails("summary.csv", two_rows, &["no row for k2, mu"]);
    for file in [gradients, "summary.csv"] {
        reading_fails(file, |text| text.replace(',', ";"), &["semicolons between its fields", "commas"]);
        reading_fails(file, |text| text.replace(',', "\t"), &["tabs between its fields", "commas"]);
    }
}

/// As spreadsheets and data frames leave a file: other ends of lines, a mark of its encoding, a column of row numbers, an
/// empty cell for what is not a number, rows in another order.
#[test]
fn a_csv_that_another_program_has_written_is_read() {
    let mut original = read_complete(with_changed("", str::to_owned).path()).unwrap().0;
    let expected = original.series(1).unwrap();
    let changes: [fn(&str) -> String; 4] = [
        |text| text.replace('\n', "\r\n"),
        |text| format!("\u{feff}{text}"),
        |text| text.lines().enumerate().map(|(index, line)| format!("{index},{line}\n")).collect(),
        |text| {
            let mut lines: Vec<&str> = text.lines().skip(1).collect();
            lines.sort_by_key(|line| line.split(',').skip(1).take(2).collect::<String>());
            format!("trial,estimator,parameter,gradient\n{}\n", lines.join("\n"))
        },
    ];
    for change in changes {
        let folder = with_changed("gradients.csv", change);
        let (mut gradients, _) = read_complete(folder.path()).unwrap();
        let found = gradients.all_series().map(Result::unwrap).find(|series| {
            (series.estimator.as_str(), series.parameter) == (expected.estimator.as_str(), expected.parameter)
        });
        assert_eq!(found.unwrap(), expected);
    }
}

/// Reading a pipe would wait for whoever writes to it.
#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_refused() {
    let make_pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    for file in ["gradients.csv", "summary.csv", "run.json", "gradients.partial.csv", "run.partial.json"] {
        let folder = tempfile::tempdir().unwrap();
        make_pipe(&folder.path().join(file));
        let message = begin(folder.path(), Run::default(), false).err().expect("it is refused").to_string();
        assert!([file, "is a pipe or a device", "move it away"].iter().all(|word| message.contains(word)), "{message}");
    }
    let folder = with_changed("", str::to_owned);
    let path = folder.path().join("gradients.csv");
    fs::remove_file(&path).unwrap();
    make_pipe(&path);
    let message = format!("{:#}", read_complete(folder.path()).unwrap_err());
    assert!(message.contains("gradients.csv") && message.contains("is a pipe or a device"), "{message}");
}

#[test]
fn a_folder_of_a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = Output::of_bytes(folder.path().join("nowhere/figure.svg"), Vec::new());
    let message = klgrad::export::write(&[nowhere]).unwrap_err().to_string();
    assert!(message.contains("cannot write to the folder") && message.contains("nowhere"), "{message}");
}

/// What a folder holds beside a run that is not complete.
pub fn without_partial(folder: &Path) -> Files {
    contents(folder).into_iter().filter(|(name, _)| !name.contains(".partial.") && name != "klgrad.lock").collect()
}
