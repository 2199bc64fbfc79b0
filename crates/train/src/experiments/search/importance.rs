//! The importance of settings.

use serde::Serialize;
use serde_json::Value;

use super::{
    SearchSpace, Trial,
    space::{Domain, Setting},
};
use crate::{TrainError, metrics::Direction};

/// The importance of a setting: the fraction of the variance between trials that it explains on its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// Name of the setting.
    pub setting: String,
    /// Fraction of the variance, from 0 to 1.
    pub share: f64,
}

/// Number of groups into which the values of a range are divided.
const PARTS: f64 = 4.0;

impl SearchSpace {
    /// Returns the importance of each setting in these trials, in decreasing order.
    ///
    /// The importance is the fraction of the variance of the trials' ranks between the values of the setting,
    /// corrected for the expected contribution of chance (epsilon squared; T. L. Kelley, 1935). Negative values
    /// become 0. Ranges are divided into four equal parts. Trials without a score share the last rank. Ranks are used
    /// instead of scores because a few very bad trials would dominate the variance of scores. Interactions between
    /// settings are not included. With few trials, the result is a rough estimate.
    ///
    /// # Errors
    /// Returns an error if the settings cannot be serialized or lack a setting of the space.
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
                    Err(TrainError::Mismatch(format!("the settings of the trials have no {name} ({values}): use the names of the search space")))
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
    /// Returns a name for the group to which a value belongs.
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

/// Returns the rank of each trial. Ties share their mean rank.
fn ranks<S>(trials: &[Trial<S>], direction: Direction) -> Vec<f64> {
    // Larger values are worse.
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

/// Returns the fraction of the variance between the groups, corrected for chance.
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
    fn share_equals_epsilon_squared() {
        // All of the variance, and less than expected by chance: 1 - (5 / 5) * 3 / 2 < 0.
        assert_eq!(share(&[0.0, 0.0, 1.0, 1.0], &groups("aabb")), 1.0);
        assert_eq!(share(&[0.0, 1.0, 2.0, 3.0], &groups("abba")), 0.0);
        // 1 - (1 / 5) * 3 / 2
        assert!((share(&[0.0, 1.0, 2.0, 3.0], &groups("aabb")) - 0.7).abs() < 1e-12);
        // One group, one group per trial, and no trials.
        assert_eq!(share(&[0.0, 1.0], &groups("aa")), 0.0);
        assert_eq!(share(&[0.0, 1.0], &groups("ab")), 0.0);
        assert_eq!(share(&[], &[]), 0.0);
    }

    #[test]
    fn ranges_are_divided_into_four_groups() {
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
