//! The folder for what goes to the host linker.

use crate::config::Config;
use crate::text;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The folder; removed in the end if it was made for this link.
pub struct TempDir {
    path: PathBuf,
    own: bool,
}

impl TempDir {
    /// `-tmpdir`, or a new folder (`os.MkdirTemp`).
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(config: &Config) -> io::Result<TempDir> {
        if let Some(path) = &config.tmpdir {
            let path = path.clone();
            return Ok(TempDir { path, own: false });
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let start = now.unwrap_or_default().subsec_nanos() ^ std::process::id() << 12;
        for i in 0..10_000 {
            let path = std::env::temp_dir().join(format!("go-link-{}", start.wrapping_add(i)));
            match make_private(&path) {
                Ok(()) => return Ok(TempDir { path, own: true }),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        text::join_path(&self.path, name)
    }

    /// Whether it is removed in the end.
    pub fn is_own(&self) -> bool {
        self.own
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        if self.own {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// Sets the time of a file to the epoch: some host linkers put it into what they make
/// (`ld/lib.go:cleanTimeStamps`).
///
/// # Errors
/// The time cannot be set.
pub fn clean_time_stamp(path: &Path) -> io::Result<()> {
    let epoch = SystemTime::UNIX_EPOCH + Duration::ZERO;
    let times = std::fs::FileTimes::new()
        .set_accessed(epoch)
        .set_modified(epoch);
    std::fs::File::options()
        .write(true)
        .open(path)?
        .set_times(times)
}
