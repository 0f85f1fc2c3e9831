//! The corpus inside the binary, so that `koogallery conform` needs no checkout.

use include_dir::{Dir, include_dir};

static CORPUS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../tests/corpus");

/// Each file's path below `tests/corpus/`, and its text.
pub(super) fn files() -> Vec<(String, String)> {
    let folders = CORPUS.dirs().flat_map(Dir::files);
    let cases = CORPUS.files().chain(folders).filter(|file| file.path().extension().is_some_and(|kind| kind == "json"));
    let read = |file: &include_dir::File<'_>| {
        Some((file.path().to_str()?.replace('\\', "/"), file.contents_utf8()?.to_owned()))
    };
    let mut files: Vec<_> = cases.filter_map(read).collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_corpus_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
        let mut there = super::super::corpus::json_files(&root).unwrap();
        there.sort();
        let mut embedded: Vec<_> = files().into_iter().map(|(path, _)| root.join(path)).collect();
        embedded.sort();
        assert_eq!(embedded, there);
        let read = super::super::Corpus::read(&root).unwrap();
        assert_eq!(read.len(), super::super::Corpus::embedded().unwrap().len());
    }
}
