//! The corpus inside the binary, so that `koogallery conform` needs no checkout. A test holds the list to the folder.

macro_rules! embedded {
    ($($path:literal,)+) => {
        &[$(($path, include_str!(concat!("../../../tests/corpus/", $path))),)+]
    };
}

/// Each file's path below `tests/corpus/`, and its text.
pub(super) const FILES: &[(&str, &str)] = embedded![
    "calls.json",
    "kit-v1/all-org-sync.json",
    "kit-v1/application-sync.json",
    "kit-v1/auth-sync.json",
    "kit-v1/auth-token.json",
    "kit-v1/single-org-sync.json",
    "kit-v1/tenant-sync.json",
    "kit-v2/all-org-sync.json",
    "kit-v2/application-sync.json",
    "kit-v2/auth-sync.json",
    "kit-v2/signature.json",
    "kit-v2/single-org-sync.json",
    "kit-v2/tenant-sync.json",
    "license-v1/expire-license.json",
    "license-v1/get-license.json",
    "license-v1/refresh-license.json",
    "license-v1/release-license.json",
    "license-v2/refresh-license-code.json",
    "license-v2/release-license-code.json",
    "license-v2/update-license-code-status.json",
    "online-license/get-license-async.json",
    "online-license/new-instance.json",
    "online-license/refresh-instance.json",
    "online-license/release-instance.json",
    "online-license/update-instance-status.json",
    "order-notice/order-notify.json",
    "v1-basic/auth-token.json",
    "v1-basic/expire-instance.json",
    "v1-basic/instance-status.json",
    "v1-basic/new-instance.json",
    "v1-basic/query-instance.json",
    "v1-basic/refresh-instance.json",
    "v1-basic/release-instance.json",
    "v1-basic/upgrade.json",
    "v2-basic/change-instance-check.json",
    "v2-basic/new-instance.json",
    "v2-basic/query-instance.json",
    "v2-basic/refresh-instance.json",
    "v2-basic/release-instance.json",
    "v2-basic/signature.json",
    "v2-basic/update-instance-status.json",
    "v2-basic/upgrade-instance.json",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_corpus_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
        let mut there = super::super::corpus::json_files(&root).unwrap();
        let mut embedded: Vec<_> = FILES.iter().map(|(path, _)| root.join(path)).collect();
        there.sort();
        embedded.sort();
        assert_eq!(embedded, there);
        let read = super::super::Corpus::read(&root).unwrap();
        assert_eq!(read.len(), super::super::Corpus::embedded().unwrap().len());
    }
}
