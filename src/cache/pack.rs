//! A pack: what many files yielded, one behind the other in one file, with an index at its end.
//!
//! A pack is written once, under another name, and then renamed: nobody sees half of one. Of what is read nothing is
//! believed: lengths are compared with the size of the file before anything is made of them, and the index and each
//! record have a checksum. No path and no text of a program stands in the index.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::NamedTempFile;

/// What every pack starts with. Another number is another format.
const MAGIC: &[u8; 16] = b"outlive cache 1\n";
const HEAD: u64 = 48;
/// The start of the index and its checksum.
const FOOT: u64 = 8 + 32;
const ROW: usize = 32 + 8 + 16 + 8 + 4;
/// No pack grows beyond this.
pub(super) const MAX_PACK: u64 = 256 << 20;
/// Nor a record of one file.
const MAX_RECORD: usize = 32 << 20;
/// All packs of a run have no more records than this, and so no single one has.
pub(super) const MAX_ROWS: usize = 1 << 20;

/// The name of something by its content.
pub(crate) type Digest = [u8; 32];

/// One record, as the index has it.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The path and the text of the file, digested.
    pub(super) key: Digest,
    /// The path alone: of two records for one path the newer counts.
    pub(super) path: [u8; 8],
    sum: [u8; 16],
    at: u64,
    pub(super) len: u32,
}

impl Row {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key);
        out.extend_from_slice(&self.path);
        out.extend_from_slice(&self.sum);
        out.extend_from_slice(&self.at.to_le_bytes());
        out.extend_from_slice(&self.len.to_le_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (key, rest) = bytes.split_first_chunk()?;
        let (path, rest) = rest.split_first_chunk()?;
        let (sum, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (len, _) = rest.split_first_chunk()?;
        Some(Self {
            key: *key,
            path: *path,
            sum: *sum,
            at: u64::from_le_bytes(*at),
            len: u32::from_le_bytes(*len),
        })
    }

    /// Whether the record stands between the head and the index, and is no larger than a record may be.
    fn fits(&self, end: u64) -> bool {
        let behind = self.at.checked_add(u64::from(self.len));
        self.at >= HEAD && behind.is_some_and(|behind| behind <= end) && self.len as usize <= MAX_RECORD
    }
}

fn sum(bytes: &[u8]) -> [u8; 16] {
    let whole = blake3::hash(bytes);
    *whole.as_bytes().first_chunk().unwrap_or(&[0; 16])
}

/// A pack that is read.
pub(super) struct Pack {
    pub(super) path: PathBuf,
    file: File,
    pub(super) rows: Vec<Row>,
    /// Something in it is not what was written.
    damaged: AtomicBool,
}

impl Pack {
    /// Opens a pack of a group. None if there is none that may be read; an error if it is damaged.
    pub(super) fn open(path: &Path, group: &Digest) -> Result<Option<Self>, Damaged> {
        let is_file = |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.is_file());
        // Not a pipe, which would be waited for.
        let Some(mut file) = Some(path).filter(|path| is_file(path)).and_then(|path| File::open(path).ok())
        else {
            return Ok(None);
        };
        let rows = index(&mut file, group).ok_or(Damaged)?;
        let path = path.to_owned();
        Ok(Some(Self { path, file, rows, damaged: AtomicBool::new(false) }))
    }

    /// A record; none if it is not what was written.
    pub(super) fn record(&self, row: &Row) -> Option<Vec<u8>> {
        self.read(row, <[u8]>::to_vec)
    }

    /// Reads a record, if it is what was written.
    pub(super) fn read<R>(&self, row: &Row, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        thread_local! {
            /// Thousands of records are read one after the other.
            static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        ROOM.with_borrow_mut(|room| {
            let len = row.len as usize;
            room.resize(room.len().max(len), 0);
            let bytes = room.get_mut(..len)?;
            if read_at(&self.file, bytes, row.at).is_ok() && sum(bytes) == row.sum {
                return Some(read(bytes));
            }
            self.blame();
            None
        })
    }

    /// Something in it turned out to be wrong.
    pub(super) fn blame(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }
}

/// Fills a buffer from a position of a file. Many threads may do so at the same time.
#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        (bytes, at) = (&mut bytes[read..], at + read as u64);
    }
    Ok(())
}

/// A file is not what was written.
pub(super) struct Damaged;

fn index(file: &mut File, group: &Digest) -> Option<Vec<Row>> {
    let size = file.metadata().ok()?.len();
    let foot_at = size.checked_sub(FOOT).filter(|&at| at >= HEAD && size <= MAX_PACK)?;
    let mut head = [0; HEAD as usize];
    file.read_exact(&mut head).ok()?;
    let (magic, of) = head.split_at(MAGIC.len());
    if magic != MAGIC || of != group {
        return None;
    }
    file.seek(SeekFrom::Start(foot_at)).ok()?;
    let mut foot = [0; FOOT as usize];
    file.read_exact(&mut foot).ok()?;
    let (start, expected) = foot.split_first_chunk()?;
    let start = u64::from_le_bytes(*start);
    let len = foot_at.checked_sub(start).filter(|&len| start >= HEAD && len <= (MAX_ROWS * ROW) as u64)?;
    let mut bytes = vec![0; usize::try_from(len).ok()?];
    file.seek(SeekFrom::Start(start)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    if blake3::hash(&bytes).as_bytes() != expected || !bytes.len().is_multiple_of(ROW) {
        return None;
    }
    bytes.chunks_exact(ROW).map(|row| Row::read(row).filter(|row| row.fits(start))).collect()
}

/// A pack that is written, still under another name.
pub(super) struct Writing {
    file: BufWriter<NamedTempFile>,
    rows: Vec<Row>,
    at: u64,
}

impl Writing {
    /// Begins a pack of a group in a folder.
    pub(super) fn begin(folder: &Path, group: &Digest) -> io::Result<Self> {
        let file = tempfile::Builder::new().prefix("new-").suffix(UNFINISHED).tempfile_in(folder)?;
        let mut file = BufWriter::with_capacity(1 << 18, file);
        file.write_all(MAGIC)?;
        file.write_all(group)?;
        Ok(Self { file, rows: Vec::new(), at: HEAD })
    }

    /// The paths that it has records for.
    pub(super) fn paths(&self) -> impl Iterator<Item = [u8; 8]> {
        self.rows.iter().map(|row| row.path)
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether one more record of a length has room.
    fn has_room(&self, len: usize) -> bool {
        let index = (self.rows.len() + 1).saturating_mul(ROW) as u64;
        let fits = self.at + len as u64 + index + FOOT <= MAX_PACK;
        fits && len <= MAX_RECORD && self.rows.len() < MAX_ROWS
    }

    /// Adds a record, if it has room.
    pub(super) fn add(&mut self, key: Digest, path: [u8; 8], record: &[u8]) -> io::Result<()> {
        let Some(len) = u32::try_from(record.len()).ok().filter(|_| self.has_room(record.len())) else {
            return Ok(());
        };
        self.file.write_all(record)?;
        self.rows.push(Row { key, path, sum: sum(record), at: self.at, len });
        self.at += u64::from(len);
        Ok(())
    }

    /// Writes the index and gives the pack its name: that of its group, and of what is in it. Two runs that write the
    /// same at the same time write the same file.
    pub(super) fn finish(mut self, folder: &Path, group: &Digest) -> io::Result<PathBuf> {
        self.rows.sort_unstable_by_key(|row| row.key);
        let mut content = blake3::Hasher::new();
        let mut index = Vec::with_capacity(self.rows.len() * ROW);
        for row in &self.rows {
            content.update(&row.key);
            row.write(&mut index);
        }
        self.file.write_all(&index)?;
        self.file.write_all(&self.at.to_le_bytes())?;
        self.file.write_all(blake3::hash(&index).as_bytes())?;
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let path = folder.join(name(group, content.finalize().as_bytes()));
        file.persist(&path)?;
        Ok(path)
    }
}

/// The end of the names of packs.
const PACK: &str = ".pack";
/// The end of the names of packs that are being written.
const UNFINISHED: &str = ".part";

fn hex(digest: &Digest) -> String {
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn name(group: &Digest, content: &Digest) -> String {
    format!("{}-{}{PACK}", hex(group), hex(content))
}

/// What a file in the folder of a cache is, by its name. Others are not ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ours {
    /// A pack of this group.
    Pack,
    /// A pack of another group.
    Other,
    /// One that is being written, or was when its run was ended.
    Unfinished,
}

impl Ours {
    pub(super) fn of(name: &str, group: &Digest) -> Option<Self> {
        if name.starts_with("new-") && name.ends_with(UNFINISHED) {
            return Some(Self::Unfinished);
        }
        let (of, content) = name.strip_suffix(PACK)?.split_once('-')?;
        let is_hex = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex(of) || !is_hex(content) {
            return None;
        }
        Some(if of == hex(group) { Self::Pack } else { Self::Other })
    }
}
