//! Makes `template-china.yaml` of `template.yaml`: AWS China has no function URLs, and a template that only names their type is
//! refused there, whatever its conditions say.

/// Ends a line that China does not get.
const WITHOUT: &str = " # not in AWS China";
/// Begins lines that China does not get; [`END`] ends them.
const WITHOUT_ALL: &str = "# --- not in AWS China";
const END: &str = "# --- end";
/// Begins a line of which China gets the rest.
const ONLY: &str = "# in AWS China: ";

/// The template of AWS China.
///
/// # Panics
///
/// When a mark has no end, or an end no mark.
#[must_use]
pub fn template_of_china(source: &str) -> String {
    let (mut made, mut dropping) = (String::new(), false);
    for line in source.lines() {
        let marked = line.trim_start();
        match marked {
            WITHOUT_ALL | END => {
                assert_eq!(dropping, marked == END, "{line} where it cannot be");
                dropping = !dropping;
            }
            _ if dropping || line.ends_with(WITHOUT) => {}
            _ => {
                // Where something went, one blank line is enough.
                if !(line.is_empty() && made.ends_with("\n\n")) {
                    let indent = &line[..line.len() - marked.len()];
                    made.extend([indent, marked.strip_prefix(ONLY).unwrap_or(marked), "\n"]);
                }
            }
        }
    }
    assert!(!dropping, "{WITHOUT_ALL} without {END}");
    made
}
