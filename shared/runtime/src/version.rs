//! Which version runs: every log line, `GET /healthz` of the seller API and `koogallery --version` tell it, so that a fault
//! can be found in the code that made it.

/// The project's version, such as `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that a release build was made from; none in a debug build, or if it was built outside of git.
pub const COMMIT: Option<&str> = option_env!("COMMIT_OF_THE_BUILD");

/// Both in one text: `0.1.0 (19feacb80eee)`.
#[must_use]
pub fn version() -> &'static str {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| written(COMMIT));
    &TEXT
}

fn written(commit: Option<&str>) -> String {
    commit.map_or_else(|| VERSION.to_owned(), |commit| format!("{VERSION} ({commit})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_stands_behind_the_version_where_it_is_known() {
        assert_eq!(written(None), env!("CARGO_PKG_VERSION"));
        assert_eq!(written(Some("19feacb80eee")), concat!(env!("CARGO_PKG_VERSION"), " (19feacb80eee)"));
        assert!(version().starts_with(VERSION));
    }
}
