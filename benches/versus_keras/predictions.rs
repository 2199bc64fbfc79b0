//! Measures predictions.

use std::time::{Duration, Instant};

use kindling::{
    data::Kind,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
};

use crate::{
    common::{Fields, median},
    jobs::{Job, Task},
};

/// Number of samples per call for the measurement of many samples.
const MANY: usize = 10_000;
/// Number of warm-up predictions of one sample.
const WARM_UP: usize = 20;
/// Minimum number and total time of the measured predictions of one sample, and their maximum number.
const LEAST: (usize, Duration) = (200, Duration::from_millis(500));
const MOST: usize = 5_000;

/// Trains for one epoch (the prediction time does not depend on the accuracy) and measures predictions of test samples: the
/// median time for one sample, and the median of three calls for 10,000 samples.
pub fn measure(job: Job, data: &DataOptions) -> anyhow::Result<Fields> {
    let mut task = Task::open(job, data)?;
    if job == Job::Boston {
        let scaler = StandardScaler::fit(&task.train.input())?;
        (task.train, task.test) =
            (scaler.transform_samples(&task.train)?, scaler.transform_samples(&task.test)?);
    }
    let mut model = task.model(0, &backend::default_device()?)?;
    model.fit(&task.train, &task.options().epochs(1))?;
    let predictor = model.predictor();

    // `predict_into` takes only floats; ids are predicted as `Samples`.
    let takes_ids = task.test.inputs()[0].kind() == Kind::Ids;
    let mut output = vec![0.0; predictor.predict(&task.test.slice(0..1))?.num_elements()];
    let samples = |index: usize| {
        let place = index % task.test.len();
        task.test.slice(place..place + 1)
    };
    let with_predict = median_us(|index| {
        let sample = samples(index);
        let start = Instant::now();
        std::hint::black_box(predictor.predict(&sample)?);
        Ok(start.elapsed())
    })?;
    let single = match takes_ids {
        true => with_predict,
        false => median_us(|index| {
            let numbers: Vec<f32> = samples(index).input().iter::<f32>().collect();
            let start = Instant::now();
            predictor.predict_into(&numbers, &mut output)?;
            Ok(start.elapsed())
        })?,
    };

    let places: Vec<usize> = (0..MANY).map(|index| index % task.test.len()).collect();
    let many = task.test.select(&places)?;
    predictor.predict(&many)?;
    let together = (0..3).map(|_| {
        let start = Instant::now();
        std::hint::black_box(predictor.predict(&many)?);
        Ok(start.elapsed().as_secs_f64())
    });
    let together = together.collect::<anyhow::Result<Vec<f64>>>()?;
    Ok(Fields::from_iter([
        ("predict_one_us".into(), single.into()),
        ("predict_us".into(), with_predict.into()),
        (
            "predict_one_with".into(),
            if takes_ids { "Predictor::predict" } else { "Predictor::predict_into" }.into(),
        ),
        ("predict_10000_s".into(), median(&together).into()),
    ]))
}

/// Returns the median time of a call in microseconds. `call` gets the index of the call.
fn median_us(mut call: impl FnMut(usize) -> anyhow::Result<Duration>) -> anyhow::Result<f64> {
    for index in 0..WARM_UP {
        call(index)?;
    }
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.len() < MOST && (times.len() < LEAST.0 || begin.elapsed() < LEAST.1) {
        times.push(call(times.len())?.as_secs_f64() * 1e6);
    }
    Ok(median(&times))
}
