use super::*;

fn draws<const N: usize>(seed: i64, sizes: [usize; N]) -> [Vec<f32>; N] {
    let mut generator = Generator::seeded(seed);
    sizes.map(|size| {
        let mut normals = vec![0.0; size];
        generator.fill_standard_normal(&mut normals);
        normals
    })
}

#[test]
fn seeds_count_modulo_2_to_the_32() {
    assert_eq!(draws(-1, [20]), draws(u32::MAX.into(), [20]));
    assert_eq!(draws(42, [20]), draws((1 << 32) + 42, [20]));
    assert_ne!(draws(42, [20]), draws(43, [20]));
}

#[test]
fn skipping_leaves_the_generator_where_drawing_does() {
    for size in [1, 7, 15, 16, 17, 1000] {
        for count in [0, 1, 2, 5] {
            let [mut skipped, mut drawn] = [Generator::seeded(3), Generator::seeded(3)];
            let [mut next, mut same] = [vec![0.0; size], vec![0.0; size]];
            // From a new seed, and from where that has led to.
            for _ in 0..2 {
                skipped.skip(count, size);
                skipped.fill_standard_normal(&mut next);
                (0..=count).for_each(|_| drawn.fill_standard_normal(&mut same));
                assert_eq!(next, same, "{count} draws of {size} skipped");
            }
        }
    }
}

#[test]
fn several_draws_at_once_are_those_one_by_one() {
    for size in [3, 16, 33] {
        let mut together = Drawn::default();
        Generator::seeded(7).draw(3, size, &mut together);
        assert_eq!(together.normals(), draws(7, [size; 3]).concat(), "{size}");
    }
}

#[test]
fn memory_is_used_again_whatever_was_drawn_before() {
    let mut drawn = Drawn::default();
    for size in [40, 3, 16, 1, 100] {
        Generator::seeded(5).draw(2, size, &mut drawn);
        assert_eq!(drawn.normals(), draws(5, [size; 2]).concat(), "{size}");
    }
}

#[cfg(feature = "libtorch")]
mod beside_libtorch {
    use super::{GROUP, draws};
    use crate::engine::TorchGenerator;

    #[test]
    fn samples_are_libtorchs() {
        for seed in [0, 42, -7] {
            let sizes = [7, 1, 16, 17, 999, 15, 4096, 50_000, 3, 1_000_003];
            let ours = draws(seed, sizes);
            let mut generator = TorchGenerator::seeded(seed);
            for (size, ours) in sizes.into_iter().zip(ours) {
                let mut theirs = vec![0.0; size];
                generator.fill_standard_normal(&mut theirs);
                let largest = theirs.iter().zip(&ours).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                // Groups have the very bits where libtorch has AVX2. Elsewhere an angle of up to 2 pi is rounded by 2.4e-7, by
                // either, and multiplied with a radius of up to 5.8. What is made in 64 bits may be rounded to a neighbour.
                let bound = match (size < GROUP, has_avx2()) {
                    (true, _) => 4.8e-7,
                    (false, true) => 0.0,
                    (false, false) => 3e-6,
                };
                assert!(largest <= bound, "seed {seed}, {size} samples: {largest:e} apart");
            }
        }
    }

    fn has_avx2() -> bool {
        #[cfg(target_arch = "x86_64")]
        return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        #[cfg(not(target_arch = "x86_64"))]
        false
    }
}
