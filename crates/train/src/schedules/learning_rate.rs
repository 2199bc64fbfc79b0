//! Learning rates of optimizers.

use std::{fmt, sync::Arc};

use kindling_models::{IntoPart, Part};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
    ser,
};

use super::Schedule;
use crate::TrainError;

/// The learning rate of an optimizer: a number, a [`Schedule`], or a function of the step.
///
/// ```
/// use kindling_train::optimizers::Adam;
/// use kindling_train::schedules::LearningRate;
///
/// let constant = Adam::new(0.001);
/// let falling = Adam::new(LearningRate::from_fn(|step| 0.01 / (1.0 + step as f64)));
/// ```
#[derive(Clone)]
pub struct LearningRate(Kind);

#[derive(Clone)]
enum Kind {
    Constant(f64),
    Schedule(Part<dyn Schedule>),
    Function(Arc<dyn Fn(u64) -> f64 + Send + Sync>),
}

impl LearningRate {
    /// Creates a learning rate from a function of the step, counted from 0. It cannot be saved with a model; a type
    /// that implements [`Schedule`] can.
    pub fn from_fn(rate: impl Fn(u64) -> f64 + Send + Sync + 'static) -> Self {
        Self(Kind::Function(Arc::new(rate)))
    }

    /// Returns the learning rate of a step, counted from 0. A constant rate is rounded to `f32`, the precision of the
    /// updates.
    pub fn at(&self, step: u64) -> f64 {
        match &self.0 {
            // Keras stores it as f32. A callback that repeatedly multiplies it then gets the same rates as in Keras.
            Kind::Constant(rate) => f64::from(*rate as f32),
            Kind::Schedule(schedule) => schedule.rate(step),
            Kind::Function(rate) => rate(step),
        }
    }

    /// Returns whether the rate is a number. Only then can callbacks change it.
    pub fn is_constant(&self) -> bool {
        matches!(self.0, Kind::Constant(_))
    }

    /// Checks the arguments of a schedule and its rates for a range of steps.
    ///
    /// # Errors
    /// Returns an error if an argument is invalid, a rate is negative, infinite or NaN as `f32`, the precision of the
    /// updates, or a constant rate is zero. The error names the schedule and the step.
    pub(crate) fn check(&self, steps: std::ops::Range<u64>) -> Result<(), TrainError> {
        if let Kind::Constant(rate) = self.0 {
            let applied = rate as f32;
            return match applied.is_finite() && applied > 0.0 {
                true => Ok(()),
                false => {
                    let remedy = "give a number above 0 and within the range of f32, such as 0.001";
                    Err(TrainError::argument("learning_rate", rate, remedy))
                }
            };
        }
        if let Kind::Schedule(schedule) = &self.0 {
            schedule.check()?;
        }
        let wrong = |rate: &f64| !(*rate as f32).is_finite() || *rate < 0.0;
        match steps.map(|step| (step, self.at(step))).find(|(_, rate)| wrong(rate)) {
            None => Ok(()),
            Some((step, rate)) => Err(TrainError::Mismatch(format!(
                "the learning rate schedule {self:?} returns {rate} for step {step}: return a finite number of at least 0"
            ))),
        }
    }
}

impl From<f64> for LearningRate {
    fn from(rate: f64) -> Self {
        Self(Kind::Constant(rate))
    }
}

impl<S: Schedule> From<S> for LearningRate {
    fn from(schedule: S) -> Self {
        Self(Kind::Schedule(schedule.into_part()))
    }
}

impl fmt::Debug for LearningRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Constant(rate) => rate.fmt(f),
            Kind::Schedule(schedule) => schedule.fmt(f),
            Kind::Function(_) => f.write_str("<closure>"),
        }
    }
}

impl PartialEq for LearningRate {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Constant(own), Kind::Constant(other)) => own == other,
            (Kind::Schedule(own), Kind::Schedule(other)) => own == other,
            (Kind::Function(own), Kind::Function(other)) => Arc::ptr_eq(own, other),
            _ => false,
        }
    }
}

impl Serialize for LearningRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kind::Constant(rate) => rate.serialize(serializer),
            Kind::Schedule(schedule) => schedule.serialize(serializer),
            Kind::Function(_) => Err(ser::Error::custom(
                "the learning rate is a closure: implement Schedule for a type to save it",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for LearningRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrSchedule)
    }
}

/// Deserializes a number, or a schedule as `{"class_name": .., "config": ..}`. The errors of an untagged enum would
/// not name an unknown schedule.
struct NumberOrSchedule;

impl<'de> Visitor<'de> for NumberOrSchedule {
    type Value = LearningRate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a schedule")
    }

    fn visit_f64<E>(self, rate: f64) -> Result<LearningRate, E> {
        Ok(rate.into())
    }

    fn visit_u64<E>(self, rate: u64) -> Result<LearningRate, E> {
        Ok((rate as f64).into())
    }

    fn visit_i64<E>(self, rate: i64) -> Result<LearningRate, E> {
        Ok((rate as f64).into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LearningRate, A::Error> {
        let schedule = Part::deserialize(MapAccessDeserializer::new(map))?;
        Ok(LearningRate(Kind::Schedule(schedule)))
    }
}
