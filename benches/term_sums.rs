//! The inner loop of the score engine on one trial of the article's size, beside the draw of its samples.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use klgrad::engine::term_sums::{Pair, TermSums, Wanted};
use klgrad::experiment::Settings;
use std::hint::black_box;
use tch::{Device, Kind, Tensor};

const SAMPLES: usize = 50_000;

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("50,000 samples");
    group.throughput(Throughput::Elements(SAMPLES as u64));
    let mut tensor = Tensor::empty([SAMPLES as i64], (Kind::Float, Device::Cpu));
    group.bench_function("generator alone", |bencher| bencher.iter(|| tensor.normal_(0.0, 1.0)));

    let normals: Vec<f32> = Vec::try_from(&tensor).expect("the tensor has one dimension of 32-bit floats");
    let pair = Pair::new(&Settings::default());
    let sums = [("sums without the ratio", false, false), ("sums", true, false), ("sums and baselines", true, true)];
    for (name, ratio, baselines) in sums {
        let wanted = Wanted { ratio, baselines };
        group.bench_function(name, |bencher| bencher.iter(|| TermSums::of(black_box(&normals), &pair, wanted)));
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
