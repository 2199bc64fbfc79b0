//! Gradient clipping and weight decay match Keras.

use crate::common::{assert_close, data, floats, parameters};
use burn::{
    config::Config,
    grad_clipping::GradientClippingConfig,
    module::{Module, Param},
    nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig},
    optim::{ModuleOptimizer, SgdConfig},
    tensor::{Device, Tensor},
};
use kindling_data::Samples;
use kindling_models::{
    Init, InputSpec, IntoPart, ModelError, Network, OutputSpec, Pass, Sequential, SequentialNetwork, Value,
    Weights, activations, activations::Tanh, initializers::Ones,
};
use kindling_train::{
    Compile, Model, TrainError,
    losses::MeanSquaredError,
    optimizers::{Adam, AdamW, Optimizer, Sgd},
    schedules::{CosineDecay, LearningRate},
};

/// Returns irregular numbers: `(k * factor % modulus - modulus // 2) / divisor` for `k` from `first` on.
fn numbers(first: usize, count: usize, [factor, modulus, divisor]: [usize; 3]) -> Vec<f32> {
    let number = |k: usize| (k * factor % modulus) as f32 - (modulus / 2) as f32;
    (first..first + count).map(|k| number(k) / divisor as f32).collect()
}

/// ```python
/// x, y = fill((5, 3), 0, 11, 17, 4), fill((5, 2), 3, 7, 19, 2)
/// ```
fn samples() -> Samples {
    let inputs = floats(&numbers(0, 15, [11, 17, 4]), [5, 3]);
    Samples::new(inputs, floats(&numbers(3, 10, [7, 19, 2]), [5, 2])).unwrap()
}

/// A network with two layers: `Dense(4, activation="tanh"), Dense(2)`.
///
/// ```python
/// def fill(shape, k, factor, modulus, divisor):
///     k = np.arange(k, k + np.prod(shape))
///     return ((k * factor % modulus - modulus // 2) / divisor).astype("float32").reshape(shape)
/// model.set_weights([fill((3, 4), 0, 37, 41, 16), fill((4,), 12, 37, 41, 16),
///                    fill((4, 2), 16, 37, 41, 16), fill((2,), 24, 37, 41, 16)])
/// model.compile(optimizer, loss="mse")
/// ```
fn model(optimizer: impl IntoPart<dyn Optimizer>) -> Model<SequentialNetwork> {
    let network = Sequential::new(3).dense(4, Tanh).dense(2, activations::Linear);
    let mut model = network.compile(optimizer, MeanSquaredError, ()).on(&Device::flex()).unwrap();
    let weight = |name: &str, first, shape: &[usize]| {
        let values = numbers(first, shape.iter().product(), [37, 41, 16]);
        (name.to_owned(), data(&values, shape.to_vec()))
    };
    let weights = Weights::from_tensors(vec![
        weight("dense.kernel", 0, &[3, 4]),
        weight("dense.bias", 12, &[4]),
        weight("dense_1.kernel", 16, &[4, 2]),
        weight("dense_1.bias", 24, &[2]),
    ]);
    model.set_weights(&weights).unwrap();
    model
}

fn weights_of<N: Network>(model: &Model<N>) -> Vec<f64> {
    parameters(&model.weights().unwrap()).into_iter().map(f64::from).collect()
}

/// Checks the losses of five steps on all samples, and the weights afterwards.
///
/// ```python
/// model.train_on_batch(x, y)  # after model.reset_metrics(), five times
/// np.concatenate([w.ravel() for w in model.get_weights()])
/// ```
#[track_caller]
fn assert_training(optimizer: impl IntoPart<dyn Optimizer>, losses: [f64; 5], weights: [f64; 26]) {
    let (mut model, samples) = (model(optimizer), samples());
    let found = losses.map(|_| model.train_on_batch(&samples).unwrap().require("loss").unwrap());
    let shares: Vec<f64> = found.iter().zip(losses).map(|(found, loss)| found / loss).collect();
    assert_close(&shares, &[1.0; 5], 1e-6);
    assert_close(&weights_of(&model), &weights, 1e-6);
}

#[test]
#[rustfmt::skip]
fn one_step_matches_keras() {
    #[track_caller]
    fn assert_step(optimizer: impl IntoPart<dyn Optimizer>, expected: [f64; 26]) {
        let mut model = model(optimizer);
        model.train_on_batch(&samples()).unwrap();
        assert_close(&weights_of(&model), &expected, 1e-6);
    }
    assert_step(Sgd::new(0.1).clipnorm(1.0), [
        -1.2657259, 1.0520244, 0.76792234, 0.6331748, 0.3108427, 0.06634887, -0.17118852, -0.42499533,
        -0.67509246, -0.9412806, -1.203812, 1.0827324, 0.8536018, 0.6366074, 0.42463323, 0.20833024,
        -0.18149693, -0.3660357, -0.5707327, -0.861736, -1.0751554, 1.2017229, 0.96028084, 0.66747195,
        0.47948548, 0.25611246,
    ]);
    assert_step(AdamW::new(0.1).weight_decay(0.2).global_clipnorm(1.5), [
        -1.3249975, 0.9412534, 0.6962513, 0.65124893, 0.20626819, 0.1612418, -0.083752446, -0.328753,
        -0.573753, -1.0187416, -1.2637476, 1.0025012, 0.75750375, 0.71249366, 0.467498, 0.22249855,
        -0.2224987, -0.26750466, -0.51250136, -0.7575034, -1.0025014, 1.2637469, 1.0187478, 0.5737524,
        0.5287467, 0.28374773,
    ]);
}

/// The initial norms of the four gradients are 3.8, 1.7, 3.1 and 0.8, so `clipnorm(1.0)` does not change the last one.
#[test]
#[rustfmt::skip]
fn sgd_with_clipping_and_decay_matches_keras() {
    assert_training(Sgd::new(0.1).clipnorm(1.0), [8.0175, 7.157527, 6.458612, 5.930918, 5.549817], [
        -1.3170887, 0.9783188, 0.5251586, 0.85873634, 0.2900184, 0.09379066, -0.08314018, -0.3449893,
        -0.66551876, -0.96870434, -1.2919676, 1.0393871, 0.8094148, 0.7013361, 0.6468109, 0.39026895,
        -0.44378087, -0.33364874, -0.41596705, -0.852022, -0.9786576, 1.2138004, 1.1793152, 0.62200356,
        0.45608494, 0.3150995,
    ]);
    assert_training(Sgd::new(0.1).global_clipnorm(1.5), [8.0175, 7.26556, 6.6054435, 6.0709953, 5.6550627], [
        -1.3254228, 0.9913254, 0.5247165, 0.8900058, 0.29346955, 0.088870734, -0.083165534, -0.35069346,
        -0.65024215, -0.96370184, -1.2919592, 0.9899714, 0.83747447, 0.66004837, 0.5141958, 0.2728901,
        -0.43184265, -0.33422604, -0.4162785, -0.8443221, -0.9746369, 1.223859, 1.170881, 0.6209681,
        0.44349548, 0.24444787,
    ]);
    assert_training(Sgd::new(0.1).clipvalue(0.25), [8.0175, 7.520574, 7.0625944, 6.6555758, 6.305985], [
        -1.3675829, 0.9375001, 0.6875001, 0.6874999, 0.27724904, 0.14229101, -0.062499993, -0.31249997,
        -0.60000426, -1.0166065, -1.3124999, 1.0000001, 0.7852017, 0.73093164, 0.5, 0.25000003, -0.25000003,
        -0.28377447, -0.5000001, -0.79301965, -1.0000001, 1.2776408, 1.0624999, 0.5625001, 0.5297718,
        0.2990845,
    ]);
    assert_training(Sgd::new(0.1).weight_decay(0.1), [8.0175, 5.974202, 5.3732734, 5.00826, 4.72487], [
        -1.2870148, 0.8535661, 0.35524136, 0.93943745, 0.23444179, 0.11778233, -0.032740694, -0.22796133,
        -0.6813925, -0.9497266, -1.2756146, 1.0771649, 0.80867904, 0.67204803, 0.5512105, 0.2394044,
        -0.73001736, -0.29170907, -0.2927145, -0.78482515, -0.91367865, 1.1673523, 1.3902097, 0.5490709,
        0.3556451, 0.23557004,
    ]);
    assert_training(Sgd::new(0.1).momentum(0.9).weight_decay(0.1).clipnorm(1.0), [8.0175, 7.1409492, 6.0450487, 5.6303368, 5.4268503], [
        -1.2705977, 0.8248192, 0.18852134, 1.0422558, 0.24722251, 0.12846147, 0.03286013, -0.2248344,
        -0.6722368, -0.96051455, -1.3409088, 1.0035751, 0.77622956, 0.78237665, 0.9410058, 0.52628285,
        -0.91521907, -0.25210306, -0.17452751, -0.81465834, -0.8160999, 1.1318264, 1.40888, 0.47308892,
        0.3440796, 0.4655255,
    ]);
}

#[test]
#[rustfmt::skip]
fn adam_with_clipping_and_decay_matches_keras() {
    assert_training(Adam::new(0.1).clipnorm(1.0), [8.0175, 6.2784677, 5.508986, 5.1832194, 4.7990584], [
        -1.3521606, 0.58712345, 0.3487197, 0.8913412, -0.1715794, 0.5374304, 0.2747038, 0.054924674,
        -0.6995979, -1.4118725, -1.6499346, 1.0324464, 0.794636, 1.1102879, 0.82443935, 0.36332, -0.6222783,
        0.06471998, -0.33116806, -0.8472638, -0.8706229, 1.2278268, 1.4241508, 0.24508625, 0.49824333,
        0.37316588,
    ]);
    assert_training(Adam::new(0.1).global_clipnorm(1.5), [8.0175, 6.2784696, 5.511646, 5.1553907, 4.7606587], [
        -1.3627149, 0.5806475, 0.34926856, 0.8922128, -0.17573729, 0.54395574, 0.2739397, 0.060357913,
        -0.6932501, -1.4184513, -1.6492213, 1.0212183, 0.82697177, 1.1062102, 0.83658195, 0.32883435,
        -0.6200863, 0.05768354, -0.31955668, -0.84655005, -0.8625626, 1.2282113, 1.4178436, 0.24196821,
        0.43799448, 0.28984207,
    ]);
    assert_training(Adam::new(0.1).clipvalue(0.25), [8.0175, 6.278467, 5.5115995, 5.217553, 4.8694887], [
        -1.4026511, 0.5664661, 0.32691354, 0.8458164, -0.18955326, 0.549426, 0.27809885, 0.06249199,
        -0.63358665, -1.4247171, -1.6533856, 0.9416547, 0.7685053, 1.1120772, 0.8450517, 0.30834526,
        -0.624992, 0.06372238, -0.3634147, -0.8094356, -0.9072117, 1.2653253, 1.437492, 0.23239937,
        0.52187675, 0.31199893,
    ]);
    assert_training(Adam::new(0.1).weight_decay(0.1), [8.0175, 6.273255, 5.5258827, 5.3350677, 5.113982], [
        -1.3721422, 0.5344824, 0.34167403, 0.86473125, -0.19500625, 0.53571516, 0.25076166, 0.06673206,
        -0.5936815, -1.3682215, -1.5586225, 0.90439844, 0.7109257, 1.070848, 0.78581876, 0.36701104,
        -0.5790744, 0.07663762, -0.28651643, -0.73542976, -0.7862143, 1.2395536, 1.3740256, 0.25001562,
        0.46184486, 0.3519706,
    ]);
}

#[test]
#[rustfmt::skip]
fn adam_w_decays_all_trainable_weights_as_in_keras() {
    assert_training(AdamW::new(0.1), [8.0175, 6.278238, 5.4992414, 5.289491, 5.0544724], [
        -1.4371142, 0.5743774, 0.37034988, 0.8988343, -0.18983293, 0.5486803, 0.2518116, 0.055981427,
        -0.62019897, -1.4222604, -1.6242191, 0.94789046, 0.745916, 1.1102263, 0.8132657, 0.3821682,
        -0.593783, 0.07523582, -0.30401897, -0.77867293, -0.82718605, 1.2936815, 1.4274114, 0.26965544,
        0.49578252, 0.36143622,
    ]);
    assert_training(AdamW::new(0.1).weight_decay(0.2).global_clipnorm(1.5), [8.0175, 6.2685895, 5.5687704, 5.253383, 4.8967705], [
        -1.2303687, 0.49751955, 0.2902142, 0.8229693, -0.18604365, 0.51903296, 0.27211604, 0.083181806,
        -0.63938683, -1.3094769, -1.5155861, 0.9326673, 0.75551605, 1.0272517, 0.7808629, 0.29512706,
        -0.58967596, 0.05793584, -0.28941885, -0.75675994, -0.784459, 1.1190546, 1.309467, 0.20505007,
        0.3719007, 0.27404526,
    ]);
    let cosine = CosineDecay::new(0.0, 4).warmup(0.2, 2);
    assert_training(AdamW::new(cosine).weight_decay(0.2).clipnorm(1.0), [8.0175, 8.0175, 6.268587, 5.9146667, 6.046674], [
        -1.4155332, 0.41907668, 0.22833577, 0.8898483, -0.26397306, 0.5826886, 0.32597625, 0.15214635,
        -0.42756295, -1.3618433, -1.5507668, 0.75006115, 0.5215642, 1.077915, 0.825803, 0.44305518,
        -0.61079025, 0.18194501, -0.22411856, -0.61755234, -0.6932017, 1.229987, 1.350967, 0.11033347,
        0.5652961, 0.48154533,
    ]);
}

/// Burn's gradient descent with Burn's clipping.
#[derive(Config, Debug)]
struct BurnSgd {
    clipping: GradientClippingConfig,
}

#[typetag::serde]
impl Optimizer for BurnSgd {
    fn learning_rate(&self) -> LearningRate {
        0.1.into()
    }

    fn build(&self) -> Result<ModuleOptimizer, TrainError> {
        Ok(SgdConfig::new().with_gradient_clipping(Some(self.clipping.clone())).init())
    }
}

#[test]
fn burn_optimizer_uses_burns_clipping() {
    let cases = [
        (GradientClippingConfig::Norm(1.0), Sgd::new(0.1).clipnorm(1.0)),
        (GradientClippingConfig::Value(0.25), Sgd::new(0.1).clipvalue(0.25)),
    ];
    for (clipping, own) in cases {
        let (mut burns, mut own, samples) = (model(BurnSgd::new(clipping)), model(own), samples());
        for _ in 0..5 {
            let [found, expected] = [burns.train_on_batch(&samples), own.train_on_batch(&samples)];
            let loss = |logs: Result<kindling_train::Logs, TrainError>| logs.unwrap().loss().unwrap();
            assert_close(&[loss(found)], &[loss(expected)], 1e-6);
        }
        assert_close(&weights_of(&burns), &weights_of(&own), 1e-6);
    }
}

/// A network with running statistics that depend only on the inputs, frozen weights, and a trainable layer.
#[derive(Module, Debug)]
struct Partly {
    norm: BatchNorm,
    frozen: Linear,
    scale: Param<Tensor<1>>,
}

impl Network for Partly {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([3])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("output", [2])]
    }

    fn forward(&self, inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let x = self.norm.forward(inputs[0].clone().tensor::<2>()?);
        Ok(vec![(self.frozen.forward(x) * self.scale.val().unsqueeze()).into()])
    }
}

#[test]
fn frozen_weights_do_not_decay() {
    let trained = |decay: f64| {
        let build = |init: &mut Init| {
            Ok(Partly {
                norm: BatchNormConfig::new(3).init(init.device()),
                frozen: LinearConfig::new(3, 2).init(init.device()).no_grad(),
                scale: init.weight([2], &Ones)?,
            })
        };
        let optimizer = Sgd::new(0.1).weight_decay(decay);
        let mut model = Model::new(build, optimizer, MeanSquaredError, ()).on(&Device::flex()).unwrap();
        for _ in 0..3 {
            model.train_on_batch(&samples()).unwrap();
        }
        model.weights().unwrap()
    };
    let (plain, decayed) = (trained(0.0), trained(0.5));
    for ((name, plain), (_, decayed)) in plain.iter().zip(decayed.iter()) {
        let untrained = name.contains("running") || name.contains("frozen");
        assert_eq!(plain == decayed, untrained, "{name}: {plain} {decayed}");
    }
    assert_eq!(plain.iter().filter(|(name, _)| name.contains("running")).count(), 2);
}

#[test]
fn gradients_with_infinite_norm_are_an_error() {
    // Their squares overflow f32. A step of zero would hide this.
    let inputs = floats(&[1e15, -1e15, 1e15], [1, 3]);
    let samples = Samples::new(inputs, floats(&[1e15, 1e15], [1, 2])).unwrap();
    let network = Sequential::new(3).dense(2, activations::Linear);
    let optimizer = Sgd::new(0.1).global_clipnorm(1.0);
    let mut model = network.compile(optimizer, MeanSquaredError, ()).on(&Device::flex()).unwrap();
    model.train_on_batch(&samples).unwrap();
    assert!(matches!(model.train_on_batch(&samples), Err(TrainError::NotFinite { .. })));
}
