//! Tests of the playground: over HTTP, as a program, and in a browser.

mod browser;
mod client;
mod digits;
mod load;
mod models;
mod program;
mod refusals;
mod served;
mod strokes;
mod toy;
