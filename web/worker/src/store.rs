//! A model's files, from the network, the browser's cache or the visitor's disk: checked, wherever they
//! come from.

mod cache;
mod download;
mod turn;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::future::try_join_all;
use gloo_timers::callback::Timeout;
use rulewright::vlm::folder::{CHECKSUMS, Folder, ModelError, sha256};
use rulewright_protocol::{LocalFile, Reply, Source};
use wasm_bindgen_futures::JsFuture;

use crate::page;
use cache::Cache;
use turn::Turn;

/// Milliseconds between two reports of progress.
const PROGRESS_EVERY: f64 = 50.0;

/// What is said of a file for which there is no room.
const TOO_LARGE: &str = "it is larger than the memory that the browser gives";

/// A model's files.
pub struct Fetched {
    pub folder: Folder,
    /// Name, size and SHA-256 of each.
    pub files: Vec<(String, u64, String)>,
    /// Bytes that came over the network.
    pub downloaded: u64,
}

impl Fetched {
    /// The files of a list, with what is in each.
    fn new(list: List, files: Vec<File>, all: Vec<Option<Vec<u8>>>, downloaded: u64) -> Self {
        let mut fetched = Self { folder: Folder::new(), files: Vec::new(), downloaded };
        fetched.folder.insert(CHECKSUMS, list.bytes);
        for (file, bytes) in files.into_iter().zip(all.into_iter().flatten()) {
            fetched.files.push((file.name.clone(), bytes.len() as u64, file.sum));
            fetched.folder.insert(file.name, bytes);
        }
        fetched
    }
}

/// Fetches a model's files and tells the page of the progress.
pub async fn fetch(source: Source) -> Result<Fetched, ModelError> {
    match source {
        Source::Address(address) => from_address(&address).await,
        Source::Files(files) => from_disk(&files).await,
    }
}

/// A file of a model at an address.
struct File {
    name: String,
    sum: String,
    address: String,
}

impl File {
    fn new(folder: &str, name: String, sum: String) -> Self {
        let address = format!("{folder}{}", String::from(js_sys::encode_uri_component(&name)));
        Self { name, sum, address }
    }

    /// What it is kept under: every version under its own, so that they never mix.
    fn key(&self) -> String {
        format!("{}?sha256={}", self.address, self.sum)
    }

    /// Its bytes from the cache, if they are what they should be.
    async fn kept(&self, cache: &Cache) -> Option<Vec<u8>> {
        let bytes = cache.get(&self.key()).await?;
        if sha256(&bytes) == self.sum {
            return Some(bytes);
        }
        cache.drop(&self.key()).await;
        None
    }
}

/// The model at an address as it is now; or, where that can't be had whole, as it was at the last visit.
async fn from_address(address: &str) -> Result<Fetched, ModelError> {
    let cache = Cache::open().await;
    let list_address = format!("{address}{CHECKSUMS}");
    let kept = cache.get(&list_address).await;
    let newest = download::list(&list_address, kept.is_some()).await.and_then(List::read);
    let problem = match newest {
        Ok(list) => match fetched(address, list, &cache).await {
            Ok(fetched) => return Ok(fetched),
            Err(problem) => problem,
        },
        Err(problem) => problem,
    };
    let Some(list) = kept.and_then(|kept| List::read(kept).ok()) else { return Err(problem) };
    let files = list.files(address);
    let all = from_cache(&files, vec![None; files.len()], &cache, &Progress::new(files.len())).await;
    if all.contains(&None) {
        return Err(problem);
    }
    Ok(Fetched::new(list, files, all, 0))
}

/// A version of the model, from the cache or the network.
async fn fetched(address: &str, list: List, cache: &Cache) -> Result<Fetched, ModelError> {
    let files = list.files(address);
    let progress = Progress::new(files.len());
    let downloaded = Cell::new(0);

    // What is there needs no turn. Another worker may get the rest while this one waits for its turn.
    let mut all = from_cache(&files, vec![None; files.len()], cache, &progress).await;
    if all.contains(&None) {
        let _turn = Turn::take(address).await;
        all = from_cache(&files, all, cache, &progress).await;
        let missing = all.into_iter().zip(&files).enumerate().map(async |(index, (bytes, file))| {
            if let Some(bytes) = bytes {
                return Ok(bytes);
            }
            let tell = |bytes, total| progress.tell(index, bytes, total);
            let bytes = download::file(file, cache.is_there(), &downloaded, tell).await?;
            tell(bytes.len() as u64, Some(bytes.len() as u64));
            cache.put(&file.key(), &bytes).await;
            Ok::<_, ModelError>(bytes)
        });
        all = try_join_all(missing).await?.into_iter().map(Some).collect();
        // Only now that all of it is here does this version replace another one.
        let list_address = format!("{address}{CHECKSUMS}");
        cache.put(&list_address, &list.bytes).await;
        let keys: Vec<String> = files.iter().map(File::key).chain([list_address]).collect();
        cache.keep_only(address, &keys).await;
    }
    Ok(Fetched::new(list, files, all, downloaded.get()))
}

/// The list of a model's files.
struct List {
    bytes: Vec<u8>,
    /// Names and SHA-256.
    sums: Vec<(String, String)>,
}

impl List {
    fn read(bytes: Vec<u8>) -> Result<Self, ModelError> {
        let mut folder = Folder::new();
        folder.insert(CHECKSUMS, bytes.clone());
        match folder.checksums()? {
            sums if sums.is_empty() => Err(ModelError::new(CHECKSUMS, "it lists no files")),
            sums => Ok(Self { bytes, sums }),
        }
    }

    /// The files, of a model at an address.
    fn files(&self, address: &str) -> Vec<File> {
        self.sums.iter().map(|(name, sum)| File::new(address, name.clone(), sum.clone())).collect()
    }
}

/// Adds what the cache holds to what is there.
async fn from_cache(
    files: &[File],
    mut all: Vec<Option<Vec<u8>>>,
    cache: &Cache,
    progress: &Progress,
) -> Vec<Option<Vec<u8>>> {
    for (index, (bytes, file)) in all.iter_mut().zip(files).enumerate() {
        if bytes.is_some() {
            continue;
        }
        *bytes = file.kept(cache).await;
        if let Some(bytes) = bytes {
            progress.tell(index, bytes.len() as u64, Some(bytes.len() as u64));
        }
    }
    all
}

async fn from_disk(files: &[LocalFile]) -> Result<Fetched, ModelError> {
    let progress = Progress::new(files.len());
    for (index, file) in files.iter().enumerate() {
        progress.tell(index, 0, Some(file.handle.size() as u64));
    }
    let mut folder = Folder::new();
    for (index, file) in files.iter().enumerate() {
        if file.handle.size() > isize::MAX as f64 {
            return Err(ModelError::new(&file.name, TOO_LARGE));
        }
        let bytes = JsFuture::from(file.handle.array_buffer()).await;
        let bytes = bytes.map_err(|_| ModelError::new(&file.name, "the file can't be read"))?;
        let bytes = page::bytes(&bytes).ok_or_else(|| ModelError::new(&file.name, TOO_LARGE))?;
        progress.tell(index, bytes.len() as u64, Some(bytes.len() as u64));
        folder.insert(&*file.name, bytes);
    }
    folder.verify()?;
    let described = folder.files().map(|(name, size)| {
        let sum = sha256(folder.get(name).unwrap_or_default());
        (name.to_string(), size as u64, sum)
    });
    Ok(Fetched { files: described.collect(), downloaded: 0, folder })
}

/// How much of each file is there, and of how much.
struct Progress(Rc<Told>);

struct Told {
    files: RefCell<Vec<(u64, Option<u64>)>>,
    /// When the page was told last.
    at: Cell<f64>,
    /// Whether it will be told soon.
    soon: Cell<bool>,
}

impl Progress {
    fn new(files: usize) -> Self {
        let files = RefCell::new(vec![(0, None); files]);
        Self(Rc::new(Told { files, at: Cell::new(f64::NEG_INFINITY), soon: Cell::new(false) }))
    }

    /// Notes how far a file is, and tells the page now and then.
    fn tell(&self, index: usize, bytes: u64, total: Option<u64>) {
        let Self(told) = self;
        // A server that compresses on the way says a total that is too small.
        told.files.borrow_mut()[index] = (bytes, total.filter(|total| bytes <= *total));
        let (bytes, total) = told.sums();
        if page::now() - told.at.get() >= PROGRESS_EVERY || Some(bytes) == total {
            told.tell();
        } else if !told.soon.replace(true) {
            // Nothing more may come for a while.
            let told = Rc::downgrade(told);
            let late = move || _ = told.upgrade().map(|told| told.tell());
            Timeout::new(PROGRESS_EVERY as u32, late).forget();
        }
    }
}

impl Told {
    /// The bytes of all files that are here, and of how many.
    fn sums(&self) -> (u64, Option<u64>) {
        let files = self.files.borrow();
        (files.iter().map(|(bytes, _)| bytes).sum(), files.iter().map(|(_, total)| *total).sum())
    }

    fn tell(&self) {
        self.at.set(page::now());
        self.soon.set(false);
        let (bytes, total) = self.sums();
        page::post(&Reply::Progress { bytes, total });
    }
}
