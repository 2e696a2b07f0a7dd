//! In which pieces the samples of a trial are drawn.

use super::generator::GROUP;

/// The most samples of a block, where a trial is taken in several: a quarter of a megabyte of 32-bit floats.
pub const LARGEST_BLOCK: usize = 1 << 16;

/// The sizes of the blocks in which `sample_size` samples are drawn, `largest` a positive multiple of 16.
///
/// One after the other they hold the same floats as one draw of them all. That needs blocks that end with a group of
/// 16, and a last one of 16 or more: where a draw is no multiple of 16, its last 16 values are drawn anew at the
/// end. So the last block takes in a remainder below 16, and may be 15 samples longer than `largest`.
pub fn block_sizes(sample_size: usize, largest: usize) -> impl Iterator<Item = usize> {
    assert!(largest > 0 && largest.is_multiple_of(GROUP), "blocks are a positive multiple of {GROUP} samples");
    let blocks = match sample_size % largest {
        0..GROUP => (sample_size / largest).max(1),
        _ => sample_size / largest + 1,
    };
    (0..blocks).map(move |block| if block + 1 < blocks { largest } else { sample_size - largest * (blocks - 1) })
}

#[cfg(test)]
mod tests {
    use super::super::Generator;
    use super::*;

    #[test]
    fn blocks_cover_the_draw_and_leave_no_short_end() {
        let sizes = |sample_size| block_sizes(sample_size, 32).collect::<Vec<_>>();
        assert_eq!(sizes(7), [7]);
        assert_eq!(sizes(32), [32]);
        assert_eq!(sizes(47), [47]);
        assert_eq!(sizes(48), [32, 16]);
        assert_eq!(sizes(64), [32, 32]);
        assert_eq!(sizes(79), [32, 47]);
    }

    #[test]
    fn blocks_hold_the_floats_of_one_draw() {
        for count in [7, 16, 17, 999, 50_000, 1_000_003] {
            let draws = |largest| {
                let mut generator = Generator::seeded(3);
                // Twice, because a draw also leaves the generator in a state.
                let mut normals = vec![0.0; 2 * count];
                for draw in normals.chunks_mut(count) {
                    let mut rest = draw;
                    for size in block_sizes(count, largest) {
                        let (block, later) = rest.split_at_mut(size);
                        generator.fill_standard_normal(block);
                        rest = later;
                    }
                }
                normals
            };
            assert_eq!(draws(1 << 20), draws(64), "{count} samples");
        }
    }
}
