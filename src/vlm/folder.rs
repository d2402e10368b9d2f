//! A model's folder: its files by name, as Hugging Face lays them out, and what may be wrong with it.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::Path;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// The file that lists the others with their SHA-256, as `sha256sum` writes it.
pub const CHECKSUMS: &str = "SHA256SUMS";

/// What is wrong with a model, in one sentence that names the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelError {
    file: String,
    problem: String,
}

impl ModelError {
    /// A problem with one file of the folder.
    pub fn new(file: &str, problem: impl Display) -> Self {
        Self { file: file.to_string(), problem: problem.to_string() }
    }
}

impl Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.problem)
    }
}

impl std::error::Error for ModelError {}

/// The files of a model by name.
#[derive(Default, Clone)]
pub struct Folder {
    files: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    /// An empty folder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, or replaces it.
    pub fn insert(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.files.insert(name.into(), bytes);
    }

    /// The bytes of a file; `None` if the folder has no such file.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The bytes of a file that a model can't do without.
    ///
    /// # Errors
    /// If the folder has no such file.
    pub fn require(&self, name: &str) -> Result<&[u8], ModelError> {
        self.get(name).ok_or_else(|| {
            let folder = if self.files.is_empty() { ", which is empty" } else { "" };
            ModelError::new(name, format!("the file is missing from the model's folder{folder}"))
        })
    }

    /// Names and sizes in bytes of the files.
    pub fn files(&self) -> impl Iterator<Item = (&str, usize)> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.len()))
    }

    /// Reads the files of a folder on disk (not its subfolders), and checks them against
    /// [`CHECKSUMS`] where there is one.
    ///
    /// # Errors
    /// If the folder can't be read, or a file differs from its checksum.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let unreadable = |path: &Path, error: std::io::Error| {
            ModelError::new(
                &path.display().to_string(),
                format!("can't be read as a model's folder: {error}"),
            )
        };
        let mut folder = Self::new();
        for entry in std::fs::read_dir(path).map_err(|e| unreadable(path, e))? {
            let file = entry.map_err(|e| unreadable(path, e))?.path();
            if let (true, Some(name)) = (file.is_file(), file.file_name().and_then(|name| name.to_str())) {
                folder.insert(name, std::fs::read(&file).map_err(|e| unreadable(&file, e))?);
            }
        }
        folder.verify()?;
        Ok(folder)
    }

    /// Checks every file that [`CHECKSUMS`] lists; without that file, none.
    ///
    /// # Errors
    /// If the list is none, or a file is missing or differs.
    pub fn verify(&self) -> Result<(), ModelError> {
        self.checksums()?.iter().try_for_each(|(name, sum)| self.check(name, sum))
    }

    /// Reads a JSON file that a model can't do without; the error says where in it.
    ///
    /// # Errors
    /// If the folder has no such file, or it is not what it should be.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, ModelError> {
        let mut reader = serde_json::Deserializer::from_slice(self.require(name)?);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let place = if path == "." { String::new() } else { format!("`{path}`: ") };
            ModelError::new(name, format!("{place}{}", error.inner()))
        })
    }

    /// Names and SHA-256 (64 hexadecimal digits) from the folder's [`CHECKSUMS`]; empty without one.
    ///
    /// # Errors
    /// If a line is not a checksum, two spaces and a plain file name.
    pub fn checksums(&self) -> Result<Vec<(String, String)>, ModelError> {
        let text = String::from_utf8_lossy(self.get(CHECKSUMS).unwrap_or_default()).into_owned();
        let line = |(number, line): (usize, &str)| {
            let (sum, name) = line.split_once("  ").unwrap_or_default();
            let plain = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
            if sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()) && plain {
                return Ok((name.to_string(), sum.to_lowercase()));
            }
            let problem = format!("line {} is not a SHA-256, two spaces and a file's name", number + 1);
            Err(ModelError::new(CHECKSUMS, problem))
        };
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
    }

    /// Compares a file with its SHA-256.
    ///
    /// # Errors
    /// If the file is missing or differs.
    pub fn check(&self, name: &str, sum: &str) -> Result<(), ModelError> {
        let found = sha256(self.require(name)?);
        if found == sum {
            return Ok(());
        }
        let problem = format!(
            "its checksum is {}... where {}... was expected: it is damaged or another version",
            &found[..12],
            &sum[..12]
        );
        Err(ModelError::new(name, problem))
    }
}

/// The SHA-256 of some bytes, as 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
