//! The few system calls the standard library has no safe wrapper for.
//!
//! Every function here is safe to call: arguments are checked by types, and errors come back as
//! [`io::Error`].
#![allow(unsafe_code)]

use memmap2::{MmapMut, MmapOptions};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Reserves room for `size` bytes (`fallocate`), so that writing to a map cannot run out of it.
pub fn reserve(file: &File, size: u64) -> io::Result<()> {
    let size =
        libc::off_t::try_from(size).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
    loop {
        // SAFETY: the descriptor is open for as long as `file` is borrowed; no memory is passed.
        if unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, size) } == 0 {
            return Ok(());
        }
        let e = io::Error::last_os_error();
        if e.raw_os_error() != Some(libc::EINTR) {
            return Err(e);
        }
    }
}

/// Makes files that grow past the process's limit an error (`EFBIG`) instead of its end.
pub fn report_file_size_limit() {
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Maps all `size` bytes of a file for writing, shared.
///
/// The file must be this process's own: nobody else may shorten it while it is mapped. Callers
/// pass files that have no name yet, or one nobody knows.
pub fn map_for_writing(file: &File, size: u64) -> io::Result<MmapMut> {
    let size = usize::try_from(size).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
    // SAFETY: see above; the bytes are written before they are read.
    unsafe { MmapOptions::new().len(size).map_mut(file) }
}

/// CPU time that all threads of this process have taken so far, nanoseconds; 0 where the system does
/// not say.
pub fn process_cpu_time() -> u64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `t` is there to be written to, and is valid whether it is or not.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    u64::try_from(t.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(t.tv_nsec).unwrap_or(0)
}

/// Whether the system limits the addresses that this process may use (`ulimit -v`).
pub fn addresses_are_limited() -> bool {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: `limit` is there to be written to, and is valid whether it is or not.
    unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) };
    limit.rlim_cur != libc::RLIM_INFINITY
}

/// Gives a file that has no name (`O_TMPFILE`) one. An existing file is not replaced.
pub fn give_name(file: &File, name: &Path) -> io::Result<()> {
    let from = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let to = CString::new(name.as_os_str().as_bytes())?;
    // SAFETY: both strings end in NUL and live until the call returns.
    let failed = unsafe {
        libc::linkat(
            libc::AT_FDCWD,
            from.as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            libc::AT_SYMLINK_FOLLOW,
        )
    };
    match failed {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

pub use cleanup::{forget_file, remove_file_on_signal};

/// Removing one file when a signal ends the program.
mod cleanup {
    use super::{CString, OsStrExt, Path, io};
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicPtr, Ordering};

    /// The file, or null. Whoever swaps it out owns the string.
    static FILE: AtomicPtr<libc::c_char> = AtomicPtr::new(null_mut());

    extern "C" fn on_signal(signal: libc::c_int) {
        let file = FILE.swap(null_mut(), Ordering::AcqRel);
        // SAFETY: all three calls are async-signal-safe; the string, if any, is ours and ends in
        // NUL. It is leaked: the program ends.
        unsafe {
            if !file.is_null() {
                libc::unlink(file);
            }
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }

    /// Has the file removed if SIGINT, SIGTERM or SIGHUP ends the program. One file at a time.
    pub fn remove_file_on_signal(file: &Path) -> io::Result<()> {
        let name = CString::new(file.as_os_str().as_bytes())?;
        release(FILE.swap(name.into_raw(), Ordering::AcqRel));
        let handler = on_signal as extern "C" fn(libc::c_int);
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            // SAFETY: the handler only makes async-signal-safe calls. A signal that is ignored
            // (nohup) stays ignored.
            unsafe {
                if libc::signal(signal, handler as libc::sighandler_t) == libc::SIG_IGN {
                    libc::signal(signal, libc::SIG_IGN);
                }
            }
        }
        Ok(())
    }

    /// The file is no longer to be removed.
    pub fn forget_file() {
        release(FILE.swap(null_mut(), Ordering::AcqRel));
    }

    fn release(name: *mut libc::c_char) {
        if !name.is_null() {
            // SAFETY: it came from `CString::into_raw` and was swapped out, so nobody else has it.
            drop(unsafe { CString::from_raw(name) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn a_mapped_file_gets_its_bytes_and_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = tempfile::tempfile_in(dir.path()).unwrap();
        reserve(&file, 10_000).unwrap();
        let mut map = map_for_writing(&file, 10_000).unwrap();
        map[9_999] = 7;
        drop(map);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!((bytes.len(), bytes[9_999], bytes[0]), (10_000, 7, 0));
        assert!(reserve(&file, u64::MAX).is_err());
    }

    #[test]
    fn the_shell_says_the_same_of_addresses() {
        let mut shell = std::process::Command::new("sh");
        let said = shell.args(["-c", "ulimit -v"]).output().unwrap().stdout;
        assert_eq!(addresses_are_limited(), said != b"unlimited\n");
    }

    #[test]
    fn cpu_time_grows() {
        let before = process_cpu_time();
        while process_cpu_time() < before + 1_000_000 {}
    }

    #[test]
    fn the_last_file_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        remove_file_on_signal(&dir.path().join("a")).unwrap();
        remove_file_on_signal(&dir.path().join("b")).unwrap();
        forget_file();
        forget_file();
    }
}
