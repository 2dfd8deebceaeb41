//! Every integration test, linked once. A folder for what the tests prove things about; live tests run the real
//! programs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod cargo;
mod ci;
mod cli;
mod damage;
mod fuzz;
mod http_response;
mod nginx;
mod operations;
mod postgres;
mod reports;
mod rules;
mod rust;
mod service;
mod strictness;
mod support;
mod tasks;
mod templates;
mod tidy;
mod waivers;
mod yaml;
