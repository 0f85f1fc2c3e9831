//! The host that is measured, and KooGallery before it: with the local test keys, in this process.

use std::path::PathBuf;
use std::sync::Arc;

use koogallery::AccessKeys;
use koogallery_local::host::{LocalHost, Options, TableAt};
use koogallery_local::keys::LOCAL_TEST_KEYS;
use koogallery_local::log::Silent;
use koogallery_local::marketplace::Marketplace;
use koogallery_runtime::Environment;

use crate::Problem;

/// Starts one whose table is in a file, or in memory.
pub(crate) async fn start(file: Option<PathBuf>) -> Result<(LocalHost, Marketplace), Problem> {
    let (table, silent) = (TableAt::Embedded { file, listen: None }, Arc::new(Silent));
    let options = Options::new(([127, 0, 0, 1], 0).into(), table, Environment::default(), silent.clone(), silent);
    let host = LocalHost::start(options).await?;
    let marketplace = Marketplace::new(&host.address(), AccessKeys::from_json(LOCAL_TEST_KEYS)?)?;
    Ok((host, marketplace))
}
