use burn::tensor::Tensor;

/// Returns `|x|`. The gradient at 0 is 1, as in XLA; Burn's is 0. This matters for L1 penalties on biases, which are
/// 0 initially.
#[doc(hidden)]
pub fn absolute<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let sign = x.clone().detach().greater_equal_elem(0.0).float().mul_scalar(2.0).sub_scalar(1.0);
    x * sign
}
