//! The callbacks and their typed requests. Each has a file with its members, the guide's lengths and the topic.
//!
//! The list below declares each callback once. Router, functions, local host, conformance, template and tests follow from
//! it. CONTRIBUTING.md says what a new callback needs beside its entry.

#[macro_use]
mod registry;

mod all_org_sync;
mod application_sync;
mod auth_sync;
mod change;
mod change_instance_check;
mod get_license_async;
mod json_text;
mod kit_members;
mod new_instance;
mod order_notify;
mod query_instance;
mod refresh_instance;
mod refresh_license_code;
mod release_instance;
mod release_license_code;
mod request;
mod single_org_sync;
mod tenant_sync;
mod update_instance_status;
mod update_license_code_status;
mod upgrade_instance;

pub use all_org_sync::AllOrgSync;
pub use application_sync::{Application, ApplicationSync, EncryptedSecret};
pub use auth_sync::{AuthSync, Role, User, UsersChange};
pub use change::{Change, Flag};
pub use change_instance_check::{ChangeInstanceCheck, ProductInfo};
pub use get_license_async::{DeviceLicense, GetLicenseAsync, PurchaseLicense};
pub use new_instance::{NewInstance, PurchaseDetails};
pub use order_notify::OrderNotify;
pub use query_instance::{InstanceIds, InstanceIdsError, QueryInstance};
pub use refresh_instance::{RefreshInstance, Scene};
pub use refresh_license_code::RefreshLicenseCode;
pub use release_instance::ReleaseInstance;
pub use release_license_code::ReleaseLicenseCode;
pub use request::Request;
pub use single_org_sync::{Department, SingleOrgSync};
pub use tenant_sync::{Tenant, TenantChange, TenantDetails, TenantSync};
pub use update_instance_status::{InstanceStatus, UpdateInstanceStatus};
pub use update_license_code_status::UpdateLicenseCodeStatus;
pub use upgrade_instance::UpgradeInstance;

use crate::access_key::InterfaceType;
use crate::dialect::Dialect;

callbacks! { $
    /// An order line is paid: provision it.
    NewInstance in new_instance {
        named: [BasicV2 "newInstance", BasicV1 "newInstance"],
        signed_by: [Basic, License],
    }
    /// Is the instance ready, and what does the buyer see?
    QueryInstance in query_instance {
        named: [BasicV2 "queryInstance", BasicV1 "queryInstance"],
        signed_by: [Basic],
    }
    /// The expiry moves.
    RefreshInstance in refresh_instance {
        named: [BasicV2 "refreshInstance", BasicV1 "refreshInstance"],
        signed_by: [Basic, License],
    }
    /// Freeze or unfreeze.
    UpdateInstanceStatus in update_instance_status {
        named: [BasicV2 "updateInstanceStatus", BasicV1 "expireInstance", BasicV1 "instanceStatus"],
        signed_by: [Basic, License],
    }
    /// The instance ends.
    ReleaseInstance in release_instance {
        named: [BasicV2 "releaseInstance", BasicV1 "releaseInstance"],
        signed_by: [Basic, License],
    }
    /// Specification or quantity grows.
    UpgradeInstance in upgrade_instance {
        named: [BasicV2 "upgradeInstance", BasicV1 "upgrade"],
        signed_by: [Basic],
    }
    /// May a renewal change the specification?
    ChangeInstanceCheck in change_instance_check {
        named: [BasicV2 "changeInstanceCheck"],
        signed_by: [Basic],
    }
    /// An order is paid.
    OrderNotify in order_notify {
        named: [BasicV2 "orderNotify"],
        signed_by: [Order],
    }
    /// Kit: the tenant of an instance.
    TenantSync in tenant_sync {
        named: [KitV2 "tenantSync", KitV1 "tenantSync"],
        signed_by: [Kit],
    }
    /// Kit: the application's credentials.
    ApplicationSync in application_sync {
        named: [KitV2 "applicationSync", KitV1 "applicationSync"],
        signed_by: [Kit],
    }
    /// Kit: users of an application.
    AuthSync in auth_sync {
        named: [KitV2 "authSync", KitV1 "authSync"],
        signed_by: [Kit],
    }
    /// Kit: one department.
    SingleOrgSync in single_org_sync {
        named: [KitV2 "singleOrgSync", KitV1 "singleOrgSync"],
        signed_by: [Kit],
    }
    /// Kit: all departments.
    AllOrgSync in all_org_sync {
        named: [KitV2 "allOrgSync", KitV1 "allOrgSync"],
        signed_by: [Kit],
    }
    /// License 2.0: a code's expiry.
    RefreshLicenseCode in refresh_license_code {
        named: [BasicV2 "refreshLicenseCode", BasicV1 "refreshLicense"],
        signed_by: [License],
    }
    /// License 2.0: freeze or unfreeze a code.
    UpdateLicenseCodeStatus in update_license_code_status {
        named: [BasicV2 "updateLicenseCodeStatus", BasicV1 "expireLicense"],
        signed_by: [License],
    }
    /// License 2.0: release a code.
    ReleaseLicenseCode in release_license_code {
        named: [BasicV2 "releaseLicenseCode", BasicV1 "releaseLicense"],
        signed_by: [License],
    }
    /// Online License: a device asks for a license. License 1.0: the license of a purchase.
    GetLicenseAsync in get_license_async {
        named: [BasicV2 "getLicenseAsync", BasicV1 "getLicense"],
        signed_by: [License],
    }
}

impl Callback {
    /// The name of its function and of the function's folder: its own name in kebab-case.
    #[must_use]
    pub fn function(self) -> &'static str {
        self.into()
    }

    /// The V2.0 `activity`, or for the kit the last segment of the path.
    #[must_use]
    pub const fn activity(self) -> &'static str {
        self.names()[0].1
    }

    /// Whether it belongs to the joint-operations kit, where the path names the callback instead of a member of the body.
    #[must_use]
    pub const fn is_kit(self) -> bool {
        self.names()[0].0.is_kit()
    }

    /// The callback with this name in a dialect. The kit's names may be in upper or lower case.
    #[must_use]
    pub fn named(dialect: Dialect, name: &str) -> Option<Self> {
        let is_it = |(of, known): &(Dialect, &str)| {
            *of == dialect && (*known == name || dialect.is_kit() && known.eq_ignore_ascii_case(name))
        };
        Self::ALL.into_iter().find(|callback| callback.names().iter().any(is_it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_callback_in_a_dialect() {
        for callback in Callback::ALL {
            for (dialect, name) in callback.names() {
                assert_eq!(Callback::named(*dialect, name), Some(callback), "{dialect:?} {name}");
                assert_eq!(dialect.is_kit(), callback.is_kit(), "{callback:?} is of the kit or is not");
            }
            assert!(
                matches!(callback.names()[0].0, Dialect::BasicV2 | Dialect::KitV2),
                "{callback:?}: V2.0 comes first"
            );
        }
    }

    #[test]
    fn each_is_documented() {
        let page = include_str!("../../../../docs/callbacks.md");
        for callback in Callback::ALL {
            let row = format!("| {} | {} |", callback.activity(), callback.function());
            assert!(page.contains(&row), "docs/callbacks.md has no row with {row}");
        }
    }

    #[test]
    fn a_function_is_called_as_its_crate() {
        macro_rules! check {
            ($($callback:ident $module:ident)+) => {
                $(assert_eq!(Callback::$callback.function(), stringify!($module).replace('_', "-"));)+
            };
        }
        for_each_callback!(check);
    }
}
