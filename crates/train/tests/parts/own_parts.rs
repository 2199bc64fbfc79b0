//! Custom losses, metrics, layers and other types work like built-in ones in compile, fit, evaluate, predict,
//! histories, experiments and searches.

use crate::common::{assert_close, cpu, floats, json, kernel_and_bias, numbers, parameters, values, wide};
use crate::parts::{
    Alternating, BurnAdamW, Lion, Logarithm, Notebook, Powers, Remainders, Swish, Within, by_hand, model,
    samples,
};
use burn::tensor::Device;
use kindling_data::{Column, Samples, preprocessing::Transform};
use kindling_models::{IntoPart, Part, Sequential, Weights, activations::Linear, layers::Dense};
use kindling_train::{
    Compile, FitOptions,
    callbacks::{EarlyStopping, ModelCheckpoint},
    experiments::{Experiment, FoldResult, Search, SearchPlan, SearchSpace, Trial, cross_validate},
    losses::{self, MeanSquaredError},
    metrics::Direction,
    optimizers::{Optimizer, Sgd},
    schedules::LearningRate,
};
use serde::Deserialize;

fn options() -> FitOptions {
    FitOptions::new().epochs(4).batch_size(8)
}

#[test]
fn custom_types_train_together_and_are_in_the_history() {
    let samples = samples();
    let mut model = model(0);
    let before = model.evaluate(&samples).unwrap();
    let history = model.fit(&samples, &options().epochs(30).validation_split(0.2)).unwrap();
    let names: Vec<&str> = history.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loss", "within", "val_loss", "val_within"]);
    assert_eq!(history.direction("val_within"), Some(Direction::Max));
    let after = model.evaluate(&samples).unwrap();
    assert!(after.loss().unwrap() < before.loss().unwrap() / 2.0, "{before}; {after}");
}

#[test]
fn evaluation_uses_the_custom_loss_and_metric() {
    let samples = samples();
    let mut model = model(0);
    model.fit(&samples, &options()).unwrap();
    let logs = model.evaluate(&samples).unwrap();
    let (loss, within) = by_hand(&model.predict(&samples).unwrap(), &samples.targets()[0].data());
    assert_close(&[logs.loss().unwrap(), logs.get("within").unwrap()], &[loss, within], 1e-5);
    assert!(within > 0.0 && within < 1.0, "{within}");
}

#[test]
fn sample_weights_apply_to_custom_losses() {
    let samples = samples();
    let weights: Vec<f32> = (0..60).map(|i| (i % 3) as f32).collect();
    let model = model(0);
    let predictions = model.predict(&samples).unwrap();
    let errors =
        values(&predictions).iter().zip(samples.targets()[0].data().iter::<f32>().collect::<Vec<_>>());
    let expected: f64 = errors
        .zip(&weights)
        .map(|((own, target), weight)| f64::from(weight * (own - target).abs().powf(1.5)))
        .sum::<f64>()
        / 60.0;
    let weighted = samples.clone().with_sample_weight(weights).unwrap();
    assert_close(&[model.evaluate(&weighted).unwrap().loss().unwrap()], &[expected], 1e-5);
}

#[test]
fn custom_layer_has_a_summary_weights_and_a_penalty() {
    let mut model = model(0);
    let summary = model.summary();
    // Trainable: scale and shift of the normalization, and the factors. The running statistics are not trainable.
    assert!(summary.contains("scaled (Scaled)") && summary.contains("Non-trainable params: 8 "), "{summary}");
    assert!(summary.contains(&format!("Trainable params: {} ", 4 + 4 + 4 + 4 * 6 + 6 + 6 + 1)), "{summary}");
    let names: Vec<String> = model.weights().unwrap().iter().map(|(name, _)| name.to_owned()).collect();
    let scaled = [
        "scaled.norm.gamma",
        "scaled.norm.beta",
        "scaled.norm.running_mean",
        "scaled.norm.running_var",
        "scaled.factors",
    ];
    assert_eq!(names[..5], scaled);
    // The penalty is 0.01 times four squares of one, in addition to the loss of the same batch. This network has no
    // dropout.
    let stack = Sequential::new(4).layer(crate::parts::Scaled::new(0.01)).dense(1, Linear);
    let compiled = |penalty| {
        let stack = match penalty {
            true => stack.clone(),
            false => Sequential::new(4).layer(crate::parts::Scaled::new(0.0)).dense(1, Linear),
        };
        stack.compile(Sgd::new(1e-38), Powers::new(1.5), ()).on(&Device::flex()).unwrap()
    };
    let loss = |penalty| compiled(penalty).train_on_batch(&samples()).unwrap().loss().unwrap();
    assert_close(&[loss(true) - loss(false)], &[0.04], 1e-5);
    let error = Sequential::new([2, 2])
        .layer(crate::parts::Scaled::new(0.0))
        .compile(Sgd::default(), MeanSquaredError, ())
        .on(&Device::flex());
    assert_eq!(
        error.unwrap_err().to_string(),
        "layer scaled: it takes vectors, gets samples of shape [2, 2]: add a flatten layer"
    );
    model.fit(&samples(), &options()).unwrap();
}

#[test]
fn custom_initializer_and_activation_are_applied() {
    let dense = Dense::new(2).activation(Swish::new(2.0)).kernel_initializer(Alternating::new(0.5));
    let network = Sequential::new(2).layer(dense);
    let model = network.compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex()).unwrap();
    assert_eq!(parameters(&model.weights().unwrap()), [0.5, -0.5, 0.5, -0.5, 0.0, 0.0]);
    // The logits are 1.5 and -1.5.
    let predictions = model.predict(&Samples::inputs_only(floats(&[1.0, 2.0], [1, 2]))).unwrap();
    let swish = |x: f64| x / (1.0 + (-2.0 * x).exp());
    assert_close(&wide(values(&predictions)), &[swish(1.5), swish(-1.5)], 1e-6);
}

#[test]
fn burn_optimizers_use_burns_clipping() {
    let step = |optimizer: &dyn Fn() -> Part<dyn Optimizer>| {
        let network = Sequential::new(1).dense(1, Linear);
        let mut model = network.compile(optimizer(), MeanSquaredError, ()).on(&Device::flex()).unwrap();
        model.set_weights(&kernel_and_bias(0.0, 0.0)).unwrap();
        model.train_on_batch(&numbers(&[1.0])).unwrap();
        wide(&parameters(&model.weights().unwrap()))
    };
    // The step of Lion depends only on the sign of the gradient.
    assert_close(&step(&|| Lion { learning_rate: 0.25.into() }.into_part()), &[0.25, 0.25], 1e-7);
    // So does the first step of Adam, apart from Burn's epsilon of 1e-5, added to a gradient that is clipped to 0.1.
    let first = 0.25 * 0.1 / (0.1 + 1e-5);
    assert_close(&step(&|| BurnAdamW { learning_rate: 0.25 }.into_part()), &[first, first], 1e-6);
}

#[test]
fn callback_can_read_the_rate_of_a_custom_schedule() {
    let mut notebook = Notebook::default();
    let mut model = model(0);
    assert_eq!(model.learning_rate(), 0.01);
    let history = model.fit_with(&samples(), &options(), &mut [&mut notebook]).unwrap();
    // There are 8 steps per epoch. The rate after a step is that of the next step.
    let rates: Vec<f64> = (1..=32).map(|step: i32| 0.01 * 0.5_f64.powi(step / 10)).collect();
    assert_eq!(notebook.rates, rates);
    assert_eq!(notebook.within, history.get("within"));
    assert_eq!(history.get("epochs"), [1.0, 2.0, 3.0, 4.0]);
    let error = model.set_learning_rate(0.1).unwrap_err().to_string();
    assert!(error.contains("Halved"), "{error}");
}

#[test]
fn preprocessing_is_applied_in_all_methods() {
    let samples = samples();
    let transformed = Logarithm::new().transform_samples(&samples).unwrap();
    let stack = || Sequential::new(4).dense(3, Swish::new(1.0)).dense(1, Linear);
    let compile = || stack().compile(Sgd::new(0.05), Powers::new(1.5), [Within::new(0.25)]);
    let mut inside = compile().preprocessing(Logarithm::new()).on(&Device::flex()).unwrap();
    let mut outside = compile().on(&Device::flex()).unwrap();
    let options = options().validation_split(0.25);
    assert_eq!(inside.fit(&samples, &options).unwrap(), outside.fit(&transformed, &options).unwrap());
    assert_eq!(inside.evaluate(&samples).unwrap(), outside.evaluate(&transformed).unwrap());
    assert_eq!(inside.predict(&samples).unwrap(), outside.predict(&transformed).unwrap());
    assert_eq!(inside.train_on_batch(&samples).unwrap(), outside.train_on_batch(&transformed).unwrap());
    let validated = options.validation_data(&samples.slice(0..10));
    let outside_options = self::options().validation_data(&transformed.slice(0..10));
    assert_eq!(
        inside.fit(&samples, &validated).unwrap(),
        outside.fit(&transformed, &outside_options).unwrap()
    );
}

#[test]
fn custom_splitter_works_with_cross_validation() {
    let x: Vec<f32> = (0..10).map(|i| i as f32).collect();
    let samples = Samples::new(Column::floats(x.clone()).unwrap(), Column::floats(x).unwrap()).unwrap();
    let validation = cross_validate(&samples, &Remainders(3), &cpu(2), |fold, device| {
        let positions: Vec<f32> = fold.validation.input().iter().collect();
        let expected: Vec<f32> = (0..10).filter(|i| i % 3 == fold.index).map(|i| i as f32).collect();
        assert_eq!(positions, expected);
        let stack = Sequential::new(1).dense(1, Linear);
        let mut model = stack.compile(Sgd::new(0.001), Powers::new(2.0), [Within::new(1.0)]).on(device)?;
        let history = model.fit(&fold.train, &FitOptions::new())?;
        Ok(FoldResult { history, score: model.evaluate(&fold.validation)? })
    });
    assert_eq!(validation.unwrap().scores("within").len(), 3);
}

/// The settings of a search, which include a custom optimizer.
#[derive(Debug, PartialEq, Deserialize)]
struct Settings {
    units: usize,
    optimizer: Part<dyn Optimizer>,
}

#[test]
fn experiments_and_searches_work_on_any_number_of_threads() {
    let samples = samples();
    let run = |jobs| {
        let experiment = Experiment::new(&samples.slice(0..40), &samples.slice(40..60), &options());
        let experiment = experiment.variant("own", |seed, device| crate::parts::compiling(seed).on(device));
        let comparison = experiment
            .seeds(0..4)
            .callbacks(|_, _| vec![Box::new(Notebook::default())])
            .run(&cpu(jobs))
            .unwrap();
        comparison.variants()[0].histories.iter().map(json).collect::<Vec<_>>()
    };
    let one = run(1);
    assert!(one == run(2) && one == run(5));
    assert_ne!(one[0], one[1]);

    let optimizers: [Part<dyn Optimizer>; 2] =
        [0.01, 0.1].map(|rate| Lion { learning_rate: rate.into() }.into_part());
    let space = SearchSpace::new().choice("units", [2, 8]).choice("optimizer", optimizers);
    let folder = tempfile::tempdir().unwrap();
    let search = |jobs: usize| {
        let path = folder.path().join(format!("{jobs}.json"));
        let search = Search::open(SearchPlan::grid(space.clone()), path).unwrap();
        search.run(&cpu(jobs), |settings: &Settings, device| {
            let network = Sequential::new(4).dense(settings.units, Swish::new(1.0)).dense(1, Swish::new(1.0));
            let optimizer = settings.optimizer.clone();
            let compiling = network.compile(optimizer, Powers::new(1.5), [Within::new(0.5)]);
            let mut model = compiling.preprocessing(Logarithm::new()).on(device)?;
            Ok(model.fit(&samples, &options().validation_split(0.25))?.best("val_within"))
        })
    };
    let trials = search(1).unwrap();
    assert_eq!(trials, search(3).unwrap());
    assert!(Trial::best(&trials, Direction::Max).unwrap().score.unwrap().value > 0.0);
}

#[test]
fn callbacks_can_monitor_custom_metrics() {
    let samples = samples();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("best.safetensors");
    let mut stopping = EarlyStopping::new("val_within").patience(3).restore_best_weights(true);
    let mut checkpoint = ModelCheckpoint::new(&path).save_best_only("val_within");
    let mut model = model(0);
    let options = options().epochs(40).validation_split(0.25);
    let history = model.fit_with(&samples, &options, &mut [&mut stopping, &mut checkpoint]).unwrap();
    let best = history.best("val_within").unwrap();
    assert_eq!(stopping.best_epoch(), Some(best.epoch - 1));
    let validated = model.evaluate(&samples.slice(45..60)).unwrap();
    assert_eq!(validated.get("within"), Some(best.value));
    let restored = model.weights().unwrap();
    model.set_weights(&Weights::read(&path).unwrap()).unwrap();
    assert_eq!(model.weights().unwrap(), restored);
}

#[test]
fn closures_can_be_losses_and_schedules() {
    let cubic = losses::from_fn("cubic", |predicted, target| (predicted - target).abs().powi_scalar(3));
    let optimizer = Sgd::new(LearningRate::from_fn(|step| 0.5 / (1 + step) as f64));
    let network = Sequential::new(1).dense(1, Linear);
    let mut model = network.compile(optimizer, cubic, [Within::new(1.5)]).on(&Device::flex()).unwrap();
    model.set_weights(&kernel_and_bias(0.0, 0.0)).unwrap();
    // d |1 - p|³ / dp = -3 (1 - p)². Kernel and bias each change by half of the step.
    let history = model.fit(&numbers(&[1.0]), &FitOptions::new()).unwrap();
    assert_eq!((history.get("loss"), history.get("within")), (&[1.0][..], &[1.0][..]));
    assert_eq!(parameters(&model.weights().unwrap()), [1.5, 1.5]);
    assert_eq!(model.learning_rate(), 0.25);
}
