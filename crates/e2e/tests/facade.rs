//! Uses the library as a crate whose only dependency is `kindling`.

use kindling::{
    activations,
    burn::{self, config::Config, nn::*, tensor::Tensor},
    losses::{Loss, MeanSquaredError, Output, Target},
    metrics::Mae,
    optimizers::Sgd,
    prelude::*,
    typetag,
};

/// Samples of `y = 3 x - 1`.
fn line() -> Samples {
    let x = [[-1.0], [0.0], [1.0], [2.0]];
    let y = x.map(|[x]| 3.0 * x - 1.0);
    Samples::new(Column::floats(x).unwrap(), Column::floats(y).unwrap()).unwrap()
}

/// A custom network with a Burn layer.
#[derive(burn::module::Module, Debug)]
struct Line {
    linear: Linear,
}

impl Network for Line {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([1])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("y", [1])]
    }

    fn forward(&self, inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        Ok(vec![self.linear.forward(inputs[0].clone().tensor::<2>()?).into()])
    }
}

#[test]
fn burn_layers_and_the_prelude_can_be_imported_together() {
    let device: Device = backend::default_device().unwrap();
    let samples = line();
    let build = |init: &mut Init| Ok(Line { linear: LinearConfig::new(1, 1).init(init.device()) });
    let mut own = Model::new(build, Sgd::new(0.1), MeanSquaredError, [Mae]).on(&device).unwrap();
    let options = FitOptions::new().epochs(200).batch_size(4);
    let history: History = own.fit(&samples, &options).unwrap();
    assert!(history.best("mae").unwrap().value < 1e-3, "{history}");

    let stack = Sequential::new(1).dense(1, activations::Linear);
    let mut model = stack.compile(Sgd::new(0.1), MeanSquaredError, [Mae]).on(&device).unwrap();
    model.fit(&samples, &options).unwrap();
    for predictions in [own.predict(&samples).unwrap(), model.predict(&samples).unwrap()] {
        let predictions: TensorData = predictions;
        for (predicted, expected) in predictions.iter::<f64>().zip([-4.0, -1.0, 2.0, 5.0]) {
            assert!((predicted - expected).abs() < 5e-3, "{predicted} {expected}");
        }
    }
    // Both libraries have a `Dropout`: the config in scope is Burn's.
    assert_eq!(DropoutConfig::new(0.5).init().prob, 0.5);
}

/// `|predicted - target|^power`.
#[derive(Config, Debug)]
struct Power {
    power: f64,
}

#[typetag::serde]
impl Loss for Power {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        output.per_sample((output.predictions() - target.values()).abs().powf_scalar(self.power))
    }
}

#[test]
fn a_custom_loss_is_written_and_saved_without_another_dependency() {
    let device = backend::default_device().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    let stack = Sequential::new(1).dense(1, activations::Linear);
    let model = stack.compile(Sgd::new(0.1), Power::new(4.0), ()).seed(3).on(&device).unwrap();
    let loss = model.evaluate(&line()).unwrap().loss().unwrap();
    // The initial bias is 0, so the loss follows from the kernel.
    let kernel = model.weights().unwrap().iter().next().unwrap().1.iter::<f64>().next().unwrap();
    let expected = [-1.0, 0.0, 1.0, 2.0].map(|x: f64| (kernel * x - (3.0 * x - 1.0)).powi(4));
    let expected = expected.iter().sum::<f64>() / 4.0;
    assert!((loss - expected).abs() < 1e-4 * expected, "{loss} {expected}");
    model.save(&path).unwrap();
    let loaded = Model::load(&path, &device).unwrap();
    assert_eq!(loaded.evaluate(&line()).unwrap().loss(), Some(loss));
}

#[test]
fn library_errors_do_not_mention_command_line_flags() {
    let unknown = backend::device("abacus").unwrap_err().to_string();
    assert!(unknown.starts_with("there is no backend \"abacus\": choose one of "), "{unknown}");
    let missing = ["cuda", "rocm", "cpu", "metal"];
    let missing = missing.into_iter().find(|name| backend::compiled_in().all(|own| own != *name)).unwrap();
    let missing = backend::device(missing).unwrap_err().to_string();
    assert!(missing.contains("in Cargo.toml as kindling = { .., features = [\""), "{missing}");
    let nowhere = DataOptions::default().dir("/nonexistent");
    let not_found = mnist::load(&nowhere).unwrap_err().to_string();
    let no_mirror = DataOptions::default().choice(DataChoice::Full).cache_dir("/nonexistent");
    let no_mirror = mnist::load(&no_mirror.mirrors(Vec::<String>::new())).unwrap_err().to_string();
    for error in [unknown, missing, not_found, no_mirror] {
        assert!(!error.contains("--"), "{error}");
    }
}
