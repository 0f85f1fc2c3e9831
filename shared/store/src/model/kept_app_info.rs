//! The buyer's way into an instance, as the table has it: the addresses as they came, and the first credentials and the note sealed.
//! A copy of the table, its stream and its backups tell nobody how to log in.

use std::fmt;

use koogallery::{AppInfo, Text};
use serde::{Deserialize, Serialize};

use crate::model::sealed::Sealed;

/// An app info in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptAppInfo {
    /// The product's address for users.
    pub front_end_url: Text<512>,
    /// The product's address for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_url: Option<Text<512>>,
    /// What only the buyer may read, as JSON, sealed. None if there is nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<Sealed>,
    /// The same in the clear, as earlier versions wrote it.
    #[serde(flatten)]
    pub(crate) clear: BuyersOnly,
}

/// The part of an app info that only the buyer may read.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuyersOnly {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_name: Option<Text<128>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<Text<128>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memo: Option<Text<1024>>,
}

impl fmt::Debug for BuyersOnly {
    /// It shows nothing: there may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BuyersOnly(…)")
    }
}

impl BuyersOnly {
    /// This part of an app info. None if there is nothing of it.
    pub(crate) fn of(info: &AppInfo) -> Option<Self> {
        let AppInfo { user_name, password, memo, .. } = info.clone();
        Some(Self { user_name, password, memo }).filter(|part| *part != Self::default())
    }
}

impl KeptAppInfo {
    /// An app info with its private part sealed; none if it has no such part.
    pub(crate) fn new(info: &AppInfo, sealed: Option<Sealed>) -> Self {
        let AppInfo { front_end_url, admin_url, .. } = info.clone();
        Self { front_end_url, admin_url, sealed, clear: BuyersOnly::default() }
    }

    /// Whether an earlier version wrote what only the buyer may read.
    pub(crate) fn is_in_the_clear(&self) -> bool {
        self.clear != BuyersOnly::default()
    }

    /// The whole app info, with its private part opened.
    pub(crate) fn whole(self, opened: Option<BuyersOnly>) -> AppInfo {
        let Self { front_end_url, admin_url, clear, .. } = self;
        let BuyersOnly { user_name, password, memo } = opened.unwrap_or(clear);
        AppInfo { front_end_url, admin_url, user_name, password, memo }
    }
}
