//! One of two texts, where it is said of a value of the store and not of an enum of texts.

use koogallery_runtime::Language;

/// The one in this language.
pub(super) const fn either(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Chinese => zh,
        Language::English => en,
    }
}
