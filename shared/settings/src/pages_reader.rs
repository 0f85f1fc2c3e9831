//! Reads what a document says of buyers' pages.

use koogallery::Text;
use serde_json::Value;
use strum::VariantArray;

use crate::buyer_pages::{BuyerPages, InBoth, PageAddress, PagesSetting, Support, WhenReady};
use crate::place::Place;
use crate::reader::Reader;

const OF_PAGES: [&str; 6] = ["name", "logo", "support", "renewal", "whenReady", "firstSteps"];
const LANGUAGES: [&str; 2] = ["zh", "en"];
/// The most steps of a list: with more nobody reads them.
const MOST_STEPS: usize = 10;

impl Reader {
    /// The pages of a product's buyers.
    pub(crate) fn buyer_pages(&mut self, place: &Place, value: &Value) -> Option<PagesSetting> {
        if value.as_str() == Some("none") {
            return Some(PagesSetting::None);
        }
        let what =
            "`name`, `support` and `renewal`, and optionally `logo`, `whenReady` and `firstSteps`; or give \"none\"";
        let members = self.object(place, value, what)?;
        self.known(place, members, &OF_PAGES);
        let at = |name: &str| (place.member(name), members.get(name));
        let name = match at("name") {
            (place, Some(name)) => self.in_both(&place, name, Self::text),
            (place, None) => {
                self.wrong(&place, "it is missing: give what buyers call you, as {\"zh\":\"…\",\"en\":\"…\"}");
                None
            }
        };
        let logo = at("logo");
        let logo = logo.1.and_then(|value| self.page_address(&logo.0, value));
        let support = at("support");
        let read = support.1.and_then(Value::as_str).and_then(Support::parse);
        if read.is_none() {
            self.wrong(&support.0, "give a mail address or an https:// address, where a buyer asks for help");
        }
        let renewal = match at("renewal") {
            (place, Some(value)) => self.page_address(&place, value),
            (place, None) => {
                self.wrong(
                    &place,
                    "it is missing: give the https:// address where a buyer renews the product in KooGallery",
                );
                None
            }
        };
        let ready = at("whenReady");
        let when_ready = ready.1.map(|value| self.word(&ready.0, value, WhenReady::VARIANTS));
        let steps = at("firstSteps");
        let first_steps = steps.1.map(|value| self.in_both(&steps.0, value, Self::steps));
        Some(PagesSetting::Pages(Box::new(BuyerPages {
            name: name?,
            logo,
            support: read?,
            renewal: renewal?,
            when_ready: when_ready.unwrap_or_default().unwrap_or_default(),
            first_steps: first_steps.unwrap_or_default().unwrap_or_default(),
        })))
    }

    /// The same in both languages. A page in one of them must not be empty, so both are needed.
    fn in_both<T>(
        &mut self,
        place: &Place,
        value: &Value,
        read: impl Fn(&mut Self, &Place, &Value) -> Option<T>,
    ) -> Option<InBoth<T>> {
        let members = self.object(place, value, "`zh` and `en`")?;
        self.known(place, members, &LANGUAGES);
        let mut of = |language: &str| {
            let (place, value) = (place.member(language), members.get(language));
            if value.is_none() {
                self.wrong(&place, "it is missing: each reader sees one of the two languages");
            }
            value.and_then(|value| read(self, &place, value))
        };
        let (zh, en) = (of("zh"), of("en"));
        Some(InBoth { zh: zh?, en: en? })
    }

    fn steps(&mut self, place: &Place, value: &Value) -> Option<Vec<Text<255>>> {
        let steps = self.list(place, value, MOST_STEPS)?;
        Some(steps.into_iter().filter_map(|(place, step)| self.text(&place, step)).collect())
    }

    fn page_address(&mut self, place: &Place, value: &Value) -> Option<PageAddress> {
        let read = value.as_str().and_then(PageAddress::parse);
        if read.is_none() {
            self.wrong(place, "give an https:// address of up to 2048 characters without user and password");
        }
        read
    }
}
