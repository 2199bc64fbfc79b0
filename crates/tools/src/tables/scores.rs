//! How good predictions are.

use kindling::{
    prelude::TensorData,
    tables::{Table, Target},
};

use super::Task;

/// Figures by name: `mae`, `rmse` and `r2` of numbers; `accuracy`, `log_loss` and `auc` of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores(Vec<(&'static str, f64)>);

/// The true targets of some rows, and what a model predicted for them.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Numbers, in the target's own unit.
    Numbers {
        /// The true ones.
        actual: Vec<f64>,
        /// The predicted ones.
        predicted: Vec<f64>,
    },
    /// Classes.
    Classes {
        /// The indices of the true ones.
        actual: Vec<usize>,
        /// The predicted probability of each class, for each row.
        probabilities: Vec<Vec<f64>>,
    },
}

impl Verdict {
    /// Pairs the rows' targets with a model's predictions.
    ///
    /// # Errors
    /// If a target is missing or unknown.
    pub fn new(target: &Target, rows: &Table, predictions: &TensorData) -> anyhow::Result<Self> {
        let column = rows.column(target.name())?;
        Ok(match Task::of(target) {
            Task::Regression => Self::Numbers {
                actual: column.numbers().into_iter().flatten().collect(),
                predicted: target.inverse_transform(predictions),
            },
            task => {
                let values: Vec<f64> = predictions.iter::<f64>().collect();
                let probabilities = match task {
                    Task::Binary => values.iter().map(|value| vec![1.0 - value, *value]).collect(),
                    _ => values.chunks(target.classes().len()).map(<[f64]>::to_vec).collect(),
                };
                let actual = target.transform(&column)?.integers().unwrap_or_default();
                Self::Classes {
                    actual: actual.into_iter().map(|class| class as usize).collect(),
                    probabilities,
                }
            }
        })
    }

    /// Returns the error of each row: the squared error of a number, the log loss of a class.
    pub fn errors(&self) -> Vec<f64> {
        match self {
            Self::Numbers { actual, predicted } => {
                actual.iter().zip(predicted).map(|(actual, predicted)| (predicted - actual).powi(2)).collect()
            }
            Self::Classes { actual, probabilities } => actual
                .iter()
                .zip(probabilities)
                .map(|(actual, probabilities)| surprise(*actual, probabilities))
                .collect(),
        }
    }

    /// Returns whether these predictions are better than others for the same rows, by more than chance explains: the mean
    /// difference of the rows' errors is above twice its standard error.
    pub fn is_better_than(&self, other: &Self) -> bool {
        let gains: Vec<f64> =
            self.errors().into_iter().zip(other.errors()).map(|(own, other)| other - own).collect();
        let gain = mean(gains.iter().copied());
        let variance = mean(gains.iter().map(|value| (value - gain).powi(2)));
        gain > 2.0 * (variance / (gains.len() as f64 - 1.0)).sqrt()
    }

    /// Returns the figures. `r2` and `auc` are left out where they are not defined: for targets that do not differ.
    pub fn scores(&self) -> Scores {
        match self {
            Self::Numbers { actual, predicted } => of_numbers(actual, predicted),
            Self::Classes { actual, probabilities } => of_classes(actual, probabilities),
        }
    }
}

impl Scores {
    /// Returns the mean of each figure that all have.
    pub fn mean(all: &[Self]) -> Self {
        let names = all.first().into_iter().flat_map(Self::iter);
        let mean_of = |(name, _)| {
            let values: Option<Vec<f64>> = all.iter().map(|scores| scores.get(name)).collect();
            Some((name, mean(values?.into_iter())))
        };
        Self(names.filter_map(mean_of).collect())
    }

    /// Returns a figure.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    /// Returns the figures in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.0.iter().copied()
    }

    /// Returns the figure that grows with the errors: the root mean squared error, or the log loss.
    pub fn error(&self) -> (&'static str, f64) {
        let error = self.0.iter().find(|(name, _)| ["rmse", "log_loss"].contains(name));
        error.copied().unwrap_or(("error", f64::NAN))
    }
}

impl std::fmt::Display for Scores {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts: Vec<String> = self.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
        formatter.write_str(&texts.join(", "))
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

fn of_numbers(actual: &[f64], predicted: &[f64]) -> Scores {
    let errors = || actual.iter().zip(predicted).map(|(actual, predicted)| predicted - actual);
    let squared = mean(errors().map(|error| error * error));
    let center = mean(actual.iter().copied());
    let variance = mean(actual.iter().map(|value| (value - center).powi(2)));
    let mut scores = vec![("mae", mean(errors().map(f64::abs))), ("rmse", squared.sqrt())];
    if variance > 0.0 {
        scores.push(("r2", 1.0 - squared / variance));
    }
    Scores(scores)
}

fn of_classes(actual: &[usize], probabilities: &[Vec<f64>]) -> Scores {
    let right =
        |(actual, probabilities): (&usize, &Vec<f64>)| f64::from(most_probable(probabilities) == *actual);
    let surprise = |(actual, probabilities): (&usize, &Vec<f64>)| surprise(*actual, probabilities);
    let mut scores = vec![
        ("accuracy", mean(actual.iter().zip(probabilities).map(right))),
        ("log_loss", mean(actual.iter().zip(probabilities).map(surprise))),
    ];
    let classes = probabilities.first().map_or(0, Vec::len);
    let auc = |class: usize| {
        let ranked = probabilities.iter().map(|row| row[class]);
        area_under_curve(&actual.iter().map(|actual| *actual == class).collect::<Vec<_>>(), ranked)
    };
    let auc = match classes {
        2 => auc(1),
        _ => {
            let each: Option<Vec<f64>> = (0..classes).map(auc).collect();
            each.map(|each| mean(each.into_iter()))
        }
    };
    scores.extend(auc.map(|auc| ("auc", auc)));
    Scores(scores)
}

/// Returns the log loss of a row. As in scikit-learn, probabilities are kept away from 0.
fn surprise(actual: usize, probabilities: &[f64]) -> f64 {
    let sum: f64 = probabilities.iter().sum();
    -(probabilities[actual] / sum).max(f64::from(f32::EPSILON)).ln()
}

/// Returns the index of the largest probability, the first of equal ones.
pub fn most_probable(probabilities: &[f64]) -> usize {
    (0..probabilities.len())
        .rev()
        .max_by(|one, other| probabilities[*one].total_cmp(&probabilities[*other]))
        .unwrap_or(0)
}

/// The probability that a positive sample ranks above a negative one, equal ranks counted half; None if there are none of
/// either: scikit-learn's `roc_auc_score`, for several classes with `multi_class="ovr"`.
fn area_under_curve(positive: &[bool], scores: impl Iterator<Item = f64>) -> Option<f64> {
    let mut ranked: Vec<(f64, bool)> = scores.zip(positive.iter().copied()).collect();
    ranked.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let positives = positive.iter().filter(|positive| **positive).count() as f64;
    let negatives = positive.len() as f64 - positives;
    let (mut below, mut pairs) = (0.0, 0.0);
    for equal in ranked.chunk_by(|one, other| one.0 == other.0) {
        let positive = equal.iter().filter(|(_, positive)| *positive).count() as f64;
        let negative = equal.len() as f64 - positive;
        pairs += positive * (below + negative / 2.0);
        below += negative;
    }
    (positives > 0.0 && negatives > 0.0).then(|| pairs / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.7: `mean_absolute_error`, `root_mean_squared_error`, `r2_score`.
    #[test]
    fn numbers() {
        let verdict = Verdict::Numbers { actual: vec![1.0, 2.0, 4.0], predicted: vec![1.5, 2.0, 3.0] };
        let scores = verdict.scores();
        assert_eq!(scores.get("mae"), Some(0.5));
        assert!((scores.error().1 - (1.25_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((scores.get("r2").unwrap() - (1.0 - 1.25 / (42.0 / 9.0))).abs() < 1e-12);
        let same = Verdict::Numbers { actual: vec![2.0, 2.0], predicted: vec![2.0, 3.0] };
        assert_eq!(same.scores().get("r2"), None);
    }

    /// scikit-learn 1.7: `roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])` is 0.75; equal scores give 0.5.
    #[test]
    fn classes() {
        let row = |value: f64| vec![1.0 - value, value];
        let verdict = |actual: &[usize], values: [f64; 4]| Verdict::Classes {
            actual: actual.into(),
            probabilities: values.map(row).into(),
        };
        let scores = verdict(&[0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).scores();
        assert_eq!((scores.get("accuracy"), scores.get("auc")), (Some(0.75), Some(0.75)));
        let expected = -(0.9_f64.ln() + 0.6_f64.ln() + 0.35_f64.ln() + 0.8_f64.ln()) / 4.0;
        assert!((scores.error().1 - expected).abs() < 1e-12);
        assert_eq!(verdict(&[0, 0, 1, 1], [0.5; 4]).scores().get("auc"), Some(0.5));
        assert_eq!(verdict(&[1; 4], [0.5; 4]).scores().get("auc"), None);
        assert_eq!(most_probable(&[0.2, 0.4, 0.4]), 1);
    }
}
