//! The facts of a license code.

use koogallery_store::License;
use maud::{Markup, html};

use super::life::life_facts;
use crate::view::View;

pub(super) fn facts(view: &View, license: &License) -> Markup {
    html! { dl.facts { (life_facts(view, &license.life)) } }
}
