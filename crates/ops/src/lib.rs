#![doc = include_str!("../README.md")]
//!
//! # Overview
//!
//! A [`Kernel`](kernel::Kernel) computes a layer's output and, with a hand-written backward pass, its gradients, on
//! slices of `f32`. One kernel replaces a dozen of Burn's tensor operations, each with its own memory and entry in
//! the autodiff graph. [`apply`](apply()) makes a kernel an operation of Burn's CPU backend, `flex`. Other backends run the
//! layers' tensor operations, which the kernels are also tested against.
//!
//! - [`kernel`]: the trait of kernels and its arguments.
//! - [`kernels`]: the kernels, one file each, and [`Stack`](kernels::Stack), a sequence of kernels.
//! - [`apply`](apply()): a kernel on Burn's tensors, with its backward pass.
//! - [`update`]: optimizers that change weights in place.
//! - [`cpu`]: matrix products, vector arithmetic and threads, which the kernels share.
//!
//! Results do not depend on the number of threads: work is divided according to its size only.

mod apply;
pub mod cpu;
pub mod kernel;
pub mod kernels;
pub mod update;

pub use apply::{
    AnyTensor, Bound, ForwardPass, Given, KernelGradients, MOST_TENSORS, Outer, apply, can_apply, with_values,
};
