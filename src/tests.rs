//! Commands within the tests' own process, as starting the program takes libtorch a sixth of a second. Here are wrong calls,
//! what is said of them, and that nothing is created for them; and folders that cannot be written to.

mod audit;
#[cfg(feature = "libtorch")]
mod autograd;
mod folders;
#[cfg(feature = "libtorch")]
mod measure;
mod printed;
mod softmax;
mod sweep;
mod tokens;
mod train;
#[cfg(not(feature = "libtorch"))]
mod without_libtorch;

use crate::cli::Cli;
use clap::{CommandFactory, Parser};
use klgrad::estimator::Estimator;
use std::fs;
use std::path::Path;

/// What the program says of this call, with exit code 2, and without an output folder.
fn refusal(args: &str, output: &Path) -> String {
    let call = ["klgrad"].into_iter().chain(args.split_whitespace()).map(Into::into);
    let call = call.chain(["--output".into(), output.as_os_str().to_owned()]);
    let message = match Cli::try_parse_from(call) {
        Err(error) => {
            assert_eq!(error.exit_code(), 2, "{args}");
            error.to_string()
        }
        Ok(cli) => {
            let error = crate::obey(cli.command).expect_err(args);
            assert!(crate::is_wrong_call(&error), "{args}: {error:#}");
            format!("{error:#}")
        }
    };
    assert!(!output.exists(), "{args}: nothing is created for a wrong call");
    message
}

/// Each of these calls of a command is refused with a message that has each of the words.
fn are_refused(command: &str, calls: &[(&str, &[&str])]) {
    let folder = tempfile::tempdir().unwrap();
    for (args, words) in calls {
        let message = refusal(&format!("{command} {args}"), &folder.path().join("new"));
        assert!(words.iter().all(|word| message.contains(word)), "{args}: {message}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    are_refused(
        "reproduce",
        &[
            ("--sigma-theta 0", &["--sigma-theta is 0.0", "positive and finite"]),
            ("--sigma-ref -1", &["--sigma-ref is -1", "positive and finite"]),
            ("--sigma-theta nan", &["--sigma-theta", "a finite number such as"]),
            ("--sigma-ref inf", &["--sigma-ref", "a finite number such as"]),
            ("--sigma-ref 1e-60", &["--sigma-ref is 1e-60", "32-bit"]),
            ("--sigma-old 0", &["--sigma-old is 0.0", "positive and finite"]),
            ("--sigma-old nan", &["--sigma-old", "a finite number such as"]),
            ("--mu-old -inf", &["--mu-old", "a finite number such as"]),
            ("--mu-old 1e39", &["--mu-old is 1e39", "32-bit"]),
            ("--mu-theta -inf", &["--mu-theta", "a finite number such as"]),
            ("--mu-ref 1e400", &["'1e400' for '--mu-ref", "a finite number such as"]),
            ("--mu-ref 1,1", &["'1,1' for '--mu-ref", "a finite number such as"]),
            ("--mu-ref 1e39", &["--mu-ref is 1e39", "32-bit"]),
            ("--sample-size 0", &["'0' for '--sample-size", "from 1 to 18446744073709551615"]),
            ("--num-trials 0", &["'0' for '--num-trials", "5000, 5_000 or 5e3"]),
            ("--num-trials -1", &["'-1' for '--num-trials", "5000, 5_000 or 5e3"]),
            ("--num-trials 1.5", &["'1.5' for '--num-trials", "5000, 5_000 or 5e3"]),
            ("--sample-size 18446744073709551616", &["--sample-size", "from 1 to 18446744073709551615"]),
            ("--seed 4294967338", &["from -2147483648 to 4294967295", "modulo 2^32"]),
            ("--seed many", &["'many' for '--seed", "from -2147483648 to 4294967295"]),
            ("--estimators k1,k4", &["'k4'", "k1, k2, k3, reverse_k1, reverse_k2, k1_in_reward"]),
            ("--estimators k1,k1", &["k1 twice", "once"]),
            (
                "--estimators k2_lamda",
                &["'k2_lamda', which is unknown; did you mean k2_lambda? The known ones are k1, k2"],
            ),
            ("--estimators=", &["--estimators lacks a name; one or more, such as k2,k3, would be right"]),
            ("--estimators k2,", &["--estimators lacks a name"]),
            ("--estimators k2_leave_one_out --sample-size 1", &["k2_leave_one_out", "a trial of 2 samples or more"]),
            ("--threads 0", &["--threads", "1 to 1024"]),
            ("--threads 9999999", &["--threads", "1 to 1024"]),
            ("--threads -1", &["--threads", "1 to 1024"]),
            ("--mu-theta abc", &["--mu-theta", "a finite number such as"]),
            ("--sample-size many", &["'many' for '--sample-size", "5000, 5_000 or 5e3"]),
        ],
    );
}

#[test]
fn estimators_of_the_users_own_that_are_wrong_are_named() {
    are_refused(
        "reproduce",
        &[
            ("--estimator D", &["--estimator 'D'", "NAME = EXPRESSION would be right"]),
            ("--estimator k1=D", &["--estimator", "`k1` is taken"]),
            ("--estimator rho=D", &["--estimator", "`rho` is taken"]),
            ("--estimator a,b=D", &["--estimator", "letters of ASCII, digits, or _ - ."]),
            ("--estimator mine=clmap(k3,-1,1)", &["--estimator", "did you mean `clamp`?\n  clmap(k3,-1,1)\n  ^^^^^"]),
            ("--estimator mine=sg(k3)", &["--estimator", "reward(k3)"]),
            ("--estimator mine=k2_lambda", &["--estimator", "its baseline is a mean over all samples"]),
            ("--estimator mine=D --estimator mine=r", &["--estimator defines mine twice"]),
            ("--estimator mine=D --estimators mine,mine", &["mine twice", "once"]),
            (
                "--estimator mine=D --estimators yours",
                &["--estimators names 'yours', which is unknown", "are mine, k1,"],
            ),
            ("--estimator mine=D --estimators mien", &["did you mean mine? The known ones are mine, k1, k2"]),
            ("--estimator mine=2*later --estimator later=D", &["'mine=2*later': `later` is not known"]),
        ],
    );
}

#[test]
fn a_tolerance_is_refused_where_nothing_is_published() {
    are_refused(
        "reproduce",
        &[
            ("--check --tolerance 1e-4 --mu-ref 0.5", &["there are none at these settings"]),
            ("--check --tolerance 1e-4 --estimators k1,k2_lambda", &["there are none at these settings"]),
            ("--check --tolerance 1e-4 --mu-old 0.1", &["there are none at these settings"]),
            ("--check --tolerance 1e-4 --estimator mine=D", &["there are none at these settings"]),
            ("--tolerance 1e-4", &["--check"]),
            ("--check --tolerance -1", &["a number that is not negative"]),
            ("--check --tolerance nan", &["a number that is not negative"]),
            ("--check --tolerance inf", &["a number that is not negative"]),
        ],
    );
}

#[test]
fn a_check_that_could_compare_nothing_is_refused() {
    let nothing = "can test nothing at these settings: ";
    are_refused(
        "reproduce",
        &[
            ("--check --sigma-ref 1.5 --estimators k3", &[nothing, "k3 is left out, its variance is infinite"]),
            ("--check --sigma-ref 1.5 --estimators k3,k2_lambda_shared", &[nothing, "and so are the others"]),
            ("--check --estimators k2_lambda_shared", &[nothing, "its lambda comes from the trial before"]),
        ],
    );
}

#[test]
fn what_cannot_be_explained_is_named_with_what_can() {
    are_refused(
        "explain",
        &[
            ("trl:kl_estimater=k3", &["did you mean kl_estimator?"]),
            ("sg(k3)", &["did you mean `reward(k3)`?"]),
            ("k2_lamda", &["did you mean k2_lambda?"]),
            ("kl_estimator=k3", &["did you mean trl:kl_estimator=k3 or "]),
            ("trl", &["'trl' is a framework"]),
        ],
    );
}

#[test]
fn bad_grids_are_named() {
    are_refused(
        "sweep",
        &[
            ("", &["--over"]),
            ("--over mu-ref=0:3:0", &["mu-ref=0:3:0", "POINTS is '0'", "from 1 to"]),
            ("--over mu-ref=1:1:9", &["a step of zero"]),
            (
                "--over mu-ref=0:3:4 --trials 2 --seed 4294967293",
                &["last point", "--seed is 4294967296", "modulo 2^32"],
            ),
            ("--over mu-ref=0:3", &["SETTING=START:END:POINTS"]),
            ("--over rho=0:3:61", &["'rho'", "mu-theta, sigma-theta, mu-ref, sigma-ref, mu-old, sigma-old"]),
            ("--over sigma-ref=-1:1:21", &["--over sigma-ref=-1:1:21", "positive and finite"]),
            ("--over sigma-theta=0:1:21", &["--over sigma-theta=0:1:21", "sigma-theta is 0.0", "positive and finite"]),
            ("--over mu-ref=0:1e300:3", &["--over mu-ref=0:1e300:3: mu-ref is 1e300, but"]),
            ("--over mu-ref=0:1:2 --over mu-ref=0:1:2", &["--over varies mu-ref twice"]),
            ("--over mu-ref=0:1:2 --over mu-theta=0:1:2 --over sigma-ref=1:2:2", &["3 settings"]),
            ("--over mu-ref=0:1:2000 --over mu-theta=0:1:2000", &["too many points", "1000000"]),
            ("--over mu-ref=0:1:2 --mu-ref 4", &["--mu-ref is 4", "--over varies it"]),
            ("--over mu-old=0:1:2 --mu-old 0", &["--mu-old is 0", "--over varies it"]),
            ("--over mu-ref=0:1:2 --estimators k9", &["'k9'", "known"]),
            ("--over mu-ref=0:1:2 --trials 1", &["--num-trials is 1", "at least 2"]),
            ("--over mu-ref=0:1:2 --sample-size 9", &["--num-trials"]),
        ],
    );
}

/// Why the program, which is called rightly, cannot write to that folder. So many trials that the test would not end, were
/// they run first.
fn failure_to_write(output: &Path) -> String {
    let call = ["klgrad", "reproduce", "--num-trials", "100000000", "--output"].map(Into::into);
    let cli = Cli::try_parse_from(call.into_iter().chain([output.as_os_str().to_owned()])).unwrap();
    let error = crate::obey(cli.command).unwrap_err();
    assert!(!crate::is_wrong_call(&error), "{error:#}");
    format!("{error:#}")
}

#[test]
fn an_output_that_cannot_be_a_folder_fails_before_the_first_trial() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let message = failure_to_write(&file);
    assert!(message.contains(&file.display().to_string()) && message.contains("name another"), "{message}");
    let below = failure_to_write(&file.join("below"));
    assert!(below.contains("cannot create the output folder"), "{below}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn a_folder_where_a_file_belongs_fails_before_the_first_trial() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("figure.svg")).unwrap();
    fs::write(folder.path().join("gradients.csv"), "precious").unwrap();
    let message = failure_to_write(folder.path());
    assert!(message.contains("figure.svg is a folder"), "{message}");
    assert_eq!(fs::read_to_string(folder.path().join("gradients.csv")).unwrap(), "precious");
}

#[cfg(unix)]
#[test]
fn no_permission_to_write_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write anywhere");
        return;
    }
    let message = failure_to_write(&locked);
    assert!(message.contains("cannot write to the folder") && message.contains("locked"), "{message}");
}

/// Those that print have no output folder.
#[test]
fn commands_that_print_refuse_what_reproduce_refuses() {
    for (args, option) in [
        ("theory --sigma-ref 0", "--sigma-ref is 0.0"),
        ("claims --sigma-ref -1", "--sigma-ref is -1.0"),
        ("theory --mu-ref 1e39", "--mu-ref is 1e39"),
        ("theory --sample-size 1 --estimators k2_leave_one_out", "--estimators names k2_leave_one_out, which leaves"),
    ] {
        let cli = Cli::try_parse_from(["klgrad"].into_iter().chain(args.split(' '))).unwrap();
        let error = crate::obey(cli.command).unwrap_err();
        assert!(crate::is_wrong_call(&error) && error.to_string().contains(option), "{error:#}");
    }
    let error = Cli::try_parse_from(["klgrad", "theory", "--sample-size", "0"]).err().unwrap();
    assert!(error.exit_code() == 2 && error.to_string().contains("'0' for '--sample-size"), "{error}");
}

#[test]
fn a_file_that_plot_misses_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let call = ["klgrad".as_ref(), "plot".as_ref(), folder.path().as_os_str()];
    let error = crate::obey(Cli::try_parse_from(call).unwrap().command).unwrap_err();
    assert!(!crate::is_wrong_call(&error), "{error:#}");
    let message = format!("{error:#}");
    assert!(message.contains("cannot read") && message.contains("gradients.csv"), "{message}");
}

#[test]
fn a_figure_is_png_or_svg() {
    let folder = tempfile::tempdir().unwrap();
    let message = refusal("plot nowhere", &folder.path().join("figure.jpg"));
    assert!(message.contains("figure.jpg") && message.contains(".png or .svg"), "{message}");
}

/// The exit codes that a help lists.
fn exit_codes(help: &str) -> Vec<&str> {
    let (_, list) = help.split_once("\nExit codes:\n").expect(help);
    list.lines().filter_map(|line| line.split_whitespace().next()).filter(|word| word.parse::<u8>().is_ok()).collect()
}

#[test]
fn help_lists_the_exit_codes() {
    let mut cli = Cli::command();
    assert_eq!(exit_codes(&cli.render_long_help().to_string()), ["0", "1", "2", "130"]);
    assert!(!cli.render_help().to_string().contains("Exit codes"), "-h is short");
}

#[test]
fn help_of_reproduce_lists_its_own_exit_codes() {
    assert_eq!(exit_codes(&help_of("reproduce")), ["0", "1", "2", "130"]);
}

fn help_of(command: &str) -> String {
    Cli::command().find_subcommand_mut(command).unwrap().render_long_help().to_string()
}

#[test]
fn help_names_the_default_estimators() {
    let help = help_of("reproduce");
    assert!(Estimator::articles().iter().all(|estimator| help.contains(estimator.name())), "{help}");
}
