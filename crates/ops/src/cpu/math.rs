//! Exponential functions that compilers vectorize. The largest relative error is 2e-7.

/// Returns `e^x`: 0 below -87.3, where the result would be subnormal, and infinity above 88.7.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // e^x = 2^n * e^r with |r| <= ln(2) / 2; ln(2) in two parts, so that r is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let clamped = x.clamp(-87.336_54, 88.722_83);
    // Adding and subtracting 1.5 * 2^23 rounds to an integer.
    const ROUND: f32 = 12_582_912.0;
    let n = clamped.mul_add(std::f32::consts::LOG2_E, ROUND) - ROUND;
    let r = n.mul_add(-LN_2[1], n.mul_add(-LN_2[0], clamped));
    let mut polynomial = 1.987_569_1e-4_f32;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5] {
        polynomial = polynomial.mul_add(r, coefficient);
    }
    let mantissa = polynomial.mul_add(r * r, r) + 1.0;
    // Two factors, since 2^128 is not an f32.
    let half = (n as i32) >> 1;
    let power = |n: i32| f32::from_bits(((n + 127) as u32) << 23);
    let result = mantissa * power(half) * power(n as i32 - half);
    let result = if x < -87.336_54 { 0.0 } else { result };
    let result = if x > 88.722_83 { f32::INFINITY } else { result };
    if x.is_nan() { x } else { result }
}

/// Returns `1 / (1 + e^-x)`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Returns the hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let large = 1.0 - 2.0 / (exp(2.0 * size) + 1.0);
    // Near 0 the formula above would lose digits.
    let square = x * x;
    let mut polynomial = -5.704_988_6e-3_f32;
    for coefficient in [2.063_908_7e-2, -5.373_971_5e-2, 0.133_314_42, -0.333_332_8] {
        polynomial = polynomial.mul_add(square, coefficient);
    }
    let small = (polynomial * square).mul_add(x, x);
    if size < 0.625 { small } else { large.copysign(x) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(own: fn(f32) -> f32, exact: fn(f64) -> f64, range: std::ops::Range<i32>) {
        for step in range {
            let x = step as f32 * 0.001_7;
            let (own, exact) = (f64::from(own(x)), exact(f64::from(x)));
            assert!((own - exact).abs() <= 2e-7 * exact.abs().max(1e-37), "at {x}: {own} and {exact}");
        }
    }

    #[test]
    fn functions_are_exact_to_2e_7() {
        assert_close(exp, f64::exp, -51_000..52_000);
        assert_close(sigmoid, |x| 1.0 / (1.0 + (-x).exp()), -51_000..52_000);
        assert_close(tanh, f64::tanh, -52_000..52_000);
    }

    #[test]
    fn extreme_arguments_give_the_limits() {
        assert_eq!(
            [exp(-1e30), exp(0.0), exp(f32::INFINITY), exp(90.0)],
            [0.0, 1.0, f32::INFINITY, f32::INFINITY]
        );
        assert_eq!([sigmoid(-1e30), sigmoid(0.0), sigmoid(1e30)], [0.0, 0.5, 1.0]);
        assert_eq!([tanh(-1e30), tanh(0.0), tanh(1e30)], [-1.0, 0.0, 1.0]);
        assert!(exp(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
    }
}
