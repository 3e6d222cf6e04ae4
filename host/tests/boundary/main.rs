//! What crosses the plugin boundary arrives unchanged: models, gradients, initial values, actions, and the
//! gradient mode, each against the same thing written in tch or against a formula.
// A test says what went wrong by failing.
#![allow(clippy::unwrap_used)]

mod action;
mod autograd;
mod fixture;
mod initialisers;
mod layers;
mod models;
mod optimiser;
mod twin;
