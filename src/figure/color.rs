//! Colours: of things side by side, and of a quantity.

use plotters::style::RGBColor;

/// matplotlib's ten colours, each with three quarters of its saturation, as seaborn fills areas.
const COLORS: [RGBColor; 10] = [
    RGBColor(50, 116, 161),
    RGBColor(225, 129, 44),
    RGBColor(58, 146, 58),
    RGBColor(192, 61, 62),
    RGBColor(147, 114, 178),
    RGBColor(132, 91, 83),
    RGBColor(214, 132, 189),
    RGBColor(127, 127, 127),
    RGBColor(169, 170, 53),
    RGBColor(46, 171, 184),
];

/// The color of the thing at an index.
pub fn of_index(index: usize) -> RGBColor {
    COLORS[index % COLORS.len()]
}

/// Ten more that are told from each other and from those, as thin lines, too: most of them the same, but dark.
const MORE: [RGBColor; 10] = [
    RGBColor(27, 63, 88),
    RGBColor(123, 71, 24),
    RGBColor(32, 80, 32),
    RGBColor(105, 33, 34),
    RGBColor(80, 50, 120),
    RGBColor(208, 168, 142),
    RGBColor(170, 40, 130),
    RGBColor(170, 190, 206),
    RGBColor(92, 92, 20),
    RGBColor(20, 95, 105),
];

/// The color of one of up to twenty things, which is that of [`of_index`] for the first ten.
pub fn of_many(index: usize) -> RGBColor {
    if (index / COLORS.len()).is_multiple_of(2) { of_index(index) } else { MORE[index % MORE.len()] }
}

/// matplotlib's colour map viridis, in eighths: perceptually uniform, from dark blue to yellow.
const VIRIDIS: [RGBColor; 9] = [
    RGBColor(68, 1, 84),
    RGBColor(71, 44, 122),
    RGBColor(59, 81, 139),
    RGBColor(44, 113, 142),
    RGBColor(33, 144, 141),
    RGBColor(39, 173, 129),
    RGBColor(92, 200, 99),
    RGBColor(170, 220, 50),
    RGBColor(253, 231, 37),
];

/// The color of a quantity: the darkest for 0 and less, the brightest for 1 and more.
pub fn of_quantity(place: f64) -> RGBColor {
    let steps = VIRIDIS.len() - 1;
    let at = place.clamp(0.0, 1.0) * steps as f64;
    let below = (at as usize).min(steps - 1);
    let mix = |a: u8, b: u8| (f64::from(a) + (at - below as f64) * (f64::from(b) - f64::from(a))).round() as u8;
    let (RGBColor(r, g, b), RGBColor(to_r, to_g, to_b)) = (VIRIDIS[below], VIRIDIS[below + 1]);
    RGBColor(mix(r, to_r), mix(g, to_g), mix(b, to_b))
}
