//! Counts the allocations of training steps and predictions: a regression test for performance that does not depend on timing.
//!
//! A step that falls back from the CPU kernels to tensor operations makes several times as many allocations. A step that no
//! longer reuses its buffers allocates several times as much memory.

use allocation_counter::{AllocationInfo, measure};
use kindling::{
    activations::{Relu, Softmax},
    losses::{BinaryCrossentropy, Loss, MeanSquaredError, SparseCategoricalCrossentropy},
    metrics::{Accuracy, Mae, Metric},
    models::{IntoPart, Part},
    networks,
    optimizers::{Adam, Optimizer, RmsProp},
    prelude::*,
};

/// A model whose training steps are measured.
struct Job {
    name: &'static str,
    network: Sequential,
    optimizer: Part<dyn Optimizer>,
    loss: Part<dyn Loss>,
    metric: Part<dyn Metric>,
    /// One batch.
    samples: Samples,
    /// Recorded allocations and KiB per step, measured with two threads.
    recorded: (u64, u64),
}

/// Allowed factor above the recorded values. With more threads, each parallel operation makes a few more allocations.
const MARGIN: f64 = 1.5;

fn jobs() -> Vec<Job> {
    let digits = |samples, shape: &[usize]| {
        let pixels: Vec<u8> =
            (0..samples * 784).map(|i| if i % 5 == 0 { (i % 255) as u8 } else { 0 }).collect();
        let shape = [&[samples], shape].concat();
        Samples::new(Column::pixels((pixels, shape)).unwrap(), Column::classes(classes(samples, 10)).unwrap())
    };
    let words = |samples: usize, count: usize| {
        let texts = (0..samples).map(|sample| (0..count).map(move |i| ((i * 83 + sample) % 10_000) as u32));
        let texts = texts.map(|words| words.collect::<Vec<_>>()).map(|mut words| {
            words.sort_unstable();
            words.dedup();
            words
        });
        Column::multi_hot(texts, 10_000).unwrap()
    };
    let binary = |samples: usize| Column::classes(classes(samples, 2)).unwrap();
    let ids = (0..512 * 200).map(|i| i * 37 % 10_000).collect::<Vec<i32>>();
    let houses: Vec<[f32; 13]> = vec![std::array::from_fn(|i| i as f32 / 13.0)];
    let cnn = Sequential::new([28, 28, 1])
        .conv2d(32, [3, 3], Relu)
        .max_pooling2d([2, 2])
        .conv2d(64, [3, 3], Relu)
        .max_pooling2d([2, 2])
        .flatten()
        .dense(10, Softmax);
    let (rmsprop, accuracy) = (|| RmsProp::default().into_part(), || Accuracy.into_part());
    let (of_classes, of_two) =
        (|| SparseCategoricalCrossentropy.into_part(), || BinaryCrossentropy::default().into_part());
    vec![
        Job {
            name: "mnist",
            network: networks::mnist(512),
            optimizer: rmsprop(),
            loss: of_classes(),
            metric: accuracy(),
            samples: digits(128, &[784]).unwrap(),
            recorded: (371, 899),
        },
        Job {
            name: "imdb",
            network: networks::imdb(10_000, 16),
            optimizer: rmsprop(),
            loss: of_two(),
            metric: accuracy(),
            samples: Samples::new(words(512, 120), binary(512)).unwrap(),
            recorded: (531, 345),
        },
        Job {
            name: "reuters",
            network: networks::reuters(10_000, [64, 64]),
            optimizer: rmsprop(),
            loss: of_classes(),
            metric: accuracy(),
            samples: Samples::new(words(512, 80), Column::classes(classes(512, 46)).unwrap()).unwrap(),
            recorded: (565, 931),
        },
        Job {
            name: "boston",
            network: networks::boston(13),
            optimizer: rmsprop(),
            loss: MeanSquaredError.into_part(),
            metric: Mae.into_part(),
            samples: Samples::new(Column::floats(houses).unwrap(), Column::floats(vec![21.0]).unwrap())
                .unwrap(),
            recorded: (197, 27),
        },
        Job {
            name: "lstm",
            network: Sequential::new([28, 28]).lstm(64).dense(10, Softmax),
            optimizer: Adam::default().into_part(),
            loss: of_classes(),
            metric: accuracy(),
            samples: digits(64, &[28, 28]).unwrap(),
            recorded: (225, 525),
        },
        Job {
            name: "cnn",
            network: cnn,
            optimizer: rmsprop(),
            loss: of_classes(),
            metric: accuracy(),
            samples: digits(64, &[28, 28, 1]).unwrap(),
            recorded: (378, 344),
        },
        Job {
            name: "embedding",
            network: networks::imdb_embedding(10_000, 200, 8),
            optimizer: rmsprop(),
            loss: of_two(),
            metric: accuracy(),
            samples: Samples::new(Column::ids((ids, [512, 200])).unwrap(), binary(512)).unwrap(),
            recorded: (508, 2094),
        },
    ]
}

fn classes(samples: usize, classes: usize) -> Vec<i32> {
    (0..samples).map(|sample| (sample % classes) as i32).collect()
}

/// Returns the minimum allocations of five calls, after three warm-up calls.
fn least(mut call: impl FnMut()) -> AllocationInfo {
    (0..3).for_each(|_| call());
    let measured = (0..5).map(|_| measure(&mut call));
    measured.min_by_key(|info| (info.count_total, info.bytes_total)).expect("there are several")
}

#[test]
fn steps_allocate_no_more_than_recorded() {
    let mut above = Vec::new();
    for Job { name, network, optimizer, loss, metric, samples, recorded: (count, kib) } in jobs() {
        let mut model = network.compile(optimizer, loss, [metric]).on(&Device::flex()).unwrap();
        let step = least(|| drop(model.train_on_batch(&samples).unwrap()));
        let (now, now_kib) = (step.count_total, step.bytes_total.div_ceil(1024));
        println!("{name}: {now} allocations, {now_kib} KiB per step (recorded: {count}, {kib} KiB)");
        if now as f64 > count as f64 * MARGIN || now_kib as f64 > kib as f64 * MARGIN {
            above.push(name);
        }
    }
    assert!(above.is_empty(), "steps of {above:?} allocate more than recorded");
}

#[test]
fn predictions_for_float_inputs_do_not_allocate() {
    let lstm = Sequential::new([28, 28]).lstm(64).dense(10, Softmax);
    let cnn = Sequential::new([28, 28, 1])
        .conv2d(8, [3, 3], Relu)
        .max_pooling2d([2, 2])
        .flatten()
        .dense(10, Softmax);
    for network in [networks::mnist(512), networks::boston(784), lstm, cnn] {
        let model = network.compile(RmsProp::default(), MeanSquaredError, ()).on(&Device::flex()).unwrap();
        let predictor = model.predictor();
        let numbers: Vec<f32> = (0..784).map(|i| (i % 7) as f32 / 7.0).collect();
        let mut output = vec![0.0; model.network().layer_shapes().last().unwrap().1.iter().product()];
        let info = least(|| predictor.predict_into(&numbers, &mut output).unwrap());
        assert_eq!(info.count_total, 0, "{}", model.summary());
        // Another thread allocates its own buffers once.
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let mut output = output.clone();
                least(|| predictor.predict_into(&numbers, &mut output).unwrap()).count_total
            });
            assert_eq!(thread.join().unwrap(), 0);
        });
    }
}
