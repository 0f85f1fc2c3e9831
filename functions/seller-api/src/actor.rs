//! Who acts by a request: the name of its token, and the person whom the request names.

use koogallery::Text;
use koogallery_store::{Actor, Via};

use crate::access::Allowed;
use crate::problem::{Kind, Problem};

/// A token without a name.
const NAMELESS: &str = "seller API";

impl Allowed {
    /// Who acts, and why: the token's name, and behind it the person for whom its owner acts.
    pub(crate) fn acting(&self, person: Option<&Text<64>>, reason: Option<Text<255>>) -> Result<Actor, Problem> {
        let token = self.name.as_deref().unwrap_or(NAMELESS);
        let by = person.map_or_else(|| token.to_owned(), |person| format!("{token}: {}", person.as_str()));
        let too_long = |error| {
            Problem::new(Kind::Invalid, "by: it is too long with the token's name before it: shorten it").because(error)
        };
        Ok(Actor { by: Text::try_from(by).map_err(too_long)?, via: Via::SellerApi, reason })
    }
}
