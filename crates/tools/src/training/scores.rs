//! Metrics of predictions.

use kindling::{
    evaluation::argmax,
    experiments::statistics::{mean, standard_error},
    prelude::TensorData,
    tables::{Table, Target},
};

/// Metrics by name: `mae`, `rmse` and `r2` for numbers; `accuracy`, `log_loss` and `auc` for classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores(Vec<(&'static str, f64)>);

/// Predictions for rows.
#[derive(Clone, Debug)]
pub enum Predicted {
    /// One number per row, in the target's unit.
    Numbers(Vec<f64>),
    /// The probability of each class, for each row.
    Classes(Vec<Vec<f64>>),
}

/// The true targets of rows and the predictions for them.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Numbers, in the target's unit.
    Numbers {
        /// The true values.
        actual: Vec<f64>,
        /// The predicted values.
        predicted: Vec<f64>,
    },
    /// Classes.
    Classes {
        /// The indices of the true classes.
        actual: Vec<usize>,
        /// The predicted probability of each class, for each row.
        probabilities: Vec<Vec<f64>>,
    },
}

impl Predicted {
    /// Decodes a model's outputs: `[rows, 1]` for numbers and for two classes, `[rows, classes]` for more classes.
    pub fn new(target: &Target, outputs: &TensorData) -> Self {
        let values = || outputs.iter::<f64>();
        match target.classes().len() {
            0 => Self::Numbers(target.inverse_transform(outputs)),
            2 => Self::Classes(values().map(|value| vec![1.0 - value, value]).collect()),
            classes => {
                Self::Classes(values().collect::<Vec<_>>().chunks(classes).map(<[f64]>::to_vec).collect())
            }
        }
    }

    /// Returns the constant baseline for `rows` rows: the mean target of the training rows, or the frequency of each class
    /// among them.
    ///
    /// # Errors
    /// Returns an error if a target is missing.
    pub fn constant(target: &Target, known: &Table, rows: usize) -> anyhow::Result<Self> {
        if target.classes().is_empty() {
            return Ok(Self::Numbers(vec![mean(&numbers(target, known)?); rows]));
        }
        let known = classes(target, known)?;
        let mut shares = vec![0.0; target.classes().len()];
        known.iter().for_each(|class| shares[*class] += 1.0 / known.len() as f64);
        Ok(Self::Classes(vec![shares; rows]))
    }
}

fn numbers(target: &Target, rows: &Table) -> anyhow::Result<Vec<f64>> {
    Ok(rows.column(target.name())?.numbers().into_iter().flatten().collect())
}

fn classes(target: &Target, rows: &Table) -> anyhow::Result<Vec<usize>> {
    let classes = target.transform(&rows.column(target.name())?)?.integers();
    Ok(classes.into_iter().flatten().map(|class| class as usize).collect())
}

impl Verdict {
    /// Pairs the rows' targets with predictions.
    ///
    /// # Errors
    /// Returns an error if a target is missing or unknown.
    pub fn new(target: &Target, rows: &Table, predicted: Predicted) -> anyhow::Result<Self> {
        Ok(match predicted {
            Predicted::Numbers(predicted) => Self::Numbers { actual: numbers(target, rows)?, predicted },
            Predicted::Classes(probabilities) => {
                Self::Classes { actual: classes(target, rows)?, probabilities }
            }
        })
    }

    /// Returns the error of each row: the squared error or the log loss. As in scikit-learn's `log_loss`, probabilities are
    /// clipped away from 0.
    pub fn errors(&self) -> Vec<f64> {
        match self {
            Self::Numbers { actual, predicted } => {
                actual.iter().zip(predicted).map(|(actual, predicted)| (predicted - actual).powi(2)).collect()
            }
            Self::Classes { actual, probabilities } => {
                let loss = |(actual, probabilities): (&usize, &Vec<f64>)| {
                    let sum: f64 = probabilities.iter().sum();
                    -(probabilities[*actual] / sum).max(f64::from(f32::EPSILON)).ln()
                };
                actual.iter().zip(probabilities).map(loss).collect()
            }
        }
    }

    /// Returns the name and value of the error metric: the RMSE or the log loss.
    pub fn error(&self) -> (&'static str, f64) {
        let error = mean(&self.errors());
        match self {
            Self::Numbers { .. } => ("rmse", error.sqrt()),
            Self::Classes { .. } => ("log_loss", error),
        }
    }

    /// Returns whether these predictions are significantly better than others for the same rows: the mean difference of the
    /// errors is more than twice its standard error.
    pub fn is_better_than(&self, other: &Self) -> bool {
        let gains: Vec<f64> =
            self.errors().into_iter().zip(other.errors()).map(|(own, other)| other - own).collect();
        mean(&gains) > 2.0 * standard_error(&gains)
    }

    /// Returns the metrics. `r2` and `auc` are omitted where they are undefined: `r2` for constant targets, and `auc` if a class
    /// does not occur.
    pub fn scores(&self) -> Scores {
        let error = self.error();
        match self {
            Self::Numbers { actual, predicted } => {
                let absolute: Vec<f64> = actual
                    .iter()
                    .zip(predicted)
                    .map(|(actual, predicted)| (predicted - actual).abs())
                    .collect();
                let r2 = r2(actual, error.1.powi(2)).map(|r2| ("r2", r2));
                Scores([("mae", mean(&absolute)), error].into_iter().chain(r2).collect())
            }
            Self::Classes { actual, probabilities } => {
                let right = actual.iter().zip(probabilities);
                let right = right.filter(|(actual, row)| most_probable(row) == **actual).count();
                let accuracy = right as f64 / actual.len() as f64;
                let auc = area_of_classes(actual, probabilities).map(|auc| ("auc", auc));
                Scores([("accuracy", accuracy), error].into_iter().chain(auc).collect())
            }
        }
    }
}

impl Scores {
    /// Returns the mean of each metric that all of the scores have.
    pub fn mean(all: &[Self]) -> Self {
        Self(Self::each(all).into_iter().map(|(name, values)| (name, mean(&values))).collect())
    }

    /// Returns the values of each metric that all of the scores have.
    pub fn each(all: &[Self]) -> Vec<(&'static str, Vec<f64>)> {
        let names = all.first().into_iter().flat_map(Self::iter);
        let values = |name| all.iter().map(|scores| scores.get(name)).collect::<Option<Vec<f64>>>();
        names.filter_map(|(name, _)| Some((name, values(name)?))).collect()
    }

    /// Returns the value of a metric.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    /// Returns the metrics in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.0.iter().copied()
    }

    /// Returns the error metric, as [`Verdict::error`].
    pub fn error(&self) -> (&'static str, f64) {
        self.0[1]
    }
}

impl std::fmt::Display for Scores {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts: Vec<String> = self.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
        formatter.write_str(&texts.join(", "))
    }
}

/// Returns the range of a metric.
pub fn bounds(name: &str) -> (f64, f64) {
    match name {
        "accuracy" | "auc" => (0.0, 1.0),
        "r2" => (f64::NEG_INFINITY, 1.0),
        _ => (0.0, f64::INFINITY),
    }
}

/// Returns the coefficient of determination R²; None for constant targets.
pub(crate) fn r2(actual: &[f64], squared_error: f64) -> Option<f64> {
    let center = mean(actual);
    let squares: Vec<f64> = actual.iter().map(|value| (value - center).powi(2)).collect();
    let variance = mean(&squares);
    (variance > 0.0).then(|| 1.0 - squared_error / variance)
}

/// Returns the index of the largest probability; the first one in case of a tie.
pub fn most_probable(probabilities: &[f64]) -> usize {
    argmax(probabilities).unwrap_or(0)
}

/// Returns the area under the ROC curve, as scikit-learn's `roc_auc_score`: of the second of two classes, or the mean over
/// more classes (`multi_class="ovr"`). None if a class does not occur.
fn area_of_classes(actual: &[usize], probabilities: &[Vec<f64>]) -> Option<f64> {
    let area = |class: usize| {
        let positive: Vec<bool> = actual.iter().map(|actual| *actual == class).collect();
        area_under_curve(&positive, probabilities.iter().map(|row| row[class]))
    };
    match probabilities.first()?.len() {
        2 => area(1),
        classes => (0..classes).map(area).collect::<Option<Vec<f64>>>().map(|areas| mean(&areas)),
    }
}

/// Returns the probability that a positive sample ranks above a negative one, with ties counted as half; None if either class
/// does not occur.
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

    /// Expected values: scikit-learn 1.7, `mean_absolute_error`, `root_mean_squared_error` and `r2_score`.
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

    /// Expected values: scikit-learn 1.7, `roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])` is 0.75; equal scores give 0.5.
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
