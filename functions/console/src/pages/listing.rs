//! What lists share: their query, the filters that apply while a list is read, and the way to the next page.

use std::fmt::Display;
use std::str::FromStr;

use koogallery_store::{OpenPlace, Page, Place, StoreError};
use maud::{Markup, html};

use crate::extract::given;
use crate::stop::Stop;
use crate::texts::{Acts, General, Lists};
use crate::view::View;

/// So many members a page has.
pub(crate) const PAGE: usize = 50;
/// So many times one request reads on where filters leave members out.
const MOST_READS: usize = 10;

/// A page of what a list has, and where the next one begins.
pub(crate) trait Listed<T> {
    /// Where a page of this list begins.
    type Place: FromStr + Default + Display;

    /// Its members, and the next place.
    fn parts(self) -> (Vec<T>, Option<Self::Place>);
}

impl<T> Listed<T> for Page<T> {
    type Place = Place;

    fn parts(self) -> (Vec<T>, Option<Place>) {
        (self.members, self.next)
    }
}

impl<T> Listed<T> for (Vec<T>, Option<OpenPlace>) {
    type Place = OpenPlace;

    fn parts(self) -> Self {
        self
    }
}

/// A page of the members that fit, from a place on.
pub(crate) async fn fitting<T, L: Listed<T>, F>(
    from: Option<&str>,
    read: impl Fn(L::Place, usize) -> F,
    fits: impl Fn(&T) -> bool,
) -> Result<(Vec<T>, Option<String>), Stop>
where
    F: Future<Output = Result<L, StoreError>>,
{
    let (mut members, mut next) = (Vec::with_capacity(PAGE), Some(place::<L::Place>(from)?.unwrap_or_default()));
    for _ in 0..MOST_READS {
        let Some(place) = next.take_if(|_| members.len() < PAGE) else { break };
        let (found, after) = read(place, PAGE - members.len()).await?.parts();
        members.extend(found.into_iter().filter(&fits));
        next = after;
    }
    Ok((members, next.map(|place| place.to_string())))
}

/// The place that a query names; none if it names none.
pub(crate) fn place<T: FromStr>(from: Option<&str>) -> Result<Option<T>, Stop> {
    let refused = |_| Stop::Invalid(Acts::BadField, Some("from".to_owned()));
    given(from).map(|from| from.parse().map_err(refused)).transpose()
}

/// Whether one of the values contains the wanted text, in any case of letters.
pub(crate) fn contains(wanted: Option<&str>, values: &[Option<&dyn Display>]) -> bool {
    let Some(wanted) = given(wanted).map(str::to_lowercase) else { return true };
    values.iter().flatten().any(|value| value.to_string().to_lowercase().contains(&wanted))
}

/// The links to the next page and to the first one, with the same filters.
pub(crate) fn ways(
    view: &View,
    path: &str,
    filters: &[(&str, &str)],
    from: Option<&str>,
    next: Option<&str>,
) -> Markup {
    let to = |from: Option<&str>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(filters.iter().filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(from.map(|from| ("from", from)));
        view.at(format_args!("{path}?{}", query.finish()))
    };
    html! {
        @if from.is_some() || next.is_some() {
            p.acts {
                @if given(from).is_some() { a.button href=(to(None)) { (view.say(General::FirstPage)) } }
                @if let Some(next) = next { a.button rel="next" href=(to(Some(next))) { (view.say(General::More)) } }
            }
        }
    }
}

/// A field of a filter for a text.
pub(crate) fn text_filter(view: &View, name: &str, value: Option<&str>) -> Markup {
    html! {
        label {
            span { (view.say(Lists::Text)) }
            input name=(name) value=(value.unwrap_or_default()) maxlength="64";
        }
    }
}

/// A field of a filter with choices: the value of each, and its word. Blank means all.
pub(crate) fn choice(
    view: &View,
    label: &str,
    name: &str,
    chosen: &str,
    all: bool,
    choices: &[(String, String)],
) -> Markup {
    html! {
        label {
            span { (label) }
            select name=(name) {
                @if all { option value="" selected[chosen.is_empty()] { (view.say(General::All)) } }
                @for (value, word) in choices { option value=(value) selected[value == chosen] { (word) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_without_a_text_lets_all_pass() {
        assert!(contains(None, &[]) && contains(Some(" "), &[]));
        assert!(contains(Some("cs1"), &[None, Some(&"XCS12")]) && !contains(Some("a"), &[None]));
    }

    #[test]
    fn a_place_that_was_made_up_is_refused() {
        assert!(place::<Place>(Some("x")).is_err());
        assert!(place::<Place>(Some("")).unwrap().is_none());
        assert!(place::<Place>(Some("3:")).unwrap().is_some());
    }
}
