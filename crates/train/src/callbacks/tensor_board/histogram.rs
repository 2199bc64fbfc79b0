//! Histograms of weights.

/// The distribution of the values of a weight.
#[derive(Debug, PartialEq)]
pub(super) struct Histogram {
    pub min: f64,
    pub max: f64,
    pub count: f64,
    pub sum: f64,
    pub sum_squares: f64,
    /// Right edge of each bucket.
    pub limits: Vec<f64>,
    /// Number of values in each bucket. Buckets include their left edge; the last bucket also includes its right edge.
    pub counts: Vec<f64>,
}

/// The default of `tf.summary.histogram`, which Keras calls.
const BUCKETS: usize = 30;

impl Histogram {
    /// Counts finite values in 30 buckets of equal width, or in a single bucket if all values are equal.
    pub fn of(values: &[f64]) -> Self {
        let (min, max) = match values {
            [] => (0.0, 0.0),
            values => values.iter().fold((f64::MAX, f64::MIN), |(min, max), v| (min.min(*v), max.max(*v))),
        };
        let buckets = if min < max { BUCKETS } else { 1 };
        let width = (max - min) / buckets as f64;
        let mut counts = vec![0.0; buckets];
        for value in values {
            // If all values are equal, 0 / 0 is NaN, which is converted to bucket 0.
            let bucket = ((value - min) / width) as usize;
            counts[bucket.min(buckets - 1)] += 1.0;
        }
        let inner = (1..buckets).map(|bucket| min + width * bucket as f64);
        Self {
            min,
            max,
            count: values.len() as f64,
            sum: values.iter().sum(),
            sum_squares: values.iter().map(|value| value * value).sum(),
            limits: inner.chain([max]).collect(),
            counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_in_buckets_of_equal_width() {
        let histogram = Histogram::of(&[0.0, 0.5, 1.0, 1.5, 29.0, 30.0]);
        let mut counts = vec![0.0; 30];
        (counts[0], counts[1], counts[29]) = (2.0, 2.0, 2.0);
        assert_eq!(histogram.counts, counts);
        assert_eq!(histogram.limits, (1..=30).map(f64::from).collect::<Vec<_>>());
        let Histogram { min, max, count, sum, sum_squares, .. } = histogram;
        assert_eq!((min, max, count, sum, sum_squares), (0.0, 30.0, 6.0, 62.0, 1744.5));
    }

    #[test]
    fn equal_values_share_one_bucket() {
        let histogram = Histogram::of(&[-2.0; 3]);
        assert_eq!((histogram.limits, histogram.counts), (vec![-2.0], vec![3.0]));
        let histogram = Histogram::of(&[]);
        assert_eq!((histogram.limits, histogram.counts, histogram.count), (vec![0.0], vec![0.0], 0.0));
    }
}
