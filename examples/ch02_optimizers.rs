//! Section 2.4: stochastic gradient descent, momentum and other optimizers. Expect plain SGD to stay in a local minimum that
//! momentum leaves, and four paths down a narrow valley.

use kindling::{
    burn::{optim::Optimizer as Rule, tensor::Tensor},
    optimizers::{AdamRule, RmsPropRule, SgdRule},
    plots::Chart,
    prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    program::Program,
};

#[derive(clap::Args)]
struct Flags {
    /// Momentum on the loss with two minima: fraction of the velocity that each step keeps, from 0 to 1
    #[arg(long, default_value_t = 0.9, value_parser = share)]
    momentum: f64,
}

fn main() -> anyhow::Result<()> {
    let about = "Compare optimizers, as in section 2.4 of \"Deep Learning with Python\"";
    let (mut run, Flags { momentum }) = Program::new("ch02_optimizers", about).start()?;
    let [plain, moving] = local_minimum(&mut run, momentum)?;
    narrow_valley(&mut run)?;
    run.takeaway(format_args!(
        "Plain SGD ended in {plain}, momentum {momentum} in {moving}. Plain SGD stops where the gradient is 0. Momentum \
         accumulates past gradients, so a large enough momentum carries the weight out of the local minimum. In the valley, \
         momentum accelerates along the floor, where successive gradients have the same direction; RMSprop and Adam scale the \
         step for each weight. Try --momentum 0.1, the value in the book's code: it is too small to leave the local minimum."
    ));
    run.conclude(format_args!("Plain SGD ended in {plain}, momentum {momentum} in {moving}"))
}

const STEPS: usize = 150;
const LEARNING_RATE: f64 = 0.02;

/// Returns the book's update of SGD with momentum. With a momentum of 0, it is plain SGD.
fn by_hand(momentum: f64) -> impl FnMut(Tensor<1>, Tensor<1>) -> Tensor<1> {
    let mut past_velocity = None;
    move |w, gradient| {
        let past = past_velocity.take().unwrap_or_else(|| w.zeros_like());
        let velocity = past * momentum - gradient.clone() * LEARNING_RATE;
        past_velocity = Some(velocity.clone());
        w + velocity * momentum - gradient * LEARNING_RATE
    }
}

/// Returns the update of one of the library's optimizers. Its state holds velocities or running means.
fn by_library(rule: impl Rule, learning_rate: f64) -> impl FnMut(Tensor<1>, Tensor<1>) -> Tensor<1> {
    let mut state = None;
    move |w, gradient| {
        let (w, next) = rule.step(learning_rate, w, gradient, state.take());
        state = next;
        w
    }
}

/// A point on an optimizer's path.
struct Place {
    w: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
}

/// Returns the start and the point after each of `steps` updates.
fn descend(
    mut w: Tensor<1>,
    steps: usize,
    loss: impl Fn(Tensor<1>) -> Tensor<1>,
    mut update: impl FnMut(Tensor<1>, Tensor<1>) -> Tensor<1>,
) -> Vec<Place> {
    let numbers = |tensor: &Tensor<1>| tensor.to_data().iter().collect();
    let mut path = Vec::new();
    for _ in 0..=steps {
        let leaf = w.clone().autodiff().require_grad();
        let loss = loss(leaf.clone());
        let gradient = leaf.grad(&loss.clone().backward()).unwrap_or_else(|| w.zeros_like());
        path.push(Place { w: numbers(&w), loss: loss.into_scalar(), gradient: numbers(&gradient) });
        w = update(w, gradient);
    }
    path
}

/// A loss with two minima.
fn two_minima(w: Tensor<1>) -> Tensor<1> {
    w.clone().powi_scalar(4) / 4 - w.clone().square() * 0.8 + w * 0.3 + 1.1
}

/// Minimizes the loss with two minima, starting nearer to the local one. Returns where plain SGD and SGD with momentum end.
fn local_minimum(run: &mut Run<CommonArgs>, momentum: f64) -> anyhow::Result<[String; 2]> {
    let start = Tensor::<1>::from_floats([2.2], run.device());
    let curve = curve(run.device());
    let lowest = |from: f64, to: f64| {
        let places = curve.iter().filter(|(w, _)| (from..to).contains(w));
        places.copied().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
    };
    let minima = [("global minimum", lowest(-1.9, 0.2)), ("local minimum", lowest(0.2, 2.2))];

    let mut on_curve = Chart::new("SGD and a local minimum: points on the loss curve")
        .axes("w", "Loss")
        .caption(run.settings())
        .xy_line("w^4 / 4 - 0.8 w^2 + 0.3 w + 1.1", &curve);
    let mut over_steps =
        Chart::new("SGD and a local minimum: w at each step").axes("Step", "w").caption(run.settings());
    for (name, (w, loss)) in minima {
        on_curve = on_curve.mark(name, w, loss);
    }
    run.say(format_args!(
        "{STEPS} steps from w = 2.2 down a loss with two minima, learning rate {LEARNING_RATE}"
    ));
    run.say("\n| optimizer | last w | loss | ends in |\n| --- | ---: | ---: | --- |");
    let mut ends = [const { String::new() }; 2];
    let trials = [("plain SGD".to_owned(), 0.0), (format!("momentum {momentum}"), momentum)];
    for (end, (name, momentum)) in ends.iter_mut().zip(trials) {
        let path = descend(start.clone(), STEPS, two_minima, by_hand(momentum));
        let places: Vec<_> = path.iter().map(|place| (place.w[0], place.loss)).collect();
        on_curve = on_curve.xy_points(&name, &places);
        over_steps = over_steps.xy_line(&name, &counted(places.iter().map(|(w, _)| *w)));
        let (w, loss) = places[STEPS];
        let minimum = minima.iter().find(|(_, (minimum, _))| (minimum - w).abs() < 0.05);
        *end = minimum.map_or("no minimum".into(), |(name, _)| format!("the {name}"));
        run.say(format_args!("| {name} | {w:.3} | {loss:.3} | {end} |"));
        run.record(&format!("{name}: w"), w);
        run.record(&format!("{name}: loss"), loss);
        end.push_str(&format!(" (w = {w:.3})"));
    }
    on_curve.save(run.files(), "local_minimum")?;
    over_steps.save(run.files(), "local_minimum_steps")?;

    let own = descend(start.clone(), STEPS, two_minima, by_hand(momentum));
    let rule = SgdRule { momentum, nesterov: true };
    let library = descend(start, STEPS, two_minima, by_library(rule, LEARNING_RATE));
    let apart = own.iter().zip(&library).map(|(own, library)| (own.w[0] - library.w[0]).abs());
    let difference = apart.fold(0.0, f64::max);
    anyhow::ensure!(difference < 1e-4, "the book's update and the library's differ by {difference:e}");
    run.say(format_args!(
        "\nThe book's update is Nesterov momentum: the library's takes the same path within {difference:.1e}."
    ));
    run.record("largest_difference_of_momentum", difference);
    Ok(ends)
}

/// Returns points on the curve of the loss with two minima.
fn curve(device: &Device) -> Vec<(f64, f64)> {
    let along: Vec<f32> = (-190..=225).map(|hundredths| hundredths as f32 / 100.0).collect();
    let losses = two_minima(Tensor::from_floats(along.as_slice(), device)).into_data();
    along.iter().map(|w| f64::from(*w)).zip(losses.iter()).collect()
}

/// Pairs each value with its step, counted from 0.
fn counted(values: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    (0..).map(f64::from).zip(values).collect()
}

/// Curvature of the valley's loss along the valley and across.
const CURVATURE: [f32; 2] = [1.0, 100.0];
const RMSPROP_RATE: f64 = 0.1;

/// Minimizes a loss with a narrow valley with four optimizers. Plain SGD diverges across the valley if its learning rate is above
/// 2 / 100, so it is slow along the valley.
fn narrow_valley(run: &mut Run<CommonArgs>) -> anyhow::Result<()> {
    let curvature = Tensor::<1>::from_floats(CURVATURE, run.device());
    let loss = |w: Tensor<1>| (w.square() * curvature.clone()).sum() / 2;
    let start = Tensor::<1>::from_floats([-8.0, 2.0], run.device());
    let (plain, momentum) = (SgdRule::default(), SgdRule { momentum: 0.9, ..SgdRule::default() });
    let (rmsprop, adam) = (RmsPropRule::default(), AdamRule::default());
    let (steps, enough) = (100, 0.01);
    let paths = [
        ("SGD, rate 0.018", descend(start.clone(), steps, loss, by_library(plain, 0.018))),
        ("momentum 0.9, rate 0.018", descend(start.clone(), steps, loss, by_library(momentum, 0.018))),
        ("RMSprop, rate 0.1", descend(start.clone(), steps, loss, by_library(rmsprop, RMSPROP_RATE))),
        ("Adam, rate 0.5", descend(start, steps, loss, by_library(adam, 0.5))),
    ];

    let caption = format!("loss (along^2 + 100 across^2) / 2; {}", run.settings());
    let mut in_plane = Chart::new("Four optimizers in a narrow valley: the paths")
        .axes("along", "across")
        .equal_scales()
        .contours(|along, across| (along * along + 100.0 * across * across) / 2.0)
        .mark("start", -8.0, 2.0)
        .mark("minimum", 0.0, 0.0)
        .caption(&caption);
    let mut over_steps = Chart::new("Four optimizers in a narrow valley: the loss")
        .axes("Step", "log10 of the loss")
        .caption(&caption);
    run.say("\nA narrow valley: its loss curves 100 times as much across as along\n");
    run.say(format_args!("| optimizer | first step below a loss of {enough} | loss after {steps} steps |\n| --- | ---: | ---: |"));
    for (name, path) in &paths {
        let below = path.iter().position(|place| place.loss < enough);
        let below = below.map_or("none".into(), |step| step.to_string());
        let last = path[steps].loss;
        run.say(format_args!("| {name} | {below} | {last:.1e} |"));
        run.record(name, last);
        let places: Vec<_> = path.iter().map(|place| (place.w[0], place.w[1])).collect();
        in_plane = in_plane.xy_line(*name, &places);
        over_steps = over_steps.xy_line(*name, &counted(path.iter().map(|place| place.loss.log10())));
    }
    in_plane.save(run.files(), "optimizers")?;
    over_steps.save(run.files(), "optimizers_loss")?;
    explain_rmsprop(run, &paths[2].1)
}

/// Explains why RMSprop jumps across the valley in the end.
fn explain_rmsprop(run: &mut Run<CommonArgs>, path: &[Place]) -> anyhow::Result<()> {
    let RmsPropRule { rho, epsilon, .. } = RmsPropRule::default();
    let limit = 2.0 / f64::from(CURVATURE[1]);
    let mut mean_square = 0.0;
    let is_too_long = |place: &Place| {
        mean_square = rho * mean_square + (1.0 - rho) * place.gradient[1].powi(2);
        RMSPROP_RATE / (f64::sqrt(mean_square) + epsilon) > limit
    };
    let too_long: Vec<bool> = path.iter().map(is_too_long).collect();
    let Some(since) = too_long.iter().rposition(|too_long| !too_long).map(|step| step + 1) else {
        return Ok(());
    };
    let (last, across) = (path.len() - 1, |step: usize| path[step].w[1].abs());
    if since >= last {
        return Ok(());
    }
    run.say(format_args!(
        "\nRMSprop's last jump: it divides the learning rate by the root of the running mean of squared gradients.\n\
         Across the valley, this root is so small that from step {since} on the quotient is above {limit}, where every\n\
         step overshoots by more than it corrects. The distance across grows from {:.0e} at step {since} to {:.2} at step {last}.",
        across(since),
        across(last)
    ));
    run.record("rmsprop_steps_too_long_since", since);
    run.record("rmsprop_last_distance_across", across(last));
    Chart::new("RMSprop: distance from the middle of the valley")
        .axes("Step", "log10 of |across|")
        .caption(run.settings())
        .xy_line("", &counted(path.iter().map(|place| place.w[1].abs().log10())))
        .vertical_line("steps too long", since as f64)
        .save(run.files(), "rmsprop")?;
    Ok(())
}

/// Parses a number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("give a number from 0 to 1".into()) }
}
