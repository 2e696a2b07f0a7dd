//! Smaller images, whose pixels are averages.

/// The image with three bytes a pixel in which each square of `SIDE` times `SIDE` pixels of this one, up to 16 times 16, is one
/// pixel: the average of its colors, rounded.
///
/// `image::imageops::thumbnail` gives the same bytes, but looks each of them up, which takes a third of the time of a figure.
pub(super) fn average<const SIDE: usize>(pixels: &[u8], width: u32) -> Vec<u8> {
    let (row, count) = (3 * width as usize, (SIDE * SIDE) as u16);
    let mut averages = vec![0; pixels.len() / (SIDE * SIDE)];
    let mut sums = vec![0; row];
    for (averages, rows) in averages.chunks_exact_mut(row / SIDE).zip(pixels.chunks_exact(SIDE * row)) {
        // First down the columns, which the CPU's vectors do.
        sums.fill(0);
        for pixels in rows.chunks_exact(row) {
            sums.iter_mut().zip(pixels).for_each(|(sum, &byte)| *sum += u16::from(byte));
        }
        let squares = sums.as_chunks::<3>().0.as_chunks::<SIDE>().0;
        for (average, square) in averages.as_chunks_mut::<3>().0.iter_mut().zip(squares) {
            for (color, average) in average.iter_mut().enumerate() {
                let sum: u16 = square.iter().map(|pixel| pixel[color]).sum();
                *average = ((sum + count / 2) / count) as u8;
            }
        }
    }
    averages
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;
    use image::imageops::thumbnail;

    fn check<const SIDE: usize>(width: u32, height: u32) {
        let side = SIDE as u32;
        let bytes = (0..3 * width * height * side * side).map(|index| (index * index % 251) as u8).collect::<Vec<_>>();
        let image = RgbImage::from_raw(width * side, height * side, bytes.clone()).unwrap();
        assert_eq!(average::<SIDE>(&bytes, width * side), thumbnail(&image, width, height).into_raw(), "{SIDE}");
    }

    #[test]
    fn is_the_thumbnail() {
        check::<3>(4, 3);
        check::<2>(5, 2);
        check::<4>(1, 1);
        check::<1>(2, 2);
    }

    #[test]
    fn the_largest_square_may_be_white() {
        assert_eq!(average::<16>(&[255; 3 * 16 * 16], 16), [255; 3]);
    }
}
