//! The inner loops of the score engine on one trial of the article's size, beside the draw of its samples, by libtorch too: in CPU time, which
//! other programs on the machine disturb least.

use criterion::{Bencher, Criterion, Throughput, criterion_group, criterion_main};
use klgrad::engine::Generator;
use klgrad::engine::sums::Sums;
use klgrad::estimator::expr::Expr;
use klgrad::estimator::{Estimator, TABLE, Table};
use klgrad::policy::Problem;
use std::hint::black_box;
use std::time::Duration;
use tch::{Device, Kind, Tensor};

const SAMPLES: usize = 50_000;

/// Losses that a tape evaluates, the last of a dozen operations.
const ON_TAPE: [&str; 4] = [
    "abs(D)",
    "clamp(k3, -10, 10)",
    "chi2 * sg(min(w, 2))",
    "clamp(rho * (expm1(-D) + D), -10, 10) + 0.1 * abs(D) * min(w, 2)",
];

fn bench(criterion: &mut Criterion) {
    tch::set_num_threads(1);
    let mut group = criterion.benchmark_group("50,000 samples");
    group.throughput(Throughput::Elements(SAMPLES as u64));
    let mut tensor = Tensor::empty([SAMPLES as i64], (Kind::Float, Device::Cpu));
    group.bench_function("libtorch's generator alone", |bencher| by_cpu_time(bencher, || tensor.normal_(0.0, 1.0)));

    let (mut generator, mut normals) = (Generator::seeded(42), vec![0.0; SAMPLES]);
    group.bench_function("klgrad's generator alone", |bencher| {
        by_cpu_time(bencher, || generator.fill_standard_normal(&mut normals));
    });
    group.bench_function("klgrad's generator, skipping", |bencher| by_cpu_time(bencher, || generator.skip(1, SAMPLES)));
    let mut bench = |name: &str, sums: Sums| {
        group.bench_function(name, |bencher| by_cpu_time(bencher, || sums.over(black_box(&normals))));
    };
    let problem = Problem::default().as_held().expect("its numbers are in range");
    let named: Vec<Expr> = Estimator::all().iter().map(|estimator| estimator.expression().clone()).collect();
    bench("k1 and k2", Sums::new(&problem, &named[..2], false));
    bench("the article's five", Sums::new(&problem, &named[..5], false));
    bench("fifteen named estimators, with baselines", Sums::new(&problem, &named[..15], true));
    bench(&format!("all {} named estimators", TABLE.len()), Sums::new(&problem, &named, true));
    let off_policy = Problem { behaviour: problem.reference, ..problem };
    bench("rho * k3, off-policy", Sums::new(&off_policy, [&parsed("rho * k3")], false));
    for text in ON_TAPE {
        bench(text, Sums::new(&problem, [&parsed(text)], false));
    }
}

fn parsed(text: &str) -> Expr {
    Expr::parse_loss(text, &Table).expect("it is a loss")
}

/// The time that this thread has been at work, without what other programs have taken.
fn by_cpu_time<T>(bencher: &mut Bencher, mut run: impl FnMut() -> T) {
    bencher.iter_custom(|iterations| {
        let start = cpu_time();
        (0..iterations).for_each(|_| drop(black_box(run())));
        cpu_time() - start
    });
}

fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for the one value that is written.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "the clock is there");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

criterion_group!(benches, bench);
criterion_main!(benches);
