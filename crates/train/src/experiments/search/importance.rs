//! Which settings mattered.

use serde::Serialize;
use serde_json::Value;

use super::{
    SearchSpace, Trial,
    space::{Domain, Setting},
};
use crate::{TrainError, metrics::Direction};

/// How much of the differences between trials one setting explains by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// The setting's name.
    pub setting: String,
    /// The share, from 0 to 1.
    pub share: f64,
}

/// A range is divided into so many parts.
const PARTS: f64 = 4.0;

impl SearchSpace {
    /// Returns the importance of each setting in these trials, the largest first.
    ///
    /// It is the share of the variance of the trials' ranks that lies between the values of the setting, without what chance is
    /// expected to contribute (epsilon squared; T. L. Kelley, 1935); below 0 it counts as 0. A range is divided into four equal
    /// parts. Trials without a score have the last rank together. Ranks keep a few very bad trials from hiding everything else.
    /// What two settings only do together is in none of the shares. With few trials it is a rough figure.
    ///
    /// # Errors
    /// If settings cannot be serialized, or do not have one of the space under its name.
    pub fn importance<S: Serialize>(
        &self,
        trials: &[Trial<S>],
        direction: Direction,
    ) -> Result<Vec<Importance>, TrainError> {
        let values = trials.iter().map(|trial| serde_json::to_value(&trial.settings));
        let values: Vec<Value> = values.collect::<Result<_, _>>().map_err(TrainError::other)?;
        let ranks = ranks(trials, direction);
        let importance = |setting: &Setting| {
            let groups = values.iter().map(|values| match values.get(&setting.name) {
                Some(value) => Ok(setting.domain.group(value)),
                None => {
                    let name = &setting.name;
                    Err(TrainError::Mismatch(format!("the trials' settings have no {name}: {values}")))
                }
            });
            let share = share(&ranks, &groups.collect::<Result<Vec<_>, _>>()?);
            Ok(Importance { setting: setting.name.clone(), share })
        };
        let mut all: Vec<Importance> =
            self.settings().iter().map(importance).collect::<Result<_, TrainError>>()?;
        all.sort_by(|one, other| other.share.total_cmp(&one.share));
        Ok(all)
    }
}

impl Domain {
    /// What tells apart the groups that a value may belong to.
    fn group(&self, value: &Value) -> String {
        let part = |low: f64, high: f64, value: f64| {
            let place = if high > low { (value - low) / (high - low) * PARTS } else { 0.0 };
            place.floor().min(PARTS - 1.0).to_string()
        };
        match (self, value.as_f64()) {
            (Self::Integers { min, max }, Some(value)) => part(*min as f64, *max as f64, value),
            (Self::Uniform { min, max }, Some(value)) => part(*min, *max, value),
            (Self::LogUniform { min, max }, Some(value)) => part(min.ln(), max.ln(), value.ln()),
            _ => value.to_string(),
        }
    }
}

/// The rank of each trial, equals having the mean of theirs.
fn ranks<S>(trials: &[Trial<S>], direction: Direction) -> Vec<f64> {
    // The larger, the worse.
    let badness = |trial: &Trial<S>| match (trial.score, direction) {
        (None, _) => f64::INFINITY,
        (Some(score), Direction::Min) => score.value,
        (Some(score), Direction::Max) => -score.value,
    };
    let all: Vec<f64> = trials.iter().map(badness).collect();
    let rank = |own: &f64| {
        let below = all.iter().filter(|other| *other < own).count();
        let equal = all.iter().filter(|other| *other == own).count();
        below as f64 + (equal as f64 - 1.0) / 2.0
    };
    all.iter().map(rank).collect()
}

/// The share of the variance that lies between the groups, corrected for chance.
fn share(ranks: &[f64], groups: &[String]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let squares = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
    };
    let mut names: Vec<&String> = groups.iter().collect();
    names.sort_unstable();
    names.dedup();
    let members = |name: &String| -> Vec<f64> {
        ranks.iter().zip(groups).filter(|(_, group)| *group == name).map(|(rank, _)| *rank).collect()
    };
    let within: f64 = names.iter().map(|name| squares(&members(name))).sum();
    let (total, trials) = (squares(ranks), ranks.len() as f64);
    let free = trials - names.len() as f64;
    if total == 0.0 || free <= 0.0 {
        return 0.0;
    }
    (1.0 - (within / total) * (trials - 1.0) / free).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(names: &str) -> Vec<String> {
        names.chars().map(String::from).collect()
    }

    #[test]
    fn shares_are_those_of_epsilon_squared() {
        // All of it, none of it, and (1 - (4 / 5) * 3 / 2): between the groups lies less than chance would give.
        assert_eq!(share(&[0.0, 0.0, 1.0, 1.0], &groups("aabb")), 1.0);
        assert_eq!(share(&[0.0, 1.0, 2.0, 3.0], &groups("abba")), 0.0);
        // 1 - (1 / 5) * 3 / 2
        assert!((share(&[0.0, 1.0, 2.0, 3.0], &groups("aabb")) - 0.7).abs() < 1e-12);
        // One value, a value for each trial, no trials.
        assert_eq!(share(&[0.0, 1.0], &groups("aa")), 0.0);
        assert_eq!(share(&[0.0, 1.0], &groups("ab")), 0.0);
        assert_eq!(share(&[], &[]), 0.0);
    }

    #[test]
    fn ranges_have_four_parts() {
        let groups = |domain: &Domain, values: &[f64]| -> Vec<String> {
            values.iter().map(|value| domain.group(&Value::from(*value))).collect()
        };
        let uniform = Domain::Uniform { min: 0.0, max: 1.0 };
        assert_eq!(groups(&uniform, &[0.0, 0.24, 0.25, 0.7, 0.75, 1.0]), ["0", "0", "1", "2", "3", "3"]);
        let logarithmic = Domain::LogUniform { min: 1e-4, max: 1.0 };
        assert_eq!(
            groups(&logarithmic, &[1e-4, 0.0005, 0.005, 0.05, 0.5, 1.0]),
            ["0", "0", "1", "2", "3", "3"]
        );
        assert_eq!(groups(&Domain::Integers { min: 3, max: 3 }, &[3.0]), ["0"]);
    }
}
