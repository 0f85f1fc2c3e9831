//! `koogallery keygen`: makes the RSA key pair with which KooGallery encrypts an application's `clientSecret`.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use getrandom::SysRng;
use koogallery::RsaPrivateKey;

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum KeygenError {
    /// The file exists; it may be the key that is in use.
    #[error("{} exists, and a private key is never overwritten: name another file, or move that one away", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("cannot write the private key to {}: {source}", .file.display())]
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system gave no random numbers.
    #[error("the system gave no random numbers: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// A new key pair. Its text has what the seller needs: the public key, and the private key unless that is in a file.
#[derive(Debug)]
pub struct Pair {
    private: RsaPrivateKey,
    file: Option<PathBuf>,
}

/// Makes a key pair. With a file, the private key is written there, readable by its owner only, and is not shown.
pub fn keygen(out: Option<&Path>) -> Result<Pair, KeygenError> {
    if let Some(path) = out.filter(|path| path.exists()) {
        return Err(KeygenError::Exists(path.to_owned()));
    }
    let private = RsaPrivateKey::generate(&mut SysRng)?;
    if let Some(path) = out {
        // It is made last: if somebody stops the command, no empty file is in the way of the next one.
        let mut file = create(path)?;
        let written = file.write_all(private.reveal_pem().as_bytes());
        written.map_err(|source| KeygenError::Write { file: path.to_owned(), source })?;
    }
    Ok(Pair { private, file: out.map(Path::to_owned) })
}

fn create(path: &Path) -> Result<File, KeygenError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => KeygenError::Exists(path.to_owned()),
        _ => KeygenError::Write { file: path.to_owned(), source },
    })
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            None => {
                writeln!(f, "Private key: put it into the deployment's secret, and keep it nowhere else.")?;
                writeln!(f, "{}", self.private.reveal_pem())?;
            }
            Some(file) => {
                writeln!(f, "Private key: in {}, readable by you alone.", file.display())?;
                writeln!(f, "Put it into the deployment's secret, then delete the file.\n")?;
            }
        }
        writeln!(f, "Public key: register this line in KooGallery. It encrypts each clientSecret with it.")?;
        write!(f, "{}", self.private.public_key())
    }
}

#[cfg(test)]
mod tests {
    use koogallery::RsaPublicKey;

    use super::*;

    /// A folder of the test's own that goes away with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("koogallery-keygen-{}", uuid::Uuid::new_v4()));
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_pair_is_shown_so_that_it_can_be_read_back() {
        let shown = keygen(None).unwrap().to_string();
        let key = RsaPrivateKey::from_pem(&shown).unwrap();
        let last = shown.lines().last().unwrap();
        assert_eq!(last.parse::<RsaPublicKey>().unwrap(), key.public_key());
    }

    #[test]
    fn a_file_holds_the_private_key_for_its_owner_alone() {
        let folder = Folder::new();
        let file = folder.0.join("key.pem");
        let shown = keygen(Some(&file)).unwrap().to_string();
        assert!(!shown.contains("BEGIN"), "{shown}");
        let key = RsaPrivateKey::from_pem(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert!(shown.ends_with(&key.public_key().to_string()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_exists_is_left_as_it_is() {
        let folder = Folder::new();
        let file = folder.0.join("key.pem");
        std::fs::write(&file, "precious").unwrap();
        assert!(matches!(keygen(Some(&file)), Err(KeygenError::Exists(_))));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
        let missing = folder.0.join("no such folder").join("key.pem");
        assert!(matches!(keygen(Some(&missing)), Err(KeygenError::Write { .. })));
    }
}
