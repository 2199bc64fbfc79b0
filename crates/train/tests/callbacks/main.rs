//! Tests of callbacks.

#[path = "../common/mod.rs"]
mod common;
mod event_files;

mod callbacks;
mod early_stopping;
mod reduce_lr_on_plateau;
mod saving_callbacks;
mod tensor_board;
mod training_view;
