//! singleOrgSync and allOrgSync: the departments of a tenant.

use std::collections::BTreeSet;

use koogallery::{AllOrgSync, Department, InstanceId, OrgCode, SingleOrgSync, TenantId};

use crate::kit::bucket::{Became, Entry};
use crate::kit::directory::{Directory, Sync, names_that};
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::event_type::EventType;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::data_keys::DataKeys;

/// Identifies the departments of a tenant, as one instance knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDepartments {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The instance; none if the seller only asked for credentials.
    pub instance_id: Option<InstanceId>,
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingDepartment {
    /// Its code.
    pub org_code: OrgCode,
    /// Its data, as last sent.
    pub department: Department,
}

impl Store {
    /// Adds, changes or removes one department, if the sync is newer than the department's data.
    pub async fn sync_department(
        &self,
        call: &Call,
        request: &SingleOrgSync,
        keys: &impl DataKeys,
    ) -> Result<Changed, StoreError> {
        let SingleOrgSync { instance_id, tenant_id, org_code, change, sync_time, .. } = request;
        let instance = instance_id.as_ref();
        let directory = Directory { world: call.world(), tenant: tenant_id, instance, app: None };
        let at = call.stamp(*sync_time);
        let entry = change.told().map_or(Entry::gone(at, call.now()), |department| Entry::is(at, department.clone()));
        let events = |changed: &[(String, Became)]| {
            let of = |became: &[Became], event_type| {
                let codes = names_that(changed, became);
                let event = Event::of_tenant(call.now(), event_type, tenant_id, instance, None);
                (!codes.is_empty()).then(|| event.about(codes.len(), Some(("orgCodes", &codes))))
            };
            let told = of(&[Became::Given, Became::Changed, Became::Revoked], EventType::DepartmentsChanged);
            told.into_iter().chain(of(&[Became::Gone], EventType::DepartmentsRemoved)).collect()
        };
        let sync = Sync { all_at: None, entries: vec![(org_code.to_string(), entry)] };
        let needs = call.needs(instance, change.told().is_none());
        self.sync_directory(call, directory, needs, sync, keys, events).await
    }

    /// Replaces all departments from older syncs with these.
    pub async fn replace_departments(
        &self,
        call: &Call,
        request: &AllOrgSync,
        keys: &impl DataKeys,
    ) -> Result<Changed, StoreError> {
        let AllOrgSync { instance_id, tenant_id, departments, sync_time, .. } = request;
        let instance = instance_id.as_ref();
        let directory = Directory { world: call.world(), tenant: tenant_id, instance, app: None };
        let at = call.stamp_of_all(*sync_time);
        let entry = |(code, department): &(OrgCode, Department)| (code.to_string(), Entry::is(at, department.clone()));
        // A list may contain a department more than once.
        let count = departments.iter().map(|(code, _)| code.as_str()).collect::<BTreeSet<_>>().len();
        let events = |_: &[(String, Became)]| {
            let event = Event::of_tenant(call.now(), EventType::DepartmentsReplaced, tenant_id, instance, None);
            vec![event.about(count, None)]
        };
        let sync = Sync { all_at: Some(at), entries: departments.iter().map(entry).collect() };
        self.sync_directory(call, directory, call.needs(instance, false), sync, keys, events).await
    }

    /// Up to `limit` departments after `after`, in the order of their codes, all read at one moment.
    pub async fn departments(
        &self,
        world: World,
        of: &TenantDepartments,
        after: Option<&OrgCode>,
        limit: usize,
        keys: &impl DataKeys,
    ) -> Result<Vec<StandingDepartment>, StoreError> {
        let TenantDepartments { tenant_id, instance_id } = of;
        let directory = Directory { world, tenant: tenant_id, instance: instance_id.as_ref(), app: None };
        let page = self.directory_page(directory, after.map(OrgCode::as_str), limit, keys).await?;
        let known = |(code, department, _): (String, Department, bool)| {
            let org_code = code.parse().map_err(|_| StoreError::Unreadable("a department's code".to_owned()))?;
            Ok(StandingDepartment { org_code, department })
        };
        page.into_iter().map(known).collect()
    }
}
