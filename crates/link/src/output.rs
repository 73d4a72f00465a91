//! The output file: it appears under its name whole, or not at all.
//!
//! An existing regular file is removed first, as cmd/link does (a running program cannot be
//! overwritten). The new one has no name while it is filled (`O_TMPFILE`), so that whatever ends
//! the program leaves nothing behind; where a file system cannot do that, it has a hidden name
//! beside its final one, which is removed on the way out. What cannot be replaced (a symbolic
//! link, a file in a folder that takes no new ones) is overwritten at the very end.

use crate::sys;
use memmap2::MmapMut;
use rayon::prelude::*;
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use symbols::map::go_error_text;

/// Permissions of the output, before umask.
const MODE: u32 = 0o775;

/// The output file on its way. Dropped without [`OutputFile::commit`], nothing is left of it.
pub struct OutputFile {
    name: PathBuf,
    file: File,
    place: Place,
    content: Content,
    /// Whether there may be bytes in the file already ([`OutputFile::early`]).
    begun: bool,
}

/// Where the bytes are until the end.
enum Place {
    /// In a file without a name.
    Nameless,
    /// In a file with this name.
    Beside(PathBuf),
    /// In memory, to be written to the file under its final name. True if it was made for that,
    /// so that it is to be removed if the link fails.
    InMemory { made: bool },
}

enum Content {
    None,
    Mapped(MmapMut),
    /// Bytes for a file that cannot be mapped, or that must not change before the end.
    Buffer(Vec<u8>),
}

/// Takes parts of the output before its size is known.
pub struct EarlyFile {
    file: File,
}

impl EarlyFile {
    /// Writes `bytes` at the offset `at`; answers whether they are written. If not, they are still to be
    /// stored when the output has its size.
    pub fn write(&self, bytes: &[u8], at: u64) -> bool {
        write_at(&self.file, bytes, at as usize).is_ok()
    }
}

/// Stores finished parts of the output. They go to the file by its descriptor: a map would have to
/// read, clear and hold each page before it is overwritten.
#[derive(Debug)]
pub struct Store<'o> {
    /// The file that is mapped, if one is.
    file: Option<&'o File>,
    /// The address of its first byte.
    start: usize,
}

/// Bytes of one call of `pwrite`, which ends at a multiple of it. The system gives what one call
/// writes one block of memory if it can. Blocks of up to this size (`PAGE_ALLOC_COSTLY_ORDER`) each
/// processor has at hand, those that were freed last first. Larger ones lie where nothing was used
/// for long: on a virtual machine the host has to find memory for them first, which took ten times
/// as long as the copying.
const WRITE: usize = 32 << 10;

/// Larger parts get a buffer of their own.
const BUFFER_LIMIT: usize = 1 << 20;

impl Store<'_> {
    /// Has a part of the output made in zeroed memory that is used again, and stores it.
    pub fn make<T>(&self, place: &mut [u8], make: impl FnOnce(&mut [u8]) -> T) -> T {
        self.make_all(place, |out| {
            clear(out);
            make(out)
        })
    }

    /// As [`Store::make`], in memory with anything in it: `make` writes every byte.
    pub fn make_all<T>(&self, place: &mut [u8], make: impl FnOnce(&mut [u8]) -> T) -> T {
        thread_local!(static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
        let len = place.len();
        if len > BUFFER_LIMIT {
            let mut buffer = vec![0; len];
            let made = make(&mut buffer);
            self.put_in_parts(place, &buffer);
            return made;
        }
        // Taken: what is made in parallel may have this thread make another part in between.
        let mut buffer = BUFFER.take();
        if buffer.len() < len {
            buffer.resize(len, 0);
        }
        let made = make(&mut buffer[..len]);
        self.put(place, &buffer[..len]);
        BUFFER.set(buffer);
        made
    }

    /// As [`Store::put`], in parallel.
    pub fn put_in_parts(&self, place: &mut [u8], bytes: &[u8]) {
        place
            .par_chunks_mut(BUFFER_LIMIT)
            .zip(bytes.par_chunks(BUFFER_LIMIT))
            .for_each(|(place, bytes)| self.put(place, bytes));
    }

    /// Stores `bytes` at their place in the output, which is of the same length.
    pub fn put(&self, place: &mut [u8], bytes: &[u8]) {
        if let Some(file) = self.file {
            let at = place.as_ptr() as usize - self.start;
            if write_at(file, bytes, at).is_ok() {
                return;
            }
        }
        place.copy_from_slice(bytes);
    }
}

/// Zeroes `bytes`. Of many, those that are zero already are not written to: memory that is new to the
/// process is, and the system need not provide it as long as it is only read.
pub fn clear(bytes: &mut [u8]) {
    const PAGE: usize = 4096;
    if bytes.len() <= BUFFER_LIMIT {
        return bytes.fill(0);
    }
    for page in bytes.chunks_mut(PAGE) {
        if page.iter().any(|&b| b != 0) {
            page.fill(0);
        }
    }
}

/// Writes `bytes` to the file from the offset `at` on, a little at a time ([`WRITE`]).
fn write_at(file: &File, mut bytes: &[u8], mut at: usize) -> io::Result<()> {
    while !bytes.is_empty() {
        let (now, later) = bytes.split_at(bytes.len().min(WRITE - at % WRITE));
        file.write_all_at(now, at as u64)?;
        (bytes, at) = (later, at + now.len());
    }
    Ok(())
}

/// The output cannot be written, worded as `Exitf` prints it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct OutputError(String);

impl OutputFile {
    /// Makes ready for an output file (`ld/lib.go:libinit`). `shown` is its name for messages.
    ///
    /// # Errors
    ///
    /// It cannot be made: `cannot create NAME: …`.
    pub fn create(name: &Path, shown: &str) -> Result<OutputFile, OutputError> {
        let fail = |e: &io::Error| {
            OutputError(format!(
                "cannot create {shown}: open {shown}: {}",
                go_error_text(e)
            ))
        };
        sys::report_file_size_limit();
        let (file, place) = open(name).map_err(|e| fail(&e))?;
        if let Place::Beside(name) = &place {
            // Without the handler the file may outlive a signal; no reason to fail.
            let _ = sys::remove_file_on_signal(name);
        }
        Ok(OutputFile {
            name: name.to_path_buf(),
            file,
            place,
            content: Content::None,
            begun: false,
        })
    }

    /// Makes the file `size` bytes long and gives its bytes, all zero but for those that were
    /// written before ([`OutputFile::early`], [`OutputFile::begin`]), to be filled, with what stores
    /// finished parts of them. To be called once.
    ///
    /// # Errors
    ///
    /// The disk is full, or the file is of a kind without a size.
    pub fn map(&mut self, size: u64) -> Result<(&mut [u8], Store<'_>), OutputError> {
        let fail = |what: &str, e: &io::Error| {
            OutputError(format!("{what} output file failed: {}", go_error_text(e)))
        };
        let reserved = match (&self.place, sys::reserve(&self.file, size)) {
            (_, Ok(())) => true,
            // File systems that cannot reserve room; cmd/link goes on and may be killed when the
            // map turns out to have no room behind it. A buffer ends in an error instead.
            (_, Err(e)) if cannot_reserve(&e) => false,
            (_, Err(e)) => return Err(fail("mapping", &e)),
        };
        let map = match &self.place {
            Place::InMemory { .. } => None,
            _ if !reserved => None,
            _ => {
                self.file.set_len(size).map_err(|e| fail("resize", &e))?;
                sys::map_for_writing(&self.file, size).ok()
            }
        };
        self.content = match map {
            Some(map) => Content::Mapped(map),
            None => Content::Buffer(self.buffer(size).map_err(|e| fail("reading", &e))?),
        };
        Ok(self.parts())
    }

    /// Gives the first `size` bytes of the file before the size of the whole is known, as
    /// [`OutputFile::map`], which then finds them as they are left. `None` if they cannot be in the file
    /// yet. To be called once, before anything else is written.
    pub fn begin(&mut self, size: u64) -> Option<(&mut [u8], Store<'_>)> {
        if matches!(self.place, Place::InMemory { .. }) {
            return None;
        }
        self.begun = true;
        sys::reserve(&self.file, size).ok()?;
        self.file.set_len(size).ok()?;
        self.content = Content::Mapped(sys::map_for_writing(&self.file, size).ok()?);
        Some(self.parts())
    }

    /// What takes parts of the file before its size is known; `None` if they cannot be in it yet. To be
    /// called before [`OutputFile::map`].
    pub fn early(&mut self) -> Option<EarlyFile> {
        if matches!(self.place, Place::InMemory { .. }) {
            return None;
        }
        let file = self.file.try_clone().ok()?;
        self.begun = true;
        Some(EarlyFile { file })
    }

    /// A buffer with the file's first `size` bytes: those that were written early, else zeros.
    fn buffer(&self, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; size as usize];
        let written = match self.begun {
            true => self.file.metadata()?.len().min(size) as usize,
            false => 0,
        };
        self.file.read_exact_at(&mut bytes[..written], 0)?;
        Ok(bytes)
    }

    /// The bytes as filled so far; empty before [`OutputFile::map`].
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.content {
            Content::Mapped(map) => map,
            Content::Buffer(bytes) => bytes,
            Content::None => &mut [],
        }
    }

    /// As [`OutputFile::bytes_mut`], with what stores finished parts of them.
    fn parts(&mut self) -> (&mut [u8], Store<'_>) {
        let (file, bytes) = match &mut self.content {
            Content::Mapped(map) => (Some(&self.file), &mut map[..]),
            Content::Buffer(bytes) => (None, &mut bytes[..]),
            Content::None => (None, &mut [][..]),
        };
        let start = bytes.as_ptr() as usize;
        (bytes, Store { file, start })
    }

    /// Puts the file under its final name, in one step.
    ///
    /// # Errors
    ///
    /// It could not be written or named.
    pub fn commit(mut self) -> Result<(), OutputError> {
        let result = self.finish();
        result.map_err(|e| {
            let name = self.name.display();
            OutputError(format!(
                "writing output file {name} failed: {}",
                go_error_text(&e)
            ))
        })
    }

    fn finish(&mut self) -> io::Result<()> {
        let content = std::mem::replace(&mut self.content, Content::None);
        match content {
            Content::Buffer(bytes) => {
                match self.place {
                    Place::InMemory { .. } => self.file.set_len(0)?,
                    // What was written early may have been too much.
                    _ if self.begun => self.file.set_len(bytes.len() as u64)?,
                    _ => {}
                }
                self.file.write_all(&bytes)?;
            }
            // Unmapping comes before the name: a program with a writable map cannot be run.
            Content::Mapped(map) => drop(map),
            Content::None => {}
        }
        match &self.place {
            Place::InMemory { .. } => {}
            Place::Nameless => self.name_the_nameless()?,
            Place::Beside(temporary) => {
                std::fs::rename(temporary, &self.name)?;
                sys::forget_file();
            }
        }
        // Nothing is left to be removed.
        self.place = Place::InMemory { made: false };
        Ok(())
    }

    fn name_the_nameless(&mut self) -> io::Result<()> {
        match sys::give_name(&self.file, &self.name) {
            Ok(()) => return Ok(()),
            // Someone has put a file there in the meantime.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            // No /proc to name it through.
            Err(_) => {
                let (mut beside, temporary) = open_beside(&self.name)?;
                let copied = io::Seek::rewind(&mut self.file)
                    .and_then(|()| io::copy(&mut self.file, &mut beside))
                    .and_then(|_| std::fs::rename(&temporary, &self.name));
                if copied.is_err() {
                    let _ = std::fs::remove_file(&temporary);
                }
                return copied;
            }
        }
        let temporary = hidden_name(&self.name, 0);
        sys::give_name(&self.file, &temporary)?;
        std::fs::rename(&temporary, &self.name).inspect_err(|_| {
            let _ = std::fs::remove_file(&temporary);
        })
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        match &self.place {
            Place::Nameless | Place::InMemory { made: false } => {}
            Place::Beside(temporary) => {
                let _ = std::fs::remove_file(temporary);
                sys::forget_file();
            }
            Place::InMemory { made: true } => {
                // Through a symbolic link; the link itself stays.
                if let Ok(target) = std::fs::canonicalize(&self.name) {
                    let _ = std::fs::remove_file(target);
                }
            }
        }
    }
}

/// Errors of `fallocate` that mean the file system does not have it.
fn cannot_reserve(e: &io::Error) -> bool {
    // ENOTSUP and EOPNOTSUPP are one number on Linux.
    matches!(
        e.raw_os_error(),
        Some(libc::EOPNOTSUPP | libc::EPERM | libc::ENOSYS)
    )
}

fn open(name: &Path) -> io::Result<(File, Place)> {
    // What the final name gives when opened: the error to report, or a file to overwrite.
    let through = |made| {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).mode(MODE);
        let file = options.open(name)?;
        Ok((file, Place::InMemory { made }))
    };
    match std::fs::symlink_metadata(name) {
        Ok(meta) if !meta.is_file() => {
            let dangling = meta.is_symlink() && !name.exists();
            let (file, place) = through(dangling)?;
            let kind = file.metadata()?.file_type();
            if kind.is_fifo() || kind.is_socket() || kind.is_char_device() {
                // `map` finds that it has no size.
                return Ok((file, Place::InMemory { made: false }));
            }
            return Ok((file, place));
        }
        Ok(_) => {
            // The last who has it open frees its pages, which takes a while for a large file.
            let old = File::open(name);
            if std::fs::remove_file(name).is_err() {
                return through(false);
            }
            if let Ok(old) = old {
                // Without another thread it is freed here and now.
                let _ = std::thread::Builder::new().spawn(move || drop(old));
            }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(_) => return through(true),
    }
    // A name that ends in a slash is never a file's.
    let bytes = name.as_os_str().as_encoded_bytes();
    if bytes.ends_with(b"/") || name.file_name().is_none() {
        return through(true);
    }
    let folder = match name.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let mut nameless = OpenOptions::new();
    nameless
        .read(true)
        .write(true)
        .custom_flags(libc::O_TMPFILE)
        .mode(MODE);
    if let Ok(file) = nameless.open(folder) {
        return Ok((file, Place::Nameless));
    }
    match open_beside(name) {
        Ok((file, temporary)) => Ok((file, Place::Beside(temporary))),
        Err(_) => through(true),
    }
}

/// A new file under a hidden name in the folder of `name`.
fn open_beside(name: &Path) -> io::Result<(File, PathBuf)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(MODE);
    let mut last = io::ErrorKind::AlreadyExists.into();
    for attempt in 0..100 {
        let temporary = hidden_name(name, attempt);
        match options.open(&temporary) {
            Ok(file) => return Ok((file, temporary)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => last = e,
            Err(e) => return Err(e),
        }
    }
    Err(last)
}

fn hidden_name(name: &Path, attempt: u32) -> PathBuf {
    name.with_file_name(format!(".relink-{}-{attempt}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests;
