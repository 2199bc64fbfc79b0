//! Search spaces: settings and their possible values.

use std::ops::RangeInclusive;

use kindling_data::random::{Purpose, generator, order};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::TrainError;

/// One value per setting, by name.
pub(super) type Values = Map<String, Value>;

/// A search space: the possible values of each setting. Values can be of any type that serde serializes, such as
/// numbers, strings and enums.
///
/// ```
/// use kindling_train::experiments::SearchSpace;
///
/// let space = SearchSpace::new()
///     .choice("activation", ["relu", "tanh"])
///     .integers("units", 8..=64)
///     .uniform("dropout", 0.0..=0.5)
///     .log_uniform("learning_rate", 1e-4..=1e-1);
/// # let _ = space;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchSpace {
    settings: Vec<Setting>,
    /// The first error in the definition, returned when the space is used.
    #[serde(skip)]
    fault: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Setting {
    pub name: String,
    pub domain: Domain,
}

/// The possible values of a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Domain {
    Choice(Vec<Value>),
    Integers { min: i64, max: i64 },
    Uniform { min: f64, max: f64 },
    LogUniform { min: f64, max: f64 },
}

/// Maximum number of combinations of a grid search, or to shuffle for a random search.
const MOST_COMBINATIONS: usize = 1_000_000;
/// Number of significant digits of values drawn from a range, chosen to be readable.
const DIGITS: usize = 4;

impl SearchSpace {
    /// Creates an empty space.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a setting with a list of possible values.
    pub fn choice<V: Serialize>(self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        match values.into_iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>() {
            Ok(values) => {
                let repeated =
                    values.iter().enumerate().any(|(place, value)| values[..place].contains(value));
                let fault = (values.is_empty() || repeated).then(|| {
                    format!(
                        "{name} is {}: give at least one value, and no value twice",
                        Value::from(values.clone())
                    )
                });
                self.with(name, Domain::Choice(values), fault)
            }
            Err(error) => self.with(name, Domain::Choice(Vec::new()), Some(format!("{name}: {error}"))),
        }
    }

    /// Adds a setting with integers from this range.
    pub fn integers(self, name: &str, range: RangeInclusive<i64>) -> Self {
        let fault = range.is_empty().then(|| format!("{name} is {range:?}: give the lower bound first"));
        self.with(name, Domain::Integers { min: *range.start(), max: *range.end() }, fault)
    }

    /// Adds a setting with numbers from this range, uniformly distributed and rounded to 4 significant digits. Not
    /// available in a grid search.
    pub fn uniform(self, name: &str, range: RangeInclusive<f64>) -> Self {
        let (min, max) = range.clone().into_inner();
        let fault = (!(max - min).is_finite() || min > max)
            .then(|| format!("{name} is {range:?}: give finite bounds, the lower first"));
        self.with(name, Domain::Uniform { min, max }, fault)
    }

    /// Adds a setting with numbers from this range, log-uniformly distributed (all powers of ten are equally likely)
    /// and rounded to 4 significant digits. Not available in a grid search.
    pub fn log_uniform(self, name: &str, range: RangeInclusive<f64>) -> Self {
        let (min, max) = range.clone().into_inner();
        let is_valid = min > 0.0 && min <= max && max.is_finite();
        let fault =
            (!is_valid).then(|| format!("{name} is {range:?}: give finite bounds above 0, the lower first"));
        self.with(name, Domain::LogUniform { min, max }, fault)
    }

    fn with(mut self, name: &str, domain: Domain, fault: Option<String>) -> Self {
        let is_known = self.settings.iter().any(|setting| setting.name == name);
        let known = is_known.then(|| format!("{name} is defined twice: define each setting once"));
        self.fault = self.fault.or(known).or(fault);
        self.settings.push(Setting { name: name.into(), domain });
        self
    }

    pub(super) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    fn check(&self) -> Result<(), TrainError> {
        let none = || self.settings.is_empty().then(|| "there are no settings: add at least one".into());
        match self.fault.clone().or_else(none) {
            Some(fault) => Err(TrainError::Mismatch(format!("in the search space, {fault}"))),
            None => Ok(()),
        }
    }

    /// Returns all combinations, with the last setting varying fastest.
    pub(super) fn grid(&self) -> Result<Vec<Values>, TrainError> {
        self.check()?;
        if let Some(setting) = self.settings.iter().find(|setting| setting.domain.count().is_none()) {
            let name = &setting.name;
            let remedy = format!(
                "{name} is a range, which a grid search does not support: use choices or a random search"
            );
            return Err(TrainError::Mismatch(remedy));
        }
        let count = self.combinations().ok_or_else(|| {
            let remedy = format!("there are more than {MOST_COMBINATIONS} combinations; use a random search");
            TrainError::argument("the search space", "too large", remedy)
        })?;
        Ok((0..count).map(|index| self.combination(index)).collect())
    }

    /// Returns different random combinations: as many as `trials`, or fewer if there are fewer. With the same seed,
    /// more trials begin with the same combinations.
    pub(super) fn sample(&self, trials: usize, seed: u64) -> Result<Vec<Values>, TrainError> {
        self.check()?;
        if trials == 0 {
            return Err(TrainError::argument("trials", 0, "give at least 1"));
        }
        if let Some(count) = self.combinations() {
            let order = order(seed, Purpose::Search, 0, count);
            return Ok(order.into_iter().take(trials).map(|index| self.combination(index)).collect());
        }
        let mut different: Vec<Values> = Vec::new();
        // Duplicates are drawn again. The number of draws is limited because narrow ranges contain few numbers of 4
        // digits.
        for index in 0..trials as u64 * 10 + 100 {
            let mut generator = generator(seed, Purpose::Search, index);
            let draw = |setting: &Setting| (setting.name.clone(), setting.domain.draw(&mut generator));
            let drawn: Values = self.settings.iter().map(draw).collect();
            if !different.contains(&drawn) {
                different.push(drawn);
            }
            if different.len() == trials {
                break;
            }
        }
        Ok(different)
    }

    /// Returns the number of combinations, or `None` if there are too many to shuffle.
    fn combinations(&self) -> Option<usize> {
        let counts = self.settings.iter().map(|setting| setting.domain.count());
        let product = counts.into_iter().try_fold(1_usize, |product, count| product.checked_mul(count?));
        product.filter(|product| *product <= MOST_COMBINATIONS)
    }

    fn combination(&self, index: usize) -> Values {
        let mut rest = index;
        let mut values: Vec<(String, Value)> = Vec::new();
        for Setting { name, domain } in self.settings.iter().rev() {
            let count = domain.count().unwrap_or(1);
            values.push((name.clone(), domain.value(rest % count)));
            rest /= count;
        }
        values.into_iter().rev().collect()
    }
}

impl Domain {
    /// Returns the number of values, or `None` for a continuous range.
    fn count(&self) -> Option<usize> {
        match self {
            Self::Choice(values) => Some(values.len()),
            Self::Integers { min, max } => {
                Some(usize::try_from(i128::from(*max) - i128::from(*min) + 1).unwrap_or(usize::MAX))
            }
            Self::Uniform { .. } | Self::LogUniform { .. } => None,
        }
    }

    /// Returns the value at an index below [`count`](Self::count).
    fn value(&self, place: usize) -> Value {
        match self {
            Self::Choice(values) => values[place].clone(),
            Self::Integers { min, .. } => (min + place as i64).into(),
            Self::Uniform { min, .. } | Self::LogUniform { min, .. } => (*min).into(),
        }
    }

    fn draw(&self, random: &mut impl RngExt) -> Value {
        match self {
            Self::Choice(values) => values[random.random_range(0..values.len())].clone(),
            Self::Integers { min, max } => random.random_range(*min..=*max).into(),
            Self::Uniform { min, max } => {
                rounded(min + (max - min) * random.random::<f64>()).clamp(*min, *max).into()
            }
            Self::LogUniform { min, max } => {
                let exponent = min.ln() + (max.ln() - min.ln()) * random.random::<f64>();
                rounded(exponent.exp()).clamp(*min, *max).into()
            }
        }
    }
}

fn rounded(number: f64) -> f64 {
    format!("{number:.*e}", DIGITS - 1).parse().unwrap_or(number)
}
