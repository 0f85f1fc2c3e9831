//! Words of the store in requests and answers, as the description of the API lists them.

use koogallery_store::{Cause, DemandState, Flow, Party, Stage, StepKind};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

fn one_of<T: Copy + Into<&'static str>>(all: &[T]) -> Object {
    let words: Vec<&'static str> = all.iter().map(|word| (*word).into()).collect();
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

pub(crate) fn flow() -> Object {
    one_of(Flow::ALL)
}

pub(crate) fn stage() -> Object {
    one_of(Stage::ALL)
}

pub(crate) fn party() -> Object {
    one_of(Party::ALL)
}

/// Who can appeal.
pub(crate) fn appellant() -> Object {
    one_of(&[Party::Buyer, Party::Seller])
}

pub(crate) fn step() -> Object {
    one_of(StepKind::ALL)
}

/// The same in a path, where a function would make it one that may be absent.
pub(crate) struct Step;

impl PartialSchema for Step {
    fn schema() -> RefOr<Schema> {
        step().into()
    }
}

impl ToSchema for Step {}

pub(crate) fn cause() -> Object {
    one_of(Cause::ALL)
}

pub(crate) fn demand_state() -> Object {
    one_of(DemandState::ALL)
}
