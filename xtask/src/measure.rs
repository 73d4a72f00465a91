//! Running a process and saying what it cost.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a finished process printed, how it ended and what it cost.
#[derive(Debug, Clone)]
pub struct Run {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// From start to end.
    pub wall: Duration,
    /// Processor time, user and system together.
    pub cpu: Duration,
    /// Peak resident memory in bytes.
    pub peak: u64,
    /// Whether it was killed because it ran longer than allowed.
    pub timed_out: bool,
}

impl Run {
    /// The exit status as a number; a signal is 128 plus its number.
    pub fn code(&self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        match self.status.code() {
            Some(code) => code,
            None => 128 + self.status.signal().unwrap_or(0),
        }
    }
}

/// Runs `command` to its end, with nothing on standard input.
pub fn run(command: &mut Command) -> std::io::Result<Run> {
    run_for(command, None)
}

/// Runs a command that must succeed.
pub fn succeed(command: &mut Command) -> crate::Result<Run> {
    let run = run(command)?;
    if run.status.success() {
        return Ok(run);
    }
    Err(format!(
        "{command:?}: {}\n{}{}",
        run.status,
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    )
    .into())
}

/// Runs `command`, and kills it after `limit`.
pub fn run_for(command: &mut Command, limit: Option<Duration>) -> std::io::Result<Run> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn()?;
    let stdout = drain(child.stdout.take().expect("piped"));
    let stderr = drain(child.stderr.take().expect("piped"));
    let (usage, timed_out) = wait(&child, limit)?;
    let wall = start.elapsed();
    Ok(Run {
        status: usage.status,
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
        wall,
        cpu: usage.cpu,
        peak: usage.peak,
        timed_out,
    })
}

fn drain<R: Read + Send + 'static>(mut from: R) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A read error ends the text early; the exit status tells the rest.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

struct Usage {
    status: ExitStatus,
    cpu: Duration,
    peak: u64,
}

fn wait(child: &Child, limit: Option<Duration>) -> std::io::Result<(Usage, bool)> {
    let Some(limit) = limit else {
        return Ok((os::wait4(child.id())?, false));
    };
    // Looking now and then would see the end late, by a third of what a small link takes.
    let pid = child.id();
    let (ended, end) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let late = end.recv_timeout(limit) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
        if late {
            os::kill(pid);
        }
        late
    });
    // Not reaped before nobody kills it any more: its number could mean another process by then.
    let end = os::wait_for_end(pid);
    drop(ended);
    let timed_out = watch.join().unwrap_or(false);
    end?;
    Ok((os::wait4(pid)?, timed_out))
}

/// What the standard library does not offer: waiting for a child together with its resource usage, and
/// killing it from another thread meanwhile.
#[allow(unsafe_code)]
mod os {
    use super::Usage;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;
    use std::time::Duration;

    /// Kills a child that has not been reaped.
    pub(super) fn kill(pid: u32) {
        // SAFETY: sends a signal, which touches no memory of this process.
        unsafe { libc::kill(pid as libc::pid_t, libc::SIGKILL) };
    }

    /// Makes a system call, again whenever a signal interrupts it.
    fn retry(mut call: impl FnMut() -> libc::c_int) -> std::io::Result<()> {
        while call() < 0 {
            let error = std::io::Error::last_os_error();
            if error.kind() != std::io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Waits until the child has ended, and leaves it to be reaped.
    pub(super) fn wait_for_end(pid: u32) -> std::io::Result<()> {
        // SAFETY: an all-zero siginfo is a valid value of a plain C struct.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let what = libc::WEXITED | libc::WNOWAIT;
        // SAFETY: the pointer is to a live local of the type waitid fills.
        retry(|| unsafe { libc::waitid(libc::P_PID, pid, &mut info, what) })
    }

    /// Waits for the child and reaps it.
    pub(super) fn wait4(pid: u32) -> std::io::Result<Usage> {
        let mut status = 0;
        // SAFETY: an all-zero rusage is a valid value of a plain C struct.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: both pointers are to live locals of the types wait4 fills.
        retry(|| unsafe { libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage) })?;
        let time = |t: libc::timeval| {
            Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64)
        };
        // Linux counts the peak in KiB, macOS in bytes.
        let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
        Ok(Usage {
            status: ExitStatus::from_raw(status),
            cpu: time(usage.ru_utime) + time(usage.ru_stime),
            peak: usage.ru_maxrss as u64 * unit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_status_and_cost() {
        let run = run(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert_eq!(run.stdout, b"out\n");
        assert_eq!(run.stderr, b"err\n");
        assert_eq!(run.code(), 3);
        assert!(run.peak > 100_000, "{}", run.peak);
        assert!(run.cpu <= run.wall * 64);
    }

    #[test]
    fn a_limit_kills() {
        let run = run_for(
            Command::new("sleep").arg("60"),
            Some(Duration::from_millis(50)),
        )
        .unwrap();
        assert!(run.timed_out);
        assert!(run.wall < Duration::from_secs(30));
    }
}
