//! The console: who may in and do what, what its pages show and change, and what attackers get.

#![allow(clippy::unwrap_used)]

mod acts;
mod attacks;
mod audit;
pub(crate) mod deployed;

mod hostile;
mod jobs;
mod money;
mod orders;
mod pages;
mod personal;
mod provider;
mod requests;
mod roles;
mod sign_in;
mod statements;
mod warnings;
mod world;
