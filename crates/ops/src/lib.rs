#![doc = include_str!("../README.md")]
//!
//! # Map
//!
//! A [`Kernel`](kernel::Kernel) computes a layer's output and, by hand, its gradients, on slices of `f32`. One kernel does
//! what takes Burn a dozen tensor operations, each with its own memory and entry in the autodiff graph. [`apply`]
//! makes a kernel an operation of Burn's CPU backend, `flex`; other backends run the layers' tensor operations, which
//! are also what the kernels are tested against.
//!
//! - [`kernel`]: what a kernel is.
//! - [`kernels`]: the kernels, one file each, and [`Stack`](kernels::Stack), several one after the other.
//! - [`apply`](apply()): a kernel on Burn's tensors, with its backward pass.
//! - [`update`]: optimizers that change weights in place.
//! - [`cpu`]: products of matrices, vector arithmetic and threads, which the kernels share.
//!
//! Results do not depend on the number of threads: work is divided by its size alone.

mod apply;
pub mod cpu;
pub mod kernel;
pub mod kernels;
pub mod update;

pub use apply::{
    AnyTensor, Bound, ForwardPass, Given, KernelGradients, MOST_TENSORS, Outer, apply, can_apply, with_values,
};
