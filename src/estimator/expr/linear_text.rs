//! The text of a linear form, which parses to exactly that form.

use super::format::{Binding, Text, number};
use super::linear::Linear;

pub(super) fn text(form: Linear) -> Text {
    if form.slope == form.natural_slope() {
        return value(form);
    }
    let stopped = Text::new(format!("sg({})", value(form).text), Binding::Operand);
    let is_zero = form.stop() == Linear::ZERO;
    let live = (form.slope != 0.0).then_some(Term { factor: form.slope, name: "logp - sg(logp)", reversed: None });
    match live {
        None => stopped,
        Some(live) if is_zero => live.first(),
        Some(live) => joined(stopped, &[live]),
    }
}

/// A multiple of a name, or of a difference of two names, which has another text where it is reversed.
#[derive(Clone, Copy)]
struct Term {
    factor: f64,
    name: &'static str,
    reversed: Option<&'static str>,
}

/// The text that has this value, whatever its slope.
fn value(form: Linear) -> Text {
    let terms = terms(form);
    let constant = number(form.constant);
    match terms.split_first() {
        None if form.per_token => plus_constant(Text::new("0 * D", Binding::Product), form.constant),
        None => constant,
        // 1 - D reads better than -D + 1.
        Some((first, _)) if first.factor < 0.0 && form.constant > 0.0 => joined(constant, &terms),
        Some((first, others)) => plus_constant(joined(first.first(), others), form.constant),
    }
}

fn terms(form: Linear) -> Vec<Term> {
    let term = |factor, name| Term { factor, name, reversed: None };
    let rho = |factor| Term { factor, name: "logp - old", reversed: Some("old - logp") };
    match (form.log_prob, form.log_ratio, form.log_rho) {
        (a, b, 0.0) if a == -b && a != 0.0 => vec![term(a, "ref")],
        (a, 0.0, g) if a == -g && a != 0.0 => vec![term(a, "old")],
        (0.0, b, g) if b == -g && b != 0.0 => {
            vec![Term { factor: b, name: "old - ref", reversed: Some("ref - old") }]
        }
        (a, b, g) => {
            let all = [term(a, "logp"), term(b, "D"), rho(g)];
            all.into_iter().filter(|term| term.factor != 0.0).collect()
        }
    }
}

impl Term {
    /// The text of the term where it stands first.
    fn first(self) -> Text {
        match (self.factor, self.reversed) {
            (1.0, _) => self.alone(),
            (-1.0, Some(reversed)) => Text::new(reversed, Binding::Sum),
            (-1.0, None) => Text::new(format!("-{}", self.alone().at_least(Binding::Sign)), Binding::Sign),
            _ if self.factor < 0.0 => Text::new(format!("-{}", self.size().text), Binding::Product),
            _ => self.size(),
        }
    }

    /// The text of the term without its sign.
    fn size(self) -> Text {
        let factor = self.factor.abs();
        let name = self.alone();
        let (decimal, divisor) = (number(factor).text, (1.0 / factor).round());
        if factor == 1.0 {
            name
        } else if decimal.len() > 6 && (2.0..=1000.0).contains(&divisor) && 1.0 / divisor == factor {
            Text::new(format!("{} / {divisor}", name.at_least(Binding::Product)), Binding::Product)
        } else {
            Text::new(format!("{decimal} * {}", name.at_least(Binding::Sign)), Binding::Product)
        }
    }

    fn alone(self) -> Text {
        Text::new(self.name, if self.name.contains(' ') { Binding::Sum } else { Binding::Operand })
    }
}

fn joined(first: Text, others: &[Term]) -> Text {
    others.iter().fold(first, |text, term| {
        let sign = if term.factor < 0.0 { '-' } else { '+' };
        let size = term.size().at_least(Binding::Product);
        Text::new(format!("{} {sign} {size}", text.text), Binding::Sum)
    })
}

fn plus_constant(text: Text, constant: f64) -> Text {
    if constant == 0.0 {
        return text;
    }
    let sign = if constant < 0.0 { '-' } else { '+' };
    Text::new(format!("{} {sign} {}", text.text, number(constant.abs()).text), Binding::Sum)
}
