//! Reads a form with a file, within the size of a request: browsers send it as `multipart/form-data`, without any script.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use futures_util::stream;
use http::header::CONTENT_TYPE;
use koogallery::Text;
use multer::Multipart;

use crate::stop::Stop;
use crate::texts::Acts;

/// The largest file. Lambda takes requests of 6 MB, and a file gets a third longer on its way, as base64.
pub(crate) const LARGEST: usize = 4 << 20;
/// What else there may be in the form.
const FIELDS: usize = 256 << 10;
/// The field with the file.
pub(crate) const FILE: &str = "file";

/// A form that was posted, with its file.
pub(crate) struct Upload {
    fields: HashMap<String, String>,
    file: Option<(Text<255>, Bytes)>,
}

impl Upload {
    /// What a field says.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The file with its name.
    pub(crate) fn take_file(&mut self) -> Result<(Text<255>, Bytes), Stop> {
        self.file.take().ok_or(Stop::Invalid(Acts::NeedsFile, None))
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Stop;

    async fn from_request(request: Request, _: &S) -> Result<Self, Stop> {
        let refused = |error: multer::Error| Stop::Invalid(Acts::BadField, Some(error.to_string()));
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(kind).map_err(refused)?;
        let body = to_bytes(request.into_body(), LARGEST + FIELDS).await;
        let body = body.map_err(|_| Stop::Invalid(Acts::FileTooLarge, None))?;
        let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
        let mut upload = Self { fields: HashMap::new(), file: None };
        while let Some(part) = parts.next_field().await.map_err(refused)? {
            let Some(name) = part.name().map(str::to_owned) else { continue };
            if name != FILE {
                upload.fields.insert(name, part.text().await.map_err(refused)?);
                continue;
            }
            let called = part.file_name().map(last_part).unwrap_or_default();
            let bytes = part.bytes().await.map_err(refused)?;
            if bytes.len() > LARGEST {
                return Err(Stop::Invalid(Acts::FileTooLarge, None));
            }
            // A browser sends an empty part where nobody chose a file.
            if !bytes.is_empty() {
                let called = Text::try_from(called).map_err(|_| Stop::Invalid(Acts::NeedsFile, None))?;
                upload.file = Some((called, bytes));
            }
        }
        Ok(upload)
    }
}

/// The name of a file without the folders that some browsers send, and as long as it is kept.
fn last_part(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.chars().filter(|letter| !letter.is_control()).take(100).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn read(kind: &str, body: Vec<u8>) -> Result<Upload, Stop> {
        let request = Request::post("/").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
        Upload::from_request(request, &()).await
    }

    fn form(parts: &[(&str, &str)]) -> Vec<u8> {
        let part = |(head, content): &(&str, &str)| {
            format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
        };
        let parts: Vec<String> = parts.iter().map(part).collect();
        (parts.concat() + "--b--\r\n").into_bytes()
    }

    #[tokio::test]
    async fn a_form_is_read_with_its_file() {
        let kind = "multipart/form-data; boundary=b";
        let sent = form(&[("name=\"reason\"", " why "), ("name=\"file\"; filename=\"C:\\a\\bill.csv\"", "订单号\n1")]);
        let mut upload = read(kind, sent).await.unwrap();
        assert_eq!((upload.field("reason"), upload.field("other")), (Some("why"), None));
        let (name, bytes) = upload.take_file().unwrap();
        assert_eq!((name.as_str(), &bytes[..]), ("bill.csv", "订单号\n1".as_bytes()));
        let mut none = read(kind, form(&[("name=\"file\"; filename=\"\"", "")])).await.unwrap();
        assert!(matches!(none.take_file(), Err(Stop::Invalid(Acts::NeedsFile, None))));
    }

    #[tokio::test]
    async fn what_is_too_large_or_no_form_is_refused() {
        let kind = "multipart/form-data; boundary=b";
        let large = form(&[("name=\"file\"; filename=\"a\"", &"x".repeat(LARGEST + 1))]);
        assert!(matches!(read(kind, large).await, Err(Stop::Invalid(Acts::FileTooLarge, None))));
        let larger = form(&[("name=\"file\"; filename=\"a\"", &"x".repeat(LARGEST + 2 * FIELDS))]);
        assert!(matches!(read(kind, larger).await, Err(Stop::Invalid(Acts::FileTooLarge, None))));
        for (kind, body) in [("text/plain", "x"), (kind, "--b\r\nbroken"), (kind, "")] {
            assert!(
                matches!(read(kind, body.as_bytes().to_vec()).await, Err(Stop::Invalid(Acts::BadField, _))),
                "{kind} {body}"
            );
        }
    }
}
