//! The joint-operations kit's tenants, applications, users and departments: ordered by the time of their sync.

pub(crate) mod application;
pub(crate) mod bucket;
pub(crate) mod departments;
pub(crate) mod directory;
pub(crate) mod link;
pub(crate) mod newest;
pub(crate) mod parts;
pub(crate) mod tenant;
pub(crate) mod users;
