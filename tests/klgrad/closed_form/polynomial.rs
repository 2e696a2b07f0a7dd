//! Polynomials in z, and their expectations under a normal distribution.

/// Coefficients of the powers of z, from the zeroth.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Polynomial(pub(super) Vec<f64>);

impl Polynomial {
    pub(super) fn constant(value: f64) -> Self {
        Self(vec![value])
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|&coefficient| coefficient == 0.0)
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let at = |polynomial: &Self, power: usize| polynomial.0.get(power).copied().unwrap_or(0.0);
        Self((0..self.0.len().max(other.0.len())).map(|power| at(self, power) + at(other, power)).collect())
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product = vec![0.0; (self.0.len() + other.0.len()).saturating_sub(1)];
        for (i, a) in self.0.iter().enumerate() {
            for (j, b) in other.0.iter().enumerate() {
                product[i + j] += a * b;
            }
        }
        Self(product)
    }

    pub(super) fn scaled(&self, factor: f64) -> Self {
        Self(self.0.iter().map(|coefficient| factor * coefficient).collect())
    }

    pub(super) fn to_the(&self, exponent: u32) -> Self {
        (0..exponent).fold(Self::constant(1.0), |power, _| power.times(self))
    }

    /// Its expectation under N(mean, variance), by the moments' recurrence
    /// E[z^(k+1)] = mean E[z^k] + k variance E[z^(k-1)].
    pub(super) fn normal_expectation(&self, mean: f64, variance: f64) -> f64 {
        let (mut previous, mut moment, mut sum) = (0.0, 1.0, 0.0);
        for (power, coefficient) in self.0.iter().enumerate() {
            sum += coefficient * moment;
            (previous, moment) = (moment, mean * moment + power as f64 * variance * previous);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_those_of_the_normal_distribution() {
        let cube = Polynomial(vec![2.0, 1.0]).to_the(3);
        assert_eq!(cube, Polynomial(vec![8.0, 12.0, 6.0, 1.0]));
        // E[z^2] = m^2 + v, E[z^3] = m^3 + 3 m v.
        assert_eq!(cube.normal_expectation(3.0, 0.5), 8.0 + 36.0 + 6.0 * 9.5 + 27.0 + 4.5);
        assert_eq!(cube.plus(&cube.scaled(-1.0)).normal_expectation(3.0, 0.5), 0.0);
    }
}
