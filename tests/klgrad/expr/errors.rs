//! What is refused, with the place and what would be right.

use super::names;
use klgrad::estimator::expr::{Error, ErrorKind, Expr, Names};

fn refused(text: &str) -> Error {
    Expr::parse_loss(text, &names()).expect_err(text)
}

/// The message, and the text with the carets under it.
#[track_caller]
fn shows(text: &str, message: &str, carets: &str) {
    assert_eq!(refused(text).to_string(), format!("{message}\n  {text}\n  {carets}"));
}

#[test]
fn an_unknown_name_gets_the_nearest_known_ones() {
    shows("k2 + kk3", "`kk3` is not known; did you mean `k3`?", "     ^^^");
    shows("clmap(k3, -10, 10)", "`clmap` is not known; did you mean `clamp`?", "^^^^^");
    shows("d", "`d` is not known; did you mean `D`?", "^");
    shows("2 * k4", "`k4` is not known; did you mean `k1` or `k2` or `k3`?", "    ^^");
    shows("reverse", "`reverse` is not known; a sample has logp, ref, old, D, r, w and rho", "^^^^^^^");
}

#[test]
fn brackets_have_to_match() {
    shows("clamp(k3, -10, 10", "this bracket is not closed: a `)` is missing", "     ^");
    shows("(k3 + (D)", "this bracket is not closed: a `)` is missing", "^");
    shows("k3) + D", "this bracket closes nothing: a `(` is missing, or the `)` is one too many", "  ^");
    shows("(k3, D)", "a comma separates the arguments of a function and nothing else", "   ^");
}

#[test]
fn a_function_needs_its_arguments() {
    shows("2 * clamp(k3, 10) + D", "the number of arguments is 2; write clamp(x, lo, hi)", "    ^^^^^^^^^^^^^");
    shows("exp()", "the number of arguments is 0; write exp(x)", "^^^^^");
    shows("exp D", "a function needs its arguments: exp(x)", "^^^");
    shows("D(2)", "`D` is not a function; a product is written with `*`", "^");
    shows("clamp(D, 10 , -10)", "the lower bound, 10, is above the upper bound, -10", "         ^^^^^^^^");
    shows(
        "clamp(D, -rho, 10)",
        "the bounds of clamp have to be numbers; for others write min(max(x, lo), hi)",
        "         ^^^^",
    );
    shows("where(D, k2, k3)", "where needs a comparison as its first argument: where(a < b, x, y)", "      ^");
    let misplaced = "a comparison stands only in where(a < b, x, y), as its first argument";
    shows("exp(D < 2)", misplaced, "    ^^^^^");
    shows("D < 2", misplaced, "  ^");
}

#[test]
fn operators_and_operands_take_turns() {
    let operand = "a number, a name, a function or a bracket is expected here";
    shows("D +", operand, "   ^");
    shows("D + * k2", operand, "    ^");
    shows("max(D, )", operand, "       ^");
    shows("2 D", "an operator is missing here", "  ^");
    shows("k3 rho * D", "an operator is missing here", "   ^^^");
    shows("2(D)", "an operator is missing here", " ^");
    shows("D**2", "`**` means nothing in an expression; write `^`", " ^^");
    shows("|D|", "`|` means nothing in an expression; write `abs(x)`", "^");
    shows("k3 = 2", "`=` means nothing in an expression", "   ^");
    shows("D * 1e999", "this number is out of the range of 64-bit floating point", "    ^^^^^");
    shows("1e-999 * D", "this number is out of the range of 64-bit floating point", "^^^^^^");
}

#[test]
fn the_caret_stands_right_under_any_script() {
    shows("D \u{2212} 1", "`\u{2212}` means nothing in an expression; write `-`", "  ^");
    // Two columns wide.
    shows("\u{5dee}", "`\u{5dee}` means nothing in an expression", "^^");
    assert!(refused("D +\n\t\u{e9}").to_string().ends_with("\n  D +  \u{e9}\n       ^"));
}

#[test]
fn of_a_long_text_the_neighbourhood_is_shown() {
    let text = format!("{}kk3{}", "D + ".repeat(300), " + D".repeat(300));
    let shown = refused(&text).to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[1].len(), "  ......".len() + 100);
    assert_eq!(lines[2].find("^^^"), lines[1].find("kk3"));
}

#[test]
fn a_loss_sends_a_gradient_to_the_policy() {
    let message = "no gradient flows to the policy: no logp, D, r, w or rho counts outside of sg";
    shows("sg(k3)", &format!("{message}; did you mean `reward(k3)`?"), "^^^^^^");
    shows("detach( D )", &format!("{message}; did you mean `reward(D)`?"), "^^^^^^^^^^^");
    for text in ["2", "ref - old", "logp - logp", "sg(k3) * 2", "sign(D)", "where(D < 0, 1, 2)", "sum(length)"] {
        shows(text, message, &"^".repeat(text.len()));
    }
    // An expression that is no loss may be a part of one.
    assert!(Expr::parse("sg(k3)", &names()).is_ok());
    let built = Expr::log_ratio().stop().check().expect_err("it is stopped");
    assert_eq!(built.to_string(), format!("{message}\n  sg(D)\n  ^^^^^"));
}

#[test]
fn a_loss_is_finite_where_the_policies_are_equal() {
    let message = "the expression is not finite at D = 0, where the policies are equal: its value is inf, its gradient \
                   coefficient -inf";
    shows("1 / D", message, "^^^^^");
    for text in ["log(D)", "sqrt(D)", "sqrt(abs(D))", "D^-1", "log(logp)", "D / (length - 1)", "exp(1000) * D"] {
        assert!(matches!(refused(text).kind(), ErrorKind::NotFinite(..)), "{text}");
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    assert_eq!(*refused("").kind(), ErrorKind::Empty);
    assert_eq!(*refused(" \t\n").kind(), ErrorKind::Empty);
    assert!(Expr::parse_loss(&format!("D{}", " ".repeat(3_999)), &()).is_ok());
    assert_eq!(*refused(&format!("D{}", " ".repeat(4_000))).kind(), ErrorKind::TooLong(4_001));
    for (open, close) in [("(", ")"), ("exp(0 * ", ")"), ("1 + 0 * 2^(", ")"), ("2^", ""), ("2^-", "")] {
        let nested = |levels| format!("{}D{}", open.repeat(levels), close.repeat(levels));
        let levels = if open.contains("^(") { 50 } else { 100 };
        assert!(Expr::parse(&nested(levels), &()).is_ok(), "{open} {levels} times");
        assert_eq!(*refused(&nested(levels + 1)).kind(), ErrorKind::TooDeep);
        assert_eq!(*refused(&nested(300)).kind(), ErrorKind::TooDeep);
    }
    assert_eq!(*refused(&"(".repeat(4_000)).kind(), ErrorKind::TooDeep);
    assert_eq!(*refused(&"-".repeat(4_000)).kind(), ErrorKind::NoOperand);
    assert_eq!(Expr::parse_loss(&format!("{}D", "-".repeat(3_998)), &()), Ok(Expr::log_ratio()));
    // Terms side by side are not nested.
    assert!(Expr::parse_loss(&["k3"; 1_300].join("+"), &names()).is_ok());
}

/// A table may have rows that cannot stand within another.
#[test]
fn a_name_may_be_refused_with_a_reason() {
    struct Table;
    impl Names for Table {
        fn find(&self, _name: &str) -> Option<Expr> {
            None
        }

        fn all(&self) -> Vec<String> {
            vec!["k2_lambda".to_owned()]
        }

        fn refusal(&self, name: &str) -> Option<String> {
            (name == "k2_lambda").then(|| "its baseline is taken over the batch".to_owned())
        }
    }
    let error = Expr::parse("2 * k2_lambda", &Table).expect_err("it is refused").to_string();
    let message = "`k2_lambda` cannot stand within an expression: its baseline is taken over the batch";
    assert_eq!(error, format!("{message}\n  2 * k2_lambda\n      ^^^^^^^^^"));
}
